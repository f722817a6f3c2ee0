"""Following what sources tell of changes: in order, anew when it breaks off, to a clean end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Self

import pytest
from tenacity import RetryCallState

from bridge.providers import stream
from bridge.providers.changes import AllOutdated, Change, ServersOutdated, UserLeft, UsersOutdated
from bridge.providers.retry import growing_pauses, persist
from bridge.providers.stream import Stream, Streams, closing
from tests.bridge.told import Teller
from tests.bridge.watchers import PATIENCE, until

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Don't pause between attempts; note how many there were before each pause."""
    attempts: list[int] = []

    def no_pause(state: RetryCallState) -> float:
        attempts.append(state.attempt_number)
        return 0.0

    monkeypatch.setattr(stream, "_backoff", no_pause)
    return attempts


class Taker:
    """Takes changes."""

    def __init__(self) -> None:
        self.taken: list[Change] = []

    async def take(self, change: Change) -> None:
        self.taken.append(change)


async def follow(followed: Stream) -> None:
    async with asyncio.timeout(PATIENCE):
        await followed.follow()


ONE, TWO, THREE = UserLeft("1", "1"), UsersOutdated("2"), ServersOutdated()


# One source


async def test_changes_come_in_order() -> None:
    """Until there are no more."""
    teller, taker = Teller(), Taker()
    teller.tell(ONE, TWO, THREE)
    teller.end()
    await follow(Stream(teller, taker.take))
    assert taker.taken == [ONE, TWO, THREE]


async def test_who_tells_nothing_is_followed_to_the_end() -> None:
    """Not every provider has changes."""
    taker = Taker()
    await follow(Stream(object(), taker.take))
    assert not taker.taken


@pytest.mark.parametrize(
    "fault", [OSError("gone"), KeyError("x"), asyncio.CancelledError("inside")], ids=repr
)
async def test_what_breaks_off_begins_again(fault: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Said once, and once when it is mended."""
    teller, taker = Teller(), Taker()
    teller.tell(ONE)
    for _ in range(3):
        teller.break_off(fault)
    teller.tell(TWO)
    teller.end()
    with caplog.at_level(logging.INFO):
        await follow(Stream(teller, taker.take))
    assert taker.taken == [ONE, TWO]
    assert teller.begun == 4
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_it_is_broken_until_something_is_heard_again() -> None:
    """To be connected is not enough: a source says so with its first change."""
    teller, taker = Teller(), Taker()
    followed = Stream(teller, taker.take)
    following = asyncio.create_task(followed.follow())
    teller.break_off()
    await until(lambda: teller.begun == 2, "it has begun again")
    assert followed.is_broken
    teller.tell(ONE)
    await until(lambda: not followed.is_broken, "it works")
    teller.break_off()
    await until(lambda: followed.is_broken, "it broke again")
    following.cancel()
    await asyncio.wait([following])
    assert not followed.is_broken  # nobody misses anything


async def test_pauses_grow_while_it_does_not_work(hasty: list[int]) -> None:
    """Also if it seems to, for a moment."""
    teller, taker = Teller(), Taker()
    teller.break_off()
    teller.break_off()
    teller.tell(ONE)
    teller.break_off()
    teller.end()
    await follow(Stream(teller, taker.take))
    assert hasty == [1, 2, 3]


async def test_pauses_are_short_again_after_it_worked(
    hasty: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while."""
    monkeypatch.setattr(stream, "LONGEST_PAUSE", -1.0)  # any while is long enough
    teller, taker = Teller(), Taker()
    for _ in range(3):
        teller.tell(ONE)
        teller.break_off()
    teller.end()
    await follow(Stream(teller, taker.take))
    assert hasty == [1, 1, 1]


async def test_who_follows_may_be_cancelled() -> None:
    """The source is told, before anything else happens."""
    teller, taker = Teller(), Taker()
    following = asyncio.create_task(Stream(teller, taker.take).follow())
    await until(lambda: teller.listeners == 1, "it is followed")
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert teller.listeners == 0


async def test_an_iterator_need_not_be_a_generator() -> None:
    """Anything that `async for` takes will do."""

    class Changes:
        def __init__(self) -> None:
            self._left: list[Change] = [ONE, TWO]

        def changes(self) -> AsyncIterator[Change]:
            return self

        def __aiter__(self) -> Self:
            return self

        async def __anext__(self) -> Change:
            if not self._left:
                raise StopAsyncIteration
            return self._left.pop()

    taker = Taker()
    await follow(Stream(Changes(), taker.take))
    assert taker.taken == [TWO, ONE]


# Several sources


async def test_changes_of_several_sources() -> None:
    """Each with its source's place, each source's in order."""
    tellers = [Teller(), Teller()]
    for teller in tellers:
        teller.tell(ONE, TWO)
        teller.end()
    async with closing(Streams(*tellers).changes()) as changes, asyncio.timeout(PATIENCE):
        told = [found async for found in changes]
    for place in range(2):
        assert [change for where, change in told if where == place] == [ONE, TWO]


async def test_one_that_breaks_stops_none_of_the_others() -> None:
    """It begins again by itself."""
    broken, whole = Teller(), Teller()
    streams = Streams(broken, whole, object())
    async with closing(streams.changes()) as changes, asyncio.timeout(PATIENCE):
        broken.break_off()
        await until_told(changes, whole, ONE)
        await until(lambda: streams.is_broken, "one is broken")
        await until_told(changes, broken, TWO)
        assert not streams.is_broken


async def until_told(changes: AsyncIterator[tuple[int, Change]], teller: Teller, change: Change) -> None:
    teller.tell(change)
    assert (await anext(changes))[1] == change


async def test_nothing_is_left_of_several() -> None:
    """When nobody wants more."""
    tellers = [Teller(), Teller()]
    before = asyncio.all_tasks()
    async with closing(Streams(*tellers).changes()) as changes:
        tellers[0].tell(ONE)
        await anext(changes)
        assert len(asyncio.all_tasks()) == len(before) + 2
    assert asyncio.all_tasks() == before
    assert not any(teller.listeners for teller in tellers)


async def test_what_one_follower_leaves_is_not_for_the_next() -> None:
    """Who begins anew hears what is told from then on, to the end."""
    ending, lasting = Teller(), Teller()
    streams = Streams(ending, lasting)
    ending.tell(ONE, TWO)
    ending.end()
    async with closing(streams.changes()) as changes:
        assert (await anext(changes))[1] == ONE
    for teller in (ending, lasting):
        teller.tell(THREE)
        teller.end()
    async with closing(streams.changes()) as changes, asyncio.timeout(PATIENCE):
        assert [change async for _, change in changes] == [THREE, THREE]


async def test_sources_wait_for_who_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing piles up here: the sources bound what they keep."""

    class Eager:
        told = 0

        async def changes(self) -> AsyncIterator[Change]:
            while True:
                self.told += 1
                yield AllOutdated()

    eager = Eager()
    async with closing(Streams(eager).changes()) as changes:
        await anext(changes)
        for _ in range(10):
            await asyncio.sleep(0)
        assert eager.told <= stream.MAX_WAITING + 2


# Trying again


def test_pauses_grow_up_to_the_longest() -> None:
    """From a fifth of a second, and never quite the same."""
    pauses = growing_pauses(longest=5.0)
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    lengths = []
    for state.attempt_number in range(1, 12):
        lengths.append(pauses(state))
    assert 0.2 <= lengths[0] <= 0.4
    assert 0.4 <= lengths[1] <= 0.6
    assert 5.0 <= lengths[-1] <= 5.2


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.providers.retry._pauses", lambda _: 0.0)


class Question:
    """Fails so often, then answers."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


def passes(error: BaseException) -> bool:
    return isinstance(error, OSError)


@pytest.mark.usefixtures("no_pauses")
async def test_what_passes_is_tried_again() -> None:
    """Until there is an answer."""
    question = Question(OSError(), OSError())
    assert await persist(question.ask, passes) == "answer"


@pytest.mark.usefixtures("no_pauses")
async def test_three_attempts_are_all() -> None:
    """Somebody waits."""
    question = Question(OSError(), OSError(), OSError("the last"))
    with pytest.raises(OSError, match="the last"):
        await persist(question.ask, passes)
    assert question.asked == 3


async def test_what_does_not_pass_is_not_tried_again() -> None:
    """It is said at once."""
    question = Question(KeyError("x"))
    with pytest.raises(KeyError):
        await persist(question.ask, passes)
    assert question.asked == 1


async def test_who_asks_may_be_cancelled_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And asks no more."""
    monkeypatch.setattr("bridge.providers.retry._pauses", lambda _: 3600.0)
    question = Question(OSError())
    asking = asyncio.create_task(persist(question.ask, passes))
    await until(lambda: question.asked == 1, "it was asked")
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    assert asking.cancelled()
