"""Logging in at a process that has no secret: another one answers, and a login holds everywhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

from bridge.access.gestures import GesturesHere
from bridge.backplane import asking
from bridge.exposure import Exposure
from bridge.problems import (
    BOT_SILENT,
    GESTURE_OFF,
    GESTURE_TOO_OFTEN,
    LOGIN_ENDED,
    LOGIN_NEEDED,
    NOT_A_MEMBER,
)
from bridge.providers import EmptyProvider
from bridge.running.rate import Rate, Rates
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow
from tests.bridge.conftest import ADA, DWORLD, REPOS, VAULT, Start
from tests.bridge.site.browsing import HOME, SECRET, Browser, Script, opened
from tests.bridge.watchers import PATIENCE, until
from tests.redis import RedisServer

ELSEWHERE = "https://elsewhere.example"
REACHED = {"exposure": Exposure(allowed_origins=frozenset({HOME, ELSEWHERE}))}


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def origin(start: Start, redis: RedisServer, script: Script) -> WebSocketServer:
    """A server with rooms, where people can log in."""
    return await start_origin(start, redis, script)


async def start_origin(start: Start, redis: RedisServer, script: Script) -> WebSocketServer:
    server = WebSocketServer(
        0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(public_url=HOME), publish_to=redis.url
    )
    server.use_login(script, SECRET)
    await start(server)
    for guild in (DWORLD, REPOS, VAULT):
        server.show_guild(guild, [ADA])
    return server


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        yield http


def there(browser: Browser, server: WebSocketServer) -> Browser:
    """Go on with the same cookies at another process, as behind a load balancer."""
    browser._server = server
    return browser


async def test_a_login_holds_everywhere(
    origin: WebSocketServer, follow: Follow, http: ClientSession, script: Script
) -> None:
    """Begun at one process, finished at another, good at each; a logout anywhere ends it everywhere."""
    first, second = await follow(**REACHED), await follow(**REACHED)
    browser = Browser(first, http)
    assert await browser.me() is None
    told = await browser.go_to_login("/?s=vault")
    assert await there(browser, second).come_back(
        code="a-code-that-is-never-logged", state=told["state"]
    ) == ("/?s=vault")
    for server in (first, second, origin):
        assert await there(browser, server).me() == {"id": "111", "name": "Ada ♥"}
    async with (
        opened(first, browser) as one,
        opened(second, browser) as two,
        opened(origin, browser) as three,
        opened(second, browser, origin=ELSEWHERE) as tricked,
    ):
        for viewer in (one, two, three):
            await viewer.enter("vault")
        await tricked.ask("vault")
        assert await tricked.hear_error() == LOGIN_NEEDED
        answer = await there(browser, second).ask("/auth/logout", "POST", Origin=ELSEWHERE)
        assert answer.status == 403
        stolen = dict(browser.cookies)
        answer = await browser.ask("/auth/logout", "POST", Origin=HOME)
        assert answer.status == 204
        for viewer in (one, two, three):
            assert await viewer.hear_error() == LOGIN_ENDED
            assert (await viewer.farewell())[0] == 1008
    browser.cookies = stolen
    for server in (first, second, origin):
        assert await there(browser, server).me() is None


async def test_who_may_not_watch(
    origin: WebSocketServer, follow: Follow, http: ClientSession, script: Script
) -> None:
    """The login is good, and not enough; and it ends with its reason."""
    first = await follow(**REACHED)
    browser = Browser(first, http)
    await browser.log_in()
    script.members.clear()
    async with opened(first, browser) as viewer:
        await viewer.ask("vault")
        assert await viewer.hear_error() == NOT_A_MEMBER
        script.members.add("111")
        await viewer.enter("vault")
        origin.revoke(VAULT.id, "111")
        assert await viewer.hear_error() == LOGIN_NEEDED


async def test_a_gesture_is_seen_everywhere(
    origin: WebSocketServer, follow: Follow, http: ClientSession
) -> None:
    """Whoever writes the guild knows who it is, and counts for all; there an owner switches it off."""
    first, second = await follow(**REACHED), await follow(**REACHED)
    assert isinstance(origin._exchange.gestures, GesturesHere)
    origin._exchange.gestures._people = Rates(Rate(per_second=1 / 3_600, at_once=3))  # none comes back
    browser = Browser(origin, http)
    await browser.log_in()
    wave = {"type": "gesture", "data": {"gesture": "wave"}}
    async with (
        opened(first, browser) as ada,
        opened(second, browser) as again,
        opened(origin, browser) as home,
    ):
        for viewer in (ada, again, home):
            assert (await viewer.enter("dworld", events=["gesture"]))["gestures"] is True
        for viewer in (ada, again, home):
            await viewer.say(wave)
            for each in (ada, again, home):
                assert (await each.hear_type("gesture"))["data"] == {"uid": ADA.uid, "gesture": "wave"}
        await again.say(wave)
        assert await again.hear_error() == GESTURE_TOO_OFTEN
        origin.show_guild(replace(DWORLD, gestures=False), [ADA])
        await until(lambda: not first._directory.rooms[DWORLD.id].info.gestures, "it is switched off there")
        await ada.say(wave)
        assert await ada.hear_error() == GESTURE_OFF


async def test_who_waits_in_the_lobby_comes_in_by_their_login(
    origin: WebSocketServer, follow: Follow, http: ClientSession
) -> None:
    """Nobody else does."""
    for guild in (DWORLD, REPOS, VAULT):
        origin.hide_guild(guild.id)
    first = await follow(0, **REACHED)
    browser = Browser(origin, http)
    await browser.log_in()
    async with opened(first, browser) as ann, opened(first, Browser(first, http)) as bob:
        for viewer in (ann, bob):
            assert (await viewer.enter("default"))["users"] == {}
        origin.show_guild(VAULT, [ADA])
        assert (await ann.hear_type("server-join"))["data"]["serverName"] == "The Vault"
        assert await bob.has_heard_everything()


async def test_a_logout_is_known_to_who_starts_later(
    origin: WebSocketServer, start: Start, redis: RedisServer, http: ClientSession, script: Script
) -> None:
    """Also after the server has lost everything: whoever remembers tells it again."""
    browser = Browser(origin, http)
    await browser.log_in()
    stolen = dict(browser.cookies)
    await browser.ask("/auth/logout", "POST", Origin=HOME)
    await until(lambda: "ended" in redis.ask("KEYS", "dzone:{logins}:*"), "it is told")
    redis.restart()
    await until(lambda: "ended" in redis.ask("KEYS", "dzone:{logins}:*"), "it is told again")
    later = await start_origin(start, redis, script)
    browser.cookies = stolen

    async def who() -> Any:
        return await there(browser, later).me()

    async with asyncio.timeout(PATIENCE):
        while await who() is not None:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)


async def test_nobody_answers(
    origin: WebSocketServer, follow: Follow, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is told so, and nobody is logged in or out."""
    first = await follow(**REACHED)
    browser = Browser(first, http)
    await browser.log_in()
    await origin.stop()
    monkeypatch.setattr(asking, "STARTING", 0.1)
    for path, method in (("/auth/login", "GET"), ("/auth/logout", "POST"), ("/auth/me", "GET")):
        answer = await browser.ask(path, method, Origin=HOME)
        assert answer.status == 503
        assert BOT_SILENT.sentence in await answer.text()
    assert browser.cookies


async def test_the_first_guild_is_still_to_come(
    start: Start, redis: RedisServer, follow: Follow, http: ClientSession, script: Script
) -> None:
    """Who comes right after a start isn't told that nobody can say whether they are logged in."""
    browser = Browser(await follow(0, **REACHED), http)
    asked = asyncio.create_task(browser.ask("/auth/me"))
    await start_origin(start, redis, script)
    answer = await asked
    assert answer.status == 200
    assert await answer.json() == {"login": True, "user": None}


async def test_where_nobody_can_log_in(
    start: Start, redis: RedisServer, follow: Follow, http: ClientSession
) -> None:
    """It is as it is there."""
    server = await start(provider=EmptyProvider(), publish_to=redis.url)
    server.show_guild(DWORLD, [ADA])
    browser = Browser(await follow(1, **REACHED), http)
    assert await (await browser.ask("/auth/me")).json() == {"login": False, "user": None}
    assert (await browser.ask("/auth/login")).status == 404


@pytest.mark.parametrize("trouble", ["no memory", "a stranger's"])
async def test_a_logout_where_nothing_can_be_kept(
    origin: WebSocketServer, follow: Follow, http: ClientSession, redis: RedisServer,
    caplog: pytest.LogCaptureFixture, trouble: str,
) -> None:  # fmt: skip
    """Those who are there hear of it all the same, and of what is announced; those who come later, then."""
    first, second = await follow(**REACHED), await follow(**REACHED)
    browser = Browser(first, http)
    await browser.log_in()
    async with opened(second, browser) as viewer:
        await viewer.enter("vault", events=["notice"])
        if trouble == "no memory":
            redis.ask("CONFIG", "SET", "maxmemory", "1")
        else:
            redis.ask("RPUSH", "dzone:{logins}:ended", "x")
            redis.ask("RPUSH", "dzone:{notice}:said", "x")
        try:
            await origin.broadcast_notice("all is well")
            assert (await viewer.hear_type("notice"))["data"]["text"] == "all is well"
            answer = await browser.ask("/auth/logout", "POST", Origin=HOME)
            assert answer.status == 204
            assert await viewer.hear_error() == LOGIN_ENDED
        finally:
            redis.ask("CONFIG", "SET", "maxmemory", "0")
    if trouble != "no memory":
        await until(lambda: "learn of logouts" in caplog.text, "a sentence")
        redis.ask("DEL", "dzone:{logins}:ended")
    await until(lambda: redis.ask("ZCARD", "dzone:{logins}:ended") == ":1\r\n", "the logout")
