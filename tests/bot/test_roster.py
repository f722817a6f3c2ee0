"""Discord's guilds, members, channels and messages as the bridge knows them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.policy import HIDE_OFFLINE_ABOVE, Policy
from bot.roster import WORDLESS, Roster
from bot.words.slug import code_of, slug_of
from bridge.model import Channel, GuildInfo, Member, Message, Voice
from cogs.settings import GuildSettings, MemberSettings
from tests.bot import world as model
from tests.bot.memory import MemorySettings
from tests.bot.world import World


@pytest.fixture
def roster() -> Roster:
    """A roster with the rules it asks."""
    return Roster(Policy(MemorySettings()), MemorySettings())


# Lines


@pytest.mark.parametrize(
    ("guild", "own", "line"),
    [
        ({}, {}, "**back** at @someone in #channel in 5"),
        ({"messages": "bubble"}, {}, None),
        ({"messages": "off"}, {}, None),
        ({}, {"muted": True}, None),
    ],
)
def test_a_line_over_a_head(
    world: World, guild: dict[str, Any], own: dict[str, Any], line: str | None
) -> None:
    """It is read where words are, and names nobody, nor what may be hidden while it stands there."""
    said = f"\\*\\*back\\*\\* at {world.bob.mention} in <#{world.general.id}> in 5"
    settings = MemorySettings(
        {world.written.id: GuildSettings(**guild)}, {world.ann.id: MemberSettings(line=said, **own)}
    )
    roster = Roster(Policy(settings), settings)
    assert roster.member(world.member(world.ann)).line == line
    assert roster.member(world.member(world.bob)).line is None


@pytest.mark.parametrize(
    ("line", "minutes", "is_awaited"), [("back", 5, True), ("back", -5, False), (None, 5, False)]
)
def test_a_line_waits_for_the_end_of_a_timeout(
    world: World, line: str | None, minutes: int, *, is_awaited: bool
) -> None:
    """Whoever is timed out says nothing, over their head neither."""
    settings = MemorySettings({}, {world.ann.id: MemberSettings(line=line)})
    roster, member = Roster(Policy(settings), settings), world.member(world.ann)
    until = member.timed_out_until = datetime.now(UTC) + timedelta(minutes=minutes)
    assert roster.line_returns(member) == (until if is_awaited else None)
    assert (roster.member(member).line is None) is (is_awaited or line is None)


@pytest.mark.parametrize(("optin", "line"), [(False, "movie night"), (True, None)])
def test_a_line_that_anybody_may_have_written(world: World, optin: bool, line: str | None) -> None:
    """Over a voice channel it isn't shown where only those are who have agreed."""
    lounge = world.written.channel("Lounge", model.VOICE)
    settings = MemorySettings({world.written.id: GuildSettings(optin=optin)})
    roster = Roster(Policy(settings), settings, voice_status=lambda _: "movie night")
    [found] = [channel for channel in roster.channels(world.guild) if channel.id == str(lounge.id)]
    assert found.status == line


# Guilds


def test_a_guild(roster: Roster, world: World) -> None:
    """A guild is public, listed, and called by a slug that ends in its alias."""
    guild_id = world.written.id
    assert roster.guild(world.guild) == GuildInfo(
        id=str(guild_id),
        slug=slug_of("Home", guild_id),
        name="Home",
        alias=code_of(guild_id),
        member_count=2,
    )


def test_a_guild_as_its_managers_want_it(world: World) -> None:
    """Another name, in no list, behind a door; and the one that viewers without a choice see."""
    decided = GuildSettings(listed=False, name="Public House", protection="password", password_hash="x$y")
    settings = MemorySettings({world.written.id: decided}, default_guild=world.written.id)
    guild = Roster(Policy(settings), settings).guild(world.guild)
    assert (guild.name, guild.slug) == ("Public House", slug_of("Public House", world.written.id))
    assert (guild.listed, guild.protected, guild.password_hash, guild.default) == (False, True, "x$y", True)
    assert guild.alias == code_of(world.written.id)


def test_a_guild_whose_last_words_are_told_to_who_arrives(world: World) -> None:
    """Words are read there as anywhere."""
    policy = Policy(MemorySettings({world.written.id: GuildSettings(messages="recap")}))
    settings = MemorySettings({world.written.id: GuildSettings(messages="recap")})
    assert Roster(policy, settings).guild(world.guild).recent
    assert policy.shows_words(world.written.id)


def test_the_hash_of_a_password_that_is_not_asked_for(world: World) -> None:
    """It opens no other door."""
    decided = GuildSettings(protection="login", password_hash="x$y")
    settings = MemorySettings({world.written.id: decided})
    guild = Roster(Policy(settings), settings).guild(world.guild)
    assert guild.protected
    assert guild.password_hash is None


def test_when_the_bot_came(roster: Roster, world: World) -> None:
    """It is known by the bot's own place in the guild, and stays known in an outage."""
    assert roster.guild(world.guild).since is None
    state = world.client._connection
    account: Any = world.written.settle(model.User("dzone", bot=True)).user.payload()
    state.user = discord.ClientUser(state=state, data=account)  # as READY tells
    known = roster.guild(world.guild)
    assert known.since == int(datetime.fromisoformat(model.JOINED_AT).timestamp())
    stub: Any = {"id": str(world.written.id), "unavailable": True}
    empty = discord.Guild(data=stub, state=state)
    assert roster.guild(empty, known).since == known.since


# Members


def test_a_color_of_ones_own(world: World) -> None:
    """It goes before that of a role."""
    settings = MemorySettings(members={world.ann.id: MemberSettings(color="#123456")})
    assert Roster(Policy(settings), settings).member(world.member(world.ann)).role_color == "#123456"


@pytest.mark.parametrize("decided", [MemberSettings(hidden=True), MemberSettings(muted=True)])
def test_a_forward_of_somebody_who_is_hidden(world: World, decided: MemberSettings) -> None:
    """Nobody makes others say what they took back."""
    said = model.written(world.general, world.ann, "it was me")
    world.hear("GUILD_CREATE", world.written.payload(world.written.owner))
    world.hear("MESSAGE_CREATE", said)
    forward = world.message("", world.bob, **model.forwarding(said))
    plain, strict = MemorySettings(), MemorySettings(members={world.ann.id: decided})
    assert Roster(Policy(plain), plain).message(forward).message == "[forwarded] it was me"
    assert Roster(Policy(strict), strict).message(forward).message == "[forwarded]"


@pytest.mark.parametrize("there", [True, False])
def test_a_forward_of_somebody_who_has_not_agreed(world: World, there: bool) -> None:
    """Nor of somebody of whom nobody can tell: where it was said, or where it is forwarded to."""
    far = World(guild_name="Far away")
    agreed = {world.bob.id: MemberSettings(agreed=True)}
    asking = far.written if there else world.written
    settings = MemorySettings({asking.id: GuildSettings(optin=True)}, agreed)
    roster = Roster(Policy(settings), settings)
    world.hear("GUILD_CREATE", far.written.payload(far.written.owner))
    said = model.written(far.general, far.ann, "it was me")
    forward = world.message("", world.bob, **model.forwarding(said))
    assert roster.message(forward).message == "[forwarded]"
    assert Roster(Policy(MemorySettings()), MemorySettings()).message(forward).message.endswith("it was me")
    world.hear("MESSAGE_CREATE", said)
    forward = world.message("", world.bob, **model.forwarding(said))
    assert roster.message(forward).message == "[forwarded]"


def test_a_forward_of_somebody_whom_moderators_hid(world: World) -> None:
    """In the guild where they said it, or in that where it is forwarded to."""
    far = World(guild_name="Far away")
    for guild in (far.written, world.written):
        settings = MemorySettings({guild.id: GuildSettings(hidden=frozenset({far.ann.id}))})
        world.hear("GUILD_CREATE", far.written.payload(far.written.owner))
        said = model.written(far.general, far.ann, "it was me")
        world.hear("MESSAGE_CREATE", said)
        forward = world.message("", world.bob, **model.forwarding(said))
        assert Roster(Policy(settings), settings).message(forward).message == "[forwarded]"
        nobody = MemorySettings()
        assert Roster(Policy(nobody), nobody).message(forward).message == "[forwarded] it was me"


def test_words_that_may_not_be_shown(world: World) -> None:
    """That something was said is seen, as long as something was."""
    settings = MemorySettings({world.written.id: GuildSettings(messages="bubble")})
    roster = Roster(Policy(settings), settings)
    assert roster.message(world.message("a secret")).message == WORDLESS
    assert roster.message(world.message("")).message == ""


def test_a_mention_of_a_hidden_bot(world: World) -> None:
    """Where bots are not shown, they are not named either."""
    robot = world.written.settle(model.User("robot", bot=True))
    settings = MemorySettings({world.written.id: GuildSettings(bots=False)})
    world.member(robot)
    words = Roster(Policy(settings), settings).message(world.message(f"ask <@{robot.id}>"))
    assert words.message == "ask @someone"


def test_a_mention_of_somebody_hidden(world: World) -> None:
    """Nobody is named against their will."""
    settings = MemorySettings(members={world.ann.id: MemberSettings(hidden=True)})
    words = Roster(Policy(settings), settings).message(world.message(f"where is <@{world.ann.id}>?"))
    assert words.message == "where is @someone?"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("`<@{}>`", "@someone"),
        ("```\n<@!{}>\n```", "@someone"),
        ("\\<@{}>", "@someone"),
        ("{}", "someone"),
        ("`{}`", "someone"),
        (
            "see https://cdn.discordapp.com/avatars/{}/x.png",
            "see https://cdn.discordapp.com/avatars/someone/x.png",
        ),
        ("<https://discord.com/users/{}>", "https://discord.com/users/someone"),
        ("<:{}:1>", ":someone:"),
        ("<:turnip:{}>", ":turnip:"),
    ],
)
def test_the_id_of_somebody_hidden(world: World, written: str, seen: str) -> None:
    """Nobody's id is told against their will, wherever it stands in what another wrote."""
    hiding = MemorySettings(members={world.ann.id: MemberSettings(hidden=True)})
    banished = MemorySettings({world.written.id: GuildSettings(hidden=frozenset({world.ann.id}))})
    message = world.message(written.format(world.ann.id), author=world.bob)
    for settings in (hiding, banished):
        words = Roster(Policy(settings), settings, emoji_images=True).message(message)
        assert (words.message, words.emoji) == (seen, {})


@pytest.mark.parametrize("written", ["`<@{}>`", "{}", "https://discord.com/users/{}"])
def test_the_id_of_somebody_shown(roster: Roster, world: World, written: str) -> None:
    """Code and links stay as they are."""
    said = roster.message(world.message(written.format(world.ann.id))).message
    assert said == written.format(world.ann.id).strip("`")


def test_the_id_of_who_may_be_outside(world: World) -> None:
    """In code, too, a stranger may not count as everybody; a number by itself may be anything."""
    role = world.written.role("Club")
    settings = MemorySettings({world.written.id: GuildSettings(audience=role.id)})
    words = Roster(Policy(settings), settings).message(
        world.message("`<@123456789012345678> 123456789012345678`")
    )
    assert words.message == "@someone 123456789012345678"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("`<#{}>`", "#channel"),
        ("https://discord.com/channels/1/{}/2", "https://discord.com/channels/1/channel/2"),
        ("`{}`", "channel"),
    ],
)
def test_the_id_of_a_hidden_channel(world: World, written: str, seen: str) -> None:
    """It is told no more than the channel's name."""
    secret = world.written.channel("secret")
    settings = MemorySettings({world.written.id: GuildSettings(channels={secret.id: False})})
    words = Roster(Policy(settings), settings).message(world.message(written.format(secret.id)))
    assert words.message == seen
    shown = Roster(Policy(MemorySettings()), MemorySettings()).message(
        world.message(written.format(secret.id))
    )
    assert shown.message == written.format(secret.id).strip("`")


def test_a_member(roster: Roster, world: World) -> None:
    """Somebody with nothing special: a name, a status, the default colour and face."""
    member = roster.member(world.member(world.ann))
    number = (world.ann.id >> 22) % 6
    assert member == Member(
        uid=str(world.ann.id),
        username="ann",
        status="online",
        role_color="#ffffff",
        bot=False,
        avatar=f"https://cdn.discordapp.com/embed/avatars/{number}.png?size=64",
        voice=None,
        activity=None,
        joined=None,
    )


def test_somebody_new(roster: Roster, world: World) -> None:
    """On their first day it is told when they came, to the second."""
    joined = datetime.now(UTC) - timedelta(hours=23, minutes=59)
    world.ann.joined_at = joined.isoformat()
    assert roster.member(world.member(world.ann)).joined == int(joined.timestamp())


@pytest.mark.parametrize("joined_at", [datetime.now(UTC) - timedelta(days=1), None], ids=["a day", "unknown"])
def test_somebody_who_is_not_new(roster: Roster, world: World, joined_at: datetime | None) -> None:
    """When they came is nobody's business."""
    world.ann.joined_at = joined_at.isoformat() if joined_at else None
    assert roster.member(world.member(world.ann)).joined is None


@pytest.mark.parametrize(
    ("nick", "global_name", "shown"),
    [(None, None, "x"), (None, "Xaver", "Xaver"), ("X!", "Xaver", "X!"), ("X!", None, "X!")],
)
def test_a_name(roster: Roster, world: World, nick: str | None, global_name: str | None, shown: str) -> None:
    """The nickname, else the name that is shown everywhere, else the account's."""
    named = world.written.settle(model.User("x", global_name), nick=nick)
    assert roster.member(world.member(named)).username == shown


def test_a_bot(roster: Roster, world: World) -> None:
    """A bot is marked as one."""
    robot = world.written.settle(model.User("robot", bot=True))
    assert roster.member(world.member(robot)).bot


def test_a_face(roster: Roster, world: World) -> None:
    """An avatar is a small picture at Discord's."""
    world.ann.user.avatar = "abc123"
    avatar = roster.member(world.member(world.ann)).avatar
    assert avatar == f"https://cdn.discordapp.com/avatars/{world.ann.id}/abc123.png?size=64"


def test_a_face_that_moves(roster: Roster, world: World) -> None:
    """An animated one moves."""
    world.ann.user.avatar = "a_abc123"
    avatar = roster.member(world.member(world.ann)).avatar
    assert avatar == f"https://cdn.discordapp.com/avatars/{world.ann.id}/a_abc123.gif?size=64"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("online", "online"),
        ("idle", "idle"),
        ("dnd", "dnd"),
        ("offline", "offline"),
        ("invisible", "offline"),
        ("sleeping", "offline"),
    ],
)
def test_a_status(roster: Roster, world: World, status: str, shown: str) -> None:
    """There are four; what Discord may yet invent is none of them."""
    world.ann.user.status = status
    assert roster.member(world.member(world.ann)).status == shown


@pytest.mark.parametrize(
    ("colors", "shown"),
    [
        ([], "#ffffff"),
        ([0], "#ffffff"),
        ([0xE91E63], "#e91e63"),
        ([0xE91E63, 0x00FF00], "#00ff00"),
        ([0xE91E63, 0], "#e91e63"),
        ([0x000001], "#000001"),
    ],
    ids=["no role", "colourless", "one", "higher wins", "colourless above", "nearly black"],
)
def test_a_color(roster: Roster, world: World, colors: list[int], shown: str) -> None:
    """The highest role with a colour gives it; later roles stand higher."""
    world.ann.roles = [world.written.role("role", color) for color in colors]
    assert roster.member(world.member(world.ann)).role_color == shown


def test_a_gradient(roster: Roster, world: World) -> None:
    """The second colour is that of the role that gives the first, whatever other roles have."""
    low = world.written.role("low", 0xE91E63)
    low.secondary = 0x123456
    high = world.written.role("high", 0x00FF00)
    world.ann.roles = [low, high]
    assert roster.member(world.member(world.ann)).role_color2 is None
    high.secondary, high.tertiary = 0x0000FF, 0xFF0000
    member = roster.member(world.member(world.ann))
    assert (member.role_color, member.role_color2) == ("#00ff00", "#0000ff")


def test_a_gradient_of_a_role_without_a_color(roster: Roster, world: World) -> None:
    """It colours nobody, nor does its second colour."""
    role = world.written.role("odd", 0)
    role.secondary = 0x123456
    world.ann.roles = [role]
    member = roster.member(world.member(world.ann))
    assert (member.role_color, member.role_color2) == ("#ffffff", None)


@pytest.mark.parametrize("rubbish", ["red", -1, 1 << 24, 1.5, [], {}])
def test_a_color_that_is_none(roster: Roster, world: World, rubbish: Any) -> None:
    """A role that Discord describes strangely colours nobody, and hides nobody."""
    first, second = world.written.role("low", 0xE91E63), world.written.role("high", 0)
    world.ann.roles = [first, second]
    first.secondary, second.color = rubbish, rubbish
    member = roster.member(world.member(world.ann))
    assert (member.role_color, member.role_color2) == ("#e91e63", None)


def test_a_gradient_and_a_color_of_ones_own(world: World) -> None:
    """Who chose one colour is shown in it alone."""
    role = world.written.role("shiny", 0xE91E63)
    role.secondary = 0x0000FF
    world.ann.roles = [role]
    settings = MemorySettings(members={world.ann.id: MemberSettings(color="#123456")})
    member = Roster(Policy(settings), settings).member(world.member(world.ann))
    assert (member.role_color, member.role_color2) == ("#123456", None)


# Voice


def in_voice(world: World, kind: int = model.VOICE, *, hidden: bool = False, **state: bool) -> model.Channel:
    """Put ann into a voice channel."""
    channel = world.written.channel("Lounge", kind, hidden=hidden)
    flags = dict.fromkeys(("mute", "deaf", "self_mute", "self_deaf", "self_video", "suppress"), False)
    place = {"channel_id": str(channel.id), "user_id": world.ann.uid, "session_id": "s"}
    world.written.voice[world.ann.id] = place | flags | state
    return channel


def test_in_voice(roster: Roster, world: World) -> None:
    """Who talks somewhere is there."""
    channel = in_voice(world)
    assert roster.voice(world.member(world.ann)) == Voice(str(channel.id), "Lounge")


@pytest.mark.parametrize(
    ("flag", "shown"),
    [
        ("mute", {"muted": True}),
        ("self_mute", {"muted": True}),
        ("suppress", {"muted": True}),
        ("deaf", {"deafened": True}),
        ("self_deaf", {"deafened": True}),
        ("self_stream", {"streaming": True}),
        ("self_video", {}),
    ],
)
def test_how_in_voice(roster: Roster, world: World, flag: str, shown: dict[str, bool]) -> None:
    """Muted or deafened by oneself or by others is the same to look at; so is an audience."""
    channel = in_voice(world, **{flag: True})
    assert roster.voice(world.member(world.ann)) == Voice(str(channel.id), "Lounge", **shown)


def test_on_a_stage(roster: Roster, world: World) -> None:
    """A stage is a place to talk, too; who may speak there is a speaker."""
    channel = in_voice(world, model.STAGE)
    assert roster.voice(world.member(world.ann)) == Voice(str(channel.id), "Lounge", speaker=True)


def test_in_the_audience_of_a_stage(roster: Roster, world: World) -> None:
    """Who may not speak listens."""
    channel = in_voice(world, model.STAGE, suppress=True)
    assert roster.voice(world.member(world.ann)) == Voice(str(channel.id), "Lounge", muted=True)


def test_in_hidden_voice(roster: Roster, world: World) -> None:
    """Who talks where not everybody may look is nowhere."""
    in_voice(world, hidden=True)
    assert roster.member(world.member(world.ann)).voice is None


# Activities


CUSTOM = {"type": 4, "name": "Custom Status", "state": "gardening", "id": "custom"}
PLAYING = {"type": 0, "name": "Factorio", "id": "1"}
SPOTIFY = {
    "type": 2, "name": "Spotify", "id": "spotify:1", "flags": 48, "details": "A song", "state": "A band",
    "party": {"id": "spotify:1"}, "sync_id": "x", "session_id": "y", "timestamps": {}, "assets": {},
}  # fmt: skip


@pytest.mark.parametrize(
    ("activities", "shown"),
    [
        ([], None),
        ([PLAYING], "Playing Factorio"),
        ([{"type": 1, "name": "A stream", "url": "https://twitch.tv/x", "id": "1"}], "Streaming A stream"),
        ([SPOTIFY], "Listening to Spotify"),
        ([{"type": 3, "name": "A film", "id": "1"}], "Watching A film"),
        ([{"type": 5, "name": "A contest", "id": "1"}], "Competing in A contest"),
        ([CUSTOM], "gardening"),
        ([CUSTOM, PLAYING], "Playing Factorio"),
        ([{"type": 4, "name": "Custom Status", "id": "custom", "emoji": {"name": "🌻"}}], None),
        ([{"type": 99, "name": "Unheard of", "id": "1"}], None),
        ([{"type": 0, "name": "", "id": "1"}, CUSTOM], "gardening"),
    ],
    ids=[
        "nothing", "game", "stream", "music", "film", "contest", "custom", "game before custom",
        "only an emoji", "unknown", "nameless",
    ],
)  # fmt: skip
def test_an_activity(
    roster: Roster, world: World, activities: list[dict[str, Any]], shown: str | None
) -> None:
    """What somebody does is a line; what they say of themselves is, if they do nothing."""
    world.ann.user.activities = activities
    assert roster.member(world.member(world.ann)).activity == shown


# Channels


def test_channels(roster: Roster, world: World) -> None:
    """Each kind of channel, with its category and its place."""
    outside = world.written.channel("Outside", model.CATEGORY)
    world.written.channel("news", model.NEWS, parent=outside)
    world.written.channel("Lounge", model.VOICE)
    world.written.channel("Theatre", model.STAGE)
    world.written.channel("forum", model.FORUM)
    shown = {channel.name: channel for channel in roster.channels(world.guild)}
    assert {name: (channel.kind, channel.category) for name, channel in shown.items()} == {
        "general": ("text", None),
        "news": ("news", "Outside"),
        "Lounge": ("voice", None),
        "Theatre": ("stage", None),
        "forum": ("forum", None),
    }


def test_a_channel(roster: Roster, world: World) -> None:
    """A channel has its id, as a text, and its place in the list."""
    world.general.position = 7
    assert roster.channels(world.guild) == [Channel(str(world.general.id), "general", "text", None, 7)]


def captioned(world: World, line: str = "movie night", **decided: Any) -> str | None:
    """Tell what is shown over a voice channel over which people put a line."""
    settings = MemorySettings({world.written.id: GuildSettings(**decided)})
    channels = Roster(Policy(settings), settings, voice_status=lambda _: line).channels(world.guild)
    return next(channel.status for channel in channels if channel.kind in ("voice", "stage"))


@pytest.mark.parametrize("kind", [model.VOICE, model.STAGE])
def test_a_line_over_a_voice_channel(world: World, kind: int) -> None:
    """Read as words are."""
    world.written.channel("Lounge", kind)
    assert captioned(world) == "movie night"
    assert captioned(world, " **movie**\n||night||  ") == "movie [spoiler]"
    assert captioned(world, "x" * 501) == "x" * 499 + "…"
    assert captioned(world, " \x07\n ") is None


def test_a_line_names_nobody(world: World) -> None:
    """It stands there for hours: who is named in it may leave meanwhile, or want to be hidden."""
    world.written.channel("Lounge", model.VOICE)
    den = world.written.channel("den", hidden=True)
    line = f"<@{world.bob.id}> <@1> <#{world.general.id}> <#{den.id}> <:turnip:7> <@&{world.written.id}>"
    assert captioned(world, line) == "@someone @someone #general #channel :turnip: @@everyone"


@pytest.mark.parametrize("messages", ["off", "bubble"])
def test_a_line_where_words_may_not_be_read(world: World, messages: str) -> None:
    """It is words."""
    world.written.channel("Lounge", model.VOICE)
    assert captioned(world, messages=messages) is None


def test_a_line_over_a_channel_to_which_not_everybody_may_connect(world: World) -> None:
    """The channel is shown, and who talks there; managers may decide otherwise."""
    lounge = world.written.channel("Lounge", model.VOICE)
    lounge.locked = True
    assert captioned(world) is None
    assert captioned(world, channels={lounge.id: True}) == "movie night"


def test_channels_that_are_not_shown(roster: Roster, world: World) -> None:
    """Hidden and age-restricted channels, and threads, are in no list."""
    world.written.channel("secret", hidden=True)
    world.written.channel("adults", nsfw=True)
    world.written.channel("thread", model.PUBLIC_THREAD, parent=world.general)
    assert [channel.name for channel in roster.channels(world.guild)] == ["general"]


# Messages


def test_a_message(roster: Roster, world: World) -> None:
    """Who said what where."""
    message = world.message("**hello**")
    assert roster.message(message) == Message(
        uid=world.ann.uid,
        message="hello",
        channel=str(world.general.id),
        id=str(message.id),
        channel_name="general",
        reply_to=None,
    )


def test_a_message_in_a_thread(roster: Roster, world: World) -> None:
    """A thread is the channel of what is said in it."""
    thread = world.written.channel("thread", model.PUBLIC_THREAD, parent=world.general)
    message = roster.message(world.message("hello", channel=thread))
    assert (message.channel, message.channel_name) == (str(thread.id), "thread")
    assert message.parent == str(world.general.id)


@pytest.mark.parametrize(
    ("guild", "own", "is_told"),
    [
        ({}, {}, True),
        ({"messages": "bubble"}, {}, False),
        ({}, {"muted": True}, False),
        ({}, {"hidden": True}, False),
        ({"optin": True}, {}, False),
        ({"optin": True}, {"agreed": True}, True),
    ],
)
def test_what_a_thread_is_called(
    world: World, guild: dict[str, Any], own: dict[str, Any], is_told: bool
) -> None:
    """Those are words of whoever opened it, also where others write, or name it."""
    thread = world.written.channel("my tea", model.PUBLIC_THREAD, parent=world.general)
    settings = MemorySettings(
        {world.written.id: GuildSettings(**guild)}, {world.written.owner.id: MemberSettings(**own)}
    )
    roster = Roster(Policy(settings), settings)
    message = roster.message(world.message(f"see <#{thread.id}>", channel=thread))
    assert message.channel_name == ("my tea" if is_told else "general")
    assert ("my tea" in message.message) is is_told
    cached = world.guild.get_thread(thread.id)
    assert cached is not None
    assert roster.thread(cached, world.member(world.ann)).text == ("my tea" if is_told else None)


CDN = "https://cdn.discordapp.com/emojis"


@pytest.fixture
def painter() -> Roster:
    """A roster that tells where pictures are."""
    return Roster(Policy(MemorySettings()), MemorySettings(), emoji_images=True)


def test_custom_emoji_are_words(roster: Roster, world: World) -> None:
    """Nobody is told of pictures unless they are wanted."""
    said = roster.message(world.message("a <:turnip:123456789012345678>!"))
    assert (said.message, said.emoji) == ("a :turnip:!", {})
    assert roster.picture(discord.PartialEmoji(name="turnip", id=123456789012345678)) is None


def test_custom_emoji_as_pictures(painter: Roster, world: World) -> None:
    """Small ones, by the words that they stand for; those that move, moving."""
    said = painter.message(world.message("a <:turnip:42> and <a:wave:43>, 🌱 :leek: **<:turnip:42>**"))
    assert said.message == "a :turnip: and :wave:, 🌱 :leek: :turnip:"
    assert said.emoji == {
        ":turnip:": f"{CDN}/42.png?size=48",
        ":wave:": f"{CDN}/43.webp?animated=true&size=48",
    }


def test_two_emoji_of_one_name(painter: Roster, world: World) -> None:
    """The words don't tell them apart: the first is shown, of those that are to be seen."""
    said = painter.message(world.message("||<:turnip:1>|| `<:turnip:2>` <:turnip:3> <:turnip:4>"))
    assert said.emoji == {":turnip:": f"{CDN}/3.png?size=48"}


def test_a_crowd_of_emoji(painter: Roster, world: World) -> None:
    """The first twenty are pictures, the others stay words."""
    crowd = "".join(f"<:e{number}:{number}><:e0:0>" for number in range(30))
    assert list(painter.message(world.message(crowd)).emoji) == [f":e{number}:" for number in range(20)]


def test_emoji_in_words_that_may_not_be_shown(world: World) -> None:
    """They aren't shown either."""
    settings = MemorySettings({world.written.id: GuildSettings(messages="bubble")})
    painter = Roster(Policy(settings), settings, emoji_images=True)
    said = painter.message(world.message("<:turnip:42>"))
    assert (said.message, said.emoji) == (WORDLESS, {})


def test_pictures_of_what_is_no_custom_emoji(painter: Roster) -> None:
    """Letters need none."""
    assert painter.picture(discord.PartialEmoji(name="🌱")) is None


def reply(world: World, answered: dict[str, Any] | None, settings: MemorySettings | None = None) -> Message:
    """Let ann answer a message, or one that was deleted."""
    reference = {"message_id": answered["id"] if answered else "1", "channel_id": str(world.general.id)}
    message = world.message("yes", type=19, message_reference=reference, referenced_message=answered)
    settings = settings or MemorySettings()
    return Roster(Policy(settings), settings).message(message)


def test_an_answer(world: World) -> None:
    """An answer says whom it answers."""
    assert reply(world, model.written(world.general, world.bob, "well?")).reply_to == world.bob.uid


def test_an_answer_to_who_is_not_shown() -> None:
    """Who is hidden isn't named in an answer either; who is offline was seen when they wrote."""
    world = World(member_count=HIDE_OFFLINE_ABOVE + 1)
    asked = model.written(world.general, world.bob, "well?")
    assert reply(world, asked).reply_to == world.bob.uid
    hiding = MemorySettings(members={world.bob.id: MemberSettings(hidden=True)})
    assert reply(world, asked, hiding).reply_to is None


def test_an_answer_to_who_is_muted(world: World) -> None:
    """Nobody has read what they said, so nobody learns of whom it was."""
    asked = model.written(world.general, world.bob, "well?")
    muted = MemorySettings(members={world.bob.id: MemberSettings(muted=True)})
    assert reply(world, asked, muted).reply_to is None


def test_an_answer_to_a_webhook(world: World) -> None:
    """Who is no member isn't named."""
    hook = model.User("Hook", bot=True)
    answered = model.written(world.general, hook, "well?", webhook_id=str(hook.id))
    assert reply(world, answered).reply_to is None


def test_an_answer_to_a_deleted_message(world: World) -> None:
    """Whom it answered can't be known any more."""
    assert reply(world, None).reply_to is None


# What roles are called


def naming(world: World, **decided: Any) -> Roster:
    """Be a roster of a guild whose managers show role names, unless they decided otherwise."""
    settings = MemorySettings(guilds={world.written.id: GuildSettings(**{"role_names": True} | decided)})
    return Roster(Policy(settings), settings)


def test_role_names_are_shown_only_where_managers_want_that(world: World) -> None:
    """Else nothing of a role but its colour is known behind here."""
    role = world.written.role("Gardeners", 0x57F287)
    world.ann.roles = [role]
    quiet = naming(world, role_names=False)
    assert quiet.guild(world.guild).role_names == {}
    assert quiet.member(world.member(world.ann)).role is None
    roster = naming(world)
    assert roster.guild(world.guild).role_names == {str(role.id): "Gardeners"}
    assert roster.member(world.member(world.ann)).role == str(role.id)


def test_the_role_that_gives_the_color_is_named(world: World) -> None:
    """The higher of two of one colour; one without a colour, or with no name that can be read, never."""
    low, high = world.written.role("Low", 0x57F287), world.written.role("High", 0x57F287)
    plain = world.written.role("Plain", 0)
    world.written.role("\u200b\u3164", 0xED4245)
    world.ann.roles, world.bob.roles = [low, high, plain], [low]
    roster = naming(world)
    assert roster.guild(world.guild).role_names == {str(low.id): "Low", str(high.id): "High"}
    assert roster.member(world.member(world.ann)).role == str(high.id)
    assert roster.member(world.member(world.bob)).role == str(low.id)


def test_a_hidden_role_has_no_name(world: World) -> None:
    """It never leaves; nor does any where nobody is shown. The role that counts as everybody has one."""
    shy, all_of_us = world.written.role("Shy", 0xED4245), world.written.role("Citizens", 0x57F287)
    world.ann.roles = [shy]
    roster = naming(world, hidden_roles=frozenset({shy.id}), audience=all_of_us.id)
    assert roster.guild(world.guild).role_names == {str(all_of_us.id): "Citizens"}
    assert roster.member(world.member(world.ann)).role is None
    assert naming(world, audience=4711).guild(world.guild).role_names == {}


def test_who_chose_a_color_has_it_from_no_role(world: World) -> None:
    """Whatever role they have."""
    world.ann.roles = [world.written.role("Gardeners", 0x57F287)]
    settings = MemorySettings(
        guilds={world.written.id: GuildSettings(role_names=True)},
        members={world.ann.id: MemberSettings(color="#57f287")},
    )
    assert Roster(Policy(settings), settings).member(world.member(world.ann)).role is None


def test_role_names_in_an_outage(world: World) -> None:
    """Those that were known, but for what managers have hidden meanwhile."""
    roles = [world.written.role(name, 0x57F287) for name in ("One", "Other")]
    known = naming(world).guild(world.guild)
    nameless = world.guild
    nameless.name = ""
    later = naming(world, hidden_roles=frozenset({roles[0].id}))
    assert later.guild(nameless, known).role_names == {str(roles[1].id): "Other"}
    assert naming(world, role_names=False).guild(nameless, known).role_names == {}
