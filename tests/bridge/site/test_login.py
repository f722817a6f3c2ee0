"""Logging in on the page, over real sockets: what is below `/auth/`, and what its cookie is good for."""

import asyncio
import base64
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, ClientSession, DummyCookieJar
from yarl import URL

from bridge.access.login import Account, Denied
from bridge.errors import NoAnswer
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.problems import LOGIN_ENDED, LOGIN_NEEDED, NOT_A_MEMBER, Problem
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.site import login
from tests.bridge.clock import Clock
from tests.bridge.conftest import DWORLD, VAULT, Start
from tests.bridge.watchers import RawViewer, Watcher, dialled, handshake, masked, until, watching

SECRET = b"a secret of the operator's"
HOME = "https://zone.example.org"
ADA = Account("111", "Ada ♥")
CODE = "a-code-that-is-never-logged"


@dataclass
class Script:
    """An authority that does as it is told.

    `codes` says whose each code is; `members` who may watch anything.
    """

    codes: dict[str, Account | BaseException] = field(default_factory=lambda: {CODE: ADA})
    members: set[str] = field(default_factory=lambda: {ADA.uid})
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    thinking: asyncio.Event | None = None
    wondering: int = 0

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        return str(
            URL("https://authority.example/").with_query(
                redirect_uri=redirect_uri, state=state, challenge=challenge
            )
        )

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        self.asked.append((code, redirect_uri, verifier))
        found = self.codes.get(code, Denied())
        if isinstance(found, BaseException):
            raise found
        return found

    async def may_watch(self, uid: str, server_id: str) -> bool:
        self.wondering += 1
        answer = uid in self.members  # now: it may be outdated when it comes
        if self.thinking is not None:
            await self.thinking.wait()
        return answer


class Browser:
    """Makes requests, and keeps the cookies that are set, whatever their attributes say."""

    def __init__(self, server: WebSocketServer, http: ClientSession) -> None:
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []
        """The `Set-Cookie` headers of the last answer."""
        self._server = server
        self._http = http

    async def ask(self, path: str, method: str = "GET", **headers: str) -> ClientResponse:
        """Make a request with exactly this path, and return the answer, read."""
        cookies = {"Cookie": self.cookie} if self.cookie else {}
        url = URL(f"http://127.0.0.1:{self._server.port}{path}", encoded=True)
        async with self._http.request(
            method, url, headers=cookies | headers, allow_redirects=False
        ) as answer:
            await answer.read()
        self.set = answer.headers.getall("Set-Cookie", [])
        for line in self.set:
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    @property
    def cookie(self) -> str:
        """All cookies, as a header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def go_to_login(self, to: str | None = None) -> dict[str, str]:
        """Set out to log in; return what the authority is told."""
        answer = await self.ask("/auth/login" + ("" if to is None else f"?to={to}"))
        assert answer.status == 303
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def come_back(self, **query: str) -> str:
        """Come back from the authority; return where that leads."""
        answer = await self.ask(str(URL("/auth/callback").with_query(query)))
        assert answer.status == 303
        return answer.headers["Location"]

    async def log_in(self, to: str | None = None, code: str = CODE) -> str:
        """Log in; return where that ends."""
        told = await self.go_to_login(to)
        return await self.come_back(code=code, state=told["state"])

    async def me(self) -> Any:
        """Ask who is logged in."""
        return (await (await self.ask("/auth/me")).json())["user"]


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def exposure() -> Exposure:
    return Exposure(public_url=HOME)


@pytest.fixture
async def server(start: Start, script: Script, exposure: Exposure) -> WebSocketServer:
    """A bridge with an open and a protected room, where people can log in."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), exposure=exposure)
    server.use_login(script, SECRET)
    await start(server)
    server.show_guild(DWORLD)
    server.show_guild(VAULT)
    return server


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        yield http


@pytest.fixture
def browser(server: WebSocketServer, http: ClientSession) -> Browser:
    return Browser(server, http)


@pytest.fixture
def other(server: WebSocketServer, http: ClientSession) -> Browser:
    """Another browser."""
    return Browser(server, http)


def opened(server: WebSocketServer, browser: Browser, origin: str | None = HOME) -> Any:
    """Open a WebSocket as a page of `origin` does in this browser."""
    cookies = {"Cookie": browser.cookie} if browser.cookie else {}
    return watching(server, origin=origin, additional_headers=cookies)


async def refusal(watcher: Watcher, **fields: str) -> Problem:
    """Ask for the protected room; return why not."""
    await watcher.ask(VAULT.slug, **fields)
    return await watcher.hear_error()


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


async def test_codes_can_t_be_guessed(start: Start, script: Script, http: ClientSession) -> None:
    """After some that were wrong, an address has to wait before it may try another; right ones are free."""
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


# Cookies


async def test_a_cookie_is_for_our_server_alone(browser: Browser) -> None:
    """Scripts can't read it, other sites' requests don't carry it, and it goes over HTTPS only."""
    await browser.ask("/auth/login")
    (flow,) = browser.set
    await browser.log_in()
    session = next(line for line in browser.set if "login=" in line)
    for line, name, lifetime in ((flow, "flow", 600), (session, "login", 2_592_000)):
        cookie, *attributes = line.split("; ")
        assert cookie.startswith(f"__Host-dzone_{name}=")
        assert attributes == [f"Max-Age={lifetime}", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"]


@pytest.mark.parametrize("exposure", [Exposure(public_url="http://localhost:3000")], ids=["http"])
async def test_a_cookie_without_https(browser: Browser) -> None:
    """On the operator's own machine there is none: a secure cookie would be lost."""
    await browser.log_in()
    assert len(browser.set) == 2
    assert all(line.startswith("dzone_") and "Secure" not in line for line in browser.set)
    assert await browser.me() is not None


async def test_a_cookie_tells_no_secret(browser: Browser) -> None:
    """Neither the code nor what signs it is in there; nor is there a token."""
    await browser.log_in()
    (value,) = browser.cookies.values()
    payload = base64.urlsafe_b64decode(value.split(".")[0] + "==")
    assert b"111" in payload
    assert CODE.encode() not in payload
    assert SECRET not in payload


def _forgeries(value: str) -> dict[str, str]:
    data, when, signature = value.split(".")
    elsewhere = base64.urlsafe_b64encode(b'{"uid":"222","name":"Eve","key":"k"}').rstrip(b"=").decode()
    return {
        "somebody else": f"{elsewhere}.{when}.{signature}",
        "younger": f"{data}.{when[:-1]}{'A' if when[-1] != 'A' else 'B'}.{signature}",
        "unsigned": f"{data}.{when}.",
        "without a time": f"{data}.{signature}",
        "empty": "",
        "nothing": "..",
        "another signature": f"{data}.{when}.{'A' * len(signature)}",
        "compressed": f".{data}.{when}.{signature}",
        "quoted": f'"{value}"',
        "too much": value + "A" * 4000,
    }


@pytest.mark.parametrize("name", _forgeries("a.b.c"))
async def test_a_forged_cookie(browser: Browser, server: WebSocketServer, name: str) -> None:
    """It is worth nothing, on a page and on a WebSocket."""
    await browser.log_in()
    ((cookie, value),) = browser.cookies.items()
    browser.cookies = {cookie: _forgeries(value)[name]}
    assert await browser.me() is None
    async with opened(server, browser) as watcher:
        assert await refusal(watcher) == LOGIN_NEEDED


async def test_a_cookie_of_bytes_that_are_no_text(server: WebSocketServer) -> None:
    """Whatever stands there: it is no cookie of ours, and no reason to fail."""
    head = b"Host: localhost\r\nOrigin: " + HOME.encode() + b"\r\nCookie: __Host-dzone_login=\xff\xfe\r\n\r\n"
    async with dialled(server) as line:
        await line.say(b"GET /auth/me HTTP/1.1\r\n" + head)
        assert b"200" in (await line.end()).splitlines()[0]
    async with dialled(server) as viewer:
        await viewer.say(handshake()[:-2] + head.partition(b"\r\n")[2])
        await viewer.hear_handshake()
        await viewer.say(masked(b'{"type":"connect","data":{"server":"vault"}}'))
        assert LOGIN_NEEDED.sentence in await _errors(viewer)


async def _errors(viewer: RawViewer) -> str:
    while (frame := await viewer.hear())["type"] != "error":
        pass
    return str(frame["data"]["message"])


async def test_a_cookie_of_another_operator(
    start: Start, browser: Browser, script: Script, http: ClientSession
) -> None:
    """What another secret signed says nothing here."""
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME))
    server.use_login(script, b"another secret")
    elsewhere = Browser(await start(server), http)
    await elsewhere.log_in()
    browser.cookies = elsewhere.cookies
    assert await browser.me() is None


async def test_a_cookie_of_the_same_operator(
    start: Start, browser: Browser, script: Script, http: ClientSession
) -> None:
    """A restart with the same secret changes nothing."""
    server = WebSocketServer(0, "127.0.0.1", exposure=Exposure(public_url=HOME))
    server.use_login(script, SECRET)
    before = Browser(await start(server), http)
    await before.log_in()
    browser.cookies = before.cookies
    assert await browser.me() is not None


async def test_a_flow_is_no_login(browser: Browser, script: Script) -> None:
    """What one cookie says, another can't be made to."""
    await browser.go_to_login()
    (flow,) = browser.cookies.values()
    browser.cookies = {"__Host-dzone_login": flow}
    assert await browser.me() is None
    browser.cookies = {}
    await browser.log_in()
    (session,) = browser.cookies.values()
    browser.cookies = {"__Host-dzone_flow": session}
    assert await browser.come_back(code=CODE, state="") == "/?login=failed"


async def test_a_login_ends_after_a_week(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """No earlier, and not a moment later."""
    for ago, holds in ((login.LIFETIME - 60, True), (login.LIFETIME + 2, False)):
        with baking(monkeypatch, ago=ago):
            await browser.log_in()
        assert (await browser.me() is not None) is holds


@contextlib.contextmanager
def baking(monkeypatch: pytest.MonkeyPatch, *, ago: float) -> Iterator[None]:
    """Have cookies baked some seconds ago."""
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.timed.time", SimpleNamespace(time=lambda: time.time() - ago))
        yield


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
    with baking(monkeypatch, ago=login.LIFETIME - 10):
        await browser.log_in()
    async with opened(server, browser) as watcher:
        await watcher.enter(VAULT.slug)
        await clock.jump(5)
        assert await watcher.has_heard_everything()
        await clock.jump(6)
        assert await watcher.hear_error() == LOGIN_ENDED
        assert (await watcher.farewell())[0] == 1008


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
    with baking(monkeypatch, ago=login.LIFETIME - 10):
        await browser.log_in()
    async with opened(server, browser) as ada:
        await ada.enter(VAULT.slug)
        server.show_guild(replace(VAULT, protected=False))
        server.revoke(VAULT.id, ADA.uid)
        await clock.jump(11)
        await browser.ask("/auth/logout", "POST", Origin=HOME)
        assert await ada.has_heard_everything()
