"""What of a guild may be shown: what is public, and nothing else."""

from typing import Any

import discord
import pytest

from bot.policy import HIDE_OFFLINE_ABOVE, Policy
from bridge.model import Member
from cogs.settings import GuildSettings, MemberSettings
from tests.bot import world as model
from tests.bot.memory import MemorySettings
from tests.bot.world import World

GUILD_CHANNELS = [model.TEXT, model.NEWS, model.VOICE, model.STAGE, model.FORUM, model.CATEGORY]
HIDDEN = str(model.VIEW_CHANNEL)


@pytest.fixture
def policy() -> Policy:
    """The rules."""
    return Policy(MemorySettings())


# Members


@pytest.mark.parametrize("status", ["online", "idle", "dnd", "offline", "invisible"])
def test_a_small_guild_shows_everybody(policy: Policy, world: World, status: str) -> None:
    """Where there are few, who isn't there is shown as well."""
    world.ann.user.status = status
    assert policy.shows_member(world.member(world.ann))


@pytest.mark.parametrize(
    ("status", "shown"),
    [("online", True), ("idle", True), ("dnd", True), ("offline", False), ("invisible", False)],
)
def test_a_large_guild_shows_who_is_there(policy: Policy, status: str, shown: bool) -> None:
    """Where there are many, only those who aren't offline."""
    world = World(member_count=HIDE_OFFLINE_ABOVE + 1)
    world.ann.user.status = status
    assert policy.shows_member(world.member(world.ann)) is shown


@pytest.mark.parametrize(
    ("member_count", "shown"), [(0, True), (1, True), (500, True), (501, False), (250_000, False)]
)
def test_how_many_are_many(policy: Policy, member_count: int, shown: bool) -> None:
    """The bound is five hundred."""
    assert policy.shows_offline(1, member_count) is shown


def test_bots_are_members(policy: Policy, world: World) -> None:
    """A bot is shown as people are."""
    robot = world.written.settle(model.User("robot", bot=True))
    assert policy.shows_member(world.member(robot))


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        (GuildSettings(bots=False), "bot"),
        (GuildSettings(offline="hide"), "offline"),
        (GuildSettings(offline="show"), "shown"),
        (GuildSettings(), "shown"),
    ],
)
def test_managers_decide_on_members(settings: GuildSettings, verdict: str) -> None:
    """And are told why somebody is not shown."""
    world = World()
    robot = world.written.settle(model.User("robot", status="offline", bot=True))
    policy = Policy(MemorySettings({world.written.id: settings}))
    assert policy.member_verdict(world.member(robot)) == verdict
    assert policy.shows_member(world.member(robot)) is (verdict == "shown")


@pytest.mark.parametrize(
    ("agreed", "verdict", "named"), [(True, "shown", True), (False, "not_agreed", False)]
)
def test_only_who_agreed(world: World, agreed: bool, verdict: str, named: bool) -> None:
    """Where managers want that: others are neither shown nor named, nor are bots or webhooks."""
    guild_id = world.written.id
    decided = GuildSettings(optin=True, proxies=frozenset({world.general.id}))
    policy = Policy(MemorySettings({guild_id: decided}, {world.ann.id: MemberSettings(agreed=agreed)}))
    assert policy.member_verdict(world.member(world.ann)) == verdict
    assert policy.names_user(guild_id, world.ann.id) is named
    assert policy.shows_message(world.message("hello")) is named
    assert not policy.has_hidden(guild_id, world.ann.id)
    robot = world.written.settle(model.User("robot", bot=True))
    assert policy.member_verdict(world.member(robot)) == "not_agreed"
    webhook = model.User("Robin", bot=True)
    assert not policy.shows_message(world.message("beep", webhook, webhook_id=str(webhook.id)))


def test_a_role_that_hides(world: World) -> None:
    """Those who have it, and nobody else; without their roles nobody can tell who may be named."""
    shy = world.written.role("shy")
    world.ann.roles.append(shy)
    policy = Policy(MemorySettings({world.written.id: GuildSettings(hidden_roles=frozenset({shy.id}))}))
    assert policy.member_verdict(world.member(world.ann)) == "hidden_by_role"
    assert policy.shows_member(world.member(world.bob))
    assert policy.needs_roles(world.written.id)
    assert not policy.needs_roles(world.written.id + 1)


def test_moderators_hide_a_member_in_their_guild(world: World) -> None:
    """Nobody else, and nowhere else."""
    policy = Policy(MemorySettings({world.written.id: GuildSettings(hidden=frozenset({world.ann.id}))}))
    assert policy.member_verdict(world.member(world.ann)) == "hidden_by_moderators"
    assert not policy.names_user(world.written.id, world.ann.id)
    assert policy.names_user(world.written.id + 1, world.ann.id)


def test_who_hides_is_hidden_everywhere(world: World) -> None:
    """Not even named."""
    policy = Policy(MemorySettings(members={world.ann.id: MemberSettings(hidden=True)}))
    assert policy.member_verdict(world.member(world.ann)) == "opted_out"
    assert not policy.names_user(1, world.ann.id)


def test_a_guild_that_is_switched_off(world: World) -> None:
    """It is shown unless somebody decided otherwise."""
    assert Policy(MemorySettings()).shows_guild(world.guild)
    assert not Policy(MemorySettings({world.written.id: GuildSettings(shown=False)})).shows_guild(world.guild)


# Channels


@pytest.mark.parametrize("decided", [True, False])
@pytest.mark.parametrize("hidden", [True, False])
def test_managers_decide_on_channels(decided: bool, hidden: bool) -> None:
    """Against the rule, or as it says; a thread is shown as its channel is."""
    world = World()
    channel = world.written.channel("tea", hidden=hidden)
    settings = GuildSettings(channels={int(channel.id): decided})
    policy = Policy(MemorySettings({world.written.id: settings}))
    found = world.channel(channel)
    assert policy.shows_channel(found) is decided
    assert isinstance(found, discord.TextChannel)
    assert policy.channel_verdict(found) == ("shown_by_managers" if decided else "hidden_by_managers")
    assert policy.is_public(found) is not hidden


@pytest.mark.parametrize(
    ("settings", "member", "seen"),
    [
        (GuildSettings(), MemberSettings(), True),
        (GuildSettings(messages="bubble"), MemberSettings(), True),
        (GuildSettings(messages="off"), MemberSettings(), False),
        (GuildSettings(), MemberSettings(muted=True), False),
        (GuildSettings(), MemberSettings(hidden=True), False),
    ],
)
def test_who_may_be_heard(world: World, settings: GuildSettings, member: MemberSettings, seen: bool) -> None:
    """What somebody says, and that they are about to."""
    policy = Policy(MemorySettings({world.written.id: settings}, {world.ann.id: member}))
    message = world.message("hello")
    assert policy.shows_message(message) is seen
    assert policy.shows_doing(world.member(world.ann), message.channel) is seen
    assert policy.shows_words(world.written.id) is (settings.messages == "full")


@pytest.mark.parametrize("kind", GUILD_CHANNELS)
def test_a_public_channel(policy: Policy, world: World, kind: int) -> None:
    """What @everyone can view is shown."""
    assert policy.shows_channel(world.channel(world.written.channel("open", kind)))


@pytest.mark.parametrize("kind", GUILD_CHANNELS)
def test_a_private_channel(policy: Policy, world: World, kind: int) -> None:
    """What @everyone can't view isn't shown."""
    assert not policy.shows_channel(world.channel(world.written.channel("secret", kind, hidden=True)))


@pytest.mark.parametrize("kind", GUILD_CHANNELS)
def test_an_age_restricted_channel(policy: Policy, world: World, kind: int) -> None:
    """What is for adults isn't shown, though @everyone can view it."""
    assert not policy.shows_channel(world.channel(world.written.channel("adults", kind, nsfw=True)))


def test_a_channel_in_a_guild_without_permissions(policy: Policy, world: World) -> None:
    """In a guild that hides everything by default nothing is shown."""
    world.written.roles[world.written.id].permissions = "0"
    assert not policy.shows_channel(world.channel(world.general))


def test_a_channel_open_in_a_guild_without_permissions(policy: Policy, world: World) -> None:
    """In a guild that hides everything by default, a channel may still be for @everyone."""
    world.written.roles[world.written.id].permissions = "0"
    allow = [{"id": str(world.written.id), "type": 0, "allow": HIDDEN, "deny": "0"}]
    assert policy.shows_channel(world.channel(world.general, permission_overwrites=allow))


def test_a_channel_open_to_a_role(policy: Policy, world: World) -> None:
    """What some may view isn't public."""
    role = world.written.role("Friends")
    overwrites = [
        {"id": str(world.written.id), "type": 0, "allow": "0", "deny": HIDDEN},
        {"id": str(role.id), "type": 0, "allow": HIDDEN, "deny": "0"},
    ]
    assert not policy.shows_channel(world.channel(world.general, permission_overwrites=overwrites))


def test_a_channel_closed_to_a_role(policy: Policy, world: World) -> None:
    """What all but some may view is public."""
    role = world.written.role("Muted")
    overwrites = [{"id": str(role.id), "type": 0, "allow": "0", "deny": HIDDEN}]
    assert policy.shows_channel(world.channel(world.general, permission_overwrites=overwrites))


@pytest.mark.parametrize(("nsfw_level", "shown"), [(0, True), (1, False), (2, True), (3, False)])
def test_an_age_restricted_guild(policy: Policy, nsfw_level: int, shown: bool) -> None:
    """Of a guild for adults no channel is shown; of one that is safe or not rated, all are."""
    world = World(nsfw_level=nsfw_level)
    assert policy.shows_channel(world.channel(world.general)) is shown


@pytest.mark.parametrize("kind", [model.PUBLIC_THREAD, model.NEWS_THREAD])
def test_a_thread(policy: Policy, world: World, kind: int) -> None:
    """A thread of a public channel is public."""
    assert policy.shows_channel(world.channel(world.written.channel("thread", kind, parent=world.general)))


def test_a_private_thread(policy: Policy, world: World) -> None:
    """A private thread isn't public, wherever it is."""
    thread = world.written.channel("whispers", model.PRIVATE_THREAD, parent=world.general)
    assert not policy.shows_channel(world.channel(thread))


@pytest.mark.parametrize("why", ["hidden", "nsfw"])
def test_a_thread_of_a_channel_that_is_not_shown(policy: Policy, world: World, why: str) -> None:
    """A thread is no more public than its channel."""
    parent = world.written.channel("parent", hidden=why == "hidden", nsfw=why == "nsfw")
    thread = world.written.channel("thread", model.PUBLIC_THREAD, parent=parent)
    assert not policy.shows_channel(world.channel(thread))


def test_a_post_in_a_forum(policy: Policy, world: World) -> None:
    """A post in a public forum is public."""
    forum = world.written.channel("forum", model.FORUM)
    assert policy.shows_channel(
        world.channel(world.written.channel("post", model.PUBLIC_THREAD, parent=forum))
    )


def test_a_thread_of_an_unknown_channel(policy: Policy, world: World) -> None:
    """Of a thread whose channel isn't known nobody can say that it is public."""
    nowhere = model.Channel("nowhere", world.written)
    thread = world.written.channel("thread", model.PUBLIC_THREAD, parent=nowhere)
    assert not policy.shows_channel(world.channel(thread))


def test_a_direct_message_channel(policy: Policy, world: World) -> None:
    """What people write to the bot alone is no channel of a guild."""
    message = world.message("psst", world.ann.user, model.Channel("", None, model.DIRECT))
    assert not policy.shows_channel(message.channel)


def test_an_unknown_channel(policy: Policy, world: World) -> None:
    """Of a channel that isn't in the cache nobody can say that it is public."""
    message = world.message("psst", channel=model.Channel("later", world.written))
    assert not policy.shows_channel(message.channel)


def test_no_channel(policy: Policy) -> None:
    """Nothing is not public."""
    assert not policy.shows_channel(None)


# Messages


def test_a_message(policy: Policy, world: World) -> None:
    """A member's words in a public channel are shown."""
    assert policy.shows_message(world.message("hello"))


def test_a_reply(policy: Policy, world: World) -> None:
    """An answer is a message."""
    assert policy.shows_message(world.message("hello", type=19))


def test_the_words_of_a_bot(policy: Policy, world: World) -> None:
    """What a bot says is shown."""
    robot = world.written.settle(model.User("robot", bot=True))
    assert policy.shows_message(world.message("beep", robot))


@pytest.mark.parametrize("kind", [20, 23])
def test_the_answer_to_a_command(policy: Policy, world: World, kind: int) -> None:
    """What a bot answers to somebody's command isn't said to everybody."""
    robot = world.written.settle(model.User("robot", bot=True))
    assert not policy.shows_message(world.message("beep", robot, type=kind))


def test_the_words_of_a_webhook(policy: Policy, world: World) -> None:
    """What no member says isn't shown."""
    webhook = model.User("Captain Hook", bot=True)
    assert not policy.shows_message(world.message("beep", webhook, webhook_id=str(webhook.id)))


def test_the_words_of_a_webhook_in_a_members_name(policy: Policy, world: World) -> None:
    """A webhook with a member's id is a webhook all the same."""
    assert not policy.shows_message(world.message("beep", webhook_id=str(world.ann.id)))


@pytest.mark.parametrize("kind", [1, 3, 4, 6, 7, 8, 10, 12, 18, 21, 24, 25, 27, 46])
def test_a_system_message(policy: Policy, world: World, kind: int) -> None:
    """Pins, boosts, joins and the like are nobody's words."""
    assert not policy.shows_message(world.message("", type=kind))


def test_a_direct_message(policy: Policy, world: World) -> None:
    """What people write to the bot alone stays there."""
    direct = model.Channel("", None, model.DIRECT)
    assert not policy.shows_message(world.message("psst", world.ann.user, direct))


@pytest.mark.parametrize("why", ["hidden", "nsfw"])
def test_a_message_in_a_channel_that_is_not_shown(policy: Policy, world: World, why: str) -> None:
    """What is said where not everybody may look isn't shown."""
    channel = world.written.channel("den", hidden=why == "hidden", nsfw=why == "nsfw")
    assert not policy.shows_message(world.message("psst", channel=channel))


def test_the_words_of_the_invisible(policy: Policy) -> None:
    """Who writes is seen, also where who is offline isn't shown; that they type isn't."""
    world = World(member_count=HIDE_OFFLINE_ABOVE + 1)
    message = world.message("hello", world.bob)
    assert policy.shows_message(message)
    assert not policy.shows_doing(world.member(world.bob), message.channel)


# Words over and in channels


@pytest.mark.parametrize("kind", [model.VOICE, model.STAGE])
def test_the_chat_of_a_voice_channel_takes_the_right_to_connect(
    policy: Policy, world: World, kind: int
) -> None:
    """The channel itself doesn't."""
    lounge = world.written.channel("Lounge", kind)
    assert policy.shows_chat(world.channel(lounge))
    lounge.locked = True
    assert policy.shows_channel(world.channel(lounge))
    assert not policy.shows_chat(world.channel(lounge))


@pytest.mark.parametrize("decided", [True, False])
@pytest.mark.parametrize("change", ["locked", "hidden", "nsfw"])
def test_managers_decide_about_the_chat_of_a_voice_channel(world: World, change: str, decided: bool) -> None:
    """As they do about the channel."""
    lounge = world.written.channel("Lounge", model.VOICE)
    settings = MemorySettings({world.written.id: GuildSettings(channels={lounge.id: decided})})
    setattr(lounge, change, True)
    assert Policy(settings).shows_chat(world.channel(lounge)) is decided


@pytest.mark.parametrize("change", [None, "hidden", "nsfw"])
def test_words_in_other_channels_are_shown_with_them(
    policy: Policy, world: World, change: str | None
) -> None:
    """Nobody connects there."""
    beds = world.written.channel("beds")
    beds.locked = True
    if change:
        setattr(beds, change, True)
    assert policy.shows_chat(world.channel(beds)) is (change is None)


# Who counts as everybody


def gated() -> World:
    """A guild in which @everyone sees no channel, and members with a role see one, the lounge."""
    world = World()
    world.general.hidden = True
    role = world.written.role("Verified")
    lounge = world.written.channel("lounge", hidden=True)
    lounge.allows = role
    world.ann.roles = [role]
    return world


def chosen(world: World, audience: int) -> Policy:
    return Policy(MemorySettings({world.written.id: GuildSettings(audience=audience)}))


def role_of(world: World) -> int:
    return world.ann.roles[0].id


def test_everybody_is_everyone(policy: Policy, world: World) -> None:
    """As long as nobody chooses another role."""
    assert policy.everybody(world.guild) == world.guild.default_role
    assert not policy.is_gated(world.guild)


def test_a_gated_guild_shows_nobody(policy: Policy) -> None:
    """Until somebody decides; a category that is open opens nothing."""
    world = gated()
    world.written.channel("all", model.CATEGORY)
    assert policy.is_gated(world.guild)
    assert policy.member_verdict(world.member(world.ann)) == "gated"
    assert not policy.keeps(world.guild, Member(world.ann.uid, "ann"))


def test_a_gate_that_opens_and_closes(policy: Policy) -> None:
    """It is looked for again when the channel that was open is closed."""
    world = gated()
    assert policy.is_gated(world.guild)
    world.general.hidden = False
    assert not policy.is_gated(world.guild)
    world.general.hidden = True
    park = world.written.channel("park")
    assert not policy.is_gated(world.guild)
    del world.written.channels[park.id]
    world.client._connection._remove_guild(world.guild)
    assert policy.is_gated(world.guild)


def test_a_guild_of_which_nothing_is_known(policy: Policy, world: World) -> None:
    """In an outage what was known before goes on."""
    world.client._connection._add_guild_from_data(world.written.stub())  # type: ignore[arg-type]
    guild = world.client.get_guild(world.written.id)
    assert guild
    assert not policy.is_gated(guild)


def test_a_role_that_counts_as_everybody() -> None:
    """What it sees is public; who doesn't have it isn't shown."""
    world = gated()
    policy = chosen(world, role_of(world))
    assert not policy.is_gated(world.guild)
    assert policy.shows_channel(world.channel(world.written.channels[max(world.written.channels)]))
    assert not policy.shows_channel(world.channel(world.general))
    assert policy.member_verdict(world.member(world.ann)) == "shown"
    assert policy.member_verdict(world.member(world.bob)) == "outside"


def test_everyone_is_chosen() -> None:
    """Then all members are shown, where nobody sees a channel as well."""
    world = gated()
    policy = chosen(world, world.written.id)
    assert not policy.is_gated(world.guild)
    assert policy.member_verdict(world.member(world.bob)) == "shown"
    assert not policy.shows_channel(world.channel(world.general))


@pytest.mark.parametrize("why", ["gone", "administrator"])
def test_a_role_that_cannot_be_everybody_any_more(why: str) -> None:
    """Nobody is shown, and nothing."""
    world = gated()
    world.general.hidden = False
    policy = chosen(world, role_of(world))
    if why == "gone":
        del world.written.roles[role_of(world)]
        world.client._connection._remove_guild(world.guild)
    else:
        world.written.roles[role_of(world)].permissions = str(1 << 3)
    assert policy.everybody(world.guild) is None
    assert policy.is_gated(world.guild)
    assert policy.member_verdict(world.member(world.ann)) == "gated"
    assert not policy.shows_channel(world.channel(world.general))
    assert not policy.shows_chat(world.channel(world.written.channel("Lounge", model.VOICE)))


# Who may stay though the cache doesn't know them


@pytest.mark.parametrize(
    ("settings", "bot", "keeps"),
    [
        (GuildSettings(), False, True),
        (GuildSettings(), True, True),
        (GuildSettings(bots=False), True, False),
        (GuildSettings(bots=False), False, True),
        (GuildSettings(hidden=frozenset({99})), False, False),
        (GuildSettings(audience=1), False, False),
        (GuildSettings(optin=True), False, False),
    ],
)
def test_who_may_stay(world: World, settings: GuildSettings, bot: bool, keeps: bool) -> None:
    """Somebody of whom nothing is known but what viewers see."""
    policy = Policy(MemorySettings({world.written.id: settings}))
    assert policy.keeps(world.guild, Member("99", "Robin", bot=bot)) is keeps


def test_who_has_hidden_may_not_stay(world: World) -> None:
    """Whatever is known of them."""
    policy = Policy(MemorySettings(members={99: MemberSettings(hidden=True)}))
    assert not policy.keeps(world.guild, Member("99", "Robin"))


# Decisions that wait


def test_decisions_wait_for_what_the_bot_cannot_see(world: World) -> None:
    """Those that show something."""
    settings = GuildSettings(channels={3: True, 4: False, 5: True}, proxies=frozenset({2, 6}))
    unseen = frozenset({2, 3, 4, 7})
    policy = Policy(
        MemorySettings({world.written.id: settings}),
        unseen=lambda guild_id: unseen if guild_id == world.written.id else frozenset(),
    )
    assert policy.waiting(world.written.id) == [2, 3]
    assert policy.waiting(world.written.id + 1) == []


# Webhooks


def heard(world: World, **settings: Any) -> Policy:
    """Decide that webhooks are heard in `general`."""
    decided = GuildSettings(proxies=frozenset({world.general.id}), **settings)
    return Policy(MemorySettings({world.written.id: decided}))


@pytest.mark.parametrize(
    ("settings", "shown"),
    [({}, True), ({"messages": "bubble"}, True), ({"messages": "off"}, False), ({"audience": 1}, False)],
)
def test_a_webhook_that_is_heard(world: World, settings: dict[str, Any], shown: bool) -> None:
    """Where managers want it, and in threads; as far as words are shown at all."""
    webhook = model.User("Robin", bot=True)
    policy = heard(world, **settings)
    thread = world.written.channel("thread", model.PUBLIC_THREAD, parent=world.general)
    for channel in (world.general, thread):
        message = world.message("beep", webhook, channel, webhook_id=str(webhook.id))
        assert policy.shows_message(message) is shown
    park = world.written.channel("park")
    assert not policy.shows_message(world.message("beep", webhook, park, webhook_id=str(webhook.id)))


def test_a_webhook_in_a_channel_that_is_hidden() -> None:
    """Being heard doesn't open the channel."""
    world = World()
    world.written.channel("park")
    policy = heard(world, channels={world.general.id: False})
    webhook = model.User("Robin", bot=True)
    assert not policy.shows_message(world.message("beep", webhook, webhook_id=str(webhook.id)))


def test_an_application_that_answers_is_no_proxy(world: World) -> None:
    """It answers by a webhook that has its own id."""
    application = model.User("robot", bot=True)
    uid = str(application.id)
    message = world.message("beep", application, webhook_id=uid, application_id=uid)
    assert not heard(world).shows_message(message)
