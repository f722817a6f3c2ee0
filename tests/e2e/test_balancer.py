"""Several bridges behind a real nginx, configured as the documentation says: any of them may go."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from bridge.model import GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.certificates import trusting
from tests.e2e.nginx import Nginx
from tests.e2e.process import BotProcess
from tests.e2e.test_proxy import get
from tests.e2e.viewer import ALL_EVENTS, Viewer
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.redis import RedisServer

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no Redis for Windows"),
]

DWORLD = GuildInfo("232769614004748288", "dworld", "D-World", default=True)


@pytest_asyncio.fixture(loop_scope="session")
async def origin(redis: RedisServer) -> AsyncIterator[WebSocketServer]:
    """The server that has the rooms."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
    await server.start()
    server.show_guild(DWORLD, [Member("1", "Ada")])
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bridges(redis: RedisServer, tmp_path: Path) -> AsyncIterator[list[BotProcess]]:
    """Two that show them."""
    running = []
    for _ in range(2):
        port = free_port()
        options = (
            "--host", "127.0.0.1", "--port", str(port), "--health", "--trusted-proxies", "127.0.0.1",
            "--backplane", redis.url,
        )  # fmt: skip
        running.append(
            await BotProcess.start(*options, folder=tmp_path, port=port, settings={}, module="bridge")
        )
    for one in running:
        await one.listening()  # or nginx would pass it over for a while
        await one.said("following the backplane")
    yield running
    for one in running:
        await one.stop()
        assert "Traceback" not in one.output
        assert "trusted" not in one.output.lower()


async def enter(proxy: Nginx, like: Viewer | None = None) -> Viewer:
    """Come through the proxy, perhaps again."""
    viewer = await Viewer.connect(proxy.url, ssl=trusting())
    cursor = {}
    if like is not None:
        viewer.users, cursor = dict(like.users), {"cursor": like.cursor}
    await viewer.join(None, events=ALL_EVENTS, batch=True, **cursor)
    await viewer.until(lambda: bool(viewer.users))
    return viewer


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
async def test_a_bridge_goes(
    origin: WebSocketServer, bridges: list[BotProcess], tmp_path: Path, number: signal.Signals
) -> None:
    """Its viewers go on at the other one, where they were; those who are there notice nothing."""
    proxy = Nginx(tmp_path, *(one.port for one in bridges))
    with proxy.running() as process:
        await proxy.listening(process)
        here = [await enter(proxy) for _ in range(6)]
        bridges[0].signal(number)
        await bridges[0].exited()
        gone = [viewer for viewer in here[:] if await has_ended(viewer)]
        assert 0 < len(gone) < len(here)
        await origin.broadcast_message(DWORLD.id, "1", "while nobody was there", "9")
        back = [await enter(proxy, like=viewer) for viewer in gone]
        for viewer in back:
            assert viewer.joined[0].get("resumed") is True
        stayed = [viewer for viewer in here if viewer not in gone]
        for viewer in (*back, *stayed):
            await viewer.hears("while nobody was there")
            assert viewer.words() == ["while nobody was there"]
        assert [(await get(proxy, "/"))[0] for _ in range(4)] == [200] * 4
        for viewer in (*here, *back):
            await viewer.close()


async def has_ended(viewer: Viewer) -> bool:
    """Tell whether somebody was sent away, once the proxy knows: those who were not answer a question."""
    try:
        await viewer.ask_for_users(DWORLD.id)
    except (AssertionError, ConnectionClosed):
        await viewer.closed()
        return True
    return False
