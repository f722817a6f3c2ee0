"""What attackers say to a victim, and how they read the answers."""

import asyncio
import json
from collections.abc import Iterator
from itertools import compress, product
from typing import Any, Final

from bridge.problems import BUSY, GESTURE_LOGIN, GESTURE_TOO_OFTEN, LOGIN_NEEDED, NO_ANSWER, WRONG_PASSWORD
from bridge.wire.protocol import OPTIONAL_EVENTS
from tests.abuse.raid import Line, Raid
from tests.bench.wire import client_frame

OFTEN: Final = 0.11  # seconds between two frames, so that they are not too many
_ANSWER: Final = 16_000  # bytes: a snapshot, or what was missed, is more, and events meanwhile are less
_CODES: Final = {
    WRONG_PASSWORD.code: "wrong", LOGIN_NEEDED.code: "login", BUSY.code: "busy", NO_ANSWER.code: "silent",
    GESTURE_TOO_OFTEN.code: "too often", GESTURE_LOGIN.code: "nobody",
}  # fmt: skip
_BUSY: Final = BUSY.code.encode()


def connect(server: str, **more: Any) -> bytes:
    """Ask for a room."""
    return client_frame(json.dumps({"type": "connect", "data": {"server": server, **more}}).encode())


def ask_for_users(guild_id: str) -> bytes:
    """Ask for a guild's members."""
    return client_frame(json.dumps({"type": "get_user_data", "serverId": guild_id}).encode())


async def answer(line: Line) -> str:
    """Read until it is said what came of a question."""
    while True:
        frame = json.loads(await line.frame())
        if frame["type"] in ("server-join", "user_data"):
            return "in"
        if frame["type"] == "error":
            return _CODES.get(frame["data"]["code"], "wait")


async def knock(line: Line, server: str, **credentials: Any) -> str:
    """Ask for a room; tell what came of it."""
    await line.say(connect(server, **credentials))
    return await answer(line)


async def make_gesture(line: Line) -> str:
    """Ask for one's own figure to do something; tell what came of it, or of another's wish to the same."""
    await line.say(client_frame(b'{"type":"gesture","data":{"gesture":"wave"}}'))
    while True:
        frame = json.loads(await line.frame())
        if frame["type"] == "gesture":
            return "made"
        if frame["type"] == "error":
            return _CODES.get(frame["data"]["code"], "wait")


async def join(line: Line) -> Any:
    """Read until a room is entered."""
    while True:
        frame = json.loads(await line.frame())
        if frame["type"] == "server-join":
            return frame


async def keep_asking(raid: Raid, line: Line, questions: Iterator[bytes]) -> None:
    """Ask as often as frames may come; when that is said to be too much, wait for the answers."""
    must_wait = asyncio.Event()
    listening = asyncio.create_task(_listen(raid, line, must_wait))
    try:
        while raid.goes_on and not listening.done():
            if not must_wait.is_set():
                await line.say(next(questions))
                raid.heard["asked"] += 1
            await asyncio.sleep(OFTEN)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(raid: Raid, line: Line, must_wait: asyncio.Event) -> None:
    """Read whatever comes; return when it was a word to wait, and the answer after that."""
    rest, since = b"", 0
    while data := await line.reader.read(1 << 16):
        if must_wait.is_set():
            since += len(data)
            if since > _ANSWER:
                raid.heard["answered"] += 1
                return
        elif _BUSY in rest + data:
            raid.heard["busy"] += 1
            must_wait.set()
        rest = data[-len(_BUSY) :]


def all_wishes() -> list[dict[str, Any]]:
    """Name every choice of events, in batches and not."""
    names = sorted(OPTIONAL_EVENTS)
    choices = [list(compress(names, bits)) for bits in product([False, True], repeat=len(names))]
    return [{"batch": batch, "events": events} for events in choices for batch in (False, True)]
