"""Why Discord didn't take the commands, and what to do about it: in one line, for who runs the bot."""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, Final

import aiohttp
import discord

from bot import internals
from bot.running.values import PORTAL
from bridge.running.words import one_line

Payload = dict[str, Any]  # as JSON has it

MAX_REASON: Final = 220  # characters; with what stands before it in the log, that is a line of 300 at most
MAX_FAULTS: Final = 3  # are told of; whoever mends them sees the others at the next start

MAX_DEPTH: Final = 20  # of what it nests; commands are at most 9 deep

AGAIN: Final = "Start the bot again later, with --sync."


# By the status of the answer; where none is given, trying again later is all that can be said.
ADVICE: Final = {
    401: "it rejected DISCORD_TOKEN ({said}). Copy it again from {portal} (Bot, Reset Token) into .env.",
    403: (
        "this application may have no commands ({said}). See at {portal} whether it is restricted, "
        "and whether DISCORD_TOKEN is of that application."
    ),
    404: "it doesn't know this application ({said}). Check DISCORD_API_URL if you set it.",
    429: "it wants no more requests for now ({said}). {again}",
}


INVALID: Final = (
    "it refused {said}. Correct that command and start the bot again, with --sync; if you haven't changed "
    "it, report this."
)


class Code(IntEnum):
    """How Discord calls it when it refuses commands."""

    TOO_MANY = 30032
    TOO_MANY_TODAY = 30034
    INVALID = 50035
    NO_ENTRY_POINT = 50240
    SHUT_OUT = 40333


def explain(error: BaseException, commands: Sequence[Payload]) -> str:
    """Say what Discord, or what lies between, objected to; `commands` are those it was told of."""
    match error:
        case discord.HTTPException(status=400, code=Code.INVALID):
            return _invalid(error, commands)
        case discord.HTTPException():
            return _fill(_advice(error), _said(error))
        case discord.RateLimited():
            return f"it wants no more requests for {error.retry_after:.0f} seconds. {AGAIN}"
        case TimeoutError():
            return _fill("it keeps the bot waiting ({said}). {again}", _said(error))
        case internals.StrangeAnswer():
            sense = "its answer makes no sense ({said}). Check DISCORD_API_URL if you set it. {again}"
            return _fill(sense, _said(error))
        case aiohttp.ClientError() | OSError():
            return _fill("it can't be reached ({said}). {again}", _said(error))
        case _:
            return _fill("{said}. {again}", _said(error))


def _advice(error: discord.HTTPException) -> str:
    match error.code:
        case Code.TOO_MANY:
            return "{said}. Remove some commands and start the bot again, with --sync."
        case Code.TOO_MANY_TODAY:
            return "{said}. Start the bot again tomorrow, with --sync."
        case Code.NO_ENTRY_POINT:
            return (
                "an entry point command, for the application's Activity, has been added meanwhile ({said}). "
                "Start the bot again, with --sync, and it is kept."
            )
        case Code.SHUT_OUT:
            return "what stands before it shuts this address out for now ({said}). {again}"
        case _:
            return ADVICE.get(error.status, "{said}. {again}")


def _invalid(error: discord.HTTPException, commands: Sequence[Payload]) -> str:
    faults = list(_faults(internals.errors_in(error), commands))
    return _fill(INVALID, _named(faults, _room(INVALID)) if faults else error.text)


def _named(faults: Sequence[str], room: int) -> str:
    """Name the first faults, as many as there is room for, and how many more there are."""
    named = one_line(faults[0], room - len("; and 999 more"))
    told = 1
    for fault in faults[1:MAX_FAULTS]:
        if len(f"{named}; {fault}; and 999 more") > room:
            break
        named, told = f"{named}; {fault}", told + 1
    more = len(faults) - told
    return f"{named}; and {more} more" if more else named


def _fill(template: str, said: str) -> str:
    """Put what Discord said into a sentence, as much as there is room for."""
    return template.format(said=one_line(said, _room(template)), portal=PORTAL, again=AGAIN)


def _room(template: str) -> int:
    return MAX_REASON - len(template.format(said="…", portal=PORTAL, again=AGAIN))


def _faults(errors: object, commands: Sequence[Payload]) -> Iterator[str]:
    """Name each thing that Discord objects to: its errors are nested as the commands are."""
    for path, objection in _objections(errors, ()):
        place = _place(path, commands)
        yield f"{place}: {objection}" if place else objection


def _objections(errors: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match errors:
        case None:
            return
        case {"_errors": [*objections]}:
            for objection in objections:
                yield path, _objection(objection)
        case dict() if len(path) < MAX_DEPTH:
            for key, inner in errors.items():
                yield from _objections(inner, (*path, str(key)))
        case str():
            yield path, one_line(errors)
        case _:
            yield path, "no reason given"


def _objection(objection: object) -> str:
    match objection:
        case {"code": str(code), "message": str(message)}:
            return one_line(f"{message.rstrip('.')} ({code})")
        case {"message": str(words)} | str(words):
            return one_line(words.rstrip("."))
        case _:
            return "no reason given"


def _place(path: Sequence[str], commands: Sequence[Payload]) -> str:
    """Name what a path such as `2.options.0.name` leads to: `/dzone enable, name`."""
    command = _at(path[0], commands) if path else None
    if command is None:
        return one_line(".".join(path))
    names, rest, here = [command["name"]], path[1:], command
    while rest[:1] == ("options",) and (option := _at("".join(rest[1:2]), here.get("options", ()))):
        names, rest, here = [*names, option["name"]], rest[2:], option
    name = f"/{' '.join(names)}" if command["type"] == 1 else f"“{names[0]}”"
    return one_line(", ".join([name, ".".join(rest)] if rest else [name]))


def _at(index: str, items: Sequence[Payload]) -> Payload | None:
    return next((item for number, item in enumerate(items) if str(number) == index), None)


def _said(error: BaseException) -> str:
    return one_line(str(error)).rstrip(".") or type(error).__name__
