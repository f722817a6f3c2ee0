"""Transport compression of the gateway: one stream for each connection."""

from __future__ import annotations

import importlib
import zlib
from contextlib import suppress
from typing import Any, Protocol


class Compressor(Protocol):
    """Turns each message into its part of the connection's one compressed stream."""

    def __call__(self, data: bytes, /) -> bytes: ...


def compressor(kind: str | None) -> Compressor | None:
    """Return a compressor for what a client's `compress` asks for; None for plain text."""
    if kind == "zlib-stream":
        zlib_stream = zlib.compressobj()
        return lambda data: zlib_stream.compress(data) + zlib_stream.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        # discord.py asks for it where it finds one of these: a package, or Python 3.14's own.
        with suppress(ImportError):
            zstandard: Any = importlib.import_module("zstandard")
            packaged = zstandard.ZstdCompressor().compressobj()
            return lambda data: packaged.compress(data) + packaged.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        standard: Any = importlib.import_module("compression.zstd")
        zstd_stream = standard.ZstdCompressor()
        return lambda data: zstd_stream.compress(data, mode=zstd_stream.FLUSH_BLOCK)
    return None
