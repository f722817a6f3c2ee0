"""Broadcasts that reach nobody because their guild isn't there: told once, for whoever writes the program."""

import logging
from collections.abc import Collection
from typing import Final

from bridge.rooms.directory import Directory

log = logging.getLogger(__name__)

MAX_TOLD: Final = 100  # names that are told of; a program that makes them up fills no log
NAMED: Final = 5  # guilds that are named to choose from
MAX_NAME: Final = 40  # characters of a name in the log


class Misses:
    """Says of each name once that it is none of a guild's, and which there are."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._told: set[str] = set()

    def note(self, server: str) -> None:
        """Tell of a name, unless that was done before."""
        name = server[:MAX_NAME]
        if name in self._told or len(self._told) >= MAX_TOLD:
            return
        self._told.add(name)
        rooms = self._directory.rooms
        room = self._directory.resolve(server)
        if room is None:
            log.warning("a broadcast reached nobody: no guild has the id %a; %s", name, _list(rooms))
        else:
            log.warning(
                "a broadcast reached nobody: %a is a guild's short name; broadcasts take its id, %s",
                name,
                room.info.id,
            )


def _list(ids: Collection[str]) -> str:
    if not ids:
        return "none is known yet"
    named = ", ".join(list(ids)[:NAMED])
    more = len(ids) - NAMED
    return f"known: {named}" + (f" and {more} more" if more > 0 else "")
