"""The connections to Redis, whatever happens meanwhile to whoever asks."""

import asyncio
from typing import Any, cast

from bridge.backplane.lines import Lines, Subscription
from tests.bridge.watchers import PATIENCE
from tests.redis import RedisServer

STEPS = 40  # turns of the loop: more than a question needs


async def ask_until_cancelled(lines: Lines) -> None:
    for _ in range(1000):
        await lines.ask(lines.commands.ping())


async def test_whoever_is_cancelled_while_asking_ends(redis: RedisServer) -> None:
    """In whichever turn of the loop that comes; asyncio's own `wait_for` forgets it in one of them."""
    lines = Lines(redis.url)
    await lines.ask(lines.commands.ping())
    for steps in range(STEPS):
        asking = asyncio.create_task(ask_until_cancelled(lines))
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking}, timeout=PATIENCE)
        assert asking.cancelled(), steps
    await lines.close()


async def test_who_hears_much_leaves_others_their_turns() -> None:
    """What has arrived already is read without waiting for anything, as much as it is."""
    heard: list[bytes] = []

    class Flood:
        async def read_response(self, **_: float) -> list[bytes]:
            return [b"message", b"channel", b"told"]

    def hear(channel: bytes, told: bytes) -> None:
        heard.append(told)

    listening = asyncio.create_task(Subscription(cast("Any", None), cast("Any", Flood()), hear).listen())
    for _ in range(3):
        before = len(heard)
        await asyncio.sleep(0)
        assert len(heard) > before
    listening.cancel()
