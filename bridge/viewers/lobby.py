"""Who waits for a room, because there is none that they may enter yet; they leave as soon as a door opens."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from bridge.access.admission import Admission
from bridge.access.visitor import NOBODY, Visitor
from bridge.errors import ProviderError
from bridge.providers.keeper import Keeper
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.tasks import Tasks
from bridge.viewers.session import Session
from bridge.viewers.sessions import Sessions
from bridge.wire.protocol import Credentials

MOVED_AT_ONCE: Final = 50  # viewers from the lobby, in one turn of the loop
PACE: Final = 1.0  # seconds at least between two looks for a room


class Lobby:
    """Moves those who wait in the lobby to where each of them may be."""

    def __init__(
        self, directory: Directory, keeper: Keeper, admission: Admission, sessions: Sessions, tasks: Tasks
    ) -> None:
        self._directory = directory
        self._keeper = keeper
        self._admission = admission
        self._sessions = sessions
        self._tasks = tasks
        self._is_called = False  # whether somebody may be able to leave, and that is not looked after yet

    def call(self) -> None:
        """Have those who wait look soon whether they can leave: a door has opened, or many have."""
        if self._directory.lobby.is_watched and not self._is_called:
            self._is_called = True
            self._tasks.start(self._answer_call(), "leaving the lobby")

    async def look_for_rooms(self, interval: float) -> None:
        """Ask the provider from time to time while somebody waits: nobody else would."""
        while True:
            await asyncio.sleep(max(interval, PACE))
            if self._directory.lobby.is_watched:
                with contextlib.suppress(ProviderError):
                    await self._keeper.refresh_servers()
                await self._move_out()

    async def _answer_call(self) -> None:
        self._is_called = False
        await self._move_out()

    async def _move_out(self) -> None:
        waiting = self._sessions.watching(self._directory.lobby)
        groups: dict[Visitor, list[Session]] = {NOBODY: waiting}
        for session in waiting:
            if session.visitor.is_somebody:
                groups.setdefault(session.visitor, []).append(session)
        for visitor, group in groups.items():
            for start in range(0, len(group), MOVED_AT_ONCE):
                if not await self._move(group[start : start + MOVED_AT_ONCE], visitor):
                    break

    async def _move(self, few: Sequence[Session], visitor: Visitor) -> bool:
        """Move some who wait to where this visitor may be; tell whether there is such a room."""

        async def prepare(room: Room) -> None:
            for session in few:
                await session.prepare(room)

        entry = await self._admission.admit(
            "default", Credentials(), lambda: visitor, prepare=prepare, comes=lambda _: True
        )
        crowding = self._admission.crowding
        lobby = self._directory.lobby
        if entry.room is lobby:
            return False
        self._directory.flush_room(lobby)  # what was said in the lobby is not lost on the way out
        for session in few:
            if crowding is not None and crowding.is_full(entry.room):
                break  # the next ones are for another room
            if session.room is lobby and visitor in (NOBODY, session.visitor):
                session.enter(entry.room, permit=entry.permit)
        await asyncio.sleep(0)
        return True
