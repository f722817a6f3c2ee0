"""A bridge whose every word a test says itself: for what a real one does only in bad times."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page, WebSocketRoute


class ScriptedBridge:
    """Takes the place of the bridge behind a page's WebSockets; the page itself comes from a real one."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._socket: WebSocketRoute | None = None

    async def take_over(self, page: Page) -> None:
        """Answer for the bridge from the next connection on."""
        await page.route_web_socket(lambda url: True, self._welcome)

    def send(self, frame: dict[str, Any]) -> None:
        """Say something to the page."""
        assert self._socket is not None
        self._socket.send(json.dumps(frame))

    def seat(self, slug: str, name: str, **data: Any) -> None:
        """Let the page into a room."""
        self.send({"type": "server-join", "data": {"request": {"server": slug}, "serverName": name, **data}})

    def tell(self, event: str, cursor: str = "a.2", **data: Any) -> None:
        """Let something happen in the page's room."""
        self.send({"type": event, "server": "1", "data": data, "cursor": cursor})

    async def close(self, code: int) -> None:
        """Hang up."""
        assert self._socket is not None
        await self._socket.close(code=code)

    async def next_request(self) -> dict[str, Any]:
        """Wait for what the page asks next; its `data`."""
        request = await asyncio.wait_for(self.requests.get(), 30)
        data: dict[str, Any] = request["data"]
        return data

    def _welcome(self, socket: WebSocketRoute) -> None:
        self.connections += 1
        self._socket = socket
        socket.on_message(lambda message: self.requests.put_nowait(json.loads(message)))
