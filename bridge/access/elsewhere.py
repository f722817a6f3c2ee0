"""The door of a guild that another process has: it is asked, and its silence lets nobody in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from bridge.access import questions
from bridge.access.doorkeeper import Attempt, Unanswered
from bridge.access.visitor import Pass, Visitor
from bridge.errors import Refused, Silence
from bridge.model import GuildInfo
from bridge.problems import BOT_SILENT, LOGIN_NEEDED, Problem
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials

WRITERS_AT_ONCE: Final = 10  # that are asked for who has no choice

Ask = Callable[[str, str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]  # takes a guild, a kind, a body


class DoorElsewhere:
    """Asks by `ask`, which raises `Silence`. `count` is told of each question that wasn't answered."""

    def __init__(self, ask: Ask, count: Callable[[str], None]) -> None:
        self._ask = ask
        self._count = count

    async def check(
        self,
        info: GuildInfo,
        credentials: Credentials,
        visitor: Visitor,
        attempt: Attempt,  # noqa: ARG002
    ) -> Pass:
        """Ask what lets somebody in. Who shows nothing is told so without a question.

        Raises:
            Unanswered: if nobody can say.
            Refused: if nothing does.
        """
        if not _shows_something(credentials, visitor, info):
            raise Refused(LOGIN_NEEDED)
        body = {"guild": info.id, **questions.write_caller(visitor, credentials)}
        try:
            return questions.read_verdict(await self._ask(info.id, "enter", body))
        except Silence:
            self._count("nobody answered")
            raise Unanswered(BOT_SILENT) from None

    async def shortlist(
        self, rooms: Sequence[Room], credentials: Credentials, visitor: Visitor
    ) -> tuple[Sequence[Room], Problem | None]:
        """Leave out the protected ones but the first that lets somebody in, if it comes before any other.

        Of those before it a hundred are asked about, all in one question to each who has some of them.
        """
        unprotected = [room for room in rooms if not room.info.protected]
        before = rooms[: rooms.index(unprotected[0])] if unprotected else rooms
        asked = [room.info.id for room in before[: questions.GUILDS_AT_ONCE]]
        if not asked or not _shows_something(credentials, visitor):
            return unprotected, None
        found, trouble = await self._find_first(asked, credentials, visitor)
        return [*(room for room in before if room.info.id == found), *unprotected], trouble

    async def _find_first(
        self, guild_ids: list[str], credentials: Credentials, visitor: Visitor
    ) -> tuple[str | None, Problem | None]:
        caller = questions.write_caller(visitor, credentials)
        trouble: Problem | None = None
        for _ in range(WRITERS_AT_ONCE):
            if not guild_ids:
                break
            try:
                answer = await self._ask(guild_ids[0], "first", {"guilds": guild_ids, **caller})
                found, looked_at, why = questions.read_first(answer, guild_ids)
            except (Silence, questions.Rubbish):
                self._count("nobody answered")
                return None, trouble or BOT_SILENT
            trouble = trouble or why
            if found is not None:
                return found, trouble
            guild_ids = guild_ids[looked_at:]
        return None, trouble


def _shows_something(credentials: Credentials, visitor: Visitor, info: GuildInfo | None = None) -> bool:
    """Tell whether somebody has anything with them that may open a door, or this one."""
    has_password = info is not None and info.has_password and credentials.password is not None
    return has_password or bool(credentials.token and credentials.user) or visitor.papers is not None
