"""Whether rooms are carried between processes, and by what. Where none is named, nothing of it is loaded."""

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bridge.backplane import address
from bridge.backplane.parts import WHOLE, Overview, Part
from bridge.errors import ProviderError, Silence
from bridge.limits import Limits
from bridge.providers.keeper import Keeper
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.tasks import Tasks
from bridge.wire.protocol import Event

if TYPE_CHECKING:
    from bridge.backplane.reader import Reader
    from bridge.backplane.writer import Writer


class Plane:
    """What a server writes its rooms to, or reads them from; for most it is nothing.

    One that `leads` workers leaves it to them to read.

    Raises:
        ValueError: for an address that is none.
        ModuleNotFoundError: if what is needed for one is not installed.
    """

    def __init__(
        self,
        directory: Directory,
        refresher: Refresher,
        limits: Limits,
        *,
        publish_to: str | None,
        follow: str | None,
        part: Part = WHOLE,
        leads: bool = False,
    ) -> None:
        if publish_to is not None and follow is not None:
            raise ValueError("a server either publishes its rooms or follows others")
        for url in filter(None, (publish_to, follow)):
            address.parse(url)
            if said := address.missing():
                raise ModuleNotFoundError(said)
        self._directory = directory
        self._follows = follow is not None
        self._refresher = refresher
        self._limits = limits
        self._publish_to = publish_to
        self._part = part
        self._follow = None if leads else follow
        self._expects_more: Callable[[], bool] = lambda: False
        self._elsewhere: Callable[[], int] = lambda: 0
        self._watching: Callable[[str], int] = lambda _: 0
        self._writer: Writer | None = None
        self._on_restart: Callable[[Room], None] = lambda _: None
        self._on_list: Callable[[bool], None] = lambda _: None
        self._on_access: Callable[[Room, Event], None] = lambda _, __: None
        self._reader = None if follow is None or leads else self._make_reader(follow)

    @property
    def keeper(self) -> Keeper:
        """What keeps the rooms true."""
        return self._refresher if self._reader is None else self._reader

    @property
    def publishes(self) -> bool:
        """Whether others show the rooms too."""
        return self._publish_to is not None

    def carry(self, url: str) -> None:
        """Know where those read the rooms who show them, unless these are read themselves."""
        if not self._follows:
            self._publish_to = url

    @property
    def url(self) -> str | None:
        """Where the backplane is, if there is one."""
        return self._publish_to or self._follow

    @property
    def follows(self) -> bool:
        """Whether the rooms are others'."""
        return self._reader is not None

    @property
    def is_troubled(self) -> bool:
        """Whether the backplane can't be used now, as far as is known."""
        one = self._writer or self._reader
        return one is not None and one.is_troubled

    @property
    def unwritten(self) -> int:
        """How many rooms can't be written, since something of another program is in the way."""
        return 0 if self._writer is None else self._writer.unwritten

    @property
    def life(self) -> str | None:
        """As who rooms are written, if they are."""
        return None if self._writer is None else self._writer.life

    def start(
        self,
        tasks: Tasks,
        on_restart: Callable[[Room], None],
        on_list: Callable[[bool], None],
        on_access: Callable[[Room, Event], None],
    ) -> None:
        """Begin. `on_restart` hears of rooms that have become others, `on_list` whether more will come.

        `on_access` hears of those who may not watch any more, with `withdraw` and `review` events.
        """
        self._on_restart, self._on_list, self._on_access = on_restart, on_list, on_access
        if self._reader is not None:
            tasks.start(self._reader.run(), "reading the backplane")
        elif self._publish_to is not None:
            self._writer = self._make_writer(self._publish_to)
            tasks.start(self._writer.run(), "writing to the backplane")

    def end(self) -> None:
        """Try nothing again: the tasks end, and a stop follows."""
        for one in (self._writer, self._reader):
            if one is not None:
                one.end()

    async def stop(self) -> None:
        """End, after the tasks."""
        if self._writer is not None:
            await self._writer.stop()
        if self._reader is not None:
            await self._reader.stop()

    def expect_more(self, expects: Callable[[], bool]) -> None:
        """Know how to learn whether guilds are still to come."""
        self._expects_more = expects

    def count_elsewhere(self, elsewhere: Callable[[], int], watching: Callable[[str], int]) -> None:
        """Know how to learn how many watch the guilds at other processes, and how many a single one."""
        self._elsewhere, self._watching = elsewhere, watching

    def look(self) -> None:
        """Look whether all guilds are there now."""
        if self._writer is not None:
            self._writer.look()

    async def overview(self) -> Overview | None:
        """Ask what all processes that write have together. None if nobody can say, or there is one alone."""
        if self._writer is None:
            return None
        from bridge.backplane.trouble import Trouble  # noqa: PLC0415 - who has no backplane needs no redis

        try:
            return await self._writer.overview()
        except Trouble:
            return None

    async def writers(self) -> Mapping[Part, str]:
        """Name the lives of all processes that write for this bot now.

        Raises:
            Silence: if nobody can say.
        """
        if self._writer is None:
            raise Silence
        from bridge.backplane.trouble import Trouble  # noqa: PLC0415 - as above

        try:
            return await self._writer.writers()
        except Trouble:
            raise Silence from None

    def _make_reader(self, url: str) -> "Reader":
        from bridge.backplane.lines import Lines  # noqa: PLC0415 - who has no backplane as above
        from bridge.backplane.reader import Reader  # noqa: PLC0415

        return Reader(
            Lines(url), self._directory, self._limits,
            self._tell_of_restart, self._tell_of_list, self._tell_of_access,
        )  # fmt: skip

    def _tell_of_restart(self, room: Room) -> None:
        self._on_restart(room)

    def _tell_of_list(self, more: bool) -> None:  # noqa: FBT001 - a callback
        self._on_list(more)

    def _tell_of_access(self, room: Room, event: Event) -> None:
        self._on_access(room, event)

    def _make_writer(self, url: str) -> "Writer":
        from bridge.backplane.lines import Lines  # noqa: PLC0415 - as above
        from bridge.backplane.writer import Writer  # noqa: PLC0415

        return Writer(
            Lines(url), self._directory, self._limits, self._prepare, lambda: not self._expects_more(),
            self._part, self._elsewhere, self._watching,
        )  # fmt: skip

    async def _prepare(self, room: Room) -> None:
        """Have a room know with which application one logs in, as it would when somebody comes."""
        with contextlib.suppress(ProviderError):
            await self._refresher.refresh_room(room)
