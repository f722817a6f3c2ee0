"""What many of the bridge's tests start from."""

import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.viewers.connection import cut_off
from tests.bridge.databases import Database, PostgresDatabase, SqliteDatabase, furnish
from tests.bridge.source import Source
from tests.bridge.watchers import Watcher
from tests.postgres import Cluster

DWORLD = GuildInfo("232769614004748288", "dworld", "D-World", default=True)
REPOS = GuildInfo("987654321098765432", "repos", "My Repos")
VAULT = GuildInfo("123456789012345678", "vault", "The Vault", protected=True, password="sesame")
ADA = Member("111", "Ada", "online", "#5865f2")
BEPPO = Member("222", "Beppo", "idle", "#ffffff")

Start = Callable[..., Awaitable[WebSocketServer]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start servers on ports the system chooses; they stop with the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def start_one(server: WebSocketServer | None = None, **options: Any) -> WebSocketServer:
            server = server or WebSocketServer(0, "127.0.0.1", **options)
            await server.start()
            stack.push_async_callback(end, server)
            return server

        yield start_one


async def end(server: WebSocketServer) -> None:
    """Stop a server whose test is over: nobody waits for those who were told to go and haven't gone yet."""
    for transport in list(server._gate.alive):
        cut_off(transport)
    await server.stop()


@pytest.fixture
def limits() -> Limits:
    """How much `bridge` takes on. With `patient` it hears as much as anybody says."""
    return DEFAULT_LIMITS


patient = pytest.mark.parametrize(
    "limits",
    [
        Limits(
            frames_per_second=1e9,
            bytes_per_second=1e9,
            cpu_per_viewer=1e9,
            cpu_per_address=1e9,
            cpu_in_all=1e9,
        )
    ],
    ids=["patient"],
)


@pytest.fixture
async def bridge(start: Start, limits: Limits) -> WebSocketServer:
    """A running bridge whose owner has opened three rooms: two for everybody, one protected."""
    server = await start(provider=EmptyProvider(), limits=limits)
    server.show_guild(DWORLD, [ADA, BEPPO])
    server.show_guild(REPOS, [Member("333", "Cedar")])
    server.show_guild(VAULT, [Member("444", "Keeper")])
    return server


@pytest.fixture
def source() -> Source:
    """A provider's data: two guilds for everybody, one protected."""
    return Source()


@pytest.fixture
async def fed(start: Start, source: Source) -> WebSocketServer:
    """A running bridge that gets its rooms from `source`, through callbacks, every time anew."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=0)
    source.feed(server)
    return await start(server)


@pytest.fixture
def empty_file(tmp_path: Path) -> SqliteDatabase:
    """A file that isn't there yet."""
    return SqliteDatabase(tmp_path / "world.sqlite3")


@pytest.fixture
async def file(empty_file: SqliteDatabase) -> SqliteDatabase:
    """A file with a small world."""
    await furnish(empty_file)
    return empty_file


@pytest.fixture
async def postgres(cluster: Cluster) -> PostgresDatabase:
    """A database on a server, with a small world."""
    database = PostgresDatabase(cluster)
    await furnish(database)
    return database


@pytest.fixture(params=["file", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with a small world, of each kind."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["empty_file", "empty_server"])
def empty(request: pytest.FixtureRequest) -> Database:
    """A database without tables, of each kind."""
    if request.param == "empty_server":
        return PostgresDatabase(request.getfixturevalue("cluster"))
    found: Database = request.getfixturevalue(request.param)
    return found


ENTER_DWORLD = {"type": "connect", "data": {"server": "dworld", "batch": True}}


async def say_and_hear(server: WebSocketServer, viewer: Watcher, words: str = "") -> None:
    """Say something long in `dworld`, and wait until one who listens has heard it."""
    await server.broadcast_message(DWORLD.id, "111", f"{words} {'x' * 65_536}", "9")
    [event] = await viewer.hear_events()
    assert event["data"]["message"].startswith(f"{words} ")


async def company_of(viewer: Watcher, server: WebSocketServer) -> ServerConnection:
    """Let a viewer enter `dworld`; return the bridge's end of the only other connection."""
    await viewer.enter("dworld", batch=True)
    port = viewer.connection.local_address[1]
    [other] = [each for each in server.connections if each.remote_address[1] != port]
    return other


@pytest.fixture
def no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody go who neither reads nor says a word, however long the test takes."""
    monkeypatch.setattr("bridge.viewers.pulse.PERIOD", math.inf)


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who don't answer have less time, so that a test need not wait for it."""
    monkeypatch.setattr("bridge.viewers.listening.STOP_GRACE", 0.2)
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.2)
