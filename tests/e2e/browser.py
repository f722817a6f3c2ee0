"""Somebody's browser on the bot's own page, without the page: it follows redirects, and has cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientSession, CookieJar
from yarl import URL

from tests.e2e.viewer import Viewer

if TYPE_CHECKING:
    from typing import Any

    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload, User
    from tests.e2e.process import BotProcess


class Browser:
    """A browser in which `user` is logged in to Discord; None doesn't agree to anything."""

    def __init__(self, discord: LoopbackDiscord, bot: BotProcess, user: User | None) -> None:
        self.user = user
        self.origin = f"http://127.0.0.1:{bot.port}"
        self.seen: set[str] = set()
        """Every value that a cookie has had."""
        self._bot = bot
        self._discord = discord
        self._http = ClientSession(cookie_jar=CookieJar(unsafe=True))  # that is: also of an address
        self._viewers: list[Viewer] = []

    async def close(self) -> None:
        """Close the browser, with all that is open in it."""
        for viewer in self._viewers:
            await viewer.close()
        await self._http.close()

    async def log_in(self, to: str | None = None) -> str:
        """Log in on the page, and return the path where that ends."""
        return await self.go("/auth/login" + ("" if to is None else f"?to={to}"))

    async def go(self, to: str) -> str:
        """Open an address, follow where it leads, and return the path where that ends."""
        self._discord.oauth.visitor = self.user
        self._discord.oauth.redirect_uris.add(f"{self.origin}/auth/callback")
        async with self._http.get(URL(self.origin).join(URL(to))) as response:
            self._look_at_cookies()
            assert response.url.origin() == URL(self.origin), response.url
            return response.url.raw_path_qs

    async def callback(self) -> str:
        """Log in, but don't return to the page; return the address that would have been next."""
        self._discord.oauth.visitor = self.user
        self._discord.oauth.redirect_uris.add(f"{self.origin}/auth/callback")
        next_ = URL(self.origin) / "auth/login"
        for _ in range(2):  # to Discord, and from there
            async with self._http.get(next_, allow_redirects=False) as response:
                next_ = URL(response.headers["Location"], encoded=True)
        self._look_at_cookies()
        return str(next_)

    async def me(self) -> Payload:
        """Ask who is logged in."""
        async with self._http.get(f"{self.origin}/auth/me") as response:
            told: Payload = await response.json()
            return told

    async def log_out(self) -> None:
        """Log out on the page."""
        headers = {"Origin": self.origin}
        async with self._http.post(f"{self.origin}/auth/logout", headers=headers) as response:
            assert response.status == 204

    async def watch(self, **headers: str | None) -> Viewer:
        """Open a WebSocket as the page does; `headers` in place of those that the browser sends."""
        sent = {"Origin": self.origin, "Cookie": self.cookie} | headers
        given: dict[str, Any] = {name: value for name, value in sent.items() if value is not None}
        self._viewers.append(await Viewer.connect(self._bot.url, additional_headers=given))
        return self._viewers[-1]

    @property
    def cookie(self) -> str:
        """The cookies that a request to the page carries, as a header."""
        kept = self._http.cookie_jar.filter_cookies(URL(self.origin))
        return "; ".join(f"{cookie.key}={cookie.value}" for cookie in kept.values())

    def _look_at_cookies(self) -> None:
        self.seen |= {cookie.value for cookie in self._http.cookie_jar}
