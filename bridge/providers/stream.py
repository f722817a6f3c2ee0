"""Follows what sources tell of changes, from the beginning again whenever that breaks off."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from bridge.providers import owner
from bridge.providers.changes import Change
from bridge.providers.provider import TellsChanges
from bridge.providers.retry import growing_pauses

log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 30.0  # seconds before a source whose changes broke off is asked for them anew
MAX_WAITING: Final = 100  # changes of several sources that wait to be taken; the sources wait meanwhile

BROKEN: Final = "changes don't come in"

T = TypeVar("T")
Take = Callable[[Change], Awaitable[None]]

_backoff: Final = growing_pauses(LONGEST_PAUSE)


class Stream:
    """A source's changes as long as there are any: each is given to `take`, in order."""

    def __init__(self, source: object, take: Take) -> None:
        self.is_broken = False  # whether changes are missed at this moment
        self.has_told = False  # whether the source has ever told a change
        self._source = source
        self._take = take
        self._heard_at: float | None = None  # when this attempt began to succeed

    async def follow(self) -> None:
        """Follow until the source has no more changes; one that never tells of any has none."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Exception), wait=self._pause, before_sleep=self._note_break
        )
        try:
            await retrying(self._listen)
        finally:
            self.is_broken = False

    async def _listen(self) -> None:
        if not isinstance(self._source, TellsChanges):
            return
        try:
            async with closing(self._source.changes()) as changes:
                async for change in changes:
                    self._note_success()
                    await self._take(change)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise owner.OwnWorkCancelledError from error  # of the source's, and not of who follows it

    def _note_success(self) -> None:
        if self.is_broken:
            log.info("changes come in again")
        self.is_broken, self.has_told = False, True
        if self._heard_at is None:
            self._heard_at = asyncio.get_running_loop().time()

    def _note_break(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if not self.is_broken and isinstance(error, Exception):
            log.warning("%s: %s; trying again", BROKEN, owner.describe(error))
        log.debug("the break", exc_info=error)
        self.is_broken = True

    def _pause(self, state: RetryCallState) -> float:
        heard_at, self._heard_at = self._heard_at, None
        if heard_at is not None and asyncio.get_running_loop().time() - heard_at > LONGEST_PAUSE:
            state.attempt_number = 1  # it was no failure to begin with: pauses are short again
        return _backoff(state)


class Streams:
    """The changes of several sources. One that breaks off is followed anew, and stops none of the others."""

    def __init__(self, *sources: object) -> None:
        self._waiting: asyncio.Queue[tuple[int, Change] | None] = asyncio.Queue(MAX_WAITING)
        self._streams = [Stream(source, self._keep(place)) for place, source in enumerate(sources)]

    @property
    def is_broken(self) -> bool:
        """Whether changes of any of them are missed at this moment."""
        return any(stream.is_broken for stream in self._streams)

    async def changes(self) -> AsyncIterator[tuple[int, Change]]:
        """Tell what changes, each with its source's place among the sources."""
        self._waiting = asyncio.Queue(MAX_WAITING)  # what an earlier follower left is not ours
        following = [asyncio.create_task(self._follow(stream)) for stream in self._streams]
        try:
            for _ in following:
                while (found := await self._waiting.get()) is not None:
                    yield found
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    def _keep(self, place: int) -> Take:
        async def keep(change: Change) -> None:
            await self._waiting.put((place, change))

        return keep

    async def _follow(self, stream: Stream) -> None:
        await stream.follow()
        await self._waiting.put(None)


@asynccontextmanager
async def closing(found: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """End a generator of which nobody wants more. Other iterators have nothing to end."""
    try:
        yield found
    finally:
        if isinstance(found, AsyncGenerator):
            await found.aclose()
