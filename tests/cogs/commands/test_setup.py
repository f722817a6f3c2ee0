"""`/dzone setup`: the panel, used by those who may and those who may not."""

import re
from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord.components import walk_components
from simcord.results import InteractionResult, ResponseMessage

from bridge.access.passwords import is_password
from cogs.commands import setup
from cogs.commands.standing import Standing
from cogs.settings import GuildSettings
from tests.cogs.office import LOCALES, Office, read


async def opened(office: Office) -> ResponseMessage:
    """Let the manager open the panel."""
    result = await office.use(office.manager, "dzone setup")
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


def texts(message: ResponseMessage) -> str:
    """Return all that can be read in a panel."""
    parts = [part.get("content") for part in walk_components(message.components)]
    return "\n".join(filter(None, parts))


def menu(message: ResponseMessage, what: str) -> dict[str, Any]:
    """Return a menu of a panel."""
    [found] = [
        part
        for part in walk_components(message.components)
        if part.get("custom_id") == f"dzone:Manage:{what}"
    ]
    return dict(found)


async def restart(office: Office) -> None:
    """Let nothing be known of a panel but what stands in it."""
    office.bot.remove_dynamic_items(Standing)
    office.bot.add_dynamic_items(Standing)
    assert not office.bot.persistent_views


async def choose(office: Office, panel: ResponseMessage, what: str, *values: Any) -> InteractionResult:
    """Let the manager choose from a menu."""
    return await office.manager.select(panel, values, custom_id=f"dzone:Manage:{what}")


async def test_it_shows_what_is_set(office: Office) -> None:
    """Everything at a glance, as it is now."""
    role = office.guild.create_role("verified")
    await office.env.settle()
    await office.drawer.save_guild(
        office.guild.id,
        GuildSettings(
            shown=False, listed=False, name="The *Town*", messages="bubble", offline="hide", bots=False,
            protection="login", audience=role.id,
        ),
    )  # fmt: skip
    panel = await opened(office)
    shown = texts(panel)
    for words in (
        "isn't shown to anybody", "No, only its link opens it", "The \\*Town\\*", "but not what",
        "Offline members are not shown.", "Bots are not shown.", "Members of this server, after login.",
        role.mention,
    ):  # fmt: skip
        assert words in shown
    for what, value in (("watch", "login"), ("messages", "bubble"), ("offline", "hide")):
        assert [option["value"] for option in menu(panel, what)["options"] if option.get("default")] == [
            value
        ]
    assert [str(default["id"]) for default in menu(panel, "audience")["default_values"]] == [str(role.id)]


@pytest.mark.parametrize(
    ("label", "before", "fields", "words"),
    [
        ("Hide this server", {}, {"shown": False}, "viewers were disconnected"),
        ("Show it", {"shown": False}, {"shown": True}, "is shown now"),
        ("Take it out", {}, {"listed": False}, "isn't in the public list any more"),
        ("List it", {"listed": False}, {"listed": True}, "is in the public list now"),
        ("Ask members first", {}, {"optin": True}, "only members who have agreed"),
        ("Don't ask", {"optin": True}, {"optin": False}, "without asking them"),
        ("Forbid gestures", {}, {"gestures": False}, "Nobody may make a gesture"),
        ("Allow gestures", {"gestures": False}, {"gestures": True}, "wave, hop or sit"),
        ("Show role names", {}, {"role_names": True}, "what the roles are called that give"),
        ("Hide role names", {"role_names": True}, {"role_names": False}, "but not what the roles are called"),
        ("Hide bots", {}, {"bots": False}, "Bots are not shown."),
        ("Show bots", {"bots": False}, {"bots": True}, "Bots are shown."),
    ],
)
async def test_a_button(
    office: Office, label: str, before: dict[str, Any], fields: dict[str, Any], words: str
) -> None:
    """It decides at once, says what that means, and the panel shows it; also after a restart."""
    await office.drawer.save_guild(office.guild.id, replace(GuildSettings(), **before))
    panel = await opened(office)
    await restart(office)
    await office.manager.click(panel, label=label)
    assert office.settings == replace(GuildSettings(), **before | fields)
    assert words in texts(panel)
    assert office.rooms.shown == [office.guild.id]


@pytest.mark.parametrize(
    ("what", "value", "fields", "words"),
    [
        (
            "watch",
            "off",
            {"protection": "off", "password_hash": None, "role_id": None},
            "Everybody may watch",
        ),
        ("watch", "login", {"protection": "login", "password_hash": None, "role_id": None}, "Only members"),
        ("messages", "recap", {"messages": "recap"}, "who arrives also reads"),
        ("messages", "bubble", {"messages": "bubble"}, "but not what"),
        ("messages", "off", {"messages": "off"}, "nothing of them"),
        ("offline", "show", {"offline": "show"}, "Offline members are shown."),
        ("offline", "hide", {"offline": "hide"}, "Offline members are not shown."),
    ],
)
async def test_a_menu(office: Office, what: str, value: str, fields: dict[str, Any], words: str) -> None:
    """The same."""
    before = GuildSettings(protection="password", password_hash="x")
    await office.drawer.save_guild(office.guild.id, before)
    panel = await opened(office)
    await restart(office)
    await choose(office, panel, what, value)
    assert office.settings == replace(before, **fields)
    assert words in texts(panel)


async def test_a_password(office: Office) -> None:
    """A form asks for it, and the panel goes on."""
    panel = await opened(office)
    shown = await choose(office, panel, "watch", "password")
    result = await office.manager.submit_modal(shown, {"password": "correct horse"})
    assert office.settings.protection == "password"
    assert is_password("correct horse", office.settings.password_hash or "")
    assert "Only people who know the password" in texts(panel)
    assert not result.followups


async def test_a_name(office: Office) -> None:
    """A form asks for it, with the one that is set; an empty one is Discord's."""
    panel = await opened(office)
    shown = await office.manager.click(panel, label="Rename")
    await office.manager.submit_modal(shown, {"name": "The Garden"})
    assert office.settings.name == "The Garden"
    assert "known this server" not in texts(panel)
    assert "**The Garden** now" in texts(panel)
    shown = await office.manager.click(panel, label="Rename")
    assert shown.modal is not None
    assert "The Garden" in str(shown.modal)
    assert "invisible" not in read(await office.manager.submit_modal(shown, {"name": "\u202e"}))
    assert office.settings.name == "The Garden"
    shown = await office.manager.click(panel, label="Rename")
    await office.manager.submit_modal(shown, {"name": ""})
    assert office.settings.name is None


async def test_who_counts_as_everybody(office: Office) -> None:
    """Only after somebody has read what that means; not a role that sees everything."""
    role = office.guild.create_role("verified")
    boss = office.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    await office.env.settle()
    panel = await opened(office)
    await restart(office)
    assert "Administrator" in read(await choose(office, panel, "audience", boss))
    asked = await choose(office, panel, "audience", role)
    assert "Strangers all over the world" in read(asked)
    assert office.settings == GuildSettings()
    await restart(office)
    warning = asked.response or asked.followups[-1]
    await office.manager.click(warning, label="Cancel")
    assert "Nothing was changed" in warning.content
    assert office.settings == GuildSettings()
    asked = await choose(office, panel, "audience", role)
    warning = asked.response or asked.followups[-1]
    await office.manager.click(warning, label="Show it to strangers")
    assert office.settings.audience == role.id
    assert "counts as everybody now" in warning.content
    assert warning.components == []


async def test_a_role_for_those_who_log_in(office: Office) -> None:
    """It is asked for where people have to log in; with everything in it, Discord still takes the panel."""
    role = office.guild.create_role("friends")
    await office.env.settle()
    panel = await opened(office)
    assert "login_role" not in str(panel.components)
    await choose(office, panel, "watch", "login")
    await restart(office)
    await choose(office, panel, "login_role", role)
    assert (office.settings.protection, office.settings.role_id) == ("login", role.id)
    assert role.mention in texts(panel)
    assert [str(one["id"]) for one in menu(panel, "login_role")["default_values"]] == [str(role.id)]
    assert len(list(walk_components(panel.components))) <= 40
    await choose(office, panel, "login_role")
    assert (office.settings.protection, office.settings.role_id) == ("login", None)


async def test_roles_whose_members_are_hidden(office: Office) -> None:
    """All that are chosen, and no others; nobody hides everybody so."""
    shy, gone = office.guild.create_role("shy"), office.guild.create_role("gone")
    await office.drawer.save_guild(office.guild.id, GuildSettings(hidden_roles=frozenset({gone.id})))
    panel = await opened(office)
    assert [str(one["id"]) for one in menu(panel, "hidden_roles")["default_values"]] == [str(gone.id)]
    await choose(office, panel, "hidden_roles", shy)
    assert office.settings.hidden_roles == {shy.id}
    assert "nor is what they wrote" in texts(panel)
    assert office.bridge.forgotten == [(office.guild.id, None)]
    refused = await choose(office, panel, "hidden_roles", office.guild.default_role)
    assert "`/dzone disable`" in read(refused)
    await choose(office, panel, "hidden_roles")
    assert not office.settings.hidden_roles


async def test_everybody_as_everybody(office: Office) -> None:
    """Where @everyone is meant, the warning names no role that could be found again."""
    panel = await opened(office)
    asked = await choose(office, panel, "audience", office.guild.default_role)
    warning = asked.response or asked.followups[-1]
    await office.manager.click(warning, label="Show it to strangers")
    assert office.settings.audience == office.guild.id


async def test_a_role_that_came_to_see_everything(office: Office) -> None:
    """What was asked for is looked at once more."""
    role = office.guild.create_role("verified")
    await office.env.settle()
    panel = await opened(office)
    asked = await choose(office, panel, "audience", role)
    permissions = discord.Permissions(administrator=True).value
    office.env.backend.edit_role(office.guild.id, role.id, {"permissions": permissions})
    await office.env.settle()
    warning = asked.response or asked.followups[-1]
    refusal = await office.manager.click(warning, label="Show it to strangers")
    assert "sees everything now" in read(refusal)
    assert office.settings == GuildSettings()


async def test_channels_and_categories(office: Office) -> None:
    """Many at once, and all that somebody sees of a category."""
    quarter = office.guild.create_category("quarter")
    inn = office.guild.create_text_channel("inn", category=quarter)
    hall = office.guild.create_voice_channel("hall", category=quarter)
    deny: Any = {office.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    secret = office.guild.create_text_channel("secret", category=quarter, overwrites=deny)
    await office.env.settle()
    panel = await opened(office)
    await restart(office)
    await choose(office, panel, "hide_channels", quarter, office.square)
    assert office.settings.channels == {inn.id: False, hall.id: False, office.square.id: False}
    assert inn.mention in texts(panel)
    assert secret.mention not in texts(panel)
    await choose(office, panel, "show_channels", office.square)
    assert office.settings.channels == {inn.id: False, hall.id: False}
    await choose(office, panel, "reset_channels", quarter)
    assert office.settings.channels == {}
    await choose(office, panel, "show_channels", inn)
    assert "Shown now" in texts(panel)


async def test_what_webhooks_post(office: Office) -> None:
    """It is hidden at once where a channel is no longer ticked, and shown only after a warning."""
    noisy = office.guild.create_text_channel("noisy")
    await office.env.settle()
    await office.drawer.save_guild(office.guild.id, GuildSettings(proxies=frozenset({noisy.id, 5})))
    panel = await opened(office)
    assert [str(one["id"]) for one in menu(panel, "proxies")["default_values"]] == [str(noisy.id)]
    await restart(office)
    asked = await choose(office, panel, "proxies", office.square)
    assert office.settings.proxies == {5}
    assert "isn't shown any more" in texts(panel)
    warning = asked.followups[-1]
    assert "who is behind a webhook" in warning.content
    await restart(office)
    await office.manager.click(warning, label="Show it to strangers")
    assert office.settings.proxies == {5, office.square.id}
    assert "as the words of a visitor" in warning.content
    await choose(office, panel, "proxies", office.square)
    assert "Nothing was changed" in texts(panel)


async def test_channels_that_are_not_public(office: Office) -> None:
    """The public ones are shown at once, the others after a question, also after a restart."""
    den = office.private("den", office.manager)
    pit = office.private("pit", office.manager)
    hidden = office.private("hidden", office.manager)
    await office.env.settle()
    await office.blind(hidden)
    panel = await opened(office)
    asked = await choose(office, panel, "show_channels", office.square, den, pit, hidden)
    warning = asked.followups[-1]
    assert warning.ephemeral
    assert office.square.mention not in warning.content
    assert office.settings.channels == {}
    await restart(office)
    await office.manager.click(warning, label="Show it to strangers")
    assert office.settings.channels == {den.id: True, pit.id: True, hidden.id: True}
    assert "Shown now" in warning.content
    assert "as soon as I can see them" in warning.content
    again = await choose(office, panel, "show_channels", den)
    assert not again.followups
    assert "shown already" in texts(panel)


async def test_more_than_a_warning_has_room_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks about the first ones, and says so."""
    monkeypatch.setattr(setup, "MAX_ASKED", 2)
    dens = [office.private(f"den-{number}", office.manager) for number in range(3)]
    await office.env.settle()
    panel = await opened(office)
    warning = (await choose(office, panel, "show_channels", *dens)).response
    assert warning is not None
    assert "Choose the 1 others afterwards." in warning.content
    await office.manager.click(warning, label="Show it to strangers")
    assert office.settings.channels == {dens[0].id: True, dens[1].id: True}


async def test_an_empty_category(office: Office) -> None:
    """There is nothing to decide on."""
    desert = office.guild.create_category("desert")
    await office.env.settle()
    panel = await opened(office)
    assert "There is no channel in it" in read(await choose(office, panel, "hide_channels", desert))
    assert office.settings == GuildSettings()


async def test_others_are_refused(office: Office) -> None:
    """Also when Discord shows them the command."""
    for nobody in (office.ann, office.moderator, office.owner):
        assert "Manage Server" in await office.reply(nobody, "dzone setup")


async def test_who_may_not_any_more(office: Office) -> None:
    """Each use is looked at: a panel outlives a permission."""
    panel = await opened(office)
    role = next(role for role in office.guild.roles.values() if role.name == "manager")
    office.env.backend.edit_role(office.guild.id, role.id, {"permissions": 0})
    await office.env.settle()
    assert "Manage Server" in read(await office.manager.click(panel, label="Hide this server"))
    assert "Manage Server" in read(await choose(office, panel, "messages", "off"))
    assert office.settings == GuildSettings()


async def test_a_database_that_is_full(office: Office) -> None:
    """Nothing is changed, and whoever wanted it hears so."""
    panel = await opened(office)
    office.drawer.stuck = True
    assert "Nothing was changed" in read(await office.manager.click(panel, label="Hide bots"))
    assert "Hide bots" in str(panel.components)


@pytest.mark.parametrize("what", ["nothing", "some_channels"])
async def test_what_another_version_had(office: Office, what: str) -> None:
    """It is answered."""
    view = discord.ui.View(timeout=None)
    menu: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(custom_id=f"dzone:Manage:{what}")
    view.add_item(menu).stop()
    channel = office.cached.get_channel(office.square.id)
    assert isinstance(channel, discord.TextChannel)
    with office.env._bot_scope():
        message = await channel.send("Old", view=view)
    answer = await office.manager.select(message, [office.square])
    assert "of an older version" in read(answer)
    for old in ("watch", "messages", "offline"):
        assert old in setup.ManageSetup._acts(office.bot.get_cog("Manage"))  # type: ignore[arg-type]


async def test_in_three_languages(office: Office) -> None:
    """Each of one language, and no gap in it."""
    panels = {}
    for office.locale in LOCALES:
        panels[office.locale] = str((await opened(office)).components)
        assert not re.search(r"{[/a-z]", re.sub(r"{'", "", texts(await opened(office))))
    assert panels["en-US"] == panels["en-GB"] == panels["fr"]
    assert panels["es-ES"] == panels["es-419"]
    assert len(set(panels.values())) == 3
