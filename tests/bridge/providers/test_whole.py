"""Where others show the rooms, a provider is asked without anybody watching here."""

import pytest

from bridge.providers import whole
from bridge.server import WebSocketServer
from tests.bridge.conftest import Start
from tests.bridge.source import Source
from tests.bridge.watchers import until, watching
from tests.redis import RedisServer


async def test_it_is_asked_again_and_again(
    start: Start, source: Source, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watches elsewhere sees what it says; a fault ends nothing."""
    monkeypatch.setattr(whole, "PACE", 0.02)
    origin = WebSocketServer(0, "127.0.0.1", refresh_interval=0, publish_to=redis.url)
    source.feed(origin)
    await start(origin)
    there = await start(follow=redis.url)
    await until(lambda: len(there._directory.rooms) == 3, "the list of guilds")
    async with watching(there) as viewer:
        assert (await viewer.enter("one"))["users"].keys() == {"11"}
        source.user_fault = RuntimeError("no answer")
        await source.was_asked("1", source.asked["1"] + 2)
        source.user_fault = None
        source.users["1"]["11"]["status"] = "dnd"
        assert (await viewer.hear_type("presence"))["data"]["status"] == "dnd"
