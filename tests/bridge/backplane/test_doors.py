"""Who may enter a protected guild is asked where it is known, whichever process shows it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bridge.access.guesses import Guesses
from bridge.access.passwords import hash_password
from bridge.access.visitor import Pass
from bridge.backplane import asking, counting
from bridge.backplane.follower import Follower
from bridge.errors import NoAnswer, NotAMember, Silence
from bridge.limits import Limits
from bridge.model import GuildInfo
from bridge.problems import (
    BOT_SILENT,
    GUILD_FULL,
    LOGIN_NEEDED,
    NO_ANSWER,
    SERVER_HIDDEN,
    WRONG_PASSWORD,
    Problem,
    too_many_tries,
)
from bridge.providers import EmptyProvider
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from bridge.viewers import review
from tests.bridge.backplane.conftest import Follow
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.watchers import PATIENCE, Watcher, until, watching
from tests.redis import RedisServer


class Discord:
    """Says who a token's user is, and whether they are a member."""

    def __init__(self, *members: str) -> None:
        self.members = set(members)
        self.asked = self.looked = 0
        self.error: BaseException | None = None
        self.thinking: asyncio.Event | None = None

    async def validate(self, token: str, user: Mapping[str, Any], server_id: str) -> bool | datetime:
        self.asked += 1
        if self.thinking is not None:
            await self.thinking.wait()
        if self.error is not None:
            raise self.error
        if token != f"token of {user['id']}":
            return False
        if user["id"] not in self.members:
            raise NotAMember
        return True

    async def may_watch(self, uid: str, server_id: str) -> bool:
        self.looked += 1
        if self.error is not None:
            raise self.error
        return uid in self.members


def shown_by(uid: str) -> dict[str, Any]:
    return {"discordToken": f"token of {uid}", "discordUser": {"id": uid}}


@pytest.fixture
def discord(origin: WebSocketServer) -> Discord:
    discord = Discord("7", "8")
    use(origin, discord)
    return discord


def use(server: WebSocketServer, discord: Discord) -> None:
    server.on_validate_discord_user(discord.validate)
    server._admission.doorkeeper.authority = discord  # type: ignore[assignment]


async def refused(viewer: Watcher, server: str = "vault", **fields: object) -> Problem:
    await viewer.ask(server, **fields)
    return await viewer.hear_error()


async def test_a_password_opens_the_door_elsewhere(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """The right one; no other, and none at all. It is stored nowhere, and nothing is read before."""
    there = await follow()
    async with watching(there) as viewer:
        assert await refused(viewer) == LOGIN_NEEDED
        assert await refused(viewer, password="open") == WRONG_PASSWORD
        assert VAULT.id not in there._keeper._followers  # type: ignore[attr-defined]
        joined = await viewer.enter("vault", password="sesame")
        assert joined["users"].keys() == {ADA.uid}
        await origin.broadcast_message(VAULT.id, "111", "hello", "9")
        assert (await viewer.hear_type("message"))["data"]["message"] == "hello"
    for name in redis.ask("KEYS", "*").split():
        if name.startswith("dzone:"):
            assert "sesame" not in redis.ask("HGETALL", name) + redis.ask("XRANGE", name, "-", "+")


async def test_who_logs_in_with_a_token(discord: Discord, follow: Follow) -> None:
    """Whatever Discord says of it holds elsewhere as well, and asking for data is asking again."""
    there = await follow()
    async with watching(there) as viewer:
        assert await refused(viewer, discordToken="wrong", discordUser={"id": "7"}) == LOGIN_NEEDED
        assert await refused(viewer, **shown_by("9")) == LOGIN_NEEDED
        discord.error = NoAnswer()
        assert await refused(viewer, **shown_by("7")) == NO_ANSWER
        discord.error = None
        await viewer.enter("vault", **shown_by("7"))
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert (await viewer.hear_type("user_data"))["users"].keys() == {ADA.uid}


async def test_guesses_count_wherever_they_are_made(
    start: Start, redis: RedisServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address has as many tries as before, and not as many at each process."""
    count = Guesses.count
    # Else it would be a second later that there is another try, which a slow machine may take to ask for it.
    monkeypatch.setattr(Guesses, "count", lambda self, key, now: count(self, key, now + 3_600))
    origin = await start(provider=EmptyProvider(), publish_to=redis.url, limits=Limits(wrong_tries=3))
    for guild in (DWORLD, REPOS, VAULT):
        origin.show_guild(guild, [ADA])
    servers = [await follow(), await follow(), origin]
    for server in servers:
        async with watching(server) as viewer:
            assert await refused(viewer, password="open") == WRONG_PASSWORD
    async with watching(servers[0]) as viewer:
        problem = await refused(viewer, password="sesame")
        assert problem.code == too_many_tries(1).code


async def test_who_loses_access_is_turned_out_everywhere(
    origin: WebSocketServer, discord: Discord, follow: Follow
) -> None:
    """And hears nothing that is said afterwards; others do."""
    servers = [await follow(), await follow()]
    async with watching(servers[0]) as ann, watching(servers[1]) as bob, watching(servers[1]) as cid:
        await ann.enter("vault", **shown_by("7"))
        await bob.enter("vault", **shown_by("8"))
        await cid.enter("vault", password="sesame")
        origin.revoke(VAULT.id, "7")
        discord.members.remove("7")
        await origin.broadcast_message(VAULT.id, "111", "she is gone", "9")
        assert await ann.hear_error() == LOGIN_NEEDED
        assert (await ann.farewell())[0] == 1008
        for stays in (bob, cid):
            assert (await stays.hear_type("message"))["data"]["message"] == "she is gone"
        origin.revoke(VAULT.id)
        assert await bob.hear_error() == LOGIN_NEEDED
        assert await cid.has_heard_everything()


async def test_who_loses_access_on_the_way_in_is_not_let_in(
    origin: WebSocketServer, discord: Discord, follow: Follow
) -> None:
    """The answer was outdated when it came."""
    there = await follow()
    async with watching(there) as viewer:
        discord.thinking = asyncio.Event()
        await viewer.ask("vault", **shown_by("7"))
        await until(lambda: discord.asked > 0, "asked")
        origin.revoke(VAULT.id, "7")
        discord.members.remove("7")
        discord.thinking.set()
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert not there._directory.rooms[VAULT.id].is_watched


async def test_who_loses_access_before_the_room_is_read(
    origin: WebSocketServer, discord: Discord, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody had told them where it is heard of that: so it is asked again."""
    there, may_open, read = await follow(), asyncio.Event(), Follower.open

    async def open_later(follower: Follower) -> None:
        await may_open.wait()
        await read(follower)

    monkeypatch.setattr(Follower, "open", open_later)
    async with watching(there) as viewer:
        await viewer.ask("vault", **shown_by("7"))
        await until(lambda: VAULT.id in there._keeper._opening, "let in")  # type: ignore[attr-defined]
        before = origin._directory.rooms[VAULT.id].position
        origin.revoke(VAULT.id, "7")
        discord.members.remove("7")
        await until(lambda: origin._plane._writer._books[VAULT.id].offset > before, "it is written")  # type: ignore[union-attr]
        may_open.set()
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert not there._directory.rooms[VAULT.id].is_watched


async def test_who_is_to_be_looked_at_again(
    origin: WebSocketServer, discord: Discord, follow: Follow
) -> None:
    """As after an outage of the gateway. Of whom nobody can say, they stay."""
    there = await follow()
    async with watching(there) as ann, watching(there) as bob:
        await ann.enter("vault", **shown_by("7"))
        await bob.enter("vault", **shown_by("8"))
        discord.error = NoAnswer()
        origin.review(VAULT.id)
        await until(lambda: discord.looked == 2, "they are looked at")
        await origin.broadcast_message(VAULT.id, "111", "one", "9")
        await ann.hear_type("message")
        discord.error = None
        discord.members.remove("7")
        origin.review(VAULT.id)
        assert await ann.hear_error() == LOGIN_NEEDED
        await origin.broadcast_message(VAULT.id, "111", "two", "9")
        assert (await bob.hear_type("message"))["data"]["message"] == "one"
        assert (await bob.hear_type("message"))["data"]["message"] == "two"


@pytest.mark.parametrize("error", [NoAnswer(), asyncio.CancelledError()], ids=["Discord", "the bot"])
async def test_nobody_could_say_who_may_stay(
    origin: WebSocketServer,
    discord: Discord,
    follow: Follow,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    """It is asked until somebody says, without another reason."""
    monkeypatch.setattr(review, "PAUSE", 0.05)
    there = await follow()
    async with watching(there) as ann:
        await ann.enter("vault", **shown_by("7"))
        monkeypatch.setattr(asking, "PATIENCE", 0.3)  # for an answer that never comes
        discord.members.remove("7")
        discord.error = error
        origin.review(VAULT.id)
        await until(lambda: discord.looked > 0, "a question")
        discord.error = None
        monkeypatch.setattr(asking, "PATIENCE", PATIENCE)
        assert await ann.hear_error() == LOGIN_NEEDED
    assert not there._exchange._review._looks  # type: ignore[union-attr]


@pytest.mark.parametrize("door", [{"password": "other"}, {"password": None}, {"role": 5}])
async def test_another_door_lets_everybody_go(
    origin: WebSocketServer, follow: Follow, door: dict[str, Any]
) -> None:
    """As it does at the bot: who knows the new one may come back."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("vault", password="sesame")
        origin.show_guild(replace(VAULT, **door))
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008


async def test_nobody_is_there_to_say(
    origin: WebSocketServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is in stays and sees what is known; nobody else gets in, and an open guild is open."""
    there = await follow()
    async with watching(there) as seated, watching(there) as viewer:
        await seated.enter("vault", password="sesame")
        await origin.stop()
        monkeypatch.setattr(asking, "STARTING", 0.1)
        assert await refused(viewer, password="sesame") == BOT_SILENT
        assert await refused(viewer) == LOGIN_NEEDED
        await viewer.enter("dworld")
        assert await seated.has_heard_everything()


async def test_whoever_could_say_hangs(
    origin: WebSocketServer, discord: Discord, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question ends; an answer that comes late opens nothing."""
    there = await follow()
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    async with watching(there) as viewer:
        discord.thinking = asyncio.Event()
        assert await refused(viewer, **shown_by("7")) == BOT_SILENT
        monkeypatch.setattr(asking, "PATIENCE", PATIENCE)
        discord.thinking.set()
        assert await refused(viewer, password="open") == WRONG_PASSWORD
        assert not there._directory.rooms[VAULT.id].is_watched


async def test_the_server_dies_in_the_middle(
    origin: WebSocketServer,
    discord: Discord,
    follow: Follow,
    redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for what can't be heard any more, and it goes on when the server is back."""
    there = await follow()
    monkeypatch.setattr(asking, "PATIENCE", 600)
    async with watching(there) as viewer:
        discord.thinking = asyncio.Event()
        await viewer.ask("vault", **shown_by("7"))
        await until(lambda: discord.asked > 0, "asked")
        redis.stop()
        assert await viewer.hear_error() == BOT_SILENT
        redis.start()
        discord.thinking.set()
        assert await refused(viewer, password="open") == WRONG_PASSWORD


async def test_the_bot_is_restarted_in_the_middle(
    start: Start, redis: RedisServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is lost with whoever was asked; the next one goes to the new one."""
    guilds, discord = (DWORLD, REPOS, VAULT), Discord("7")
    first = await start(provider=EmptyProvider(), publish_to=redis.url)
    use(first, discord)
    for guild in guilds:
        first.show_guild(guild, [ADA])
    there = await follow()
    monkeypatch.setattr(asking, "PATIENCE", 1.0)
    async with watching(there) as viewer:
        discord.thinking = asyncio.Event()
        await viewer.ask("vault", **shown_by("7"))
        await until(lambda: discord.asked > 0, "asked")
        await first.stop()
        discord.thinking = None
        second = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
        use(second, discord)
        await start(second)
        for guild in guilds:
            second.show_guild(guild, [BEPPO])
        assert await viewer.hear_error() == BOT_SILENT
        monkeypatch.setattr(asking, "PATIENCE", PATIENCE)
        assert (await viewer.enter("vault", **shown_by("7")))["users"].keys() == {BEPPO.uid}


async def test_who_has_no_choice(
    origin: WebSocketServer, discord: Discord, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come where their login lets them in, or where everybody may be; one wrong login is one try."""
    locked = [replace(VAULT, id=str(number), slug=f"v{number}", default=True) for number in range(2, 30)]
    for guild in locked:
        origin.show_guild(guild)
    origin.show_guild(replace(DWORLD, default=False))
    there = await follow(31)
    async with watching(there) as viewer:
        assert (await viewer.enter("default"))["serverName"] == "D-World"
        assert discord.asked == 0
        for _ in range(3):
            fields = {"discordToken": "wrong", "discordUser": {"id": "7"}}
            assert (await viewer.enter("default", **fields))["serverName"] == "D-World"
        assert (await viewer.enter("default", **shown_by("7")))["request"] == {"server": "v2"}
        monkeypatch.setattr(asking, "PATIENCE", 0.2)
        discord.thinking = asyncio.Event()
        assert await refused(viewer, "default", **shown_by("8")) == BOT_SILENT
        assert (await viewer.hear())["data"]["serverName"] == "D-World"
        discord.thinking.set()


async def test_the_bot_is_restarted(
    start: Start, redis: RedisServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who still may watch keeps their seat and sees it go on; who may not hears nothing of the new."""
    guilds = (DWORLD, REPOS, replace(VAULT, password=None, password_hash="scrypt$of$this"))
    first, discord = await start(provider=EmptyProvider(), publish_to=redis.url), Discord("7", "8")
    use(first, discord)
    for guild in guilds:
        first.show_guild(guild, [ADA])
    there = await follow()
    async with watching(there) as ann, watching(there) as bob:
        await ann.enter("vault", **shown_by("7"))
        await bob.enter("vault", **shown_by("8"))
        await first.stop()
        second = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
        discord.members.remove("7")
        use(second, discord)
        await start(second)
        for guild in guilds:
            second.show_guild(guild, [ADA, BEPPO])
        assert await ann.hear_error() == LOGIN_NEEDED
        frame = await bob.hear_type("server-join")
        assert frame["data"]["users"].keys() == {ADA.uid, BEPPO.uid}
        await second.broadcast_message(VAULT.id, "111", "hello", "9")
        assert (await bob.hear_type("message"))["data"]["message"] == "hello"
        await second.stop()
        # The next one can't say who may, and has another door: nobody stays who may not.
        monkeypatch.setattr(review, "PAUSE", 0.01)
        discord.error = NoAnswer()
        third = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
        use(third, discord)
        await start(third)
        for guild in guilds:
            third.show_guild(guild, [BEPPO])
        assert await bob.hear_error() == BOT_SILENT
        assert (await bob.farewell())[0] == 1013


@pytest.mark.parametrize("is_same", [True, False])
async def test_a_password_after_a_restart(
    start: Start, redis: RedisServer, follow: Follow, is_same: bool
) -> None:
    """Who knows the old one stays if it is the new one, though the bot remembers nobody."""
    hashes = [hash_password("sesame"), hash_password("other")]
    guilds = [[DWORLD, REPOS, replace(VAULT, password=None, password_hash=one)] for one in hashes]
    first = await start(provider=EmptyProvider(), publish_to=redis.url)
    for guild in guilds[0]:
        first.show_guild(guild, [ADA])
    there = await follow()
    async with watching(there) as viewer:
        await viewer.enter("vault", password="sesame")
        await first.stop()
        second = await start(provider=EmptyProvider(), publish_to=redis.url)
        for guild in guilds[0 if is_same else 1]:
            second.show_guild(guild, [BEPPO])
        if is_same:
            assert (await viewer.hear_type("server-join"))["data"]["users"].keys() == {BEPPO.uid}
        else:
            assert await viewer.hear_error() == LOGIN_NEEDED
            assert (await viewer.farewell())[0] == 1008


async def happen(meanwhile: str, bot: WebSocketServer, there: WebSocketServer, viewer: Watcher) -> None:
    """Have something happen to the vault or its viewer, and wait until it is known elsewhere."""
    rooms, vault = there._directory.rooms, bot._directory.rooms[VAULT.id].info
    lock = rooms[VAULT.id].info.lock
    match meanwhile:
        case "another door":
            bot.show_guild(replace(vault, password_hash=hash_password("other")))
            await until(lambda: rooms[VAULT.id].info.lock != lock, "another door")
        case "hidden":
            bot.hide_guild(VAULT.id)
            await until(lambda: VAULT.id not in rooms, "hidden")
        case "opened":
            bot.show_guild(replace(vault, protected=False))
            await until(lambda: not rooms[VAULT.id].info.protected, "opened")
        case "revoked":
            bot.revoke(VAULT.id, "7")
            written = bot._directory.rooms[VAULT.id].position
            await until(lambda: rooms[VAULT.id].position == written, "told")
        case "moved":
            await viewer.enter("dworld")


@pytest.mark.parametrize("meanwhile", ["another door", "hidden", "opened", "revoked", "moved", "silent"])
async def test_what_happens_while_it_is_asked_who_may_stay(
    start: Start, redis: RedisServer, follow: Follow, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Who is held back misses nothing of what is decided meanwhile."""
    may_ask, judge = asyncio.Event(), review.Review._judge

    async def judge_later(self: review.Review, room: Room, permits: set[Pass]) -> Any:
        await may_ask.wait()
        if meanwhile == "silent":
            raise Silence
        return await judge(self, room, permits)

    monkeypatch.setattr(review.Review, "_judge", judge_later)
    monkeypatch.setattr(review, "PAUSE", 0.01)
    vault = replace(VAULT, password=None, password_hash=hash_password("sesame"))
    first, discord = await start(provider=EmptyProvider(), publish_to=redis.url), Discord("7")
    use(first, discord)
    for guild in (DWORLD, REPOS, vault):
        first.show_guild(guild, [ADA])
    there = await follow()
    room = there._directory.rooms[VAULT.id]
    async with watching(there) as viewer:
        await viewer.enter("vault", **shown_by("7"))
        await first.stop()
        second = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url)
        use(second, discord)
        await start(second)
        for guild in (DWORLD, REPOS, vault):
            second.show_guild(guild, [BEPPO])
        await until(lambda: BEPPO.uid in room.members and not room.is_watched, "held back")
        await happen(meanwhile, second, there, viewer)
        if meanwhile == "hidden":
            await until(lambda: VAULT.id not in redis.ask("KEYS", "*"), "nobody is there to answer")
            monkeypatch.setattr(asking, "STARTING", 0.1)
        may_ask.set()
        expected = {"hidden": SERVER_HIDDEN, "silent": BOT_SILENT}.get(meanwhile, LOGIN_NEEDED)
        if meanwhile == "opened":
            assert (await viewer.hear_type("server-join"))["data"]["users"].keys() == {BEPPO.uid}
        elif meanwhile == "moved":
            await second.broadcast_message(VAULT.id, "222", "not for them", "9")
            await second.broadcast_message(DWORLD.id, "222", "hello", "9")
            assert (await viewer.hear_type("message"))["data"]["message"] == "hello"
        else:
            assert await viewer.hear_error() == expected
            assert (await viewer.farewell())[0] == (1013 if meanwhile == "silent" else 1008)


async def test_how_many_watch(origin: WebSocketServer, start: Start, redis: RedisServer) -> None:
    """Here and everywhere else; of a process that is gone, nobody, and no trace."""
    servers = [await start(follow=redis.url) for _ in range(2)]
    await until(lambda: all(len(server._directory.rooms) == 3 for server in servers), "the list")

    def count(guild: GuildInfo) -> int:
        return origin.viewer_count(guild.id) + origin._exchange.viewers_elsewhere(guild.id)

    async with watching(servers[0]) as ann, watching(servers[1]) as bob, watching(origin) as cid:
        for viewer in (ann, bob, cid):
            await viewer.enter("dworld")
        await until(lambda: count(DWORLD) == 3, "all are counted")
        assert await origin.viewers_elsewhere(DWORLD.id) == 2
        assert count(REPOS) == 0
        await ann.enter("repos")
        await until(lambda: count(DWORLD) == 2, "one has moved")
        await until(lambda: count(REPOS) == 1, "and is counted there")
        assert await servers[0].viewers_elsewhere(DWORLD.id) == 0
    await until(lambda: count(DWORLD) == 0, "all are gone")
    assert "watching" not in redis.ask("KEYS", "*")


def test_reports_are_good_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies says nothing more; what it said is forgotten."""
    monkeypatch.setattr(counting, "GOOD_FOR", 15.0)
    reported = counting.Reported()
    reported.note("a", {"1": 5}, 0)
    reported.note("b", {"1": 2, "2": 1}, 10)
    assert reported.count("1", 14) == 7
    assert (reported.total(14), reported.total(16)) == (8, 3)
    assert reported.count("1", 16) == 2
    reported.tidy(16)
    reported.note("b", {"1": 0}, 17)
    assert (reported.count("1", 18), reported.count("2", 18)) == (0, 1)
    reported.tidy(100)
    assert not reported._counts


async def test_names_lead_to_the_same_everywhere(origin: WebSocketServer, follow: Follow) -> None:
    """Also where two guilds want one: the first has it."""
    for number in range(20, 220):
        origin.show_guild(replace(REPOS, id=str(number), slug="twice", alias="same", since=number))
    there = await follow(203)
    for name in ("twice", "x-same", "dworld", VAULT.id):
        here, elsewhere = origin._directory.resolve(name), there._directory.resolve(name)
        assert here is not None
        assert elsewhere is not None
        assert here.info.id == elsewhere.info.id
    names = [[room.info.id for room in server._directory.defaults()] for server in (origin, there)]
    assert names[0] == names[1]


async def test_a_guild_goes_while_it_is_asked_about(
    origin: WebSocketServer, discord: Discord, follow: Follow
) -> None:
    """Nobody gets into what isn't shown any more."""
    there = await follow()
    async with watching(there) as viewer:
        discord.thinking = asyncio.Event()
        await viewer.ask("vault", **shown_by("7"))
        await until(lambda: discord.asked > 0, "asked")
        origin.hide_guild(VAULT.id)
        await until(lambda: VAULT.id not in there._directory.rooms, "gone")
        discord.thinking.set()
        assert (await viewer.hear_error()).code in {"unknown-server", "gone"}


async def test_how_many_may_watch(origin: WebSocketServer, start: Start, redis: RedisServer) -> None:
    """A bridge knows how many there are elsewhere, as far as that has been reported."""
    servers = [await start(follow=redis.url, limits=Limits(viewers_per_guild=2)) for _ in range(2)]
    await until(lambda: all(len(server._directory.rooms) == 3 for server in servers), "the list")
    async with watching(servers[0]) as ann, watching(origin) as bob, watching(servers[1]) as cid:
        await ann.enter("dworld")
        await bob.enter("dworld")
        await until(lambda: origin._exchange.viewers_elsewhere(DWORLD.id) == 1, "ann is counted")
        await cid.ask("dworld")
        assert await cid.hear_error() == GUILD_FULL
        await ann.enter("dworld")
