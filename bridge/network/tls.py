"""TLS without a proxy: a certificate that may be renewed while the bridge runs."""

import asyncio
import contextlib
import logging
import ssl
from asyncio.sslproto import SSLProtocol
from functools import partial
from pathlib import Path
from typing import Final, cast

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 10.0  # seconds between two looks at the files
_PIECE: Final = 64 * 1024  # bytes that TLS takes at once; it has a buffer for four times as many


class Certificate:
    """A certificate with its chain, and its key, in PEM files.

    Raises:
        OSError: if one can't be read.
        ssl.SSLError: if they are no certificate and key, or not of each other.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        self._files = (chain, key)
        self._trouble = ""  # with the last renewal
        self._version = self._look()
        self._current = self._load()
        self.context = self._load()
        """What a listener is given; each handshake is done with what the files held last."""
        self.context.sni_callback = self._use_current

    def __reduce__(self) -> tuple[type["Certificate"], tuple[Path, Path]]:
        """Be read from the same files in another process."""
        return type(self), self._files

    async def keep_current(self) -> None:
        """Look at the files from time to time, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.renew()

    def renew(self) -> None:
        """Take what the files hold now, if that has changed. What can't be used is left, and said once."""
        try:
            version = self._look()
            if version == self._version:
                return
            self._version = version
            self._current = self._load()
        except (OSError, ssl.SSLError) as error:
            if self._trouble != str(error):
                self._trouble = str(error)
                log.error("the new certificate can't be used, the old one stays: %s", error)  # noqa: TRY400
        else:
            self._trouble = ""
            log.info("the certificate was renewed")

    def _look(self) -> list[tuple[int, int]]:
        return [(file.stat().st_mtime_ns, file.stat().st_size) for file in self._files]

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # OpenSSL 1 has clients shake hands anew as often as they like, which is counted nowhere.
        context.options |= ssl.OP_NO_RENEGOTIATION
        # An encrypted key is refused: OpenSSL would ask for its password, and everybody would wait.
        context.load_cert_chain(*self._files, password=lambda: "")
        return context

    def _use_current(self, tls: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:  # noqa: ARG002
        tls.context = self._current


class Handshake(asyncio.Protocol):
    """Makes a connection that was accepted a secure one, and keeps what comes until somebody hears it.

    A listener that is given the certificate would do so itself, but tells of nobody before they have shaken
    hands: all who never do would be there uncounted.

    `secured` is the transport to use from then on, None if it didn't come to that; `kept` is what came.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.secured: asyncio.Transport | None = None
        self.kept = b""
        self._transport = transport
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Keep bytes."""
        self.kept += data

    async def shake(self, context: ssl.SSLContext, seconds: float) -> None:
        """Shake hands, if the other side does within so many seconds."""
        if self._transport.is_closing():
            return
        loop = asyncio.get_running_loop()
        loop.call_soon(self._pass_on)
        with contextlib.suppress(OSError):  # of which those of TLS are some
            self.secured = await loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
            self._resume_later()

    def _resume_later(self) -> None:
        """Have asyncio's TLS go on writing in a turn of its own: where it fails, the connection ends once."""
        line, tls = self._transport, self._transport.get_protocol()
        if not isinstance(tls, SSLProtocol):
            return  # uvloop's, which needs no help
        loop, resume = asyncio.get_running_loop(), tls.resume_writing

        def resume_if_there() -> None:
            if not line.is_closing():
                resume()

        tls.resume_writing = partial(loop.call_soon, resume_if_there)  # type: ignore[assignment,method-assign]

    def _pass_on(self) -> None:
        """Have TLS hear what came before it listened: uvloop reads sooner than it can be told to wait."""
        tls = cast("asyncio.BufferedProtocol", self._transport.get_protocol())
        while early := self.kept[:_PIECE]:
            self.kept = self.kept[_PIECE:]
            memoryview(tls.get_buffer(len(early)))[: len(early)] = early
            tls.buffer_updated(len(early))
