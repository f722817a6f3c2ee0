"""Who did something lately in a room, in the order in which they last did. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from bridge.model import Member
from bridge.wire.crowd import FAR, MOST

ACTIVE_FOR: Final = 1_800.0  # seconds after which somebody isn't active any more
# What of somebody whom none of those knows who are told of a crowd by number is nothing but another number.
_COUNTED: Final = frozenset({"presence", "activity"})
# What viewers never hear of as somebody's, though it names one.
_SILENT: Final = frozenset({"newcomer", "said"})


class Recency:
    """The last who acted, as many as a client may ask for. Each act costs the same, however many there are.

    An act is whatever viewers are told of somebody. How long it is since the last one is counted in events:
    no more people than that have acted since. So whoever was told of as many of the last knows who acts
    within that, and whoever has been silent for longer has to come whole.

    It also keeps whom any client may know by name that is told of a crowd by number. Of others it need not be
    told who goes idle, or comes or goes where there are more than can be listed: only how many there are.
    """

    def __init__(self, members: Mapping[str, Member], clock: Callable[[], float]) -> None:
        self._members = members
        self._clock = clock
        self._acts: OrderedDict[str, tuple[int, float]] = OrderedDict()  # at which position, and when
        self._known: set[str] | None = None  # None where nobody is told of a crowd by number
        self._knows_all = False  # whether somebody may know others than those
        self._floor = 0  # up to which position acts may have been forgotten before they were told

    def is_only_counted(self, kind: str, data: Mapping[str, Any], extras: Mapping[str, Any]) -> bool:
        """Tell whether those who are told of a crowd by number need to hear no more than that."""
        uid = data.get("uid")
        if self._known is None or self._knows_all or kind not in _COUNTED or uid in self._known:
            return False
        # Somebody new is shown to all of them where they may all be listed, and where they walk ashore.
        return "username" not in data or (len(self._members) > MOST and "joined" not in extras)

    def tell(self, uids: Iterable[str]) -> None:
        """Know that somebody who is told of a crowd by number is told who these are."""
        self._known = self._known or set()
        self._known.update(uids)

    def tell_found(self, uids: Iterable[str]) -> None:
        """Know that somebody was found, perhaps by who is told of a crowd by number."""
        if self._known is not None:
            self._known.update(uids)

    def tell_rest(self) -> None:
        """Know that somebody goes on who was told before; if nobody knows of whom, it may be anybody."""
        self._knows_all |= self._known is None

    def forget_known(self) -> None:
        """Know that nobody is here, or may come back, who was told of anybody."""
        self._known, self._knows_all = None, False

    def note(self, kind: str, data: Mapping[str, Any], position: int) -> tuple[Member, int] | None:
        """Know that something happened; tell who did it, and how many events after their last act."""
        uid = data.get("uid")
        if uid is None or kind in _SILENT or (kind == "edit" and data["message"] is None):
            return None
        member = self._members.get(uid)
        if member is None:
            self._acts.pop(uid, None)
            if self._known is not None:
                self._known.discard(uid)
            return None
        if self._known is not None:
            self._known.add(uid)
        before = self._acts.get(uid)
        self._acts[uid] = position, self._clock()
        if before is None:
            if len(self._acts) > MOST:
                self._acts.popitem(last=False)
            return member, FAR
        self._acts.move_to_end(uid)
        return member, position - before[0] if before[0] > self._floor else FAR

    def recall(self, uid: str) -> None:
        """Know that somebody did something before anybody here was told."""
        if uid in self._members:
            self._acts[uid] = 0, self._clock()

    def forget_told(self, position: int) -> None:
        """Rely on nothing up to here: of what happened some was not told."""
        self._floor = position

    def active(self) -> Iterator[str]:
        """Name who was active lately, whoever acted last first. What is too old is forgotten."""
        oldest = self._clock() - ACTIVE_FOR
        while self._acts and next(iter(self._acts.values()))[1] < oldest:
            self._acts.popitem(last=False)
        return reversed(self._acts)
