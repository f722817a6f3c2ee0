"""The bridge inside of a web application: the same door, the same limits, the same rooms."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
import uvicorn
from aiohttp import ClientResponse, ClientSession, web
from websockets.asyncio import client
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.server import WebSocketServer
from tests.bridge.watchers import PATIENCE

connect = partial(client.connect, proxy=None, open_timeout=PATIENCE)
Serve = Callable[[WebSocketServer], contextlib.AbstractAsyncContextManager[int]]
GARDEN = "232769614004748288"


@contextlib.asynccontextmanager
async def on_uvicorn(server: WebSocketServer) -> AsyncIterator[int]:
    """An application of which everything below `/zone` is the bridge's."""
    mounted = server.asgi()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"].startswith("/zone/")
        await mounted({**scope, "root_path": "/zone"}, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    host = uvicorn.Server(config)
    running = asyncio.create_task(host.serve([listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        host.should_exit = True
        await running


@contextlib.asynccontextmanager
async def on_aiohttp(server: WebSocketServer) -> AsyncIterator[int]:
    """The same with aiohttp."""
    app = web.Application()
    app.router.add_route("*", "/zone/{tail:.*}", server.aiohttp())
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture(params=[on_uvicorn, on_aiohttp], ids=["asgi", "aiohttp"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Serve a bridge in an application."""
    how: Serve = request.param
    return how


async def joined(viewer: ClientConnection, server: str | None = None) -> dict[str, Any]:
    """Join, and return what a viewer gets."""
    await viewer.send(json.dumps({"type": "connect", "data": {"server": server}}))
    async for frame in viewer:
        if (message := json.loads(frame))["type"] == "server-join":
            data: dict[str, Any] = message["data"]
            return data
    raise AssertionError("nobody let me in")


async def ended(viewer: ClientConnection) -> int | None:
    """Wait until the other side has had enough, and return its code."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in viewer:
            pass
    return viewer.close_code


async def answer_to(browser: ClientSession, method: str, path: str) -> tuple[ClientResponse, bytes]:
    """Ask for something, and return what comes."""
    async with browser.request(method, path) as answer:
        return answer, await answer.read()


async def test_everything_is_there(serve: Serve) -> None:
    """The page and its files, viewers, and what happens; a stop is a goodbye with its code."""
    server = WebSocketServer()
    async with serve(server) as port:
        await server.start()
        async with ClientSession(f"http://127.0.0.1:{port}") as browser:
            page, words = await answer_to(browser, "GET", "/zone/")
            assert page.status == 200
            assert b'src="main.js"' in words
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            _, script = await answer_to(browser, "GET", "/zone/main.js")
            assert len(script) > 10_000
            missing, _ = await answer_to(browser, "GET", "/zone/nothing%20here?x=1")
            assert missing.status == 404
            head, body = await answer_to(browser, "HEAD", "/zone/style.css")
            assert (head.status, body) == (200, b"")
        async with connect(f"ws://127.0.0.1:{port}/zone/") as viewer:
            there = await joined(viewer)
            await server.broadcast_message(GARDEN, next(iter(there["users"])), "Good morning", "general")
            async for frame in viewer:
                if "Good morning" in str(frame):
                    break
            await server.stop()
            assert await ended(viewer) == 1001
        async with ClientSession(f"http://127.0.0.1:{port}") as browser:
            gone, _ = await answer_to(browser, "GET", "/zone/")
            assert gone.status == 503


async def test_the_same_limits(serve: Serve) -> None:
    """Viewers count by their own address, not by the application's; who may not connect hears so."""
    server = WebSocketServer(
        limits=Limits(viewers_per_address=1, frame_bytes=4096),
        exposure=Exposure(public_url="http://zone.example.org", allowed_origins=frozenset()),
    )
    async with serve(server) as port:
        await server.start()
        where = f"ws://127.0.0.1:{port}/zone/"
        try:
            with pytest.raises(InvalidStatus) as refused:
                await connect(where, origin="https://evil.example")  # type: ignore[arg-type]
            assert refused.value.response.status_code == 403
            async with connect(where) as first, connect(where) as second:
                await joined(first)
                await ended(second)
                assert server.refusals["too many viewers of one address"] == 1
                await first.send("x" * 5000)
                assert await ended(first) == 1009
        finally:
            await server.stop()


async def test_it_lives_as_long_as_the_application() -> None:
    """Where it hears of its life: alone, or beside others behind hypercorn's dispatcher."""
    server = WebSocketServer()
    heard = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said = []

    async def receive() -> dict[str, str]:
        return next(heard)

    async def send(message: Any) -> None:
        said.append((message["type"], server.is_serving))

    await server.asgi()({"type": "lifespan"}, receive, send)
    assert said == [("lifespan.startup.complete", True), ("lifespan.shutdown.complete", False)]


async def test_nobody_else_comes_in_by_that_door() -> None:
    """A program on this machine that finds the port is cut off: it could claim any address."""
    server = WebSocketServer()
    server.asgi()
    await server.start()
    try:
        door = server._servers[0].sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*door)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    finally:
        await server.stop()
