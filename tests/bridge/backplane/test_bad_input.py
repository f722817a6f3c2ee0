"""A wrong address, a refused password, a server that can't be used: one sentence each, and nothing lost."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from bridge.backplane.address import parse, without_password
from bridge.backplane.lines import Lines
from bridge.backplane.logouts import Logouts
from bridge.backplane.trouble import Trouble
from bridge.errors import Refused
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow, written
from tests.bridge.conftest import ADA, DWORLD, REPOS, VAULT, Start
from tests.bridge.test_main import run
from tests.bridge.watchers import until, watching
from tests.redis import RedisServer, serving

PASSWORD = "only-for-tests"


@pytest.fixture
def guarded() -> Iterator[RedisServer]:
    """A server with a password, and a user who may do nothing but look."""
    looker = ("--user", "looker", "on", f">{PASSWORD}", "+ping", "+info")
    with serving("--requirepass", PASSWORD, *looker) as one:
        yield one


@contextlib.asynccontextmanager
async def answering(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """Something on a port that isn't the Redis that we want: it answers each command, or whatever comes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while heard := await reader.read(4096):
            for command in heard.split(b"*")[1:]:
                writer.write(answer(command))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def trouble_of(url: str, *, writes: bool = True) -> Trouble:
    lines = Lines(url)
    try:
        with pytest.raises(Trouble) as raised:
            await lines.check(writes=writes)
        return raised.value
    finally:
        await lines.close()


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:6379", "http://localhost", "redis://", "redis://host:port", "redis://host/name",
        "redis://host/0?ssl_cert_reqs=none", "unix://", "redis://user:pa#ss@host/0", "redis://user:pa/ss@host",
        "redis://[::1/0",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    """Said without a piece of it: it may hold a password."""
    with pytest.raises(ValueError, match="redis://user:password@host") as raised:
        parse(text)
    assert "pa/ss" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["redis://host", "rediss://u:p@host:6380/3", "unix:///run/redis.sock", "redis://[::1]:6379"]
)
def test_what_is_an_address(text: str) -> None:
    """With TLS, and as a socket."""
    assert parse(text) == text
    assert "p@" not in without_password(text)


async def test_a_refused_password(guarded: RedisServer) -> None:
    """A wrong one, and none."""
    for url in (guarded.url, guarded.url.replace("//", "//:wrong@")):
        trouble = await trouble_of(url)
        assert "refuses the user or the password" in str(trouble)
        assert not trouble.passes
        assert "wrong" not in str(trouble)


async def test_a_user_without_permission(guarded: RedisServer) -> None:
    """Who may look, but not write."""
    trouble = await trouble_of(guarded.url.replace("//", f"//looker:{PASSWORD}@"))
    assert "doesn't allow this user" in str(trouble)
    assert not trouble.passes


async def test_what_was_done_by_half(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A script that isn't allowed all that it does, for a while; or that meets a stranger's stream."""
    rules = ("~dzone:*", "&dzone:*", "+@all", "-@admin", "-@dangerous", "+info")
    with serving("--user", "dzone", "on", f">{PASSWORD}", *rules) as server:
        url = server.url.replace("//", f"//dzone:{PASSWORD}@")
        origin = await start(provider=EmptyProvider(), publish_to=url)
        origin.show_guild(DWORLD, [ADA])
        there = await start(follow=url)
        await until(lambda: bool(there._directory.rooms), "the list of guilds")
        async with watching(there) as viewer:
            await viewer.enter("dworld")
            server.ask("ACL", "SETUSER", "dzone", "resetchannels", "&dzone:{guilds}:live")
            await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
            await until(lambda: "doesn't allow this user" in caplog.text, "a sentence")
            server.ask("ACL", "SETUSER", "dzone", "&dzone:*")
            assert (await viewer.hear())["data"]["message"] == "hello"
            [key] = [key for key in server.ask("KEYS", "*:events").split("\r\n") if ":" in key]
            server.ask("XADD", key, "999999999999-0", "a", "stranger's")
            await origin.broadcast_message(DWORLD.id, "111", "hello again", "9")
            assert (await viewer.hear())["data"]["message"] == "hello again"


async def test_a_copy_that_can_t_be_written_to(redis: RedisServer) -> None:
    """A replica."""
    with serving("--replicaof", "127.0.0.1", str(redis.port)) as copy:
        trouble = await trouble_of(copy.url)
    assert "can't be written to" in str(trouble)


async def test_a_server_without_memory() -> None:
    """Which may be mended while it runs."""
    with serving() as full:
        full.ask("CONFIG", "SET", "maxmemory", "1")
        trouble = await trouble_of(full.url)
    assert "out of memory" in str(trouble)
    assert trouble.passes


async def test_what_is_there_can_be_read_without_memory(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """By a bridge that is started then; what happens meanwhile comes as soon as there is some again."""
    await written(origin)
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        there = await follow()
        async with watching(there) as viewer:
            assert len((await viewer.enter("dworld"))["users"]) == 2
            await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
            redis.ask("CONFIG", "SET", "maxmemory", "0")
            assert (await viewer.hear())["data"]["message"] == "hello"
    finally:
        redis.ask("CONFIG", "SET", "maxmemory", "0")


async def test_a_server_that_throws_things_away(caplog: pytest.LogCaptureFixture) -> None:
    """A warning: what is thrown away is written again."""
    with serving("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as server:
        lines = Lines(server.url)
        await lines.check(writes=True)
        await lines.close()
    assert "set noeviction" in caplog.text


async def test_a_database_that_isn_t_there(redis: RedisServer) -> None:
    """There are sixteen."""
    assert "no database of that number" in str(await trouble_of(redis.url.replace("/0", "/77")))


async def test_an_old_server() -> None:
    """Its version is told."""
    info = b"# Server\r\nredis_version:6.2.14\r\n"
    told = b"$%d\r\n%b\r\n" % (len(info), info)
    async with answering(lambda command: told if b"INFO\r\n$6\r\nserver" in command else b"+OK\r\n") as url:
        trouble = await trouble_of(url)
    assert "is version 6.2.14" in str(trouble)
    assert not trouble.passes


async def test_no_redis_at_all() -> None:
    """A web server."""
    async with answering(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        assert "isn't Redis" in str(await trouble_of(url))


async def test_nobody_listens() -> None:
    """That passes."""
    trouble = await trouble_of("redis://127.0.0.1:1/0")
    assert "can't be reached" in str(trouble)
    assert trouble.passes


async def test_the_command_says_what_is_wrong(guarded: RedisServer) -> None:
    """And ends, where waiting doesn't help."""
    code, _, err = await run("-m", "bridge", "--port", "0", "--backplane", "http://localhost")
    assert (code, "is no address of Redis or Valkey" in err) == (2, True)
    code, _, err = await run("-m", "bridge", "--port", "0", "--backplane", guarded.url)
    assert (code, err.count("\n")) == (1, 1), err
    assert "refuses the user or the password" in err
    code, _, err = await run("-m", "bridge", "--backplane", guarded.url, "--database", "sqlite:///x")
    assert (code, "either from" in err) == (2, True)


async def test_the_writer_s_own_viewers_go_on(
    start: Start, guarded: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with its server; said once."""
    server = await start(provider=EmptyProvider(), publish_to=guarded.url)
    server.show_guild(DWORLD, [ADA])
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        await until(lambda: "refuses the user" in caplog.text, "a warning")
        await server.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"


async def test_a_stranger_s_data(start: Start, redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Of another kind, under a name of ours: it stays as it is."""
    redis.ask("SET", "dzone:{guilds}:infos", "a stranger's")
    server = await start(provider=EmptyProvider(), publish_to=redis.url)
    server.show_guild(DWORLD, [ADA])
    await until(lambda: "something of another program" in caplog.text, "a warning")
    assert "a stranger's" in redis.ask("GET", "dzone:{guilds}:infos")


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_stranger_s_guild(
    start: Start, redis: RedisServer, caplog: pytest.LogCaptureFixture, *, is_written: bool
) -> None:
    """Said once, however often it is tried; at readers nothing comes, and when it is gone all of it.

    Of all other guilds everything is written as it happens.
    """
    caplog.set_level("INFO")
    key = f"dzone:{{{DWORLD.id}}}:meta"
    if not is_written:
        redis.ask("SET", key, "a stranger's")
    origin = await start(provider=EmptyProvider(), publish_to=redis.url)
    origin.show_guild(DWORLD, [ADA])
    origin.show_guild(REPOS, [ADA])
    there = await start(follow=redis.url)
    await until(lambda: len(there._directory.rooms) == 2, "the list")
    room = there._directory.rooms[DWORLD.id]
    if not is_written:
        with pytest.raises(Refused):
            await there._plane.keeper.refresh_room(room)
    else:
        await until(lambda: key in redis.ask("KEYS", "*"), "the guild")
        await there._plane.keeper.refresh_room(room)
        redis.ask("DEL", key)
        redis.ask("SET", key, "a stranger's")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
    await until(lambda: origin._plane.unwritten == 1, "the guild is found to be a stranger's")
    before = looks(redis)
    async with watching(there) as viewer:
        await viewer.enter(REPOS.slug)
        await until(lambda: looks(redis) > before + 5, "some tries")
        await origin.broadcast_message(REPOS.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert [DWORLD.id in each and "something of another program" in each for each in warnings] == [True]
    assert not origin._plane.is_troubled
    redis.ask("DEL", key)
    await until(lambda: origin._plane.unwritten == 0, "the next try")
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"


@pytest.mark.parametrize("how", ["written", "looked at"])
async def test_a_stranger_among_the_members(
    start: Start, redis: RedisServer, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """The guild is written anew beside it, and nobody need mend anything, whatever meets it first."""
    origin = await start(provider=EmptyProvider(), publish_to=redis.url)
    origin.show_guild(DWORLD, [ADA])
    there = await start(follow=redis.url)
    await until(lambda: bool(there._directory.rooms), "the list")
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        found = redis.ask("KEYS", f"dzone:{{{DWORLD.id}}}:*:members")
        [key] = [line for line in found.split("\r\n") if ":" in line]
        redis.ask("DEL", key)
        redis.ask("SET", key, "a stranger's")
        if how == "looked at":
            await until(lambda: redis.ask("KEYS", f"dzone:{{{DWORLD.id}}}:*:members") != found, "another one")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
    assert origin._plane.unwritten == 0
    assert "something of another program" not in caplog.text


def looks(redis: RedisServer) -> int:
    """Count how often a writer has run a script."""
    told = redis.ask("INFO", "commandstats").partition("cmdstat_evalsha:calls=")[2]
    return int(told.partition(",")[0] or 0)


async def test_what_is_not_ours_on_a_channel_is_ignored(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """Rubbish on our channels changes nothing."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        for channel in ("dzone:{guilds}:live", f"dzone:{{{DWORLD.id}}}:live"):
            for rubbish in ("", "x", "x 1 2 {}", "[1]", "{}", "x 1 y z"):
                redis.ask("PUBLISH", channel, rubbish)
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"


def test_a_server_either_writes_or_follows() -> None:
    """Not both."""
    with pytest.raises(ValueError, match="either"):
        WebSocketServer(publish_to="redis://a", follow="redis://a")


NEWER = '{"info": {"id": "5", "slug": "x", "name": "x", "riddle": 1}, "counts": {}, "number": 9}'


async def test_what_another_version_has_written(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a guild that can't be read, nothing is shown; of the others everything, now and later."""
    there = await follow()
    guilds = there._directory.rooms
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        redis.ask("HSET", "dzone:{guilds}:infos", "5", NEWER, VAULT.id, "no json", REPOS.id, "[]")
        redis.ask("PUBLISH", "dzone:{guilds}:live", "[]")
        await until(lambda: guilds.keys() == {DWORLD.id}, "what can be read")
        redis.ask("HSET", f"dzone:{{{DWORLD.id}}}:meta", "offset", "many")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        origin.show_guild(replace(VAULT, name="Another vault"))
        await until(lambda: VAULT.id in guilds, "a guild that can be read again")
        meta = f"dzone:{{{DWORLD.id}}}:meta"
        await until(lambda: "many" not in redis.ask("HGET", meta, "offset"), "a mend")
        await origin.broadcast_message(DWORLD.id, "111", "hello again", "9")
        while (await viewer.hear())["data"].get("message") != "hello again":
            pass
    assert "another version" in caplog.text
    assert "failed" not in caplog.text


async def test_a_guild_that_another_version_has_written(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody enters what can't be read; who is elsewhere goes on."""
    caplog.set_level("INFO")
    await written(origin)
    there = await follow()
    [key] = [line for line in redis.ask("KEYS", f"*{DWORLD.id}*:members").split("\r\n") if ":" in line]
    redis.ask("HSET", key, ADA.uid, '{"uid": "111"}')  # of one more the writer would see that it isn't its
    with pytest.raises(Refused):
        await there._plane.keeper.refresh_room(there._directory.rooms[DWORLD.id])
    async with watching(there) as viewer:
        await viewer.enter("repos")
        await origin.broadcast_message(REPOS.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
    assert "another version" in caplog.text
    assert "failed" not in caplog.text


async def test_a_stranger_s_logouts(
    redis: RedisServer,
) -> None:
    """They are none; those that are still count."""
    ended: dict[str, float] = {}
    lines = Lines(redis.url)
    redis.ask("ZADD", "dzone:{logins}:ended", "5000000000", "not one of ours")
    with socket.create_connection(("127.0.0.1", redis.port)) as line:
        line.sendall(b'ZADD dzone:{logins}:ended 5000000000 "\\xff\\xfe"\r\n')
        assert line.recv(10).startswith(b":1")
    redis.ask("ZADD", "dzone:{logins}:ended", "5000000000", "abc")
    logouts = Logouts(lines, dict, ended.update)
    logouts.look()
    running = asyncio.create_task(logouts.run())
    await until(lambda: bool(ended) or running.done(), "what is read")
    running.cancel()
    await asyncio.wait({running})
    await lines.close()
    assert ended == {"abc": 5e9}
