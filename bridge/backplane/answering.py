"""Answers what readers ask, without keeping anybody else waiting for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bridge.backplane import keys, letters
from bridge.backplane.asking import PATIENCE
from bridge.backplane.letters import Question, Reply
from bridge.running.tasks import Tasks

if TYPE_CHECKING:
    from bridge.backplane.talk import Talk

log = logging.getLogger(__name__)

AT_ONCE: Final = 200  # questions that are being answered: most of them wait for Discord
MAX_WAITING: Final = 1_000  # that wait until it is their turn
BEGUN_AT_ONCE: Final = 10  # in one turn of the loop: about two milliseconds' worth

Answer = Callable[[str, str, Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class _Waiting(NamedTuple):
    question: Question
    since: float


class Answerer:
    """Answers by `answer(reader, kind, body)`, whose None is no answer.

    Readers take turns, so that a flood from one delays itself. Where too many questions wait, the oldest of
    the reader with most of them is dropped; so is what has waited for so long that its reader has given up.
    """

    def __init__(self, life: str, answer: Answer) -> None:
        self.channel = keys.asked(life)
        self._answer = answer
        self._talk: Talk | None = None
        self._waiting: dict[str, deque[_Waiting]] = {}  # by reader, whose turn is next first
        self._count = 0
        self._being_answered = 0
        self._news = asyncio.Event()
        self._tasks = Tasks(log, "the backplane")

    def use(self, talk: "Talk") -> None:
        """Answer by these connections, which hear the channel."""
        self._talk = talk

    def hear(self, told: bytes) -> None:
        """Take a question."""
        question = letters.read_question(told)
        if question is None:
            return
        if self._count >= MAX_WAITING:
            self._drop(max(self._waiting, key=lambda reader: len(self._waiting[reader])))
        now = asyncio.get_running_loop().time()
        self._waiting.setdefault(question.reader, deque()).append(_Waiting(question, now))
        self._count += 1
        self._news.set()

    async def run(self) -> None:
        """Answer, until cancelled."""
        while True:
            self._news.clear()
            for _ in range(min(BEGUN_AT_ONCE, AT_ONCE - self._being_answered, self._count)):
                self._begin(self._next())
            if self._count and self._being_answered < AT_ONCE:
                await asyncio.sleep(0)
            else:
                await self._news.wait()

    async def stop(self) -> None:
        """Answer nothing more."""
        await self._tasks.stop()

    def _next(self) -> _Waiting:
        reader = next(iter(self._waiting))
        their = self._waiting.pop(reader)
        waiting = their.popleft()
        if their:
            self._waiting[reader] = their  # behind all others
        self._count -= 1
        return waiting

    def _drop(self, reader: str) -> None:
        their = self._waiting[reader]
        their.popleft()
        if not their:
            del self._waiting[reader]
        self._count -= 1

    def _begin(self, waiting: _Waiting) -> None:
        if asyncio.get_running_loop().time() - waiting.since > PATIENCE:
            return
        self._being_answered += 1
        self._tasks.start(self._reply(waiting.question), "answering a question")

    async def _reply(self, question: Question) -> None:
        try:
            body = letters.read_body(question.body)
            answer = None if body is None else await self._answer(question.reader, question.kind, body)
            if answer is not None and self._talk is not None:
                reply = Reply(question.number, letters.write_body(answer))
                self._talk.say(keys.told(question.reader), reply.told())
        finally:
            self._being_answered -= 1
            self._news.set()
