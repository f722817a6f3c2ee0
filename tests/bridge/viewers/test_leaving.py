"""A server from which all go to another one: without haste, and without a door in anybody's face."""

import asyncio
import contextlib
import gc
import weakref

import pytest
from websockets.frames import Opcode

from bridge.server import WebSocketServer
from bridge.viewers import connection, sessions
from tests.bridge.watchers import PATIENCE, dialled, handshake, masked, until, watching


async def test_all_go_in_portions(bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hears what was said before, and that they may come back."""
    monkeypatch.setattr(sessions, "PORTION", 2)
    monkeypatch.setattr(sessions, "PAUSE", 0.01)
    async with contextlib.AsyncExitStack() as stack:
        here = [await stack.enter_async_context(watching(bridge)) for _ in range(5)]
        for viewer in here:
            await viewer.enter("dworld", events=["typing"])
        await bridge.broadcast_message("232769614004748288", "111", "a last word", "9")
        await bridge.let_go(lambda: True)
        for viewer in here:
            assert (await viewer.hear_type("message"))["data"]["message"] == "a last word"
            assert (await viewer.farewell())[0] == 1001
    await until(lambda: not bridge.connections, "all have gone")


async def test_with_no_more_patience(bridge: WebSocketServer) -> None:
    """Whoever is left goes with all others when it stops."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.let_go(lambda: False)
        assert len(bridge.connections) == 1
        await bridge.stop()
        assert (await viewer.farewell())[0] == 1001


async def test_who_is_at_the_door(bridge: WebSocketServer) -> None:
    """They get in, and are sent on like all others: a browser that is refused waits longer."""
    request = handshake()
    async with dialled(bridge) as line:
        await line.say(request[:20])
        await until(lambda: bool(bridge._gate.alive), "somebody at the door")
        leaving = asyncio.create_task(bridge.let_go(lambda: True))
        await asyncio.sleep(0)
        await line.say(request[20:])
        assert (await line.hear_handshake())[0].startswith("HTTP/1.1 101")
        assert b"\x03\xe9" in await line.end()  # 1001
        async with asyncio.timeout(PATIENCE):
            await leaving
    await bridge.stop()


@pytest.mark.parametrize(
    "farewell",
    [
        masked(b"\x03\xe8", Opcode.CLOSE),
        masked(b'{"type":"connect","data":{}}') + masked(b"\x03\xe8", Opcode.CLOSE),
        masked(b"\xff\xff"),  # no text: then it is the bridge that says goodbye
    ],
    ids=["close", "connect and close", "no text"],  # else they are named by their masks, which chance gives
)
async def test_who_says_goodbye_and_stays(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch, farewell: bytes
) -> None:
    """Is hung up on: nobody asks any more whether they are still there, and they have a place until then."""
    monkeypatch.setattr(connection, "FAREWELL", 0.05)
    async with dialled(bridge) as line:
        await line.say(handshake() + farewell)
        assert (await line.hear_handshake())[0].startswith("HTTP/1.1 101")
        await until(lambda: not bridge._gate.alive and not bridge._sessions, "they are gone")


async def test_whoever_has_gone_leaves_no_garbage(bridge: WebSocketServer) -> None:
    """Of thousands who go, Python would collect it in one turn of the loop: for a fifth of a second."""
    gone: list[weakref.ref[object]] = []

    async def note() -> None:
        await until(lambda: bool(bridge._gate.alive), "somebody is there")
        for transport in bridge._gate.alive:
            gone.extend([weakref.ref(transport), weakref.ref(transport.get_protocol())])

    gc.disable()
    try:
        for words in (b"", handshake()[:20], b"what is no request\r\n", handshake()):
            async with dialled(bridge) as line:
                await note()
                await line.say(words)
                if words.endswith(b"\n"):
                    await line.some()
            await until(lambda: not bridge._gate.alive, "they have gone")
        async with dialled(bridge) as line:
            await note()
            line.reset()
        await until(lambda: not bridge._gate.alive, "whoever broke off has gone")
        async with watching(bridge) as viewer:
            await viewer.enter("dworld")
            await note()
        await until(lambda: not bridge._gate.alive, "all have gone")
        bridge._pulse._round.clear()  # within seconds it would notice
        await until(lambda: not any(each() for each in gone), "nothing is left of them")
    finally:
        gc.enable()
    assert len(gone) == 12
