"""How much a bridge takes on, and what those hear who come after that."""

import contextlib
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge.limits import Limits
from bridge.protocol import FULL_HOUSE
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.wire import Watcher, dialled, fetch, until, watching


@pytest.fixture
async def small(start: Start) -> WebSocketServer:
    """A bridge with room for two."""
    server = await start(provider=EmptyProvider(), limits=Limits(viewers=2))
    server.show_guild(DWORLD, [ADA])
    return server


@pytest.mark.parametrize(
    "limit",
    [{"viewers": 0}, {"viewers": -1}, {"history_events": -1}, {"history_age": -0.1}],
    ids=str,
)
def test_what_is_no_limit_is_refused(limit: dict[str, Any]) -> None:
    """It says which."""
    with pytest.raises(ValueError, match=next(iter(limit))):
        Limits(**limit)


def test_a_history_may_be_none() -> None:
    """Then every viewer that comes back gets a snapshot."""
    assert Limits(viewers=1, history_events=0, history_age=0).history_events == 0


async def test_who_comes_when_it_is_full_hears_so(small: WebSocketServer) -> None:
    """A sentence for people, and 1013 for their browser; no list that would make it join."""
    async with watching(small), watching(small), watching(small, greeted=False) as late:
        assert await late.hear_error() == FULL_HOUSE
        assert await late.farewell() == (1013, "full")


async def test_who_is_turned_away_takes_no_seat(small: WebSocketServer) -> None:
    """Those who are here notice nothing."""
    async with watching(small) as first, watching(small):
        for _ in range(5):
            async with watching(small, greeted=False) as late:
                await late.farewell()
        assert len(small.connections) == 2
        await first.enter("dworld")
        await small.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await first.hear())["type"] == "presence"


async def test_what_is_said_by_who_is_turned_away_is_not_answered(small: WebSocketServer) -> None:
    """Its request may be on the way already."""
    async with watching(small), watching(small), watching(small, greeted=False) as late:
        with contextlib.suppress(ConnectionClosed):
            await late.ask("dworld")
        assert await late.hear_error() == FULL_HOUSE
        assert await late.farewell() == (1013, "full")


async def test_a_freed_seat_can_be_taken(small: WebSocketServer) -> None:
    """As soon as somebody has left."""
    async with watching(small):
        async with watching(small):
            pass
        await until(lambda: len(small.connections) == 1, "one has left")
        async with watching(small) as viewer:
            await viewer.enter("dworld")


async def test_the_page_is_there_also_when_it_is_full(small: WebSocketServer) -> None:
    """It can tell its user why there is nothing to see."""
    async with watching(small), watching(small):
        assert (await fetch(small, "/api/version")).status == 200


async def test_beyond_that_the_handshake_is_refused(
    small: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for all who ask, with a hint when to come back: not the same for everybody."""
    monkeypatch.setattr("bridge.gate.SPARE", 1)
    async with contextlib.AsyncExitStack() as stack:
        viewers: list[Watcher] = [await stack.enter_async_context(watching(small)) for _ in range(2)]
        await stack.enter_async_context(dialled(small))  # in the middle of its handshake
        hints = set()
        for _ in range(20):
            answer = await fetch(small, "/")
            assert (answer.status, answer.body.decode().strip()) == (503, FULL_HOUSE)
            hints.add(int(answer.headers["retry-after"]))
        assert len(hints) > 1
        assert hints <= set(range(1, 61))
        with pytest.raises(InvalidStatus) as refusal:
            await stack.enter_async_context(watching(small))
        assert refusal.value.response.status_code == 503
        assert "Retry-After" in refusal.value.response.headers
        await viewers[0].enter("dworld")
    await until(lambda: not small._gate.alive, "all have left")
    async with watching(small) as viewer:
        await viewer.enter("dworld")
