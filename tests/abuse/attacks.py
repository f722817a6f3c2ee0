"""The attacks, and what refuses each."""

import asyncio
import json
import re
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from itertools import compress, count, cycle, product
from typing import Any, Final

from bridge.model import GuildInfo
from bridge.problems import BUSY, LOGIN_NEEDED, WRONG_PASSWORD
from bridge.wire.protocol import OPTIONAL_EVENTS
from tests.abuse.forms import FOREIGN_ORIGINS, HEADERS, SMUGGLED, TRAVERSALS
from tests.abuse.raid import CUT, Line, Raid
from tests.abuse.victim import BAZAAR, CLUB, LONG_AGO, METROPOLIS, SECRET, VAULT
from tests.bench.guild import GUILD
from tests.bench.wire import PING, TEXT, client_frame, upgrade_request

IDLE: Final = 5_000  # sockets
DOORS: Final = 20  # addresses that they come from
OFTEN: Final = 0.11  # seconds between two frames, so that they are not too many
MIB: Final = 1 << 20
_CONTINUED: Final = 0x0
_REQUEST: Final = b"GET /api/version HTTP/1.1\r\nHost: zone.test\r\n"


@dataclass(frozen=True)
class Attack:
    """An attack.

    `refused` are the reasons that the bridge counts, `heard` the last words that the attacker may hear, of
    which the first must be among them. Who goes on pouring after the last word is cut off, and may lose it.
    """

    run: Callable[[Raid], Awaitable[None]]
    heard: tuple[str, ...]
    refused: tuple[str, ...] = ()


# Connections


async def slowloris(raid: Raid) -> None:
    """Requests that come a byte at a time, and never end."""

    async def dribble(line: Line) -> None:
        await line.say(_REQUEST)
        raid.heard[await line.pester(b"x", pause=0.05)] += 1

    await raid.once(200, dribble)


async def idle_sockets(raid: Raid) -> None:
    """Connections on which nothing is ever said."""

    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(IDLE)]
        for number, sock in enumerate(sockets):
            sock.setblocking(False)
            sock.bind((f"{raid.house}{number % DOORS}", 0))
            await loop.sock_connect(sock, ("127.0.0.1", raid.port))
        for sock in sockets:
            with suppress(OSError):
                assert not await loop.sock_recv(sock, 1)
            raid.heard[CUT] += 1


async def idle_viewers(raid: Raid) -> None:
    """WebSockets whose viewers never ask for a room."""

    async def say_nothing(line: Line) -> None:
        await line.upgrade()
        raid.heard[await line.end()] += 1

    await raid.once(200, say_nothing)


async def connect_flood(raid: Raid) -> None:
    """More connections than anybody needs, as fast as they can be made."""

    async def stay(line: Line) -> None:
        raid.heard[await line.end()] += 1

    await raid.again(700, stay)


async def handshake_flood(raid: Raid) -> None:
    """WebSockets opened and left, as fast as it goes."""

    async def upgrade(line: Line) -> None:
        await line.upgrade()
        raid.heard["101"] += 1

    await raid.again(20, upgrade)


async def request_flood(raid: Raid) -> None:
    """Pages asked for as fast as it goes."""

    async def ask(line: Line) -> None:
        await line.say(_REQUEST + b"\r\n")
        raid.heard[await line.end()] += 1

    await raid.again(20, ask)


async def join_flood(raid: Raid) -> None:
    """Viewers who enter a guild of 50,000 members over and over."""
    await raid.again(20, partial(_keep_saying, raid, _connect(METROPOLIS.slug), 10, deflate=True))


# Requests that cost more than they weigh


async def resume_flood(raid: Raid) -> None:
    """Viewers who come back from long ago, as often as frames may come."""

    async def come_back(line: Line) -> None:
        await line.upgrade()
        await line.say(_connect(BAZAAR.slug, cursor="x"))
        stream, _, position = (await _join(line))["data"]["cursor"].rpartition(".")
        since = count(int(position) - LONG_AGO, 3)  # about as many as are said between two requests
        await _keep_asking(raid, line, ({"cursor": f"{stream}.{number}"} for number in since), BAZAAR)

    await raid.again(20, come_back)


async def odd_snapshots(raid: Raid) -> None:
    """A guild of 50,000 asked for with a password that it doesn't have, and with ever other wishes."""

    async def ask(line: Line) -> None:
        await line.upgrade(deflate=True)
        wishes = ({"password": "sesame", **choice} for choice in cycle(_all_wishes()))
        await _keep_asking(raid, line, wishes, METROPOLIS)

    await raid.again(20, ask)


async def _keep_asking(raid: Raid, line: Line, wishes: Iterator[dict[str, Any]], guild: GuildInfo) -> None:
    """Enter a guild as often as frames may come; note when it is said that this is too much."""
    listening = asyncio.create_task(_listen(raid, line))
    try:
        while raid.goes_on and not listening.done():
            await line.say(_connect(guild.slug, **next(wishes)))
            raid.heard["asked"] += 1
            await asyncio.sleep(OFTEN)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def odd_audiences(raid: Raid) -> None:
    """Viewers of a busy guild, of whom no two want the same of its events."""
    wishes = iter(_all_wishes())

    async def follow(line: Line) -> None:
        await line.upgrade()
        await line.say(_connect(GUILD.slug, **next(wishes)))
        await _join(line)
        raid.heard["in"] += 1
        await asyncio.sleep(raid.seconds)

    await raid.once(128, follow)


async def slow_readers(raid: Raid) -> None:
    """Viewers who read a large guild's snapshot at the pace of an old modem."""

    async def sip(number: int) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sock.bind((f"{raid.house}{number % DOORS}", 0))
            await loop.sock_connect(sock, ("127.0.0.1", raid.port))
            await loop.sock_sendall(sock, upgrade_request(0, deflate=False) + _connect(METROPOLIS.slug))
            while raid.goes_on:
                assert await loop.sock_recv(sock, 130)
                raid.heard["read"] += 1
                await asyncio.sleep(0.1)

    await asyncio.gather(*map(sip, range(150)))


async def _listen(raid: Raid, line: Line) -> None:
    """Read whatever comes; note when it is a word to wait."""
    rest = b""
    while data := await line.reader.read(1 << 16):
        if BUSY.code.encode() in rest + data:
            raid.heard["busy"] += 1
            rest = b""
        else:
            rest = data[-len(BUSY) :]


async def _join(line: Line) -> Any:
    while True:
        frame = json.loads(await line.frame())
        if frame["type"] == "server-join":
            return frame


def _all_wishes() -> list[dict[str, Any]]:
    """Name every choice of events, in batches and not."""
    names = sorted(OPTIONAL_EVENTS)
    choices = [list(compress(names, bits)) for bits in product([False, True], repeat=len(names))]
    return [{"batch": batch, "events": events} for events in choices for batch in (False, True)]


# Frames


async def tiny_frames(raid: Raid) -> None:
    """Frames of one byte."""
    await raid.again(20, partial(_keep_saying, raid, client_frame(b"x"), 100))


async def huge_frames(raid: Raid) -> None:
    """A frame of 16 MiB."""

    async def send(line: Line) -> None:
        await line.upgrade()
        await line.say(struct.pack("!BBQ4x", 0x80 | TEXT, 0x80 | 127, 16 * MIB))
        raid.heard[await line.pester(bytes(1 << 16))] += 1

    await raid.again(10, send)


async def endless_fragments(raid: Raid) -> None:
    """A message in ever more pieces, small ones and large ones."""
    for size in (0, 1, 4_000):
        piece = b"x" * size
        start = client_frame(piece, TEXT)[1:]
        more = client_frame(piece, _CONTINUED)[1:]

        async def send(line: Line, start: bytes = start, more: bytes = more) -> None:
            await line.upgrade()
            await line.say(bytes([TEXT]) + start)
            raid.heard[await line.pester(b"\0" + more)] += 1

        await raid.once(50, send)


async def bombs(raid: Raid) -> None:
    """A compressed frame of 8 KB that would be 8 MiB."""
    deflate = zlib.compressobj(wbits=-15)
    packed = (deflate.compress(bytes(8 * MIB)) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    bomb = client_frame(packed, 0x40 | TEXT)

    async def throw(line: Line) -> None:
        await line.upgrade(deflate=True)
        raid.heard[await line.pester(bomb)] += 1

    await raid.again(10, throw)


async def invalid_utf8(raid: Raid) -> None:
    """Text that is none."""
    await raid.again(10, partial(_keep_saying, raid, client_frame(b'{"type":"\xff\xc0\xaf"}'), 1))


async def pings(raid: Raid) -> None:
    """Pings without end, as large as they may be."""
    await raid.again(20, partial(_keep_saying, raid, client_frame(b"x" * 125, PING), 50))


async def _keep_saying(raid: Raid, frame: bytes, at_once: int, line: Line, *, deflate: bool = False) -> None:
    await line.upgrade(deflate=deflate)
    raid.heard[await line.pester(frame * at_once)] += 1


# Doors


async def password_guessing(raid: Raid) -> None:
    """One password after the other."""

    async def guess(line: Line) -> None:
        await line.upgrade()
        number = 0
        while raid.goes_on:
            number += 1
            raid.heard[await _try(line, VAULT.slug, password=f"guess-{number}")] += 1

    await raid.again(10, guess)


async def token_replay(raid: Raid) -> None:
    """The token that somebody gave to another application, with who that is."""
    login = {"discordToken": "issued-to-others:7", "discordUser": {"id": "7", "username": "Somebody"}}

    async def replay(line: Line) -> None:
        await line.upgrade()
        while raid.goes_on:
            raid.heard[await _try(line, CLUB.slug, **login)] += 1

    await raid.again(10, replay)


async def cross_site(raid: Raid) -> None:
    """WebSockets of other sites' pages, with the cookie of somebody who is logged in."""
    cookie = await log_in(raid)

    for origins in FOREIGN_ORIGINS:

        async def ask(line: Line, origins: tuple[str, ...] = origins) -> None:
            await line.upgrade(cookie, *(f"Origin: {origin}" for origin in origins))
            raid.heard[await _try(line, CLUB.slug)] += 1

        await raid.once(5, ask)


async def log_in(raid: Raid) -> str:
    """Log somebody in at the victim's; return their cookie as a header."""
    heads: list[str] = []

    async def ask(request: str, line: Line) -> None:
        await line.request(f"{request}\r\n\r\n".encode())
        heads.append(line.head)

    await raid.call(partial(ask, "GET /auth/login HTTP/1.1\r\nHost: zone.test"))
    state = _find(r"state=([\w-]+)", heads[0])
    flow = _find(r"Set-Cookie: (dzone_flow=[^;]+)", heads[0])
    callback = f"GET /auth/callback?code=7&state={state} HTTP/1.1\r\nHost: zone.test\r\nCookie: {flow}"
    await raid.call(partial(ask, callback))
    return "Cookie: " + _find(r"Set-Cookie: (dzone_login=[^;]+)", heads[1])


async def _try(line: Line, server: str, **credentials: Any) -> str:
    """Ask for a room; tell what came of it."""
    await line.say(_connect(server, **credentials))
    while True:
        frame = json.loads(await line.frame())
        if frame["type"] == "server-join":
            return "in"
        if frame["type"] == "error":
            return _SENTENCES.get(frame["data"]["message"], "wait")


_SENTENCES: Final = {WRONG_PASSWORD: "wrong", LOGIN_NEEDED: "login", BUSY: "busy"}


def _connect(server: str, **more: Any) -> bytes:
    return client_frame(json.dumps({"type": "connect", "data": {"server": server, **more}}).encode())


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


# Requests


async def traversal(raid: Raid) -> None:
    """Paths that lead out of the web folder, in every way of writing them."""
    for target in TRAVERSALS:
        await raid.call(partial(_look_for_secrets, raid, target))


async def _look_for_secrets(raid: Raid, target: str, line: Line) -> None:
    await line.say(f"GET {target} HTTP/1.1\r\nHost: zone.test\r\n\r\n".encode())
    answer = await line.reader.read()
    raid.heard["leaked" if SECRET.encode() in answer else answer[9:12].decode()] += 1


async def smuggling(raid: Raid) -> None:
    """Requests that hide another."""
    for request in SMUGGLED:
        await raid.call(partial(_look_for_more, raid, request))


async def _look_for_more(raid: Raid, request: bytes, line: Line) -> None:
    await line.say(request)
    answer = await line.reader.read()
    raid.heard["smuggled" if answer.count(b"HTTP/1.1 ") > 1 else answer[9:12].decode() or CUT] += 1


async def header_flood(raid: Raid) -> None:
    """Requests whose headers don't end."""
    for headers in HEADERS:

        async def send(line: Line, headers: bytes = headers) -> None:
            await line.say(_REQUEST)
            raid.heard[await line.pester(headers)] += 1

        await raid.once(10, send)


ATTACKS: Final = {
    "slowloris": Attack(slowloris, ("408",), ("no request in time",)),
    "idle-sockets": Attack(idle_sockets, (CUT,), ("no word in time",)),
    "idle-viewers": Attack(idle_viewers, ("1008",), ("nothing asked for",)),
    "connect-flood": Attack(connect_flood, (CUT,), ("too many connections",)),
    "handshake-flood": Attack(handshake_flood, ("429", "101", CUT), ("too many handshakes",)),
    "request-flood": Attack(request_flood, ("429", "200", CUT), ("too many requests",)),
    "join-flood": Attack(join_flood, ("1008",), ("too many frames",)),
    "resume-flood": Attack(resume_flood, ("asked", "busy")),
    "odd-snapshots": Attack(odd_snapshots, ("asked", "busy", "1013", CUT)),
    "odd-audiences": Attack(odd_audiences, ("in",)),
    "slow-readers": Attack(slow_readers, ("read",)),
    "tiny-frames": Attack(tiny_frames, ("1008", "429"), ("too many frames",)),
    "huge-frames": Attack(huge_frames, ("1009", "429", CUT)),
    "endless-fragments": Attack(endless_fragments, ("1008", "1009", CUT), ("too many frames",)),
    "bombs": Attack(bombs, ("1009", "429", CUT)),
    "invalid-utf8": Attack(invalid_utf8, ("1007", "1008", "429")),
    "pings": Attack(pings, ("1008", "429"), ("too many frames",)),
    "password-guessing": Attack(password_guessing, ("wait", "wrong", "1008")),
    "token-replay": Attack(token_replay, ("wait", "login", "1008")),
    "cross-site": Attack(cross_site, ("login", "400")),
    "traversal": Attack(traversal, ("404", "400", "200")),
    "smuggling": Attack(smuggling, ("400", "200", "404", "405", "408")),
    "header-flood": Attack(header_flood, ("431", "400")),
}
