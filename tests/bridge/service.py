"""A web service on this machine that answers as `HttpProvider` expects, or badly when a test wants that."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from tests.bridge.source import Source
from tests.ports import free_port


class Service:
    """Records as a `Source` has them, by HTTP. `answers` come first, in their order."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.answers: list[web.Response] = []
        self.silent = asyncio.Event()  # cleared, it takes requests and answers nothing
        self.silent.set()
        self.asked: Counter[str] = Counter()
        self.headers: list[Any] = []
        self.peers: set[object] = set()  # the connections that requests came by
        self.url = ""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer, each time on the same port."""
        app = web.Application(client_max_size=0)
        app.router.add_get("/api/{tail:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        port = int(self.url.split(":")[2].split("/")[0]) if self.url else free_port()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
        try:
            yield
        finally:
            self.silent.set()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.raw_path] += 1
        self.headers.append(request.headers)
        self.peers.add(request.transport)
        await self.silent.wait()
        if self.answers:
            return self.answers.pop(0)
        match request.raw_path.removeprefix("/api/").split("/"):
            case ["servers"]:
                return web.json_response(self.source.servers)
            case ["servers", guild_id, "users"]:
                return web.json_response(self.source.users.get(guild_id, {}))
            case _:
                return web.Response(status=404)
