"""What Discord says oddly is read as far as it can be; what can't be read is skipped, counted, told once."""

import copy
import logging
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot import internals
from bot.internals import presences
from bot.internals.skips import Skips
from tests.bot import world as model
from tests.bot.test_internals import Listening, create, guild, ready, restored
from tests.e2e.model import PUBLIC_THREAD, VOICE, Payload

__all__ = ["restored"]  # pytest finds it here

OWN_LOG = "bot.internals.skips"


class Bot(Listening):
    """A bot that notes whatever it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, tuple[Any, ...]]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args))

    def of(self, event: str) -> list[tuple[Any, ...]]:
        """Return what came with an event."""
        return [args for name, args in self.heard if name == event]

    def learn(self, written: model.Guild, **extra: Any) -> discord.Guild:
        """Hear of a guild, and return it as it is in the cache."""
        self.hear("GUILD_CREATE", create(written, **extra))
        found = self.get_guild(written.id)
        assert found is not None
        return found


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """A bot between login and the gateway."""
    async with Bot() as bot:
        yield bot


def about(written: model.Guild, payload: Payload) -> Payload:
    """Say that something is of a guild."""
    return payload | {"guild_id": str(written.id)}


# What is skipped


async def test_it_is_told_once(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """The first of a kind has a line that says what is missing; the others are summed up."""
    for _ in range(5):
        bot.hear("TYPING_START", {"guild_id": "a secret"})
    bot.hear("TYPING_START", {"guild_id": "1", "channel_id": "2"})
    assert [record.getMessage().partition(" in ")[0] for record in caplog.records] == [
        "skipped a TYPING_START that could not be read: guild_id is missing or odd",
        "skipped a TYPING_START that could not be read: KeyError 'user_id'",
    ]
    caplog.clear()
    bot._skips.sum_up()
    assert caplog.messages == ["skipped 4 more TYPING_START"]
    caplog.clear()
    bot._skips.sum_up()
    assert caplog.messages == []
    assert bot._skips.count == {"TYPING_START": 6}


@pytest.mark.parametrize("data", [None, 7, "a secret", [], [{}]])
@pytest.mark.parametrize("event", ["MESSAGE_CREATE", "GUILD_CREATE", "PRESENCE_UPDATE", "READY"])
async def test_no_object(bot: Bot, caplog: pytest.LogCaptureFixture, event: str, data: object) -> None:
    """An event that is no object at all."""
    bot.hear(event, data)  # type: ignore[arg-type]
    assert bot._skips.count[event] == 1
    assert "a secret" not in caplog.text


def stumble(payload: Payload) -> None:
    """Fail as a parser does, with what was sent in the error."""
    if "word" in payload:
        {"known": 1}[payload["word"]]
    int(payload["number"])


@pytest.mark.parametrize("payload", [{"word": "secret"}, {"word": ["secret"]}, {"number": "secret"}])
def test_what_was_sent_is_not_told(caplog: pytest.LogCaptureFixture, payload: Payload) -> None:
    """An error's own words may be somebody's: neither they nor a key that was sent are logged."""
    skips = Skips()
    with pytest.raises((KeyError, TypeError, ValueError)) as caught:
        stumble(payload)
    skips.unreadable("SOMETHING", caught.value)
    skips.failed("on_something", caught.value)
    assert len(caplog.records) == 2
    assert "stumble" in caplog.text
    assert "secret" not in caplog.text


async def test_a_listener_that_fails(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """Its place is told once, without what was said; then it is only counted."""

    async def fail(words: str) -> None:
        raise ValueError(words)

    for _ in range(3):
        await bot._run_event(fail, "on_something", "it is " + "secret")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("on_something failed\nTraceback")
    assert "it is secret" not in caplog.text
    assert bot._skips.count == {"on_something": 3}


# Presences


@pytest.mark.parametrize("status", [None, 7, "", "invisible", "weird", [], {}])
async def test_an_odd_status(bot: Bot, status: object) -> None:
    """Whoever has none that is known is offline."""
    written = guild("ann")
    found = bot.learn(written)
    bot.hear("PRESENCE_UPDATE", written.member("ann").presence() | {"status": status})
    member = found.get_member(written.member("ann").id)
    assert member is not None
    assert member.raw_status == "offline"


@pytest.mark.parametrize("field", ["status", "activities", "client_status"])
async def test_a_presence_without(bot: Bot, field: str) -> None:
    """What a presence leaves out costs nothing else."""
    written = guild("ann")
    bot.learn(written)
    told = written.member("ann").presence()
    del told[field]
    bot.hear("PRESENCE_UPDATE", told)
    assert len(bot.of("presence_update")) == 1


async def test_odd_activities(bot: Bot) -> None:
    """One that can't be read costs only itself, and what is null costs nothing."""
    written = guild("ann")
    bot.learn(written)
    game = {"name": "Factorio", "type": 0, "timestamps": None, "assets": None, "url": None}
    odd = [None, {}, 7, {"type": 0}, {"name": 7, "type": "odd"}, {"type": {}, "name": "a"}]
    bot.hear("PRESENCE_UPDATE", written.member("ann").presence() | {"activities": [*odd, game]})
    ((_, after),) = bot.of("presence_update")
    assert after.activities[-1].name == "Factorio"
    assert all(isinstance(each.type.value, int) for each in after.activities)


@pytest.mark.parametrize("field", ["username", "discriminator", "avatar", "global_name", "bot"])
async def test_a_partial_user(bot: Bot, field: str) -> None:
    """What a presence doesn't say of an account is as it was."""
    written = guild()
    ann = written.settle(model.User("ann", "Ann", bot=True, avatar="a" * 32))
    found = bot.learn(written)
    told = ann.presence() | {"user": {"id": ann.uid, field: ann.user.payload()[field]}}
    bot.hear("PRESENCE_UPDATE", told)
    member = found.get_member(ann.id)
    assert member is not None
    user = member._user
    assert (user.name, user.global_name, user.bot, user._avatar) == ("ann", "Ann", True, "a" * 32)
    assert bot.of("user_update") == []


async def test_a_new_name_in_a_partial_user(bot: Bot) -> None:
    """What it does say counts."""
    written = guild("ann")
    bot.learn(written)
    ann = written.member("ann")
    bot.hear("PRESENCE_UPDATE", ann.presence() | {"user": {"id": ann.uid, "username": "anne"}})
    ((before, after),) = bot.of("user_update")
    assert (before.name, after.name) == ("ann", "anne")


# Presences of people who are not known yet


@pytest.fixture
def stranger() -> model.Member:
    """Somebody whom the cache doesn't know, in a guild that it does."""
    written = guild("ann")
    return written.settle(model.User("zoe", status="dnd"))


def unseen(bot: Bot, stranger: model.Member) -> discord.Guild:
    """Hear of a guild without the stranger, then of their presence."""
    written = stranger.guild
    members = [each.payload() for each in written.members.values() if each is not stranger]
    found = bot.learn(written, members=members, presences=[], member_count=1_000)
    bot.hear("PRESENCE_UPDATE", stranger.presence())
    assert found.get_member(stranger.id) is None
    return found


def chunk(bot: Bot, stranger: model.Member, **extra: Any) -> Payload:
    """Write the answer to a request for all members."""
    state = bot._connection
    request = discord.state.ChunkRequest(
        stranger.guild.id, 0, bot.loop, state._get_guild, cache=True
    )  # fmt: skip
    state._chunk_requests[stranger.guild.id] = request
    told: Payload = {
        "members": [each.payload() for each in stranger.guild.members.values()],
        "chunk_index": 0,
        "chunk_count": 1,
        "nonce": request.nonce,
    }
    return about(stranger.guild, told | extra)


@pytest.mark.parametrize("event", ["GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBERS_CHUNK"])
async def test_a_presence_waits(bot: Bot, stranger: model.Member, event: str) -> None:
    """A presence that came too early is there when its member is."""
    found = unseen(bot, stranger)
    payload = chunk(bot, stranger) if "CHUNK" in event else about(stranger.guild, stranger.payload())
    bot.hear(event, payload)
    member = found.get_member(stranger.id)
    assert member is not None
    assert member.raw_status == "dnd"


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known by another event"])
@pytest.mark.parametrize(("since", "status"), [("before", "idle"), ("after", "dnd")])
async def test_the_answer_has_presences(
    bot: Bot, stranger: model.Member, since: str, status: str, *, is_known: bool
) -> None:
    """What comes with the members is newer than what came before they were asked for, and than no more.

    So it is for who came into the cache by another event, with no status.
    """
    if is_known:
        found = bot.learn(stranger.guild, members=[], presences=[], member_count=100_000)
    else:
        found = unseen(bot, stranger)
    bot._connection._get_websocket = lambda *_, **__: Asked()  # type: ignore[assignment]
    await bot._connection.chunker(found.id)
    if is_known:
        bot.hear("GUILD_MEMBER_UPDATE", about(stranger.guild, stranger.payload()))
    if since == "after":
        bot.hear("PRESENCE_UPDATE", stranger.presence())
    told = [stranger.presence() | {"status": "idle"}]
    bot.hear("GUILD_MEMBERS_CHUNK", chunk(bot, stranger, presences=told))
    member = found.get_member(stranger.id)
    assert member is not None
    assert member.raw_status == status


class Asked:
    """A gateway that can be asked, and doesn't answer."""

    async def request_chunks(self, guild_id: int, **_: object) -> None:
        """Hear the question."""


@pytest.mark.parametrize("why", ["offline", "left", "removed", "session", "anew"])
async def test_a_presence_is_forgotten(bot: Bot, stranger: model.Member, why: str) -> None:
    """Nobody is given a presence that is no longer theirs."""
    unseen(bot, stranger)
    written = stranger.guild
    everybody_else = [each.payload() for each in written.members.values() if each is not stranger]
    whole = create(written, members=everybody_else, presences=[])
    told: dict[str, tuple[str, Payload]] = {
        "offline": ("PRESENCE_UPDATE", stranger.presence() | {"status": "offline"}),
        "left": ("GUILD_MEMBER_REMOVE", about(written, {"user": stranger.user.payload()})),
        "removed": ("GUILD_DELETE", {"id": str(written.id)}),
        "session": ("READY", ready(written)),
        "anew": ("GUILD_CREATE", whole),
    }
    bot._connection.shard_count = 2
    bot.hear(*told[why])
    if bot._connection._ready_task is not None:
        bot._connection._ready_task.cancel()
    bot.hear("GUILD_CREATE", whole)
    bot.hear("GUILD_MEMBER_ADD", about(written, stranger.payload()))
    found = bot.get_guild(written.id)
    assert found is not None
    member = found.get_member(stranger.id)
    assert member is not None
    assert member.raw_status == "offline"


async def test_not_too_many_wait(bot: Bot, stranger: model.Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many the oldest are forgotten."""
    monkeypatch.setattr(presences, "MAX_WAITING", 3)
    found = unseen(bot, stranger)
    others = [model.Member(model.User(f"u{number}"), stranger.guild) for number in range(3)]
    for other in others:
        bot.hear("PRESENCE_UPDATE", other.presence())
    for member in (stranger, *others):
        bot.hear("GUILD_MEMBER_ADD", about(stranger.guild, member.payload()))
    statuses = [found.get_member(member.id) for member in (stranger, *others)]
    assert [member.raw_status for member in statuses if member] == ["offline", "online", "online", "online"]


# Members


async def test_a_member_who_is_added_again(bot: Bot) -> None:
    """What tells anew of somebody who is there is an update, and nobody is counted twice."""
    written = guild("ann")
    found = bot.learn(written)
    ann = written.member("ann")
    ann.nick, ann.roles = "Annie", [written.role("Red", 0xFF0000)]
    bot.hear("GUILD_ROLE_CREATE", about(written, {"role": ann.roles[0].payload()}))
    count = found.member_count
    bot.hear("GUILD_MEMBER_ADD", about(written, ann.payload()))
    assert found.member_count == count
    assert bot.of("member_join") == []
    ((before, after),) = bot.of("member_update")
    assert (before.nick, after.nick) == (None, "Annie")
    assert [role.name for role in after.roles] == ["@everyone", "Red"]


@pytest.mark.parametrize("odd", [{}, {"roles": None}, {"roles": "x", "nick": 7, "joined_at": "yesterday"}])
async def test_a_member_who_is_told_in_part(bot: Bot, odd: Payload) -> None:
    """What an update leaves out is as it was."""
    written = guild()
    ann = written.settle(model.User("ann"), nick="Annie", roles=(written.role("Red", 0xFF0000),))
    found = bot.learn(written)
    bot.hear("GUILD_MEMBER_UPDATE", about(written, {"user": {"id": ann.uid}} | odd))
    member = found.get_member(ann.id)
    assert member is not None
    assert (member.name, member.nick, [role.name for role in member.roles]) == (
        "ann",
        "Annie",
        ["@everyone", "Red"],
    )
    assert len(bot.of("member_update")) == 1


@pytest.mark.parametrize("discriminator", ["odd", "", "-1", "٣", "9" * 5_000, None, 7])
async def test_an_odd_discriminator(bot: Bot, stranger: model.Member, discriminator: object) -> None:
    """Who has no picture gets the one that it stands for: it has to be a number."""
    guild = unseen(bot, stranger)
    payload = about(stranger.guild, stranger.payload())
    payload["user"] |= {"discriminator": discriminator, "avatar": None}
    bot.hear("GUILD_MEMBER_ADD", payload)
    member = guild.get_member(stranger.id)
    assert member is not None
    assert member.display_avatar.url.endswith(".png")


async def test_who_left_needs_no_name(bot: Bot, stranger: model.Member) -> None:
    """Somebody unknown who left is told of by their id."""
    unseen(bot, stranger)
    bot.hear("GUILD_MEMBER_REMOVE", about(stranger.guild, {"user": {"id": stranger.uid}}))
    ((payload,),) = bot.of("raw_member_remove")
    assert payload.user.id == stranger.id


# Guilds that have all their members


@pytest.mark.parametrize("count", [1, 4, None, "many"])
async def test_a_wrong_number_of_members(bot: Bot, stranger: model.Member, count: object) -> None:
    """After a whole answer a guild has its members, whatever Discord says of their number."""
    written = stranger.guild
    found = bot.learn(written, members=[], presences=[], member_count=count, large=True)
    assert not internals.is_loaded(found)
    bot.hear("GUILD_MEMBERS_CHUNK", chunk(bot, stranger))
    assert internals.is_loaded(found)
    assert found.member_count == len(written.members)
    bot.hear("GUILD_MEMBER_REMOVE", about(written, {"user": {"id": "1"}}))  # nobody whom it knew
    assert internals.is_loaded(found)


@pytest.mark.parametrize(("large", "missing", "all_there"), [
    (False, 1, True), (False, -1, True), (False, 2, False), (True, 1, False), (None, 1, False)
])  # fmt: skip
async def test_a_small_guild(bot: Bot, large: object, missing: int, all_there: bool) -> None:
    """A guild that isn't large comes with all its members, though their number may be off by one."""
    written = guild("ann")
    found = bot.learn(written, large=large, member_count=len(written.members) + missing)
    assert internals.is_loaded(found) is all_there


async def test_a_part_of_the_answer(bot: Bot, stranger: model.Member) -> None:
    """As long as there is more to come, or somebody was only looked for, a guild isn't loaded."""
    found = unseen(bot, stranger)
    first = chunk(bot, stranger, chunk_count=2)
    bot.hear("GUILD_MEMBERS_CHUNK", first | {"nonce": "another"})
    bot.hear("GUILD_MEMBERS_CHUNK", first)
    assert not internals.is_loaded(found)
    bot.hear("GUILD_MEMBERS_CHUNK", first | {"chunk_index": 1})
    assert internals.is_loaded(found)


async def test_a_guild_that_comes_anew(bot: Bot, stranger: model.Member) -> None:
    """What a later session sends has to be loaded again."""
    found = unseen(bot, stranger)
    bot.hear("GUILD_MEMBERS_CHUNK", chunk(bot, stranger))
    again = bot.learn(stranger.guild, members=[], presences=[], member_count=1_000)
    assert not internals.is_loaded(again)
    internals.mark_loaded(found)  # too late
    assert not internals.is_loaded(again)


# Guilds, and what lives in them


LISTS = ("roles", "channels", "members", "presences", "voice_states", "threads")


@pytest.mark.parametrize("odd", [None, 7, "odd", [], {}, {"id": None}, {"id": "7"}])
@pytest.mark.parametrize("name", LISTS)
async def test_an_odd_entry(bot: Bot, name: str, odd: object) -> None:
    """What can't be read in a guild costs only itself."""
    written = guild("ann")
    lounge = written.channel("lounge", VOICE)
    written.channel("thread", PUBLIC_THREAD, parent=written.public)
    voice = about(written, {"user_id": written.member("ann").uid, "channel_id": str(lounge.id)})
    written.voice[written.member("ann").id] = voice
    whole = create(written)
    found = bot.learn(written, **{name: [odd, *whole[name], odd]})
    assert {channel.name for channel in found.channels} == {"general", "lounge"}
    assert [thread.name for thread in found.threads] == ["thread"]
    (ann,) = [member for member in found.members if member.name == "ann"]
    assert ann.raw_status == "online"
    assert ann.voice is not None
    assert ann.voice.channel is not None
    assert bot._skips.count[f"GUILD_CREATE.{name}"] == 2


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("odd", [None, 7, {}])
async def test_an_odd_list(bot: Bot, name: str, odd: object) -> None:
    """A guild without one of its lists is a guild."""
    found = bot.learn(guild("ann"), **{name: odd})
    assert found.name == "Home"
    assert found.default_role is not None


async def test_a_guild_that_cannot_be_read(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is known of it stays."""
    written = guild("ann")
    found = bot.learn(written)

    def fail(*_: object) -> None:
        raise KeyError("something new")

    monkeypatch.setattr(discord.Guild, "_from_data", fail)
    bot.hear("GUILD_CREATE", create(written, unavailable=False))
    assert bot.get_guild(written.id) is found
    assert "skipped a GUILD_CREATE" in caplog.text


async def test_a_guild_that_is_told_in_part(bot: Bot) -> None:
    """What an update leaves out is as it was: its name, its roles, whether it is for adults."""
    written = guild("ann")
    written.role("Red", 0xFF0000)
    found = bot.learn(written, nsfw_level=3)
    bot.hear("GUILD_UPDATE", {"id": str(written.id)})
    assert (found.name, found.nsfw_level) == ("Home", discord.NSFWLevel.age_restricted)
    assert [role.name for role in found.roles] == ["@everyone", "Red"]
    assert found.default_role.permissions.view_channel


@pytest.mark.parametrize("level", [None, "0", 9, {}])
async def test_an_unknown_age_level(bot: Bot, level: object) -> None:
    """What isn't known to be for everybody isn't."""
    assert bot.learn(guild(), nsfw_level=level).nsfw_level is discord.NSFWLevel.age_restricted


async def test_the_role_of_everybody_stays(bot: Bot) -> None:
    """discord.py can't do without it."""
    written = guild()
    found = bot.learn(written)
    bot.hear("GUILD_ROLE_DELETE", about(written, {"role_id": str(written.id)}))
    assert found.default_role is not None


def seen(channel: discord.abc.GuildChannel | None) -> bool:
    """Tell whether @everyone sees a channel."""
    assert channel is not None
    return channel.permissions_for(channel.guild.default_role).view_channel


@pytest.mark.parametrize("odd", [None, 7, {}, [None], [{"id": "1"}], [{"id": "1", "type": "role"}], ["odd"]])
async def test_overwrites_that_cannot_be_read(bot: Bot, odd: object) -> None:
    """A channel of which it isn't certain who may see it is seen by nobody."""
    written = guild()
    found = bot.learn(written)
    assert seen(found.get_channel(written.public.id))
    bot.hear("CHANNEL_UPDATE", written.public.payload() | {"permission_overwrites": odd})
    assert not seen(found.get_channel(written.public.id))
    lounge = written.channel("lounge")
    bot.hear("CHANNEL_CREATE", lounge.payload() | {"permission_overwrites": odd})
    assert not seen(found.get_channel(lounge.id))


async def test_a_channel_that_is_told_in_part(bot: Bot) -> None:
    """An update that doesn't say who may see a channel changes nothing about it."""
    written = guild()
    den = written.channel("den", hidden=True, nsfw=True)
    found = bot.learn(written)
    where = {"id": str(den.id)}
    bot.hear("CHANNEL_UPDATE", about(written, where | {"name": "renamed"}))
    channel = found.get_channel(den.id)
    assert isinstance(channel, discord.TextChannel)
    assert channel.name == "renamed"
    assert channel.nsfw
    assert not seen(channel)


# Messages and reactions


@pytest.mark.parametrize(
    "extra",
    [
        {"attachments": [None, {}, {"id": "1"}]},
        {"embeds": [None, 7, {"timestamp": "odd"}]},
        {"components": [None, {"type": 1, "components": 7}]},
        {"sticker_items": [{}], "mentions": [{}], "mention_roles": [None]},
        {"message_reference": 7, "referenced_message": {}},
        {"poll": {}, "interaction": 7, "thread": 7, "call": 7},
        {"message_snapshots": [{}]},
        {"flags": None, "edited_timestamp": "odd", "member": 7},
        {"attachments": None, "embeds": 7, "mentions": {}},
    ],
)
async def test_odd_parts_of_a_message(bot: Bot, extra: Payload) -> None:
    """Who says what is read, whatever hangs on it."""
    written = guild("ann")
    bot.learn(written)
    for event, name in (("MESSAGE_CREATE", "message"), ("MESSAGE_UPDATE", "raw_message_edit")):
        bot.hear(event, model.written(written.public, written.member("ann"), "hello", **copy.deepcopy(extra)))
        ((heard,),) = bot.of(name)
        message = heard if name == "message" else heard.message
        assert (message.content, message.author.name) == ("hello", "ann")
        assert isinstance(message.author, discord.Member)


@pytest.mark.parametrize("field", ["id", "channel_id", "author", "type", "webhook_id", "guild_id"])
async def test_a_message_that_cannot_be_read(bot: Bot, field: str) -> None:
    """Without knowing who, where and how, nothing was said."""
    written = guild("ann")
    bot.learn(written)
    bot.hear(
        "MESSAGE_CREATE",
        model.written(written.public, written.member("ann"), "hello") | {field: {"odd": 1}},
    )
    assert bot.of("message") == []
    assert bot._skips.count == {"MESSAGE_CREATE": 1}


async def test_an_emoji_without_a_name(bot: Bot) -> None:
    """A reaction with an emoji that was deleted is a reaction; one with no emoji at all isn't."""
    written = guild("ann")
    bot.learn(written)
    ann = written.member("ann")
    reaction = about(
        written,
        {
            "user_id": ann.uid,
            "channel_id": str(written.public.id),
            "message_id": "1",
            "member": ann.partial(),  # without its user
        },
    )
    bot.hear("MESSAGE_REACTION_ADD", reaction | {"emoji": {"id": "7", "name": None}})
    bot.hear("MESSAGE_REACTION_ADD", reaction | {"emoji": {"id": None, "name": None}})
    ((payload,),) = bot.of("raw_reaction_add")
    assert str(payload.emoji) == "<:emoji:7>"
