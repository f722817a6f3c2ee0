"""A provider that remembers: asked once, given old answers rather than none, within bounds."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bridge.model import Message
from bridge.providers import CachedProvider, EmptyProvider
from bridge.providers.cached import TIMEOUT
from bridge.providers.changes import (
    AllOutdated,
    Change,
    Said,
    ServersOutdated,
    UserChanged,
    UserLeft,
    UsersOutdated,
)
from bridge.providers.records import Rubbish
from bridge.providers.stream import closing
from tests.bridge.clock import Clock
from tests.bridge.conftest import Start
from tests.bridge.source import SECRET, Source
from tests.bridge.told import Teller
from tests.bridge.watchers import PATIENCE, until, watching

TTL = 60.0
MAX_STALE = 600.0


@pytest.fixture
def teller(source: Source) -> Teller:
    return Teller(source)


@pytest.fixture
async def cached(teller: Teller) -> AsyncIterator[CachedProvider]:
    cached = CachedProvider(teller, TTL, max_stale=MAX_STALE, max_guilds=2)
    yield cached
    await cached.close()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_an_answer_is_good_for_a_while(cached: CachedProvider, source: Source, clock: Clock) -> None:
    """The list and each guild for itself."""
    for _ in range(3):
        assert await cached.servers() == source.servers
        assert await cached.users("1") == source.users["1"]
        await clock.jump(TTL / 3 - 1)
    assert source.asked == {"servers": 1, "1": 1}


async def test_those_who_ask_together_ask_once(cached: CachedProvider, source: Source) -> None:
    """Each gets the answer; one who leaves doesn't take it from the others."""
    source.hold("1")
    asking = [asyncio.create_task(cached.users("1")) for _ in range(100)]
    await source.was_asked("1")
    asking[0].cancel()
    source.release("1")
    answers = await asyncio.gather(*asking[1:])
    assert all(answer == source.users["1"] for answer in answers)
    assert source.asked["1"] == 1


async def test_an_old_answer_is_given_while_a_new_one_is_read(
    cached: CachedProvider, source: Source, clock: Clock
) -> None:
    """Nobody waits for it, and it is read once."""
    old = await cached.users("1")
    source.users["1"] = {"12": {"username": "Dmitri"}}
    await clock.jump(TTL + 1)
    source.hold("1")
    async with asyncio.timeout(PATIENCE):
        assert [await cached.users("1") for _ in range(5)] == [old] * 5
    await source.was_asked("1", 2)
    source.release("1")
    await until(lambda: not cached._running, "it is read")
    assert await cached.users("1") == source.users["1"]
    assert source.asked["1"] == 2


async def test_an_old_answer_is_given_while_the_source_fails(
    cached: CachedProvider, source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """As long as it is not too old; said once, and a trouble as long as it lasts."""
    old = await cached.users("1")
    source.user_fault = OSError("down")
    await clock.jump(TTL + 1)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await cached.users("1") == old
            await until(lambda: not cached._running, "it has failed")
    [warning] = [record.getMessage() for record in caplog.records]
    assert warning.startswith("what is remembered of guild 1 is given for up to 600 seconds: OSError: down (")
    assert cached.trouble == "what is remembered can't be renewed"
    source.user_fault = None
    await cached.users("1")
    await until(lambda: cached.trouble is None, "it is over")


async def test_too_old_is_none(cached: CachedProvider, source: Source, clock: Clock) -> None:
    """Then the source's failure is the answer."""
    await cached.users("1")
    source.user_fault = OSError(SECRET)
    await clock.jump(MAX_STALE / 2)
    await cached.users("1")
    await clock.jump(MAX_STALE / 2)
    with pytest.raises(OSError, match="hunter2"):
        await cached.users("1")


async def test_what_was_never_answered_is_a_failure(cached: CachedProvider, source: Source) -> None:
    """The next who asks, asks the source."""
    source.user_fault = OSError("down")
    with pytest.raises(OSError, match="down"):
        await cached.users("1")
    source.user_fault = None
    assert await cached.users("1") == source.users["1"]


async def test_rubbish_is_not_remembered(cached: CachedProvider, source: Source, clock: Clock) -> None:
    """What was good before is given instead."""
    old = await cached.servers()
    source.servers = None
    await clock.jump(TTL + 1)
    for _ in range(2):
        assert await cached.servers() == old
        await until(lambda: not cached._running, "it has failed")
    source.users["1"] = None
    with pytest.raises(Rubbish):
        await cached.users("1")


async def test_a_source_that_hangs(cached: CachedProvider, source: Source, clock: Clock) -> None:
    """Is given up, and asked anew by the next."""
    source.hold("1")
    asking = asyncio.create_task(cached.users("1"))
    await source.was_asked("1")
    await clock.jump(TIMEOUT)
    with pytest.raises(TimeoutError):
        await asking
    source.release("1")
    assert await cached.users("1") == source.users["1"]


async def test_the_guilds_asked_for_last_are_remembered(cached: CachedProvider, source: Source) -> None:
    """No more than there may be; the list beside them always."""
    await cached.servers()
    for guild_id in ("1", "2", "1", "3", "1", "2"):
        await cached.users(guild_id)
    await cached.servers()
    assert source.asked == {"servers": 1, "1": 1, "2": 2, "3": 1}
    assert len(cached._entries) == 3


# What changes


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (UserChanged("1", "11", {"status": "dnd"}), {"servers": 1, "1": 2, "2": 1}),
        (UserLeft("1", "11"), {"servers": 1, "1": 2, "2": 1}),
        (UsersOutdated("1"), {"servers": 1, "1": 2, "2": 1}),
        (ServersOutdated(), {"servers": 2, "1": 1, "2": 1}),
        (AllOutdated(), {"servers": 2, "1": 2, "2": 2}),
        (Said("1", Message("11", "hello", "9")), {"servers": 1, "1": 1, "2": 1}),
    ],
    ids=["changed", "left", "users", "servers", "all", "said"],
)
async def test_what_changed_is_not_answered_from_memory(
    cached: CachedProvider, teller: Teller, source: Source, change: Change, asked: dict[str, int]
) -> None:
    """It is told on, and asked for again; the rest is still good."""
    async with closing(cached.changes()) as changes, asyncio.timeout(PATIENCE):
        for _ in range(2):
            await cached.servers()
            await cached.users("1")
            await cached.users("2")
            if source.asked.total() == 3:
                teller.tell(change)
                assert await anext(changes) == change
    assert source.asked == asked


async def test_what_changes_while_it_is_read_is_not_remembered(
    cached: CachedProvider, teller: Teller, source: Source
) -> None:
    """It may have been read before."""
    source.hold("1")
    asking = asyncio.create_task(cached.users("1"))
    await source.was_asked("1")
    async with closing(cached.changes()) as changes:
        teller.tell(UserLeft("1", "11"))
        await anext(changes)
    source.release("1")
    await asking
    await cached.users("1")
    assert source.asked["1"] == 2


async def test_a_new_answer_that_differs_is_told(
    cached: CachedProvider, source: Source, clock: Clock
) -> None:
    """So that who was given the old one sees the new one; once, and only if there is something to see."""
    await cached.servers()
    await cached.users("1")
    source.users["1"]["11"]["status"] = "dnd"
    async with closing(cached.changes()) as changes:
        await clock.jump(TTL + 1)
        await cached.servers()
        await cached.users("1")
        assert await anext(changes) == UsersOutdated("1")
        await clock.jump(TTL + 1)
        source.servers = {}
        await cached.servers()
        await cached.users("1")
        assert await anext(changes) == ServersOutdated()


async def test_viewers_see_a_new_answer_at_once(
    start: Start, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who joins gets the old world, and a moment later the new one."""
    server = await start(provider=CachedProvider(Teller(source), TTL), refresh_interval=0)
    async with watching(server) as viewer:
        await viewer.enter("one", cursor="")
        source.users["1"]["11"]["status"] = "dnd"
        await Clock(monkeypatch).jump(TTL + 1)
        source.hold("1")
        async with watching(server) as newcomer:
            assert (await newcomer.enter("one", cursor=""))["users"]["11"]["status"] == "online"
            source.release("1")
            for each in (viewer, newcomer):
                assert (await each.hear())["data"] == {"uid": "11", "status": "dnd"}


async def test_nobody_who_follows_costs_nothing(source: Source) -> None:
    """What is told to nobody doesn't pile up."""
    cached = CachedProvider(EmptyProvider(), TTL)
    for number in range(3000):
        cached._refreshed.note(UsersOutdated(str(number)))
    assert len(cached._refreshed._changes) <= 1001
    async with closing(cached.changes()) as changes:
        assert await anext(changes) == AllOutdated()


# The rest


async def test_a_trouble_inside_is_a_trouble(cached: CachedProvider, teller: Teller) -> None:
    """Whose source it is doesn't matter."""
    teller.trouble = "something is wrong"
    assert cached.trouble == "something is wrong"


async def test_changes_that_break_off_are_a_trouble(
    cached: CachedProvider, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until they come in again."""
    monkeypatch.setattr("bridge.providers.stream._backoff", lambda _: 0.0)
    async with closing(cached.changes()) as changes, asyncio.timeout(PATIENCE):
        following = asyncio.ensure_future(anext(changes))
        teller.break_off()
        await until(lambda: cached.trouble == "changes don't come in", "it broke")
        teller.tell(AllOutdated())
        await following
        assert cached.trouble is None


async def test_a_close_ends_what_is_being_asked(
    cached: CachedProvider, teller: Teller, source: Source
) -> None:
    """And closes the source; afterwards it is asked anew."""
    before = asyncio.all_tasks()
    source.hold("1")
    asking = asyncio.create_task(cached.users("1"))
    await source.was_asked("1")
    await cached.close()
    await asyncio.wait([asking])
    assert asyncio.all_tasks() == before
    assert teller.closed == 1
    source.release("1")
    assert await cached.users("1") == source.users["1"]


async def test_an_application_is_asked_for_inside() -> None:
    """Where the source knows such things."""

    class Named(EmptyProvider):
        async def client_id(self, server_id: str) -> str:
            return f"app of {server_id}"

    assert await CachedProvider(Named(), TTL).client_id("1") == "app of 1"
    assert await CachedProvider(EmptyProvider(), TTL).client_id("1") is None
