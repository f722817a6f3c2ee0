"""What a connection of the `websockets` library needs beside, to serve many and slow lines as well."""

import asyncio
import io
import logging
import socket
import ssl
import time
from collections import deque
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import Any, BinaryIO, Final, Protocol, cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from bridge.access.gate import Gate, Refusal
from bridge.network.peers import peer_address
from bridge.network.tls import Handshake
from bridge.running.named import Named
from bridge.running.rate import Rate
from bridge.wire.protocol import Goodbye

STALL_TIMEOUT: Final = 30.0  # seconds a download may stand still
CHUNK: Final = 64 * 1024  # bytes
# Bytes of a viewer's that the system may hold. Left to itself it takes 4 MiB of each stalled one, and for
# as long nobody can see that it stalled.
SEND_BUFFER: Final = 128 * 1024

# No compressor stays with a connection, neither ours nor the client's.
EXTENSIONS: Final = (
    ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True),
)
_END_OF_HEAD: Final = b"\r\n\r\n"
_numbers = count(1)
_WHOLE_WINDOW: Final = 15  # bits of what one part of a compressed frame may refer back to

MAX_REQUEST_HEAD: Final = 32 * 1024  # bytes of a request line with its headers; cookies may take a few
PIECE: Final = 256  # bytes of frames that are taken apart at a time
LONG: Final = 0.0005  # CPU seconds, after which the rest of them waits for a turn of its own
GRACE: Final = 1.0  # seconds somebody has to answer a close frame
FAREWELL: Final = 2.0  # seconds somebody has to hang up after a close frame, whoever sent the first
NO_REQUEST: Final = "This is no request that can be answered.\n"


class Writer(Protocol):
    """Who writes ready frames to a connection's transport, and has to know when that is wise."""

    def pause(self) -> None:
        """Hear that the transport has enough."""

    def resume(self) -> None:
        """Hear that the transport takes more."""

    def end(self) -> None:
        """Hear that nothing may be written any more."""


class _Ended(asyncio.Transport):
    """Stands in for a transport that has ended: asyncio's own breaks if it is used or cut off after that."""

    def is_closing(self) -> bool:
        """Yes."""
        return True

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def write(self, data: object) -> None:
        """Nobody hears it."""

    def pause_reading(self) -> None:
        """Nothing comes."""

    resume_reading = close = abort = pause_reading


_ENDED: Final = _Ended()


def _forget_frames(error: BaseException | None) -> None:
    """Let go of where an error, and what caused it, came from: frames keep all that they worked with."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _forget_reading(line: asyncio.Transport) -> None:
    """Let go of how a transport has read that ends: Python's own keep a method of theirs, so themselves."""
    kept = getattr(line, "__dict__", {})  # others' have none
    if line.is_closing() and "_read_ready_cb" in kept:
        kept["_read_ready_cb"] = None  # as before it began to read


def cut_off(transport: asyncio.Transport) -> None:
    """Abort a transport, unless it has ended."""
    if transport.get_protocol() is not None:
        transport.abort()


class Connection(ServerConnection):
    """A connection that others write ready frames to, and that tells whether somebody is there.

    It has a limit for its request, but none for reading what it asked for: the library has one time limit
    for the whole handshake, a page's download included, and cuts off what is not through by then. `gate`
    says how much is too much, `tls` is the certificate where there is one.

    `address` is whom the connection counts as, `heard` is set when anything comes in, `number` tells it from
    others in the log.
    """

    # Not in the dictionary that the library's own attributes are in: with a few more, every connection
    # would need one of its own, for 1.5 KB.
    __slots__ = (
        "_bytes",
        "_deaf",
        "_early",
        "_frames",
        "_head",
        "_line",
        "_rest",
        "_time_limit",
        "_writer",
        "address",
        "heard",
        "number",
    )  # fmt: skip

    gate: Gate
    tls: ssl.SSLContext | None
    frame_rate: Rate
    byte_rate: Rate

    def __init__(self, protocol: ServerProtocol, *args: Any, **kwargs: Any) -> None:
        super().__init__(protocol, *args, **kwargs)
        self.address = ""
        self.heard = False
        self.number = next(_numbers)
        self._deaf = False  # whether somebody sent too much, and is no longer listened to
        self._head = 0  # bytes that came before the request was whole
        self._early = b""  # what came after it, before it was answered
        self._rest = b""  # frames that wait to be taken apart
        self._frames = self._bytes = 0.0  # when as many may come again as at first; see `Rate`
        self._writer: Writer | None = None
        self._time_limit: asyncio.TimerHandle | None = None
        self._improve(protocol)

    def _improve(self, protocol: ServerProtocol) -> None:
        """Have the library's own answers say what all answers say, and one for what is no request."""
        reject, send_eof = protocol.reject, protocol.send_eof

        def reject_guarded(status: StatusLike, text: str) -> Response:
            response = reject(status, text)
            response.headers.update(self.gate.headers)
            return response

        def send_eof_with_answer() -> None:
            if isinstance(protocol.handshake_exc, InvalidMessage):
                answer = reject_guarded(HTTPStatus.BAD_REQUEST, NO_REQUEST)
                protocol.writes.append(answer.serialize())
            send_eof()

        protocol.reject = reject_guarded  # type: ignore[method-assign]  # there are no hooks
        protocol.send_eof = send_eof_with_answer  # type: ignore[method-assign]

    @property
    def peer(self) -> str:
        """The address at the other end, which may be a proxy's."""
        return peer_address(self._line.get_extra_info("peername"))

    def named(self, log: logging.Logger) -> Named:
        """Have lines of a log say that they are about this connection: its address is nobody's business."""
        return Named(log, f"connection {self.number}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to be let in, and begin; with TLS, when hands are shaken."""
        self._line = cast("asyncio.Transport", transport)
        address = self.gate.enter(self._line, self.peer)
        if address is None:
            self._line.set_protocol(asyncio.Protocol())  # what has not begun needs no end
            self._line.abort()
            return
        self.address = address
        if self.tls is None:
            self._begin(self._line)
        else:
            self._shake_hands(self.tls)

    def _shake_hands(self, context: ssl.SSLContext) -> None:
        handshake = Handshake(self._line)
        task = self.loop.create_task(handshake.shake(context, self.gate.limits.handshake_seconds))
        # The server waits for it, and ends it, as for what comes after it.
        self.server.handler_tasks.add(task)
        task.add_done_callback(partial(self._begin_secured, handshake))

    def _begin_secured(self, handshake: Handshake, task: asyncio.Task[None]) -> None:
        self.server.handler_tasks.discard(task)
        secured = handshake.secured
        if secured is None or secured.is_closing() or not self.server.is_serving():
            cut_off(self._line)
            self.gate.leave(self._line, self.address)
            return
        secured.set_protocol(self)
        self._begin(secured)
        if handshake.kept:
            self.data_received(handshake.kept)

    def _begin(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the request."""
        super().connection_made(transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._time_limit = self.loop.call_later(self.gate.limits.handshake_seconds, self._be_done)
        self.recv_messages.resume = self._resume_reading

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if (
            self.protocol.close_sent is not None
            and self.protocol.close_sent.code == CloseCode.MESSAGE_TOO_BIG
        ):
            self.gate.count("message too large")
        self._stop_waiting()
        self.gate.leave(self._line, self.address)
        super().connection_lost(exc)
        self.transport = _ENDED
        if self._writer is not None:
            self._writer.end()
            self._writer = None
        self._untie(exc)

    def _untie(self, lost: Exception | None) -> None:
        """Let go of what leads back here, so that all of it is freed now.

        Of thousands who leave Python would else collect the garbage later, and in one turn of the loop.
        """
        protocol, messages = self.protocol, self.recv_messages
        for ours in ("reject", "send_eof"):
            vars(protocol).pop(ours, None)
        protocol.parser.close()
        for error in (protocol.parser_exc, protocol.handshake_exc, lost):
            _forget_frames(error)
        messages.pause = messages.resume = _ENDED.pause_reading
        _forget_reading(self._line)

    def process_event(self, event: Any) -> None:
        """Take the request, or a frame."""
        if isinstance(event, Request):
            self._stop_waiting()
        elif self._deaf:
            return  # what came together with the frame that was too many
        else:
            frames = self.frame_rate.spend(self._frames, self.loop.time())
            if frames is None:
                self._refuse_flood("too many frames")
                return
            self._frames = frames
        super().process_event(event)

    def data_received(self, data: bytes) -> None:
        """Take bytes, as far as there aren't too many."""
        if self._deaf:
            return
        self.heard = True
        bytes_ = self.byte_rate.spend(self._bytes, self.loop.time(), len(data))
        if bytes_ is None:
            self._refuse_flood("too many bytes")
            return
        self._bytes = bytes_
        if self.request is None:
            self._head += len(data)
            if self._head > MAX_REQUEST_HEAD:
                status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                self._refuse_request("request too large", status, "Your request is too large.\n")
                return
            data = self._take_request(data)
        if data and self.state is State.CONNECTING:
            self._keep_for_later(data)
        else:
            self._take_frames(data)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks whether to leave it open
        """Answer a request even of somebody who has nothing more to say."""
        if self.request is not None and self.state is State.CONNECTING and not self.protocol.eof_sent:
            return self.transport.get_extra_info("ssl_object") is None  # TLS has no half of a connection
        super().eof_received()
        return False

    def _take_request(self, data: bytes) -> bytes:
        """Take a request, and nothing beyond its end; return what is left."""
        if len(data) == self._head and data.partition(_END_OF_HEAD)[1:] == (_END_OF_HEAD, b""):
            super().data_received(data)  # all of it at once, as usual
            return b""
        lines = deque(data.splitlines(keepends=True))
        while lines and self.request is None:
            super().data_received(lines.popleft())
        return b"".join(lines)

    def _keep_for_later(self, data: bytes) -> None:
        """Keep frames until there is a WebSocket; if there will be none, nobody reads what it is."""
        self._early += data
        if len(self._early) > MAX_REQUEST_HEAD:
            self._refuse_flood("too many bytes")

    def _take_frames(self, data: bytes) -> None:
        """Take frames, a few at a time: those beyond the limit shall not even be taken apart.

        Where that takes long, nothing more is read until there was time for the rest.
        """
        if self._rest:
            self._rest += data
        elif self.gate.budgets.turnstile.has_time:
            self._take_some(data)
        else:
            self._put_off(data)

    def _take_some(self, data: bytes) -> None:
        until = time.thread_time() + LONG
        for start in range(0, len(data), PIECE):
            if self._deaf:
                return
            if self.protocol.parser_exc is not None:  # nobody takes apart what comes after a fault
                super().data_received(data[start:])
                return
            if start and time.thread_time() > until:
                self._put_off(data[start:])
                return
            super().data_received(data[start : start + PIECE])

    def _put_off(self, data: bytes) -> None:
        self._rest = data
        self.transport.pause_reading()
        self.gate.budgets.turnstile.add(self.address, self._take_rest)

    def _take_rest(self) -> None:
        rest, self._rest = self._rest, b""
        if not self.transport.is_closing():
            self._take_some(rest)
            if not self.recv_messages.paused:
                self._resume_reading()

    def _be_done(self) -> None:
        """Have waited long enough. Who came at once is late at once: each hears so when there is time."""
        self.gate.budgets.turnstile.add(self.address, self._give_up)

    def _give_up(self) -> None:
        if self._time_limit is None:
            return  # it came at the last moment, or the connection has ended
        if self._head and not self.protocol.eof_sent:  # if it was, the request has been refused already
            sorry = "Your request took too long.\n"
            self._refuse_request("no request in time", HTTPStatus.REQUEST_TIMEOUT, sorry)
        else:
            if not self._head:
                self.gate.tally.note("no word in time")  # browsers open connections that they may need
            self.transport.abort()

    def _refuse_request(self, reason: str, status: HTTPStatus, text: str) -> None:
        """Answer what came of a request, and hear no more."""
        self.gate.count(reason)
        self._stop_waiting()
        self.protocol.send_response(self.protocol.reject(status, text))
        self.send_data()
        self.transport.pause_reading()
        self.loop.call_later(GRACE, self._cut_off)

    def _refuse_flood(self, reason: str) -> None:
        """Hear no more of somebody who sends too much."""
        self._deaf = True
        self.gate.count(reason)
        if self.state is State.OPEN:
            self.dismiss(Goodbye.FLOOD)
            self.transport.pause_reading()
        else:
            self.transport.abort()

    def dismiss(self, goodbye: Goodbye) -> None:
        """End the connection within `GRACE`, whether or not the other side listens.

        The library's own `close()` waits for the write buffer to drain, which a viewer that stopped
        reading never lets happen.
        """
        self.protocol.send_close(goodbye.code, goodbye.reason)
        self.send_data()
        self.loop.call_later(GRACE, self._cut_off)

    def _cut_off(self) -> None:
        self.transport.abort()

    def pause_writing(self) -> None:
        """Write no more for now, and read no more: each ping has an answer, which would pile up."""
        super().pause_writing()
        self.transport.pause_reading()
        if self._writer is not None:
            self._writer.pause()

    def resume_writing(self) -> None:
        """Go on writing, and reading."""
        super().resume_writing()
        if not self.recv_messages.paused:
            self._resume_reading()
        # In a turn of its own: where a write fails in here, asyncio ends the connection twice.
        self.loop.call_soon(self._resume_writer)

    def _resume_writer(self) -> None:
        if self._writer is not None and not self.paused:
            self._writer.resume()

    def send_data(self) -> None:
        """Send what the library has to say; after a close frame, nothing may follow."""
        if self._writer is not None and self.state is not State.OPEN:
            self._writer.end()
        if self.protocol.close_sent is not None and not self.transport.is_closing():
            self._expect_end()
        super().send_data()
        if self._early and self.state is State.OPEN:
            early, self._early = self._early, b""
            self._take_frames(early)

    def _expect_end(self) -> None:
        """Wait for the other side to hang up, but not for ever: nobody feels its pulse any more."""
        if self._time_limit is None:
            self._time_limit = self.loop.call_later(FAREWELL, self._cut_off)

    def hand_over(self, writer: Writer) -> None:
        """Let `writer` write to the transport from now on."""
        self._writer = writer
        if self.state is not State.OPEN:
            writer.end()
        elif self.paused:
            writer.pause()

    @property
    def deflates(self) -> bool:
        """Whether the client reads compressed frames that were not made for it alone."""
        return any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == _WHOLE_WINDOW
            for extension in self.protocol.extensions
        )

    def refuse(self, refusal: Refusal) -> Response:
        """Answer a request that is not granted."""
        response = self.respond(refusal.status, refusal.text)
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = str(refusal.retry_after)
        return response

    def forget_handshake(self) -> None:
        """Drop the headers, which are a third of what a connection weighs."""
        for message in (self.request, self.response):
            if message is not None:
                message.headers = Headers()

    async def send_page(self, head: Response, body: BinaryIO) -> None:
        """Send a whole answer, however slowly it is read, and close.

        Of the body of a file no more than a piece is in memory.
        """
        try:
            self.transport.write(head.serialize())
            while piece := await self._read(body):
                if self.transport.is_closing():
                    break  # the reader hung up
                self.transport.write(piece)
                async with asyncio.timeout(STALL_TIMEOUT):
                    await self.drain()
            self.transport.close()
            async with asyncio.timeout(STALL_TIMEOUT):
                await self.wait_closed()
        except (OSError, TimeoutError):
            self.transport.abort()
            await self.wait_closed()

    async def _read(self, body: BinaryIO) -> bytes:
        """Read a piece: of what is in memory at once, but for those after the first, each at its turn."""
        if not isinstance(body, io.BytesIO):
            return await asyncio.to_thread(body.read, CHUNK)
        if body.tell():
            await self.gate.budgets.turnstile.turn(self.address)
        return body.read(CHUNK)

    def _resume_reading(self) -> None:
        if not self.paused and not self._deaf and not self._rest:
            self.transport.resume_reading()

    def _stop_waiting(self) -> None:
        if self._time_limit is not None:
            self._time_limit.cancel()
            self._time_limit = None
