"""The bridge inside of a web application: what comes in there is brought to the bridge's own door.

Each request and each WebSocket has a connection of its own to that door, over which all goes as it came. So
limits, logins and slow viewers are as they are for everybody. It costs a few times as much as a port of the
bridge's own: each frame is taken apart and put together once more.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

Bring = Callable[[str | None], AbstractAsyncContextManager[socket.socket]]
Act = Callable[[], Awaitable[None]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CHUNK: Final = 64 * 1024  # bytes of an answer at a time
MAX_HEAD: Final = 64 * 1024  # bytes of an answer's headers
GONE: Final = 1001  # a WebSocket's code: whoever it was is gone, and may come back
_UNCLEAR: Final = re.compile(rb"[\x00-\x20\x7f]")
# What is between two neighbours only, or is said anew.
_OF_THE_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
NO_ANSWER: Final = (asyncio.IncompleteReadError, asyncio.LimitOverrunError)  # a head that isn't whole
_UNAVAILABLE: Final = 503


class Answer(NamedTuple):
    """What the bridge answers to a request: its head, and the rest as it comes."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]


class Mount:
    """An ASGI application that brings everybody to a bridge's door.

    Where it hears of the application's life, it starts and stops the bridge with it.
    """

    def __init__(self, bring: Bring, start: Act, stop: Act) -> None:
        self._bring = bring
        self._acts = {"lifespan.startup": start, "lifespan.shutdown": stop}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] == "http":
            await self._serve_page(scope, send)
        elif scope["type"] == "websocket":
            await self._serve_viewer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            raise NotImplementedError(f"the bridge answers http and websocket, and not {scope['type']}")

    async def _live(self, receive: Receive, send: Send) -> None:
        kind = ""
        while kind != "lifespan.shutdown":
            kind = (await receive())["type"]
            try:
                await self._acts[kind]()
            except OSError as error:
                await send({"type": f"{kind}.failed", "message": str(error)})
            else:
                await send({"type": f"{kind}.complete"})

    async def _serve_page(self, scope: Message, send: Send) -> None:
        try:
            async with ask(
                self._bring, _client(scope), scope["method"], _target(scope), scope["headers"]
            ) as got:
                await send({"type": "http.response.start", "status": got.status, "headers": got.headers})
                async for piece in got.body:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (OSError, *NO_ANSWER):
            await send({"type": "http.response.start", "status": _UNAVAILABLE, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _serve_viewer(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # that somebody wants to come in
        try:
            async with open_viewer(self._bring, _client(scope), _target(scope), scope["headers"]) as viewer:
                await send({"type": "websocket.accept", "headers": cookies(viewer)})
                await between(viewer, _frames(receive), lambda frame: send(_sent(frame)))
                code, reason = farewell(viewer)
                with contextlib.suppress(OSError, RuntimeError):  # they may be gone already
                    await send({"type": "websocket.close", "code": code, "reason": reason})
        except InvalidStatus as refusal:
            await _refuse(scope, send, refusal)
        except (OSError, InvalidHandshake, InvalidURI):
            await send({"type": "websocket.close", "code": GONE})


@contextlib.asynccontextmanager
async def ask(
    bring: Bring, client: str | None, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> AsyncIterator[Answer]:
    """Ask the bridge for something, in somebody's name.

    Raises:
        OSError: if it doesn't serve.
    """
    async with bring(client) as sock:
        reader, writer = await asyncio.open_connection(sock=sock, limit=MAX_HEAD)
        try:
            lines = [b"%s %s HTTP/1.1" % (method.encode(), _UNCLEAR.sub(b"", target))]
            lines += [b"%s: %s" % header for header in _kept(headers)]
            writer.write(b"\r\n".join((*lines, b"", b"")))
            status, *fields = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
            pairs = [(name.lower(), value.strip()) for name, _, value in (f.partition(b":") for f in fields)]
            yield Answer(int(status.split()[1]), list(_kept(pairs)), _pieces(reader))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def open_viewer(
    bring: Bring, client: str | None, target: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket to the bridge, in somebody's name.

    Raises:
        InvalidStatus: if the bridge refuses.
        OSError: if it doesn't serve.
    """
    told = list(headers)
    host = next((value.decode("latin-1") for name, value in told if name.lower() == b"host"), "localhost")
    kept = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in _kept(told)
        if name.lower() != b"host" and not name.lower().startswith(b"sec-websocket-")
    ]
    async with bring(client) as sock:
        where = f"ws://{host}{target.decode('latin-1')}"
        async with connect(
            where, sock=sock, additional_headers=kept, user_agent_header=None, compression=None,
            max_size=None, ping_interval=None, proxy=None,
        ) as viewer:  # fmt: skip
            yield viewer


async def between(
    viewer: ClientConnection, heard: AsyncIterator[str | bytes], say: Callable[[str | bytes], Awaitable[None]]
) -> None:
    """Pass frames on in both directions, until one side has enough."""

    async def up() -> None:
        async for frame in heard:
            await viewer.send(frame)
        await viewer.close()

    async def down() -> None:
        async for frame in viewer:
            await say(frame)

    ways = [asyncio.create_task(up()), asyncio.create_task(down())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        for ended in await asyncio.gather(*ways, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, ConnectionClosed | OSError):
                raise ended


def cookies(viewer: ClientConnection) -> Headers:
    """Find what the bridge wants a new viewer's browser to keep."""
    answer = viewer.response
    values = answer.headers.get_all("Set-Cookie") if answer else []
    return [(b"set-cookie", value.encode("latin-1")) for value in values]


def farewell(viewer: ClientConnection) -> tuple[int, str]:
    """Tell with which code and reason the bridge has ended a connection; an abrupt end has none to send."""
    sent = viewer.protocol.close_rcvd
    return (sent.code, sent.reason) if sent else (GONE, "")


async def _frames(receive: Receive) -> AsyncIterator[str | bytes]:
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        yield message["bytes"] if text is None else text


def _sent(frame: str | bytes) -> Message:
    return {"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame}


async def _refuse(scope: Message, send: Send, refusal: InvalidStatus) -> None:
    """Pass a refusal on, where the server can say more than that there is one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": GONE})
        return
    said = refusal.response
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in said.headers.raw_items()]
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": said.status_code, "headers": list(_kept(pairs))})
    await send({"type": f"{kind}.body", "body": bytes(said.body)})


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(CHUNK):
        yield piece


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    return ((name, value) for name, value in headers if name.lower() not in _OF_THE_HOP)


def _client(scope: Message) -> str | None:
    client = scope.get("client")
    return str(client[0]) if client else None


def _target(scope: Message) -> bytes:
    """Name what is asked for, below where the bridge is mounted."""
    root, path = scope.get("root_path", ""), scope["path"]
    below = path[len(root) :] if root and path.startswith(root) else path
    query = b"?" + scope["query_string"] if scope.get("query_string") else b""
    return quote(below if below.startswith("/") else f"/{below}").encode() + query
