"""What goes on in a guild beside words: what is news of it, and how much of it is kept. Pure."""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.model import Happening, HappeningKind
from bridge.rooms.state import State

# Of each kind so many are kept; Discord allows 100 scheduled events in a guild.
MOST: Final[Mapping[HappeningKind, int]] = {"boost": 10, "thread": 20, "poll": 50, "event": 100}
ONE_BOOST: Final = 60.0  # seconds in which somebody's boost is the same one, however often it is told


class Happenings:
    """Decides for a room what is news. `clock` tells the seconds since 1970."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._boosted: dict[str, float] = {}  # when each boost that is kept was told

    def begin(self, happening: Happening) -> Happening | None:
        """Know of it; return it as viewers are told, or None if it is no news."""
        told = self._same_boost(happening) if happening.kind == "boost" else happening
        if told is None or self._state.happenings.get(told.key) == told:
            return None
        if told.until is not None and told.until <= self._clock():
            return None
        self._state.note_happening(told)
        return told

    def superfluous(self, kind: HappeningKind) -> list[Happening]:
        """Name the oldest of those that are too many."""
        kept = [one for one in self._state.happenings.values() if one.kind == kind]
        return kept[: max(0, len(kept) - MOST[kind])]

    def forget(self, unwanted: Callable[[Happening], bool]) -> list[Happening]:
        """Know nothing of such any more; return them."""
        found = [one for one in self._state.happenings.values() if unwanted(one)]
        for one in found:
            self._state.drop_happening(one.key)
        return found

    def _same_boost(self, boost: Happening) -> Happening | None:
        """Take several ways in which Discord tells of one boost for one; a name may come with a later one."""
        now = self._clock()
        known = self._state.happenings
        self._boosted = {
            key: at for key, at in self._boosted.items() if key in known and at > now - ONE_BOOST
        }
        recent = [known[key] for key in self._boosted]
        if boost.uid is None and recent:
            return None
        if any(one.uid == boost.uid for one in recent):
            return None
        nameless = next((one for one in recent if one.uid is None), None)
        told = replace(boost, id=nameless.id if nameless else boost.id or secrets.token_hex(8))
        self._boosted[told.key] = now
        return told


def is_of(happening: Happening, uid: str | None) -> bool:
    """Tell whether it is of somebody, or with None of anybody; a scheduled event is the guild's."""
    return happening.kind != "event" and uid in (None, happening.uid)


def is_in(happening: Happening, channels: Collection[str]) -> bool:
    """Tell whether it is in one of these channels, or in a thread of one, or is such a thread."""
    return happening.channel in channels or happening.parent in channels


def over(happening: Happening, *, gone: bool) -> dict[str, Any]:
    """Say that it is over; where it is `gone`, it may not be told any more that it ever was."""
    told: dict[str, Any] = {"id": happening.id, "kind": happening.kind, "over": True}
    return told | {"gone": True} if gone else told
