"""Whoever holds the loop is named; a busy machine, and a loop that is merely busy, aren't."""

import asyncio
import logging
import time

import pytest

from bridge.running.loopwatch import _Watch, watched

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


async def test_who_holds_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    """One turn took too long: the log says how long, and where that was."""
    with watched(LIMIT):
        await turns(10)
        hold(4 * LIMIT)
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
