"""Where connections come in: how they are accepted, and how all of them end."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

from websockets.asyncio.server import Server, serve
from websockets.http11 import Request, Response

from bridge.access.gate import Gate
from bridge.network.home import addresses
from bridge.network.tls import Certificate
from bridge.running.rate import Rate
from bridge.viewers.connection import EXTENSIONS, Connection, cut_off
from bridge.wire.protocol import Goodbye

log = logging.getLogger(__name__)

# After a restart all viewers come at once: so many may wait to be accepted, and so many are accepted in one
# turn of the loop, so that they get in one after the other and those who are in are not kept waiting.
MAX_WAITING: Final = 4096
ACCEPTED_AT_ONCE: Final = 4
FRAMES_WAITING: Final = 4  # of a viewer, in memory; what is more waits at their side
STOP_GRACE: Final = 2.0  # seconds that viewers have to answer the close frame when the bridge stops
# How many seconds' worth of frames and bytes a viewer may send at once.
FRAMES_AT_ONCE: Final = 10
BYTES_AT_ONCE: Final = 4

Talk = Callable[[Connection], Awaitable[None]]
Answer = Callable[[Connection, Request], Awaitable[Response | None]]
Meet = Callable[[Connection, Request, Response], None]


def connection_class(gate: Gate, certificate: Certificate | None) -> type[Connection]:
    """Make the class of a bridge's connections: what all of them share is not kept with each."""
    limits = gate.limits
    shared = {
        "gate": gate,
        "tls": None if certificate is None else certificate.context,
        "frame_rate": Rate(limits.frames_per_second, limits.frames_per_second * FRAMES_AT_ONCE),
        "byte_rate": Rate(limits.bytes_per_second, limits.bytes_per_second * BYTES_AT_ONCE),
    }
    return type("Connection", (Connection,), {"__slots__": (), **shared})


async def listen(
    host: str,
    port: int,
    kind: type[Connection],
    talk: Talk,
    answer: Answer,
    meet: Meet,
    *,
    sockets: Sequence[socket.socket] = (),
) -> list[Server]:
    """Accept connections of a kind. `answer` gets each request, `meet` each handshake, `talk` each WebSocket.

    They are accepted from `sockets`, if there are any, instead of from a host's port.

    Raises:
        OSError: if the port is in use or the host is not this machine's.
    """
    both = addresses(host, port)
    at = both if len(both) > 1 else host  # in a list, an empty host isn't every address
    places: list[dict[str, Any]] = [{"sock": one} for one in sockets] or [{"host": at, "port": port}]
    return [await _serve(place, kind, talk, answer, meet) for place in places]


async def _serve(
    place: dict[str, Any], kind: type[Connection], talk: Talk, answer: Answer, meet: Meet
) -> Server:
    try:
        server = await serve(
            cast("Any", talk),  # the library's types know nothing of `create_connection`
            **place,
            process_request=cast("Any", answer),
            process_response=cast("Any", meet),
            create_connection=kind,
            open_timeout=None,  # a connection has limits of its own
            ping_interval=None,  # and somebody who feels its pulse
            extensions=EXTENSIONS,
            compression=None,
            backlog=ACCEPTED_AT_ONCE,
            max_size=kind.gate.limits.frame_bytes,
            max_queue=FRAMES_WAITING,
            close_timeout=STOP_GRACE,
            server_header=None,
            logger=_library_logger(),
        )
    except UnicodeError as error:  # a name that is none, such as `a..b`
        raise OSError(errno.EADDRNOTAVAIL, "that is no host name") from error
    for sock in server.sockets:
        with sock.dup() as listening:
            listening.listen(MAX_WAITING)
    return server


def close_doors(servers: Sequence[Server]) -> None:
    """Accept nobody any more. Those who are here stay, and those at the door still get in."""
    for server in servers:
        server.server.close()
        server.is_serving = _always  # type: ignore[method-assign]  # or the library refuses who is at the door


async def hang_up(servers: Sequence[Server], gate: Gate) -> None:
    """Accept nobody any more, tell those who are here to come back, and cut off who doesn't answer."""
    for server in servers:
        vars(server).pop("is_serving", None)
        server.close(code=Goodbye.RESTART.code, reason=Goodbye.RESTART.reason)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_GRACE):
            for server in servers:
                await server.wait_closed()
    for transport in list(gate.alive):
        cut_off(transport)
    for server in servers:
        for task in list(server.handler_tasks):
            task.cancel()  # some may wait for the owner's code
        await server.wait_closed()


def _always() -> bool:
    return True


def _library_logger() -> logging.Logger:
    """Keep what the library says of each handshake and frame out of the log, unless it is a warning."""
    logger = logging.getLogger("bridge.websockets")
    logger.setLevel(max(logging.WARNING, log.getEffectiveLevel()))
    return logger
