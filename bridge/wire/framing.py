"""WebSocket frames for what many viewers get: framed once, compressed once, the same bytes for all.

A frame's layout is RFC 6455, section 5.2. Compression is permessage-deflate, RFC 7692, without context
takeover: a frame then depends on no earlier one, so that no connection needs a compressor of its own.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self

PING: Final = b"\x89\x00"
MIN_DEFLATED: Final = 256  # bytes; a smaller payload gains less than it costs

# Bytes. A longer message is written in fragments, each only when the transport takes it: until then it waits
# as what many share, and not as a copy of each viewer's.
LONGEST_FRAME: Final = 64 * 1024
FRAGMENT: Final = 64 * 1024  # bytes of a long message that are framed at a time

# Of 9. A page of members is compressed again whenever one of them changes: the higher level would take twice
# the time for a tenth of the size. An event is compressed once, for everybody.
_FAST: Final = 3
_SMALL: Final = 6
_TEXT: Final = 0x81
_COMPRESSED: Final = 0x40
_LAST: Final = 0x80  # of a message's frames
_STORED: Final = b"\x00"  # RFC 1951, section 3.2.4: not the last block, and not compressed
_MAX_STORED: Final = 0xFFFF  # bytes of such a block
_TAIL: Final = 4  # bytes that RFC 7692 leaves away: the end of a flush, 00 00 ff ff


def text_frame(payload: bytes, *, deflate: bool = False) -> bytes:
    """Frame a payload as one text message; compressed if the viewer reads that and it is worth it."""
    if deflate and len(payload) >= MIN_DEFLATED:
        return deflated_frame([_compress(payload, _SMALL)])
    return _header(_TEXT, len(payload)) + payload


def segment(data: bytes) -> bytes:
    """Compress a piece of a message. Segments may be joined in any order: none refers to another."""
    return _compress(data, _FAST)


def stored(data: bytes) -> bytes:
    """Make a segment of a piece of a message without compressing it, which takes hardly any time."""
    blocks = (data[start : start + _MAX_STORED] for start in range(0, len(data), _MAX_STORED))
    return b"".join(
        _STORED + struct.pack("<HH", len(block), ~len(block) & 0xFFFF) + block for block in blocks
    )


def deflated_frame(segments: Iterable[bytes]) -> bytes:
    """Frame what these segments say together as one compressed text message."""
    return _whole([*segments], _TEXT | _COMPRESSED)


def text_message(parts: Sequence[bytes], *, deflated: bool = False) -> "bytes | LongMessage":
    """Frame what these parts say together, or these segments if `deflated`, as one text message."""
    first = _TEXT | _COMPRESSED if deflated else _TEXT
    if sum(map(len, parts)) > LONGEST_FRAME:
        return LongMessage(parts, first)
    return _whole(parts, first)


class Quoting(bytes):
    """Frames with words that may be taken back. `quoted` names the messages, and what else has such words."""

    quoted: frozenset[str]

    def __new__(cls, frames: bytes, quoted: Iterable[str]) -> Self:
        """Know of some frames what they quote."""
        made = super().__new__(cls, frames)
        made.quoted = frozenset(quoted)
        return made


class LongMessage:
    """A message that is framed in fragments, each made when it is sent.

    It refers to parts that many such messages share: thousands of viewers who wait for it, and several of
    its versions, take no memory for it. Control frames may go between fragments (RFC 6455, section 5.4), but
    no other message.
    """

    __slots__ = ("_first", "_size", "parts", "quoted")

    def __init__(self, parts: Sequence[bytes], first: int) -> None:
        self.quoted: frozenset[str] = frozenset()  # as in `Quoting`
        self.parts = _without_tail(parts) if first & _COMPRESSED else parts
        self._first = first & ~_LAST
        self._size = sum(map(len, self.parts))

    def __len__(self) -> int:
        return self._size

    def fragments(self) -> Iterator[bytes]:
        """Frame it, a fragment at a time."""
        first, left, group, size = self._first, self._size, [], 0
        for part in self.parts:
            group.append(part)
            size += len(part)
            if size >= FRAGMENT and size < left:
                yield b"".join((_header(first, size), *group))
                left -= size
                first, group, size = 0, [], 0
        yield b"".join((_header(first | _LAST, size), *group))


def quoted_in(message: bytes | LongMessage) -> frozenset[str]:
    """Name what a message quotes."""
    return message.quoted if isinstance(message, (Quoting, LongMessage)) else frozenset()


def pieces(frames: bytes) -> Iterator[bytes | memoryview]:
    """Take whole frames apart into what may be written at a time, with control frames between."""
    view, start, end = memoryview(frames), 0, 0
    while end < len(frames):
        payload, stop = _frame_at(frames, end)
        if stop - start > FRAGMENT:
            if end > start:
                yield view[start:end]
            start = end
        if stop - start > FRAGMENT:
            yield from _fragments(frames[end], view[payload:stop])
            start = stop
        end = stop
    if end > start:
        yield view[start:end]


def _frame_at(frames: bytes, start: int) -> tuple[int, int]:
    """Tell where the payload of the frame that starts there starts and stops."""
    size = frames[start + 1]
    payload = start + {126: 4, 127: 10}.get(size, 2)
    if payload > start + 2:
        size = int.from_bytes(frames[start + 2 : payload])
    return payload, payload + size


def _fragments(first: int, payload: memoryview) -> Iterator[bytes]:
    first &= ~_LAST
    for start in range(0, len(payload), FRAGMENT):
        piece = payload[start : start + FRAGMENT]
        last = _LAST if start + FRAGMENT >= len(payload) else 0
        yield b"".join((_header(first | last, len(piece)), piece))
        first = 0


def _whole(parts: Sequence[bytes], first: int) -> bytes:
    if first & _COMPRESSED:
        parts = _without_tail(parts)
    return b"".join((_header(first, sum(map(len, parts))), *parts))


def _without_tail(segments: Sequence[bytes]) -> Sequence[bytes]:
    return [*segments[:-1], segments[-1][:-_TAIL]]


def _compress(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _header(first: int, size: int) -> bytes:
    if size < 126:  # noqa: PLR2004 - the RFC's own bound
        return struct.pack("!BB", first, size)
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)
