"""No task ends unheard, and none outlives its owner."""

import asyncio
import logging

import pytest

from bridge.running.tasks import Tasks

log = logging.getLogger("tests.tasks")


@pytest.fixture
def tasks() -> Tasks:
    """The tasks of somebody."""
    return Tasks(log, "somebody")


async def forever() -> None:
    """Wait for nothing."""
    await asyncio.Event().wait()


async def test_a_failure_is_logged_when_it_happens(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """Who failed, at what, and why."""

    async def fail() -> None:
        raise ZeroDivisionError

    await asyncio.wait({tasks.start(fail(), "dividing")})
    assert caplog.messages == ["a task of somebody failed: dividing"]
    assert "ZeroDivisionError" in caplog.text


async def test_what_succeeds_is_no_news(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """It is told to whoever debugs; what came of it is for those who wait."""
    caplog.set_level("DEBUG", log.name)

    async def count() -> int:
        return 3

    assert await tasks.start(count(), "counting") == 3
    await asyncio.sleep(0)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


async def test_all_end_with_their_owner(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """To be stopped is no failure."""
    started = [tasks.start(forever(), "waiting") for _ in range(3)]
    await tasks.stop()
    assert all(task.cancelled() for task in started)
    assert caplog.messages == []
    await tasks.stop()


async def test_a_task_may_stop_its_owner(tasks: Tasks) -> None:
    """It ends the others and goes on."""
    other = tasks.start(forever(), "waiting")

    async def stop() -> str:
        await tasks.stop()
        return "done"

    assert await tasks.start(stop(), "stopping") == "done"
    assert other.cancelled()


async def test_a_failure_while_stopping_is_logged(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """Also what goes wrong on the way out."""

    async def fail_late() -> None:
        try:
            await forever()
        finally:
            raise ZeroDivisionError

    tasks.start(fail_late(), "leaving")
    await asyncio.sleep(0)
    await tasks.stop()
    await asyncio.sleep(0)
    assert "ZeroDivisionError" in caplog.text
