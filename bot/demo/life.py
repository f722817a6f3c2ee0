"""What happens in the made-up guilds: within a minute, all there is to see; then on and on."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from bot.demo.garden import (
    BOOSTERS,
    CELLAR,
    CHANNELS,
    FIRE,
    GARDEN,
    HARBOUR,
    NEWCOMER,
    PICNIC,
    POND,
    QUAYS,
    QUESTION,
    QUIZ,
    SHANTIES,
    STAGE,
    TALK,
    THREADS,
    Line,
    crew,
    gardeners,
    townspeople,
    uid_of,
)
from bridge.model import Happening, Member, Status, Voice
from bridge.server import WebSocketServer

PACE: Final = 1.4  # seconds between two things that happen
POLLED: Final = 90  # seconds that a poll is open
TYPING: Final = 1.2  # seconds that somebody types before they say something

_PLACES: Final = {channel.id: channel.name for channel in CHANNELS}
_QUAYS: Final = {channel.id: channel.name for channel in QUAYS}
_STATUSES: Final[tuple[Status, ...]] = ("online", "idle", "dnd", "offline")
_GAMES: Final = (
    "Playing Chess",
    "Playing Stardew Valley",
    "Listening to the rain",
    "Watching the bees",
    None,
)


class Life:
    """Fills a server's rooms, and lets things happen there until it is cancelled."""

    def __init__(
        self,
        server: WebSocketServer,
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._server = server
        self._rng = rng or random.Random()  # noqa: S311 - whims, not secrets
        self._sleep = sleep
        self._messages = itertools.count(9_000)
        self._shanties = itertools.cycle(SHANTIES)

    def open(self) -> None:
        """Open the rooms, with everybody in them."""
        self._server.show_guild(GARDEN, gardeners(), CHANNELS)
        self._server.show_guild(HARBOUR, townspeople(), QUAYS)
        self._server.show_guild(CELLAR, crew("Bottle", "Cork", "Dust"), CHANNELS[:1])

    async def go_on(self) -> None:
        """Let things happen."""
        while True:
            async for _ in self._round():
                await self._sleep(PACE)

    async def _round(self) -> AsyncIterator[None]:
        """Do each thing there is once: people talk all the while, and others come, sit down and get up."""
        acts = itertools.cycle(
            [
                self._arrive, self._ask, self._begin, self._sit_down, self._open_thread, self._boost,
                self._change_status, self._go_on_stage, self._do_something,
                self._mute, self._visit, self._get_up, self._come_off_stage, self._close,
            ]
        )  # fmt: skip
        for line in TALK:
            said = await self._say(line)
            yield
            for name, emoji in line.reactions:
                await self._server.broadcast_reaction(GARDEN.id, uid_of(name), line.place, emoji)
            if line.author == "Hugo":
                await self._edit(line, said, "Has anybody seen the long ladder?")
            if line.author == "Bram":
                await self._edit(line, said, None)
            await next(acts)()
            await self._sing()
            yield
        await self._leave()
        speaker = self._rng.choice(list(self._server.shown(CELLAR.id).values()))
        await self._server.broadcast_message(CELLAR.id, speaker.uid, "All quiet here.", "31")

    # What people say

    async def _say(self, line: Line) -> str:
        name, parent = THREADS.get(line.place, (_PLACES.get(line.place), None))
        uid, said = uid_of(line.author), str(next(self._messages))
        if line.author in ("Chiara", "Rosa", "Lena", "Ilya"):
            await self._server.broadcast_typing(GARDEN.id, uid, line.place)
            await self._sleep(TYPING)
        await self._server.broadcast_message(
            GARDEN.id, uid, line.words, line.place, id=said, channel_name=name, parent=parent,
            reply_to=uid_of(line.answers) if line.answers else None,
        )  # fmt: skip
        return said

    async def _sing(self) -> None:
        """Let somebody in the harbour say something."""
        place, words = next(self._shanties)
        awake = [one for one in self._server.shown(HARBOUR.id).values() if one.status == "online"]
        await self._server.broadcast_message(
            HARBOUR.id, self._rng.choice(awake).uid, words, place, id=str(next(self._messages)),
            channel_name=_QUAYS[place],
        )  # fmt: skip

    async def _edit(self, line: Line, said: str, words: str | None) -> None:
        await self._server.broadcast_edit(GARDEN.id, uid_of(line.author), line.place, said, words)

    async def _visit(self) -> None:
        """Let somebody speak who is no member."""
        guest = Member("1900", "Postwoman", "online", "#c9a227")
        await self._server.broadcast_message(
            GARDEN.id, guest.uid, "A parcel for the shed!", "31", id=str(next(self._messages)), speaker=guest,
            channel_name="general",
        )  # fmt: skip

    # What happens beside words

    async def _ask(self) -> None:
        asked = str(next(self._messages))
        await self._server.broadcast_message(
            GARDEN.id, uid_of("Zofia"), f"[poll] {QUESTION}", "32", id=asked, channel_name="seedlings"
        )
        self._server.show_happening(
            GARDEN.id,
            Happening(asked, "poll", uid_of("Zofia"), "32", text=QUESTION, until=int(time.time()) + POLLED),
        )

    async def _begin(self) -> None:
        self._server.show_events(GARDEN.id, [QUIZ, PICNIC])

    async def _open_thread(self) -> None:
        name, parent = THREADS["41"]
        self._server.show_happening(GARDEN.id, Happening("41", "thread", uid_of("Marek"), "41", parent, name))

    async def _boost(self) -> None:
        self._server.show_happening(GARDEN.id, Happening("", "boost", uid_of(self._rng.choice(BOOSTERS))))

    async def _close(self) -> None:
        """End what goes on, so that it can begin anew; who comes then sees that as well."""
        for happening in self._server.happenings(GARDEN.id):
            self._server.end_happening(GARDEN.id, happening.id)

    # What people do

    async def _arrive(self) -> None:
        someone = Member(
            uid_of(NEWCOMER), NEWCOMER, "online", "#5b8dd9", joined=int(time.time()), line="new here, hello!"
        )
        self._server.show_members(GARDEN.id, [someone])

    async def _leave(self) -> None:
        await self._server.broadcast_presence(GARDEN.id, uid_of(NEWCOMER), "offline", delete=True)

    async def _sit_down(self) -> None:
        await self._seat("Kim", Voice(FIRE, "Campfire"))

    async def _mute(self) -> None:
        await self._seat("Greta", Voice(FIRE, "Campfire", muted=True))
        await self._seat("Uma", Voice(POND, "Pond", streaming=True))

    async def _get_up(self) -> None:
        await self._seat("Kim", None)
        await self._seat("Greta", Voice(FIRE, "Campfire"))
        await self._seat("Uma", Voice(POND, "Pond"))

    async def _go_on_stage(self) -> None:
        await self._seat("Wim", Voice(STAGE, "Open air", speaker=True))

    async def _come_off_stage(self) -> None:
        await self._seat("Wim", Voice(STAGE, "Open air", muted=True))

    async def _seat(self, name: str, voice: Voice | None) -> None:
        await self._server.broadcast_voice(GARDEN.id, uid_of(name), voice)

    async def _change_status(self) -> None:
        someone = self._somebody()
        status = self._rng.choice([each for each in _STATUSES if each != someone.status])
        await self._server.broadcast_presence(GARDEN.id, someone.uid, status)

    async def _do_something(self) -> None:
        await self._server.broadcast_activity(GARDEN.id, self._somebody().uid, self._rng.choice(_GAMES))

    def _somebody(self) -> Member:
        """Choose somebody who is nowhere in particular."""
        people = self._server.shown(GARDEN.id).values()
        return self._rng.choice([one for one in people if one.voice is None and not one.bot])
