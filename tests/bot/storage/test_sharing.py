"""Several processes store in one database: what one of them writes holds in all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final

import pytest
from sqlalchemy import text

from bot import store
from bot.storage import sharing
from bot.storage.rows import Changes
from bot.storage.sharing import Notice, reader
from bot.store import Store
from bridge.providers import notices
from cogs.settings import Announcement, GuildSettings, MemberSettings, News
from tests.bot.stored import FULL, HIDDEN, LONG_AGO
from tests.bridge.watchers import until
from tests.postgres import Cluster


class Process:
    """What one of them knows, and what it heard of the others."""

    def __init__(self, stored: Store) -> None:
        self.store = stored
        self.news: list[News] = []
        self.following = asyncio.create_task(stored.follow(self._hear))

    async def _hear(self, news: News) -> None:
        self.news.append(news)

    async def settled(self) -> None:
        """Wait until what the store knows was heard as well: that comes a turn of the loop later."""
        await self.store._news.join()

    async def member(self, user_id: int, settings: MemberSettings) -> None:
        """Wait until it knows of a decision."""
        await until(lambda: self.store.member(user_id) == settings, f"{settings} of {user_id}")

    async def guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Wait until it knows of a decision."""
        await until(lambda: self.store.guild(guild_id) == settings, f"{settings} of {guild_id}")


Join = Callable[[], Awaitable[Process]]

IDLE: Final = "idle_in_transaction_session_timeout"


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.empty_database()


@pytest.fixture
async def join(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Join]:
    """Let one more process share the database, and hear the others."""
    monkeypatch.setattr(store, "HEAR_AGAIN", 0.05)
    processes: list[Process] = []

    async def join_one() -> Process:
        process = Process(await Store.open(url, shared=True))
        processes.append(process)
        probe = await Store.open(url, shared=True)
        await probe.save_note("probe", str(len(processes)))
        await probe.close()
        await until(lambda: process.store.note("probe") == str(len(processes)), "heard")
        await process.settled()
        return process

    yield join_one
    for process in processes:
        process.following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await process.following
        await process.store.close()


async def test_what_one_writes_holds_in_all(join: Join) -> None:
    """Each kind of decision, and it is told what it was before."""
    one, other = await join(), await join()
    other.news.clear()
    await one.store.save_member(2, HIDDEN)
    await other.member(2, HIDDEN)
    await one.store.save_guild(1, FULL)
    await other.guild(1, FULL)
    await one.store.save_default(1)
    await until(lambda: other.store.default_guild == 1, "the default")
    await one.store.save_default(3)
    await until(lambda: other.store.default_guild == 3, "another default")
    await one.store.save_member(2, MemberSettings())
    await other.member(2, MemberSettings())
    await one.store.forget_guild(1)
    await other.guild(1, GuildSettings())
    await until(lambda: len(other.news) == 6, "news")
    assert other.news == [
        News({}, {2: (MemberSettings(), HIDDEN)}),
        News({1: (GuildSettings(), FULL)}, {}),
        News({}, {}, frozenset({1})),
        News({}, {}, frozenset({1, 3})),
        News({}, {2: (HIDDEN, MemberSettings())}),
        News({1: (FULL, GuildSettings())}, {}),
    ]
    await other.store.save_note("later", "than all of that")
    await until(lambda: one.store.note("later") is not None, "what was told last")
    await one.settled()
    assert not [news for news in one.news if news.members or news.guilds]


async def test_nobody_takes_back_what_they_have_not_heard_of(url: str) -> None:
    """Who hides in one process and chooses a colour in another stays hidden."""
    one, deaf = await Store.open(url, shared=True), await Store.open(url, shared=True)
    await one.change_member(2, lambda settings: replace(settings, hidden=True))
    before, after = await deaf.change_member(2, lambda settings: replace(settings, color="#123456"))
    assert before == MemberSettings(hidden=True)
    assert after == deaf.member(2) == MemberSettings(hidden=True, color="#123456")
    heard: list[News] = []

    async def hear(news: News) -> None:
        heard.append(news)

    following = asyncio.create_task(deaf.follow(hear))
    await until(lambda: bool(heard), "that somebody hid is news there all the same")
    assert heard[0].members == {2: (MemberSettings(), MemberSettings(hidden=True))}
    following.cancel()
    await asyncio.wait({following})
    await one.close()
    await deaf.close()


async def test_many_write_at_the_same_time(join: Join) -> None:
    """One after the other, and all of it holds in the end, everywhere."""
    processes = [await join() for _ in range(3)]
    changes: list[Callable[[MemberSettings], MemberSettings]] = [
        lambda settings: replace(settings, hidden=True),
        lambda settings: replace(settings, muted=True),
        lambda settings: replace(settings, color="#000000"),
    ]

    async def decide(process: Process, change: Callable[[MemberSettings], MemberSettings]) -> None:
        for user_id in range(1, 11):
            await process.store.change_member(user_id, change)

    await asyncio.gather(*map(decide, processes, changes))
    for process in processes:
        for user_id in range(1, 11):
            await process.member(user_id, MemberSettings(hidden=True, muted=True, color="#000000"))


async def test_what_was_missed_is_read_when_the_database_is_back(
    join: Join, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who could not hear it knows it soon after."""
    one, other = await join(), await join()
    monkeypatch.setattr(store, "HEAR_AGAIN", 0.5)
    cluster.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND (query LIKE '%LISTEN%' OR query LIKE '%pg_notify($1%')",
        "postgres",
    )
    await one.store.save_member(2, HIDDEN)
    await one.store.save_guild(1, FULL)
    await other.member(2, HIDDEN)
    await other.guild(1, FULL)


async def test_where_nothing_is_told_it_is_read_all_the_same(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A pooler may swallow it. That is said once, and decisions arrive later."""
    monkeypatch.setattr(store, "HEAR_AGAIN", 0.05)
    monkeypatch.setattr(notices, "PATIENCE", 0.05)
    monkeypatch.setattr(sharing, "CHANNEL", "elsewhere")
    monkeypatch.setattr(notices.Ear, "hear", lambda *_: None)
    process = Process(await Store.open(url, shared=True))
    other = await Store.open(url, shared=True)
    await other.save_member(2, HIDDEN)
    await process.member(2, HIDDEN)
    await other.save_member(3, HIDDEN)
    await process.member(3, HIDDEN)
    assert caplog.text.count("arrives late") == 1
    assert "pooler" in caplog.text
    process.following.cancel()
    await asyncio.wait({process.following})
    await process.store.close()
    await other.close()


async def test_nobody_waits_for_ever_for_who_is_frozen(url: str) -> None:
    """In the middle of a change, whose transaction the database then gives up."""
    one, frozen = await Store.open(url, shared=True), await Store.open(url, shared=True)
    async with frozen._engine.connect() as connection:
        await sharing.lock(connection)
        patience = await connection.scalar(text(f"SELECT setting FROM pg_settings WHERE name = '{IDLE}'"))
        assert patience == str(sharing.FROZEN)
        await connection.execute(text(f"SET LOCAL {IDLE} = 100"))  # its last word: before, it may be slow
        await one.save_member(2, HIDDEN)
        assert one.member(2) == HIDDEN
        await connection.invalidate()
    await one.close()
    await frozen.close()


async def test_more_than_can_be_named(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then everything is read."""
    monkeypatch.setattr(sharing, "MAX_TOLD", 20)
    one, other = await join(), await join()
    await one.store.save_member(2, HIDDEN)
    await other.member(2, HIDDEN)


async def test_what_is_overdue_is_forgotten_by_whose_it_is(join: Join) -> None:
    """And by nobody else."""
    one, other = await join(), await join()
    for guild_id in (1, 2):
        await one.store.save_guild(guild_id, FULL)
        await one.store.note_left(guild_id, LONG_AGO)
    await other.guild(2, FULL)
    when = LONG_AGO.replace(year=LONG_AGO.year + 1)
    await until(lambda: all(guild.left for guild in other.store._contents.guilds.values()), "left")
    assert await other.store.forget_left_before(when, lambda guild_id: guild_id == 2) == {2}
    await one.guild(2, GuildSettings())
    assert one.store.guild(1) == FULL


def test_what_is_read_of_what_is_told() -> None:
    """Nothing of ours, and nothing of a stranger's."""
    read = reader("me")
    assert read('{"from": "me", "all": true}') is None
    assert read('{"from": "you", "all": true}') == Notice(None)
    told = '{"from": "you", "guilds": [1], "members": [2, 3], "notes": ["x"]}'
    assert read(told) == Notice(Changes({1: None}, {2: None, 3: None}, {"x": None}))
    for strange in ("", "0123456789abcdef", "7", "null", "[]", '{"from": 1}', '{"from": "you"}'):
        assert read(strange) is None
    assert read('{"from": "you", "guilds": ["x"], "members": [], "notes": []}') is None
    assert read('{"from": "you", "guilds": [null], "members": [], "notes": []}') is None


async def test_what_who_runs_it_decides_holds_in_all(join: Join) -> None:
    """Whom they block and let in again, and what they announce."""
    one, other = await join(), await join()
    other.news.clear()
    await one.store.save_block("user", 7, blocked=True)
    await one.store.save_block("guild", 8, blocked=True)
    await until(lambda: other.store.is_blocked("guild", 8), "blocked")
    assert other.store.blocked("user") == [7]
    await one.store.save_block("user", 7, blocked=False)
    first, again = (Announcement("back soon", 1e10, at) for at in (1.1234567, 2.0))
    for announcement in (first, again):
        await one.store.save_announcement(announcement)
        # Before the next: who is slow reads what is there by then, and never hears of the one before.
        await until(lambda: announcement in [news.notice for news in other.news], "told")  # noqa: B023
        assert other.store.announcement == announcement
    assert other.store.blocked("user") == []
    assert {block for news in other.news for block in news.blocks} == {("user", 7), ("guild", 8)}
