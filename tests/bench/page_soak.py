"""`python -m tests.bench.page_soak`: a page that is left open, and what becomes of it in an hour.

The guild lives, members come and go, the connection breaks now and then. The page may have nothing to
complain about, and no more memory at the end than when it had settled.
"""

import argparse
import asyncio
import contextlib
import itertools
import sys
from collections.abc import AsyncIterator
from typing import Final

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from bridge.model import Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bench import town
from tests.bench.page import HEAP, VIEW
from tests.bench.report import middle, progress
from tests.browser.conftest import LAUNCH_ARGS, REFUSED, address, find_chromium

MEMBERS: Final = 200
PACE: Final = 0.5  # seconds between two things that happen
BREAKS: Final = 7  # minutes between two losses of the connection
FERRY: Final = 5.0  # seconds between a member who comes and one who goes
SETTLED: Final = 5  # minutes at each end whose heaps are compared
GROWTH: Final = 1.1  # the most that the heap may have grown
_DOM: Final = "() => document.querySelectorAll('*').length"


def main() -> int:
    """Run the command; return its exit code: 1 for complaints, or a heap that grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.page_soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="how long to watch (60)")
    return asyncio.run(_soak(parser.parse_args().minutes))


async def _soak(minutes: int) -> int:
    complaints: list[str] = []
    heaps: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[*LAUNCH_ARGS, "--enable-precise-memory-info", "--js-flags=--expose-gc"],
        )
        async with _lively_bridge() as server:
            page = await _open(browser, server, complaints)
            for minute in range(1, minutes + 1):
                await asyncio.sleep(60)
                if minute % BREAKS == 0:
                    for connection in server.connections:
                        connection.transport.abort()
                heaps.append(await page.evaluate(HEAP))
                nodes, link = await page.evaluate(_DOM), await page.evaluate("document.body.dataset.link")
                progress(f"minute {minute}: heap {heaps[-1]:.1f} MB, {nodes} nodes, {link}")
        await browser.close()
    growth = middle(heaps[-SETTLED:]) / middle(heaps[:SETTLED])
    progress(f"heap at the end, of that at the beginning: {growth:.2f}; complaints: {complaints or 'none'}")
    return 1 if complaints or growth > GROWTH else 0


async def _open(browser: Browser, server: WebSocketServer, complaints: list[str]) -> Page:
    page = await browser.new_page(viewport=VIEW)  # type: ignore[arg-type]

    def note(message: ConsoleMessage) -> None:
        is_refused = any(words in message.text for words in REFUSED)
        if message.type in ("error", "warning") and not is_refused:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(address(server))
    return page


@contextlib.asynccontextmanager
async def _lively_bridge() -> AsyncIterator[WebSocketServer]:
    people = town.members(MEMBERS)
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    server.show_guild(town.TOWN, people, town.channels(MEMBERS))
    await server.start()
    lives = [
        asyncio.create_task(town.live(server, people, PACE)),
        asyncio.create_task(_come_and_go(server)),
    ]
    yield server
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    await server.stop()


async def _come_and_go(server: WebSocketServer) -> None:
    for number in itertools.count(1):
        server.show_members(town.TOWN.id, [Member(str(number), f"Guest {number}", "online")])
        await asyncio.sleep(FERRY)
        if number > 3:
            server.hide_members(town.TOWN.id, [str(number - 3)])


if __name__ == "__main__":
    sys.exit(main())
