"""The panel of `/dzone setup`, through a Discord that refuses what it would refuse, in three languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import CATEGORY
from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload
    from tests.e2e.process import BotProcess
    from tests.e2e.viewer import Viewer

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def channels(viewer: Viewer) -> Payload:
    """Return the channels that a viewer has heard of last."""
    heard = viewer.of("channels")
    return dict(heard[-1] if heard else viewer.joined[-1]["channels"])


@pytest.mark.parametrize(
    ("locale", "hide", "hidden", "words"),
    [
        ("en-US", "Hide this server", "isn't shown any more", "Bubbles without words"),
        ("de", "Diesen Server verbergen", "wird nicht mehr gezeigt", "Sprechblasen ohne Worte"),
        ("es-ES", "Ocultar este servidor", "ya no se muestra", "Bocadillos sin palabras"),
    ],
)
async def test_in_three_languages(
    town: Town, guild: Guild, watch: Watch, locale: str, hide: str, hidden: str, words: str
) -> None:
    """It opens for one person, hides the server at a press, and says so in their language."""
    viewer = await watch(town.bot, guild)
    panel = await town.discord.command(guild.member("owner"), "dzone setup", locale=locale)
    assert panel.private
    assert words in str(panel.message)
    assert panel.message is not None
    after = await town.discord.press_on(panel.message, panel.channel, panel.who, hide, locale=locale)
    assert hidden in after.text
    assert await viewer.closed() == 1008


async def test_a_panel_outlives_the_bot(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Its menus, and the question about what isn't public, work in the next process."""
    guild = discord.guild("D-World", "ann")
    quarter = guild.channel("quarter", CATEGORY)
    inn = guild.channel("inn", parent=quarter)
    den = guild.channel("den", parent=quarter, hidden=True)
    first = await launch()
    panel = await discord.command(guild.member("owner"), "dzone setup")
    await first.stop()

    second = await launch()
    curious = await watch(second, guild, events=["typing"])
    await curious.sees(truth(guild))
    await discord.select(panel, "hide_channels", "quarter")
    await curious.until(lambda: str(inn.id) not in channels(curious))
    asked = await discord.select(panel, "show_channels", "inn", "den")
    await curious.until(lambda: str(inn.id) in channels(curious))
    await discord.says(asked, "strangers all over the world")
    assert str(den.id) not in channels(curious)
    done = await discord.press(asked, "Show it to strangers")
    assert den.mention in done.text
    await curious.until(lambda: str(den.id) in channels(curious))
    form = await discord.press(panel, "Rename")
    named = await discord.submit(form, "The Garden")
    assert "**The Garden** now" in named.text


async def test_a_colour_from_a_menu(town: Town, guild: Guild, watch: Watch) -> None:
    """It is anybody's own to choose, in their language, also that of their role again."""
    ann = guild.member("ann")
    viewer = await watch(town.bot, guild)
    menu = await town.discord.command(ann, "myself color", locale="de")
    assert "Blaugrün" in str(menu.message)
    await town.discord.select(menu, "color", "#3ba58c")
    await viewer.until(lambda: viewer.users[ann.uid]["roleColor"] == "#3ba58c")
    again = await town.discord.command(ann, "myself color")
    await town.discord.select(again, "color", "role")
    await viewer.sees(truth(guild))
