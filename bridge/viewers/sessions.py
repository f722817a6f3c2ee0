"""Who is here: by connection, by room, by login; and who has to go when what let them in has ended."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final

from websockets.asyncio.server import ServerConnection

from bridge.access.admission import Admission
from bridge.access.visitor import Pass
from bridge.access.withdrawals import Ends
from bridge.problems import LOGIN_NEEDED
from bridge.rooms.room import Room
from bridge.running.turns import Turns
from bridge.viewers.session import Session
from bridge.wire.protocol import Goodbye

PORTIONS: Final = 100  # in which all leave who are here
PORTION: Final = 100  # viewers at least
PAUSE: Final = 0.1  # seconds between two of them


class Sessions(Mapping[ServerConnection, Session]):
    """The sessions of a bridge, by connection. What ends for those who are here ends for newcomers too."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._here: dict[ServerConnection, Session] = {}

    def __getitem__(self, connection: ServerConnection) -> Session:
        return self._here[connection]

    def __iter__(self) -> Iterator[ServerConnection]:
        return iter(self._here)

    def __len__(self) -> int:
        return len(self._here)

    def join(self, connection: ServerConnection, session: Session) -> None:
        """Know that somebody is here."""
        self._here[connection] = session

    def leave(self, connection: ServerConnection) -> None:
        """Know that somebody has gone."""
        self._here.pop(connection, None)

    def watching(self, room: Room | None) -> list[Session]:
        """Name the sessions of those who watch a room: ten thousand looks take a few milliseconds."""
        return [] if room is None else [one for one in room.viewers if isinstance(one, Session)]

    def logged_in(self, room: Room | None) -> set[str]:
        """Name who watches a room because their login lets them."""
        return {uid for session in self.watching(room) if (uid := session.permit.uid) is not None}

    async def start_over(self, room: Room, turns: Turns) -> None:
        """Give those who watch a room that has become another one a new entry, a few in each turn."""
        here = self.watching(room)
        for session in here:
            session.outbox.start_over()
        await turns.each(here, lambda session: session.outbox.catch_up())

    async def let_go(
        self, goodbye: Goodbye, flush: Callable[[], None], is_patient: Callable[[], bool]
    ) -> None:
        """Have all leave, in portions: whoever takes them in gets them one after the other.

        `flush` has them hear before what they are still to hear. With no more patience, the rest stay.
        """
        here = list(self._here.values())
        size = max(PORTION, -(-len(here) // PORTIONS))
        for start in range(0, len(here), size):
            if not is_patient():
                return
            flush()
            for session in here[start : start + size]:
                session.dismiss(goodbye)
            await asyncio.sleep(PAUSE)

    def revoke(self, room: Room, uids: Collection[str] | None) -> None:
        """Turn out of a room those whom a login let in, or these of them."""

        def ends(permit: Pass) -> bool:
            return permit.uid is not None and (uids is None or permit.uid in uids)

        self.turn_out(room, ends)

    def turn_out(self, room: Room, ends: Ends[Pass]) -> None:
        """Turn out of a room those whose permit ends, and let in nobody by such a one."""
        self._admission.withdraw(ends, room)
        for session in self.watching(room):
            if ends(session.permit):
                session.turn_out(LOGIN_NEEDED)

    def ends(self, room: Room) -> AbstractContextManager[list[Ends[Pass]]]:
        """Note what ends at a room's door from here on, as for those who are on their way in."""
        return self._admission.ends(room)

    def end_login(self, key: str) -> None:
        """Let go whoever watches by this login, and have others of its connections be nobody's."""
        self._admission.withdraw(lambda permit: permit.login == key)
        for session in list(self._here.values()):
            session.end_login(key)

    def end_logins(self, keys: Collection[str]) -> None:
        """Do the same for several logins, of which most are nobody's here."""
        here = {session.permit.login for session in self._here.values()}
        here |= {session.visitor.login.key for session in self._here.values() if session.visitor.login}
        on_the_way = [key for key in keys if key not in here]
        if on_the_way:
            named = frozenset(on_the_way)
            self._admission.withdraw(lambda permit: permit.login in named)
        for key in here.intersection(keys):
            if key is not None:
                self.end_login(key)
