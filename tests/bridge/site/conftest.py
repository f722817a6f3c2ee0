"""A bridge with a login of its own, and browsers."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, DummyCookieJar

from bridge.exposure import Exposure
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import DWORLD, VAULT, Start
from tests.bridge.site.browsing import HOME, SECRET, Browser, Script


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
