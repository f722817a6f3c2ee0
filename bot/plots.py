"""Which plot of its guild's island each channel has: a number that it keeps as long as it exists."""

import json
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Final, Protocol

from bridge.model import Channel
from cogs.settings import NotSaved

NOTE: Final = "plots "  # how the keys of its notes begin; the guild's id follows

log = logging.getLogger(__name__)


class Notes(Protocol):
    """Keeps short texts over a restart."""

    def note(self, key: str) -> str | None:
        """Return what was kept."""

    async def save_note(self, key: str, value: str) -> None:
        """Keep something.

        Raises:
            NotSaved: if it can't be kept.
        """


class Plots:
    """Gives each channel the smallest number that is free when viewers first may see it.

    It is kept over restarts; `start` runs what keeps it. A channel that is hidden later keeps its number, one
    that is deleted leaves it to the next.
    """

    def __init__(self, notes: Notes, start: Callable[[Coroutine[Any, Any, None], str], object]) -> None:
        self._notes = notes
        self._start = start
        self._held: dict[int, list[str | None]] = {}

    def given(self, guild_id: int, channels: Iterable[Channel], existing: set[str]) -> list[Channel]:
        """Give channels their numbers, in their order. `existing` are the ids of all that there are."""
        held = self._held.get(guild_id)
        if held is None:
            held = self._held[guild_id] = _read(self._notes.note(f"{NOTE}{guild_id}"))
        before = list(held)
        held[:] = [channel_id if channel_id in existing else None for channel_id in held]
        given = []
        for channel in channels:
            if channel.id not in held:
                _put(held, channel.id)
            given.append(replace(channel, plot=held.index(channel.id)))
        while held and held[-1] is None:
            held.pop()
        if held != before:
            self._start(self._save(guild_id, json.dumps(held)), "storing where channels are")
        return given

    async def _save(self, guild_id: int, value: str) -> None:
        try:
            await self._notes.save_note(f"{NOTE}{guild_id}", value)
        except NotSaved as error:
            log.warning("where the channels of guild %s are isn't stored (%s)", guild_id, error)


def _put(held: list[str | None], channel_id: str) -> None:
    if None in held:
        held[held.index(None)] = channel_id
    else:
        held.append(channel_id)


def _read(note: str | None) -> list[str | None]:
    """Read what was kept; what nobody can read counts as nothing."""
    try:
        known = json.loads(note or "[]")
    except ValueError:
        return []
    if not isinstance(known, list):
        return []
    return [each if isinstance(each, str) else None for each in known]
