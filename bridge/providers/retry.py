"""Trying again what may pass, after pauses that grow and are never quite the same for two who wait."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from tenacity.wait import wait_base

FIRST_PAUSE: Final = 0.2  # seconds
ATTEMPTS: Final = 3  # to answer one question: somebody waits for it

T = TypeVar("T")


def growing_pauses(longest: float) -> wait_base:
    """Wait 0.2 seconds and a little, and each time twice as long, but not longer than `longest` seconds."""
    return wait_exponential(multiplier=FIRST_PAUSE, max=longest) + wait_random(0, FIRST_PAUSE)


async def persist(ask: Callable[[], Awaitable[T]], may_pass: Callable[[BaseException], bool]) -> T:
    """Ask up to three times, as long as what goes wrong may pass.

    An error with `retry_after` says for how many seconds to wait at least.

    Raises:
        Exception: what `ask` raised at last.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception(may_pass), stop=stop_after_attempt(ATTEMPTS), wait=_pause, reraise=True
    )

    async def attempt() -> T:  # tenacity awaits what is async itself, and no function that returns such
        return await ask()

    answer: T = await retrying(attempt)
    return answer


_pauses: Final = growing_pauses(longest=2.0)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_pauses(state), getattr(error, "retry_after", 0.0))
