"""What comes after a request, before it is answered; and more frames than anybody hears."""

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Iterator

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from bridge.model import Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.viewers.connection import Connection
from tests.bridge.conftest import DWORLD, Start
from tests.bridge.watchers import dialled, handshake, masked, until, watching

PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
VERSION = b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n"
OLD_VERSION = handshake().replace(b"Version: 13", b"Version: 7")
STRAYS = {
    "a request": VERSION,
    "its beginning": b"G",
    "a body": b"name=value",
    "no frame": b"\xff" * 20,
    "a ping": masked(b"!", Opcode.PING),
    "a frame": masked(b"{}"),
}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that somebody sends is worth an error, or a traceback."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
@pytest.mark.parametrize("request_", [PAGE, OLD_VERSION], ids=["page", "refused handshake"])
async def test_what_comes_with_a_request_is_not_answered(
    bridge: WebSocketServer, request_: bytes, stray: bytes
) -> None:
    """The request is, as if nothing had come after it."""
    async with dialled(bridge) as viewer:
        await viewer.say(request_ + stray)
        answer = await viewer.end()
    assert answer.startswith((b"HTTP/1.1 200 OK", b"HTTP/1.1 400 "))
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_what_comes_while_a_request_is_answered_is_not(start: Start) -> None:
    """The answer may take a while."""
    server = await start()

    async def answer(path: str) -> tuple[str, str]:
        await viewer.say(b"\xff" * 20 + VERSION)
        await asyncio.sleep(0)
        return "text/plain", "the answer"

    server.on_static_request(answer)
    async with dialled(server) as viewer:
        await viewer.say(PAGE)
        assert (await viewer.end()).endswith(b"the answer")


def heard(bridge: WebSocketServer) -> int:
    """Count the bytes of a request that are there."""
    protocols = [transport.get_protocol() for transport in bridge._gate.alive]
    return sum(protocol._head for protocol in protocols if isinstance(protocol, Connection))


@pytest.mark.parametrize("cut", range(1, 5))
@pytest.mark.parametrize("stray", [VERSION, VERSION[:2]], ids=["a request", "its beginning"])
async def test_the_blank_line_may_come_in_two_parts(bridge: WebSocketServer, cut: int, stray: bytes) -> None:
    """Nobody chooses where a packet ends."""
    async with dialled(bridge) as viewer:
        await viewer.say(PAGE[:-cut])
        await until(lambda: heard(bridge) == len(PAGE) - cut, "the first part is there")
        await viewer.say(PAGE[-cut:] + stray)
        assert (await viewer.end()).startswith(b"HTTP/1.1 200 OK")


async def test_who_has_nothing_more_to_say_is_answered(bridge: WebSocketServer) -> None:
    """Some tools say so by closing their half of the connection."""
    async with dialled(bridge) as viewer:
        await viewer.say(VERSION)
        viewer._sock.shutdown(socket.SHUT_WR)
        assert b'"version"' in await viewer.end()


async def test_frames_that_come_with_the_handshake_are_heard(bridge: WebSocketServer) -> None:
    """A client in a hurry need not wait for the answer."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + masked(b'{"type":"connect","data":{"server":"dworld"}}'))
        await viewer.hear_handshake()
        heard = [(await viewer.hear())["type"] for _ in range(2)]
    assert heard == ["server-list", "server-join"]


async def test_what_is_no_frame_ends_the_connection(bridge: WebSocketServer) -> None:
    """Also if it comes with the handshake."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + b"\xff" * 20)
        await viewer.hear_handshake()
        assert (await viewer.end())[2:4] == (1002).to_bytes(2)


async def test_frames_beyond_the_limit_are_not_even_read(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty thousand fit into what comes at once; to take them apart keeps everybody waiting."""
    read: list[Frame] = []
    recv_frame = ServerProtocol.recv_frame

    def count(protocol: ServerProtocol, frame: Frame) -> None:
        read.append(frame)
        recv_frame(protocol, frame)

    monkeypatch.setattr(ServerProtocol, "recv_frame", count)
    async with watching(bridge):
        connection = next(iter(bridge.connections))
        connection.data_received(masked(b"x") * 30_000)
    assert 100 < len(read) < 300


async def test_who_hangs_up_while_much_is_written_is_not_complained_of(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The system would complain of each piece that can't be sent: a stranger's way to fill the log."""
    server = await start(provider=EmptyProvider())
    server.show_guild(DWORLD, [Member(str(number), f"member {number}") for number in range(10_000)])
    asked = masked(json.dumps({"type": "connect", "data": {"server": DWORLD.id}}).encode())
    for _ in range(5):
        async with dialled(server) as viewer:
            await viewer.say(handshake())
            await viewer.hear_handshake()
            viewer._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert (await viewer.hear())["type"] == "server-list"
            await viewer.say(asked * 3)
        await until(lambda: not server._gate.alive, "the connection has ended")
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
