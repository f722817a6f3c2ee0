"""Processes of one bot take turns to identify: with a real Redis between them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from bot.gateway import turns
from bot.gateway.turns import SharedTurns
from bridge.backplane import lines
from tests.bridge.watchers import PATIENCE
from tests.redis import RedisServer

Share = Callable[[], SharedTurns]


@pytest.fixture
async def share(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Share]:
    """Be one more process. However slow it is, a turn lasts, and Redis answers in time."""
    for name in ("PACE", "HELD"):
        monkeypatch.setattr(turns, name, int(PATIENCE * 1_000))
    monkeypatch.setattr(turns, "RELEASE", PATIENCE)
    monkeypatch.setattr(lines, "PATIENCE", PATIENCE)
    processes: list[SharedTurns] = []

    def be() -> SharedTurns:
        processes.append(SharedTurns(redis.url))
        return processes[-1]

    yield be
    for process in processes:
        await process.close()


async def test_one_after_the_other(share: Share, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has used a turn is followed only when it is over; other turns are nobody's concern."""
    monkeypatch.setattr(turns, "LOOK", 0.02)  # a turn that is held lasts long, unless it is used
    monkeypatch.setattr(turns, "PACE", 300)
    began: list[str] = []
    one, other = share(), share()

    async def identify(process: SharedTurns, bucket: int, name: str) -> None:
        async with process.hold(bucket) as use:
            assert redis.ask("PTTL", f"dzone:{{guilds}}:turn:identify-{bucket}").startswith(":")
            began.append(f"{name} holds")
            await asyncio.sleep(0)
            await use()
            began.append(f"{name} used")

    async with asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(identify(one, 0, f"one {number}"))
            group.create_task(identify(other, 0, f"other {number}"))
    assert len(began) == 8
    assert all(began[at].split(" ")[:2] == began[at + 1].split(" ")[:2] for at in range(0, 8, 2))
    async with one.hold(0) as first, other.hold(1) as second:
        await first()
        await second()


async def test_a_turn_that_was_used_lasts(share: Share, redis: RedisServer) -> None:
    """As long as Discord wants."""
    async with share().hold(0) as use:
        await use()
    left = int(redis.ask("PTTL", "dzone:{guilds}:turn:identify-0").strip()[1:])
    assert 0 < left <= turns.PACE


async def test_a_turn_that_was_not_used_is_given_back(share: Share, redis: RedisServer) -> None:
    """Nobody waits for who couldn't connect."""
    with pytest.raises(ConnectionRefusedError):
        async with share().hold(0):
            raise ConnectionRefusedError
    assert redis.ask("KEYS", "*turn*") == "*0\r\n"


async def test_who_takes_too_long_to_connect_delays_nobody(
    share: Share, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have their turn meanwhile, and who comes late needs another one."""
    key = "dzone:{guilds}:turn:identify-0"
    monkeypatch.setattr(turns, "HELD", 50)
    async with share().hold(0) as slow:
        async with share().hold(0) as quick:
            await quick()
        before = redis.ask("GET", key)
        redis.ask("PEXPIRE", key, "50")
        await slow()
        after = redis.ask("GET", key)
    assert "$-1\r\n" != before != after != "$-1\r\n"


async def test_without_redis_nobody_waits(
    share: Share, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once."""
    process = share()
    redis.stop()
    for _ in range(2):
        async with process.hold(0) as use:
            await use()
    redis.start()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "without waiting" in warnings[0].getMessage()
    async with process.hold(0) as use:
        await use()
    assert "turn:identify-0" in redis.ask("KEYS", "*turn*")


async def test_what_isn_t_a_turn_ends_like_one(
    share: Share, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's, or one that a server with another clock keeps for long: nobody waits for it for ever."""
    monkeypatch.setattr(turns, "HELD", 100)
    monkeypatch.setattr(turns, "LOOK", 0.02)
    redis.ask("SET", "dzone:{guilds}:turn:identify-0", "whose")
    redis.ask("SET", "dzone:{guilds}:turn:identify-1", "whose", "EX", "9999")
    redis.ask("RPUSH", "dzone:{guilds}:turn:identify-2", "whose")
    async with asyncio.timeout(PATIENCE):
        for bucket in range(3):
            async with share().hold(bucket) as use:
                await use()
            assert int(redis.ask("PTTL", f"dzone:{{guilds}}:turn:identify-{bucket}").strip()[1:]) > 0
