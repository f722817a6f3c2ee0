"""The cookie of a login: whom it is good for, how long, and that nobody can make one."""

import base64

import pytest
from aiohttp import ClientSession

from bridge.exposure import Exposure
from bridge.problems import LOGIN_NEEDED
from bridge.server import WebSocketServer
from bridge.site import login
from tests.bridge.conftest import Start
from tests.bridge.site.browsing import CODE, HOME, SECRET, Browser, Script, baking, opened, refusal
from tests.bridge.watchers import RawViewer, dialled, handshake, masked


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
