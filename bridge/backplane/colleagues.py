"""The other processes that write to the same place: each is asked what it has, and answers.

What they say to each other is sealed: who reads Redis, or shows the rooms, learns nothing of it.
"""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bridge.backplane import keys, letters, parts
from bridge.backplane.asking import Asker
from bridge.backplane.parts import WHOLE, Part
from bridge.errors import Silence

if TYPE_CHECKING:
    from bridge.backplane.sealing import Seal

PATIENCE: Final = 2.0  # seconds in which all of them have answered, or are left out

Say = Mapping[str, Any]
Answer = Callable[[Say], Awaitable[Say]]
Writers = Callable[[], Awaitable[Mapping[Part, str]]]  # names the lives of those who write now


@dataclass(frozen=True, slots=True)
class Others:
    """What others answered, which of them didn't, and which shards nobody has."""

    answers: Mapping[Part, Say]
    silent: tuple[Part, ...] = ()
    missing: tuple[Part, ...] = ()


class Colleagues:
    """Asks all others at once. `part` is one's own, and `writers` tells who is there."""

    def __init__(self) -> None:
        self.asker = Asker()
        self._part = WHOLE
        self._writers: Writers | None = None
        self._secret: bytes | None = None
        self._answer: Answer | None = None

    def meet(self, part: Part, writers: Writers) -> None:
        """Know who they are."""
        self._part, self._writers = part, writers

    def use(self, answer: Answer, secret: bytes) -> None:
        """Answer by `answer` whoever has the same secret."""
        self._answer, self._secret = answer, secret

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self._part.is_whole

    async def ask(self, question: Say, within: float = PATIENCE) -> Others:
        """Ask all others something; who hasn't answered in time is left out.

        Raises:
            Silence: if nobody knows who they are.
        """
        if self._writers is None or (seal := self._seal) is None:
            raise Silence
        sealed = _text(seal.close(letters.write_body(question)))
        now = asyncio.get_running_loop().time
        give_up = now() + within
        try:
            async with asyncio.timeout_at(give_up):
                writers = dict(await self._writers())
        except TimeoutError:
            raise Silence from None
        missing = tuple(parts.missing((self._part, *writers), self._part.total))
        writers.pop(self._part, None)
        asked = (self._ask_one(seal, part, life, sealed, give_up - now()) for part, life in writers.items())
        said = dict(zip(writers, await asyncio.gather(*asked), strict=True))
        answers = {part: answer for part, answer in sorted(said.items()) if answer is not None}
        return Others(answers, tuple(sorted(said.keys() - answers.keys())), missing)

    async def answer(self, body: Say) -> Say | None:
        """Answer one of them; None to anybody else."""
        sealed = body.get("sealed")
        if (seal := self._seal) is None or self._answer is None or not isinstance(sealed, str):
            return None
        question = _read(seal, sealed, b"")
        if question is None:
            return None
        answer = letters.write_body(await self._answer(question))
        return {"sealed": _text(seal.close(answer, _matter(sealed, self._part)))}

    @property
    def _seal(self) -> "Seal | None":
        from bridge.backplane.sealing import Seal  # noqa: PLC0415 - who has no backplane needs no cryptography

        return None if self._secret is None else Seal(self._secret)

    async def _ask_one(self, seal: "Seal", part: Part, life: str, sealed: str, within: float) -> Say | None:
        try:
            answer = await self.asker.ask_at(keys.asked(life), "colleague", {"sealed": sealed}, within)
        except Silence:
            return None
        said = answer.get("sealed")
        return _read(seal, said, _matter(sealed, part)) if isinstance(said, str) else None


def _read(seal: "Seal", sealed: str, matter: bytes) -> Say | None:
    try:
        closed = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        return None
    words = seal.open(closed, matter)
    return None if words is None else letters.read_body(words)


def _text(closed: bytes) -> str:
    return base64.b64encode(closed).decode()


def _matter(question: str, part: Part) -> bytes:
    """Name what an answer belongs to: a question, and whoever has a part."""
    return f"{part} {question}".encode()
