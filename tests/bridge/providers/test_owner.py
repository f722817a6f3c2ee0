"""Asking the owner's code, which may do anything."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from bridge.providers.owner import OwnWorkCancelledError, ask, describe
from bridge.providers.records import check_mapping

LONG = 3_600.0
DECODE = 'return json.loads("rubbish")'


async def answering(answer: object) -> object:
    await asyncio.sleep(0)
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def stubborn(released: asyncio.Event) -> None:
    """Swallow every cancellation until released."""
    while not released.is_set():
        try:
            await released.wait()
        except asyncio.CancelledError:
            continue


async def test_an_answer_is_an_answer() -> None:
    """Whatever it is."""
    assert await ask(answering(7), LONG) == 7


async def test_what_it_raises_is_raised() -> None:
    """The asker decides what it means."""
    with pytest.raises(ZeroDivisionError):
        await ask(answering(ZeroDivisionError()), LONG)


async def test_no_answer_in_time() -> None:
    """Is a TimeoutError."""
    with pytest.raises(TimeoutError):
        await ask(asyncio.Event().wait(), 0.01)


async def test_work_cancelled_from_within_is_an_error_like_any_other() -> None:
    """It doesn't cancel the asker."""
    with pytest.raises(OwnWorkCancelledError):
        await ask(answering(asyncio.CancelledError()), LONG)


async def test_who_is_cancelled_while_asking_is_cancelled() -> None:
    """And so is the work."""
    work = asyncio.ensure_future(asyncio.Event().wait())
    asking = asyncio.create_task(ask(work, LONG))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking, work])
    assert asking.cancelled()
    assert work.cancelled()


async def test_work_that_swallows_cancellation_does_not_hold_the_asker() -> None:
    """It is left to itself."""
    released = asyncio.Event()
    with pytest.raises(TimeoutError):
        await ask(stubborn(released), 0.01)
    released.set()


async def test_what_work_says_after_its_time_is_not_news() -> None:
    """Nobody waits for it any more: no complaint of a lost exception."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def sulk() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ZeroDivisionError from None

    work = asyncio.ensure_future(sulk())
    with pytest.raises(TimeoutError):
        await ask(work, 0.01)
    await asyncio.wait([work])
    del work
    await asyncio.sleep(0)
    assert complaints == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "no answer in time"),
        (ValueError("a\nb\r\n\tc"), "ValueError: a b c"),
        (KeyError(), "KeyError:"),
    ],
)
def test_an_error_is_described_in_one_line(error: Exception, said: str) -> None:
    """For the log."""
    assert describe(error) == said


async def failure(work: Awaitable[object], within: float = LONG) -> Exception:
    """Ask for work that fails, and return what with."""
    try:
        await ask(work, within)
    except Exception as error:  # noqa: BLE001 - whichever it is, it is what the test is about
        return error
    raise AssertionError("it did not fail")


def line_of(text: str) -> int:
    """Tell at which line of this file a text stands alone."""
    lines = Path(__file__).read_text("utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if line.strip() == text]
    return number


async def test_a_failure_is_told_with_file_and_line() -> None:
    """Where the owner's code raised it, or called the library that did."""

    async def divide() -> object:
        return 1 / 0

    async def decode() -> object:
        return json.loads("rubbish")

    async def hurry() -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(LONG)

    told = describe(await failure(divide()))
    assert told == f"ZeroDivisionError: division by zero ({__file__}:{line_of('return 1 / 0')})"
    told = describe(await failure(decode()))
    assert told.startswith("JSONDecodeError")
    assert told.endswith(f"({__file__}:{line_of(DECODE)})")
    told = describe(await failure(hurry()))
    assert told == f"no answer in time ({__file__}:{line_of('async with asyncio.timeout(0):')})"


async def test_a_failure_of_ours_has_no_place() -> None:
    """The owner's code gave the wrong thing, or none: a line of the bridge's would mislead."""

    async def check() -> object:
        return check_mapping(7)

    assert not describe(await failure(check())).endswith(")")
    assert describe(await failure(asyncio.Event().wait(), 0.01)) == "no answer in time"
