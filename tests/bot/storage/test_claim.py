"""Two bots don't use the same settings without knowing of each other."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from bot.storage import claim
from bot.storage.claim import InUse, take
from bot.storage.database import CannotOpen
from bridge.storage.address import Address, PostgresAddress, SqliteAddress, parse
from tests.bridge.watchers import PATIENCE, until
from tests.postgres import Cluster

ROOT = Path(__file__).parents[3]
HOLDING = (
    "import asyncio, sys\n"
    "from bot.storage.claim import take\n"
    "from bridge.storage.address import parse\n"
    "async def main():\n"
    "    claimed = await take(parse(sys.argv[1]), alone=True)\n"
    "    print('held', flush=True)\n"
    "    await asyncio.Event().wait()\n"
    "asyncio.run(main())\n"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    if request.param == "sqlite":
        return SqliteAddress(tmp_path / "dzone.sqlite3")
    cluster: Cluster = request.getfixturevalue("cluster")
    return parse(cluster.empty_database())


async def test_a_second_bot_is_refused(where: Address) -> None:
    """It says why; when the first has ended, the next one may."""
    first = await take(where, alone=True)
    with pytest.raises(InUse, match="Another bot runs with the same settings"):
        await take(where, alone=True, patience=0)
    with pytest.raises(InUse):
        await take(where, alone=False, patience=0)
    await first.release()
    await (await take(where, alone=True, patience=0)).release()


async def test_those_who_know_of_each_other_share(where: Address) -> None:
    """Only who wants to be alone has to wait."""
    first, second = await take(where, alone=False), await take(where, alone=False, patience=0)
    with pytest.raises(InUse):
        await take(where, alone=True, patience=0)
    await first.release()
    await second.release()


async def test_a_restart_waits_for_the_old_one(
    where: Address, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A supervisor starts the next one while the last is ending."""
    caplog.set_level("INFO", "bot.storage.claim")
    monkeypatch.setattr(claim, "AGAIN", 0.01)
    old = await take(where, alone=True)
    new = asyncio.create_task(take(where, alone=True))
    await until(lambda: "waiting for its end" in caplog.text, "that it waits")
    assert not new.done()
    await old.release()
    await (await new).release()


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    """However that ends."""
    url = f"sqlite:///{(tmp_path / 'dzone.sqlite3').as_posix()}"

    async def claim_once(patience: float | None) -> None:
        await (await take(parse(url), alone=True, patience=patience)).release()

    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InUse):
            asyncio.run(claim_once(0))
        holder.kill()
    asyncio.run(claim_once(None))


async def test_another_name_for_the_same_file(tmp_path: Path) -> None:
    """A link leads to the same settings."""
    (tmp_path / "dzone.sqlite3").touch()
    link = tmp_path / "link.sqlite3"
    link.symlink_to(tmp_path / "dzone.sqlite3")
    first = await take(SqliteAddress(tmp_path / "dzone.sqlite3"), alone=True)
    with pytest.raises(InUse):
        await take(SqliteAddress(link), alone=True, patience=0)
    await first.release()


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Whoever opens the settings then says what is wrong."""
    await (await take(SqliteAddress(tmp_path / "nowhere" / "x.sqlite3"), alone=True)).release()


async def test_a_server_out_of_reach() -> None:
    """It is said as ever."""
    with pytest.raises(CannotOpen, match="can't be used"):
        await take(PostgresAddress("postgresql://x@127.0.0.1:1/x"), alone=True)


async def test_a_claim_outlives_its_connection(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server was started anew, it soon knows of the bot again."""
    monkeypatch.setattr(claim, "PULSE", 0.05)
    url = cluster.empty_database()

    async def ask(statement: str) -> list[str]:  # in a thread: the claim is kept meanwhile
        return (await asyncio.to_thread(cluster.sql, statement, "test")).split()

    held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
    first = await take(parse(url), alone=True)
    [before] = await ask(held)
    await ask(f"SELECT pg_terminate_backend({before})")
    async with asyncio.timeout(PATIENCE):
        while await ask(held) in ([], [before]):
            pass
    await first.release()


async def test_a_claim_outlives_what_its_driver_did_not_foresee(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a look at the very moment at which the server has said that it ends, and hasn't hung up yet."""
    monkeypatch.setattr(claim, "PULSE", 0.01)
    first = await take(parse(cluster.empty_database()), alone=True)
    fetch, asked = asyncpg.Connection.fetchval, []

    async def stumble(self: asyncpg.Connection, query: str) -> object:
        asked.append(query)
        if len(asked) == 1:
            raise asyncpg.InternalClientError("another operation (2) is in progress")
        return await fetch(self, query)

    monkeypatch.setattr(asyncpg.Connection, "fetchval", stumble)
    await until(lambda: len(asked) > 1, "another look")
    await first.release()
