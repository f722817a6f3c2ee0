"""A process that serves viewers for the victim: `python -m tests.abuse.viewer FOLDER [small] LINE`.

It is a worker as any, which also tells on a socket in the folder how things stand with it.
"""

import asyncio
import contextlib
import gc
import json
import os
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge import worker
from bridge.access.cost import Budgets
from bridge.errors import Refused
from bridge.server import WebSocketServer
from tests.abuse.victim import POOR, Passer, hasten, memory


class Viewing(WebSocketServer):
    """A worker's server, and what can be asked about it."""

    folder = Path()

    async def start(self) -> None:
        await super().start()
        self._told_of = await asyncio.start_unix_server(self._hear, self.folder / str(os.getpid()))

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        order = json.loads(await reader.readline())
        writer.write(json.dumps(await self._obey(**order)).encode())
        await writer.drain()
        writer.close()

    async def _obey(self, do: str, **details: Any) -> dict[str, Any]:
        if do == "keep":
            await self._keep_open(details["guilds"])
        elif do == "ration":
            self._gate.budgets = Budgets(POOR if details["poor"] else self._limits)
        elif do == "limit":
            self._gate.limits = replace(self._limits, **details)
        elif do == "settle":
            gc.collect()
        return {
            "refusals": dict(self.refusals),
            "connections": len(self._gate.alive),
            "memory": memory(),
            "cpu": time.process_time(),
        }

    async def _keep_open(self, guilds: list[str]) -> None:
        """Have rooms that take long to read be here, as they are where many watch them."""
        await self.has_rooms()
        for guild_id in guilds:
            room = self._directory.rooms[guild_id]
            is_here = False
            while not is_here:
                with contextlib.suppress(Refused):  # it isn't written yet
                    await self._keeper.refresh_room(room)
                    is_here = True
            room.seat(Passer())
        gc.collect()
        gc.freeze()


def main() -> int:
    """Serve as the victim says."""
    folder, *hasty, line = sys.argv[1:]
    Viewing.folder = Path(folder)
    if hasty:
        hasten()
    vars(worker)["WebSocketServer"] = Viewing
    return worker.main(socket.socket(fileno=int(line)))


if __name__ == "__main__":
    sys.exit(main())
