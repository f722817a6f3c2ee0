"""The page itself, as a viewer's browser has it: joining, frames, simulated time, heap.

The browser is headless Chromium without a graphics card, 1280x720 or 4K; the bridge is real, and something
happens ten times a second, or a thousand times. What is promised is what the existing d-zone client was
measured against, or better.
"""

import asyncio
import contextlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bridge.limits import Limits
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bench import page_crowds, town
from tests.bench.control import AVAILABLE
from tests.bench.report import REPORT, Bar, Table, bar, progress
from tests.browser.conftest import LAUNCH_ARGS, address, find_chromium
from tests.browser.crowd import Scene

VIEW: Final = {"width": 1280, "height": 720}
FOUR_K: Final = {"width": 3840, "height": 2160}
PACE: Final = 0.1  # seconds between two things that happen
WARM: Final = 5.0  # seconds before a look
PATIENCE: Final = 60.0  # seconds to wait for a page, and for the last of its scripts
LEAST: Final = 3  # frames that a look sees, however long that takes
SPAN: Final = 10.0  # seconds of one look
REPETITIONS: Final = 3
FIRST_PAINT: Final = 300  # milliseconds, at most
FRAMES: Final = 60  # a second; so many steps does the simulation take, too
NEARLY: Final = 1.02  # what a clock may be off by


@dataclass(frozen=True)
class Wanted:
    """What is promised to a guild's viewers: milliseconds until it is there, frames a second, megabytes."""

    members: int
    joined: float
    fps: float
    heap: float


PROMISES: Final = (
    Wanted(21, 800, 60, 20),
    Wanted(1_000, 1_000, 60, 30),
    Wanted(5_000, 700, 60, 60),
    Wanted(20_000, 800, 60, 60),
    Wanted(300_000, 1_500, 60, 60),
)


@dataclass(frozen=True)
class Strain:
    """What is harder: so many pixels, or so many messages a second; and what is promised then."""

    name: str
    members: int
    view: dict[str, int]
    messages: int
    fps: float
    worst: float  # milliseconds between two frames


STRAINS: Final = (
    Strain("4K", 1_000, FOUR_K, 0, 45, math.inf),
    Strain("4K", 20_000, FOUR_K, 0, 30, math.inf),
    Strain("1,000 messages a second", 1_000, VIEW, 1_000, 30, 150),
)


@dataclass(frozen=True)
class Seen:
    """What one visit was like, in milliseconds, megabytes and by the second.

    `busy` is the processor time that a frame takes the page, `worst` the longest between two frames.
    """

    paint: float
    joined: float
    fps: float
    steps: float
    worst: float
    busy: float
    heap: float


# Tells when the people are there to be seen.
_WAIT: Final = """
globalThis.joined = new Promise((resolve) => {
  const look = () => {
    const { link, scene } = document.body?.dataset ?? {};
    if (link !== 'live' || scene !== 'room') return requestAnimationFrame(look);
    requestAnimationFrame(() => resolve(performance.now()));  // this frame is the one that shows them
  };
  look();
});
localStorage['d-zone'] = JSON.stringify({ hour: 'night' });  // lamps cost the most
"""
_COUNT: Final = """() => {
  globalThis.frames = 0;
  globalThis.worst = 0;
  globalThis.drawn = 0;
  const frame = (now) => {
    frames += 1;
    if (drawn) worst = Math.max(worst, now - drawn);
    drawn = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
_ANEW: Final = "() => { worst = drawn = 0; }"  # after it stood still
_WORST: Final = "() => worst"
_LOOK: Final = "() => [performance.now() / 1000, frames]"
_HAS: Final = "(count) => frames >= count"
_STEP: Final = "this.tick+=1"  # as the page is sent, without the spaces
# What is freed of large arrays counts off a little later.
HEAP: Final = """async () => {
  for (let twice = 0; twice < 2; twice++) {
    gc();
    await new Promise((swept) => setTimeout(swept, 200));
  }
  return performance.memory.usedJSHeapSize / 1e6;
}"""
_PAINT: Final = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure(quick: bool) -> list[Bar]:
    """Visit guilds of five sizes, some of them with much to draw or to say, and crowds."""
    try:
        find_chromium()
    except LookupError as missing:
        progress(f"page: {missing}")
        return []
    os.sched_setaffinity(0, AVAILABLE)  # a browser has more than one core
    if quick:
        return asyncio.run(_measure(PROMISES[:2], 1))
    return asyncio.run(_measure(PROMISES, REPETITIONS, crowds=page_crowds.SCENES, strains=STRAINS))


async def _measure(
    promises: Sequence[Wanted],
    repetitions: int,
    warm: float = WARM,
    span: float = SPAN,
    crowds: Mapping[str, Scene] = MappingProxyType({}),
    strains: Sequence[Strain] = (),
) -> list[Bar]:
    bars: list[Bar] = []
    rows = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[*LAUNCH_ARGS, "--enable-precise-memory-info", "--js-flags=--expose-gc"],
        )
        for wanted in promises:
            seen = [await visit(browser, wanted.members, warm, span) for _ in range(repetitions)]
            progress(f"page: {wanted.members} members")
            rows += [_row(f"{wanted.members:,}", each) for each in seen]
            bars += _bars(wanted, seen)
        for strain in strains:
            name = f"{strain.members:,}, {strain.name}"
            seen = [await _strained(browser, strain, warm, span) for _ in range(repetitions)]
            progress(f"page: {name}")
            rows += [_row(name, each) for each in seen]
            bars += _strained_bars(f"page, {name}:", strain, seen)
        if crowds:
            await page_crowds.show(browser, crowds, span)
        await browser.close()
    columns = (
        "members",
        "first paint ms",
        "joined ms",
        "fps",
        "steps/s",
        "worst frame ms",
        "busy ms/frame",
        "heap MB",
    )
    REPORT.show(Table("The page", columns, rows, f"Each visit {warm + span:.0f} s, at night, all in view."))
    return bars


def _bars(wanted: Wanted, seen: list[Seen]) -> list[Bar]:
    name = f"page, {wanted.members:,} members:"
    return [
        bar(f"{name} first paint, of 300 ms", 1, [each.paint / FIRST_PAINT for each in seen]),
        bar(f"{name} joined, of {wanted.joined:.0f} ms", 1, [each.joined / wanted.joined for each in seen]),
        bar(f"{name} {wanted.fps:.0f} fps, of those drawn", NEARLY, [wanted.fps / each.fps for each in seen]),
        bar(f"{name} real time, of that simulated", NEARLY, [FRAMES / each.steps for each in seen]),
        bar(f"{name} heap, of {wanted.heap:.0f} MB", 1, [each.heap / wanted.heap for each in seen]),
    ]


def _strained_bars(name: str, strain: Strain, seen: list[Seen]) -> list[Bar]:
    bars = [
        bar(f"{name} {strain.fps:.0f} fps, of those drawn", NEARLY, [strain.fps / each.fps for each in seen])
    ]
    if math.isfinite(strain.worst):
        worst = [each.worst / strain.worst for each in seen]
        bars.append(bar(f"{name} the longest between two frames, of {strain.worst:.0f} ms", 1, worst))
    return bars


def _row(name: str, seen: Seen) -> tuple[str, ...]:
    figures = (seen.paint, seen.joined, seen.fps, seen.steps, seen.worst)
    return (name, *(f"{one:.0f}" for one in figures), f"{seen.busy:.1f}", f"{seen.heap:.1f}")


async def _strained(browser: Browser, strain: Strain, warm: float, span: float) -> Seen:
    return await visit(browser, strain.members, warm, span, view=strain.view, messages=strain.messages)


async def visit(
    browser: Browser,
    members: int,
    warm: float,
    span: float,
    *,
    view: dict[str, int] = VIEW,
    messages: int = 0,
) -> Seen:
    """Watch a guild of so many members for a while: `warm` seconds without, and `span` with a look.

    `messages` are those that are written every second, beside what happens all the time.
    """
    people = town.members(members)
    limits = Limits(requests_per_minute=100_000)
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), limits=limits)
    server.show_guild(town.TOWN, people, town.channels(members))
    await server.start()
    lives = [asyncio.create_task(town.live(server, people, PACE))]
    if messages:
        lives.append(asyncio.create_task(town.chatter(server, people, messages)))
    page = await browser.new_page(viewport=view)  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE * 1000)
    try:
        await page.add_init_script(_WAIT)
        await page.goto(address(server))
        joined = await page.evaluate("joined")
        return await _watch(page, joined, warm, span)
    finally:
        for life in lives:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
        await page.close()
        await server.stop()


async def _watch(page: Page, joined: float, warm: float, span: float) -> Seen:
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    step = await _find_step(session)
    await page.evaluate(_COUNT)
    await page.wait_for_timeout(warm * 1000)
    ticks = await _ticks(session, step)
    await page.evaluate(_ANEW)
    (start, first), busy = await page.evaluate(_LOOK), await _busy(session)
    await page.wait_for_timeout(span * 1000)
    await page.wait_for_function(_HAS, arg=first + LEAST)
    (end, last), busy = await page.evaluate(_LOOK), await _busy(session) - busy
    worst = await page.evaluate(_WORST)
    ticks = await _ticks(session, step) - ticks
    return Seen(
        paint=await page.evaluate(_PAINT),
        joined=joined,
        fps=(last - first) / (end - start),
        steps=ticks / (end - start),
        worst=worst,
        busy=1000 * busy / (last - first),
        heap=await page.evaluate(HEAP),
    )


async def _ticks(session: CDPSession, script: tuple[str, int, int]) -> int:
    """Read how many steps the simulation has taken; for that, the page stands still for a moment."""
    script_id, line, column = script
    place = {"scriptId": script_id, "lineNumber": line, "columnNumber": column}
    paused: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    session.once("Debugger.paused", lambda event: paused.set_result(event))  # noqa: PLW0108 - it wants a function
    breakpoint_ = await session.send("Debugger.setBreakpoint", {"location": place})
    frame = (await paused)["callFrames"][0]["callFrameId"]
    asked = {"callFrameId": frame, "expression": "this.tick"}
    answer = await session.send("Debugger.evaluateOnCallFrame", asked)
    await session.send("Debugger.removeBreakpoint", {"breakpointId": breakpoint_["breakpointId"]})
    await session.send("Debugger.resume")
    return int(answer["result"]["value"])


async def _find_step(session: CDPSession) -> tuple[str, int, int]:
    """Find where the simulation counts its steps: in which script, at which line and column.

    That script may still be on its way: people move after the first picture.
    """
    scripts: asyncio.Queue[str] = asyncio.Queue()
    session.on("Debugger.scriptParsed", lambda parsed: scripts.put_nowait(parsed["scriptId"]))
    await session.send("Debugger.enable")
    async with asyncio.timeout(PATIENCE):
        while True:
            script = await scripts.get()
            source = (await session.send("Debugger.getScriptSource", {"scriptId": script}))["scriptSource"]
            before, found, _ = source.partition(_STEP)
            if found:
                return script, before.count("\n"), len(before) - before.rfind("\n") - 1


async def _busy(session: CDPSession) -> float:
    """Tell for how many seconds the page has kept a processor busy."""
    answer = await session.send("Performance.getMetrics")
    seconds: float = next(metric["value"] for metric in answer["metrics"] if metric["name"] == "TaskDuration")
    return seconds
