"""`/dzone`, used by those who may and those who may not."""

import asyncio
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
import pytest

from cogs.commands.status import only_here
from cogs.decisions import Decisions
from cogs.settings import GuildSettings
from tests.cogs.commands.answers import status
from tests.cogs.office import LOCALES, URL, Office, open_office, read

if TYPE_CHECKING:
    from collections.abc import Callable

# What each decision changes, and a word of the answer.
DECISIONS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("enable", {}, {"shown": True}, f"{URL}/?s=town-"),
    ("disable", {}, {"shown": False}, "`/dzone enable`"),
    ("listed", {"state": "off"}, {"listed": False}, f"{URL}/?s=town-"),
    ("listed", {"state": "on"}, {"listed": True}, "`/dzone listed`"),
    ("name", {"name": " Über @here *da* "}, {"name": "Über @here *da*"}, "s=uber-here-da"),
    ("reset-name", {}, {"name": None}, "**Town**"),
    ("channels show", {"channel": "square"}, {"channels": {}}, "shown already"),
    ("channels hide", {"channel": "square"}, {"channels": {"square": False}}, "is hidden now"),
    ("channels reset", {"channel": "square"}, {"channels": {}}, "it is shown, because it is public"),
    ("channels proxies", {"channel": "square", "state": "off"}, {"proxies": frozenset()}, "isn't shown any"),
    ("audience", {}, {}, "@everyone counts as everybody"),
    ("messages", {"mode": "full"}, {"messages": "full"}, "read them"),
    ("messages", {"mode": "bubble"}, {"messages": "bubble"}, "but not what"),
    ("messages", {"mode": "off"}, {"messages": "off"}, "nothing of them"),
    ("members", {}, {}, "at most 500 members.\nBots are shown."),
    ("members", {"offline": "hide"}, {"offline": "hide"}, "Offline members are not shown."),
    ("members", {"bots": "hide"}, {"bots": False}, "Bots are not shown."),
    ("members", {"offline": "show", "bots": "show"}, {"offline": "show", "bots": True}, "shown.\nBots"),
    ("protect off", {}, {"protection": "off"}, "Everybody may watch"),
    ("protect login", {}, {"protection": "login"}, "after login"),
]  # fmt: skip
SAVING = [decision[:2] for decision in DECISIONS if decision[0] != "channels show" and decision[2]]
ALL: list[tuple[str, dict[str, Any]]] = [
    *(decision[:2] for decision in DECISIONS),
    ("audience", {"role": "ann"}),
    ("channels proxies", {"channel": "square", "state": "on"}),
    ("status", {}),
    ("link", {}),
    ("channels list", {}),
    ("protect password", {}),
    ("forget", {}),
]


@pytest.mark.parametrize(("command", "options", "changes", "words"), DECISIONS)
async def test_a_manager_decides(
    office: Office, command: str, options: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    """The decision is stored, the room shows it, and the answer says so to nobody else."""
    reply = await office.reply(office.manager, f"dzone {command}", **options)
    if "channels" in changes:
        changes = {"channels": {office.square.id: False} if changes["channels"] else {}}
    assert office.settings == replace(GuildSettings(), **changes)
    assert words in reply
    assert bool(office.rooms.shown) == ((command, options) in SAVING)


@pytest.mark.parametrize(("command", "options"), ALL)
async def test_others_are_refused(office: Office, command: str, options: dict[str, Any]) -> None:
    """Also when Discord shows them the command; running the bot gives no right over other guilds."""
    for nobody in (office.ann, office.moderator, office.owner):
        assert "Manage Server" in await office.reply(nobody, f"dzone {command}", **options)
    assert not office.drawer.guilds
    assert not office.rooms.shown


async def test_discord_is_told_to_hide_the_commands(office: Office) -> None:
    """Who may not manage the guild doesn't find them, and nobody does in direct messages."""
    [group] = [c for c in office.env.backend.commands[None].values() if c["name"] == "dzone"]
    assert int(group["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
    assert group["contexts"] == [0]


@pytest.mark.parametrize(("command", "options"), ALL)
async def test_everybody_reads_their_language(office: Office, command: str, options: dict[str, Any]) -> None:
    """In each of the six an answer is of one language, and has no gap in it."""
    answers = {}
    for office.locale in LOCALES:
        answers[office.locale] = said(await office.use(office.manager, f"dzone {command}", **options))
        assert not re.search(r"{[/a-z]", answers[office.locale])
    assert answers["en-US"] == answers["en-GB"] == answers["fr"]
    assert answers["es-ES"] == answers["es-419"]
    assert len(set(answers.values())) == 3


def said(result: Any) -> str:
    """Return all that somebody reads in an answer."""
    if result.modal:
        return str([result.modal["title"], *(label["label"] for label in result.modal["components"])])
    return str(result.response.content) + str([embed.to_dict() for embed in result.response.embeds])


async def test_commands_are_named_as_the_reader_knows_them(office: Office) -> None:
    """In German, enabling has a German name."""
    office.locale = "de"
    assert "`/dzone einschalten`" in await office.reply(office.manager, "dzone disable")


@pytest.mark.parametrize(("command", "options"), [*SAVING, ("default", {"server": "this"})])
async def test_what_cannot_be_stored_changes_nothing(
    office: Office, command: str, options: dict[str, Any]
) -> None:
    """The answer says so, and rooms stay as they are."""
    office.drawer.stuck = True
    actor = office.owner if command == "default" else office.manager
    assert "Nothing was changed" in await office.reply(actor, f"dzone {command}", **options)
    assert not office.drawer.guilds
    assert not office.rooms.shown
    assert not office.bridge.forgotten


# Names


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "something visible"),
        ("   ", "something visible"),
        ("\u200d\u200d", "something visible"),
        ("\u3164\u2800", "something visible"),
        ("\u0301", "something visible"),
        ("two\nlines", "line breaks"),
        ("nul\0", "line breaks"),
        ("\u202eevil", "line breaks"),
        ("zero\u200bwidth", "line breaks"),
        ("\ud800", "line breaks"),
        ("n" * 101, "may have 100 characters at most; yours has 101"),
    ],
)
async def test_no_such_name(office: Office, name: str, why: str) -> None:
    """What viewers couldn't read, or what would fool them, is refused."""
    assert why in await office.reply(office.manager, "dzone name", name=name)
    assert not office.drawer.guilds


@pytest.mark.parametrize("name", ["世界", "❤️", "👩‍👩‍👧", "n" * 100, "\u0645\u06cc\u200c\u062e", "d-zone"])
async def test_such_a_name(office: Office, name: str) -> None:
    """Every script and emoji can be a name."""
    await office.reply(office.manager, "dzone name", name=name)
    assert office.settings.name == name


# The link


async def test_the_link_is_for_everybody(office: Office) -> None:
    """It is posted with a button, and nobody is pinged."""
    await office.reply(office.manager, "dzone name", name="@everyone <@&1>")
    response = (await office.use(office.manager, "dzone link")).response
    assert response
    assert not response.ephemeral
    assert "@\u200beveryone" in response.content
    [row] = response.components
    assert row["components"][0]["url"] in response.content
    assert not response.message.mention_everyone


async def test_no_link_to_what_is_hidden(office: Office) -> None:
    """A link that opens nothing isn't posted."""
    await office.reply(office.manager, "dzone disable")
    assert "`/dzone enable`" in await office.reply(office.manager, "dzone link")


async def test_a_link_for_one_computer_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PUBLIC_URL only the manager reads it, and what is missing."""
    async with open_office(monkeypatch, "http://localhost:3000") as office:
        reply = await office.reply(office.manager, "dzone link")
        assert "http://localhost:3000/?s=town" in reply
        assert "PUBLIC_URL" in reply


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://[::1]", True),
        ("http://a.localhost", True),
        ("http://a.org", False),
    ],
)
def test_only_here(url: str, here: bool) -> None:
    """Addresses that mean the reader's own computer."""
    assert only_here(url) is here


# Status


async def test_status_of_a_new_guild(office: Office) -> None:
    """Everything at a glance."""
    assert await status(office) == {
        "": "This server is shown. `/dzone disable` hides it.",
        "Link": f"{URL}/?s={office.bot.cogs['Manage']._roster.guild(office.cached).slug}",  # type: ignore[attr-defined]
        "Viewers now": "2",
        "In the server list": "Yes.",
        "Who may watch": "Everybody.",
        "Counts as everybody": "@everyone",
        "Members": f"{office.cached.member_count} shown",
        "Channels": "1 shown",
        "Messages": "Viewers read them.",
        "What I need": "Nothing: I have all permissions and intents.",
    }


async def test_status_counts_who_is_hidden_and_why(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members by reason, channels by reason, and who isn't known yet."""
    den = office.private("den")
    age = office.guild.create_text_channel("age")
    off = office.guild.create_text_channel("off")
    open_den = office.private("open")
    unseen = office.private("unseen")
    await office.env.settle()
    await office.restrict(age)
    await office.blind(unseen)
    verdicts = {
        office.ann.id: "opted_out",
        office.moderator.id: "hidden_by_moderators",
        office.owner.id: "bot",
    }
    monkeypatch.setattr(office.policy, "member_verdict", lambda member: verdicts.get(member.id, "offline"))
    office.cached._member_count = len(office.cached.members) + 3
    office.drawer.guilds[office.guild.id] = GuildSettings(
        shown=False,
        listed=False,
        messages="off",
        channels={off.id: False, open_den.id: True, unseen.id: True},
    )
    told = await status(office)
    assert told["Members"].splitlines() == [
        "0 shown", "1 hid themselves", "1 hidden by moderators", "1 bots",
        f"{len(office.cached.members) - 3} offline", "3 not loaded yet",
    ]  # fmt: skip
    assert told["Channels"].splitlines() == [
        "2 shown", "1 of these because managers show them", "1 hidden by managers", "1 not public",
        "1 age-restricted",
    ]  # fmt: skip
    assert "isn't shown to anybody" in told[""]
    assert told["In the server list"].startswith("No")
    assert f"I can't see {unseen.mention}, so viewers see nothing" in told["What I need"]
    assert den.mention not in str(told)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (GuildSettings(protection="password"), "know the password"),
        (GuildSettings(protection="login"), "Members of this server"),
        (GuildSettings(protection="login", role_id=1), "the role that was chosen is gone"),
    ],
)
async def test_status_tells_who_may_watch(office: Office, settings: GuildSettings, words: str) -> None:
    """Also when a role is gone."""
    office.drawer.guilds[office.guild.id] = settings
    assert words in (await status(office))["Who may watch"]


async def test_decisions_about_a_hidden_guild(office: Office) -> None:
    """They are kept for later, and the answer says that nobody sees them yet."""
    await office.reply(office.manager, "dzone disable")
    assert "isn't shown to anybody" in await office.reply(office.manager, "dzone messages", mode="off")


async def test_status_without_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link may lead nowhere for others."""
    async with open_office(monkeypatch, "http://localhost:3000") as office:
        assert "PUBLIC_URL" in (await status(office))["What I need"]


async def test_status_names_the_role(office: Office) -> None:
    """As a mention, which pings nobody in an embed."""
    role = office.guild.roles["ann"]
    office.drawer.guilds[office.guild.id] = GuildSettings(protection="login", role_id=role.id)
    assert role.mention in (await status(office))["Who may watch"]


async def test_status_tells_what_is_missing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intents and the permission to see channels, and where to give them."""
    office.bot._connection._intents.presences = False
    nothing = discord.Permissions.none()
    monkeypatch.setattr(discord.Member, "guild_permissions", property(lambda member: nothing))
    needs = (await status(office))["What I need"]
    assert "Presence Intent is off: everybody counts as online" in needs
    assert f"https://discord.com/developers/applications/{office.bot.application_id}/bot" in needs
    assert "View Channels is missing" in needs


# The whole


async def test_the_owner_chooses_the_default(office: Office) -> None:
    """And sees which it is; managers may not choose."""
    assert "No server is chosen" in await office.reply(office.owner, "dzone default")
    assert "**Town**" in await office.reply(office.owner, "dzone default", server="this")
    assert office.drawer.default_guild == office.guild.id
    assert office.rooms.shown == [office.guild.id]
    assert "Only my operator" in await office.reply(office.manager, "dzone default", server="none")
    assert "**Town**" in await office.reply(office.owner, "dzone default")
    assert "No server" in await office.reply(office.owner, "dzone default", server="none")
    assert office.drawer.default_guild is None


async def test_the_default_may_be_gone(office: Office) -> None:
    """A guild that removed the bot is named by its number."""
    office.drawer.default_guild = 42
    assert "**42**" in await office.reply(office.owner, "dzone default")
    await office.reply(office.owner, "dzone default", server="this")
    assert office.rooms.shown == [office.guild.id]


async def test_forget(office: Office) -> None:
    """After a warning everything is deleted."""
    await office.reply(office.manager, "dzone disable")
    asked = await office.use(office.manager, "dzone forget")
    assert not office.settings.shown
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Delete everything")
    assert "is deleted" in pressed.response.content  # type: ignore[union-attr]
    assert not office.drawer.guilds
    assert office.rooms.shown == [office.guild.id] * 2


async def test_a_guild_without_the_bot(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands can be there without the bot being a member."""
    monkeypatch.setattr(office.bot, "get_guild", lambda guild_id: None)
    assert "I am not a member" in await office.reply(office.manager, "dzone status")


# What goes wrong


async def test_a_bug_is_answered_and_logged_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence in chat, the place in the log."""
    monkeypatch.setattr(Decisions, "change_guild", broken)
    assert "Something went wrong" in await office.reply(office.manager, "dzone disable")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"guild {office.guild.id}: /dzone disable failed"
    assert record.exc_info
    office.env._errors.clear()


async def test_a_bug_behind_a_button(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered like one in a command."""
    monkeypatch.setattr(Decisions, "forget_guild", broken)
    asked = await office.use(office.manager, "dzone forget")
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Delete everything")
    assert "Something went wrong" in read(pressed)
    assert "a button or a form failed" in caplog.text
    office.env._errors.clear()


async def broken(*args: object) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize("who", ["manager", "ann"])
async def test_an_answer_that_does_not_arrive(
    office: Office, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord may have given up on it: that is one line, whether it was a refusal or not."""
    office.env.inject_error("POST", "/interactions/*", status=404, code=10062, message="Unknown", times=None)
    await office.use(getattr(office, who), "dzone status")
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "/dzone status: Discord didn't take the answer: 404" in record.getMessage()
    office.env._errors.clear()


async def test_commands_from_an_older_version(office: Office) -> None:
    """Discord may still show what isn't there any more, or values that no choice has."""
    group = office.bot.tree.get_command("dzone")
    assert isinstance(group, discord.app_commands.Group)
    group.remove_command("disable")
    assert "Reload Discord" in await office.reply(office.manager, "dzone disable")
    [known] = [c for c in office.env.backend.commands[None].values() if c["name"] == "dzone"]
    [listed] = [option for option in known["options"] if option["name"] == "listed"]
    listed["options"][0]["choices"].append({"name": "maybe", "value": "maybe"})
    assert "Choose one of those" in await office.reply(office.manager, "dzone listed", state="maybe")
    assert not office.drawer.guilds
    office.env._errors.clear()


# Decisions


@pytest.mark.parametrize(
    ("before", "after", "forgets"),
    [
        (GuildSettings(), GuildSettings(messages="off"), True),
        (GuildSettings(), GuildSettings(messages="bubble"), True),
        (GuildSettings(messages="recap"), GuildSettings(messages="bubble"), True),
        (GuildSettings(messages="recap"), GuildSettings(), False),
        (GuildSettings(), GuildSettings(messages="recap"), False),
        (GuildSettings(messages="off"), GuildSettings(), False),
        (GuildSettings(messages="off"), GuildSettings(messages="off"), False),
        (GuildSettings(), GuildSettings(bots=False), True),
        (GuildSettings(bots=False), GuildSettings(), False),
        (GuildSettings(), GuildSettings(channels={1: False}), True),
        (GuildSettings(channels={1: True}), GuildSettings(), True),
        (GuildSettings(channels={1: False}), GuildSettings(), False),
        (GuildSettings(), GuildSettings(channels={1: True}), False),
        (GuildSettings(), GuildSettings(name="x"), False),
    ],
)
async def test_what_was_said_is_taken_back(
    office: Office, before: GuildSettings, after: GuildSettings, forgets: bool
) -> None:
    """Whenever a decision may hide words that were shown."""
    office.drawer.guilds[office.guild.id] = before
    await office.decisions.change_guild(office.cached, lambda settings: after)
    assert office.bridge.forgotten == [(office.guild.id, None)] * forgets


async def test_decisions_take_turns(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two managers at once, and a slow database: neither decision is lost."""
    save = office.drawer.save_guild

    async def slow(guild_id: int, settings: GuildSettings) -> None:
        await asyncio.sleep(0)
        await save(guild_id, settings)

    monkeypatch.setattr(office.drawer, "save_guild", slow)
    changes: list[Callable[[GuildSettings], GuildSettings]] = [
        lambda settings: replace(settings, listed=False),
        lambda settings: replace(settings, bots=False),
    ]
    await asyncio.gather(*(office.decisions.change_guild(office.cached, change) for change in changes))
    assert office.settings == GuildSettings(listed=False, bots=False)
