"""Whoever holds the loop is named; a busy machine, and a loop that is merely busy, aren't."""

import asyncio
import logging
import sys
import time

import pytest

from bridge.running.loopwatch import _Watch, watched
from tests.bridge.watchers import until

LIMIT = 0.1  # seconds


def hold(seconds: float) -> None:
    """Compute for so long, of CPU time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of the loop."""
    return [record.getMessage() for record in caplog.records if record.name == "bridge.running.loopwatch"]


async def turns(times: int) -> None:
    """Let the loop come round."""
    for _ in range(times):
        await asyncio.sleep(0.005)


@pytest.fixture
def watches(monkeypatch: pytest.MonkeyPatch) -> list[_Watch]:
    """The watches that were started."""
    started: list[_Watch] = []
    start = _Watch.start

    def note_and_start(watch: _Watch) -> None:
        started.append(watch)
        start(watch)

    monkeypatch.setattr(_Watch, "start", note_and_start)
    return started


async def test_who_holds_the_loop(caplog: pytest.LogCaptureFixture, watches: list[_Watch]) -> None:
    """One turn took too long: the log says how long, and where that was."""
    with watched(LIMIT):
        [watch] = watches
        await until(watch._opened.is_set, "the first knock was heard")
        while watch._opened.is_set():
            time.sleep(0.001)  # noqa: ASYNC251 - the loop stands still until somebody knocks again
        hold(4 * LIMIT)
        await until(lambda: bool(warnings(caplog)), "it was said")
        await turns(10)
    (said,) = warnings(caplog)
    assert said.startswith("the loop was held for ")
    assert "ms of CPU time, in tests/bridge/running/test_loopwatch.py:" in said.replace("\\", "/")
    assert said.endswith("(hold)")


async def test_a_loop_that_sleeps(caplog: pytest.LogCaptureFixture) -> None:
    """Time that other programs take, or a debugger, is no work of ours."""
    with watched(LIMIT):
        await turns(10)
        time.sleep(4 * LIMIT)  # noqa: ASYNC251 - the loop stands still, as on a busy machine
        await turns(10)
    assert warnings(caplog) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what another thread has computed")
async def test_a_loop_that_sleeps_after_much_work(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was computed before the knock doesn't count, however late that came."""
    monkeypatch.setattr("bridge.running.loopwatch.PACE", 4 * LIMIT)
    with watched(LIMIT):
        for _ in range(6):
            hold(LIMIT / 2)
            time.sleep(2 * LIMIT)  # noqa: ASYNC251 - the loop stands still, as on a busy machine
            await asyncio.sleep(0)
    assert warnings(caplog) == []


async def test_a_loop_that_is_busy(caplog: pytest.LogCaptureFixture) -> None:
    """Much work in small pieces holds nobody up."""
    with watched(LIMIT):
        for _ in range(60):
            hold(LIMIT / 20)
            await asyncio.sleep(0)
    assert warnings(caplog) == []


async def test_nobody_watches(caplog: pytest.LogCaptureFixture) -> None:
    """Without a limit nothing is measured."""
    with watched(0):
        hold(2 * LIMIT)
        await turns(3)
    assert warnings(caplog) == []


async def test_it_ends_while_the_loop_is_held(caplog: pytest.LogCaptureFixture) -> None:
    """A stop doesn't wait for the watch, and the watch knocks at no loop that is closed."""
    with watched(LIMIT), caplog.at_level(logging.WARNING):
        await turns(10)
        hold(2 * LIMIT)
    await turns(3)


async def test_a_watch_that_wakes_late(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine it may be the watch itself that comes too late to see that the loop was prompt."""
    wait_until = _Watch._wait_until

    def wait_until_and_sleep(watch: _Watch, late: float) -> str | None:
        place = wait_until(watch, late)
        time.sleep(2 * LIMIT)
        return place

    monkeypatch.setattr(_Watch, "_wait_until", wait_until_and_sleep)
    with watched(LIMIT):
        for _ in range(100):  # twice as long as the watch sleeps
            hold(LIMIT / 20)
            await asyncio.sleep(0)
    assert warnings(caplog) == []
