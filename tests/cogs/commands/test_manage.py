"""`/dzone`, used by those who may and those who may not."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import discord
import pytest
import simcord.interactions
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bridge.access.passwords import is_password
from cogs.commands import dialogs
from cogs.commands.status import only_here
from cogs.decisions import Decisions
from cogs.settings import GuildSettings
from tests.cogs.office import LOCALES, URL, Office, open_office, read


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """A guild in which commands can be used."""
    async with open_office(monkeypatch) as office:
        yield office


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


# Channels


@pytest.mark.parametrize("reason", ["private", "age-restricted"])
async def test_what_is_not_public_is_shown_after_a_warning(office: Office, reason: str) -> None:
    """Nothing changes until the button is pressed."""
    den = office.private("den", office.manager) if reason == "private" else office.square
    if reason == "age-restricted":
        await office.restrict(den)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    assert ("Not everybody" if reason == "private" else "age-restricted") in read(asked)
    assert not office.drawer.guilds
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert pressed.response
    assert "is shown now" in pressed.response.content
    assert not pressed.response.components
    assert office.settings.channels == {den.id: True}
    assert office.rooms.shown == [office.guild.id]


async def test_no_is_no(office: Office) -> None:
    """The other button changes nothing."""
    den = office.private("den", office.manager)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Cancel")
    assert pressed.response
    assert pressed.response.content == "Nothing was changed."
    assert not office.drawer.guilds


async def test_a_question_expires(office: Office) -> None:
    """Who doesn't answer has changed nothing, and finds no button any more."""
    asked = await office.use(office.manager, "dzone forget")
    await office.env.advance_time(dialogs.PATIENCE + 1)
    assert asked.response
    assert "nothing was changed" in asked.response.content
    assert not asked.response.components


async def test_a_dismissed_question_expires(office: Office) -> None:
    """A message that is gone can't be edited, and need not be."""
    await office.use(office.manager, "dzone forget")
    office.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008)
    await office.env.advance_time(dialogs.PATIENCE + 1)


async def test_a_foreign_hand(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who asked may press, though nobody else should see the buttons."""
    asked = await office.use(office.manager, "dzone forget")
    assert asked.response
    asked.response._message.flags = 0  # somebody found a way to see it
    pressed = await office.hire("other", manage_guild=True).click(asked.response, label="Delete everything")
    assert "belong to whoever used" in pressed.response.content  # type: ignore[union-attr]
    assert not office.rooms.shown


@pytest.mark.parametrize("lost", ["permission", "database"])
async def test_what_changed_meanwhile(office: Office, lost: str) -> None:
    """A press is checked anew; the buttons stay for another try."""
    den = office.private("den", office.manager)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    if lost == "permission":
        office.env.backend.remove_member_role(
            office.guild.id, office.manager.id, office.guild.roles["manager"].id
        )
    else:
        office.drawer.stuck = True
    await office.env.settle()
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    words = {"permission": "Manage Server", "database": "Nothing was changed"}
    assert words[lost] in pressed.followups[-1].content
    assert asked.response.components
    assert not office.drawer.guilds


async def test_a_hidden_channel_is_shown_again(office: Office) -> None:
    """If it is public no decision is kept: should it become private, it is hidden by the rule."""
    await office.reply(office.manager, "dzone channels hide", channel="square")
    assert "is shown now" in await office.reply(office.manager, "dzone channels show", channel="square")
    assert office.settings.channels == {}


async def test_a_private_channel_is_left_to_the_rule(office: Office) -> None:
    """It is hidden then, and others may be shown by decision all the same."""
    den = office.private("den", office.manager)
    office.drawer.guilds[office.guild.id] = GuildSettings(channels={den.id: True, 1: True})
    reply = await office.reply(office.manager, "dzone channels reset", channel=den)
    assert "it is hidden" in reply
    assert office.settings.channels == {1: True}


async def listed(office: Office) -> dict[str, str]:
    """Return the channels of the list, by what holds for them."""
    response = (await office.use(office.manager, "dzone channels list")).response
    assert response
    return {field.name or "": field.value or "" for field in response.embeds[0].fields}


async def test_channels_are_listed(office: Office) -> None:
    """By what holds for them; a list that is too long says how much is left out."""
    den = office.private("den", office.manager)
    secret = office.private("secret")
    many = [office.guild.create_text_channel(f"c{number}") for number in range(60)]
    await office.env.settle()
    await office.reply(office.manager, "dzone channels hide", channel="square")
    fields = await listed(office)
    assert fields["not public (1)"] == den.mention
    assert fields["hidden by managers (1)"] == office.square.mention
    shown = fields["shown (60)"]
    assert shown.startswith(many[0].mention)
    assert len(shown) <= 1024
    assert f"and {60 - shown.count('<#')} more" in shown
    assert secret.mention not in str(fields)


async def test_a_channel_that_the_bot_cannot_see(office: Office) -> None:
    """It can be chosen; the decision waits until the bot can see it, and managers are told so."""
    vault = office.private("vault", office.manager)
    await office.env.settle()
    await office.blind(vault)
    assert office.cached.get_channel(vault.id) is None
    asked = await office.use(office.manager, "dzone channels show", channel=vault)
    assert "Not everybody" in read(asked)
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert "as soon as I can see it" in pressed.response.content  # type: ignore[union-attr]
    assert office.settings.channels == {vault.id: True}
    assert f"I can't see {vault.mention}" in (await status(office))["What I need"]
    assert (await listed(office))["shown as soon as I can see them (1)"] == vault.mention
    await office.unblind(vault)
    assert office.policy.shows_channel(office.cached.get_channel(vault.id))
    assert "I can't see" not in (await status(office))["What I need"]
    assert (await listed(office))["shown by managers (1)"] == vault.mention


@pytest.mark.parametrize(("command", "words"), [("hide", "is hidden now"), ("reset", "I can't see it")])
async def test_a_waiting_decision_is_taken_back(office: Office, command: str, words: str) -> None:
    """Though the bot still sees nothing of the channel."""
    vault = office.private("vault", office.manager)
    await office.env.settle()
    await office.blind(vault)
    office.drawer.guilds[office.guild.id] = GuildSettings(channels={vault.id: True})
    assert words in await office.reply(office.manager, f"dzone channels {command}", channel=vault)
    assert not office.policy.waiting(office.guild.id)


@pytest.mark.parametrize("command", ["show", "hide", "reset", "proxies"])
@pytest.mark.parametrize("blind", [True, False])
async def test_a_channel_that_the_manager_cannot_see(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str, blind: bool
) -> None:
    """Discord offers none; who names it all the same decides nothing."""
    den = office.private("den")
    await office.env.settle()
    if blind:
        await office.blind(den)
    monkeypatch.setattr(simcord.interactions, "channel_accessible", lambda *_: True)
    options: dict[str, Any] = {"state": "on"} if command == "proxies" else {}
    reply = await office.reply(office.manager, f"dzone channels {command}", channel=den, **options)
    assert "There is no such channel, or you can't see it." in reply
    assert not office.drawer.guilds


async def test_channels_of_other_kinds_are_not_offered(office: Office) -> None:
    """Neither categories nor threads, in any command: these follow their channel."""
    [group] = [c for c in office.env.backend.commands[None].values() if c["name"] == "dzone"]
    [channels] = [option for option in group["options"] if option["name"] == "channels"]
    offered = {
        tuple(option["channel_types"])
        for command in channels["options"]
        for option in command["options"]
        if option["name"] == "channel"
    }
    assert offered == {(0, 5, 2, 13, 15, 16)}


async def test_a_channel_with_an_age_limit_is_left_to_the_rule(office: Office) -> None:
    """And stays hidden, though everybody may see it."""
    await office.restrict(office.square)
    reply = await office.reply(office.manager, "dzone channels reset", channel=office.square)
    assert "it is hidden, because it is age-restricted" in reply


# Webhooks


async def test_webhooks_are_heard_after_a_warning(office: Office) -> None:
    """Nothing changes until the button is pressed."""
    asked = await office.use(office.manager, "dzone channels proxies", channel="square", state="on")
    assert "I can't tell who is behind a webhook" in read(asked)
    assert not office.drawer.guilds
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert "as the words of a visitor" in pressed.response.content  # type: ignore[union-attr]
    assert office.settings.proxies == {office.square.id}
    assert office.bridge.forgotten == []


async def test_webhooks_are_heard_no_more(office: Office) -> None:
    """Without a question; what they said is taken back, and other channels stay as they are."""
    office.drawer.guilds[office.guild.id] = GuildSettings(proxies=frozenset({office.square.id, 1}))
    reply = await office.reply(office.manager, "dzone channels proxies", channel="square", state="off")
    assert "isn't shown any more, and what they posted is removed" in reply
    assert office.settings.proxies == {1}
    assert office.bridge.forgotten == [(office.guild.id, None)]


# Who counts as everybody


async def gate(office: Office) -> None:
    """Hide all channels from @everyone; the manager may look into them."""
    view = discord.Permissions(view_channel=True).value
    for overwrite in (
        Overwrite(office.guild.id, OverwriteType.ROLE, deny=view),
        Overwrite(office.guild.roles["manager"].id, OverwriteType.ROLE, allow=view),
    ):
        office.env.backend.set_overwrite(office.square.id, overwrite)
    await office.env.settle()


async def choose_audience(office: Office, role: str) -> str:
    """Let the manager choose who counts as everybody, and read the question."""
    asked = await office.use(office.manager, "dzone audience", role=role)
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    return str(pressed.response.content)  # type: ignore[union-attr]


async def test_a_role_counts_as_everybody(office: Office) -> None:
    """After a warning; and the answer tells what that means, now and later."""
    asked = await office.use(office.manager, "dzone audience", role="ann")
    role = office.guild.roles["ann"]
    assert f"the members with the role {role.mention}" in read(asked)
    assert "this role can see (1)" in read(asked)
    assert not office.drawer.guilds
    assert f"{role.mention} counts as everybody now" in await choose_audience(office, "ann")
    assert office.settings.audience == role.id
    assert f"{role.mention} counts as everybody" in await office.reply(office.manager, "dzone audience")
    told = await status(office)
    assert told["Counts as everybody"] == role.mention
    assert "without the role that counts as everybody" in told["Members"]


async def test_everybody_is_chosen(office: Office) -> None:
    """In a gated guild as well: then all members count, though they can't see any channel."""
    await gate(office)
    assert "@everyone counts as everybody now" in await choose_audience(office, "@everyone")
    assert office.settings.audience == office.guild.id
    assert (await status(office))["Counts as everybody"] == "@everyone"


async def test_an_administrators_role_is_not_everybody(office: Office) -> None:
    """What it can see is everything."""
    role = office.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    await office.env.settle()
    reply = await office.reply(office.manager, "dzone audience", role=role)
    assert "has the permission Administrator" in reply
    assert not office.drawer.guilds


async def test_a_gated_guild(office: Office) -> None:
    """Each place where a manager looks says that nobody is shown, and what to do."""
    await gate(office)
    told = await status(office)
    assert told[""].startswith("This server is gated")
    assert "`/dzone audience`" in told[""]
    assert told["Counts as everybody"] == "Nobody yet."
    assert told["In the server list"].startswith("No")
    assert "behind the gate" in told["Members"]
    for command, options in (("audience", {}), ("enable", {}), ("messages", {"mode": "full"})):
        reply = await office.reply(office.manager, f"dzone {command}", **options)
        assert "This server is gated" in reply


@pytest.mark.parametrize("why", ["gone", "administrator"])
async def test_the_role_that_counted_as_everybody(office: Office, why: str) -> None:
    """Is gone, or sees everything now: nobody is shown, and managers read why."""
    role = office.guild.roles["ann"]
    office.drawer.guilds[office.guild.id] = GuildSettings(audience=role.id)
    if why == "gone":
        office.env.backend.delete_role(office.guild.id, role.id)
    else:
        everything = str(discord.Permissions(administrator=True).value)
        office.env.backend.edit_role(office.guild.id, role.id, {"permissions": everything})
    await office.env.settle()
    words = "is gone or sees everything now"
    assert words in (await status(office))[""]
    assert words in await office.reply(office.manager, "dzone audience")
    assert words in await office.reply(office.manager, "dzone messages", mode="full")


# When Discord has told no more than the guild's id


@pytest.mark.parametrize(("command", "options"), [("status", {}), ("channels list", {}), ("audience", {})])
async def test_nothing_is_told_of_what_is_not_known(
    office: Office, command: str, options: dict[str, Any]
) -> None:
    """One sentence says so."""
    await office.lose()
    reply = await office.reply(office.manager, f"dzone {command}", **options)
    assert reply == "Discord tells me nothing about this server right now. Try again in a few minutes."


@pytest.mark.parametrize(
    ("command", "options", "holds"),
    [
        ("disable", {}, lambda settings: not settings.shown),
        ("channels hide", {"channel": "square"}, lambda settings: False in settings.channels.values()),
        ("messages", {"mode": "off"}, lambda settings: settings.messages == "off"),
    ],
)
async def test_what_hides_holds_during_an_outage(
    office: Office, command: str, options: dict[str, Any], holds: Callable[[GuildSettings], bool]
) -> None:
    """Decisions go by ids: nothing has to be known of the guild."""
    await office.lose()
    await office.reply(office.manager, f"dzone {command}", **options)
    assert holds(office.settings)
    assert office.rooms.shown == [office.guild.id]


# Who may watch


async def test_login_with_a_role(office: Office) -> None:
    """The role is kept; @everyone means all members."""
    role = office.guild.roles["moderator"]
    assert role.mention in await office.reply(office.manager, "dzone protect login", role=role)
    assert (office.settings.protection, office.settings.role_id) == ("login", role.id)
    await office.reply(office.manager, "dzone protect login", role=office.guild.default_role)
    assert (office.settings.protection, office.settings.role_id) == ("login", None)


async def test_a_password(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """A form asks for it; it is kept as a hash alone, and stands in no answer and no log."""
    caplog.set_level(logging.DEBUG)
    form = await office.use(office.manager, "dzone protect password")
    done = await office.manager.submit_modal(form, {"password": "hunter2 "})
    assert "hunter2" not in read(done)
    assert office.settings.protection == "password"
    assert is_password("hunter2 ", office.settings.password_hash or "")
    assert "hunter2" not in caplog.text
    assert "hunter2" not in repr(office.settings)
    await office.reply(office.manager, "dzone protect off")
    assert office.settings.password_hash is None


async def test_a_password_that_is_too_short(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's form is only a hint."""
    monkeypatch.setattr(dialogs, "MIN_PASSWORD", 1)
    form = await office.use(office.manager, "dzone protect password")
    done = await office.manager.submit_modal(form, {"password": "abc"})
    assert "4 to 100 characters" in read(done)
    assert not office.drawer.guilds


async def test_a_password_that_cannot_be_stored(office: Office) -> None:
    """The form answers as a command does."""
    form = await office.use(office.manager, "dzone protect password")
    office.drawer.stuck = True
    assert "Nothing was changed" in read(await office.manager.submit_modal(form, {"password": "abcd"}))


# Status


async def status(office: Office) -> dict[str, str]:
    response = (await office.use(office.manager, "dzone status")).response
    assert response
    assert response.ephemeral
    [embed] = response.embeds
    return {field.name or "": field.value or "" for field in embed.fields} | {"": embed.description or ""}


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
