"""Who may connect: by the address they come from, behind proxies or not."""

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from dataclasses import replace
from typing import cast

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request

from bridge.access.gate import SPARE, SPARE_PER_ADDRESS, Gate
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.network.peers import everybody_around, household, parse_networks
from bridge.problems import CROWDED
from bridge.providers import EmptyProvider
from bridge.running.turnstile import Turnstile
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.watchers import dialled, fetch, handshake, masked, until

A, B, PROXY = "203.0.113.1", "203.0.113.2", "10.0.0.1"
SMALL = Limits(viewers=3, viewers_per_address=2, handshakes_per_minute=5, requests_per_minute=4)
BEHIND_PROXY = Exposure(trusted_proxies=parse_networks("10.0.0.0/8, 127.0.0.1"))


class Line(asyncio.Transport):
    """A connection, as far as a gate knows it."""


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which nothing is forgiven because a test had to wait for its machine."""
    return Clock(monkeypatch)


@pytest.fixture
async def gate() -> Gate:
    return Gate(SMALL)


def request(**headers: str) -> Request:
    return Request("/", Headers({name.replace("_", "-"): value for name, value in headers.items()}))


def crowd(gate: Gate, peer: str, count: int) -> list[tuple[Line, str | None]]:
    """Let so many connect."""
    lines = [Line() for _ in range(count)]
    return [(line, gate.enter(line, peer)) for line in lines]


def crowd_one_by_one(gate: Gate, peer: str, count: int) -> list[str | None]:
    """Let so many connect, of whom each is gone when the next comes."""
    found = []
    for _ in range(count):
        line = Line()
        whose = gate.enter(line, peer)
        if whose is not None:
            gate.leave(line, whose)
        found.append(whose)
    return found


# Connections


async def test_connections_of_an_address_are_bounded(gate: Gate) -> None:
    """With some to spare, for pages and for a word why there is no room."""
    bound = SMALL.viewers_per_address + 2 * SPARE_PER_ADDRESS
    crowd(gate, A, bound)
    assert gate.enter(Line(), A) is None
    assert gate.enter(Line(), B) == B
    assert gate.tally.total == {"too many connections": 1}


async def test_connections_in_all_are_bounded(gate: Gate) -> None:
    """Whoever they are."""
    for number in range(SMALL.viewers + 2 * SPARE):
        assert gate.enter(Line(), f"10.{number // 250}.0.{number % 250}") is not None
    assert gate.enter(Line(), A) is None


async def test_who_leaves_makes_room(gate: Gate) -> None:
    """And nothing is kept of them."""
    lines = crowd(gate, A, SMALL.viewers_per_address + 2 * SPARE_PER_ADDRESS)
    gate.leave(lines[0][0], A)
    newcomer = Line()
    assert gate.enter(newcomer, A) == A
    for line, _ in [*lines[1:], (newcomer, A)]:
        gate.leave(line, A)
    assert not gate.alive
    assert not gate._connections


async def test_a_household_shares_its_bound(gate: Gate) -> None:
    """Its addresses are as many as it likes."""
    for number in range(SMALL.viewers_per_address + 2 * SPARE_PER_ADDRESS):
        assert gate.enter(Line(), f"2001:db8::{number:x}") is not None
    assert gate.enter(Line(), "2001:db8::ffff:1") is None
    assert gate.enter(Line(), "2001:db8:0:1::1") is not None


def household_of(number: int) -> str:
    """Name one of many networks of 64 bits in a network of 48, four to each of 56."""
    return f"2001:db8:1:{number // 4:02x}{number % 4:02x}::1"


async def test_whoever_has_many_households_shares_a_wider_bound() -> None:
    """Every line that a provider gives somebody has 256 households' addresses, or 65,536."""
    gate = Gate(replace(SMALL, viewers=100))
    each = SMALL.viewers_per_address + 2 * SPARE_PER_ADDRESS
    come = [crowd(gate, household_of(number), each) for number in range(16)]
    let_in = [sum(whose is not None for _, whose in lines) for lines in come]
    assert let_in == [each, each, each, 0, each, each, each, 0, each, each, each, 0, each, 0, 0, 0]
    assert gate.enter(Line(), "2001:db8:2::1") is not None
    for line, whose in [*itertools.chain(*come)]:
        if whose is not None:
            gate.leave(line, whose)
    assert [*gate._connections] == ["2001:db8:2::/64", "2001:db8:2::/56", "2001:db8:2::/48"]


async def test_so_do_its_viewers_and_what_it_asks_for(gate: Gate) -> None:
    """Whichever of its addresses each comes from."""
    homes = [household(household_of(number)) for number in range(16) for _ in range(6)]

    def seat(whose: str) -> bool:
        if gate.check_viewer(whose, 0) is not None:
            return False
        gate.seat(whose)
        return True

    bounds = {
        "viewers": (SMALL.viewers_per_address, seat),
        "handshakes": (SMALL.handshakes_per_minute, lambda whose: gate.check_handshake(whose, None) is None),
        "requests": (SMALL.requests_per_minute, lambda whose: gate.check_request(whose) is None),
    }
    for name, (bound, ask) in bounds.items():
        let_in = [whose for whose in homes if ask(whose)]
        assert (name, len(let_in)) == (name, 10 * bound)
        narrow = Counter(everybody_around(whose)[1] for whose in let_in)  # of 56 bits
        assert (name, max(narrow.values())) == (name, 3 * bound)
        assert ask("2001:db8:2::/64")
        assert ask(A)


async def test_files_that_the_system_allows_are_not_all_for_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With none left, nothing could be stored any more, and nobody at Discord be reached."""
    monkeypatch.setattr("bridge.access.gate.files_to_spare", lambda: 5)
    gate = Gate(SMALL)
    let_in = [gate.enter(Line(), f"10.0.0.{number}") is not None for number in range(7)]
    assert let_in == [True] * 5 + [False] * 2
    assert gate.tally.total == {"too many connections": 2}


async def test_a_proxy_s_connections_are_nobody_s_at_first() -> None:
    """It has as many as its viewers, and each counts as soon as it says whose it is."""
    gate = Gate(SMALL, BEHIND_PROXY)
    for line, whose in crowd(gate, PROXY, 3 * SPARE_PER_ADDRESS):
        assert whose == ""
        assert gate.recognise(whose, PROXY, request(X_Forwarded_For=A)) == A
        assert line in gate.alive
    refusal = gate.check_handshake(A, None)
    assert refusal is not None
    assert refusal.status == 429
    assert gate.check_handshake(B, None) is None
    assert gate.check_handshake(PROXY, None) is None


async def test_connections_in_a_short_time_are_bounded(gate: Gate, clock: Clock) -> None:
    """Though each is gone at once: with TLS it costs before anything is asked."""
    asked = SMALL.handshakes_per_minute + SMALL.requests_per_minute

    def come_and_go(peer: str, times: int) -> int:
        found = crowd_one_by_one(gate, peer, times)
        return sum(whose is not None for whose in found)

    assert come_and_go(A, 1_000) == asked + 2 * SPARE_PER_ADDRESS
    assert gate.tally.total == {"too many connections in a short time": 900 - asked}
    assert come_and_go(B, 1) == 1
    await clock.jump(60)
    assert come_and_go(A, 1_000) == asked


async def test_a_proxy_s_connections_may_be_as_many_as_they_like() -> None:
    """They are its viewers', who are counted when it is known who they are."""
    gate = Gate(SMALL, BEHIND_PROXY)
    assert None not in crowd_one_by_one(gate, PROXY, 1_000)


# Viewers


async def test_viewers_of_an_address_are_bounded(gate: Gate) -> None:
    """Viewers, not connections: a browser has several, for the page."""
    crowd(gate, A, 20)
    gate.seat(A)
    assert gate.check_viewer(A, 2) is None
    gate.seat(A)
    assert gate.check_viewer(A, 2) == CROWDED
    assert gate.check_viewer(B, 2) is None
    gate.unseat(A)
    assert gate.check_viewer(A, 2) is None
    gate.unseat(A)
    assert not gate._viewers


# Requests


async def test_requests_of_an_address_are_bounded(gate: Gate) -> None:
    """429, a sentence, and when to come back."""
    assert [gate.check_request(A) for _ in range(4)] == [None] * 4
    refusal = gate.check_request(A)
    assert refusal is not None
    assert (refusal.status, refusal.retry_after) == (429, 10)
    assert gate.check_request(B) is None
    assert gate.tally.total == {"too many requests": 1}


async def test_handshakes_of_an_address_are_bounded(gate: Gate) -> None:
    """429, a sentence, and when to come back; pages are counted for themselves."""
    assert [gate.check_handshake(A, None) for _ in range(5)] == [None] * 5
    refusal = gate.check_handshake(A, None)
    assert refusal is not None
    assert (refusal.status, refusal.retry_after) == (429, 60)
    assert gate.check_request(A) is None
    assert gate.check_handshake(B, None) is None
    assert gate.tally.total == {"too many handshakes": 1}


async def test_a_foreign_page_is_refused() -> None:
    """403, and it costs its visitor nothing of what they may do."""
    gate = Gate(SMALL, Exposure(allowed_origins=frozenset({"https://friend.example"})))
    for _ in range(20):
        refusal = gate.check_handshake(A, "https://evil.example")
        assert refusal is not None
        assert refusal.status == 403
    assert gate.check_handshake(A, "https://friend.example") is None
    assert gate.tally.total == {"foreign origin": 20}


# On the wire


async def serve(start: Start, **limits: int) -> WebSocketServer:
    server = await start(provider=EmptyProvider(), limits=Limits(**limits), exposure=BEHIND_PROXY)
    server.show_guild(DWORLD, [ADA])
    return server


async def test_a_viewer_that_vanishes_at_once_is_not_counted_for_ever(start: Start) -> None:
    """Its request and its end come together: what a proxy hands on like that must not fill an address."""
    server = await serve(start)
    too_many = masked(json.dumps({"type": "rubbish"}).encode()) * 2_000
    for rest in (b"", too_many, bytes(300_000)):
        for _ in range(5):
            async with dialled(server) as viewer:
                with contextlib.suppress(ConnectionError):
                    await viewer.say(handshake(f"X-Forwarded-For: {A}") + rest)
    await until(lambda: not server._gate.alive, "all have left")
    assert not server._gate._connections


async def test_a_connection_that_ends_before_its_request_is_read_is_nobody_s(start: Start) -> None:
    """The loop may hear of both in any order."""
    server = await serve(start)
    gate = server._gate
    async with dialled(server) as viewer:
        await until(lambda: bool(gate.alive), "it is there")
        [transport] = gate.alive
        protocol = cast("asyncio.Protocol", transport.get_protocol())
        protocol.data_received(handshake(f"X-Forwarded-For: {A}"))
        transport.abort()  # it is lost in the loop's next turn, and answered in the one after
        await viewer.end()
    [listening] = server._servers
    await until(lambda: not listening.handler_tasks, "its task has ended")
    assert not gate._connections


@pytest.mark.parametrize("header", ["X-Forwarded-For: {}", "Forwarded: for={}", 'Forwarded: for="{}:4711"'])
async def test_viewers_behind_a_proxy_have_bounds_of_their_own(start: Start, header: str) -> None:
    """What one of them does is not the others' fault."""
    server = await serve(start, requests_per_minute=3)
    statuses = [(await fetch(server, "/", headers=[header.format(A)])).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await fetch(server, "/", headers=[header.format(B)])).status == 200


async def test_a_proxy_may_ask_whatever_strangers_do_behind_it(start: Start) -> None:
    """Whose it is who sends both headers nobody can tell; a proxy that hears no more takes us for dead."""
    server = await serve(start, requests_per_minute=3)
    both = [f"X-Forwarded-For: {A}", "Forwarded: for=198.51.100.1"]
    statuses = [(await fetch(server, "/", headers=both)).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await fetch(server, "/")).status == 200
    assert (await fetch(server, "/", headers=[f"X-Forwarded-For: {A}"])).status == 200


async def test_whom_a_proxy_brings_has_turns_by_address(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one line for all of them: one who asks a thousand times goes behind all others."""
    turns: list[str] = []
    turn = Turnstile.turn

    async def note(turnstile: Turnstile, whose: str) -> None:
        turns.append(whose)
        await turn(turnstile, whose)

    monkeypatch.setattr(Turnstile, "turn", note)
    server = await serve(start)
    await fetch(server, "/", headers=[f"X-Forwarded-For: {A}"])
    assert set(turns) == {A}


async def test_nobody_gets_around_their_bound_by_a_header(start: Start) -> None:
    """Without a trusted proxy each request is its peer's, whatever it says."""
    server = await start(provider=EmptyProvider(), limits=Limits(requests_per_minute=3))
    for number, status in enumerate([200, 200, 200, 429, 429]):
        headers = [f"X-Forwarded-For: 198.51.100.{number}", f"X-Real-IP: 198.51.100.{number}"]
        assert (await fetch(server, "/", headers=headers)).status == status
