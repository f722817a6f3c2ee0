"""A guild that the bot is new in: what it says there, once, and what the buttons below do."""

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.builders import GuildHandle
from simcord.enums import OverwriteType

from cogs.commands import welcome
from cogs.commands.standing import Standing
from cogs.commands.welcome import BUTTONS, Welcome
from cogs.settings import GuildSettings
from cogs.texts import CATALOGS
from tests.bridge.watchers import until
from tests.cogs.office import Office, read

BOT_ADD = discord.AuditLogAction.bot_add.value
DENIED = discord.Permissions(send_messages=True).value


async def invited(office: Office, *channels: str, **how: Any) -> GuildHandle:
    """Let the bot be invited into a guild with these channels."""
    guild = office.env.create_guild("Newtown", **how)
    for name in channels or ("lobby",):
        guild.create_text_channel(name)
    await office.env.settle()
    return guild


def said(guild: GuildHandle, channel: str = "lobby") -> list[discord.Message]:
    """Return what stands in a channel."""
    return guild.channels[channel].history()


def labels(message: discord.Message) -> list[str | None]:
    """Return what is written on the buttons below a welcome."""
    [row] = message.components
    assert isinstance(row, discord.ActionRow)
    return [part.label for part in row.children if isinstance(part, discord.Button)]


def now_said(message: discord.Message) -> str:
    """Return who can watch, as a welcome says with the time at which that was so."""
    [said] = re.findall(r"^\*\*As of <t:\d+:f>:\*\* (.+)$", message.content, re.MULTILINE)
    return str(said)


def manager(office: Office, guild: GuildHandle) -> MemberActor:
    """Make somebody who may manage a guild."""
    boss = guild.add_member(office.env.create_user("boss"))
    role = guild.create_role("bosses", permissions=discord.Permissions(manage_guild=True))
    office.env.backend.add_member_role(guild.id, boss.id, role.id)
    return boss


async def again(office: Office, event: str, guild: GuildHandle) -> None:
    """Let the bot notice something about a guild."""
    with office.env._bot_scope():
        office.bot.dispatch(event, office.bot.get_guild(guild.id))
    await office.env.settle()


@pytest.mark.parametrize(
    ("locale", "words", "label"),
    [
        ("en-US", "**Hello! I can show Newtown as a little pixel world", "Show it"),
        ("de", "**Hallo! Ich kann Newtown als kleine Pixelwelt zeigen", "Zeigen"),
        ("es-ES", "**¡Hola! Puedo mostrar Newtown como un pequeño mundo", "Mostrarlo"),
        ("fr", "**Hello! I can show Newtown as a little pixel world", "Show it"),
    ],
)
async def test_a_new_guild_is_welcomed(office: Office, locale: str, words: str, label: str) -> None:
    """Once, in the first channel, in the language of the guild; and it is stored that it was."""
    guild = await invited(office, preferred_locale=locale)
    [message] = said(guild)
    assert message.content.startswith(words)
    assert len(message.content) <= 2000
    [row] = message.components
    assert isinstance(row, discord.ActionRow)
    assert [type(part) for part in row.children] == [discord.Button] * 4
    assert labels(message)[0] == label
    assert office.drawer.guilds[guild.id] == GuildSettings()


@pytest.mark.parametrize("event", ["guild_join", "guild_available"])
async def test_once_only(office: Office, event: str) -> None:
    """Not after an outage, not after a restart, and not when it is invited again."""
    guild = await invited(office)
    await again(office, event, guild)
    await again(office, "guild_remove", guild)
    await again(office, event, guild)
    await office.bot.remove_cog("Welcome")
    await office.begin()
    await again(office, event, guild)
    assert len(said(guild)) == 1


async def test_a_guild_that_is_told_late(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord may tell of a guild only some time after the start: the bot is not new there."""
    cog = office.bot.get_cog("Welcome")
    assert isinstance(cog, Welcome)
    for event, back in (("guild_join", timedelta(days=3)), ("guild_available", timedelta(days=3))):
        monkeypatch.setattr(welcome, "joined_at", lambda guild, back=back: cog._began - back)
        guild = await invited(office)
        assert said(guild) == []
        assert guild.id in office.drawer.guilds
        await again(office, event, guild)
        assert said(guild) == []


async def test_a_guild_that_came_while_the_gateway_was_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new session has it among all others: it is new all the same."""
    cog = office.bot.get_cog("Welcome")
    assert isinstance(cog, Welcome)
    await office.bot.remove_cog("Welcome")
    guild = await invited(office)
    await office.bot.add_cog(cog)
    monkeypatch.setattr(welcome, "joined_at", lambda guild: cog._began)
    await again(office, "guild_available", guild)
    assert len(said(guild)) == 1


async def test_many_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is stored together, as much as has room."""
    monkeypatch.setattr(welcome, "MAX_BATCH", 3)
    guilds = [office.env.create_guild(f"Town {number}") for number in range(8)]
    for guild in guilds:
        guild.create_text_channel("lobby")
    await office.env.settle()
    assert office.drawer.guilds.keys() == {guild.id for guild in guilds}
    assert [len(said(guild)) for guild in guilds] == [1] * 8


async def test_where_discord_welcomes_people(office: Office) -> None:
    """The system channel comes before all others."""
    await office.bot.remove_cog("Welcome")
    guild = await invited(office, "lobby", "arrivals")
    arrivals = guild.channels["arrivals"].id
    office.env.backend.edit_guild(guild.id, {"system_channel_id": arrivals})
    await office.env.settle()
    await office.begin()
    await again(office, "guild_join", guild)
    assert [len(said(guild, name)) for name in ("lobby", "arrivals")] == [0, 1]


async def test_where_the_bot_may_write(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """It looks for a channel; where there is none, it says nothing, and works."""
    caplog.set_level(logging.INFO, "cogs")
    await office.bot.remove_cog("Welcome")
    guild = await invited(office, "rules", "lobby")
    me = Overwrite(office.env.backend.bot_user.id, OverwriteType.MEMBER, deny=DENIED)
    office.env.backend.set_overwrite(guild.channels["rules"].id, me)
    await office.env.settle()
    await office.begin()
    await again(office, "guild_join", guild)
    assert [len(said(guild, name)) for name in ("rules", "lobby")] == [0, 1]

    other = await invited(office, "rules")
    assert len(said(other, "rules")) == 1
    await office.drawer.forget_guild(other.id)
    office.env.backend.set_overwrite(other.channels["rules"].id, me)
    await office.env.settle()
    await again(office, "guild_remove", other)
    await again(office, "guild_join", other)
    assert len(said(other, "rules")) == 1
    assert "there is no channel to write a welcome in" in caplog.text


async def test_whoever_invited_it(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Where it may write nowhere, the guild's log may say whom to tell."""
    caplog.set_level(logging.INFO, "cogs")
    await office.bot.remove_cog("Welcome")
    guild = await invited(office, "rules")
    backend = office.env.backend
    me = backend.bot_user.id
    backend.set_overwrite(guild.channels["rules"].id, Overwrite(me, OverwriteType.MEMBER, deny=DENIED))
    boss = manager(office, guild)
    backend.record_audit_log(guild.id, BOT_ADD, target_id=boss.id, user_id=me)  # another bot
    backend.record_audit_log(guild.id, BOT_ADD, target_id=me, user_id=boss.id)
    await office.env.settle()
    await office.begin()
    office.env.inject_error("GET", "/guilds/*/audit-logs", status=403, code=50013)
    await again(office, "guild_join", guild)
    assert not backend.dm_channels
    assert "there is no channel to write a welcome in" in caplog.text

    await office.drawer.forget_guild(guild.id)
    await again(office, "guild_remove", guild)
    await again(office, "guild_join", guild)
    [message] = backend.messages[backend.dm_channels[boss.id]].values()
    assert message.content.startswith("**Hello! I can show Newtown")
    assert "as you added me" in message.content
    assert not message.components


async def test_discord_knows_better(office: Office) -> None:
    """A channel that refuses is passed over."""
    office.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
    guild = await invited(office, "rules", "lobby")
    assert [len(said(guild, name)) for name in ("rules", "lobby")] == [0, 1]


@pytest.mark.parametrize(("code", "times"), [(0, 1), (40333, 1), (40333, 2)])
async def test_shut_out_for_a_while(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, code: int, times: int
) -> None:
    """Not Discord, but what stands before it, refuses: it is said once more later, and then no more."""
    caplog.set_level("INFO")
    monkeypatch.setattr(welcome, "LATER", 0.0)
    office.env.inject_error("POST", "/channels/*/messages", status=403, code=code, times=times)
    guild = await invited(office, "rules", "lobby")
    await until(lambda: "the welcome is tried again" in caplog.text, "it is put off")
    if times == 1:
        await until(lambda: bool(said(guild) or said(guild, "rules")), "it is said")
    else:
        await until(lambda: "the welcome wasn't taken: 403" in caplog.text, "it is given up")
    await office.env.settle()
    assert sum(len(said(guild, name)) for name in ("rules", "lobby")) == 2 - times


async def test_only_so_many_welcomes_wait(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where thousands invite the bot while it is shut out."""
    monkeypatch.setattr(welcome, "MAX_SHUT_OUT", 0)
    office.env.inject_error("POST", "/channels/*/messages", status=403, code=0)
    guild = await invited(office, "rules", "lobby")
    await until(lambda: "the welcome wasn't taken: 403" in caplog.text, "it is given up")
    assert [len(said(guild, name)) for name in ("rules", "lobby")] == [0, 0]


async def test_discord_has_a_trouble(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """What it doesn't take is not tried everywhere: a line in the log, and the guild is stored."""
    office.env.inject_error("POST", "/channels/*/messages", status=400, code=20028)
    guild = await invited(office, "rules", "lobby")
    assert [len(said(guild, name)) for name in ("rules", "lobby")] == [0, 0]
    assert guild.id in office.drawer.guilds
    assert "the welcome wasn't taken: 400" in caplog.text


async def test_what_can_not_be_stored_is_not_said(office: Office) -> None:
    """Or it would be said at each start."""
    office.drawer.stuck = True
    guild = await invited(office)
    assert said(guild) == []
    office.drawer.stuck = False
    await again(office, "guild_join", guild)
    assert len(said(guild)) == 1


async def test_hidden_at_first(office: Office) -> None:
    """With FIRST_SHOWN=off nothing of a new guild is shown, and the welcome says so."""
    office.drawer.first_shown = False
    guild = await invited(office)
    assert office.drawer.guilds[guild.id] == GuildSettings(shown=False)
    assert "nobody can watch." in said(guild)[0].content


async def test_nothing_becomes_false_later(office: Office) -> None:
    """The message stays as it is when a command decides otherwise: what it says of now has its date."""
    guild = await invited(office)
    boss = manager(office, guild)
    [message] = said(guild)
    assert now_said(message) == "everybody on the internet can watch."
    assert labels(message) == ["Show it", "Only members watch", "Hide this server", "Settings"]
    assert "`/dzone status` tells the current settings." in message.content
    assert "I can show Newtown" in message.content
    assert "unless managers decide otherwise" in message.content
    # What managers may show after all is not among what viewers never see.
    never = message.content.partition("What they never see")[2].partition("\n")[0]
    assert "private" not in never

    await office.env.settle()
    assert "viewers were disconnected" in read(await boss.click(message, label="Hide this server"))
    [message] = said(guild)
    assert now_said(message) == "nobody can watch."
    assert labels(message)[2] == "Keep it hidden"


PASSWORDED = GuildSettings(shown=False, protection="password", password_hash="x", messages="off")


@pytest.mark.parametrize(
    ("label", "after", "words", "now"),
    [
        (
            "Show it",
            replace(PASSWORDED, shown=True),
            "Not everybody may watch",
            "whoever knows the password can watch.",
        ),
        (
            "Only members watch",
            replace(PASSWORDED, shown=True, protection="login", password_hash=None),
            "Only members of this server may watch",
            "members can watch, after login.",
        ),
        ("Keep it hidden", PASSWORDED, "stays hidden", "nobody can watch."),
    ],
)
async def test_a_manager_presses(
    office: Office, label: str, after: GuildSettings, words: str, now: str
) -> None:
    """It is decided, said to whoever pressed, and written into the message for the others."""
    office.drawer.first_shown = False
    guild = await invited(office)
    boss = manager(office, guild)
    await office.env.settle()
    await office.drawer.save_guild(guild.id, PASSWORDED)
    # After a restart nothing is known of the message but what stands in it.
    await office.bot.remove_cog("Welcome")
    office.bot.remove_dynamic_items(Standing)
    await office.begin()
    assert words in read(await boss.click(said(guild)[0], label=label))
    assert office.drawer.guilds[guild.id] == after
    [message] = said(guild)
    assert now_said(message) == now
    assert len(message.components) == 1
    assert labels(message)[2] == ("Keep it hidden" if label == "Keep it hidden" else "Hide this server")
    assert (guild.id in office.rooms.shown) == (label != "hide")


@pytest.mark.parametrize("label", ["Show it", "Only members watch", "Hide this server", "Settings"])
async def test_others_are_refused(office: Office, label: str) -> None:
    """Everybody sees the buttons, and who may not manage the server hears so."""
    guild = await invited(office)
    ann = guild.add_member(office.env.create_user("anna"))
    await office.env.settle()
    before, [message] = dict(office.drawer.guilds), said(guild)
    assert "You need the permission Manage Server" in read(await ann.click(message, label=label))
    assert office.drawer.guilds == before
    assert said(guild)[0].content == message.content


async def test_a_bot_that_only_this_computer_reaches(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told that the whole internet can watch."""
    monkeypatch.setattr(welcome, "only_here", lambda _: True)
    content = said(await invited(office))[0].content
    assert "whoever reaches the computer that I run on can watch" in content
    assert "everybody on the internet" not in content


async def test_a_decision_that_is_not_stored(office: Office) -> None:
    """Whoever pressed hears so, and the message says what holds."""
    guild = await invited(office)
    boss = manager(office, guild)
    await office.env.settle()
    office.drawer.stuck = True
    assert "Nothing was changed" in read(await boss.click(said(guild)[0], label="Hide this server"))
    assert "everybody on the internet" in said(guild)[0].content


async def test_a_button_of_another_version(office: Office) -> None:
    """One that nobody knows any more is answered, and not left to Discord's own words."""
    view = discord.ui.View(timeout=None)
    for number, name in enumerate(("Welcome:gone", "Nobody:gone")):
        view.add_item(discord.ui.Button(label=f"Old {number}", custom_id=f"dzone:{name}"))
    view.stop()
    channel = office.cached.get_channel(office.square.id)
    assert isinstance(channel, discord.TextChannel)
    with office.env._bot_scope():
        message = await channel.send("Old", view=view)
    for label in ("Old 0", "Old 1"):
        assert "of an older version" in read(await office.manager.click(message, label=label))


def test_discord_has_room_for_the_labels() -> None:
    """In every language."""
    for catalog in CATALOGS.values():
        for label, _ in BUTTONS.values():
            assert len(catalog.get(label.template, label.template)) <= 40


async def test_a_guild_of_an_older_bot_is_shown_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With FIRST_SHOWN=off it seems new for a moment: as soon as it is known to be none, it is shown."""
    await office.bot.remove_cog("Welcome")
    guild = await invited(office)
    office.drawer.first_shown = False

    async def meet(joined: dict[int, object]) -> None:
        office.drawer.guilds.update(dict.fromkeys(joined, GuildSettings()))

    monkeypatch.setattr(office.drawer, "meet", meet)
    monkeypatch.setattr(welcome, "joined_at", lambda _: None)
    await office.begin()
    await again(office, "guild_available", guild)
    assert office.rooms.shown == [guild.id]
    assert said(guild) == []


async def test_forgetting_says_what_holds_then(office: Office) -> None:
    """Where new servers are hidden, a forgotten one is as well."""
    office.drawer.first_shown = False
    warning = await office.reply(office.manager, "dzone forget")
    assert "It is then shown to nobody" in warning
