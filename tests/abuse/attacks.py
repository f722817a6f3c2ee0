"""The attacks, and what refuses each."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tests.abuse import costly, doors
from tests.abuse.forms import HEADERS, SMUGGLED, TRAVERSALS
from tests.abuse.raid import CUT, Line, Raid
from tests.abuse.talk import connect
from tests.abuse.victim import METROPOLIS, SECRET
from tests.bench.wire import CLOSE, PING, TEXT, client_frame

IDLE: Final = 5_000  # sockets
DOORS: Final = 20  # addresses that they come from
MIB: Final = 1 << 20
TRIES: Final = 14  # made-up tokens of one address that reach Discord: ten, and some after a wait
BUSY: Final = ("answered", "busy", "asked", "1013", CUT)  # what may be heard who asks for much
LET_IN: Final = "let in"  # somebody who came meanwhile with what opens the door
TRIED: Final = ("too many tries",)
HASTY: Final = {"handshake_seconds": 2}
_CONTINUED: Final = 0x0
_REQUEST: Final = b"GET /api/version HTTP/1.1\r\nHost: zone.test\r\n"


@dataclass(frozen=True)
class Attack:
    """An attack.

    `refused` are the reasons that the bridge counts, `heard` the last words that the attacker may hear, of
    which the first must be among them. Who goes on pouring after the last word is cut off, and may lose it.
    `sure` are others that must be among them. Discord may be `asked` about no more tokens than that.

    With `costly` the victim is told that requests may cost little, unless its limits are those of any bridge:
    those may be more than a short attack needs, and then it is `enough` to have heard something else.

    Whoever is let go when their time is up has as little of it as `limits` say, to be waited for. In all
    other attacks they have plenty: an attacker whom the machine keeps waiting would be let go for that.
    """

    run: Callable[[Raid], Awaitable[None]]
    heard: tuple[str, ...]
    refused: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()
    asked: int = 0
    costly: bool = False
    enough: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)


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


async def farewells(raid: Raid) -> None:
    """Viewers who say goodbye, and stay."""

    async def stay(line: Line) -> None:
        await line.upgrade()
        await line.say(client_frame(b"\x03\xe8", CLOSE))
        await line.end()
        with suppress(OSError):
            while True:
                await line.say(b"x")
                await asyncio.sleep(0.1)
        raid.heard[CUT] += 1

    await raid.once(200, stay)


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
    await raid.again(20, partial(_keep_saying, raid, connect(METROPOLIS.slug), 10, deflate=True))


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
    "slowloris": Attack(slowloris, ("408", CUT), ("no request in time",), limits=HASTY),
    "idle-sockets": Attack(idle_sockets, (CUT,), ("no word in time",), limits=HASTY),
    "idle-viewers": Attack(idle_viewers, ("1008",), ("nothing asked for",), limits={"connect_seconds": 3}),
    "farewells": Attack(farewells, (CUT,)),
    "connect-flood": Attack(connect_flood, (CUT,), ("too many connections",), limits=HASTY),
    "handshake-flood": Attack(handshake_flood, ("429", "101", CUT), ("too many handshakes",)),
    "request-flood": Attack(request_flood, ("429", "200", CUT), ("too many requests",), enough="200"),
    "join-flood": Attack(join_flood, ("1008", CUT), ("too many frames",)),
    "resume-flood": Attack(costly.resume_flood, BUSY, costly=True, enough="asked"),
    "odd-snapshots": Attack(costly.odd_snapshots, BUSY, costly=True, enough="asked"),
    "user-data-flood": Attack(costly.user_data_flood, BUSY, costly=True, enough="asked"),
    "odd-audiences": Attack(costly.odd_audiences, ("in",)),
    "slow-readers": Attack(costly.slow_readers, ("read",)),
    "resets": Attack(costly.resets, ("reset",)),
    "tiny-frames": Attack(tiny_frames, ("1008", "429", CUT), ("too many frames",)),
    "huge-frames": Attack(huge_frames, ("1009", "429", CUT)),
    "endless-fragments": Attack(endless_fragments, ("1008", "1009", CUT), ("too many frames",)),
    "bombs": Attack(bombs, ("1009", "429", CUT)),
    "invalid-utf8": Attack(invalid_utf8, ("1007", "1008", "429", CUT)),
    "pings": Attack(pings, ("1008", "429", CUT), ("too many frames",)),
    "password-guessing": Attack(doors.password_guessing, ("wait", "wrong", "1008")),
    "many-guessers": Attack(
        doors.many_guessers, ("wait", "wrong", "1008", LET_IN), sure=(LET_IN,), enough="wrong"
    ),
    "token-replay": Attack(doors.token_replay, ("wait", "login", "1008"), asked=1),
    "token-flood": Attack(doors.token_flood, ("wait", "login", LET_IN), TRIED, (LET_IN,), asked=TRIES + 1),
    "default-door": Attack(doors.default_door, ("in", LET_IN), TRIED, (LET_IN,), asked=TRIES + 5),
    "tokens-at-once": Attack(
        doors.tokens_at_once, ("wait", "login", LET_IN), TRIED, (LET_IN,), asked=TRIES + 1
    ),
    "silent-discord": Attack(
        doors.silent_discord, ("silent", LET_IN), ("login unanswered",), (LET_IN,), asked=50
    ),
    "cross-site": Attack(doors.cross_site, ("login", "400"), asked=1),
    "ended-login": Attack(doors.ended_login, ("login", "told"), sure=("told",), asked=5),
    "gesture-flood": Attack(
        doors.gesture_flood,
        ("too often", "made", "nobody"),
        ("too many gestures",),
        ("made", "nobody"),
        asked=1,
    ),
    "traversal": Attack(traversal, ("404", "400", "200")),
    "smuggling": Attack(smuggling, ("400", "200", "404", "405", "408"), limits=HASTY),
    "header-flood": Attack(header_flood, ("431", "400", CUT)),
}
