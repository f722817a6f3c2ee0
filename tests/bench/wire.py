"""The WebSocket protocol by hand (RFC 6455 and 7692): the load generator's side, and the floor's."""

import base64
import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="  # the RFC's own; it protects nobody here
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
TEXT: Final = 0x1
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TAIL: Final = b"\x00\x00\xff\xff"  # what a sender cuts off each compressed message


def upgrade_request(port: int, *, deflate: bool) -> bytes:
    """Ask for a WebSocket as a browser does."""
    lines = [
        "GET / HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Origin: http://127.0.0.1",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {KEY}",
    ]
    if deflate:
        lines.append("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    return "\r\n".join([*lines, "", ""]).encode()


def accept(key: bytes) -> bytes:
    """Answer a key."""
    return base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest())


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Frame and mask what a viewer says. A mask of zeros changes nothing, and costs the same to undo."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB4x", 0x80 | opcode, 0x80 | size) + payload
    return struct.pack("!BBH4x", 0x80 | opcode, 0x80 | 126, size) + payload


def server_frame(payload: bytes) -> bytes:
    """Frame what a server says."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | TEXT, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x80 | TEXT, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | TEXT, 127, size) + payload


@dataclass(frozen=True, slots=True)
class Compression:
    """What the server agreed to: to compress, and to keep its window from message to message."""

    deflate: bool
    takeover: bool

    @classmethod
    def agreed(cls, response: bytes) -> "Compression":
        """Read it from the answer to the upgrade request."""
        found = re.search(rb"(?im)^sec-websocket-extensions:(.*)$", response)
        terms = found[1] if found else b""
        return cls(b"permessage-deflate" in terms, b"server_no_context_takeover" not in terms)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and where it ended in the stream of the messages' bytes, headers included."""

    payload: bytes
    end: int


class Decoder:
    """Decodes all that a server says. Control frames are left out, and don't count in `Heard.end`."""

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._inflater = zlib.decompressobj(wbits=-15)
        self._rest = b""
        self._parts: list[bytes] = []
        self._compressed = False
        self._end = 0

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take bytes; yield the messages that are complete with them."""
        rest = self._rest + data
        position = 0
        while frame := frame_at(rest, position):
            start, stop = frame
            first = rest[position]
            if not first & 0x8:
                self._end += stop - position
                yield from self._take(first, rest[start:stop])
            position = stop
        self._rest = rest[position:]

    def _take(self, first: int, payload: bytes) -> Iterator[Heard]:
        if first & 0xF:  # not a continuation
            self._compressed = bool(first & 0x40)
        self._parts.append(payload)
        if first & 0x80:
            whole = b"".join(self._parts)
            self._parts.clear()
            yield Heard(self._inflate(whole) if self._compressed else whole, self._end)

    def _inflate(self, payload: bytes) -> bytes:
        if not self._compression.deflate:
            raise ValueError("a compressed frame without an agreement to compress")
        if not self._compression.takeover:
            self._inflater = zlib.decompressobj(wbits=-15)
        return self._inflater.decompress(payload + _TAIL)


def frame_at(data: bytes, position: int) -> tuple[int, int] | None:
    """Find where the payload of the frame at a position starts and stops, if all of it is there."""
    head = 2
    if len(data) < position + head:
        return None
    size = data[position + 1] & 0x7F
    if size >= 126:
        width = 2 if size == 126 else 8
        head += width
        if len(data) < position + head:
            return None
        size = int.from_bytes(data[position + 2 : position + head])
    stop = position + head + size
    return (position + head, stop) if len(data) >= stop else None
