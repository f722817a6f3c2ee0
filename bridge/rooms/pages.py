"""Encoded entries in pages: a change costs one page, not the whole of what many viewers are told.

A room's members are such, as a snapshot shows them, and the listing of all guilds.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from operator import length_hint
from typing import Final

from bridge.model import Member
from bridge.wire.framing import segment, stored
from bridge.wire.protocol import encode, member_json

PAGE_SIZE: Final = 128  # entries; encoding and compressing them again takes about half a millisecond
# What one look brings up to date, in some two milliseconds; a step of preparing it does half of that. Those
# entries are twice as many as a bot changes in a turn of the loop, so that steps come to an end while it goes
# through a guild.
ENCODED_AT_ONCE: Final = 400  # entries
COMPRESSED_AT_ONCE: Final = 8  # pages
JOINED_AT_ONCE: Final = 128  # pages that need not be compressed


class Form:
    """What is on a page at one moment."""

    __slots__ = ("_deflated", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._deflated: bytes | None = None

    @property
    def is_compressed(self) -> bool:
        """Whether that has been done."""
        return self._deflated is not None

    def deflated(self) -> bytes:
        """Compress it, once."""
        if self._deflated is None:
            self._deflated = segment(self.plain)
        return self._deflated


class _Page:
    """Some entries, each encoded; and all of them together, until one changes."""

    __slots__ = ("_form", "pieces")

    def __init__(self) -> None:
        self.pieces: dict[str, bytes] = {}
        self._form: Form | None = None

    def put(self, key: str, piece: bytes) -> None:
        self.pieces[key] = piece
        self._form = None

    def drop(self, key: str) -> None:
        del self.pieces[key]
        self._form = None

    def is_ready(self, *, deflate: bool) -> bool:
        return self._form is not None and (not deflate or self._form.is_compressed)

    def make_ready(self, *, deflate: bool) -> None:
        form = self.form()
        if deflate:
            form.deflated()

    def form(self) -> Form:
        if self._form is None:
            self._form = Form(b",".join(self.pieces.values()))
        return self._form


class Frozen:
    """Entries as they were at one moment, a page at a time, with commas between those of a page."""

    def __init__(self, pages: list[_Page], compressed_at_once: int) -> None:
        self._forms = [page.form() for page in pages]
        self._compressed_at_once = compressed_at_once

    def plain(self) -> Iterator[bytes]:
        """Say them as they are."""
        return (form.plain for form in self._forms)

    def deflated(self) -> Iterator[bytes]:
        """Say them as segments. Of those that nobody has compressed yet, a few are; for more is no time."""
        left = self._compressed_at_once
        for form in self._forms:
            if not form.is_compressed:
                left -= 1
            yield form.deflated() if form.is_compressed or left >= 0 else stored(form.plain)


class PagedEntries(ABC):
    """Entries that may change, each under a key; tell with `touch` of which.

    Nothing is encoded before somebody looks. `keys` are those that there are now. Where many have changed a
    look takes long, unless it is prepared in steps.
    """

    compressed_at_once = COMPRESSED_AT_ONCE

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = keys
        self._pages: list[_Page] = []
        self._page_of: dict[str, _Page] = {}
        self._fresh: Iterator[str] = iter(())  # those that nobody has encoded yet, after a start
        self._stale: dict[str, None] = {}  # in the order in which they came or changed

    def touch(self, key: str) -> None:
        """Know that this entry came, changed or left."""
        if self._pages:
            self._stale[key] = None
            if len(self._stale) > len(self._keys):  # nobody looked for long: all of it would be made anew
                self._forget()

    def is_prepared(self, *, deflate: bool) -> bool:
        """Tell whether a look takes no longer than a step would."""
        behind = len(self._keys) if self._is_worn_out() else self._behind
        at_once = COMPRESSED_AT_ONCE if deflate else JOINED_AT_ONCE
        return behind <= ENCODED_AT_ONCE and self._unready(deflate=deflate) <= at_once

    def prepare(self, *, deflate: bool) -> bool:
        """Take a step towards the next look; tell whether there is no other to take.

        While entries change all the time, there may always be.
        """
        if self._is_worn_out():
            self._start_afresh()
        busy = self._behind > ENCODED_AT_ONCE // 2
        self._turn_in((ENCODED_AT_ONCE + 1) // 2)
        if busy:
            return False
        unready = (page for page in self._pages if not page.is_ready(deflate=deflate))
        for page in islice(unready, (COMPRESSED_AT_ONCE if deflate else JOINED_AT_ONCE) // 2):
            page.make_ready(deflate=deflate)
        return not self._unready(deflate=deflate)

    @property
    def steps(self) -> int:
        """How many steps a look takes at most that nothing is ready for, if nothing changes meanwhile."""
        pages = len(self._keys) // PAGE_SIZE + 1
        return 2 * len(self._keys) // ENCODED_AT_ONCE + 4 * 2 * pages // COMPRESSED_AT_ONCE + 3

    def freeze(self) -> Frozen:
        """Keep hold of what they are now."""
        self._update()
        return Frozen(self._pages, self.compressed_at_once)

    def plain(self) -> Iterator[bytes]:
        """Encode all of them, a page at a time: entries with commas between."""
        return self.freeze().plain()

    def deflated(self) -> Iterator[bytes]:
        """Encode and compress all of them, a page at a time, as segments."""
        return self.freeze().deflated()

    @property
    def _behind(self) -> int:
        """How many entries are to be encoded."""
        return length_hint(self._fresh) + len(self._stale)

    def _unready(self, *, deflate: bool) -> int:
        return sum(not page.is_ready(deflate=deflate) for page in self._pages)

    @abstractmethod
    def _encode(self, key: str) -> bytes | None:
        """Encode an entry. None if there is none any more."""

    def _update(self) -> None:
        if self._is_worn_out():
            self._start_afresh()
        self._turn_in(self._behind)

    def _turn_in(self, count: int) -> None:
        """Bring so many of those that are new or changed up to date."""
        fresh = list(islice(self._fresh, count))
        for key in fresh:
            self._turn_in_one(key)
        for key in list(islice(self._stale, count - len(fresh))):
            del self._stale[key]
            self._turn_in_one(key)
        if not all(page.pieces for page in self._pages):
            self._pages = [page for page in self._pages if page.pieces]

    def _turn_in_one(self, key: str) -> None:
        piece = self._encode(key)
        page = self._page_of.get(key)
        if piece is not None:
            if page is None:
                page = self._page_of[key] = self._page_with_room()
            page.put(key, piece)
        elif page is not None:
            page.drop(key)
            del self._page_of[key]

    def _page_with_room(self) -> _Page:
        if not self._pages or len(self._pages[-1].pieces) >= PAGE_SIZE:
            self._pages.append(_Page())
        return self._pages[-1]

    def _is_worn_out(self) -> bool:
        """Tell whether nothing is encoded yet, or those who left have left too much empty space."""
        needed = len(self._keys)
        return not self._pages or len(self._pages) * PAGE_SIZE > 4 * (needed + PAGE_SIZE)

    def _start_afresh(self) -> None:
        self._forget()
        self._fresh = iter(list(self._keys))

    def _forget(self) -> None:
        self._pages.clear()
        self._page_of.clear()
        self._stale.clear()
        self._fresh = iter(())


class Pages(PagedEntries):
    """The entries of a snapshot's `users`, encoded for one kind of client.

    `members` is the room's own mapping. `full` is for clients that asked for events.
    """

    def __init__(self, members: Mapping[str, Member], *, full: bool) -> None:
        super().__init__(members)
        self._members = members
        self._full = full

    def _encode(self, key: str) -> bytes | None:
        member = self._members.get(key)
        return None if member is None else member_json(member, full=self._full)


class ServerList(PagedEntries):
    """The entries of the server list: what is told of each guild, by its id."""

    compressed_at_once = 4 * COMPRESSED_AT_ONCE  # they are smaller than members, and everybody gets them

    def __init__(self) -> None:
        self.guilds: dict[str, Mapping[str, object]] = {}
        super().__init__(self.guilds)

    def bring(self, guild_id: str, entry: Mapping[str, object] | None) -> bool:
        """Let a guild be listed like this, or with None not at all; tell whether that is news."""
        if self.guilds.get(guild_id) == entry:
            return False
        if entry is None:
            del self.guilds[guild_id]
        else:
            self.guilds[guild_id] = entry
        self.touch(guild_id)
        return True

    def _encode(self, key: str) -> bytes | None:
        entry = self.guilds.get(key)
        return None if entry is None else encode(key) + b":" + encode(entry)
