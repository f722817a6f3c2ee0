"""PostgreSQL dies and comes back while people watch and others write: nobody loses their world."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bridge.providers.sql import SqlProvider
from bridge.server import WebSocketServer
from bridge.storage import address
from bridge.storage.address import PostgresAddress
from tests.bridge.conftest import Start
from tests.bridge.databases import ADA, FIRST, PostgresDatabase
from tests.bridge.watchers import PATIENCE, Json, Watcher, fetch, unpacked, until, watching

VIEWERS = 20
CROWD = 200  # members
STATUSES = ("online", "idle", "dnd", "offline")


class Picture:
    """What a page shows by what it was told, from its first snapshot on."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.joins = 0
        self.users: dict[str, Json] = {}
        self.fewest = CROWD

    async def watch(self) -> None:
        """Enter, and follow."""
        await self._watcher.ask(FIRST, cursor="", batch=True)
        async for text in self._watcher.connection:
            for event in unpacked([json.loads(text)]):
                self._take(event)

    def _take(self, event: Json) -> None:
        data = event["data"]
        assert event["type"] in ("server-join", "presence"), event
        if event["type"] == "server-join":
            self.joins += 1
            self.users = {uid: dict(user) for uid, user in data["users"].items()}
        elif data.get("delete"):
            del self.users[data["uid"]]
        else:
            self.users.setdefault(data["uid"], {}).update(data)
        self.fewest = min(self.fewest, len(self.users))

    @property
    def statuses(self) -> dict[str, str]:
        return {uid: user["status"] for uid, user in self.users.items()}


class Writer:
    """Somebody who changes rows as fast as the database takes it, and goes on after it was away."""

    def __init__(self, database: PostgresDatabase) -> None:
        where = address.parse(database.url)
        assert isinstance(where, PostgresAddress)
        self._dsn = where.dsn
        self._random = random.Random(7)
        self.written = 0

    async def write(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await asyncpg.connect(self._dsn, timeout=PATIENCE)
                try:
                    while True:
                        await self._change(connection)
                        self.written += 1
                finally:
                    connection.terminate()
            await asyncio.sleep(0.02)  # it is not there

    async def _change(self, connection: asyncpg.Connection) -> None:
        uid, status = str(self._random.randrange(CROWD)), self._random.choice(STATUSES)
        await connection.execute(
            "UPDATE users SET status = $1 WHERE server_id = $2 AND user_id = $3", status, FIRST, uid
        )


@pytest.fixture
async def crowded(postgres: PostgresDatabase) -> PostgresDatabase:
    postgres.sql(
        f"DELETE FROM users WHERE server_id = '{FIRST}'; INSERT INTO users SELECT '{FIRST}', n::text,"
        f" 'Somebody ' || n, 'online', NULL FROM generate_series(0, {CROWD - 1}) AS n"
    )
    return postgres


@pytest.fixture
async def bridge(start: Start, crowded: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> WebSocketServer:
    """One that reads the database; with an interval that would hide what isn't told."""
    # Pauses that grow would be half a minute long where the database takes its time to come back.
    monkeypatch.setattr("bridge.providers.stream._backoff", lambda _: 0.2)
    return await start(provider=SqlProvider(crowded.url), refresh_interval=3600, health=True)


@pytest.fixture
async def pictures(bridge: WebSocketServer) -> AsyncIterator[list[Picture]]:
    async with contextlib.AsyncExitStack() as stack:
        watchers = [await stack.enter_async_context(watching(bridge)) for _ in range(VIEWERS)]
        pictures = [Picture(watcher) for watcher in watchers]
        following = [asyncio.create_task(picture.watch()) for picture in pictures]
        await until(lambda: all(picture.joins for picture in pictures), "all have entered")
        yield pictures
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def is_ready(bridge: WebSocketServer) -> bool:
    answer = await fetch(bridge, "/readyz")
    assert (answer.status == 200) == json.loads(answer.body)["ready"]
    return answer.status == 200


async def until_ready(bridge: WebSocketServer, hoped: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        while await is_ready(bridge) is not hoped:  # noqa: ASYNC110 - it has to be asked
            await asyncio.sleep(0.05)


def stored(database: PostgresDatabase) -> dict[str, str]:
    rows = database.sql(f"SELECT user_id, status FROM users WHERE server_id = '{FIRST}'").splitlines()
    return {uid: status for uid, _, status in (row.partition("|") for row in rows)}


async def test_a_server_that_is_killed_under_load(
    bridge: WebSocketServer, crowded: PostgresDatabase, pictures: list[Picture]
) -> None:
    """Viewers keep their world, newcomers get it too, and what changed meanwhile arrives afterwards."""
    writer = Writer(crowded)
    writing = asyncio.create_task(writer.write())
    await until(lambda: writer.written > 100, "there is load")
    await until_ready(bridge, hoped=True)

    await asyncio.to_thread(crowded.cluster.stop)
    await until_ready(bridge, hoped=False)
    async with watching(bridge) as newcomer:
        assert len((await newcomer.enter(FIRST))["users"]) == CROWD
    assert all(len(picture.users) == CROWD for picture in pictures)

    before = writer.written
    await asyncio.to_thread(crowded.cluster.start)
    await asyncio.to_thread(
        crowded.sql, f"DELETE FROM users WHERE server_id = '{FIRST}' AND user_id IN ('0', '1')"
    )
    await asyncio.to_thread(crowded.sql, f"INSERT INTO users VALUES ('{FIRST}', '{ADA}', 'Ada', 'dnd', NULL)")
    await until(lambda: writer.written > before + 100, "there is load again")
    writing.cancel()
    await asyncio.wait([writing])
    await until_ready(bridge, hoped=True)

    truth = await asyncio.to_thread(stored, crowded)
    assert len(truth) == CROWD - 1
    await until(lambda: all(picture.statuses == truth for picture in pictures), "all see what is stored")
    assert {picture.joins for picture in pictures} == {1}
    assert {picture.fewest for picture in pictures} <= {CROWD - 1, CROWD - 2}


async def test_a_bridge_that_starts_before_its_database(start: Start, postgres: PostgresDatabase) -> None:
    """Viewers wait in the lobby, and are let in when it is there."""
    await asyncio.to_thread(postgres.cluster.stop)
    try:
        bridge = await start(provider=SqlProvider(postgres.url), health=True)
        async with watching(bridge) as viewer:
            await viewer.ask(None)
            assert (await viewer.hear_type("server-join"))["data"]["users"] == {}
            assert not await is_ready(bridge)
            await asyncio.to_thread(postgres.cluster.start)
            assert ADA in (await viewer.hear_type("server-join"))["data"]["users"]
    finally:
        if not postgres.cluster.is_running:
            postgres.cluster.start()
    await until_ready(bridge, hoped=True)
