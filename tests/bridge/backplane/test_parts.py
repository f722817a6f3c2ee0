"""Several servers write to one place, each some of the guilds."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.backplane import listing, reader, writer
from bridge.backplane.parts import MOST, WHOLE, Overview, Part, missing
from bridge.model import GuildInfo
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import written
from tests.bridge.backplane.test_servers import viewing
from tests.bridge.conftest import ADA, BEPPO, Start
from tests.bridge.watchers import PATIENCE, until, watching
from tests.redis import RedisServer

LOW, HIGH = Part(0, 3, 8), Part(4, 7, 8)


def guild_of(shard: int, number: int = 0, total: int = 8) -> GuildInfo:
    """Make a guild that belongs to one of some shards."""
    guild_id = (number * total + shard) << 22 | 5
    return GuildInfo(str(guild_id), f"g{shard}-{number}", f"Guild {shard} {number}")


async def write(start: Start, redis: RedisServer, part: Part, *guilds: GuildInfo) -> WebSocketServer:
    """Start a server that has some guilds, and waits for no others."""
    server = await start(provider=EmptyProvider(), publish_to=redis.url, part=part)
    for guild in guilds:
        server.show_guild(guild, [ADA, BEPPO])
    return server


def listed(server: WebSocketServer) -> set[str]:
    """Name the guilds that a server shows."""
    return {room.info.slug for room in server._directory.rooms.values()}


def generations(redis: RedisServer) -> dict[str, str]:
    """Tell who has written which part of the list."""
    words = [
        line for line in redis.ask("HGETALL", "dzone:{guilds}:parts").split("\r\n") if line[:1] not in "*$"
    ]
    return {part: text.split(" ")[0] for part, text in zip(words[::2], words[1::2], strict=True)}


# What a range is


@pytest.mark.parametrize(
    ("text", "part"),
    [("0-3/16", Part(0, 3, 16)), ("5/16", Part(5, 5, 16)), ("0/1", Part()), ("2-2/3", Part(2, 2, 3))],
)
def test_a_range(text: str, part: Part) -> None:
    """Some shards, or one."""
    assert Part.parse(text) == part
    assert Part.parse(str(part)) == part


@pytest.mark.parametrize(
    "text",
    [
        "", "0-3", "16/16", "0-16/16", "3-0/16", "0,4/16", "-1/4", "1-/4", "a/b", "0/0", f"0/{MOST + 1}",
        "٣/16", "0 - 3/16", "0-3/16 ", "1/16/2", "0-1-2/16", "9999999999/9999999999",
    ],
)  # fmt: skip
def test_what_is_no_range(text: str) -> None:
    """Said in a piece of a sentence."""
    with pytest.raises(ValueError, match=r"^(is no|has to|ends|goes too far)"):
        Part.parse(text)


@given(
    st.integers(1, 40).flatmap(lambda total: st.tuples(st.just(total), st.sets(st.integers(0, total - 1))))
)
def test_what_is_missing(case: tuple[int, set[int]]) -> None:
    """All that none has, and nothing else, in ranges that don't touch."""
    total, there = case
    gaps = missing([Part(shard, shard, total) for shard in there], total)
    assert {shard for gap in gaps for shard in gap.shards} == set(range(total)) - there
    assert all(first.last + 1 < second.first for first, second in pairwise(gaps))


@given(st.integers(1, 1 << 63), st.integers(1, 64))
def test_each_guild_is_in_one_part(guild_id: int, total: int) -> None:
    """By Discord's rule."""
    having = [shard for shard in range(total) if Part(shard, shard, total).has(guild_id)]
    assert having == [(guild_id >> 22) % total]


# Two of them


async def test_two_parts_are_one_list(start: Start, redis: RedisServer) -> None:
    """Complete as soon as all parts are there, and not before."""
    low = await write(start, redis, LOW, guild_of(0), guild_of(3))
    there = await start(follow=redis.url)
    await until(lambda: len(listed(there)) == 2, "the first part")
    assert there.expects_more_guilds
    high = await write(start, redis, HIGH, guild_of(4))
    await until(lambda: listed(there) == {"g0-0", "g3-0", "g4-0"}, "both parts")
    await until(lambda: not there.expects_more_guilds, "complete")
    low.show_guild(guild_of(1), [ADA])
    high.hide_guild(guild_of(4).id)
    await until(lambda: listed(there) == {"g0-0", "g3-0", "g1-0"}, "changes of both")
    async with watching(there) as first, watching(there) as second:
        await first.enter("g0-0")
        await second.enter("g1-0")
        await low.broadcast_message(guild_of(0).id, "111", "hello", "9")
        assert (await first.hear())["data"]["message"] == "hello"


async def test_a_restart_takes_its_own_part_alone(start: Start, redis: RedisServer) -> None:
    """What is gone there is gone; the other part is as it was, also for those who watch it."""
    low = await write(start, redis, LOW, guild_of(0), guild_of(1))
    await write(start, redis, HIGH, guild_of(4))
    there = await start(follow=redis.url)
    await until(lambda: len(listed(there)) == 3, "both parts")
    before = generations(redis)
    async with AsyncExitStack() as stack:
        here, elsewhere = await viewing(stack, there), await viewing(stack, there)
        await here.enter("g0-0")
        await elsewhere.enter("g4-0")
        await low.stop()
        again = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url, part=LOW)
        again.expects_more_guilds = True
        await start(again)
        again.show_guild(guild_of(0), [ADA])
        await here.until_users({"111": "online"})
        assert listed(there) == {"g0-0", "g1-0", "g4-0"}  # it may still come
        again.expects_more_guilds = False
        await until(lambda: listed(there) == {"g0-0", "g4-0"}, "the other is gone")
        after = generations(redis)
        assert after[str(HIGH)] == before[str(HIGH)]
        assert after[str(LOW)] > before[str(LOW)]
        assert elsewhere.joins == 1
        await again.broadcast_message(guild_of(0).id, "111", "back", "9")
        await here.until_words("back")


async def test_the_server_loses_everything(start: Start, redis: RedisServer) -> None:
    """Each writes its own part again; nothing vanishes while one of them hasn't."""
    low = await write(start, redis, LOW, guild_of(0))
    high = await write(start, redis, HIGH, guild_of(4))
    there = await start(follow=redis.url)
    await until(lambda: len(listed(there)) == 2, "both parts")
    seen: list[set[str]] = []
    there._directory.listen(lambda _: seen.append(listed(there)))
    redis.restart()
    await until(lambda: generations(redis).keys() == {str(LOW), str(HIGH)}, "both parts again")
    low.show_guild(guild_of(1), [ADA])
    high.show_guild(guild_of(5), [ADA])
    await until(lambda: listed(there) == {"g0-0", "g4-0", "g1-0", "g5-0"}, "what is new in both")
    assert all({"g0-0", "g4-0"} <= each for each in seen)


async def test_a_list_that_is_lost_counts_on(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun anew, it comes to where it was before: whoever has heard it up to there has missed something."""
    monkeypatch.setattr(reader, "CHECK_EVERY", 3600.0)  # nothing but what is told says so
    low = await write(start, redis, LOW, guild_of(0))
    there = await start(follow=redis.url)
    for number in range(1, 6):
        low.show_guild(guild_of(1, number), [ADA])
        await until(lambda: len(listed(there)) == number + 1, "each by itself")  # noqa: B023 - it waits here
    redis.ask("FLUSHALL")
    low.show_guild(guild_of(2), [ADA])
    await until(lambda: "g2-0" in listed(there), "what was listed first after that")


async def test_a_list_that_is_an_earlier_one(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was restored lists whom nobody may see any more: they stay away, and are removed."""
    low = await write(start, redis, LOW, guild_of(0), guild_of(1))
    there = await start(follow=redis.url)
    await until(lambda: not there.expects_more_guilds, "the list")
    redis.save()
    low.hide_guild(guild_of(1).id)
    await until(lambda: listed(there) == {"g0-0"}, "one is hidden")
    await until(lambda: guild_of(1).id not in redis.ask("KEYS", "*"), "and gone")
    seen: list[set[str]] = []
    there._directory.listen(lambda _: seen.append(listed(there)))
    redis.restore()
    low.show_guild(guild_of(2), [ADA])
    await until(lambda: listed(there) == {"g0-0", "g2-0"}, "what is new")
    await until(lambda: guild_of(1).id not in redis.ask("KEYS", "*"), "nothing stays of the other")
    await until(lambda: guild_of(1).id not in redis.ask("HGETALL", "dzone:{guilds}:infos"), "not in the list")
    assert all("g1-0" not in each for each in seen)


@pytest.mark.parametrize("other", [Part(3, 4, 8), Part(0, 7, 8), Part(0, 1, 4), Part(8, 15, 16), Part()])
async def test_parts_that_don_t_go_together(
    start: Start, redis: RedisServer, other: Part, caplog: pytest.LogCaptureFixture
) -> None:
    """The later one says so and waits; when the earlier one is gone, it takes over."""
    low = await write(start, redis, LOW, guild_of(0))
    there = await start(follow=redis.url)
    await until(lambda: listed(there) == {"g0-0"}, "the first")
    before = generations(redis)
    late = guild_of(3, 1)
    await write(start, redis, other, late)
    await until(lambda: "don't go together" in caplog.text, "a sentence")
    assert f"writes the shards {LOW}" in caplog.text
    low.show_guild(guild_of(1), [ADA])
    await until(lambda: listed(there) == {"g0-0", "g1-0"}, "the first goes on")
    assert generations(redis) == before
    assert late.id not in redis.ask("KEYS", "*")
    await low.stop()
    await until(lambda: "g3-1" in listed(there), "the second")
    assert generations(redis).keys() == {str(other)}
    assert caplog.text.count("don't go together") == 1


async def test_who_dies_is_believed_for_a_while(start: Start, redis: RedisServer) -> None:
    """Then others may have its shards."""
    await write(start, redis, HIGH, guild_of(4))
    redis.ask("HSET", "dzone:{guilds}:parts", "0-1/8", "0000000000001.dead 7 1")
    redis.ask("HSET", "dzone:{guilds}:parts", "a stranger's", "whatever")
    redis.ask("SET", "dzone:{guilds}:alive:0-1/8", "0000000000001.dead {}")
    await write(start, redis, LOW, guild_of(0))
    there = await start(follow=redis.url)
    await until(lambda: listed(there) == {"g4-0"}, "the living")
    redis.ask("DEL", "dzone:{guilds}:alive:0-1/8")
    await until(lambda: listed(there) == {"g4-0", "g0-0"}, "both")
    assert generations(redis).keys() == {str(LOW), str(HIGH), "a stranger's"}


async def test_nobody_is_believed_for_longer(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server that was restored with another clock has it, or a stranger."""
    monkeypatch.setattr(listing, "BELIEVED_FOR", 1)
    redis.ask("HSET", "dzone:{guilds}:parts", "0-1/8", "0000000000001.dead 7 1")
    redis.ask("SET", "dzone:{guilds}:alive:0-1/8", "0000000000001.dead {}", "EX", "9999")
    await write(start, redis, LOW, guild_of(0))
    there = await start(follow=redis.url)
    await until(lambda: listed(there) == {"g0-0"}, "the living")


async def test_a_clock_that_is_behind(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes later is heard, also if they seem to have been there before, and say much."""
    old = await write(start, redis, WHOLE, guild_of(0))
    there = await start(follow=redis.url)
    await until(lambda: listed(there) == {"g0-0"}, "the first")
    await old.stop()
    behind = SimpleNamespace(time=lambda: time.time() - 100, monotonic=time.monotonic)
    monkeypatch.setattr(writer, "time", behind)
    new = await write(start, redis, WHOLE, guild_of(0))
    changes = 0

    def is_heard() -> bool:
        nonlocal changes
        changes += 1
        new.show_guild(replace(guild_of(0), name=f"{changes}"), [ADA])
        return there._directory.rooms[guild_of(0).id].info.name.isdecimal()

    await until(is_heard, "what it is called now")

    async def go_on_speaking() -> (
        None
    ):  # what was said before it is heard is no news to who is shown all of it
        while True:
            await new.broadcast_message(guild_of(0).id, "111", "hello", "9")
            await asyncio.sleep(0.05)

    async with watching(there) as viewer:
        await viewer.enter("g0-0")
        speaking = asyncio.create_task(go_on_speaking())
        while (await viewer.hear())["data"].get("message") != "hello":
            pass
        speaking.cancel()


async def test_more_shards_than_before(start: Start, redis: RedisServer) -> None:
    """All is started anew with another total: viewers keep their guilds until these are written again."""
    old = await write(start, redis, Part(0, 0, 2), guild_of(0, 0), guild_of(0, 1), guild_of(2))
    other = await write(start, redis, Part(1, 1, 2), guild_of(1))
    await written(other)
    await other.stop()
    there = await start(follow=redis.url)
    everything = {"g0-0", "g0-1", "g2-0", "g1-0"}
    await until(lambda: listed(there) == everything, "all")
    await old.stop()
    first = await write(start, redis, Part(0, 1, 4), guild_of(0, 0), guild_of(1))
    await until(lambda: listed(there) == everything - {"g0-1"}, "what is gone of the first half")
    await write(start, redis, Part(2, 3, 4), guild_of(2))
    await until(lambda: not there.expects_more_guilds, "complete")
    assert listed(there) == everything - {"g0-1"}
    await first.broadcast_message(guild_of(1).id, "111", "hello", "9")
    await until(lambda: guild_of(0, 1).id not in redis.ask("KEYS", "*"), "nothing stays of that")


# What all have together


async def test_the_whole(start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guilds and viewers of all, and which shards nobody has."""
    monkeypatch.setattr(listing, "BELIEVED_FOR", 5)  # whoever has no time to say that it leaves
    low = await write(start, redis, LOW, guild_of(0), guild_of(1))
    async with watching(low) as viewer:
        await viewer.enter("g0-0")

        async def told(overview: Overview) -> None:
            async with asyncio.timeout(PATIENCE):
                while await low.overview() != overview:  # noqa: ASYNC110 - it has no event to wait for
                    await asyncio.sleep(0.02)

        await told(Overview(2, 1, 1, (HIGH,)))
        high = await write(start, redis, HIGH, guild_of(4))
        there = await start(follow=redis.url)
        await until(lambda: len(listed(there)) == 3, "both parts")
        async with watching(there) as second, watching(there) as third:
            await second.enter("g0-0")
            await third.enter("g4-0")
            await told(Overview(3, 3, 2, ()))
        await told(Overview(3, 1, 2, ()))
        await high.stop()
        await there.stop()
        await told(Overview(2, 1, 1, (HIGH,)))
    assert await there.overview() is None


async def test_what_a_stranger_says_counts_nothing(start: Start, redis: RedisServer) -> None:
    """It isn't ours."""
    low = await write(start, redis, LOW, guild_of(0))
    await written(low)
    for name, said in (
        ("4/8", "no facts"), ("5/8", 'x {"guilds": "many"}'), ("x", "x {}"), ("6/8", "x []"),
        ("7/8", 'x {"guilds": Infinity, "viewers": 1}'), ("4-5/8", "x " + "[" * 100_000),
    ):  # fmt: skip
        redis.ask("HSET", "dzone:{guilds}:parts", name, "nothing of ours")
        redis.ask("SET", f"dzone:{{guilds}}:alive:{name}", said)
    overview = await low.overview()
    assert overview is not None
    assert (overview.guilds, overview.processes) == (1, 1)
    assert overview.missing == (HIGH,)
    redis.stop()
    assert await low.overview() is None
    redis.start()


async def test_what_a_stranger_tells_of_the_list(start: Start, redis: RedisServer) -> None:
    """The list is read anew, and is as it was."""
    await write(start, redis, LOW, guild_of(0))
    there = await start(follow=redis.url)
    await until(lambda: listed(there) == {"g0-0"}, "the part")
    for told in (
        "no json",
        "[]",
        '["x", "y", 0, 1, "1", []]',
        json.dumps([str(LOW), "9", 0, 1, "1", ["5", "x"]]),
    ):
        redis.ask("PUBLISH", "dzone:{guilds}:live", told)
    async with watching(there) as viewer:
        await viewer.enter("g0-0")
    assert listed(there) == {"g0-0"}
