"""What all processes of one bot have together. Each says of itself what it has, and is believed a while."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from bridge.backplane import keys, parts
from bridge.backplane.codec import UNREADABLE
from bridge.backplane.lines import Lines
from bridge.backplane.parts import Overview, Part
from bridge.rooms.directory import Directory

BELIEVED_FOR: Final = 60  # seconds that a process counts as there after it said so

Listed = tuple[str, int, bool]  # a part's generation, its offset, and whether all its guilds are there


class WriterFacts(NamedTuple):
    """A process that is there: what it calls its life, and what it has."""

    life: str
    guilds: int
    viewers: int


def say(life: str, directory: Directory, elsewhere: int) -> str:
    """Write down what a writer says of itself, whose guilds so many watch at other processes."""
    viewers = elsewhere + sum(len(room.viewers) for room in directory.rooms.values())
    return f"{life} {json.dumps({'guilds': len(directory.rooms), 'viewers': viewers})}"


def read_parts(found: Mapping[bytes, bytes]) -> dict[Part, Listed]:
    """Read which parts of the list there are. What is of no writer of ours is passed over."""
    listed: dict[Part, Listed] = {}
    for name, text in found.items():
        try:
            generation, offset, complete = text.decode().split(" ")
            listed[Part.parse(name.decode())] = generation, int(offset), complete == "1"
        except ValueError:
            continue
    return listed


async def overview(lines: Lines, total: int) -> Overview:
    """Ask what all processes that share so many shards have together.

    Raises:
        Trouble: if the server can't be asked.
    """
    there = await writers(lines, total)
    return Overview(
        sum(one.guilds for one in there.values()),
        sum(one.viewers for one in there.values()),
        len(there),
        tuple(parts.missing(there, total)),
    )


async def writers(lines: Lines, total: int) -> dict[Part, WriterFacts]:
    """Ask who writes which part of so many shards, and is there.

    Raises:
        Trouble: if the server can't be asked.
    """
    names = await lines.ask(lines.commands.hkeys(keys.GUILDS_PARTS))
    alive = [keys.alive(name.decode(errors="replace")) for name in names]
    said = await lines.ask(lines.commands.mget(alive)) if alive else []
    return dict(_there(zip(names, said, strict=True), total))


def _there(said: Iterable[tuple[bytes, bytes | None]], total: int) -> Iterable[tuple[Part, WriterFacts]]:
    for name, text in said:
        try:
            part = Part.parse(name.decode())
            if text is not None and part.total == total:
                life, _, told = text.partition(b" ")
                facts = json.loads(told)
                yield part, WriterFacts(life.decode(), int(facts["guilds"]), int(facts["viewers"]))
        except UNREADABLE:  # not what our writers write
            continue
