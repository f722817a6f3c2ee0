"""Answers other processes that ask who may enter here, who still may watch, and whose figure moves."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from websockets.datastructures import Headers

from bridge.access import questions
from bridge.access.admission import Admission, Who
from bridge.access.cookies import is_plain
from bridge.access.gestures import Gestures
from bridge.access.login import Login
from bridge.access.questions import Body, Caller, Standing
from bridge.access.visitor import FREELY, Papers, Visitor
from bridge.backplane import codec
from bridge.errors import NoAnswer, Refused
from bridge.problems import GESTURE_NOT_SHOWN
from bridge.rooms.directory import Directory

REVIEWED_WITHIN: Final = 6.0  # seconds that Discord may take to say who still may watch; then it isn't known
READ_AT_ONCE: Final = 50  # permits that are looked at in one turn of the loop

ReadLogin = Callable[[Headers], Login | None]


class Porter:
    """Answers by what `admission` says.

    `read_login` reads who somebody is that has logged in on our page, `has_ended` tells whether a login was
    ended before its time. `gestures` are made here.
    """

    def __init__(
        self, directory: Directory, admission: Admission, read_login: ReadLogin,
        has_ended: Callable[[str], bool], gestures: Gestures,
    ) -> None:  # fmt: skip
        self._gestures = gestures
        self._directory = directory
        self._admission = admission
        self._read_login = read_login
        self._has_ended = has_ended

    async def answer(self, kind: str, body: Body) -> Mapping[str, Any] | None:
        """Answer a question; None if it is none that can be answered here."""
        try:
            match kind:
                case "enter":
                    return await self._enter(body)
                case "first":
                    return await self._find_first(body)
                case "still":
                    return await self._review(body)
                case "gesture":
                    return await self._make_gesture(body)
        except questions.Rubbish:
            pass
        return None

    async def _enter(self, body: Body) -> Mapping[str, Any]:
        guild_id, caller = questions.text(body.get("guild")), questions.read_caller(body)
        try:
            permit = await self._admission.vouch(guild_id, caller.credentials, self._who(caller))
        except Refused as refused:
            return questions.write_refusal(refused)
        return questions.write_pass(permit)

    async def _find_first(self, body: Body) -> Mapping[str, Any]:
        caller = questions.read_caller(body)
        named = questions.items(body.get("guilds"), questions.GUILDS_AT_ONCE)
        guild_ids = [questions.text(guild_id) for guild_id in named]
        who = self._who(caller)
        return questions.write_first(
            *await self._admission.vouch_for_first(guild_ids, caller.credentials, who)
        )

    async def _make_gesture(self, body: Body) -> Mapping[str, Any]:
        guild_id, caller, gesture = questions.read_gesture(body)
        room = self._directory.rooms.get(guild_id)
        if room is None:
            return questions.write_refusal(Refused(GESTURE_NOT_SHOWN))
        try:
            await self._gestures.make(room, self._who(caller), gesture)
        except Refused as refused:
            return questions.write_refusal(refused)
        return questions.write_pass(FREELY)

    def _who(self, caller: Caller) -> Who:
        """Tell who somebody is by now: they may log out while they wait."""

        def who() -> Visitor:
            visitor = caller.visitor
            return Visitor(visitor.address, self._login_of(visitor.papers), visitor.device)

        return who

    def _login_of(self, papers: Papers | None) -> Login | None:
        if papers is None or not (is_plain(papers.cookies) and is_plain(papers.origin)):
            return None
        try:
            return self._read_login(Headers({"Cookie": papers.cookies, "Origin": papers.origin}))
        except (KeyError, TypeError):  # signed by us, and yet not what we write
            return None

    async def _still_admits(self, uid: str, login: str | None, guild_id: str) -> bool:
        if login is not None and self._has_ended(login):
            return False
        return await self._admission.doorkeeper.still_admits(uid, guild_id)

    async def _review(self, body: Body) -> Mapping[str, Any] | None:
        guild_id, lock, permits = questions.read_permits(body)
        room = self._directory.rooms.get(guild_id)
        if room is None:
            return None  # whoever has it by now can tell
        if room.info.protected and codec.lock_of(room.info) != lock:
            return questions.write_standing(Standing(is_same_door=False))
        ended: set[int] = set()
        unsure: set[int] = set()
        loop = asyncio.get_running_loop()
        give_up = loop.time() + REVIEWED_WITHIN
        for number, (uid, login) in enumerate(permits):
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            if loop.time() > give_up:
                unsure.add(number)
                continue
            try:
                if not await self._still_admits(uid, login, guild_id):
                    ended.add(number)
            except NoAnswer:
                unsure.add(number)
        return questions.write_standing(
            Standing(is_same_door=True, ended=frozenset(ended), unsure=frozenset(unsure))
        )
