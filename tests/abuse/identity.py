"""The identity provider's process: `python -m tests.abuse.identity CORE`. It obeys as `pipe` says.

It answers as Discord does, and a token's name says what is true of it. Each question is counted.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from tests.bench.control import give_way
from tests.bench.pipe import serve
from tests.e2e.model import User
from tests.e2e.oauth import AUTHORIZE, ME, TOKEN, Grant, OAuth, Request

APPLICATION: Final = "410912345678905001"
OURS: Final = "ours-for-"  # what the token of a login at our application begins with; a uid follows
THEIRS: Final = "theirs-for-"  # the same of another application
SILENT: Final = "unanswered-"  # what a token begins with of which Discord says nothing: it is overloaded
_ANOTHER: Final = "410912345678905002"
_WEEK: Final = timedelta(days=7)


class Identity:
    """Answers below `/oauth2/`."""

    def __init__(self) -> None:
        self._oauth = OAuth(APPLICATION)
        self._asked = 0

    async def start(self) -> dict[str, Any]:
        """Listen."""
        app = web.Application()
        answers = self._oauth.answers()
        app.router.add_get(AUTHORIZE, answers["GET", AUTHORIZE])
        app.router.add_get(ME, self._tell)
        app.router.add_post(TOKEN, self._redeem)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return {"url": f"http://{host}:{port}"}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Say how many tokens were asked about since the start."""
        assert order == {"do": "look"}
        return {"asked": self._asked}

    async def _tell(self, request: web.Request) -> web.Response:
        self._asked += 1
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        if token.startswith(SILENT):
            return web.Response(status=503)
        for prefix, application in ((OURS, APPLICATION), (THEIRS, _ANOTHER)):
            if token.startswith(prefix):
                self._oauth.tokens[token] = _grant(token.removeprefix(prefix), application)
        return await self._oauth.answers()["GET", ME](request)

    async def _redeem(self, request: web.Request) -> web.Response:
        """Take a code that is a uid for that person's."""
        form = await request.post()
        code = str(form["code"])
        self._oauth.codes[code] = Request(_grant(code, APPLICATION), str(form["redirect_uri"]), None)
        return await self._oauth.answers()["POST", TOKEN](request)


def _grant(uid: str, application: str) -> Grant:
    return Grant(User("somebody", id=int(uid)), application, ("identify",), datetime.now(UTC) + _WEEK)


def main() -> None:
    """Run the process, on one core if one is named."""
    if core := sys.argv[1:]:
        os.sched_setaffinity(0, map(int, core))
        give_way()
    asyncio.run(serve(Identity()))


if __name__ == "__main__":
    main()
