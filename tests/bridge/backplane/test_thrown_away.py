"""A server that lacks memory throws away a key and keeps the others: nobody is shown what is left."""

import contextlib

import pytest

from bridge.errors import Refused
from bridge.model import Channel
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS
from tests.bridge.watchers import until, watching
from tests.redis import RedisServer


def keys_of(redis: RedisServer, pattern: str) -> list[str]:
    return redis.ask("KEYS", pattern).split("\r\n")[2::2]


async def opened(server: WebSocketServer) -> set[str]:
    """Have the guild opened, as for a viewer, as often as it takes."""
    room = server._directory.rooms[DWORLD.id]
    while True:
        with contextlib.suppress(Refused):
            await server._plane.keeper.refresh_room(room)
            return set(room.members)


@pytest.mark.parametrize("what", ["members", "facts", "events", "meta"])
async def test_a_piece_of_a_guild(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, what: str
) -> None:
    """Whoever watches goes on, whoever comes is shown all of it as soon as it is there again."""
    origin.show_guild(DWORLD, None, [Channel("9", "beds")])
    await until(lambda: len(keys_of(redis, "*:meta")) == 3, "all that there is")
    first, second = await follow(), await follow()
    async with watching(first) as viewer:
        await viewer.enter("dworld")
        await origin.broadcast_message(DWORLD.id, "111", "before", "9")
        assert (await viewer.hear())["data"]["message"] == "before"
        [gone] = keys_of(redis, f"dzone:{{{DWORLD.id}}}:*{what}")
        assert redis.ask("UNLINK", gone) == ":1\r\n"
        await origin.broadcast_presence(DWORLD.id, BEPPO.uid, "dnd")
        assert await opened(second) == {ADA.uid, BEPPO.uid}
        assert second._directory.rooms[DWORLD.id].channels
        assert (await viewer.hear())["data"] == {"uid": BEPPO.uid, "status": "dnd"}
        if what in ("members", "facts"):
            await until(lambda: gone not in keys_of(redis, "*"), "another generation")
        await origin.broadcast_message(DWORLD.id, "111", "after", "9")
        assert (await viewer.hear())["data"]["message"] == "after"


@pytest.mark.parametrize("what", ["infos", "parts", "both"])
async def test_a_piece_of_the_list(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, what: str
) -> None:
    """No guild is taken for gone, also by those who look anew; and all are listed again."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        names = ["infos", "parts"] if what == "both" else [what]
        redis.ask("DEL", *(f"dzone:{{guilds}}:{name}" for name in names))
        redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
        later = await follow()
        assert later._directory.rooms.keys() == there._directory.rooms.keys()
        await until(lambda: not there._plane.keeper.troubles, "the line again")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
        origin.hide_guild(REPOS.id)
        await until(lambda: REPOS.id not in there._directory.rooms, "what is gone")
