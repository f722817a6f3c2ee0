"""Logging in on the page, over real sockets: the way there and back, and what it opens."""

import asyncio
import base64
import hashlib
import logging
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from bridge.access.login import Account, Denied
from bridge.errors import NoAnswer
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.problems import LOGIN_ENDED, LOGIN_NEEDED, NOT_A_MEMBER
from bridge.server import WebSocketServer
from bridge.site import login
from tests.bridge.clock import Clock
from tests.bridge.conftest import DWORLD, VAULT, Start
from tests.bridge.site.browsing import CODE, HOME, SECRET, Browser, Script, baking, opened, refusal
from tests.bridge.watchers import watching

# The flow


async def test_a_login(browser: Browser, script: Script) -> None:
    """The authority's word is who they are; they end at the page."""
    assert await browser.me() is None
    assert await browser.log_in() == "/"
    assert await browser.me() == {"id": "111", "name": "Ada ♥"}
    assert len(script.asked) == 1


async def test_what_the_authority_is_told(browser: Browser, script: Script) -> None:
    """Where to come back to, and a challenge that only who has the verifier meets (S256)."""
    told = await browser.go_to_login()
    await browser.come_back(code=CODE, state=told["state"])
    ((code, redirect_uri, verifier),) = script.asked
    assert (code, redirect_uri) == (CODE, f"{HOME}/auth/callback")
    assert told["redirect_uri"] == redirect_uri
    digest = hashlib.sha256(verifier.encode()).digest()
    assert told["challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert 43 <= len(verifier) <= 128  # RFC 7636


async def test_no_two_logins_are_alike(browser: Browser) -> None:
    """State and challenge can't be foreseen."""
    told = [await browser.go_to_login() for _ in range(20)]
    for name in ("state", "challenge"):
        assert len({one[name] for one in told}) == 20
        assert min(len(one[name]) for one in told) >= 43


async def test_the_secret_of_a_login_stays_here(browser: Browser, script: Script) -> None:
    """The verifier is in no address."""
    answer = await browser.ask("/auth/login")
    state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
    await browser.come_back(code=CODE, state=state)
    assert script.asked[0][2] not in answer.headers["Location"]


@pytest.mark.parametrize("outcome", [{"code": CODE}, {"error": "access_denied"}, {}], ids=str)
async def test_a_wrong_state(browser: Browser, script: Script, outcome: dict[str, str]) -> None:
    """A link that somebody was tricked into logs nobody in, and asks nobody."""
    told = await browser.go_to_login("/somewhere")
    assert await browser.come_back(**outcome, state=told["state"] + "x") == "/?login=failed"
    assert await browser.me() is None
    assert script.asked == []


@pytest.mark.parametrize(
    "query",
    ["", "?", "?code={code}", "?code={code}&state=", "?code={code}&state={state}&state={state}",
     "?state=%ff&code={code}", "?code={code}&state=%C3%A4", "?code={code}&state={state}" + "&a=b" * 30],
    ids=["none", "empty", "no state", "empty state", "two states", "no text", "not ASCII", "too many"],
)  # fmt: skip
async def test_a_malformed_callback(browser: Browser, script: Script, query: str) -> None:
    """It is like one of a wrong state."""
    told = await browser.go_to_login()
    answer = await browser.ask("/auth/callback" + query.format(code=CODE, state=told["state"]))
    assert (answer.status, answer.headers["Location"]) == (303, "/?login=failed")
    assert await browser.me() is None
    assert script.asked == []


async def test_a_state_of_another_browser(browser: Browser, other: Browser, script: Script) -> None:
    """Nobody is logged in as somebody else."""
    told = await other.go_to_login()
    assert await browser.come_back(code=CODE, state=told["state"]) == "/?login=failed"
    await browser.go_to_login()
    assert await browser.come_back(code=CODE, state=told["state"]) == "/?login=failed"
    assert await browser.me() is None
    assert script.asked == []


async def test_a_state_is_good_once(browser: Browser) -> None:
    """The browser forgets it with the answer, whatever that is."""
    told = await browser.go_to_login()
    await browser.come_back(error="access_denied", state=told["state"])
    assert browser.cookies == {}
    assert await browser.come_back(code=CODE, state=told["state"]) == "/?login=failed"


async def test_a_state_that_took_too_long(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes are enough to agree."""
    with baking(monkeypatch, ago=login.FLOW_TIME + 2):
        told = await browser.go_to_login()
    assert await browser.come_back(code=CODE, state=told["state"]) == "/?login=failed"


async def test_who_denies(browser: Browser) -> None:
    """They come back to where they were, which can say so."""
    told = await browser.go_to_login("/%3Fserver=dworld%23top")
    assert await browser.come_back(error="access_denied", state=told["state"]) == (
        "/?server=dworld&login=denied#top"
    )
    assert await browser.me() is None


@pytest.mark.parametrize(
    "failure",
    [Denied(), RuntimeError(CODE), asyncio.CancelledError()],
    ids=lambda failure: type(failure).__name__,
)
async def test_an_authority_that_fails(
    browser: Browser, script: Script, failure: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is logged in, they can try again, and the log repeats no code."""
    script.codes[CODE] = failure
    with caplog.at_level(logging.DEBUG):
        assert await browser.log_in("/there") == "/there?login=failed"
    assert browser.cookies == {}
    assert "a login failed" in caplog.text
    assert CODE not in caplog.text


async def test_an_authority_that_hangs(
    browser: Browser, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for long."""

    async def hang(*_: str) -> Account:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(login, "TIMEOUT", 0.01)
    monkeypatch.setattr(script, "identify", hang)
    assert await browser.log_in() == "/?login=silent"


@pytest.mark.parametrize("failure", [NoAnswer(), TimeoutError(), ConnectionRefusedError()], ids=repr)
async def test_no_answer_is_no_wrong_answer(
    start: Start, script: Script, http: ClientSession, failure: Exception
) -> None:
    """They come back to a page that says so, and may try as often as they like."""
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME), limits=Limits(wrong_tries=3))
    server.use_login(script, SECRET)
    browser = Browser(await start(server), http)
    script.codes["never"] = failure
    for _ in range(10):
        assert await browser.log_in(code="never") == "/?login=silent"
    assert await browser.log_in() == "/"


async def test_who_guesses_passwords_keeps_nobody_from_logging_in(
    start: Start, script: Script, http: ClientSession
) -> None:
    """Behind the same address there may be others."""
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME), limits=Limits(wrong_tries=1))
    server.use_login(script, SECRET)
    await start(server)
    server.show_guild(replace(VAULT, password="sesame"))
    browser = Browser(server, http)
    async with opened(server, browser) as watcher:
        for _ in range(3):
            await refusal(watcher, password="guess")
    assert await browser.log_in() == "/"


async def test_codes_can_t_be_guessed(
    start: Start, script: Script, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some that were wrong, an address has to wait before it may try another; right ones are free."""
    Clock(monkeypatch)
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME), limits=Limits(wrong_tries=3))
    server.use_login(script, SECRET)
    browser = Browser(await start(server), http)
    for _ in range(5):
        assert await browser.log_in() == "/"
    for number in range(3):
        assert await browser.log_in(code=f"guess-{number}") == "/?login=failed"
    told = await browser.go_to_login()
    answer = await browser.ask(f"/auth/callback?code={CODE}&state={told['state']}")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert "login" not in str(browser.set)
    assert len(script.asked) == 5 + 3


async def test_who_logged_in_before_does_not_wait_for_a_housemate_who_tries_codes(
    start: Start, script: Script, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though their login has ended: their browser still says who it was, and nobody can make that up."""
    Clock(monkeypatch)
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME), limits=Limits(wrong_tries=2))
    server.use_login(script, SECRET)
    await start(server)
    ada, eve, new = (Browser(server, http) for _ in range(3))
    with baking(monkeypatch, ago=login.LIFETIME + 60):
        assert await ada.log_in() == "/"
    assert await ada.me() is None
    eve.cookies["__Host-dzone_login"] = ada.cookies["__Host-dzone_login"][:-1]
    assert [await eve.log_in(code=f"guess-{number}") for number in range(2)] == ["/?login=failed"] * 2
    assert [await answered(one) for one in (eve, new, ada)] == [429, 429, 303]
    for number in range(2):
        assert await ada.log_in(code=f"guess-{number}") == "/?login=failed"
    assert await answered(ada) == 429


async def test_a_browser_is_known_for_a_month(
    start: Start, script: Script, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After that it is one of its address's."""
    Clock(monkeypatch)
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME), limits=Limits(wrong_tries=1))
    server.use_login(script, SECRET)
    browser = Browser(await start(server), http)
    with baking(monkeypatch, ago=login.KNOWN_FOR + 60):
        await browser.log_in()
    await Browser(server, http).log_in(code="guess")
    assert await answered(browser) == 429


async def answered(browser: Browser) -> int:
    """Come back with a good code; tell how that is answered."""
    told = await browser.go_to_login()
    return (await browser.ask(f"/auth/callback?code={CODE}&state={told['state']}")).status


# Where it ends


@pytest.mark.parametrize(
    "to",
    ["https://evil.example", "//evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "/%09/evil.example",
     "%09//evil.example", "/%0a/evil.example", "/%0d%0aSet-Cookie:a=b", "javascript:alert(1)", "evil.example",
     "%20//evil.example", "", "/" + "a" * 500, "/%C3%A4", "/%00", "///evil.example", "/%5C/evil.example"],
)  # fmt: skip
async def test_nobody_is_led_astray(browser: Browser, to: str) -> None:
    """A login ends on our page, wherever the link that began it wanted to go."""
    assert await browser.log_in(to) == "/"
    assert {line.partition("=")[0] for line in browser.set} <= {"__Host-dzone_login", "__Host-dzone_flow"}


@pytest.mark.parametrize("to", ["/", "/?server=dworld", "/a/b?c=d&e=f", "/#top", "/%252F%252Fevil.example"])
async def test_a_way_back(browser: Browser, to: str) -> None:
    """Our own places are all right."""
    assert await browser.log_in(to.replace("&", "%26").replace("#", "%23")) == to.replace("%25", "%")


async def test_a_page_below_a_path(start: Start, script: Script, http: ClientSession) -> None:
    """Where a proxy shows the page below one, a login comes back and ends there."""
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=f"{HOME}/zone"))
    server.use_login(script, SECRET)
    browser = Browser(await start(server), http)
    told = await browser.go_to_login()
    assert told["redirect_uri"] == f"{HOME}/zone/auth/callback"
    assert await browser.come_back(code=CODE, state=told["state"]) == "/zone/"


def test_a_login_needs_an_address(script: Script) -> None:
    """To which people come back."""
    with pytest.raises(ValueError, match="public_url"):
        WebSocketServer(0).use_login(script, SECRET)


# Requests


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/auth/login", 405), ("POST", "/auth/me", 405), ("POST", "/auth/callback", 405),
     ("GET", "/auth/logout", 405), ("GET", "/auth/", 404), ("GET", "/auth/token", 404),
     ("GET", "/auth/me/", 404), ("GET", "/auth/../auth/me", 404), ("GET", "/auth/%6de", 200)],
)  # fmt: skip
async def test_what_else_is_asked(browser: Browser, method: str, path: str, status: int) -> None:
    """There are four things below /auth/, and each is asked for in one way."""
    answer = await browser.ask(path, method, Origin=HOME)
    assert answer.status == status
    assert browser.set == []


async def test_no_answer_is_kept_or_shared(browser: Browser) -> None:
    """Neither by caches nor with other sites' scripts; nor do addresses with codes go elsewhere."""
    await browser.log_in()
    for path in ("/auth/me", "/auth/login", "/auth/callback?code=1"):
        headers = (await browser.ask(path, Origin="https://evil.example")).headers
        assert headers["Cache-Control"] in ("no-cache", "no-store")
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")


async def test_without_a_login(start: Start, http: ClientSession) -> None:
    """The page can ask whether there is one, and nothing else is there."""
    browser = Browser(await start(), http)
    assert await (await browser.ask("/auth/me")).json() == {"login": False, "user": None}
    for path in ("/auth/login", "/auth/callback", "/auth/logout"):
        assert (await browser.ask(path)).status == 404


# WebSockets


async def test_a_cookie_opens_a_door(browser: Browser, server: WebSocketServer) -> None:
    """Where our own page opens the WebSocket."""
    await browser.log_in()
    async with opened(server, browser) as watcher:
        assert (await watcher.enter(VAULT.slug))["request"] == {"server": "vault"}


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://zone.example.org", "https://zone.example.org:8443",
     "https://zone.example.org.evil.example", "https://zone.example.org/", "https://ZONE.example.org", ""],
)  # fmt: skip
async def test_a_cookie_on_another_page(
    browser: Browser, server: WebSocketServer, origin: str | None
) -> None:
    """Browsers send it along whichever page opens the WebSocket: for others it doesn't count."""
    await browser.log_in()
    async with opened(server, browser, origin) as watcher:
        assert await refusal(watcher) == LOGIN_NEEDED


async def test_who_is_logged_in_and_no_member(
    browser: Browser, server: WebSocketServer, script: Script
) -> None:
    """They hear that it isn't the login that is missing; a password opens the door nevertheless."""
    script.members.clear()
    await browser.log_in()
    async with opened(server, browser) as watcher:
        assert await refusal(watcher) == NOT_A_MEMBER
        await watcher.enter(VAULT.slug, password="sesame")


async def test_an_authority_that_can_t_say(
    browser: Browser, server: WebSocketServer, monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    """Then the door stays shut."""

    async def fail(uid: str, server_id: str) -> bool:
        raise RuntimeError(uid)

    monkeypatch.setattr(script, "may_watch", fail)
    await browser.log_in()
    async with opened(server, browser) as watcher:
        assert await refusal(watcher) == NOT_A_MEMBER


async def test_the_default_may_be_a_protected_room(browser: Browser, server: WebSocketServer) -> None:
    """Who is logged in and has no choice sees what they may."""
    server.hide_guild(DWORLD.id)
    await browser.log_in()
    async with opened(server, browser) as watcher:
        assert (await watcher.enter())["request"] == {"server": "vault"}


async def test_who_waits_in_the_lobby(browser: Browser, server: WebSocketServer) -> None:
    """They move to a protected room when it appears, if they are logged in; others wait on."""
    for guild in (DWORLD, VAULT):
        server.hide_guild(guild.id)
    await browser.log_in()
    async with opened(server, browser) as watcher, watching(server) as stranger:
        for one in (watcher, stranger):
            assert (await one.enter())["request"] == {"server": "lobby"}
        server.show_guild(VAULT)
        assert (await watcher.hear_type("server-join"))["data"]["request"] == {"server": "vault"}
        assert await stranger.has_heard_everything()


async def test_access_ends_with_the_cookie(
    browser: Browser, server: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sits there when it does is told, and closed."""
    clock = Clock(monkeypatch)
    with baking(monkeypatch, ago=login.LIFETIME - 100):
        await browser.log_in()
    async with opened(server, browser) as watcher:
        await watcher.enter(VAULT.slug)
        await clock.jump(50)
        assert await watcher.has_heard_everything()
        await clock.jump(51)
        assert await watcher.hear_error() == LOGIN_ENDED
        assert (await watcher.farewell())[0] == 1008
