"""A network that drops without a reset."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

from bridge.server import WebSocketServer


class Proxy:
    """Lines between viewers and a bridge; once they are cut, neither side hears a thing of the other."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._uncut = asyncio.Event()
        self._uncut.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, bridge: WebSocketServer) -> AsyncIterator[tuple[Self, int]]:
        """Listen; yield the proxy, and the port that leads to the bridge."""
        proxy = cls(bridge.port)
        async with await asyncio.start_server(proxy._connect, "127.0.0.1", 0) as server:
            yield proxy, server.sockets[0].getsockname()[1]
            for task in proxy._tasks:
                task.cancel()
            await asyncio.gather(*proxy._tasks, return_exceptions=True)
            for writer in proxy._writers:
                writer.transport.abort()

    def cut(self) -> None:
        """Pass nothing on any more over the lines that there are. Those that come are new ones."""
        self._uncut.clear()
        self._uncut = asyncio.Event()
        self._uncut.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connecting = asyncio.current_task()
        assert connecting is not None
        self._tasks.add(connecting)  # it may end while somebody is on the way
        self._writers.append(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.append(far_writer)
        for pair in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._pump(self._uncut, *pair)))

    @staticmethod
    async def _pump(uncut: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            await uncut.wait()
            writer.write(data)
        await uncut.wait()
        writer.close()
