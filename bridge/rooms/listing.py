"""Those of a crowd who are listed by name, encoded and compressed in portions. Pure."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, islice
from typing import Final

from bridge.model import Member
from bridge.rooms.pages import COMPRESSED_AT_ONCE, PAGE_SIZE, Form
from bridge.rooms.recency import Recency
from bridge.wire.protocol import member_json

_KEPT: Final = 4  # sizes of lists


class Listed:
    """Some entries as they are at one moment."""

    def __init__(self, forms: list[Form]) -> None:
        self._forms = forms

    def plain(self) -> Iterator[bytes]:
        """Say them as they are."""
        return (form.plain for form in self._forms)

    def deflated(self) -> Iterator[bytes]:
        """Say them as segments."""
        return (form.deflated() for form in self._forms)


class Listing:
    """Lists who acted lately, who sits in voice, and then whoever is there, up to a number of members.

    Those are spread over portions; one in which nobody has changed is the same as before.
    """

    def __init__(
        self, members: Mapping[str, Member], talking: Mapping[str, None], recency: Recency, *, full: bool
    ) -> None:
        self._members = members
        self._talking = talking
        self._recency = recency
        self._full = full
        self._made: dict[int, list[tuple[list[Member], Form] | None]] = {}  # by how many are listed

    def is_prepared(self, count: int, *, deflate: bool) -> bool:
        """Tell whether a look takes only a few milliseconds."""
        return len(self._stale(count, deflate=deflate)) <= COMPRESSED_AT_ONCE

    def prepare(self, count: int, *, deflate: bool) -> bool:
        """Take a step towards the next look; tell whether there is no other to take."""
        stale = self._stale(count, deflate=deflate)
        portions = self._portions_of(count)
        for number, members in stale[: COMPRESSED_AT_ONCE // 2]:
            portions[number] = members, self._form(members, deflate=deflate)
        return len(stale) <= COMPRESSED_AT_ONCE // 2

    @staticmethod
    def steps(count: int) -> int:
        """Tell how many steps a look takes at most, if nothing changes meanwhile."""
        return count // PAGE_SIZE // (COMPRESSED_AT_ONCE // 2) + 2

    def freeze(self, count: int, *, deflate: bool, also: Collection[str] = ()) -> Listed:
        """Keep hold of what they are now, and of those who are to be listed in any case."""
        portions = self._portions_of(count)
        for number, members in self._stale(count, deflate=deflate):
            portions[number] = members, self._form(members, deflate=deflate)
        self._recency.tell(member.uid for portion in portions if portion is not None for member in portion[0])
        forms = [portion[1] for portion in portions if portion is not None and portion[0]]
        others = set(also).difference(self.chosen(count)) if also else ()
        if others:
            self._recency.tell(others)
            forms.append(self._form([self._members[uid] for uid in sorted(others)], deflate=deflate))
        return Listed(forms)

    def chosen(self, count: int) -> list[str]:
        """Name who is listed: half of them at least for having acted last, then who talks, then others."""
        active = list(self._recency.active())
        first = active[: count // 2]
        others = chain(first, self._talking, active[count // 2 :], islice(self._members, count))
        return list(islice(dict.fromkeys(others), count))

    def _portions_of(self, count: int) -> list[tuple[list[Member], Form] | None]:
        if count not in self._made:
            if len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            self._made[count] = [None] * (count // PAGE_SIZE + 1)
        return self._made[count]

    def _stale(self, count: int, *, deflate: bool) -> list[tuple[int, list[Member]]]:
        """Name the portions that are others than before, and who is in them now."""
        before = self._portions_of(count)
        now: list[list[Member]] = [[] for _ in before]
        for uid in sorted(self.chosen(count)):
            now[hash(uid) % len(now)].append(self._members[uid])
        return [
            (number, members)
            for number, members in enumerate(now)
            if (made := before[number]) is None
            or made[0] != members
            or (deflate and not made[1].is_compressed)
        ]

    def _form(self, members: list[Member], *, deflate: bool) -> Form:
        form = Form(b",".join(member_json(member, full=self._full) for member in members))
        if deflate:
            form.deflated()
        return form
