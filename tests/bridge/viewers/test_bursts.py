"""Many who come at once: however expensive, few of them have their turn in one round of the loop."""

import asyncio
import socket
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from bridge.access.gate import Gate
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.providers import EmptyProvider
from bridge.reception import Reception
from bridge.running.turnstile import MOST, Turnstile
from bridge.server import WebSocketServer
from bridge.viewers.connection import Connection
from bridge.viewers.listening import ACCEPTED_AT_ONCE
from bridge.viewers.session import Session
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.watchers import dialled, handshake, masked, until

MANY = 30
FEW = 2  # in one round: somebody whose turn it is, and somebody who found that there was time
HOPED = "all had their turn"


class Rounds:
    """Notes how often methods are called in each round of the loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._number = 0
        self._calls: defaultdict[str, Counter[int]] = defaultdict(Counter)
        asyncio.get_running_loop().call_soon(self._come_round)

    def watch(self, kind: type[object], name: str) -> None:
        """Note the calls of a method."""
        method: Callable[..., Any] = getattr(kind, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            self._calls[name][self._number] += 1
            return method(*args, **kwargs)

        self._monkeypatch.setattr(kind, name, noted)

    def total(self, name: str) -> int:
        """Count the calls of a method."""
        return self._calls[name].total()

    def most(self, name: str) -> int:
        """Count its calls in the round with most of them."""
        return max(self._calls[name].values())

    def _come_round(self) -> None:
        self._number += 1
        asyncio.get_running_loop().call_soon(self._come_round)


@pytest.fixture
async def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    return Rounds(monkeypatch)


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
async def server(start: Start, limits: Limits) -> WebSocketServer:
    """A bridge to which every round seems long."""
    server = await start(provider=EmptyProvider(), limits=limits)
    server.show_guild(DWORLD, [ADA])
    server._gate.budgets.turnstile = Turnstile(map(float, count()).__next__)
    return server


@pytest.fixture
def lines(server: WebSocketServer) -> Iterator[list[socket.socket]]:
    """Connections that are made while the loop has other things to do."""
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(MANY)]


async def test_connections_are_accepted_few_at_a_time(rounds: Rounds, start: Start) -> None:
    """As many in a round as nobody notices."""
    rounds.watch(Gate, "enter")
    server = await start(provider=EmptyProvider())
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        await until(lambda: rounds.total("enter") == MANY, HOPED)
    assert rounds.most("enter") <= ACCEPTED_AT_ONCE


async def test_handshakes_and_greetings_take_turns(
    rounds: Rounds, server: WebSocketServer, lines: list[socket.socket]
) -> None:
    """Each is a piece of work, and all of their viewers wait for equally long."""
    rounds.watch(Reception, "_login_of")
    rounds.watch(Session, "_greet")
    for line in lines:
        line.sendall(handshake())
    await until(lambda: rounds.total("_greet") == MANY, HOPED)
    assert rounds.most("_login_of") <= FEW
    assert rounds.most("_greet") <= FEW


async def test_requests_and_entries_take_turns(
    rounds: Rounds, server: WebSocketServer, lines: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those who have waited for the same."""
    ready = asyncio.Event()

    async def wait(*_: object) -> None:
        await ready.wait()

    monkeypatch.setattr(server._refresher, "refresh_room", wait)
    rounds.watch(Session, "_serve")
    rounds.watch(Session, "enter")
    rounds.watch(Session, "_greet")
    for line in lines:
        line.sendall(handshake())
    await until(lambda: rounds.total("_greet") == MANY, HOPED)
    server._gate.budgets.turnstile = Turnstile(
        lambda: 0.0
    )  # there is time to read all, and perhaps for no more
    for line in lines:
        line.sendall(masked(b'{"type":"connect","data":{"server":"dworld"}}'))
    await until(lambda: rounds.total("_serve") == MANY, HOPED)
    assert rounds.most("_serve") <= MOST
    ready.set()
    await until(lambda: rounds.total("enter") == MANY, HOPED)
    assert rounds.most("enter") <= MOST


@pytest.mark.parametrize("limits", [Limits(handshake_seconds=0.2)])
async def test_who_says_nothing_is_cut_off_in_turn(
    rounds: Rounds, lines: list[socket.socket], server: WebSocketServer
) -> None:
    """Their time is up in the same moment."""
    rounds.watch(Connection, "_give_up")
    await until(lambda: rounds.total("_give_up") == len(lines), HOPED)
    assert rounds.most("_give_up") <= FEW
    assert server.refusals["no word in time"] == MANY


async def test_who_asks_for_nothing_is_let_go_in_turn(
    rounds: Rounds, server: WebSocketServer, lines: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same of viewers."""
    clock = Clock(monkeypatch)
    rounds.watch(Session, "dismiss")
    rounds.watch(Session, "_greet")
    for line in lines:
        line.sendall(handshake())
    await until(lambda: rounds.total("_greet") == MANY, HOPED)
    await clock.jump(DEFAULT_LIMITS.connect_seconds)
    await until(lambda: rounds.total("dismiss") == MANY, HOPED)
    assert rounds.most("dismiss") <= FEW


async def test_after_a_fault_nothing_is_taken_apart(
    server: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much comes, it costs next to nothing."""
    sizes: list[int] = []
    take = ServerConnection.data_received

    def noted(connection: ServerConnection, data: bytes) -> None:
        sizes.append(len(data))
        take(connection, data)

    too_large = struct.pack("!BBQ4x", 0x81, 0x80 | 127, 1 << 24) + bytes(100_000)
    async with dialled(server) as viewer:
        await viewer.say(handshake())
        await viewer.hear_handshake()
        monkeypatch.setattr(ServerConnection, "data_received", noted)
        await viewer.say(too_large)
        await until(lambda: sum(sizes) == len(too_large), "all of it was heard")
    assert len(sizes) < 10


async def test_frames_that_take_long_wait_for_a_turn(
    rounds: Rounds, server: WebSocketServer, lines: list[socket.socket]
) -> None:
    """What is not taken apart yet is not lost, and nothing is taken before it."""
    for line in lines:
        line.sendall(handshake())
    await until(lambda: len(server.connections) == MANY, HOPED)
    rounds.watch(Connection, "_take_some")
    for line in lines:
        line.sendall(masked(b"?" * 10) * 3)
    await until(lambda: rounds.total("_take_some") == MANY, HOPED)
    assert rounds.most("_take_some") <= FEW
