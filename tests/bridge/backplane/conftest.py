"""A server that writes its rooms, and others that show them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.backplane import asking, counting, lines, reader, waits, writer
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.watchers import until
from tests.redis import RedisServer

Follow = Callable[..., Awaitable[WebSocketServer]]


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether all is well more often than there is need for."""
    for module in (reader, writer):
        monkeypatch.setattr(module, "CHECK_EVERY", 0.2)
    monkeypatch.setattr(writer, "COUNT_EVERY", 0.1)
    monkeypatch.setattr(reader, "TIDY_EVERY", 0.1)
    monkeypatch.setattr(counting, "GOOD_FOR", 2.0)
    monkeypatch.setattr(counting, "REPORT_EVERY", 0.1)
    for longest in ("LONGEST", "LONGEST_UNFIT"):
        monkeypatch.setattr(waits, longest, 0.2)
    monkeypatch.setattr(asking, "STARTING", 1.0)
    monkeypatch.setattr(lines, "PATIENCE", 2.0)  # as long as a slow machine may take for TLS
    monkeypatch.setattr(lines, "QUIET", 0.5)


@pytest.fixture
async def origin(start: Start, redis: RedisServer) -> WebSocketServer:
    """The server that has the rooms: two for everybody, one protected."""
    server = await start(provider=EmptyProvider(), publish_to=redis.url)
    server.show_guild(DWORLD, [ADA, BEPPO])
    server.show_guild(REPOS, [ADA])
    server.show_guild(VAULT, [ADA])
    return server


@pytest.fixture
def follow(start: Start, redis: RedisServer) -> Follow:
    """Start a server that shows them, and wait until it has the list, of three unless told otherwise."""

    async def follow_one(guilds: int = 3, **options: Any) -> WebSocketServer:
        server = await start(follow=redis.url, **options)
        await until(lambda: len(server._directory.rooms) == guilds, "the list of guilds")
        return server

    return follow_one
