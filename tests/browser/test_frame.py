"""What stands around the world: settings in its address, streams, postcards, the first picture, sound."""

import re
import struct
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Locator, Page, WebSocketRoute, expect

from bridge.exposure import Exposure
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer

from .conftest import CHANNELS, GARDEN, GARDENERS, OpenPage, address, only_chromium
from .moments import all_there, come_to_life, coming_to_be_seen, hold_time, lasting, open_world, some_frames
from .scene import bubbles, feed, heading, label, pick, tool
from .test_readers import violations

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT: Final = "() => JSON.parse(localStorage['d-zone'])"
# How many lines of the last words in the feed can be seen.
LINES: Final = """row => {
    const words = row.querySelector('.words');
    return Math.round(words.clientHeight / parseFloat(getComputedStyle(words).lineHeight));
}"""
# Where somebody's words end, and where what the page adds to them begins.
AFTER: Final = """row => {
    const box = (selector) => row.querySelector(selector).getBoundingClientRect();
    return [box('.words .apart').right, box('.words .edited').left];
}"""
# How much of the ellipse that an island is about lies below bubbles; it is where the first picture showed it.
COVERED: Final = """() => {
    const { left, top, width, height } = document.getElementById('silhouette').getBoundingClientRect();
    const isShown = ({ style }) => style.visibility === 'visible';
    const bubbles = [...document.querySelectorAll('.bubble')].filter(isShown);
    const boxes = bubbles.map((node) => node.getBoundingClientRect());
    let [land, below] = [0, 0];
    for (let y = 0; y < 60; y++) for (let x = 0; x < 60; x++) {
        const [a, b] = [(x + 0.5) / 30 - 1, (y + 0.5) / 30 - 1];
        if (a * a + b * b > 1) continue;
        const at = { x: left + (width * (a + 1)) / 2, y: top + (height * (b + 1)) / 2 };
        land += 1;
        const isAcross = ({ left, right }) => at.x > left && at.x < right;
        const isDown = ({ top, bottom }) => at.y > top && at.y < bottom;
        below += boxes.some((box) => isAcross(box) && isDown(box));
    }
    return below / land;
}"""
IS_SAID: Final = """(words) => [...document.querySelectorAll('.bubble')]
    .some(({ style, textContent }) => style.visibility === 'visible' && textContent.includes(words))"""
# Whether the last words are to be seen, and some beside who speaks, and most of the island nevertheless.
IS_LITTLE_COVERED: Final = f"""() => {{
    const isLast = ({IS_SAID})('11 words');
    return isLast && document.querySelector('.bubble.far') !== null && ({COVERED})() < 0.22;
}}"""


async def open_page(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#world.awake")).to_be_visible()


def menu(page: Page) -> Locator:
    return page.get_by_role("navigation", name="More")


async def test_an_address_has_its_own_settings(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """For this page only; what the viewer has chosen stays, until they choose something else here."""
    page = await new_page({"panel": "members", "hour": "night", "density": "calm"})
    query = "?hour=13.5&density=lively&lang=de&feed=on&names=off&zoom=4&sound=nonsense"
    await open_page(page, address(bridge, query))
    await expect(page.get_by_role("heading", name="Nachrichten")).to_be_visible()
    await expect(label(page, "#beds")).to_have_count(0)
    await tool(page, "Einstellungen").click()
    await expect(page.get_by_label("Tageszeit")).to_have_value("13.5")
    await expect(page.get_by_label("Sprechblasen und Namen")).to_have_value("lively")
    await expect(page.get_by_role("combobox", name="Ton", exact=True)).to_have_value("off")
    assert await page.evaluate(KEPT) == {"panel": "members", "hour": "night", "density": "calm"}
    await page.get_by_label("Sprache").select_option("en")
    await tool(page, "Settings").click()
    await expect(page.get_by_label("Time of day")).to_have_value("13.5")
    kept = await page.evaluate(KEPT)
    assert (kept["language"], kept["hour"], kept["panel"]) == ("en", "night", "members")


@only_chromium
async def test_an_embed_may_have_the_messages_beside_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page({"panel": "members"})
    await open_page(page, address(bridge, "?embed=1&s=garden"))
    await expect(page.locator("#messages")).to_be_hidden()
    await open_page(page, address(bridge, "?embed=1&s=garden&feed=1"))
    await bridge.broadcast_message(GARDEN.id, "11", "Good morning", "31")
    await expect(feed(page)).to_contain_text("Good morning")
    await expect(page.locator("#messages")).to_be_in_viewport(ratio=0.9)
    await expect(page.locator("#members")).to_be_hidden()
    await expect(page.locator(".top")).to_be_hidden()


async def test_streams_get_an_address_and_a_preview(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """By keyboard too; the preview is the page itself, and gone when nobody looks."""
    page = await new_page({"panel": "none"})
    await open_page(page, address(bridge))
    await tool(page, "More").focus()
    await page.keyboard.press("Enter")
    await expect(menu(page).get_by_role("button", name="For streams")).to_be_visible()
    assert await violations(page) == []
    await menu(page).get_by_role("button", name="For streams").focus()
    await page.keyboard.press("Enter")
    field = page.get_by_label("Address")
    await expect(field).to_have_value(address(bridge, "?s=garden&embed=1&background=transparent"))
    await page.get_by_label("Time of day").last.select_option("night")
    await page.get_by_label("Messages at the side").check()
    await page.get_by_label("Names and signs").uncheck()
    await page.get_by_label("Size").select_option("1280 \u00d7 720")
    said = parse_qs(urlsplit(await field.input_value()).query)
    assert {name: value for name, (value,) in said.items()} == {
        "s": "garden",
        "embed": "1",
        "background": "transparent",
        "hour": "night",
        "feed": "on",
        "names": "off",
    }
    preview = page.frame_locator("iframe[title=Preview]")
    await expect(preview.locator("#world.awake")).to_be_visible()
    await expect(page.get_by_text("Set width 1280 and height 720")).to_be_visible()
    assert await page.locator("iframe").get_attribute("width") == "1280"
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_have_count(0)


@only_chromium
async def test_who_may_not_frame_the_page_reads_why(new_page: OpenPage) -> None:
    """The address is good all the same: OBS shows it as a page of its own."""
    exposure = Exposure(frame_ancestors="'none'")
    server = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider(), exposure=exposure)
    server.show_guild(GARDEN, GARDENERS, CHANNELS)
    await server.start()
    page = await new_page({"panel": "none"}, may_miss="frame-ancestors")
    await open_page(page, address(server))
    await tool(page, "More").click()
    await menu(page).get_by_role("button", name="For streams").click()
    await expect(page.get_by_text("No preview here")).to_be_visible()
    await server.stop()


@only_chromium
async def test_a_link_is_copied_and_a_postcard_saved(
    bridge: WebSocketServer, new_page: OpenPage, tmp_path: Path
) -> None:
    """The link names the server, and nothing of how this page shows it; the card is the picture, larger."""
    page = await new_page(
        {"panel": "none"}, permissions=["clipboard-read", "clipboard-write"], accept_downloads=True
    )
    await open_page(page, address(bridge, "?hour=night&s=garden"))
    await tool(page, "More").click()
    await menu(page).get_by_role("button", name="Copy the link").click()
    await expect(menu(page).get_by_role("status")).to_have_text("Copied.")
    assert await page.evaluate("() => navigator.clipboard.readText()") == address(bridge, "?s=garden")
    async with page.expect_download() as coming:
        await menu(page).get_by_role("button", name="Save a postcard").click()
    card = await coming.value
    assert re.fullmatch(r"garden-\d{4}-\d\d-\d\d\.png", card.suggested_filename)
    await card.save_as(tmp_path / "card.png")
    head = (tmp_path / "card.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    drawn = await page.evaluate("() => document.getElementById('world').width")
    assert struct.unpack(">I", head[16:20])[0] > 4 * drawn


@only_chromium
async def test_a_visit_begins_with_the_island_that_was_seen_last(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Where it will be, while there is no connection yet; and it is gone when it may not be shown."""
    page = await new_page({"panel": "messages"})
    await open_page(page, address(bridge))
    await all_there(page)

    async def be_silent(route: WebSocketRoute) -> None:
        """Take the connection, and say nothing."""

    await page.route_web_socket("**", be_silent)
    await page.goto(address(bridge))
    island = page.locator("#silhouette.known")
    await expect(island).to_be_visible()
    box = await island.bounding_box()
    panel = await page.locator("#messages").bounding_box()
    assert box is not None
    assert panel is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= panel["x"]

    page = await new_page({"panel": "none"})
    await open_page(page, address(bridge))
    await all_there(page)
    bridge.hide_guild(GARDEN.id)
    await page.wait_for_function("() => !localStorage['d-zone islands'].includes('[')")


@only_chromium
async def test_from_one_island_to_another_without_motion(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Who asked for calm sees the other one at once."""
    bridge.show_guild(GARDEN, GARDENERS, CHANNELS)
    page = await new_page({"panel": "none"}, reduced_motion="reduce")
    await open_page(page, address(bridge))
    await pick(page, "The Harbour")
    await expect(heading(page, "The Harbour")).to_be_visible()
    await expect(page.locator("#world.leaving")).to_have_count(0)
    assert await page.evaluate("() => document.getAnimations().length") == 0


@only_chromium
async def test_bubbles_leave_the_island_to_be_seen(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Also many, with many words, in a small window: those over the sea show who speaks."""
    page = await new_page({"panel": "none", "motion": "less"}, viewport={"width": 640, "height": 480})
    await open_page(page, address(bridge))
    await all_there(page)
    await page.reload()
    await expect(page.locator("#silhouette.known")).to_have_count(1)
    await expect(page.locator("#world.awake")).to_be_visible()
    async with coming_to_be_seen(page, IS_LITTLE_COVERED):
        for number in range(12):
            words = lasting(f"{number} " + "words and words " * 9)
            await bridge.broadcast_message(GARDEN.id, str(11 + number % 3), words, "31")


async def test_no_message_takes_more_than_its_room(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A long one five lines, until somebody wants more; and one that is written the other way turns nothing
    round but itself, whatever it ends and doesn't end.
    """
    page = await new_page({"panel": "messages"})
    await open_page(page, address(bridge))
    await bridge.broadcast_message(GARDEN.id, "11", "\n\n\n" + "So much to tell. " * 230, "31", id="1")
    row = feed(page).get_by_role("article").filter(has_text="So much")
    more = row.get_by_role("button", name="Show all")
    await expect(more).to_be_visible()
    assert await row.evaluate(LINES) == 5
    await more.click()
    less = row.get_by_role("button", name="Show less")
    await expect(less).to_have_attribute("aria-expanded", "true")
    assert await row.evaluate(LINES) > 50
    await less.click()
    assert await row.evaluate(LINES) == 5
    await bridge.broadcast_message(GARDEN.id, "11", "Short", "31", id="2")
    short = feed(page).get_by_role("article").filter(has_text="Short")
    await expect(short).to_be_visible()
    await expect(short.get_by_role("button", name="Show")).to_have_count(0)


async def test_words_turn_nothing_round_but_themselves(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """What a page adds to them stands where it belongs, whatever they end and don't end."""
    page = await new_page({"panel": "messages"})
    await open_page(page, address(bridge))
    await bridge.broadcast_message(GARDEN.id, "11", "one", "31", id="1")
    await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", "\u2069\u202eone two \u2067three")
    row = feed(page).get_by_role("article").filter(has_text="(edited)")
    await expect(row).to_be_visible()
    end, begin = await row.evaluate(AFTER)
    assert begin >= end - 1


async def test_the_sea_is_heard_by_who_wants_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """After the first touch, and never before."""
    page = await new_page({"panel": "none", "sound": "sea"})
    await page.add_init_script(
        """globalThis.sounds = 0;
        const { start } = AudioBufferSourceNode.prototype;
        AudioBufferSourceNode.prototype.start = function (...when) {
            sounds += 1;
            start.apply(this, when);
        };"""
    )
    await open_page(page, address(bridge))
    await all_there(page)
    assert await page.evaluate("sounds") == 0
    await page.mouse.click(5, 300)
    await page.wait_for_function("() => sounds > 0")


async def test_the_page_can_be_put_among_apps(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Its policy lets the browser have manifest and icons."""
    page = await new_page()
    await open_page(page, address(bridge))
    sizes = await page.evaluate(
        """async () => {
            const { href } = document.querySelector('link[rel=manifest]');
            const answer = await fetch(href);
            const { icons } = await answer.json();
            const images = await Promise.all(icons.map(async ({ src }) => {
                const image = new Image();
                image.src = new URL(src, href);
                await image.decode();
                return image.naturalWidth;
            }));
            return [answer.headers.get('content-type'), ...images];
        }"""
    )
    assert sizes == ["application/manifest+json; charset=utf-8", 192, 512, 512]


async def test_emoji_alone_are_a_gesture(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """The figure does something, and the emoji rises; who isn't to be seen says it."""
    page = await new_page({"panel": "messages"})
    await open_world(page, bridge)
    await all_there(page)
    await come_to_life(page, bridge)
    async with coming_to_be_seen(page, IS_SAID, "\U0001f389"):
        await bridge.broadcast_message(GARDEN.id, "99", "\U0001f389", "31", id="1")
    await bridge.broadcast_edit(GARDEN.id, "99", "31", "1", None)
    await expect(bubbles(page)).to_have_count(0)

    await hold_time(page)
    await bridge.broadcast_message(GARDEN.id, "11", "\U0001f44b", "31")
    await expect(page.locator(".reacting")).to_have_text("\U0001f44b")
    await expect(feed(page)).to_contain_text("\U0001f44b")
    await hold_time(page, 1_000)  # words are looked for anew now and then
    await some_frames(page)
    await expect(bubbles(page)).to_have_count(0)
