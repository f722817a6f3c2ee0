"""A browser that logs in, and an authority that does as it is told."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from bridge.access.login import Account, Denied
from bridge.problems import Problem
from bridge.server import WebSocketServer
from tests.bridge.conftest import VAULT
from tests.bridge.watchers import Watcher, watching

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


def opened(server: WebSocketServer, browser: Browser, origin: str | None = HOME) -> Any:
    """Open a WebSocket as a page of `origin` does in this browser."""
    cookies = {"Cookie": browser.cookie} if browser.cookie else {}
    return watching(server, origin=origin, additional_headers=cookies)


async def refusal(watcher: Watcher, **fields: str) -> Problem:
    """Ask for the protected room; return why not."""
    await watcher.ask(VAULT.slug, **fields)
    return await watcher.hear_error()


@contextlib.contextmanager
def baking(monkeypatch: pytest.MonkeyPatch, *, ago: float) -> Iterator[None]:
    """Have cookies baked some seconds ago."""
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.timed.time", SimpleNamespace(time=lambda: time.time() - ago))
        yield
