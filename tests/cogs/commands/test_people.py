"""`/dzone optin` and `/dzone role`: who is shown at all."""

from cogs.settings import MAX_ROLES, GuildSettings
from tests.cogs.commands.answers import status
from tests.cogs.office import Office


async def test_only_who_agrees(office: Office) -> None:
    """What was said before is taken back, as from others it isn't known who said yes."""
    assert "`/myself show`" in await office.reply(office.manager, "dzone optin", mode="on")
    assert office.settings.optin
    assert office.bridge.forgotten == [(office.guild.id, None)]
    assert "without asking" in await office.reply(office.manager, "dzone optin", mode="off")
    assert office.settings == GuildSettings()
    assert office.bridge.forgotten == [(office.guild.id, None)]


async def test_a_role_is_hidden_and_shown(office: Office) -> None:
    """It is listed for managers, and for moderators beside those whom they have hidden."""
    role = office.guild.create_role("shy")
    assert "No role hides" in await office.reply(office.manager, "dzone role list")
    assert role.mention in await office.reply(office.manager, "dzone role hide", role="shy")
    assert office.settings.hidden_roles == {role.id}
    assert office.bridge.forgotten == [(office.guild.id, None)]
    assert role.mention in await office.reply(office.manager, "dzone role list")
    assert role.mention in await office.reply(office.moderator, "dzone-hidden")
    assert role.mention in await office.reply(office.manager, "dzone role show", role="shy")
    assert office.settings == GuildSettings()


async def test_everybody_is_no_role_to_hide(office: Office) -> None:
    """For that there is another command."""
    said = await office.reply(office.manager, "dzone role hide", role="@everyone")
    assert "`/dzone disable`" in said
    assert not office.settings.hidden_roles


async def test_no_more_than_so_many_roles(office: Office) -> None:
    """Those that are gone don't count."""
    roles = [office.guild.create_role(f"r{number}").id for number in range(MAX_ROLES)]
    office.guild.create_role("one more")
    office.drawer.guilds[office.guild.id] = GuildSettings(hidden_roles=frozenset(roles))
    assert "At most 25" in await office.reply(office.manager, "dzone role hide", role="one more")
    assert office.settings.hidden_roles == frozenset(roles)
    office.env.backend.delete_role(office.guild.id, roles[0])
    await office.reply(office.manager, "dzone role hide", role="one more")
    assert len(office.settings.hidden_roles) == MAX_ROLES
    assert roles[0] not in office.settings.hidden_roles


async def test_gestures(office: Office) -> None:
    """Nothing of anybody is forgotten for it. On, it says what a login lacks."""
    assert "Nobody may" in await office.reply(office.manager, "dzone gestures", mode="off")
    assert not office.settings.gestures
    said = await office.reply(office.manager, "dzone gestures", mode="on")
    assert "wave, hop or sit" in said
    assert office.settings == GuildSettings()
    assert office.bridge.forgotten == []


async def test_role_names(office: Office) -> None:
    """Off where nobody decided; no words are taken back for it, and the status says it where it is on."""
    assert "Role names" not in await status(office)
    said = await office.reply(office.manager, "dzone role names", mode="on")
    assert "how many of them are online" in said
    assert "`/dzone role hide`" in said
    assert office.settings == GuildSettings(role_names=True)
    assert "what the roles are called" in (await status(office))["Role names"]
    assert "not what the roles are called" in await office.reply(
        office.manager, "dzone role names", mode="off"
    )
    assert office.settings == GuildSettings()
    assert office.bridge.forgotten == []
    assert office.rooms.shown == [office.guild.id] * 2
