"""What an attacker has: lines to the victim, on which anything can be said, and a note of what came back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

from tests.bench.wire import upgrade_request

PATIENCE: Final = 20.0  # seconds that an attack goes on for a refusal
CUT: Final = "cut"  # the last word on a line that ends without one
_LAST: Final = 0x80
_CLOSE: Final = 0x88
_PING: Final = 0x89
_LONGEST_CLOSE: Final = 127  # bytes, with its header


class Line:
    """A TCP connection to the victim, on which anything can be said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = ""  # of the answer to a request
        self._tail = b""  # of what was read

    @classmethod
    async def open(cls, port: int, address: str) -> Self:
        """Connect from an address."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))

    async def say(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            OSError: if the other side has gone.
        """
        self.writer.write(data)
        await self.writer.drain()

    async def upgrade(self, *headers: str, deflate: bool = False) -> None:
        """Open a WebSocket; with headers, there is no other `Origin` than in those.

        Raises:
            EOFError: if that is refused.
        """
        request = upgrade_request(0, deflate=deflate).removesuffix(b"\r\n")
        if headers:
            request = request.replace(b"Origin: http://127.0.0.1\r\n", b"")
        status = await self.request(request + "".join(f"{line}\r\n" for line in headers).encode() + b"\r\n")
        if status != "101":
            raise EOFError

    async def request(self, head: bytes) -> str:
        """Make a request; return the status."""
        await self.say(head)
        self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode("iso-8859-1")
        return self.head[9:12]

    async def frame(self) -> bytes:
        """Read the next message, but for pings, in however many frames it comes.

        Raises:
            EOFError: if the other side has no more to say.
        """
        message = b""
        while True:
            is_last, payload = await self._frame()
            message += payload
            if is_last:
                return message

    async def _frame(self) -> tuple[bool, bytes]:
        """Read a frame that isn't a ping; tell whether it ends a message."""
        first, size = await self.reader.readexactly(2)
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        payload = await self.reader.readexactly(size)
        if first == _CLOSE:
            self._tail = bytes((first, size)) + payload
            raise EOFError
        return await self._frame() if first == _PING else (bool(first & _LAST), payload)

    async def end(self) -> str:
        """Read until the other side ends it; return its last word: a close code, a status, or none."""
        with suppress(OSError):
            while data := await self.reader.read(1 << 16):
                self.head = self.head or data.decode("iso-8859-1")
                self._tail = (self._tail + data)[-_LONGEST_CLOSE:]
        for size in range(2, _LONGEST_CLOSE - 1):
            if self._tail[-size - 2 : -size] == bytes((_CLOSE, size)):
                return str(int.from_bytes(self._tail[-size:][:2]))
        return self.head[9:12] if self.head.startswith("HTTP/1.1 ") and self.head[9:12] != "101" else CUT

    async def pester(self, data: bytes, pause: float = 0) -> str:
        """Say this over and over until the other side ends it; return its last word."""
        speaking = asyncio.create_task(self._repeat(data, pause))
        try:
            return await self.end()
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    async def _repeat(self, data: bytes, pause: float) -> None:
        while True:
            await self.say(data)
            await asyncio.sleep(pause)

    def hang_up(self) -> None:
        """Go without a word."""
        self.writer.transport.abort()


Talk = Callable[[Line], Awaitable[None]]


@dataclass
class Raid:
    """One attack: where to, from where, for how many seconds at least, and what was heard of it.

    `house` is a network of 256 addresses, such as `127.0.9.`; `refusal` is what the attack must hear before
    it ends.
    """

    port: int
    house: str
    seconds: float
    refusal: str
    heard: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._until = asyncio.get_running_loop().time() + self.seconds
        self._give_up_at = self._until + PATIENCE

    @property
    def goes_on(self) -> bool:
        """Whether there is time left, or no refusal was heard yet that may still come."""
        now = asyncio.get_running_loop().time()
        return now < self._until or (now < self._give_up_at and not self.heard[self.refusal])

    async def call(self, talk: Talk, door: int = 0) -> None:
        """Talk to the victim on a line of its own; if the victim ends it, note its last word."""
        try:
            line = await Line.open(self.port, f"{self.house}{door}")
        except OSError:
            self.heard[CUT] += 1
            return
        try:
            await talk(line)
        except (OSError, EOFError):
            self.heard[await line.end()] += 1
        finally:
            line.hang_up()

    async def once(self, lines: int, talk: Talk, doors: int = 1) -> None:
        """Talk on so many lines at once, from so many addresses."""
        await asyncio.gather(*(self.call(talk, number % doors) for number in range(lines)))

    async def again(self, lines: int, talk: Talk, doors: int = 1) -> None:
        """Talk on so many lines at once, and whenever one ends on another, while there is time."""

        async def keep_calling(number: int) -> None:
            while self.goes_on:
                await self.call(talk, number % doors)

        await asyncio.gather(*map(keep_calling, range(lines)))
