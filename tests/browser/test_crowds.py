"""Worlds with very many people: the page goes on drawing while they come, and can be used after it."""

import json
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from bridge.server import WebSocketServer

from .conftest import OpenPage, address, only_chromium
from .scene import feed, heading, member, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW: Final = 90_000  # milliseconds, on a machine that does other things besides

# A bridge within the page, so that what it sends is there at once and in one piece, however much it is. It
# counts the frames from there until all of it is read, and until it is to be seen.
_BRIDGE: Final = """((scene) => {
  const uid = (i) => String(200000000000000000n + BigInt(i));
  const channel = (i) => String(3000 + i);
  const voice = (i) => ({ channel: channel(i % scene.voices), channelName: `voice ${i % scene.voices}` });
  const user = (i) => ({
    uid: uid(i), username: `Somebody ${i}`, status: 'online', roleColor: '#e06c75',
    voice: scene.voices ? voice(i) : null,
  });
  const kind = (i) => (i < scene.voices ? 'voice' : 'text');
  const place = (i) => ({ name: `place ${i}`, kind: kind(i), category: '', position: i });
  const moved = (i) => ({ type: 'voice', data: { uid: uid(i), ...voice(i + 1) } });
  const users = Object.fromEntries(Array.from({ length: scene.people }, (_, i) => [uid(i), user(i)]));
  const channels = Object.fromEntries(Array.from({ length: scene.places }, (_, i) => [channel(i), place(i)]));
  const data = { request: { server: 'town' }, serverName: 'The Town', users, channels };
  const snapshot = JSON.stringify({ type: 'server-join', data });
  globalThis.frames = { reading: 0, rising: 0 };
  const isThere = (selector) => document.querySelector(selector)?.matches('.awake, #counts:not(:empty)');
  const look = () => {
    if (!isThere('#counts')) frames.reading += 1;
    else if (!isThere('#world')) frames.rising += 1;
    requestAnimationFrame(look);
  };
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() {
      const send = (frame) => this.onmessage({ data: JSON.stringify(frame) });
      globalThis.tell = (type, data) => send({ type, data });
      globalThis.moves = () =>
        send({ type: 'batch', events: Array.from({ length: scene.people }, (_, i) => moved(i)) });
      setTimeout(() => this.onopen());
    }
    send() {
      if (globalThis.tellsAll) return;
      globalThis.tellsAll = true;
      requestAnimationFrame(look);
      this.onmessage({ data: snapshot });
    }
    close() {}
  };
})"""


async def crowded(new_page: OpenPage, bridge: WebSocketServer, **scene: int) -> tuple[Page, dict[str, Any]]:
    """Open a page on a crowd; return it once it is seen, with how many frames there were meanwhile."""
    page = await new_page({"panel": "messages"})
    await page.add_init_script(f"{_BRIDGE}({json.dumps(scene)})")
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
    page, frames = await crowded(new_page, bare_bridge, people=5_000, places=220, voices=200)
    assert frames["rising"] >= 2
    await expect(heading(page, "The Town")).to_be_visible()
    await page.evaluate("moves()")
    await use(page)


@only_chromium
async def test_tens_of_thousands_and_one_channel(bare_bridge: WebSocketServer, new_page: OpenPage) -> None:
    page, frames = await crowded(new_page, bare_bridge, people=50_000, places=1, voices=0)
    assert frames["reading"] >= 5
    assert frames["rising"] >= 5
    await expect(page.locator("#counts")).to_contain_text("50,000")
    await use(page)


@only_chromium
async def test_a_bridge_that_sends_more_people_than_there_can_be(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """As many are shown as a page can bear; who comes later is left out."""
    page, frames = await crowded(new_page, bare_bridge, people=100_000, places=60, voices=40)
    assert frames["reading"] >= 10
    await page.evaluate("tell('presence', { uid: '1', username: 'Too many', status: 'online' })")
    await expect(page.locator("#counts")).to_contain_text("50,000")
    await use(page)
