"""What stands beside `/dzone`: the link for every member, and the list of hidden people for moderators."""

from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.components import walk_components
from simcord.results import InteractionResult

from cogs.commands import everybody, handbook
from cogs.commands.handbook import MAX_PAGE, pages
from cogs.settings import GuildSettings
from cogs.texts import CATALOGS, Language, command_name
from tests.cogs.office import LOCALES, URL, Office, open_office, read


def labels(message: Any) -> list[str]:
    """Name the buttons below an answer."""
    return [part["label"] for part in walk_components(message.components) if part.get("label")]


# The link


async def test_every_member_gets_the_link(office: Office) -> None:
    """For themselves: nobody else is bothered."""
    said = await office.reply(office.ann, "dzone-link")
    assert f"{URL}/?s=town-" in said
    assert "`/myself hide`" in said


async def test_a_link_that_leads_nowhere(office: Office) -> None:
    """It isn't given."""
    office.drawer.guilds[office.guild.id] = GuildSettings(shown=False)
    assert "Whoever manages it can show it" in await office.reply(office.ann, "dzone-link")


async def test_a_link_for_one_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one that only the operator could open."""
    async with open_office(monkeypatch, "http://localhost:3000") as office:
        assert "PUBLIC_URL" in await office.reply(office.ann, "dzone-link")


# Who is hidden


async def hidden(office: Office, *people: int) -> InteractionResult:
    """Let these be hidden, and the moderator look."""
    office.drawer.guilds[office.guild.id] = GuildSettings(hidden=frozenset(people))
    return await office.use(office.moderator, "dzone-hidden")


async def test_nobody_is_hidden(office: Office) -> None:
    """It is said how to hide somebody."""
    assert "hidden nobody here" in read(await hidden(office))


async def test_who_is_hidden(office: Office) -> None:
    """By name where they are known, by id where they have left; one or more may be shown again."""
    result = await hidden(office, office.ann.id, 17)
    message = result.response
    assert message is not None
    assert office.ann.mention in read(result)
    assert "<@17>" in message.content
    [menu] = [part for part in walk_components(message.components) if part.get("options")]
    assert {option["label"] for option in menu["options"]} == {"17", "ann"}
    assert labels(message) == []
    await office.moderator.select(message, ["17"])
    assert office.settings.hidden == {office.ann.id}
    assert "Shown again" in message.content
    assert office.rooms.shown == [office.guild.id]
    await office.moderator.select(message, [str(office.ann.id)])
    assert office.settings.hidden == frozenset()
    assert message.components == []


async def test_many_are_hidden(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page at a time."""
    monkeypatch.setattr(everybody, "PAGE", 2)
    message = (await hidden(office, *range(1, 6))).response
    assert message is not None
    assert "Page 1 of 3" in message.content
    assert labels(message) == ["Next"]
    await office.moderator.click(message, label="Next")
    assert "<@3> <@4>" in message.content
    assert labels(message) == ["Back", "Next"]
    office.drawer.guilds[office.guild.id] = GuildSettings(hidden=frozenset({1, 2, 3}))
    await office.moderator.click(message, label="Next")  # there is no third page any more
    assert "Page 2 of 2" in message.content
    assert labels(message) == ["Back"]


async def test_discord_takes_the_fullest_page(office: Office) -> None:
    """With the longest ids there are."""
    result = await hidden(office, *range(2**63 - 200, 2**63 - 1))
    assert len(read(result)) < 2000


async def test_moderators_only(office: Office) -> None:
    """Who may not is refused, at the command and at each button."""
    message = (await hidden(office, 17)).response
    assert message is not None
    assert "Only moderators" in await office.reply(office.ann, "dzone-hidden")
    role = next(role for role in office.guild.roles.values() if role.name == "moderator")
    office.env.backend.edit_role(office.guild.id, role.id, {"permissions": 0})
    await office.env.settle()
    assert "Only moderators" in read(await office.moderator.select(message, ["17"]))
    assert office.settings.hidden == {17}


async def test_discord_is_told_who_may(office: Office) -> None:
    """The list is for moderators, the link for everybody, both only in servers."""
    commands = {command["name"]: command for command in office.env.backend.commands[None].values()}
    moderators = discord.Permissions(moderate_members=True).value
    assert int(commands["dzone-hidden"]["default_member_permissions"]) == moderators
    assert commands["dzone-link"]["default_member_permissions"] is None
    assert commands["dzone-link"]["contexts"] == commands["dzone-hidden"]["contexts"] == [0]


# Help


@pytest.mark.parametrize("locale", LOCALES)
async def test_help(office: Office, locale: str) -> None:
    """Each command is named as Discord names it, with what it is for; and there is room for some more."""
    office.locale = locale
    result = await office.use(office.manager, "dzone help")
    assert result.response is not None
    assert result.response.ephemeral
    [embed] = result.response.embeds
    assert len(embed.description or "") <= MAX_PAGE
    names = {
        "en": "`/dzone channels hide`: ",
        "de": "`/dzone kanäle verbergen`: ",
        "es": "`/dzone canales ocultar`",
    }
    assert names.get(locale[:2], names["en"]) in (embed.description or "")
    assert "`/dzone-link`: Get the link" in (embed.description or "") or locale[:2] in ("de", "es")
    assert "`/host " not in (embed.description or "")


EVERYTHING = discord.Permissions.all()


@pytest.mark.parametrize("language", CATALOGS)
def test_the_pages_of_the_help(office: Office, monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    """Where one is full the next one begins, and no command is lost; only the host reads of theirs."""
    tree = office.bot.tree
    everything = list(pages(tree.walk_commands(), EVERYTHING, language, is_host=True))
    assert all(len(page) <= MAX_PAGE for page in everything)
    lines = "\n".join(everything).split("\n")
    commands = [one for one in tree.walk_commands() if isinstance(one, app_commands.Command)]
    assert len(lines) == len(commands)
    monkeypatch.setattr(handbook, "MAX_PAGE", 500)
    shorter = list(pages(tree.walk_commands(), EVERYTHING, language, is_host=True))
    assert max(map(len, shorter)) <= 500
    assert "\n".join(shorter).split("\n") == lines
    few = "\n".join(pages(tree.walk_commands(), discord.Permissions(), language, is_host=False))
    assert command_name("dzone-link", language) in few
    assert command_name("dzone-hidden", language) not in few
    assert command_name("host servers", language) not in few
    assert command_name("dzone default", language) not in few
