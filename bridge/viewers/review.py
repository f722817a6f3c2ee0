"""Who watches a protected guild that another process has: whether they still may is asked there."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.access import questions
from bridge.access.elsewhere import Ask
from bridge.access.visitor import Pass
from bridge.access.withdrawals import Ends
from bridge.errors import Refused, Silence
from bridge.problems import BOT_SILENT, LOGIN_NEEDED, SERVER_HIDDEN, Problem
from bridge.providers.keeper import Keeper
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.viewers.session import Session
from bridge.viewers.sessions import Sessions
from bridge.wire.protocol import Goodbye

TRIES: Final = 3
PAUSE: Final = 1.0  # seconds between two of them

Verdict = Mapping[Pass, tuple[Goodbye, Problem]]  # who has to go, and why
_MAY_NOT: Final = Goodbye.REVOKED, LOGIN_NEEDED
_UNKNOWN: Final = Goodbye.SILENT, BOT_SILENT


@dataclass(frozen=True, slots=True)
class Held:
    """Who is to hear nothing of a room yet, what let them in, and by which door."""

    permits: Mapping[Session, Pass]
    door: object


class Review:
    """Turns out of rooms those who may not watch any more."""

    def __init__(self, directory: Directory, keeper: Keeper, sessions: Sessions, ask: Ask) -> None:
        self._directory = directory
        self._keeper = keeper
        self._sessions = sessions
        self._ask = ask

    async def look(self, room: Room) -> None:
        """Ask of everybody who watches a room. Of whom nobody can say, they stay: it is asked again."""
        try:
            verdict = await self._judge(room, {session.permit for session in self._sessions.watching(room)})
        except Silence:
            return
        gone = {permit for permit, why in verdict.items() if why == _MAY_NOT}
        self._sessions.turn_out(room, gone.__contains__)

    def hold(self, room: Room) -> Held:
        """Have those who watch a room that has become another one hear nothing of it yet."""
        permits = {session: session.hold() for session in self._sessions.watching(room)}
        return Held(permits, room.info.door)

    async def settle(self, room: Room, held: Held) -> None:
        """Let those in again who still may.

        Whoever wrote the room anew knows nothing of what was said at the door. Of whom nobody can say, they
        go for now.
        """
        verdict: Verdict = {}
        epoch = ""
        with self._sessions.ends(room) as ended:
            while epoch != (epoch := room.epoch):
                verdict = await self._judge_patiently(room, set(held.permits.values()))
        may_not = partial(self._has_ended, room, held, ended)
        back: list[Session] = []
        for session, permit in held.permits.items():
            why = _MAY_NOT if may_not(permit) else verdict.get(permit)
            if session.room is not None or not session.is_here:
                continue  # they have gone elsewhere
            if self._directory.rooms.get(room.info.id) is not room:
                session.turn_out(SERVER_HIDDEN)
            elif why is not None:
                session.turn_out(why[1], why[0])
            else:
                session.take_back(room)
                back.append(session)
        await self._directory.turns.each(back, lambda session: session.outbox.catch_up())

    def _has_ended(self, room: Room, held: Held, ended: Sequence[Ends[Pass]], permit: Pass) -> bool:
        """Tell whether something ended meanwhile of which somebody who is held back heard nothing."""
        if not room.info.protected:
            return False
        return room.info.door != held.door or permit.has_ended or any(ends(permit) for ends in ended)

    async def _judge_patiently(self, room: Room, permits: set[Pass]) -> Verdict:
        for number in range(TRIES):
            if number:
                await asyncio.sleep(PAUSE)
            try:
                verdict = await self._judge(room, permits)
                await self._keeper.refresh_room(room)  # it may have been closed: nobody has a seat
            except (Silence, Refused):
                continue
            else:
                return verdict
        return dict.fromkeys(permits, _UNKNOWN)

    async def _judge(self, room: Room, permits: set[Pass]) -> Verdict:
        """Ask who of them has to go.

        Raises:
            Silence: if nobody says.
        """
        if not room.info.protected:
            return {}
        verdict: dict[Pass, tuple[Goodbye, Problem]] = {}
        by_login = [permit for permit in permits if permit.uid is not None]
        for start in range(0, max(1, len(by_login)), questions.PERMITS_AT_ONCE):
            few = by_login[start : start + questions.PERMITS_AT_ONCE]
            standing = await self._ask_about(room, few)
            if not standing.is_same_door:
                return dict.fromkeys(permits, _MAY_NOT)
            verdict |= {few[number]: _UNKNOWN for number in standing.unsure if number < len(few)}
            verdict |= {few[number]: _MAY_NOT for number in standing.ended if number < len(few)}
        return verdict

    async def _ask_about(self, room: Room, few: Sequence[Pass]) -> questions.Standing:
        guild_id, lock = room.info.id, room.info.lock
        answer = await self._ask(guild_id, "still", questions.write_permits(guild_id, lock, few))
        try:
            return questions.read_standing(answer)
        except questions.Rubbish:
            raise Silence from None
