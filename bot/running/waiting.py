"""Waiting at the start for what begins at the same time, as where a machine starts all of it."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay

from bridge.providers.retry import growing_pauses

PATIENCE: Final = 60.0  # seconds; then whoever restarts the bot may look at what is wrong
LONGEST: Final = 5.0  # seconds between two tries

T = TypeVar("T")

log = logging.getLogger(__name__)


async def until_there(
    what: str, reach: Callable[[], Awaitable[T]], missing: Callable[[BaseException], str]
) -> T:
    """Try to reach something until it is there, or for a minute; say once that it is waited for.

    `missing` says of an error what isn't there yet, and nothing where waiting is of no use.

    Raises:
        Exception: what `reach` raised at last.
    """
    is_told = False

    def tell(state: RetryCallState) -> None:
        nonlocal is_told
        error = state.outcome.exception() if state.outcome else None
        if error is not None and not is_told:
            is_told = True
            log.warning(
                "%s can't be reached yet (%s): waiting for it, up to %.0f seconds",
                what,
                missing(error),
                PATIENCE,
            )

    async def attempt() -> T:  # tenacity awaits what is async itself, and no function that returns such
        return await reach()

    reached: T = await AsyncRetrying(
        retry=retry_if_exception(lambda error: bool(missing(error))),
        stop=stop_after_delay(PATIENCE),
        wait=growing_pauses(LONGEST),
        before_sleep=tell,
        reraise=True,
    )(attempt)
    if is_told:
        log.info("%s can be reached now", what)
    return reached
