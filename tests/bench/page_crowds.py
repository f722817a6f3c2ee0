"""Crowds on the page: for how long it keeps its thread, and with it the browser, from anything else.

What counts is the processor time of each task of the page's main thread, from when a bridge within the page
sends all of its people at once: it is the same however much else the machine has to do, or nearly.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from playwright.async_api import Browser, expect

from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bench.report import REPORT, Table, progress
from tests.browser.conftest import address
from tests.browser.crowd import ENDLESS, MOVING, ONE_PLACE, Scene, within

SCENES: Final[Mapping[str, Scene]] = {
    "5,000 in 200 voice channels, who all move": MOVING,
    "50,000 and one channel": ONE_PLACE,
    "100,000, more than there can be": ENDLESS,
}
LONG: Final = 50.0  # milliseconds: a task that takes longer is felt
_SHOWN: Final = 4  # of the longest tasks
_PATIENCE: Final = 90_000  # milliseconds, until the people are seen
_TRACED: Final = ["disabled-by-default-devtools.timeline", "toplevel", "blink.user_timing", "__metadata"]
_LIVE: Final = """(people) => {
  let number = 0;
  setInterval(() => {
    const uid = String(200000000000000000n + BigInt((number += 1) * 7919 % people));
    tell('message', { uid, message: 'hello there', channel: '3000', id: String(number) });
    tell('presence', { uid, status: number % 2 ? 'idle' : 'dnd' });
  }, 100);
}"""


async def show(browser: Browser, scenes: Mapping[str, Scene], span: float) -> None:
    """Watch each of the scenes, and print what its tasks took."""
    rows = []
    for name, scene in scenes.items():
        tasks = sorted(await watch(browser, scene, span), reverse=True)
        longest = " ".join(f"{each:.0f}" for each in tasks[:_SHOWN])
        rows.append((name, longest, str(sum(each > LONG for each in tasks)), f"{sum(tasks) / 1000:.1f}"))
        progress(f"page: {name}")
    columns = ("crowd", "longest tasks ms", f"over {LONG:.0f} ms", "all tasks s")
    note = f"Processor time of the main thread's tasks, until {span:.0f} s after the people are there."
    REPORT.show(Table("Crowds on the page", columns, rows, note))


async def watch(browser: Browser, scene: Scene, span: float) -> list[float]:
    """Tell how many milliseconds of processor time each task took."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    await server.start()
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(_PATIENCE)
    try:
        await page.add_init_script(f"localStorage['d-zone'] = '{{\"hour\":\"night\"}}'; {within(scene)}")
        await browser.start_tracing(page=page, categories=_TRACED)
        await page.goto(address(server))
        await expect(page.locator("#world.awake")).to_be_visible(timeout=_PATIENCE)
        if scene is MOVING:
            await page.evaluate("moves()")
        await page.evaluate(_LIVE, scene.people)
        await page.wait_for_timeout(span * 1000)
        return _tasks(json.loads(await browser.stop_tracing())["traceEvents"])
    finally:
        await page.close()
        await server.stop()


def _tasks(trace: list[dict[str, Any]]) -> list[float]:
    """Find the tasks of the thread on which the crowd came, since then."""
    [came] = (each for each in trace if each["name"] == "crowd" and "blink.user_timing" in each["cat"])
    return [
        each["tdur"] / 1000
        for each in trace
        if each["name"] == "RunTask"
        and each["ph"] == "X"  # one that has ended
        and (each["pid"], each["tid"]) == (came["pid"], came["tid"])
        and each["ts"] + each["dur"] >= came["ts"]
    ]
