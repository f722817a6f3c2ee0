"""What processes ask each other about doors, and answer: read as strictly as what strangers say. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.access.doorkeeper import Unanswered
from bridge.access.visitor import Papers, Pass, Visitor
from bridge.errors import BadRequest, Refused
from bridge.problems import BOT_SILENT, Problem
from bridge.wire import gestures
from bridge.wire.gestures import Gesture
from bridge.wire.protocol import Credentials

GUILDS_AT_ONCE: Final = 100  # of a question which of them lets somebody in
PERMITS_AT_ONCE: Final = 500  # of a question who may still watch
MAX_TEXT: Final = 16 * 1024  # characters: no frame that a viewer sends is longer
MAX_NAME: Final = 200  # characters of an id, an address, a code

Body = Mapping[str, Any]


class Rubbish(ValueError):
    """Something that none of ours writes."""


def text(value: object, most: int = MAX_NAME) -> str:
    """Read a text.

    Raises:
        Rubbish: if it is none, or too long.
    """
    if not isinstance(value, str) or len(value) > most:
        raise Rubbish
    return value


def maybe_text(value: object, most: int = MAX_NAME) -> str | None:
    """Read a text that may be missing.

    Raises:
        Rubbish: if it is none, or too long.
    """
    return None if value is None else text(value, most)


def items(value: object, most: int) -> list[Any]:
    """Read a list.

    Raises:
        Rubbish: if it is none, or too long.
    """
    if not isinstance(value, list) or len(value) > most:
        raise Rubbish
    return value


# Who asks, and with what


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants to enter at another process, and what they show."""

    visitor: Visitor
    credentials: Credentials


def write_caller(visitor: Visitor, credentials: Credentials) -> dict[str, Any]:
    """Write down who wants to enter, and what they show."""
    papers = visitor.papers
    said = {
        "address": visitor.address,
        "device": visitor.device,
        "origin": papers and papers.origin,
        "cookies": papers and papers.cookies,
        "password": credentials.password,
        "token": credentials.token,
        "user": None if credentials.user is None else dict(credentials.user),
    }
    return {name: value for name, value in said.items() if value is not None}


def read_caller(body: Body) -> Caller:
    """Read who wants to enter.

    Raises:
        Rubbish: if that isn't said.
    """
    user = body.get("user")
    if user is not None and not isinstance(user, dict):
        raise Rubbish
    cookies, origin = maybe_text(body.get("cookies"), MAX_TEXT), maybe_text(body.get("origin"), MAX_TEXT)
    papers = None if cookies is None or origin is None else Papers(cookies, origin)
    visitor = Visitor(text(body.get("address")), None, maybe_text(body.get("device")), papers)
    token, password = (maybe_text(body.get(name), MAX_TEXT) for name in ("token", "password"))
    return Caller(visitor, Credentials(token, user, password))


# May their figure do something


def write_gesture(guild_id: str, visitor: Visitor, gesture: Gesture) -> dict[str, Any]:
    """Write down who wants their figure to do what, and where."""
    return {"guild": guild_id, "gesture": gesture, **write_caller(visitor, Credentials())}


def read_gesture(body: Body) -> tuple[str, Caller, Gesture]:
    """Read the same.

    Raises:
        Rubbish: if it can't be read.
    """
    try:
        gesture = gestures.read_gesture(body.get("gesture"))
    except BadRequest:
        raise Rubbish from None
    return text(body.get("guild")), read_caller(body), gesture


# May they enter


def write_pass(permit: Pass) -> dict[str, Any]:
    """Write down what let somebody in."""
    return {"pass": [permit.uid, permit.login, permit.until]}


def write_refusal(refused: Refused) -> dict[str, Any]:
    """Write down why somebody isn't let in, and whether that is because nobody can say."""
    return {"refused": list(refused.problem), "unanswered": isinstance(refused, Unanswered)}


def read_verdict(body: Body) -> Pass:
    """Read what lets somebody in.

    Raises:
        Unanswered: if nobody can say, or it can't be read.
        Refused: if nothing does.
    """
    try:
        if "pass" in body:
            return read_pass(body["pass"])
        problem = read_problem(body.get("refused"))
    except Rubbish:
        raise Unanswered(BOT_SILENT) from None
    raise Unanswered(problem) if body.get("unanswered") is True else Refused(problem)


def read_pass(value: object) -> Pass:
    """Read what lets somebody in.

    Raises:
        Rubbish: if it is none.
    """
    match value:
        case [uid, login, None]:
            return Pass(maybe_text(uid), maybe_text(login))
        case [uid, login, int() | float() as until] if not isinstance(until, bool) and math.isfinite(until):
            return Pass(maybe_text(uid), maybe_text(login), float(until))
    raise Rubbish


def read_problem(value: object) -> Problem:
    """Read why something isn't done.

    Raises:
        Rubbish: if it isn't said.
    """
    match value:
        case [code, sentence]:
            return Problem(text(code), text(sentence, 4 * MAX_NAME))
    raise Rubbish


# Which of many is the first that lets them in


def write_first(found: str | None, looked_at: int, trouble: Problem | None) -> dict[str, Any]:
    """Write down which guild lets somebody in, how many were looked at, and what went wrong with others."""
    return {"first": found, "lookedAt": looked_at, "trouble": None if trouble is None else list(trouble)}


def read_first(body: Body, asked: Sequence[str]) -> tuple[str | None, int, Problem | None]:
    """Read the same, of those that were asked about.

    Raises:
        Rubbish: if it can't be read.
    """
    found, looked_at, trouble = maybe_text(body.get("first")), body.get("lookedAt"), body.get("trouble")
    if not isinstance(looked_at, int) or not 0 < looked_at <= len(asked):
        raise Rubbish
    if found is not None and found not in asked:
        raise Rubbish
    return found, looked_at, None if trouble is None else read_problem(trouble)


# May they still


def write_permits(guild_id: str, lock: str | None, permits: Sequence[Pass]) -> dict[str, Any]:
    """Write down what let those in who watch a guild by the door that is called so."""
    return {"guild": guild_id, "lock": lock, "permits": [[one.uid, one.login] for one in permits]}


def read_permits(body: Body) -> tuple[str, str | None, list[tuple[str, str | None]]]:
    """Read the same: guild, door, and who, by which login if it was one on our page.

    Raises:
        Rubbish: if it can't be read.
    """
    permits: list[tuple[str, str | None]] = []
    for one in items(body.get("permits"), PERMITS_AT_ONCE):
        match one:
            case [uid, login]:
                permits.append((text(uid), maybe_text(login)))
            case _:
                raise Rubbish
    return text(body.get("guild")), maybe_text(body.get("lock")), permits


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of permits: whether the door is still the same, which are good no more, which may be."""

    is_same_door: bool
    ended: frozenset[int] = frozenset()  # by how manieth they were asked about
    unsure: frozenset[int] = frozenset()


def write_standing(standing: Standing) -> dict[str, Any]:
    """Write that down."""
    return {"sameDoor": standing.is_same_door, "ended": [*standing.ended], "unsure": [*standing.unsure]}


def read_standing(body: Body) -> Standing:
    """Read it.

    Raises:
        Rubbish: if it can't be read.
    """
    same = body.get("sameDoor")
    if not isinstance(same, bool):
        raise Rubbish
    lists = [items(body.get(name), PERMITS_AT_ONCE) for name in ("ended", "unsure")]
    if not all(isinstance(number, int) for numbers in lists for number in numbers):
        raise Rubbish
    return Standing(same, *map(frozenset, lists))
