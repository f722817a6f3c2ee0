"""Worlds with very many people: the page goes on drawing while they come, and can be used after it."""

from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from bridge.model import Member
from bridge.server import WebSocketServer

from .conftest import CHANNELS, GARDEN, OpenPage, address, only_chromium
from .crowd import ENDLESS, MOVING, ONE_PLACE, Scene, within
from .scene import bubble, feed, heading, member, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW: Final = 90_000  # milliseconds, on a machine that does other things besides


async def crowded(new_page: OpenPage, bridge: WebSocketServer, scene: Scene) -> tuple[Page, dict[str, Any]]:
    """Open a page on a crowd; return it once it is seen, with how many frames there were meanwhile."""
    page = await new_page({"panel": "messages"})
    await page.add_init_script(within(scene))
    await page.goto(address(bridge))
    await expect(page.locator("#world.awake")).to_be_visible(timeout=SLOW)
    frames: dict[str, Any] = await page.evaluate("frames")
    return page, frames


async def use(page: Page) -> None:
    """Read what somebody says, and find somebody."""
    await page.evaluate(
        "tell('message', { uid: '200000000000000007', message: 'Still here', channel: '3000' })"
    )
    await expect(feed(page)).to_contain_text("Still here", timeout=SLOW)
    await tool(page, "Members").click(timeout=SLOW)
    await page.get_by_role("searchbox").fill("Somebody 4321")
    await expect(member(page, "Somebody 4321")).to_be_visible(timeout=SLOW)


@only_chromium
async def test_thousands_in_two_hundred_voice_channels(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """They come, and then all of them change places at once."""
    page, frames = await crowded(new_page, bare_bridge, MOVING)
    assert frames["rising"] >= 2
    await expect(heading(page, "The Town")).to_be_visible()
    await page.evaluate("moves()")
    await use(page)


@only_chromium
async def test_tens_of_thousands_and_one_channel(bare_bridge: WebSocketServer, new_page: OpenPage) -> None:
    page, frames = await crowded(new_page, bare_bridge, ONE_PLACE)
    assert frames["reading"] >= 5
    assert frames["rising"] >= 5
    await expect(page.locator("#counts")).to_contain_text("50,000")
    await use(page)


@only_chromium
async def test_a_bridge_that_sends_more_people_than_there_can_be(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """As many are shown as a page can bear; who comes later is left out."""
    page, frames = await crowded(new_page, bare_bridge, ENDLESS)
    assert frames["reading"] >= 10
    await page.evaluate("tell('presence', { uid: '1', username: 'Too many', status: 'online' })")
    await expect(page.locator("#counts")).to_contain_text("50,000")
    await use(page)


@only_chromium
async def test_who_arrives_late_and_looks_for_somebody_in_a_crowd(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """What was said before can be read; who is followed is found, and what one knows comes but once."""
    size = 1_700  # more than the page has listed
    people = [Member(str(86913608335773696 + i), f"Person {i}", "online", "#e06c75") for i in range(size)]
    bare_bridge.show_guild(replace(GARDEN, recent=True), people, CHANNELS)
    long = " and on" * 60  # so that its bubble stays for as long as it takes to see it
    for number in range(5):
        await bare_bridge.broadcast_message(
            GARDEN.id, people[number].uid, f"Said {number}{long}", CHANNELS[0].id, id=str(number)
        )
    page = await new_page({"panel": "messages"})
    await page.goto(address(bare_bridge))
    await expect(bubble(page, "Said 4")).to_have_count(1, timeout=SLOW)
    await page.goto(address(bare_bridge, f"?follow={people[-1].uid}"))
    await expect(feed(page).get_by_role("article")).to_have_count(5, timeout=SLOW)
    await expect(page.locator("#following")).to_contain_text(people[-1].username, timeout=SLOW)
    bare_bridge.forget_messages(GARDEN.id, ["3"])
    await expect(feed(page).get_by_role("article")).to_have_count(4)
