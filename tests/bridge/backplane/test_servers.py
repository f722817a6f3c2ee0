"""One server has the rooms, others show them: what viewers see is the same."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bridge.backplane import keys, lines, reader, writer
from bridge.backplane.book import Book
from bridge.backplane.trouble import Trouble
from bridge.backplane.writer import UNKNOWN
from bridge.model import Channel, Member
from bridge.problems import LOGIN_NEEDED, SERVER_HIDDEN
from bridge.providers import EmptyProvider
from bridge.rooms.notice import Notice
from bridge.rooms.state import Copy
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow, written
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.watchers import PATIENCE, Json, Watcher, fetch, until, watching
from tests.redis import RedisServer, serving

EVENTS = ["typing", "voice", "reaction", "edit", "activity", "servers"]


class View:
    """What a page makes of what it hears: a gap, a repeat or a nameless figure fails the test."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.users: dict[str, Json] = {}
        self.words: list[str] = []
        self.joins = 0
        self.cursor = ""

    async def enter(self, server: str = "dworld", **fields: object) -> Json:
        data: Json = {"batch": True, "events": EVENTS, **fields}
        await self.watcher.ask(server, **data)
        before = self.joins
        frame: Json = {}
        while self.joins == before:
            frame = await self.step()
        joined = frame["data"]
        assert isinstance(joined, dict)
        return joined

    async def step(self) -> Json:
        frame = await self.watcher.hear()
        assert frame["type"] != "error", frame
        for event in frame.get("events", [frame]):
            self._take(event)
        self.cursor = frame.get("cursor", self.cursor)
        return frame

    async def until_words(self, *words: str) -> None:
        while self.words[-len(words) :] != list(words):
            await self.step()

    async def until_users(self, users: dict[str, str]) -> None:
        while {uid: user["status"] for uid, user in self.users.items()} != users:
            await self.step()

    def _take(self, event: Json) -> None:
        data = event.get("data", {})
        match event["type"]:
            case "server-join":
                self.joins += 1
                self.users = data.get("users", self.users)
            case "message":
                self.words.append(data["message"])
            case "presence" if "delete" in data:
                del self.users[data["uid"]]
            case "presence":
                assert data["uid"] in self.users or "username" in data, event
                self.users.setdefault(data["uid"], {}).update(data)


@pytest.fixture
async def stack() -> AsyncExitStack:
    return AsyncExitStack()


async def viewing(stack: AsyncExitStack, server: WebSocketServer) -> View:
    return View(await stack.enter_async_context(watching(server)))


async def test_a_viewer_elsewhere_sees_the_same(origin: WebSocketServer, follow: Follow) -> None:
    """The greeting, everybody, then each event once and in order."""
    origin.show_guild(DWORLD, None, [Channel("9", "beds")])
    await origin.broadcast_client_id_update(DWORLD.id, "42")
    await written(origin)
    there = await follow()
    async with watching(origin, greeted=False) as here, watching(there, greeted=False) as elsewhere:
        assert await here.hear() == await elsewhere.hear()
        fields = {"batch": True, "events": EVENTS}
        assert await here.enter("dworld", **fields) == await elsewhere.enter("dworld", **fields)
        for number in range(20):
            await origin.broadcast_message(DWORLD.id, "111", f"{number}", "9", id=str(number))
            await origin.broadcast_presence(DWORLD.id, "222", ["idle", "dnd"][number % 2])
            await asyncio.sleep(0.005)
        await origin.broadcast_message(DWORLD.id, "111", "end", "9")
        heard: list[list[Json]] = [[], []]
        for watcher, events in zip((here, elsewhere), heard, strict=True):
            while not events or events[-1]["data"].get("message") != "end":
                events.extend(await watcher.hear_events())
        assert heard[0] == heard[1]


async def test_counts_and_the_default(origin: WebSocketServer, follow: Follow) -> None:
    """Also of rooms that nobody has opened there; nothing of one that is protected."""
    there = await follow()
    await until(lambda: there._directory.rooms[DWORLD.id].counts().get("members") == 2, "counts")
    counts = json.loads((await fetch(there, "/api/counts")).body)
    assert counts[DWORLD.id] == {"members": 2, "online": 2}
    assert VAULT.id not in counts
    async with watching(there) as viewer:
        assert (await viewer.enter("default"))["serverName"] == "D-World"


async def test_an_announcement(origin: WebSocketServer, follow: Follow, redis: RedisServer) -> None:
    """Who watches elsewhere hears it, also at bridges that are started later, and that it is taken back."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("dworld", events=["notice"])
        await origin.broadcast_notice("Back soon", seconds=100)
        assert (await viewer.hear_type("notice"))["data"]["text"] == "Back soon"
        later = await follow()
        await until(lambda: later._directory.notice is not None, "what was said before")
        for server in ("repos", VAULT.id):  # in a room, and in the lobby
            async with watching(later) as other:
                await other.ask(server, events=["notice"])
                assert (await other.hear_type("notice"))["data"]["text"] == "Back soon"
        redis.ask("PUBLISH", "dzone:{notice}:live", '["x", 5]')
        redis.ask("SET", "dzone:{notice}:said", "nothing of ours", "KEEPTTL")
        await origin.broadcast_notice(None)
        assert (await viewer.hear_type("notice"))["data"]["text"] == ""


async def test_an_announcement_of_a_clock_that_is_ahead(origin: WebSocketServer, follow: Follow) -> None:
    """What comes after it, from another machine, is heard all the same, and that it is taken back."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("dworld", events=["notice"])
        ahead = time.time() + 100
        await origin._directory.announce(Notice("Back soon", ahead, ahead + 600))
        for text in ("Back soon", "Back later", ""):
            assert (await viewer.hear_type("notice"))["data"]["text"] == text
            if text:
                await origin.broadcast_notice("Back later" if text == "Back soon" else None)


async def test_a_guild_that_becomes_protected_lets_everybody_go(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """At once, and nothing of what was said stays."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        origin.show_guild(replace(DWORLD, protected=True, password="sesame"))
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008


async def test_a_guild_that_is_switched_off_vanishes(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """Everywhere, and from the server."""
    there = await follow()
    async with watching(there) as viewer, AsyncExitStack() as stack:
        await viewer.enter("dworld")
        other = await viewing(stack, there)
        await other.enter("repos")
        origin.hide_guild(DWORLD.id)
        assert await viewer.hear_error() == SERVER_HIDDEN
        assert (await viewer.farewell())[0] == 1008
        frame = {"type": ""}
        while frame["type"] != "servers":
            frame = await other.step()
        assert DWORLD.id not in frame["data"]
    await until(lambda: DWORLD.id not in redis.ask("KEYS", "*"), "no key of it")


async def test_a_guild_that_is_switched_off_while_it_is_written(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays either."""
    server = await start(provider=EmptyProvider(), publish_to=redis.url)
    server.show_guild(REPOS, [ADA])
    await until(lambda: f"{REPOS.id}}}:meta" in redis.ask("KEYS", "*"), "the server's lines")
    whole = Book.slices

    def slices(book: Book, copy: Copy) -> Iterator[tuple[str, dict[str, bytes]]]:
        for some in whole(book, copy):
            yield some
            assert DWORLD.id in redis.ask("KEYS", "*:members")  # and what follows isn't written
            server.hide_guild(DWORLD.id)

    monkeypatch.setattr(Book, "slices", slices)
    server.show_guild(DWORLD, [ADA, BEPPO])
    await until(lambda: DWORLD.id not in server._directory.rooms, "the end of it")
    await until(lambda: DWORLD.id not in redis.ask("KEYS", "*"), "no key of it")


async def test_what_could_not_be_written_to_its_end(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doesn't take the server's memory while it is tried again."""
    whole, tries = Book.slices, 0

    def slices(book: Book, copy: Copy) -> Iterator[tuple[str, dict[str, bytes]]]:
        nonlocal tries
        tries += 1
        for some in whole(book, copy):
            yield some
            if tries <= 2:
                raise Trouble("It can't be reached.", passes=True)

    monkeypatch.setattr(Book, "slices", slices)
    server = await start(provider=EmptyProvider(), publish_to=redis.url)
    server.show_guild(DWORLD, [ADA, BEPPO])
    await until(lambda: f"{DWORLD.id}}}:meta" in redis.ask("KEYS", "*"), "the guild")
    assert tries > 2
    await until(lambda: redis.ask("KEYS", "*:members").startswith("*1\r\n"), "nothing else")


async def test_words_that_are_taken_back_are_gone(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """Also for who comes back with a cursor of before, to a server that has just opened the room."""
    first = await follow()
    async with AsyncExitStack() as stack:
        view = await viewing(stack, first)
        await view.enter()
        before = view.cursor
        await origin.broadcast_message(DWORLD.id, "111", "a secret", "9", id="5")
        await view.until_words("a secret")
        origin.forget_words(DWORLD.id, "111")
        await origin.broadcast_message(DWORLD.id, "222", "later", "9", id="6")
        await view.until_words("later")
        second = await follow()
        again = await viewing(stack, second)
        joined = await again.enter(cursor=before)
        assert "a secret" not in repr(joined)
        await origin.broadcast_message(DWORLD.id, "222", "end", "9", id="7")
        await again.until_words("end")
        assert "a secret" not in again.words
        assert is_kept(redis, "later")
        assert not is_kept(redis, "a secret")


def is_kept(redis: RedisServer, words: str) -> bool:
    """Tell whether words stand anywhere in what the server keeps."""
    names = [word for word in redis.ask("KEYS", "*").split() if word.startswith("dzone")]
    ways = (("HGETALL",), ("XRANGE", "-", "+"))
    return any(words in redis.ask(way, key, *more) for key in names for way, *more in ways)


async def test_who_comes_back_elsewhere_resumes(origin: WebSocketServer, follow: Follow) -> None:
    """With the cursor of the first, on a server that knew nothing of the guild until then."""
    first = await follow()
    async with AsyncExitStack() as stack:
        view = await viewing(stack, first)
        await view.enter()
        await origin.broadcast_message(DWORLD.id, "111", "one", "9")
        await view.until_words("one")
        cursor = view.cursor
        await origin.broadcast_message(DWORLD.id, "111", "two", "9")
        await view.until_words("two")
        again = await viewing(stack, await follow())
        assert (await again.enter(cursor=cursor)).get("resumed") is True
        await again.until_words("two")
        await origin.broadcast_message(DWORLD.id, "111", "three", "9")
        await again.until_words("two", "three")


async def test_a_room_is_closed_after_its_last_viewer(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its channel is heard no longer, and it opens again for the next."""
    there = await follow()
    channel = f"dzone:{{{DWORLD.id}}}:live"
    for _ in range(2):
        monkeypatch.setattr(reader, "KEPT_FOR", PATIENCE)  # longer than somebody takes to come in
        async with watching(there) as viewer:
            assert len((await viewer.enter("dworld"))["users"]) == 2
            assert "live" in redis.ask("PUBSUB", "CHANNELS", channel)
        monkeypatch.setattr(reader, "KEPT_FOR", 0.0)
        await until(lambda: "live" not in redis.ask("PUBSUB", "CHANNELS", channel), "unsubscribed")
        assert there._directory.rooms[DWORLD.id].counts()["members"] == 2


async def test_the_server_is_restarted_empty(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """Who watches keeps their world and goes on hearing, without a snapshot; who comes sees it all."""
    there = await follow()
    async with AsyncExitStack() as stack:
        view = await viewing(stack, there)
        await view.enter()
        await origin.broadcast_message(DWORLD.id, "111", "before", "9")
        await view.until_words("before")
        redis.stop()
        await origin.broadcast_message(DWORLD.id, "111", "meanwhile", "9")
        await origin.broadcast_presence(DWORLD.id, "222", "dnd")
        newcomer = await viewing(stack, there)
        assert len((await newcomer.enter())["users"]) == 2
        redis.start()
        await view.until_words("before", "meanwhile")
        await view.until_users({"111": "online", "222": "dnd"})
        assert view.joins == 1
        again = await viewing(stack, await follow())
        await again.enter()
        assert again.users["222"]["status"] == "dnd"


async def test_the_server_is_frozen(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody misses anything, and nobody hears anything twice."""
    there = await follow()
    async with AsyncExitStack() as stack:
        view = await viewing(stack, there)
        await view.enter()
        with redis.frozen(), monkeypatch.context() as impatient:
            impatient.setattr(lines, "PATIENCE", 0.5)
            for number in range(30):
                await origin.broadcast_message(DWORLD.id, "111", str(number), "9")
                await asyncio.sleep(0.05)
        await origin.broadcast_message(DWORLD.id, "111", "end", "9")
        await view.until_words("end")
        assert view.words == [*map(str, range(30)), "end"]
        assert view.joins == 1


async def test_the_writer_is_restarted(start: Start, redis: RedisServer, follow: Follow) -> None:
    """Viewers keep their world, and see the new one as soon as it is there."""
    first = await start(provider=EmptyProvider(), publish_to=redis.url)
    for guild in (DWORLD, replace(DWORLD, id="2", slug="two"), replace(DWORLD, id="3", slug="three")):
        first.show_guild(guild, [ADA, BEPPO])
    there = await follow()
    async with AsyncExitStack() as stack:
        view = await viewing(stack, there)
        await view.enter()
        await first.stop()
        second = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
        second.expects_more_guilds = True
        await start(second)
        assert len(there._directory.rooms) == 3
        second.show_guild(DWORLD, [ADA, Member("333", "Cedar", "idle")])
        await view.until_users({"111": "online", "333": "idle"})
        assert view.joins == 2
        await second.broadcast_message(DWORLD.id, "111", "hello", "9")
        await view.until_words("hello")
        assert set(there._directory.rooms) == {DWORLD.id, "2", "3"}
        second.expects_more_guilds = False
        await until(lambda: set(there._directory.rooms) == {DWORLD.id}, "the others are gone")


async def test_a_server_that_was_restored_while_nobody_writes(
    start: Start, redis: RedisServer, follow: Follow
) -> None:
    """Nobody is shown again who isn't to be seen any more, however long it lasts; what is new then is."""
    first = await start(provider=EmptyProvider(), publish_to=redis.url)
    for guild in (DWORLD, REPOS):
        first.show_guild(guild, [ADA, BEPPO])
    there = await follow(2)
    async with AsyncExitStack() as stack:
        view = await viewing(stack, there)
        await view.enter()
        redis.save()
        await first.stop()
        second = await start(provider=EmptyProvider(), publish_to=redis.url)
        second.show_guild(DWORLD, [ADA])
        await view.until_users({"111": "online"})
        await until(lambda: set(there._directory.rooms) == {DWORLD.id}, "the other is gone")
        await second.stop()
        redis.restore()
        for command in ("hgetall", "hmget"):  # which it counts since it was started
            await until(lambda command=command: _calls(redis, command) > 5, "some looks")  # type: ignore[misc]
        assert set(there._directory.rooms) == {DWORLD.id}
        assert set(view.users) == {"111"}
        third = await start(provider=EmptyProvider(), publish_to=redis.url)
        third.show_guild(DWORLD, [ADA, Member("333", "Cedar", "idle")])
        await view.until_users({"111": "online", "333": "idle"})


def _calls(redis: RedisServer, command: str) -> int:
    told = redis.ask("INFO", "commandstats").partition(f"cmdstat_{command}:calls=")[2]
    return int(told.partition(",")[0] or 0)


async def test_the_earlier_of_two_writers_gives_way(
    origin: WebSocketServer, start: Start, follow: Follow
) -> None:
    """As when a new bot is started before the old one has ended; its own viewers notice nothing."""
    there = await follow()
    later = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=origin._plane._publish_to)
    later.expects_more_guilds = True
    await start(later)
    later.show_guild(DWORLD, [BEPPO])
    async with AsyncExitStack() as stack:
        view, own = await viewing(stack, there), await viewing(stack, origin)
        await view.enter()
        await own.enter()
        await view.until_users({"222": "idle"})
        await origin.broadcast_message(DWORLD.id, "111", "of the earlier", "9")
        await later.broadcast_message(DWORLD.id, "222", "of the later", "9")
        await view.until_words("of the later")
        await own.until_words("of the earlier")
        assert view.words == ["of the later"]


@pytest.fixture
def seldom_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have writers look only when they begin, and when a test says so."""
    monkeypatch.setattr(writer, "CHECK_EVERY", 3_600.0)


@pytest.mark.usefixtures("seldom_checked")
async def test_the_later_of_two_writers_is_gone_only_if_it_is(
    origin: WebSocketServer, start: Start, redis: RedisServer
) -> None:
    """And not because it hasn't looked in the moment between two looks of the earlier one."""
    await written(origin)
    later = await start(provider=EmptyProvider(), publish_to=redis.url)
    later.expects_more_guilds = True
    later.show_guild(DWORLD, [BEPPO])
    await written(later)
    earlier = origin._plane._writer
    assert earlier is not None
    book = earlier._books[DWORLD.id]
    await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
    await until(lambda: book.taken not in (None, UNKNOWN), "the earlier one notices it")
    for _ in range(2):
        await earlier._check()
    assert not earlier._anew
    await later.broadcast_message(DWORLD.id, "222", "hello", "9")
    await written(later)
    for _ in range(2):
        await earlier._check()
    assert not earlier._anew
    await earlier._check()
    await written(origin)
    assert _life(redis) == (earlier.life, earlier.life)


def _life(redis: RedisServer) -> tuple[str, str]:
    """Name whose the list is, and the guild."""
    listed = redis.ask("HGETALL", keys.GUILDS_PARTS).split("\r\n")[4]
    told = redis.ask("HGET", keys.meta(DWORLD.id), "generation").split("\r\n")[1]
    return listed.split(" ")[0], keys.life_of(told)


async def test_both_stop_while_the_server_dies(start: Start) -> None:
    """Whatever comes first: a stop is no trouble that is tried again."""
    with serving() as server:
        for _ in range(10):
            origin = await start(provider=EmptyProvider(), publish_to=server.url)
            origin.show_guild(DWORLD, [ADA])
            there = await start(follow=server.url)
            await until(lambda: bool(there._directory.rooms), "the list of guilds")  # noqa: B023
            server.stop()
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(origin.stop(), there.stop())
            server.start()


async def test_what_roles_are_called(origin: WebSocketServer, follow: Follow, redis: RedisServer) -> None:
    """It is read elsewhere, too, and gone from everywhere with the wish: from what Redis keeps as well."""
    called = replace(DWORLD, role_names={"41": "Gardeners", "42": "Nobody has it"})
    gardener = ADA._replace(role_color="#57f287", role="41")

    def names(data: Json) -> dict[str, list[str]]:
        return {one["roleColor"]: one["roleNames"] for one in data["neighbourhoods"] if "roleNames" in one}

    origin.show_guild(called, [gardener, BEPPO])
    there = await follow()
    async with watching(there) as viewer, watching(there) as later:
        joined = await viewer.enter("dworld", crowd=50, events=EVENTS)
        while names(joined) != {"#57f287": ["Gardeners"]}:  # it may have been written before
            joined = (await viewer.hear_type("neighbourhoods"))["data"]
        assert is_kept(redis, "Gardeners")
        assert not is_kept(redis, "Nobody has it")
        origin.show_guild(replace(called, role_names={"41": "Growers"}))
        told = (await viewer.hear_type("neighbourhoods"))["data"]
        while names(told) != {"#57f287": ["Growers"]}:
            told = (await viewer.hear_type("neighbourhoods"))["data"]
        assert not is_kept(redis, "Gardeners")
        origin.show_guild(DWORLD)
        while names(told):
            told = (await viewer.hear_type("neighbourhoods"))["data"]
        assert not is_kept(redis, "Growers")
        assert names(await later.enter("dworld", crowd=50, events=EVENTS)) == {}
