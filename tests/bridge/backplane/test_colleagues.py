"""Processes that each write a part of one bot's guilds ask each other what nobody else may know."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bridge.backplane.asking import Asker
from bridge.backplane.colleagues import Colleagues, Others, Say
from bridge.backplane.parts import Part
from bridge.errors import Silence
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow
from tests.bridge.backplane.test_parts import generations
from tests.bridge.clock import Clock
from tests.bridge.conftest import Start
from tests.bridge.watchers import PATIENCE, until
from tests.redis import RedisServer

SECRET = b"what all of them have"
WITHIN = PATIENCE / 2  # seconds: nobody who is there takes as long
PARTS = [Part(number, number, 4) for number in range(3)]


class Script:
    """Answers with a name; not before `gate` is open."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[Mapping[str, Any]] = []

    async def __call__(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(question)
        await self.gate.wait()
        return {"name": self.name, "asked": question}


async def process_of(
    start: Start, redis: RedisServer, part: Part, script: Script, secret: bytes = SECRET
) -> Any:
    """Start a process that has a part, and wait until others see it."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), publish_to=redis.url, part=part)

    async def answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
        return await script(question)

    server.on_question(answer, secret)
    await start(server)
    server.expects_more_guilds = False
    await until(lambda: str(part) in generations(redis) and server._exchange._talk.is_there, "the part")  # type: ignore[union-attr]
    return server


async def ask_until_the_end(server: Any, clock: Clock, question: Mapping[str, Any], silent: int) -> Others:
    """Ask all others, and let time pass when all have answered but those who never will."""
    asking = asyncio.create_task(server.ask_others(question, WITHIN))
    waiting = server._exchange.colleagues.asker._waiting
    await until(lambda: bool(waiting), "they are asked")
    await until(lambda: len(waiting) == silent, "the others have answered")
    await clock.jump(WITHIN)
    others: Others = await asking
    return others


async def test_all_others_are_asked(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answers for itself; who doesn't is named, and so is what nobody has."""
    scripts = [Script(name) for name in "abc"]
    servers = [
        await process_of(start, redis, part, script) for part, script in zip(PARTS, scripts, strict=True)
    ]
    assert not servers[0].is_alone
    question = {"name": "♥", "list": [1, 2]}
    others = await servers[0].ask_others(question, WITHIN)
    assert others.answers == {
        PARTS[1]: {"name": "b", "asked": question},
        PARTS[2]: {"name": "c", "asked": question},
    }
    assert (others.silent, others.missing) == ((), (Part(3, 3, 4),))
    assert scripts[0].asked == []
    scripts[1].gate.clear()
    others = await ask_until_the_end(servers[0], Clock(monkeypatch), question, silent=1)
    assert (list(others.answers), others.silent) == ([PARTS[2]], (PARTS[1],))
    scripts[1].gate.set()
    writer = servers[1]._plane._writer
    assert writer is not None
    async with writer._turn:  # it says not again that it is there
        redis.ask("SET", "dzone:{guilds}:alive:1/4", 'nobody {"guilds": 1, "viewers": 0}')
        others = await servers[0].ask_others(question, WITHIN)
    assert (list(others.answers), others.silent) == ([PARTS[2]], (PARTS[1],))
    redis.stop()
    with pytest.raises(Silence):
        await servers[0].ask_others(question, WITHIN)
    redis.start()


async def test_whoever_has_another_secret(
    start: Start, redis: RedisServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is told nothing, and believed nothing; a process that only shows the rooms has none."""
    said: list[Say | None] = []
    answer = Colleagues.answer

    async def answer_noting(self: Colleagues, body: Say) -> Say | None:
        said.append(await answer(self, body))
        return said[-1]

    monkeypatch.setattr(Colleagues, "answer", answer_noting)
    script, stranger = Script("a"), Script("b")
    one = await process_of(start, redis, PARTS[0], script)
    await process_of(start, redis, PARTS[1], stranger, b"another secret")
    others = await ask_until_the_end(one, Clock(monkeypatch), {}, silent=1)
    assert (others.answers, others.silent) == ({}, (PARTS[1],))
    await until(lambda: said == [None], "it has heard that")
    assert stranger.asked == []
    bridge = await follow(guilds=0)
    with pytest.raises(Silence):
        await bridge.ask_others({})
    asker = bridge._exchange._asker
    assert isinstance(asker, Asker)
    await until(lambda: asker._talk is not None and asker._talk.is_there, "it can ask")
    channel = one._exchange._answerer.channel
    for body in ({}, {"sealed": 1}, {"sealed": "not base64"}, {"sealed": "AAAA"}):
        with pytest.raises(Silence):
            await asker.ask_at(channel, "colleague", body, 0.1)
    await until(lambda: said == [None] * 5, "all of that is heard")
    assert script.asked == []


async def test_nobody_is_there() -> None:
    """Who writes to nothing has no colleagues."""
    assert WebSocketServer(0).is_alone
    with pytest.raises(Silence):
        await Colleagues().ask({})
