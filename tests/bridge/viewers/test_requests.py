"""Requests that can be read in two ways, and requests without end: a clear no, and nothing is left."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.exposure import Exposure
from bridge.limits import DEFAULT_LIMITS
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.watchers import RawViewer, dialled, fetch, handshake, masked, until, watching

SMALL = b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE_SIZE = 3_000_000
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture
async def web(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[WebSocketServer]:
    """A running bridge with two files. Whatever is asked of it, nothing may be left, and no error logged."""
    (tmp_path / "small.txt").write_bytes(b"small")
    (tmp_path / "large.bin").write_bytes(bytes(LARGE_SIZE))
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    server.static_dir = tmp_path
    await start(server)
    server.show_guild(DWORLD, [ADA])
    before: set[asyncio.Task[object] | None] = {*asyncio.all_tasks()}
    yield server
    await until(lambda: not server._gate.alive, "all connections have ended")
    before.add(asyncio.current_task())  # which is another than before
    await until(lambda: asyncio.all_tasks() <= before, "all their tasks have ended")
    assert not server._gate._connections
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def answer_to(server: WebSocketServer, *pieces: bytes) -> bytes:
    """Say something and hear all that comes back."""
    async with dialled(server) as viewer:
        for piece in pieces:
            await viewer.say(piece)
        return await viewer.end()


def status(answer: bytes) -> int:
    """Read the status of the answer, which must be the only one."""
    assert answer.startswith(b"HTTP/1.1 "), answer
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"Connection: close\r\n" in answer
    return int(answer.split()[1])


def request(*lines: str, start_line: str = "GET /small.txt HTTP/1.1", host: str = "Host: localhost") -> bytes:
    """Write a request as it stands, with line ends that the lines may break."""
    return "\r\n".join([start_line, *([host] if host else []), *lines, "", ""]).encode("latin-1")


SMUGGLED = {
    "a body": request("Content-Length: 5") + b"hello",
    "a body that is a request": request(f"Content-Length: {len(SMALL)}") + SMALL,
    "a body of a POST": request("Content-Length: 3", start_line="POST / HTTP/1.1") + b"a=b",
    "two lengths": request("Content-Length: 0", "Content-Length: 5") + b"hello",
    "a list of lengths": request("Content-Length: 0, 0"),
    "a signed length": request("Content-Length: +0"),
    "a negative length": request("Content-Length: -1"),
    "a length in another base": request("Content-Length: 0x0"),
    "a length with zeros": request("Content-Length: 00"),
    "a length of nothing": request("Content-Length:"),
    "chunks": request("Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks and a length": request("Content-Length: 0", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks with a tab": request("Transfer-Encoding:\tchunked") + b"0\r\n\r\n",
    "chunks, hidden": request("Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "chunks, twice": request("Transfer-Encoding: identity", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a space before the colon": request("Content-Length : 5") + b"hello",
    "a space before the name": request(" Content-Length: 5") + b"hello",
    "a folded header": request("X-Long: a", " b"),
    "a folded header with a tab": request("Transfer-Encoding:", "\tchunked"),
    "a header without a name": request(": x"),
    "a header without a colon": request("Transfer-Encoding"),
    "a header with NUL": request("X: a\0b"),
    "a name with NUL": request("X\0: a"),
    "a carriage return alone": request("X: a\rTransfer-Encoding: chunked"),
    "a header of two lines": request("X: a\nContent-Length: 5") + b"hello",
    "line feeds alone": b"GET /small.txt HTTP/1.1\nHost: test\n\n",
    "a line feed at the end": b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\n\n",
    "HTTP/0.9": b"GET /small.txt\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.2": request(start_line="GET /small.txt HTTP/1.2"),
    "http/1.1": request(start_line="GET /small.txt http/1.1"),
    "no target": request(start_line="GET HTTP/1.1"),
    "two spaces": request(start_line="GET  /small.txt HTTP/1.1"),
    "tabs": request(start_line="GET\t/small.txt\tHTTP/1.1"),
    "a space in the target": request(start_line="GET /small.txt x HTTP/1.1"),
    "bytes in the target": request(start_line="GET /sm\xe4ll.txt HTTP/1.1"),
    "an empty line first": b"\r\n" + SMALL,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(30) + b"\n" + bytes(30),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a proxy's greeting": b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + SMALL,
    "no host": request(host=""),
    "two hosts": request("Host: other"),
    "the same host twice": request("host: test"),
    "two cookies": request("Cookie: dzone_login=a", "Cookie: dzone_login=b"),
}


@pytest.mark.parametrize("form", SMUGGLED)
async def test_what_can_be_read_in_two_ways_is_not_read_at_all(web: WebSocketServer, form: str) -> None:
    """400, with a sentence; what comes behind it is no request."""
    answer = await answer_to(web, SMUGGLED[form])
    assert status(answer) == 400
    assert b"This is no request that can be answered.\n" in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"\r\n\r\nsmall" not in answer


TARGETS = {
    "http://test/small.txt": 404,
    "http://elsewhere.example/": 404,
    "HTTP://test/auth/me": 404,
    "https://test:443/api/version": 404,
    "ws://test/": 404,
    "//test/small.txt": 404,
    "test:443": 404,
    "*": 404,
}


@pytest.mark.parametrize("target", TARGETS)
async def test_a_target_with_an_address_is_nothing_here(web: WebSocketServer, target: str) -> None:
    """The bridge is nobody's proxy."""
    assert status(await answer_to(web, request(start_line=f"GET {target} HTTP/1.1"))) == TARGETS[target]


@pytest.mark.parametrize("line", ["CONNECT test:443 HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT / HTTP/1.0"])
async def test_nor_a_tunnel(web: WebSocketServer, line: str) -> None:
    """Only GET and HEAD."""
    assert status(await answer_to(web, request(start_line=line))) == 405


# Names


WEBSITE = b"Host: website.example:3000\r\n"
ASKED: dict[str, bytes] = {
    "a file": SMALL,
    "the counts": request(start_line="GET /api/counts HTTP/1.1"),
    "the version": request(start_line="GET /api/version HTTP/1.1"),
    "who it is": request(start_line="GET /auth/me HTTP/1.1"),
    "the way out": request("Origin: http://localhost", start_line="POST /auth/logout HTTP/1.1"),
    "an old request": request(start_line="GET /small.txt HTTP/1.0"),
    "a world": handshake(),
    "a world of its own": handshake("Origin: http://website.example:3000"),
    "a world of ours": handshake("Origin: http://localhost:3000"),
}


@pytest.mark.parametrize("what", ASKED)
async def test_a_website_whose_name_leads_here_is_told_nothing(web: WebSocketServer, what: str) -> None:
    """Its visitor's browser thinks that we are the website; 421 is all that it may read."""
    answer = await answer_to(web, ASKED[what].replace(b"Host: localhost\r\n", WEBSITE))
    assert status(answer) == 421
    assert b"X-Content-Type-Options: nosniff" in answer
    assert not web.connections
    assert web.refusals == {"foreign host": 1}


async def test_whoever_is_meant_is_answered(web: WebSocketServer) -> None:
    """By any of this machine's own names, and without one as the oldest clients ask."""
    for name in ("localhost", "127.0.0.1:3000", "[::1]:80", "zone.localhost"):
        assert status(await answer_to(web, request(host=f"Host: {name}"))) == 200
    assert status(await answer_to(web, b"GET /small.txt HTTP/1.0\r\n\r\n")) == 200


async def test_a_public_bridge_answers_to_every_name(start: Start) -> None:
    """It has nothing to say to this machine alone."""
    exposure = Exposure(public_url="https://zone.example.org")
    server = await start(provider=EmptyProvider(), exposure=exposure)
    asked = request(start_line="GET /api/version HTTP/1.1", host="Host: zone.example.org")
    assert status(await answer_to(server, asked)) == 200


# Handshakes


HANDSHAKES = {
    "two upgrades": (handshake("Upgrade: websocket"), 426),
    "another upgrade beside": (handshake("Upgrade: h2c"), 426),
    "two keys": (handshake(KEY), 400),
    "two versions": (handshake("Sec-WebSocket-Version: 13"), 400),
    "two origins": (handshake("Origin: http://localhost:1", "Origin: http://localhost:2"), 400),
    "the same origin twice": (handshake("Origin: http://localhost:1", "Origin: http://localhost:1"), 400),
    "two hosts": (handshake("Host: other"), 400),
    "two cookies": (handshake("Cookie: a=b", "Cookie: c=d"), 400),
    "no host": (handshake().replace(b"Host: localhost\r\n", b""), 400),
    "a body": (handshake("Content-Length: 5") + b"hello", 400),
    "chunks": (handshake("Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    "a folded header": (handshake("Origin: http://localhost:1", " http://localhost:2"), 400),
    "another method": (handshake().replace(b"GET", b"POST"), 405),
    "HTTP/1.0": (handshake().replace(b"HTTP/1.1", b"HTTP/1.0"), 505),
    "an old version": (handshake().replace(b"Version: 13", b"Version: 8"), 400),
    "a short key": (handshake().replace(b"Key: ", b"Key: ="), 400),
}


@pytest.mark.parametrize("form", HANDSHAKES)
async def test_a_handshake_that_can_be_read_in_two_ways_is_none(web: WebSocketServer, form: str) -> None:
    """Refused with the status that says why, and nobody is let in."""
    said, expected = HANDSHAKES[form]
    assert status(await answer_to(web, said)) == expected
    assert not web.connections


async def test_frames_behind_a_refused_handshake_are_nothing(web: WebSocketServer) -> None:
    """What a proxy took for the body of one request is not the beginning of another."""
    said = handshake("Host: other") + masked(b'{"type":"connect"}') + SMALL
    assert status(await answer_to(web, said)) == 400


# What comes behind a request


@pytest.mark.parametrize(
    "rest",
    [SMALL, LARGE, b"\r\n", b"a=b", masked(b"{}") * 50, b"\0" * 10_000, handshake()],
    ids=["request", "large request", "line", "body", "frames", "zeros", "handshake"],
)
@pytest.mark.parametrize("apart", [False, True], ids=["at once", "apart"])
async def test_what_comes_behind_a_request_is_not_read(
    web: WebSocketServer, rest: bytes, apart: bool
) -> None:
    """One connection, one answer: it says so, and is whole."""
    pieces = [LARGE, rest] if apart else [LARGE + rest]
    answer = await answer_to(web, *pieces)
    assert status(answer) == 200
    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE_SIZE


async def test_what_comes_while_an_answer_is_read_does_not_cut_it(web: WebSocketServer) -> None:
    """A browser that wants another file on the same connection gets the first one whole."""
    async with dialled(web, receive_buffer=4096) as viewer:
        await viewer.say(LARGE)
        answer = await viewer.some()
        await viewer.say(SMALL)
        answer += await viewer.end()
    assert status(answer) == 200
    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE_SIZE


# Requests without end


async def test_a_long_line_is_too_long(web: WebSocketServer) -> None:
    """The first is 414, any other 431."""
    assert (await fetch(web, "/" + "x" * 9_000)).status == 414
    assert (await fetch(web, headers=["X: " + "x" * 9_000])).status == 431


async def test_many_headers_are_too_many(web: WebSocketServer) -> None:
    """Though each is short."""
    assert (await fetch(web, headers=[f"X-{number}: x" for number in range(200)])).status == 431


async def test_all_headers_together_may_be_too_large(web: WebSocketServer) -> None:
    """Though each is short enough, and they are not many."""
    answer = await fetch(web, headers=[f"X-{number}: {'x' * 7_000}" for number in range(10)])
    assert (answer.status, answer.body) == (431, b"Your request is too large.\n")
    assert web.refusals["request too large"] == 1


async def test_cookies_may_take_their_room(web: WebSocketServer) -> None:
    """A domain with many applications has many."""
    answer = await fetch(web, "/small.txt", headers=[f"X-{number}: {'x' * 7_000}" for number in range(4)])
    assert answer.status == 200


async def test_a_flood_of_headers_is_heard_no_further(web: WebSocketServer) -> None:
    """The answer comes though the flood goes on, and it is counted once."""
    async with dialled(web) as viewer:
        await viewer.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        flood = asyncio.create_task(pour(viewer))
        answer = await viewer.some()
        flood.cancel()
        assert status(answer) == 431
    assert sum(web.refusals.values()) == 1


async def pour(viewer: RawViewer) -> None:
    """Send headers as long as somebody takes them."""
    number = 0
    while True:
        number += 1
        await viewer.say(f"X-{number % 100}: {'x' * 1_000}\r\n".encode())


async def test_who_keeps_the_line_after_a_refusal_is_let_go(
    web: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the time that a request may take; it was refused once, and is counted once."""
    clock = Clock(monkeypatch)
    async with dialled(web) as refused, dialled(web) as flooding:
        await refused.say(b"GET / HTTP/0.9\r\n\r\n")
        await flooding.say(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000)
        await refused.some()
        await flooding.some()
        await clock.jump(DEFAULT_LIMITS.handshake_seconds)
        await until(lambda: not web._gate.alive, "both are let go")
    assert dict(web.refusals) == {"request too large": 1}


# Memory


async def test_downloads_take_no_memory(web: WebSocketServer) -> None:
    """However many read however slowly: of a file, a piece for each is in memory."""
    (web.static_dir / "huge.bin").write_bytes(bytes(100_000_000))
    readers = [await RawViewer.dial(web.port, receive_buffer=4096) for _ in range(20)]
    tracemalloc.start()
    try:
        for reader in readers:
            await reader.say(b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.some()
        for _ in range(200):
            await asyncio.gather(*(reader.some() for reader in readers))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        for reader in readers:
            reader.hang_up()
    assert most / len(readers) < 600_000


async def test_a_viewer_is_served_while_all_that_goes_on(web: WebSocketServer) -> None:
    """Nobody's request keeps another from theirs."""
    async with dialled(web) as half, dialled(web, receive_buffer=4096) as slow, watching(web) as viewer:
        await half.say(b"GET / HT")
        await slow.say(LARGE)
        await viewer.enter("dworld")
        assert (await fetch(web, "/small.txt")).body == b"small"
