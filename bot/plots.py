"""Which plot of its guild's island each channel has: a number that it keeps as long as it exists."""

import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from itertools import count, islice
from typing import Any, Final, Protocol

from bridge.model import Channel
from cogs.settings import NotSaved

NOTE: Final = "plots "  # how the keys of its notes begin; the guild's id follows
Held = list[str | None]  # at each plot's number, the channel that has it
AT_ONCE: Final = 200  # guilds stored together: what somebody decides meanwhile waits for no more

log = logging.getLogger(__name__)


class Notes(Protocol):
    """Keeps short texts over a restart."""

    def note(self, key: str) -> str | None:
        """Return what was kept."""

    async def save_notes(self, notes: Mapping[str, str | None]) -> None:
        """Keep several of them, all or none.

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
        self._unsaved: dict[int, str] = {}
        self._is_saving = False

    def given(self, guild_id: int, channels: Iterable[Channel], existing: set[str]) -> list[Channel]:
        """Give channels their numbers, in their order. `existing` are the ids of all that there are."""
        kept = self._unsaved.get(guild_id) or self._notes.note(f"{NOTE}{guild_id}")
        before = read(kept)
        plots = {
            channel_id: plot
            for plot, channel_id in enumerate(before)
            if channel_id is not None and channel_id in existing
        }
        taken = set(plots.values())
        free = (plot for plot in count() if plot not in taken)
        given = []
        for channel in channels:
            if channel.id not in plots:
                plots[channel.id] = next(free)
            given.append(replace(channel, plot=plots[channel.id]))
        held: Held = [None] * (max(plots.values(), default=-1) + 1)
        for channel_id, plot in plots.items():
            held[plot] = channel_id
        if held != before:
            self._unsaved[guild_id] = written(held)
            if not self._is_saving:
                self._is_saving = True
                self._start(self._save(), "storing where channels are")
        return given

    async def _save(self) -> None:
        try:
            while some := dict(islice(self._unsaved.items(), AT_ONCE)):
                notes: dict[str, str | None] = {f"{NOTE}{guild_id}": held for guild_id, held in some.items()}
                await self._notes.save_notes(notes)
                for guild_id, value in some.items():
                    if self._unsaved[guild_id] == value:  # it may have changed meanwhile
                        del self._unsaved[guild_id]
        except NotSaved as error:
            # They are stored with the next one that changes.
            log.warning("where the channels of %d guilds are isn't stored (%s)", len(self._unsaved), error)
        finally:
            self._is_saving = False


def read(note: str | None) -> Held:
    """Read what was kept; what nobody can read counts as nothing."""
    try:
        known = json.loads(note or "[]")
    except ValueError:
        return []
    if not isinstance(known, list):
        return []
    return [each if isinstance(each, str) else None for each in known]


def written(held: Held) -> str:
    """Write what is kept of a guild."""
    return json.dumps(held)
