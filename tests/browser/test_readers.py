"""That everybody can use the page: in their language, on their screen, with their keyboard."""

import pytest
from playwright.async_api import Page, expect

from bridge.server import WebSocketServer

from .conftest import GARDEN, OpenPage, address
from .scene import feed, group, heading, member, server

pytestmark = pytest.mark.asyncio(loop_scope="session")

OVERFLOW_OF = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('body *')]
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""

FOCUSED = "() => document.activeElement.id || document.activeElement.innerText"


@pytest.mark.parametrize(
    ("locale", "language", "search", "idle", "counts", "quiet"),
    [
        ("de-AT", "de", "Mitglieder suchen", "Abwesend", "4 Mitglieder · 3 online", "Seit du hier bist"),
        ("es-MX", "es", "Buscar miembros", "Ausente", "4 miembros · 3 en línea", "Nadie ha escrito nada"),
        ("fr-FR", "en", "Search members", "Idle", "4 members · 3 online", "Nothing has been said"),
    ],
)
async def test_the_page_speaks_the_readers_language(
    locale: str,
    language: str,
    search: str,
    idle: str,
    counts: str,
    quiet: str,
    bridge: WebSocketServer,
    new_page: OpenPage,
) -> None:
    page = await new_page(locale=locale)
    await page.goto(address(bridge))

    await expect(page.get_by_role("searchbox", name=search)).to_be_visible()
    await expect(group(page, idle)).to_contain_text("Beppo")
    await expect(page.get_by_text(counts)).to_be_visible()
    await expect(page.get_by_text(quiet)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", language)


async def test_all_languages_say_the_same(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """No language lacks a word that another has."""
    page = await new_page()
    await page.goto(address(bridge))
    keys = await page.evaluate(
        """async () => {
            const { wordsFor } = await import('./i18n.js');
            const paths = (value, path) => (value !== null && typeof value === 'object'
                ? Object.keys(value).flatMap((key) => paths(value[key], `${path}.${key}`))
                : [`${path}: ${typeof value}`]);
            return ['en', 'de', 'es'].map((language) => paths(wordsFor([language]), '').sort());
        }"""
    )

    assert keys[0] == keys[1] == keys[2]


@pytest.mark.parametrize("width", [320, 360])
async def test_a_phone_shows_one_panel_at_a_time_and_never_scrolls_sideways(
    width: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(viewport={"width": width, "height": 740})
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    await bridge.broadcast_presence(GARDEN.id, "11", "online", "Ada" + "a" * 90)
    await bridge.broadcast_message(GARDEN.id, "12", "https://d-zone.example/" + "long" * 60, "31")

    await expect(feed(page).get_by_text("long")).to_be_visible()
    assert await page.evaluate(OVERFLOW_OF) == 0
    await tab(page, "Members")
    await expect(member(page, "Beppo")).to_be_visible()
    await expect(feed(page)).to_be_hidden()
    assert await page.evaluate(OVERFLOW_OF) == 0
    await tab(page, "Servers")
    await expect(member(page, "Beppo")).to_be_hidden()
    assert await page.evaluate(OVERFLOW_OF) == 0
    await server(page, "The Harbour").click()
    await expect(heading(page, "Nobody to be seen here")).to_be_visible()
    assert await page.evaluate(OVERFLOW_OF) == 0


async def test_no_text_is_smaller_than_twelve_pixels(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "14", "Beep", "31", id="1", channel_name="beds", reply_to="11")
    await bridge.broadcast_edit(GARDEN.id, "14", "31", "1", "Boop")
    await bridge.broadcast_activity(GARDEN.id, "11", "Playing Factorio")
    await expect(member(page, "Ada")).to_contain_text("Playing Factorio")

    assert await page.evaluate(SMALLEST_TEXT) >= 12


async def test_the_keyboard_reaches_everything(mock_bridge: WebSocketServer, new_page: OpenPage) -> None:
    """From the top: skip to the messages, or go through servers, messages, search."""
    page = await new_page()
    await page.goto(address(mock_bridge))
    await expect(member(page, "Ada")).to_be_visible()

    stops = []
    for _ in range(7):
        await page.keyboard.press("Tab")
        stops.append(await page.evaluate(FOCUSED))
    assert stops == [
        "Skip to messages", "D-World", "Docs (WIP)", "OAuth2 Protected Server", "My Repos", "feed", "search",
    ]  # fmt: skip
    await page.reload()
    await expect(member(page, "Ada")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(feed(page)).to_be_focused()


async def test_nothing_moves_for_those_who_asked_for_calm(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(reduced_motion="reduce")
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "Hush", "31")
    await expect(feed(page)).to_contain_text("Hush")

    assert await page.evaluate("() => document.getAnimations().length") == 0


async def tab(page: Page, name: str) -> None:
    """Turn to another panel, as on a phone."""
    await page.get_by_role("navigation", name="Views").get_by_role("button", name=name).click()
