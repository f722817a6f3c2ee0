"""Short messages between processes: who is there hears them, and nobody keeps them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from bridge.backplane import keys
from bridge.backplane.letters import Unheard
from bridge.backplane.lines import Lines, Told
from bridge.backplane.trouble import Trouble
from bridge.backplane.waits import Tries
from bridge.errors import Silence

log = logging.getLogger(__name__)

SENT_AT_ONCE: Final = 100  # messages
MAX_UNSENT: Final = 5_000  # that wait to be sent

Fail = Callable[[Silence], None]  # takes why nobody heard something, or perhaps nobody did


class Message(NamedTuple):
    """What is to be said on a channel, or to whoever writes a guild. `fail` is called if nobody hears."""

    channel: str
    guild_id: str
    text: bytes
    fail: Fail


def _never_mind(why: Silence) -> None:
    """Leave it at that."""


def _unheard(trouble: Trouble) -> None:
    """Say so to who debugs: whoever reads or writes rooms there says it in the log."""
    log.debug("nobody can be asked: %s", trouble)


def _nothing() -> None:
    """Do nothing."""


class Talk:
    """Hears what is said on some channels, and says something on others, on connections of its own.

    `hear` is called with a channel and what it told, `on_there` each time when all are heard (again). What
    can't be said at once is not said.
    """

    def __init__(
        self, lines: Lines, channels: Sequence[str], hear: Told, on_there: Callable[[], None] = _nothing
    ) -> None:
        self.lines = lines
        self.is_there = False
        self.on_silence: Callable[[], None] = _nothing  # called when nothing is heard any more
        self._channels = channels
        self._hear = hear
        self._on_there = on_there
        self._unsent: deque[Message] = deque()
        self._news = asyncio.Event()
        self._tries = Tries(lines, self._talk, _unheard)

    def say(self, channel: str, text: bytes, fail: Fail = _never_mind) -> None:
        """Say something on a channel, soon."""
        self._say(Message(channel, "", text, fail))

    def say_to_writer(self, guild_id: str, text: bytes, fail: Fail = _never_mind) -> None:
        """Say something to whoever writes a guild, soon."""
        self._say(Message("", guild_id, text, fail))

    def _say(self, message: Message) -> None:
        if not self.is_there or len(self._unsent) >= MAX_UNSENT:
            message.fail(Unheard())
            return
        self._unsent.append(message)
        self._news.set()

    async def places(self, guild_ids: Iterable[str]) -> dict[str, str]:
        """Name where those are asked who write guilds, as far as somebody does.

        Raises:
            Silence: if that can't be known now.
        """
        if not self.is_there:
            raise Silence
        try:
            return await self._places(set(guild_ids))
        except Trouble:
            raise Silence from None

    async def run(self) -> None:
        """Talk, until cancelled. Whatever is wrong, it is tried again."""
        await self._tries.run()

    async def _talk(self) -> None:
        try:
            async with self.lines.subscription(self._hear) as subscription, asyncio.TaskGroup() as group:
                group.create_task(subscription.listen())
                await subscription.add(self._channels)
                self.is_there = True
                self._tries.begin_again()
                self._on_there()
                await self._keep_sending()
        finally:
            self._fall_silent()

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        self._tries.end()

    async def stop(self) -> None:
        """Hang up."""
        await self.lines.close()

    def _fall_silent(self) -> None:
        self.is_there = False
        unsent = list(self._unsent)
        self._unsent.clear()
        for message in unsent:
            message.fail(Unheard())
        self.on_silence()

    async def _keep_sending(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._unsent:
                few = [self._unsent.popleft() for _ in range(min(SENT_AT_ONCE, len(self._unsent)))]
                heard: list[int] | None = None
                try:
                    heard = await self._send(few)
                finally:
                    for number, message in enumerate(few):
                        if heard is None:
                            message.fail(Silence())  # perhaps it was heard
                        elif not heard[number]:
                            message.fail(Unheard())

    async def _send(self, few: Sequence[Message]) -> list[int]:
        """Say some things, and return how many heard each."""
        places = await self._places({message.guild_id for message in few if not message.channel})
        channels = [message.channel or places.get(message.guild_id, "") for message in few]
        said = [number for number, channel in enumerate(channels) if channel]
        heard = [0] * len(few)
        pipeline: Any = self.lines.commands.pipeline(transaction=False)
        for number in said:
            pipeline.publish(channels[number], few[number].text)
        if said:
            for number, listeners in zip(said, await self.lines.ask(pipeline.execute()), strict=True):
                heard[number] = listeners
        return heard

    async def _places(self, guild_ids: set[str]) -> dict[str, str]:
        """Name where those are asked who write guilds; of who is written by nobody, nothing."""
        if not guild_ids:
            return {}
        pipeline: Any = self.lines.commands.pipeline(transaction=False)
        names = list(guild_ids)
        for guild_id in names:
            pipeline.hget(keys.meta(guild_id), "generation")
        answers = await self.lines.ask(pipeline.execute())
        return {
            guild_id: keys.asked(keys.life_of(generation.decode(errors="replace")))
            for guild_id, generation in zip(names, answers, strict=True)
            if generation is not None
        }
