"""Which browser somebody comes with."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from websockets.datastructures import Headers

from bridge.access.devices import LIFETIME, Devices
from bridge.access.passwords import hash_password
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import GuildInfo
from bridge.problems import WRONG_PASSWORD
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.watchers import Watcher, fetch, watching

VAULT = GuildInfo("2", "vault", "Vault", protected=True)
GOOD = "dzone_device=AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
async def server(start: Start, monkeypatch: pytest.MonkeyPatch) -> WebSocketServer:
    """A bridge with an open guild and a locked one, at which two wrong tries cost nothing.

    What it costs to try a password is none of these tests' business: a busy machine may take seconds for it.
    """
    monkeypatch.setattr("bridge.access.passwords._COST", 2**8)
    server = await start(provider=EmptyProvider(), limits=Limits(wrong_tries=2))
    server.show_guild(DWORLD, [ADA])
    server.show_guild(replace(VAULT, password_hash=hash_password("sesame")))
    return server


def given(watcher: Watcher) -> str | None:
    """Read the cookie that somebody got, as their browser sends it."""
    assert watcher.connection.response is not None
    line = watcher.connection.response.headers.get("Set-Cookie")
    return line and line.partition(";")[0]


@contextlib.asynccontextmanager
async def browser(server: WebSocketServer, cookie: str | None) -> AsyncIterator[Watcher]:
    async with watching(server, additional_headers={"Cookie": cookie} if cookie else None) as watcher:
        yield watcher


async def knock(watcher: Watcher, password: str) -> str:
    """Give a password; tell what is said."""
    await watcher.say({"type": "connect", "data": {"server": "vault", "password": password}})
    frame = await watcher.hear()
    return "in" if frame["type"] == "server-join" else str(frame["data"]["message"])


# A housemate and a guesser


async def test_a_housemate_gets_in_while_somebody_guesses_behind_the_same_address(
    server: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were in before, and come back with the same browser; a browser that is new has to wait."""
    Clock(monkeypatch)
    async with browser(server, None) as ada, browser(server, None) as eve:
        hers, his = given(ada), given(eve)
        assert await knock(ada, "sesame") == "in"
        for _ in range(2):
            assert await knock(eve, "guess") == WRONG_PASSWORD.sentence
        assert (await knock(eve, "guess")).startswith("Too many tries.")
        assert await knock(ada, "sesame") == "in"
    async with browser(server, hers) as ada, browser(server, his) as eve, browser(server, None) as new:
        assert [given(ada), given(eve)] == [None, None]
        assert (await knock(eve, "sesame")).startswith("Too many tries.")
        assert (await knock(new, "sesame")).startswith("Too many tries.")
        assert await knock(ada, "sesame") == "in"


# The cookie


async def test_a_number_is_given_where_there_is_a_password_to_guess(
    start: Start, server: WebSocketServer
) -> None:
    """And nobody else gets a cookie; nor does who asks for a page."""
    async with browser(server, None) as one, browser(server, None) as other:
        assert given(one)
        assert given(one) != given(other)
    assert "set-cookie" not in (await fetch(server)).headers
    for info in (VAULT, replace(VAULT, protected=False, password="sesame")):
        server.show_guild(info)
        async with browser(server, None) as watcher:
            assert given(watcher) is None
    server.show_guild(replace(VAULT, password="sesame"))
    async with browser(server, None) as watcher:
        assert given(watcher)
    server.hide_guild(VAULT.id)
    async with browser(server, None) as watcher:
        assert given(watcher) is None


@pytest.mark.parametrize(
    "cookie",
    ["dzone_device=", "dzone_device=short", f"{GOOD}A", f"{GOOD[:-1]}!", f"x{GOOD}", "dzone_device",
     "__Host-" + GOOD],
)  # fmt: skip
async def test_what_is_no_number_is_replaced(server: WebSocketServer, cookie: str) -> None:
    """By one of ours."""
    async with browser(server, cookie) as watcher:
        assert (given(watcher) or "").startswith("dzone_device=")


async def test_a_number_is_found_among_other_cookies(server: WebSocketServer) -> None:
    """A website has several."""
    async with browser(server, f"a=b; {GOOD};c=d") as watcher:
        assert given(watcher) is None


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie_is_for_us_alone(secure: bool) -> None:
    """Scripts don't read it; with HTTPS, clients on other sites have each their own."""
    response = Headers()
    Devices(secure=secure).meet(Headers(), response)
    cookie, *attributes = response["Set-Cookie"].split("; ")
    assert cookie.partition("=")[0] == ("__Host-dzone_device" if secure else "dzone_device")
    elsewhere = ["Secure", "SameSite=None", "Partitioned"] if secure else ["SameSite=Lax"]
    assert attributes == [f"Max-Age={LIFETIME}", "Path=/", "HttpOnly", *elsewhere]


async def test_with_https_it_counts_as_well(start: Start) -> None:
    """Though a proxy may speak it for us."""
    server = await start(provider=EmptyProvider(), exposure=Exposure(public_url="https://zone.example.org"))
    server.show_guild(replace(VAULT, password="sesame"))
    async with browser(server, None) as watcher:
        cookie = given(watcher)
    async with browser(server, cookie) as watcher:
        assert given(watcher) is None
