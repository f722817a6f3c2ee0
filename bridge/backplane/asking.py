"""Asks whoever writes a guild what only they know, and waits for the answer, but not for ever."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bridge.backplane import keys, letters
from bridge.backplane.letters import Question, Unheard
from bridge.errors import Silence

if TYPE_CHECKING:
    from bridge.backplane.talk import Talk

PATIENCE: Final = 12.0  # seconds for an answer: what Discord is given to say, and a little more
STARTING: Final = 2.0  # seconds that whoever writes a guild may take to be there, as after a start
AGAIN: Final = 0.1  # seconds between two tries
MAX_MISSING: Final = 1_000
MAX_WAITING: Final = 2_000  # questions that aren't answered yet


Speak = Callable[
    [bytes, Callable[[Silence], None]], None
]  # takes a question, and whom to tell that nobody heard it


class Asker:
    """Asks in the name of one process. Answers are matched by numbers that nobody can guess.

    Whatever comes late, twice, or unasked is dropped; so is what can't be read.
    """

    def __init__(self) -> None:
        self._reader = secrets.token_hex(16)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._missing: dict[str, float] = {}  # guilds that nobody writes, and since when
        self._talk: Talk | None = None

    @property
    def channel(self) -> str:
        """Where answers are heard."""
        return keys.told(self._reader)

    def use(self, talk: "Talk") -> None:
        """Ask by these connections, which hear the channel."""
        self._talk = talk
        talk.on_silence = self._give_all_up

    async def ask(self, guild_id: str, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask whoever writes a guild.

        Raises:
            Silence: if there is no answer.
        """
        now = asyncio.get_running_loop().time
        while True:
            try:
                answer = await self._ask_once(
                    lambda talk: partial(talk.say_to_writer, guild_id), kind, body, PATIENCE
                )
            except Unheard:
                if len(self._missing) >= MAX_MISSING:
                    self._missing.clear()
                if now() > self._missing.setdefault(guild_id, now()) + STARTING:
                    raise Silence from None
            else:
                self._missing.pop(guild_id, None)
                return answer
            await asyncio.sleep(AGAIN)

    async def ask_at(self, channel: str, kind: str, body: Mapping[str, Any], within: float) -> dict[str, Any]:
        """Ask whoever hears a channel, once.

        Raises:
            Silence: if there is no answer.
        """
        return await self._ask_once(lambda talk: partial(talk.say, channel), kind, body, within)

    async def _ask_once(
        self, by: Callable[["Talk"], Speak], kind: str, body: Mapping[str, Any], within: float
    ) -> dict[str, Any]:
        if self._talk is None or len(self._waiting) >= MAX_WAITING:
            raise Silence
        question = self._question(kind, body)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[question.number] = answer
        try:
            by(self._talk)(question.told(), partial(_give_up, answer))
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            raise Silence from None
        finally:
            del self._waiting[question.number]

    async def tell_writers(self, kind: str, of_guilds: Mapping[str, Any]) -> None:
        """Tell those who write guilds something of each, to which there is no answer.

        Raises:
            Silence: if that can't be done now.
        """
        if self._talk is None:
            raise Silence
        by_channel: dict[str, dict[str, Any]] = {}
        for guild_id, channel in (await self._talk.places(of_guilds.keys())).items():
            by_channel.setdefault(channel, {})[guild_id] = of_guilds[guild_id]
        for channel, some in by_channel.items():
            self._talk.say(channel, self._question(kind, some).told())

    def hear(self, told: bytes) -> None:
        """Take an answer."""
        reply = letters.read_reply(told)
        answer = None if reply is None else self._waiting.get(reply.number)
        if reply is None or answer is None or answer.done():
            return
        body = letters.read_body(reply.body)
        if body is None:
            answer.set_exception(Silence())
        else:
            answer.set_result(body)

    def _give_all_up(self) -> None:
        """Wait for nothing that would not be heard."""
        for answer in self._waiting.values():
            _give_up(answer, Silence())

    def _question(self, kind: str, body: Mapping[str, Any]) -> Question:
        return Question(self._reader, secrets.token_hex(16), kind, letters.write_body(body))


def _give_up(answer: asyncio.Future[dict[str, Any]], why: Silence) -> None:
    if not answer.done():
        answer.set_exception(why)
