"""Logging out, and logins that are revoked: windows close, and doors stay shut."""

import asyncio
from dataclasses import replace

import pytest

from bridge.problems import LOGIN_ENDED, LOGIN_NEEDED, NOT_A_MEMBER
from bridge.server import WebSocketServer
from bridge.site import login
from tests.bridge.clock import Clock
from tests.bridge.conftest import DWORLD, VAULT
from tests.bridge.site.browsing import ADA, HOME, Browser, Script, baking, opened, refusal
from tests.bridge.watchers import until, watching

# Logging out


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
async def test_another_page_logs_nobody_out(browser: Browser, origin: str | None) -> None:
    """Only ours does."""
    await browser.log_in()
    headers = {} if origin is None else {"Origin": origin}
    assert (await browser.ask("/auth/logout", "POST", **headers)).status == 403
    assert await browser.me() is not None


async def test_a_logout(browser: Browser, other: Browser) -> None:
    """The cookie is taken away; a copy of it is worth nothing, and other logins go on."""
    await browser.log_in()
    copy = dict(browser.cookies)
    await other.log_in()
    assert (await browser.ask("/auth/logout", "POST", Origin=HOME)).status == 204
    assert browser.cookies == {}
    browser.cookies = copy
    assert await browser.me() is None
    assert await other.me() is not None


async def test_a_logout_of_nobody(browser: Browser) -> None:
    """It is none, and no error."""
    assert (await browser.ask("/auth/logout", "POST", Origin=HOME)).status == 204


async def test_a_logout_closes_windows(browser: Browser, server: WebSocketServer) -> None:
    """Those that this login let in, and no others."""
    await browser.log_in()
    async with opened(server, browser) as inside, opened(server, browser) as outside:
        await inside.enter(VAULT.slug)
        await outside.enter(DWORLD.slug)
        await browser.ask("/auth/logout", "POST", Origin=HOME)
        assert await inside.hear_error() == LOGIN_ENDED
        assert (await inside.farewell())[0] == 1008
        assert await outside.has_heard_everything()
        assert await refusal(outside) == LOGIN_NEEDED


@pytest.mark.parametrize("frame", ["connect", "get_user_data"])
async def test_a_logout_at_the_door(
    browser: Browser, server: WebSocketServer, script: Script, frame: str
) -> None:
    """Who is being let in just then stays outside."""
    await browser.log_in()
    script.thinking = asyncio.Event()
    async with opened(server, browser) as watcher:
        asked = {"type": frame, "data": {"server": VAULT.slug}, "serverId": VAULT.id}
        await watcher.say(asked)
        await until(lambda: script.wondering > 0, "it is being asked")
        await browser.ask("/auth/logout", "POST", Origin=HOME)
        script.thinking.set()
        assert await watcher.hear_error() == LOGIN_NEEDED


async def test_a_revocation_at_the_door(browser: Browser, server: WebSocketServer, script: Script) -> None:
    """The same holds for whoever just left the guild."""
    await browser.log_in()
    script.thinking = asyncio.Event()
    async with opened(server, browser) as watcher:
        await watcher.ask(VAULT.slug)
        await until(lambda: script.wondering > 0, "it is being asked")
        server.revoke(VAULT.id, ADA.uid)
        script.members.clear()
        script.thinking.set()
        assert await watcher.hear_error() == NOT_A_MEMBER


async def test_as_many_logouts_as_can_be_remembered(
    browser: Browser, other: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest make room: memory is bounded."""
    monkeypatch.setattr(login, "MAX_LOGOUTS", 1)
    copies = []
    for one in (browser, other):
        await one.log_in()
        copies.append(dict(one.cookies))
        await one.ask("/auth/logout", "POST", Origin=HOME)
    browser.cookies, other.cookies = copies
    assert await other.me() is None
    assert await browser.me() is not None


# Revoking


async def test_whose_login_is_revoked(browser: Browser, server: WebSocketServer) -> None:
    """They are sent away; who came in otherwise stays."""
    await browser.log_in()
    async with opened(server, browser) as ada, watching(server) as guest:
        await ada.enter(VAULT.slug)
        await guest.enter(VAULT.slug, password="sesame")
        server.revoke(VAULT.id, "222")
        server.revoke(VAULT.id, [])
        server.revoke(VAULT.id, ["222", 333])
        server.revoke(DWORLD.id, ADA.uid)
        assert await ada.has_heard_everything()
        assert server.logged_in(VAULT.id) == {ADA.uid}
        server.revoke(VAULT.id, ["222", int(ADA.uid)])
        assert await ada.hear_error() == LOGIN_NEEDED
        assert (await ada.farewell())[0] == 1008
        server.revoke(VAULT.id)
        assert await guest.has_heard_everything()
        assert server.logged_in(VAULT.id) == set()


async def test_a_room_that_opens_asks_for_no_login(
    browser: Browser, server: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who watches there by one stays, whatever becomes of it."""
    clock = Clock(monkeypatch)
    with baking(monkeypatch, ago=login.LIFETIME - 100):
        await browser.log_in()
    async with opened(server, browser) as ada:
        await ada.enter(VAULT.slug)
        server.show_guild(replace(VAULT, protected=False))
        server.revoke(VAULT.id, ADA.uid)
        await clock.jump(101)
        await browser.ask("/auth/logout", "POST", Origin=HOME)
        assert await ada.has_heard_everything()
