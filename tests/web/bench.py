"""How fast the world is in a headless browser: `python tests/web/bench.py [members ...]`.

Milliseconds are processor time of the page's main thread, so that a busy machine changes little.
"""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

from playwright.async_api import Browser, CDPSession, async_playwright

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = (21, 1_000, 5_000, 20_000)
SPAN: Final = 5.0  # seconds to warm up, and again to measure
ARGS: Final = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"]


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def _busy(session: CDPSession) -> float:
    """Tell for how many milliseconds the page has kept a processor busy."""
    answer = await session.send("Performance.getMetrics")
    seconds: float = next(metric["value"] for metric in answer["metrics"] if metric["name"] == "TaskDuration")
    return 1000 * seconds


async def measure(browser: Browser, url: str, members: int) -> str:
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.goto(f"{url}/tests/web/bench.html?n={members}")
    await page.wait_for_function("window.bench", timeout=60_000)
    joining = await _busy(session)
    await page.wait_for_timeout(SPAN * 1000)
    before, busy_before = await page.evaluate("bench()"), await _busy(session)
    await page.wait_for_timeout(SPAN * 1000)
    after, busy_after = await page.evaluate("bench()"), await _busy(session)
    heap = await page.evaluate("gc(), performance.memory.usedJSHeapSize")
    await page.close()
    frames = after["frames"] - before["frames"]
    fps = frames / (after["at"] - before["at"]) * 1000
    each = (busy_after - busy_before) / frames
    return f"{members:7}{joining:12.0f}{each:12.1f}{fps:6.0f}{heap / 1e6:10.1f}"


async def main(sizes: Sequence[int]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
    Thread(target=server.serve_forever, daemon=True).start()
    print("members  ms to join  ms a frame   fps   heap MB")  # noqa: T201
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        for members in sizes:
            print(await measure(browser, f"http://127.0.0.1:{server.server_port}", members))  # noqa: T201
        await browser.close()
    server.shutdown()


if __name__ == "__main__":
    asyncio.run(main([int(argument) for argument in sys.argv[1:]] or SIZES))
