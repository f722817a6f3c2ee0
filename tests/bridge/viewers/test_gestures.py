"""Somebody who is logged in makes their own figure do something: through real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

from bridge.access import gestures
from bridge.access.gestures import GesturesHere
from bridge.access.login import Account, Login
from bridge.access.visitor import Visitor
from bridge.errors import Refused
from bridge.exposure import Exposure
from bridge.model import Member
from bridge.problems import (
    GESTURE_LOGIN,
    GESTURE_NOT_SHOWN,
    GESTURE_OFF,
    GESTURE_TOO_OFTEN,
    NOWHERE,
)
from bridge.providers import EmptyProvider
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, BEPPO, DWORLD, Start
from tests.bridge.site.browsing import HOME, SECRET, Browser, Script, opened
from tests.bridge.watchers import Watcher, watching

WISHES: dict[str, Any] = {"events": ["gesture"]}
AT_ONCE = 3


@pytest.fixture
async def server(start: Start) -> WebSocketServer:
    """A bridge where people can log in, and two are members."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(public_url=HOME))
    server.use_login(Script(), SECRET)
    await start(server)
    server.show_guild(DWORLD, [ADA, BEPPO])
    return server


@pytest.fixture
async def browser(server: WebSocketServer) -> AsyncIterator[Browser]:
    """In which Ada has logged in."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        browser = Browser(server, http)
        await browser.log_in()
        yield browser


async def gesture(viewer: Watcher, which: object = "wave", **more: object) -> None:
    await viewer.say({"type": "gesture", "data": {"gesture": which, **more}})


async def test_who_is_logged_in_and_shown_may(server: WebSocketServer, browser: Browser) -> None:
    """All who wished for it hear it, they too; it is theirs, whatever they say; nobody else gets a byte."""
    async with opened(server, browser) as ada, watching(server) as eve, watching(server) as old:
        assert (await ada.enter("dworld", **WISHES))["gestures"] is True
        await eve.enter("dworld", events=["gesture", "typing"])
        assert "gestures" not in await old.enter("dworld", batch=True, events=["typing", "reaction"])
        for which in ("wave", "hop", "sit"):
            await gesture(ada, which, uid=BEPPO.uid)
            for viewer in (ada, eve):
                event = await viewer.hear_type("gesture")
                assert event["server"] == DWORLD.id
                assert event["data"] == {"uid": ADA.uid, "gesture": which}
        assert await old.has_heard_everything()


async def test_who_may_not_is_told_why(server: WebSocketServer, browser: Browser) -> None:
    """Nobody is connected any worse for it, and nobody else hears anything."""
    async with watching(server) as eve, opened(server, browser, "https://elsewhere.example") as tricked:
        for viewer in (eve, tricked):
            await gesture(viewer)
            assert await viewer.hear_error() == NOWHERE
            await viewer.enter("dworld", **WISHES)
            await gesture(viewer)
            assert await viewer.hear_error() == GESTURE_LOGIN
        async with opened(server, browser) as ada:
            await ada.enter("dworld", **WISHES)
            server.hide_members(DWORLD.id, [ADA.uid])
            await ada.hear_type("presence")
            await gesture(ada)
            assert await ada.hear_error() == GESTURE_NOT_SHOWN
            server.show_guild(replace(DWORLD, gestures=False), [ADA, BEPPO])
            await ada.hear_type("presence")
            await gesture(ada)
            assert await ada.hear_error() == GESTURE_OFF
            assert (await ada.enter("dworld", **WISHES))["gestures"] is False
            await ada.ask("nowhere")
            await ada.hear_error()
            server.show_guild(DWORLD, [ADA, BEPPO])
            await browser.ask("/auth/logout", "POST", Origin=HOME)
            await gesture(ada)
            assert await ada.hear_error() == GESTURE_LOGIN
            assert await ada.has_heard_everything()


@pytest.mark.parametrize("which", [None, "", "dance", "Wave", 1, ["wave"], {"wave": 1}, "x" * 5_000])
async def test_what_is_no_gesture(server: WebSocketServer, which: object) -> None:
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        await gesture(viewer, which)
        assert (await viewer.hear_error()).code == "bad-request"
        assert await viewer.has_heard_everything()


async def test_nobody_gets_more_for_coming_twice(
    server: WebSocketServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever they are, wherever they watch."""
    Clock(monkeypatch)
    async with opened(server, browser) as one, opened(server, browser) as two:
        await one.enter("dworld", **WISHES)
        await two.enter("dworld", batch=True)
        for _ in range(AT_ONCE):
            await gesture(one)
        for _ in range(AT_ONCE):
            await one.hear_type("gesture")
        await gesture(two)
        assert await two.hear_error() == GESTURE_TOO_OFTEN
        assert server.refusals["too many gestures"] == 1
        assert await one.has_heard_everything()


async def test_what_is_over_is_not_told_to_who_comes_back(server: WebSocketServer, browser: Browser) -> None:
    """What else was missed is."""
    async with opened(server, browser) as ada, watching(server) as eve:
        cursor = (await eve.enter("dworld", **WISHES))["cursor"]
        await ada.enter("dworld")
        await gesture(ada, "sit")
        await eve.hear_type("gesture")
        await server.broadcast_message(DWORLD.id, ADA.uid, "Hello", "1")
        await eve.hear_type("message")
        joined = await eve.enter("dworld", cursor=cursor, **WISHES)
        assert joined["resumed"] is True
        assert (await eve.hear())["type"] == "message"
        assert await eve.has_heard_everything()


async def test_what_waits_is_forgotten_with_who_opts_out(server: WebSocketServer) -> None:
    """Nothing of somebody leaves any more, also of what they did a moment ago."""
    async with watching(server) as eve:
        await eve.enter("dworld", **WISHES)
        server._directory.rooms[DWORLD.id].publish("gesture", {"uid": ADA.uid, "gesture": "hop"})
        server.forget_words(DWORLD.id, ADA.uid)
        assert await eve.has_heard_everything()


async def test_a_crowd_of_them_leaves_time_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than so many in one guild, however many people make them; another guild's are its own."""
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 100.0)
    counted: list[str] = []
    here = GesturesHere(counted.append)
    crowd = [Member(str(number), f"Member {number}") for number in range(40)]
    rooms = [Room(replace(DWORLD, id=guild)) for guild in ("1", "2")]

    async def make(room: Room, member: Member) -> bool:
        visitor = Visitor(login=Login(Account(member.uid, member.username), "key", 1e12))
        with contextlib.suppress(Refused):
            await here.make(room, lambda: visitor, "wave")
            return True
        return False

    for room in rooms:
        room.put_all(crowd)
        assert [await make(room, member) for member in crowd] == [True] * 30 + [False] * 10
    assert counted == ["too many gestures"] * 20


def test_one_of_a_person_takes_two_seconds_in_the_long_run() -> None:
    """So whoever asks each second is refused each other time."""
    full_at, made = 0.0, 0
    for second in range(60):
        spent = gestures.EACH.spend(full_at, second)
        if spent is not None:
            full_at, made = spent, made + 1
    assert made == AT_ONCE - 1 + 30
