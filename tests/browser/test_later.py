"""What the page fetches when there is a picture already, and what it does when that can't be had."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Self

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.site.http import WEB_DIR
from tests.bench import town
from tests.bridge.watchers import fetch

from .conftest import CHANNELS, GARDEN, GARDENERS, OpenPage, address, only_chromium
from .moments import lasting
from .scene import bubble, feed, heading, label, member, nameless, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

PART: Final = "/ui/later."
ASKED: Final = f"**{PART}*"
AT_TOUCH: Final = "/ui/touched."
LIFE: Final = "/ui/life."
BUILDER: Final = "/world/town."
INCOMPLETE: Final = "This page could not be loaded completely."


class Barrier:
    """Lets nothing through that a page asks for, until it is lifted.

    To take a route away instead would trip over whoever is at it just then.
    """

    def __init__(self) -> None:
        self.is_lifted = False

    @classmethod
    async def across(cls, page: Page, addresses: str) -> Self:
        """Put one up."""
        barrier = cls()
        await page.route(addresses, barrier._answer)
        return barrier

    async def _answer(self, route: Route) -> None:
        await (route.continue_() if self.is_lifted else route.abort())


@pytest_asyncio.fixture(loop_scope="session")
async def own_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[WebSocketServer, Path]]:
    """A bridge whose page may be changed, and the folder that is in."""
    folder = shutil.copytree(WEB_DIR, tmp_path / "web")
    monkeypatch.setattr("bridge.site.http.WEB_DIR", folder)
    server = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider())
    server.static_dir = folder
    server.show_guild(GARDEN, GARDENERS, CHANNELS)
    await server.start()
    yield server, folder
    await server.stop()


async def test_what_does_not_come_is_told_and_tried_again(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Meanwhile the world lives, and what is said then can be read afterwards."""
    page = await new_page(may_miss=PART)
    barrier = await Barrier.across(page, ASKED)
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(page.locator("#world.awake")).to_be_visible()
    await expect(page.get_by_text(INCOMPLETE)).to_be_visible()
    await page.get_by_role("button", name="Close", exact=True).click()
    await expect(page.get_by_text(INCOMPLETE)).to_have_count(0)
    await tool(page, "Settings").click()
    await expect(page.get_by_text(INCOMPLETE)).to_be_visible()
    await page.keyboard.press("Escape")
    await bridge.broadcast_message(GARDEN.id, "11", lasting("Is anybody there?"), "31")
    await expect(member(page, "Ada")).to_have_count(0)

    barrier.is_lifted = True
    await tool(page, "Settings").click()
    await expect(page.get_by_role("combobox", name="Time of day")).to_be_visible()
    await expect(page.get_by_text(INCOMPLETE)).to_have_count(0)
    await expect(member(page, "Ada")).to_be_visible()
    await expect(label(page, "Ada")).to_have_count(1)
    await expect(bubble(page, "Is anybody there?")).to_be_visible()
    await expect(feed(page)).to_contain_text("Is anybody there?")


async def test_what_happens_before_anybody_can_move_is_done_then(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """People stand where they are meanwhile, and nothing of what is told is lost."""
    page = await new_page(may_miss=LIFE)
    barrier = await Barrier.across(page, f"**{LIFE}*")
    await page.goto(address(bridge))
    await expect(page.locator("#world.awake")).to_be_visible()
    await expect(label(page, "Ada")).to_have_count(1)
    await bridge.broadcast_presence(GARDEN.id, "77", "online", "Zoe")
    await bridge.broadcast_message(GARDEN.id, "77", "Just landed", "31")
    await bridge.broadcast_presence(GARDEN.id, "11", "offline", delete=True)
    barrier.is_lifted = True
    await tool(page, "Settings").click()  # whoever wants something needn't wait for the next try
    await expect(feed(page)).to_contain_text("Just landed")
    await expect(label(page, "Zoe")).to_have_count(1)
    await expect(label(page, "Ada")).to_have_count(0)


async def test_an_update_under_an_open_page(
    own_page: tuple[WebSocketServer, Path], new_page: OpenPage
) -> None:
    """What it would have asked for is gone: it says so, goes on as it is, and a reload mends it."""
    server, folder = own_page
    page = await new_page(may_miss="/ui/")
    barrier = await Barrier.across(page, ASKED)
    await page.goto(address(server))
    await expect(heading(page, "The Garden")).to_be_visible()
    before = (await fetch(server, "/main.js")).body
    with (folder / "ui" / "labels.js").open("a") as module:
        module.write("export const another = 1;\n")

    while (await fetch(server, "/main.js")).body == before:  # it looks once a second
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    barrier.is_lifted = True
    await tool(page, "Settings").click()
    await expect(page.get_by_text(INCOMPLETE)).to_be_visible()
    await page.get_by_role("button", name="Reload").click()
    await expect(member(page, "Ada")).to_be_visible()
    await expect(page.get_by_text(INCOMPLETE)).to_have_count(0)


async def test_who_has_the_page_needs_nobody(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """What opens only when somebody asks for it comes as soon as they touch the page."""
    page = await new_page({"panel": "none"})
    asked: list[str] = []
    await page.goto(address(bridge))
    await expect(label(page, "Ada")).to_have_count(1)
    async with page.expect_response(f"**{AT_TOUCH}*js"), page.expect_response(f"**{AT_TOUCH}*css"):
        await page.mouse.move(200, 200)
    page.on("request", lambda request: asked.append(request.url))
    for name in ("What is what", "Settings"):
        await tool(page, name).click()
        await expect(heading(page, name)).to_be_visible()
    await expect(page.get_by_role("combobox", name="Time of day")).to_be_visible()
    assert asked == []


async def test_a_town_waits_for_what_builds_it(bare_bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A village goes on as one meanwhile, and has its houses when that is there."""
    bare_bridge.show_guild(town.TOWN, town.members(80), town.channels(80))
    page = await new_page({"panel": "none"}, may_miss=BUILDER)
    barrier = await Barrier.across(page, f"**{BUILDER}*")
    await page.goto(address(bare_bridge))
    await expect(page.get_by_text(INCOMPLETE)).to_be_visible()
    await expect(page.locator("#world.awake")).to_have_count(0)
    barrier.is_lifted = True
    await tool(page, "Settings").click()  # whoever wants something needn't wait for the next try
    await expect(page.locator("#world.awake")).to_be_visible()
    await expect(page.get_by_text(INCOMPLETE)).to_have_count(0)


async def test_a_camp_that_becomes_a_town_asks_for_it(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    bare_bridge.show_guild(town.TOWN, town.members(10), town.channels(10))
    page = await new_page({"panel": "none"})
    await page.goto(address(bare_bridge))
    await expect(page.locator("#world.awake")).to_be_visible()
    async with page.expect_response(f"**{BUILDER}*"):
        bare_bridge.show_guild(town.TOWN, town.members(80), town.channels(80))


async def test_words_that_do_not_come_are_asked_for_again(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Without them there is no page."""
    page = await new_page(may_miss="/i18n/")
    tries = 0

    async def fail_once(route: Route) -> None:
        nonlocal tries
        tries += 1
        await (route.abort() if tries == 1 else route.continue_())

    await page.route("**/i18n/en.*", fail_once)
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    assert tries == 2


@only_chromium
async def test_all_of_it_stands_below_a_path(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """As behind a proxy that serves other things besides. Its socket isn't there, so no picture is."""
    page = await new_page(may_miss="/zone/")

    async def strip(route: Route) -> None:
        await route.fulfill(response=await route.fetch(url=route.request.url.replace("/zone/", "/", 1)))

    await page.route("**/zone/**", strip)
    await page.goto(f"{address(bridge)}zone/")
    await tool(page, "Settings").click()
    await expect(page.get_by_role("combobox", name="Time of day")).to_be_visible()
    assert await loaded(page) == {
        "/zone/main.js",
        "/zone/ui/later.js",
        "/zone/ui/touched.js",
        "/zone/i18n/en.js",
        "/zone/i18n/en-more.js",
    }


async def loaded(page: Page) -> set[str]:
    """Which scripts a page has fetched, whatever their content."""
    urls = await page.evaluate("() => performance.getEntriesByType('resource').map(({ name }) => name)")
    return {nameless(url) for url in urls if url.endswith(".js")}
