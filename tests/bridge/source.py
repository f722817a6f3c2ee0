"""A provider for tests: plain data, counted questions, and faults on demand."""

import asyncio
from collections import Counter
from typing import Any

from bridge.server import WebSocketServer
from tests.bridge.watchers import PATIENCE

SECRET = "postgres://bridge:hunter2@db"  # in what a failing provider raises; no viewer may ever see it


class Source:
    """Server and user records that can be changed, and questions about them that can go wrong.

    Questions are counted by what they are about: "servers", or a guild's id.
    """

    def __init__(self) -> None:
        self.servers: Any = {
            "1": {"id": "one", "name": "The First", "passworded": False, "default": True},
            "2": {"id": "two", "name": "The Second", "passworded": False},
            "3": {"id": "three", "name": "The Third", "passworded": True},
        }
        self.users: dict[str, Any] = {
            "1": {"11": {"uid": "11", "username": "Ada", "status": "online", "roleColor": "#ff0000"}},
            "2": {"22": {"uid": "22", "username": "Beppo", "status": "idle", "roleColor": "#00ff00"}},
            "3": {"33": {"uid": "33", "username": "Chiara", "status": "dnd", "roleColor": "#0000ff"}},
        }
        self.asked: Counter[str] = Counter()
        self.server_fault: BaseException | None = None
        self.user_fault: BaseException | None = None
        self._gates: dict[str, asyncio.Event] = {}
        self._arrived = asyncio.Condition()

    def hold(self, about: str) -> None:
        """Let questions about this wait until they are released."""
        self._gates[about] = asyncio.Event()

    def release(self, about: str) -> None:
        """Let the answers out."""
        self._gates.pop(about).set()

    async def was_asked(self, about: str, times: int = 1) -> None:
        """Wait until somebody has asked about this so often."""
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(lambda: self.asked[about] >= times)

    async def get_servers(self) -> Any:
        """Answer `on_get_server_data`."""
        await self._question("servers")
        if self.server_fault is not None:
            raise self.server_fault
        return self.servers

    async def get_users(self, server_id: str) -> Any:
        """Answer `on_get_user_data`."""
        await self._question(server_id)
        if self.user_fault is not None:
            raise self.user_fault
        return self.users[server_id]

    async def get_client_id(self, server_id: str) -> str | None:
        """Answer `on_get_client_id`: no application."""
        return None

    def feed(self, server: WebSocketServer) -> None:
        """Register the callbacks."""
        server.on_get_server_data(self.get_servers)
        server.on_get_user_data(self.get_users)

    async def _question(self, about: str) -> None:
        self.asked[about] += 1
        async with self._arrived:
            self._arrived.notify_all()
        if about in self._gates:
            await self._gates[about].wait()
