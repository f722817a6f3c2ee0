"""What processes ask and tell each other about those who watch. Without a backplane it is nothing.

A reader asks whoever writes a guild who may enter there, and says how many watch. A writer answers. Both tell
of logins that end.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from websockets.datastructures import Headers

from bridge.access.admission import Admission
from bridge.access.elsewhere import DoorElsewhere
from bridge.access.gestures import Gestures, GesturesElsewhere, GesturesHere
from bridge.access.login import Login
from bridge.access.porter import Porter
from bridge.backplane import asking, counting, keys
from bridge.backplane.answering import Answerer
from bridge.backplane.asking import STARTING, Asker
from bridge.backplane.colleagues import Colleagues
from bridge.backplane.households import Households
from bridge.errors import Silence
from bridge.providers.keeper import Keeper
from bridge.rooms.directory import Directory
from bridge.rooms.notice import Notice
from bridge.rooms.room import Room
from bridge.running.tasks import Tasks
from bridge.site.http import Website
from bridge.site.login import WebLogin
from bridge.site.login_elsewhere import LoginElsewhere, LoginPages
from bridge.viewers.review import Review
from bridge.viewers.sessions import Sessions
from bridge.wire.protocol import Event

if TYPE_CHECKING:
    from bridge.backplane.crier import Crier
    from bridge.backplane.logouts import Logouts
    from bridge.backplane.notices import Notices
    from bridge.backplane.talk import Talk

log = logging.getLogger(__name__)

ASKED_OF_ANYBODY: Final = 3  # writers that are asked what any of them can answer
COUNT_WITHIN: Final = 1.0  # seconds that a viewer waits until it is known how many watch elsewhere
COUNT_GOOD_FOR: Final = 2.0  # seconds
AT_ONCE: Final = STARTING + 1.0  # seconds: whoever is not there is known not to be by then


class Exchange:
    """One process's part in it: it asks if it follows others, and answers if others follow it.

    `count` is told of what nobody answered.
    """

    def __init__(
        self, directory: Directory, website: Website, count: Callable[[str], None], households: Households, *,
        follows: bool,
    ) -> None:  # fmt: skip
        self._directory = directory
        self._website = website
        self._asker = Asker() if follows else None
        self._answerer: Answerer | None = None
        self._reported = counting.Reported()
        self._review: Review | None = None
        self._talk: Talk | None = None
        self._logouts: Logouts | None = None
        self._notices: Notices | None = None
        self._ears: dict[str, Callable[[bytes], None]] = {}  # by channel
        self._households = households
        self._crier: Crier | None = None
        self.colleagues = Colleagues()
        self._tasks = Tasks(log, "the exchange")
        self._was_reported: set[str] = set()
        self._elsewhere: dict[str, tuple[int, float]] = {}  # how many watch there, and until when it is good
        self.door: DoorElsewhere | None = None
        self.gestures: Gestures = GesturesHere(count)
        if self._asker is not None:
            self.door = DoorElsewhere(self._asker.ask, count)
            self.gestures = GesturesElsewhere(self._asker.ask, count)
            website.login = LoginElsewhere(self._ask_anybody)

    def concern(self, admission: Admission, keeper: Keeper, sessions: Sessions) -> None:
        """Know who lets viewers in here, and whom what others tell concerns."""
        self._sessions = sessions
        if self._asker is not None:
            self._review = Review(self._directory, keeper, sessions, self._asker.ask)
        self._porter = Porter(
            self._directory, admission, self._read_login,
            lambda login: self._login is not None and login in self._login.ended, self.gestures,
        )  # fmt: skip
        self._pages = LoginPages(self._website.answer)

    # Life

    def start(self, tasks: Tasks, url: str | None, life: str | None) -> None:
        """Begin, if there is a backplane; `life` is as who this process writes guilds to it, if it does."""
        if url is None:
            return
        from bridge.backplane.crier import Crier  # noqa: PLC0415 - who has no backplane needs no redis
        from bridge.backplane.lines import Lines  # noqa: PLC0415
        from bridge.backplane.logouts import Logouts  # noqa: PLC0415
        from bridge.backplane.notices import Notices  # noqa: PLC0415
        from bridge.backplane.talk import Talk  # noqa: PLC0415

        if life is not None:
            self._answerer = Answerer(life, self._answer)
        lines = Lines(url)
        self._logouts = Logouts(lines, lambda: self._login.ended if self._login else {}, self._end_logins)
        asker = self._asker if life is None else self.colleagues.asker
        self._households.is_leaving = False
        self._crier = Crier(lines, self._households)
        self._notices = Notices(
            lines, lambda: self._directory.notice, self._announce, writes=life is not None
        )
        self._directory.on_notice = self._notices.tell
        self._ears = {
            keys.LOGINS_LIVE: self._logouts.hear,
            keys.NOTICE_LIVE: self._notices.hear,
            keys.ADDRESSES_LIVE: self._households.hear,
            **{side.channel: side.hear for side in (asker, self._answerer) if side is not None},
        }
        self._talk = Talk(lines, list(self._ears), self._hear, self._look)
        for side in (asker, self._answerer):
            if side is not None:
                side.use(self._talk)
        tasks.start(self._talk.run(), "talking to other processes")
        tasks.start(self._logouts.run(), "telling of logouts")
        tasks.start(self._notices.run(), "telling what is announced")
        tasks.start(self._crier.run(), "telling from where many come")
        if self._answerer is not None:
            tasks.start(self._answerer.run(), "answering other processes")
            tasks.start(self._keep_tidy(), "counting viewers elsewhere")
        if self._asker is not None:
            tasks.start(self._keep_reporting(), "reporting how many watch")

    def let_go(self) -> None:
        """Have those who are here counted where they go to: a stop follows."""
        self._households.is_leaving = True
        if self._crier is not None:
            self._crier.tell_now()

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        if self._talk is not None:
            self._talk.end()

    async def stop(self) -> None:
        """Hang up, after the tasks."""
        await self._tasks.stop()
        if self._answerer is not None:
            await self._answerer.stop()
        if self._talk is not None:
            await self._talk.stop()

    # What happens here

    def end_login(self, login: str) -> None:
        """Tell others of a login that ended here."""
        if self._logouts is not None and self._login is not None and login in self._login.ended:
            self._logouts.tell(login, self._login.ended[login])

    def withdraw(self, room: Room, uids: set[str] | None) -> None:
        """Have those who watch a guild elsewhere by a login turned out, or these of them."""
        if room.info.protected:
            room.withdraw(uids)

    def review(self, room: Room) -> None:
        """Have it asked again of those who watch a guild elsewhere."""
        if room.info.protected:
            room.review()

    def viewers_elsewhere(self, guild_id: str) -> int:
        """Count who watches a guild at other processes."""
        if self._answerer is None:
            return 0
        return self._reported.count(guild_id, asyncio.get_running_loop().time())

    def all_elsewhere(self) -> int:
        """Count who watches any guild of this process at other ones."""
        return self._reported.total(asyncio.get_running_loop().time())

    async def watching_elsewhere(self, room: Room) -> int:
        """Tell how many watch a guild at other processes, as far as is known: whoever writes it counts."""
        guild_id, now = room.info.id, asyncio.get_running_loop().time
        if self._asker is None:
            return self.viewers_elsewhere(guild_id)
        count, until = self._elsewhere.get(guild_id, (0, 0.0))
        if until <= now():
            with contextlib.suppress(Silence, TimeoutError):
                async with asyncio.timeout(COUNT_WITHIN):
                    answer = await self._asker.ask(guild_id, "watchers", {"guild": guild_id})
                count = counting.read_count(answer)
            self._elsewhere[guild_id] = count, now() + COUNT_GOOD_FOR
        return count

    # What happens elsewhere

    def start_over(self, room: Room) -> None:
        """Bring those who watch a room that has become another one into it, as far as they may enter."""
        if self._review is not None and room.info.protected:
            work = self._review.settle(room, self._review.hold(room))
        else:
            work = self._sessions.start_over(room, self._directory.turns)
        self._tasks.start(work, "starting a room over")

    def heed(self, room: Room, event: Event) -> None:
        """Do what is told of who may not watch a room any more."""
        if event.type == "withdraw":
            uids = event.data["uids"]
            self._sessions.revoke(room, None if uids is None else set(uids))
        elif self._review is not None:
            self._tasks.start(self._review.look(room), "asking who may watch")

    def _look(self) -> None:
        for told in (self._logouts, self._notices):
            if told is not None:
                told.look()

    def _announce(self, notice: Notice) -> None:
        """Tell those who watch here what was announced elsewhere, once."""
        known = self._directory.notice
        if known is None or known.at < notice.at:
            self._tasks.start(self._directory.announce(notice), "announcing")

    def _hear(self, channel: bytes, told: bytes) -> None:
        self._ears[channel.decode()](told)

    def _end_logins(self, logins: Mapping[str, float]) -> None:
        if self._login is not None:
            self._login.end(logins)
        self._sessions.end_logins(logins.keys())

    async def _answer(self, reader: str, kind: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        match kind:
            case "watching":
                self._take_report(reader, body)
                return None
            case "watchers":
                return self._count_watchers(reader, body)
            case "colleague":
                return await self.colleagues.answer(body)
            case "page":
                return await self._pages.answer(body)
            case _:
                return await self._porter.answer(kind, body)

    async def _ask_anybody(self, kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask a writer, whichever it is.

        Raises:
            Silence: if none answers.
        """
        assert self._asker is not None  # noqa: S101 - nobody else asks
        now = asyncio.get_running_loop().time
        await self._wait_for_guilds()
        give_up = now() + AT_ONCE
        guild_ids = list(self._directory.rooms)
        for guild_id in random.sample(guild_ids, min(ASKED_OF_ANYBODY, len(guild_ids))):
            try:
                return await self._asker.ask(guild_id, kind, body)
            except Silence:  # at once: nobody is there; later: it may have been heard, and isn't said twice
                if now() > give_up:
                    break
        raise Silence

    async def _wait_for_guilds(self) -> None:
        """Wait until some are known by which a writer can be asked, as after a start, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(asking.STARTING):
                while not self._directory.rooms:  # noqa: ASYNC110 - it is rare, and short
                    await asyncio.sleep(asking.AGAIN)

    async def _keep_reporting(self) -> None:
        while True:
            await asyncio.sleep(counting.REPORT_EVERY)
            with contextlib.suppress(Silence):  # the next report says it too
                await self._report()

    async def _report(self) -> None:
        assert self._asker is not None  # noqa: S101 - only who asks reports
        rooms = self._directory.rooms
        watched = {guild_id: len(room.viewers) for guild_id, room in rooms.items() if room.is_watched}
        said = dict.fromkeys(self._was_reported, 0) | watched
        names = list(said)
        for start in range(0, len(names), counting.REPORTED_AT_ONCE):
            few = {guild_id: said[guild_id] for guild_id in names[start : start + counting.REPORTED_AT_ONCE]}
            await self._asker.tell_writers("watching", few)
        self._was_reported = set(watched)

    def _take_report(self, reader: str, body: Mapping[str, Any]) -> None:
        counts = counting.read_report(body)
        known = {guild_id: count for guild_id, count in counts.items() if guild_id in self._directory.rooms}
        self._reported.note(reader, known, asyncio.get_running_loop().time())

    def _count_watchers(self, reader: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Count who watches a guild, here and everywhere but at whoever asks."""
        room = self._directory.rooms.get(str(body.get("guild")))
        if room is None:
            return None
        now = asyncio.get_running_loop().time()
        return {"count": room.viewer_count + self._reported.count(room.info.id, now, but=reader)}

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(counting.GOOD_FOR)
            self._reported.tidy(asyncio.get_running_loop().time())

    def _read_login(self, headers: Headers) -> Login | None:
        return None if self._login is None else self._login.who_opens(headers)

    @property
    def _login(self) -> WebLogin | None:
        login = self._website.login
        return login if isinstance(login, WebLogin) else None
