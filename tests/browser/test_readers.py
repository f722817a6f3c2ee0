"""That everybody can use the page: in their language, on their screen, with their keyboard."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from bridge.server import WebSocketServer
from bridge.site.bundle import bundle, declared
from bridge.site.http import WEB_DIR

from .conftest import CHANNELS, GARDEN, GARDENERS, OpenPage, address, in_each_scheme, is_firefox
from .moments import hold_time, lasting, open_garden
from .scene import bubbles, feed, group, heading, label, member, nameless, server, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

VISIT = 66_560  # bytes, compressed, with the document, its styles and icons; 66,490 as zlib does it here
LATER = 48_000  # what follows by itself
AT_TOUCH = 8_700  # what follows when somebody touches the page
LOADED = """() => ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    .filter(({ name }) => name.startsWith(location.origin))
    .map(({ name, encodedBodySize, startTime }) => [name, encodedBodySize, startTime])"""
# Whether all is there that comes by itself: people have names when the rest is, but maybe can't move yet.
LIVES = "() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/ui/life.'))"
# Kept from before the page's own script runs.
FIRST_PICTURE = """new MutationObserver(() => {
    if (document.querySelector('#world.awake')) window.drawnAt ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] })"""
OVERFLOW_OF = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('body *')]
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .map((node) => {
        const bubble = node.closest('.bubble');
        const shrunk = bubble ? bubble.getBoundingClientRect().width / bubble.offsetWidth : 1;
        return parseFloat(getComputedStyle(node).fontSize) * shrunk;
    }))"""

WIDE = "() => document.querySelector('#world').width"  # what of the world is in view
FOCUSED = """() => {
    const { id, innerText, ariaLabel } = document.activeElement;
    return id || innerText || ariaLabel;
}"""


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


@pytest.mark.parametrize("width", [320, 390])
async def test_a_phone_shows_one_panel_at_a_time_and_never_scrolls_sideways(
    width: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Panels come up over the world and go again; whom one picks in them is shown in the world."""
    page = await new_page({}, viewport={"width": width, "height": 740}, has_touch=True)
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(member(page, "Beppo")).to_have_count(0)
    await bridge.broadcast_presence(GARDEN.id, "11", "online", "Ada" + "a" * 90)
    await bridge.broadcast_message(GARDEN.id, "12", "https://d-zone.example/" + "long" * 60, "31")

    await tap(tool(page, "Messages"))
    await expect(feed(page).get_by_text("long")).to_be_in_viewport()
    assert await page.evaluate(OVERFLOW_OF) == 0
    await tap(tool(page, "Members"))
    await expect(feed(page).get_by_text("long")).not_to_be_in_viewport()
    assert await page.evaluate(OVERFLOW_OF) == 0
    await tap(member(page, "Beppo"))
    await expect(member(page, "Beppo")).to_have_count(0)
    await tap(tool(page, "Servers"))
    assert await page.evaluate(OVERFLOW_OF) == 0
    await tap(server(page, "The Harbour"))
    await expect(heading(page, "Nobody to see here")).to_be_visible()
    assert await page.evaluate(OVERFLOW_OF) == 0


@pytest.mark.parametrize("width", [1280, 390])
async def test_no_text_is_smaller_than_twelve_pixels(
    width: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Not even in bubbles that newer ones stand beside."""
    page = await new_page(viewport={"width": width, "height": 1200})
    await page.goto(address(bridge))
    await bridge.broadcast_activity(GARDEN.id, "11", "Playing Factorio")
    await expect(member(page, "Ada")).to_contain_text("Playing Factorio")
    beep, boop = lasting("Beep"), lasting("Boop")
    await bridge.broadcast_message(GARDEN.id, "14", beep, "31", id="1", channel_name="beds", reply_to="11")
    await bridge.broadcast_edit(GARDEN.id, "14", "31", "1", boop)
    for words in ("One", "Two"):
        await bridge.broadcast_message(GARDEN.id, "14", lasting(words), "31")
    await expect(bubbles(page).nth(1)).to_be_visible()
    await hold_time(page)

    assert await page.evaluate(SMALLEST_TEXT) >= 12
    assert await bubbles(page).count() > 1


async def test_the_keyboard_reaches_everything(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """From the top: skip to the messages, or go through people and places, tools and the panel."""
    bridge.show_guild(GARDEN, GARDENERS[:1], CHANNELS[:1])
    page = await new_page({"panel": "messages"})
    await page.goto(address(bridge))
    await expect(label(page, "Ada")).to_have_count(1)
    await expect(label(page, "#beds")).to_have_count(1)

    stops = [await next_stop(page) for _ in range(13)]
    assert stops[0] == "Skip to messages"
    assert sorted(stops[1:3]) == ["#beds", "Ada"]
    assert stops[3:6] == ["closer", "farther", "whole"]
    assert stops[6:] == ["Messages", "Members", "Servers", "What is what", "Settings", "More", "feed"]
    await tool(page, "Messages").click()  # closes them
    await page.reload()
    await expect(label(page, "Ada")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(feed(page)).to_be_focused()
    await expect(feed(page)).to_be_in_viewport(ratio=0.9)


async def test_long_lists_are_one_stop_for_the_keyboard(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Arrows lead from row to row, Enter to where it was said; one that goes leaves the list the keyboard."""
    page = await new_page({"panel": "messages"}, reduced_motion="reduce")
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "Over here", "31", id="1")
    await bridge.broadcast_message(GARDEN.id, "12", "So much to tell. " * 40, "31", id="2")
    whole = feed(page).get_by_role("button", name="Show all")
    await expect(whole).to_be_visible()
    await feed(page).focus()
    await page.keyboard.press("ArrowUp")
    await expect(whole).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(feed(page).get_by_role("button", name="Beppo")).to_be_focused()
    await page.keyboard.press("Home")
    ada = feed(page).get_by_role("button", name="Ada")
    await expect(ada).to_be_focused()
    before = await page.evaluate(WIDE)
    await page.keyboard.press("Space")
    await page.wait_for_function(f"(before) => ({WIDE})() < before", arg=before)  # it came closer
    await expect(ada).to_be_focused()
    await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", None)
    await expect(feed(page)).to_be_focused()

    await tool(page, "Members").click()
    await expect(member(page, "Chiara")).to_be_visible()
    await page.get_by_role("searchbox").focus()
    stops = [await next_stop(page)]
    await page.keyboard.press("ArrowDown")
    await expect(member(page, "Beppo").get_by_role("button")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    stops.append(await next_stop(page))
    assert [stop.split()[0] for stop in stops] == ["Ada", "Beppo"]


async def test_nothing_moves_for_those_who_asked_for_calm(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(reduced_motion="reduce")
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "Hush", "31")
    await expect(feed(page)).to_contain_text("Hush")

    assert await page.evaluate("() => document.getAnimations().length") == 0


async def test_a_visit_loads_little(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """What a first visit fetches of us, over the line: for the first picture, after it, and at a touch."""
    page = await new_page({"panel": "messages"}, locale="de-DE")
    await page.add_init_script(FIRST_PICTURE)
    await page.goto(address(bridge))
    await expect(label(page, "Ada")).to_have_count(1)  # who clicks earlier gets the rest earlier
    await page.wait_for_function(LIVES)
    drawn_at = await page.evaluate("() => window.drawnAt")
    untouched = await page.evaluate(LOADED)
    await tool(page, "Einstellungen").click()
    await expect(page.get_by_role("combobox", name="Tageszeit")).to_be_visible()
    loaded = [(nameless(url), size, at >= drawn_at) for url, size, at in untouched]
    touched = (await page.evaluate(LOADED))[len(untouched) :]
    at_touch = {nameless(url): size for url, size, _ in touched if url.endswith((".js", ".css"))}
    at_once = {path: size for path, size, is_later in loaded if not is_later}
    later = {path: size for path, size, is_later in loaded if is_later and path.endswith((".js", ".css"))}
    assert {"/", "/style.css", "/main.js", "/i18n/de.js"} <= at_once.keys()
    assert {path for path in at_once if path.endswith(".js")} == {"/main.js", "/i18n/de.js"}
    assert later.keys() == {"/ui/life.js", "/ui/later.js", "/ui/later.css", "/i18n/de-more.js"}
    assert at_touch.keys() == {"/ui/touched.js", "/ui/touched.css"}
    assert sum(size for path, size, _ in loaded if path not in later) < VISIT
    assert sum(later.values()) < LATER
    assert sum(at_touch.values()) < AT_TOUCH


async def test_the_page_s_names_hide_none_of_the_browser_s(new_page: OpenPage) -> None:
    """What one module declares at its top is known in all others, as they come in one script."""
    page = await new_page()
    page_s = bundle(WEB_DIR / "main.js")
    names = [name for script in (page_s.script, *page_s.chunks.values()) for name in declared(script)]
    assert len(names) > 300
    assert await page.evaluate("names => names.filter((name) => name in window)", names) == []


@in_each_scheme
async def test_axe_finds_nothing(scheme: str, bridge: WebSocketServer, new_page: OpenPage) -> None:
    """With the messages, the members, and each of the things that open over the world; nothing half faded."""
    page = await new_page({"panel": "messages"}, color_scheme=scheme, reduced_motion="reduce")
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "Good morning", "31", id="1", reply_to="12")
    await expect(feed(page)).to_contain_text("Good morning")
    assert await violations(page) == []
    await tool(page, "Members").click()
    await expect(member(page, "Ada")).to_be_visible()
    assert await violations(page) == []
    for name in ("Servers", "What is what", "Settings", "More"):
        await tool(page, name).click()
        await expect(heading(page, name)).to_be_visible()
        assert await violations(page) == [], name
    await page.get_by_role("button", name="For streams").click()
    await expect(page.get_by_label("Address")).not_to_have_value("")
    assert await violations(page) == []


async def tap(node: Locator) -> None:
    """Touch something; Firefox has no finger to do it with, for now, and clicks."""
    await (node.click() if is_firefox(node.page.context.browser) else node.tap())


async def violations(page: Page) -> list[str]:
    """What the page has that a screen reader or a weak eye would stumble over."""
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['failureSummary']}" for each in found.response["violations"]]


async def next_stop(page: Page) -> str:
    """Go on by Tab; where that leads to."""
    await page.keyboard.press("Tab")
    name: str = await page.evaluate(FOCUSED)
    return name
