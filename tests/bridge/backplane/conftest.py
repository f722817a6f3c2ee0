"""A server that writes its rooms, and others that show them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge import exchange
from bridge.backplane import answering, asking, counting, follower, lines, reader, waits, writer
from bridge.providers import EmptyProvider
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.watchers import PATIENCE, until
from tests.redis import RedisServer

Follow = Callable[..., Awaitable[WebSocketServer]]


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether all is well more often than there is need for.

    But wait for others as long as a machine that stands still may need: who tests the end of that says when.
    """
    for module in (reader, writer):
        monkeypatch.setattr(module, "CHECK_EVERY", 0.2)
    monkeypatch.setattr(writer, "COUNT_EVERY", 0.1)
    monkeypatch.setattr(reader, "TIDY_EVERY", 0.1)
    monkeypatch.setattr(counting, "REPORT_EVERY", 0.1)
    for longest in ("LONGEST", "LONGEST_UNFIT"):
        monkeypatch.setattr(waits, longest, 0.2)
    monkeypatch.setattr(lines, "QUIET", 0.5)
    for module in (answering, asking, lines, reader):
        monkeypatch.setattr(module, "PATIENCE", PATIENCE)
    monkeypatch.setattr(asking, "STARTING", PATIENCE)
    monkeypatch.setattr(exchange, "COUNT_WITHIN", PATIENCE)
    monkeypatch.setattr(counting, "GOOD_FOR", PATIENCE / 2)  # what a report that is lost leaves behind
    monkeypatch.setattr(follower, "TRIES", 50)


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


async def written(server: WebSocketServer) -> None:
    """Wait until all that has happened in a server's rooms by now is there for others to read."""
    writer, rooms = server._plane._writer, server._directory.rooms
    assert writer is not None

    def is_there(room: Room) -> bool:
        book = writer._books[room.info.id]
        return book.room is room and book.is_written and room.is_current and not book.has_news

    def is_all_there() -> bool:
        listed = writer._list
        return (
            listed._listed.keys() == writer._books.keys() == rooms.keys()
            and not listed._unlisted
            and all(map(is_there, rooms.values()))
        )

    await until(is_all_there, "all is written")
