"""Attacks with requests that cost more than they weigh."""

import asyncio
import socket
from collections.abc import Iterator
from functools import partial
from itertools import count, cycle, repeat
from typing import Any, Final

from tests.abuse.raid import Line, Raid
from tests.abuse.talk import all_wishes, ask_for_users, connect, join, keep_asking
from tests.abuse.victim import BAZAAR, LONG_AGO, METROPOLIS
from tests.bench.guild import GUILD
from tests.bench.wire import upgrade_request

LINES: Final = 20
READERS: Final = 150
DOORS: Final = 20  # addresses that those come from who read slowly


async def resume_flood(raid: Raid) -> None:
    """Viewers who come back from long ago, as often as frames may come."""

    async def come_back(line: Line) -> None:
        await line.upgrade()
        await line.say(connect(BAZAAR.slug, cursor="x"))
        stream, _, position = (await join(line))["data"]["cursor"].rpartition(".")
        since = count(int(position) - LONG_AGO, 3)  # about as many as are said between two requests
        cursors = (f"{stream}.{number}" for number in since)
        await keep_asking(raid, line, (connect(BAZAAR.slug, cursor=cursor) for cursor in cursors))

    await raid.again(LINES, come_back)


async def odd_snapshots(raid: Raid) -> None:
    """A guild of 50,000 asked for with a password that it doesn't have, and with ever other wishes."""

    async def ask(line: Line) -> None:
        await line.upgrade(deflate=True)
        await keep_asking(raid, line, (connect(METROPOLIS.slug, **wishes) for wishes in _odd_wishes()))

    await raid.again(LINES, ask)


def _odd_wishes() -> Iterator[dict[str, Any]]:
    """Wish for everything there is, and for things that there aren't."""
    for number, wishes in enumerate(cycle(all_wishes())):
        events = [*wishes["events"], f"wish-{number}"]
        yield {"password": f"sesame-{number}", f"field-{number}": number, **wishes, "events": events}


async def user_data_flood(raid: Raid) -> None:
    """The members of a guild of 50,000 asked for over and over."""

    async def ask(line: Line) -> None:
        await line.upgrade()
        await line.say(connect(BAZAAR.slug))
        await join(line)  # who is nowhere yet isn't told to wait
        await keep_asking(raid, line, repeat(ask_for_users(METROPOLIS.id)))

    await raid.again(LINES, ask)


async def odd_audiences(raid: Raid) -> None:
    """Viewers of a busy guild, of whom no two want the same of its events."""
    wishes = iter(all_wishes())

    async def follow(line: Line) -> None:
        await line.upgrade()
        await line.say(connect(GUILD.slug, **next(wishes)))
        await join(line)
        raid.heard["in"] += 1
        await asyncio.sleep(raid.seconds)

    await raid.once(128, follow)


async def slow_readers(raid: Raid) -> None:
    """Viewers who read a large guild's snapshot at the pace of an old modem."""
    await asyncio.gather(*(_sip(raid, number, _read_for_a_while) for number in range(READERS)))


async def resets(raid: Raid) -> None:
    """Connections that break at every moment: before a word, in the handshake, in a snapshot."""
    opening = upgrade_request(0, deflate=False)
    for said in (b"", opening[:40], opening, opening + connect(METROPOLIS.slug)):
        await asyncio.gather(*(_break_off(raid, said) for _ in range(100)))
    while raid.goes_on:
        await asyncio.gather(*(_sip(raid, number, _swallow) for number in range(50)))
        raid.heard["reset"] += 1


async def _break_off(raid: Raid, said: bytes) -> None:
    with socket.socket() as sock:
        await _dial(raid, sock, 0)
        await asyncio.get_running_loop().sock_sendall(sock, said)
        _break(sock)


async def _sip(raid: Raid, number: int, read: Any) -> None:
    """Ask for a large guild, with room for little of the answer."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await _dial(raid, sock, number % DOORS)
        asking = upgrade_request(0, deflate=False) + connect(METROPOLIS.slug)
        await asyncio.get_running_loop().sock_sendall(sock, asking)
        await read(raid, sock)


async def _read_for_a_while(raid: Raid, sock: socket.socket) -> None:
    while raid.goes_on:
        assert await asyncio.get_running_loop().sock_recv(sock, 130)
        raid.heard["read"] += 1
        await asyncio.sleep(0.1)


async def _swallow(raid: Raid, sock: socket.socket) -> None:
    """Read much at once, and go: the victim is about to write more."""
    read = partial(asyncio.get_running_loop().sock_recv, sock)
    for _ in range(10):
        assert await read(4_096)
        await asyncio.sleep(0)
    while True:
        try:
            sock.recv(1 << 20)
        except BlockingIOError:
            break
    _break(sock)


async def _dial(raid: Raid, sock: socket.socket, door: int) -> None:
    sock.setblocking(False)
    sock.bind((f"{raid.house}{door}", 0))
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", raid.port))


def _break(sock: socket.socket) -> None:
    """Close a connection as if it had failed."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
