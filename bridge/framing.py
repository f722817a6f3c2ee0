"""WebSocket frames for what many viewers get: framed once, compressed once, the same bytes for all.

A frame's layout is RFC 6455, section 5.2. Compression is permessage-deflate, RFC 7692, without context
takeover: a frame then depends on no earlier one, so that no connection needs a compressor of its own.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Final

PING: Final = b"\x89\x00"
MIN_DEFLATED: Final = 256  # bytes; a smaller payload gains less than it costs

# Of 9. A page of members is compressed again whenever one of them changes: the higher level would take twice
# the time for a tenth of the size. An event is compressed once, for everybody.
_FAST: Final = 3
_SMALL: Final = 6
_TEXT: Final = 0x81
_COMPRESSED: Final = 0x40
_TAIL: Final = 4  # bytes that RFC 7692 leaves away: the end of a flush, 00 00 ff ff


def text_frame(payload: bytes, *, deflate: bool = False) -> bytes:
    """Frame a payload as one text message; compressed if the viewer reads that and it is worth it."""
    if deflate and len(payload) >= MIN_DEFLATED:
        return deflated_frame([_compress(payload, _SMALL)])
    return _header(_TEXT, len(payload)) + payload


def segment(data: bytes) -> bytes:
    """Compress a piece of a message. Segments may be joined in any order: none refers to another."""
    return _compress(data, _FAST)


def deflated_frame(segments: Iterable[bytes]) -> bytes:
    """Frame what these segments say together as one compressed text message."""
    payload = b"".join(segments)[:-_TAIL]
    return _header(_TEXT | _COMPRESSED, len(payload)) + payload


def _compress(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _header(first: int, size: int) -> bytes:
    if size < 126:  # noqa: PLR2004 - the RFC's own bound
        return struct.pack("!BB", first, size)
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)
