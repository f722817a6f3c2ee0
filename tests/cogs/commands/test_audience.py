"""`/dzone audience` and who may watch; and what can be decided during an outage."""

import logging
from collections.abc import Callable
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bridge.access.passwords import is_password
from cogs.commands import dialogs
from cogs.settings import GuildSettings
from tests.cogs.commands.answers import status
from tests.cogs.office import Office, read

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
