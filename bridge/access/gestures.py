"""Lets somebody who is logged in make their own figure do something: nobody else's, and not all the time."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bridge.access import questions
from bridge.access.admission import Who
from bridge.access.doorkeeper import Unanswered
from bridge.access.elsewhere import Ask
from bridge.errors import Refused, Silence
from bridge.problems import (
    GESTURE_LOGIN,
    GESTURE_NOT_SHOWN,
    GESTURE_OFF,
    GESTURE_SILENT,
    GESTURE_TOO_OFTEN,
)
from bridge.rooms.room import Room
from bridge.running.rate import Rate, Rates
from bridge.wire.gestures import Gesture

# One takes a figure two seconds, and everybody who watches hears of it.
EACH: Final = Rate(per_second=0.5, at_once=3)  # of one person, wherever they watch, and of one connection
TOGETHER: Final = Rate(per_second=10, at_once=30)  # of all in one guild


class Gestures(Protocol):
    """Has the figures of those who watch do what they ask for: here, or where the guild is written."""

    async def make(self, room: Room, who: Who, gesture: Gesture) -> None:
        """Have the figure of whoever asks do something in a guild.

        Raises:
            Refused: if they have none there, or have asked too often.
        """


class GesturesHere:
    """Decides where a guild is written: by who is logged in, and who is shown. Nothing of it is kept.

    `count` is told of those that are too many.
    """

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._people = Rates(EACH)
        self._guilds = Rates(TOGETHER)

    async def make(self, room: Room, who: Who, gesture: Gesture) -> None:
        """Have the figure of whoever asks do something in a guild.

        Raises:
            Refused: if they have none there, or have asked too often.
        """
        if not room.info.gestures:
            raise Refused(GESTURE_OFF)
        login = who().current_login
        if login is None:
            raise Refused(GESTURE_LOGIN)
        uid = login.account.uid
        if uid not in room.members:
            raise Refused(GESTURE_NOT_SHOWN)
        now = asyncio.get_running_loop().time()
        if not (self._people.allow(uid, now) and self._guilds.allow(room.info.id, now)):
            self._count("too many gestures")
            raise Refused(GESTURE_TOO_OFTEN)
        room.publish("gesture", {"uid": uid, "gesture": gesture})


class GesturesElsewhere:
    """Asks by `ask` whoever writes a guild. `count` is told of each question that wasn't answered."""

    def __init__(self, ask: Ask, count: Callable[[str], None]) -> None:
        self._ask = ask
        self._count = count

    async def make(self, room: Room, who: Who, gesture: Gesture) -> None:
        """Have the figure of whoever asks do something in a guild; who shows nothing isn't asked about.

        Raises:
            Refused: if they have none there, or have asked too often, or nobody can say.
        """
        visitor = who()
        if not room.info.gestures:
            raise Refused(GESTURE_OFF)
        if visitor.papers is None:
            raise Refused(GESTURE_LOGIN)
        body = questions.write_gesture(room.info.id, visitor, gesture)
        try:
            questions.read_verdict(await self._ask(room.info.id, "gesture", body))
        except (Silence, Unanswered):
            self._count("nobody answered")
            raise Refused(GESTURE_SILENT) from None
