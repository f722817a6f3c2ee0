"""Which of the privileged intents the bot has, and what is shown without them."""

import discord
import pytest

from bot.client import INTENTS, DZoneBot
from bot.config import Config
from bot.gateway.abilities import COMPLETE, COSTS, NAMES, Abilities
from bot.internals import use_intents
from bot.policy import HIDE_OFFLINE_ABOVE, Policy
from bot.roster import WORDLESS, Roster
from tests.bot.memory import MemorySettings
from tests.bot.world import World

FLAGS = {
    "presences": "gateway_presence",
    "members": "gateway_guild_members",
    "message_content": "gateway_message_content",
}


def test_each_has_a_name_and_a_cost() -> None:
    """The log and the errors name them."""
    assert set(NAMES) == set(COSTS) == set(FLAGS)


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("suffix", ["", "_limited"])
def test_read_from_flags(name: str, suffix: str) -> None:
    """Granted with a review, or as long as none is needed."""
    abilities = Abilities.granted(discord.ApplicationFlags(**{FLAGS[name] + suffix: True}))
    assert set(abilities.missing) == set(FLAGS) - {name}


@pytest.mark.parametrize("name", FLAGS)
def test_within_intents(name: str) -> None:
    """Only what is missing is left out, and what is asked for is left as it was."""
    abilities = Abilities(**{name: False})
    fewer = abilities.within(INTENTS)
    assert {one for one, on in INTENTS if on} - {one for one, on in fewer if on} == {name}
    assert Abilities.of(fewer) == abilities
    assert Abilities.of(INTENTS) == COMPLETE


def test_the_cache_fits_the_intents() -> None:
    """Without members only those in voice are kept, and accounts live as long as somebody holds them."""
    bot = DZoneBot(Config("an.invented.token"), MemorySettings())
    use_intents(bot, Abilities(members=False).within(INTENTS))
    state = bot._connection
    assert not bot.intents.members
    assert state.member_cache_flags == discord.MemberCacheFlags(voice=True, joined=False)
    assert state.store_user == state.store_user_no_intents
    use_intents(bot, INTENTS)
    assert state.member_cache_flags.joined
    assert state.store_user != state.store_user_no_intents


async def test_presences_are_asked_for_only_with_their_intent() -> None:
    """Discord closes the connection on whoever asks for what they may not know."""
    bot = DZoneBot(Config("an.invented.token"), MemorySettings())
    bot._use_abilities(COMPLETE)
    assert "chunker" in vars(bot._connection)
    bot._use_abilities(Abilities(presences=False))
    assert "chunker" not in vars(bot._connection)


def test_what_is_missing_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line for each, with what it costs and where to mend it."""
    bot = DZoneBot(Config("an.invented.token"), MemorySettings())
    bot._connection.application_id = 4711
    for _ in range(2):
        bot._use_abilities(Abilities(members=False, message_content=False))
    assert [message.partition(";")[0] for message in caplog.messages] == [
        f"the {NAMES[name]} is off: {COSTS[name]}" for name in ("members", "message_content")
    ]
    assert all("/4711/bot" in message for message in caplog.messages)


@pytest.mark.parametrize("abilities", [Abilities(presences=False), Abilities(members=False)], ids=str)
def test_who_is_offline_can_not_be_known(abilities: Abilities) -> None:
    """Everybody counts as online, and nobody is hidden for being offline."""
    world = World(member_count=HIDE_OFFLINE_ABOVE + 1)
    policy = Policy(MemorySettings(), abilities)
    bob = world.member(world.bob)
    assert Policy(MemorySettings()).member_verdict(bob) == "offline"
    assert policy.member_verdict(bob) == "shown"
    assert Roster(policy, MemorySettings(), abilities=abilities).status(bob) == "online"


def test_a_status_that_is_known_is_shown() -> None:
    """Where Discord tells it all the same."""
    world = World()
    world.ann.user.status = "dnd"
    roster = Roster(Policy(MemorySettings()), MemorySettings(), abilities=Abilities(members=False))
    assert roster.status(world.member(world.ann)) == "dnd"


@pytest.mark.parametrize("words", ["", "hello", "read by chance: the bot is mentioned"])
def test_words_that_may_not_be_read(words: str) -> None:
    """All are told alike, so that nobody wonders why a few are told."""
    world = World()
    abilities = Abilities(message_content=False)
    roster = Roster(Policy(MemorySettings()), MemorySettings(), abilities=abilities, emoji_images=True)
    message = roster.message(world.message(words))
    assert (message.message, message.emoji) == (WORDLESS, {})
