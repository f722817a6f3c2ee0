"""A room's members as a snapshot shows them, in pages: a change costs one page, not the whole guild."""

from collections.abc import Iterator, Mapping
from typing import Final

from bridge.framing import segment
from bridge.model import Member
from bridge.protocol import member_json

PAGE_SIZE: Final = 128  # members; encoding and compressing them again takes about half a millisecond


class _Page:
    """Some members, each encoded; and all of them together, until one changes."""

    __slots__ = ("_deflated", "_plain", "pieces")

    def __init__(self) -> None:
        self.pieces: dict[str, bytes] = {}
        self._plain: bytes | None = None
        self._deflated: bytes | None = None

    def put(self, uid: str, piece: bytes) -> None:
        self.pieces[uid] = piece
        self._plain = self._deflated = None

    def drop(self, uid: str) -> None:
        del self.pieces[uid]
        self._plain = self._deflated = None

    def plain(self) -> bytes:
        if self._plain is None:
            self._plain = b",".join(self.pieces.values())
        return self._plain

    def deflated(self) -> bytes:
        if self._deflated is None:
            self._deflated = segment(self.plain())
        return self._deflated


class Pages:
    """The entries of a snapshot's `users`, encoded for one kind of client.

    `members` is the room's own mapping; tell with `touch` who changed in it. Nothing is encoded before a
    snapshot is wanted. `full` is for clients that asked for events.
    """

    def __init__(self, members: Mapping[str, Member], *, full: bool) -> None:
        self._members = members
        self._full = full
        self._pages: list[_Page] = []
        self._page_of: dict[str, _Page] = {}
        self._stale: set[str] = set()

    def touch(self, uid: str) -> None:
        """Know that this member came, changed or left."""
        if self._pages:
            self._stale.add(uid)
            if len(self._stale) > len(self._members):  # nobody looked for long: all of it would be made anew
                self._forget()

    def plain(self) -> Iterator[bytes]:
        """Encode all members, a page at a time: entries with commas between."""
        self._update()
        return (page.plain() for page in self._pages)

    def deflated(self) -> Iterator[bytes]:
        """Encode and compress all members, a page at a time, as segments."""
        self._update()
        return (page.deflated() for page in self._pages)

    def _update(self) -> None:
        if self._is_worn_out():
            self._start_afresh()
        for uid in self._stale:
            self._turn_in(uid)
        self._stale.clear()
        if not all(page.pieces for page in self._pages):
            self._pages = [page for page in self._pages if page.pieces]

    def _turn_in(self, uid: str) -> None:
        member = self._members.get(uid)
        page = self._page_of.get(uid)
        if member is not None:
            if page is None:
                page = self._page_of[uid] = self._page_with_room()
            page.put(uid, member_json(member, full=self._full))
        elif page is not None:
            page.drop(uid)
            del self._page_of[uid]

    def _page_with_room(self) -> _Page:
        if not self._pages or len(self._pages[-1].pieces) >= PAGE_SIZE:
            self._pages.append(_Page())
        return self._pages[-1]

    def _is_worn_out(self) -> bool:
        """Tell whether nothing is encoded yet, or those who left have left too much empty space."""
        needed = len(self._members)
        return not self._pages or len(self._pages) * PAGE_SIZE > 4 * (needed + PAGE_SIZE)

    def _start_afresh(self) -> None:
        self._forget()
        self._stale.update(self._members)

    def _forget(self) -> None:
        self._pages.clear()
        self._page_of.clear()
        self._stale.clear()
