"""What processes say to each other is read strictly, and bounded: rubbish is nothing, and a flood waits."""

import asyncio
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.access import questions
from bridge.access.doorkeeper import Unanswered
from bridge.access.questions import Rubbish, Standing
from bridge.access.visitor import Papers, Pass, Visitor
from bridge.backplane import answering, asking, counting, letters
from bridge.backplane.answering import Answerer
from bridge.backplane.asking import Asker
from bridge.backplane.letters import Question, Reply
from bridge.errors import Refused, Silence
from bridge.problems import BOT_SILENT, LOGIN_NEEDED, NO_ANSWER
from bridge.server import WebSocketServer
from bridge.site.login_elsewhere import read_answer
from bridge.wire.protocol import Credentials
from tests.bridge.backplane.conftest import Follow
from tests.bridge.watchers import until, watching
from tests.redis import RedisServer

if TYPE_CHECKING:
    from bridge.backplane.talk import Talk

READER, NUMBER = "a" * 32, "b" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    [
        "pass",
        "refused",
        "unanswered",
        "first",
        "lookedAt",
        "trouble",
        "sameDoor",
        "ended",
        "unsure",
        "status",
    ],
    [
        "type",
        "body",
        "headers",
        "address",
        "device",
        "cookies",
        "origin",
        "token",
        "user",
        "password",
        "guild",
    ],
    ["lock", "permits"],
]
NAMES = st.sampled_from([name for some in FIELDS for name in some])
BODIES = st.dictionaries(NAMES, JSON, max_size=6)
TEXT = st.text(st.characters(codec=None), max_size=20)


@given(st.binary(max_size=300))
def test_what_is_no_letter_is_nothing(told: bytes) -> None:
    """Whatever it is."""
    assert letters.read_reply(told) is None or told.rstrip()[:32].isalnum()
    question = letters.read_question(told)
    assert question is None or question.told()[letters.HEAD :] == told[letters.HEAD :]
    letters.read_body(told)


def test_letters_arrive_as_they_were_sent() -> None:
    """A secret stands behind what a log of slow commands shows."""
    body = letters.write_body({"password": "half a \ud83d character"})
    question = Question(READER, NUMBER, "enter", body)
    assert letters.read_question(question.told()) == question
    assert b"character" not in question.told()[: letters.HEAD]
    assert letters.read_reply(Reply(NUMBER, body).told()) == Reply(NUMBER, body)
    assert letters.read_body(body) == {"password": "half a \ud83d character"}
    too_long = Reply(NUMBER, b"x" * letters.MAX_LETTER).told()
    assert letters.read_reply(too_long) is None
    assert letters.read_question(Question(READER, NUMBER, "enter", too_long).told()) is None
    assert letters.read_body(b"[" * 100_000) is None


@given(
    st.builds(
        Visitor, TEXT, st.none(), st.none() | TEXT, st.none() | st.builds(Papers, TEXT, TEXT)
    ),
    st.builds(
        Credentials, st.none() | TEXT, st.none() | st.dictionaries(TEXT, TEXT, max_size=3), st.none() | TEXT
    ),
)  # fmt: skip
def test_who_asks_is_who_is_heard(visitor: Visitor, credentials: Credentials) -> None:
    """With all that they show."""
    said = letters.read_body(letters.write_body(questions.write_caller(visitor, credentials)))
    assert said is not None
    caller = questions.read_caller(said)
    assert (caller.visitor, caller.credentials) == (visitor, credentials)


@given(BODIES)
def test_rubbish_opens_nothing(body: Mapping[str, Any]) -> None:
    """Nor does it raise anything that nobody expects."""
    for read in (questions.read_caller, questions.read_permits, questions.read_standing):
        try:
            read(body)
        except Rubbish:
            continue
    try:
        found, looked_at, _ = questions.read_first(body, ["1", "2"])
        assert found in (None, "1", "2")
        assert 1 <= looked_at <= 2
    except Rubbish:
        pass
    try:
        permit = questions.read_verdict(body)
        assert permit.until is None or math.isfinite(permit.until)
        assert "pass" in body
    except Refused:
        pass
    try:
        answer = read_answer(body)
        assert all("\n" not in value for _, value in answer.headers)
    except Silence:
        pass
    assert all(count <= counting.MAX_COUNT for count in counting.read_report(body).values())


def test_verdicts() -> None:
    """What is refused is refused for the same reason; what can't be read is silence."""
    for permit in (Pass(), Pass("7"), Pass("7", "key", 5.5)):
        assert questions.read_verdict(questions.write_pass(permit)) == permit
    for refusal, kind in ((Refused(LOGIN_NEEDED), Refused), (Unanswered(NO_ANSWER), Unanswered)):
        with pytest.raises(kind) as raised:
            questions.read_verdict(questions.write_refusal(refusal))
        assert raised.type is kind
        assert raised.value.problem == refusal.problem
    for body in ({}, {"pass": None}, {"pass": ["7"]}, {"pass": [None, None, math.inf]}, {"refused": ["x"]}):
        with pytest.raises(Unanswered) as raised:
            questions.read_verdict(body)
        assert raised.value.problem == BOT_SILENT
    standing = Standing(is_same_door=True, ended=frozenset({1}), unsure=frozenset({0, 2}))
    assert questions.read_standing(questions.write_standing(standing)) == standing


def test_headers_that_are_not_passed_on() -> None:
    """Nobody writes into a page's head what isn't meant to be there."""
    good, bad = [["Location", "/"], ["Set-Cookie", "c=d"]], [["Set-Cookie", "a=b\r\nX: y"], ["X-Other", "1"]]
    said = {"status": 303, "type": "text/plain", "body": "x", "headers": [*bad, *good, "no", [1, 2]]}
    assert read_answer(said).headers == (("Location", "/"), ("Set-Cookie", "c=d"))
    for wrong in ({"status": 999}, {"type": "a\nb"}, {"body": "x" * 100_000}, {"headers": None}):
        with pytest.raises(Silence):
            read_answer(said | wrong)


class Line:
    """Notes what is said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.fails: list[Any] = []
        self.on_silence: Any = None

    def say(self, channel: str, text: bytes, fail: Any = None) -> None:
        self.said.append((channel, text))

    def say_to_writer(self, guild_id: str, text: bytes, fail: Any) -> None:
        self.said.append((guild_id, text))
        self.fails.append(fail)


async def test_answers_that_are_none_of_ours() -> None:
    """Late, twice, or with another number; one that can't be read is silence."""
    line, asker = Line(), Asker()
    asker.use(cast("Talk", line))
    first, second = (asyncio.create_task(asker.ask("1", "enter", {})) for _ in range(2))
    await until(lambda: len(line.said) == 2, "both are asked")
    numbers = [letters.read_question(text).number for _, text in line.said]  # type: ignore[union-attr]
    asker.hear(b"")
    asker.hear(Reply(NUMBER, b"{}").told())
    asker.hear(Reply(numbers[1], b"no json").told())
    asker.hear(Reply(numbers[0], b'{"yes": 1}').told())
    asker.hear(Reply(numbers[0], b'{"yes": 2}').told())
    assert await first == {"yes": 1}
    with pytest.raises(Silence):
        await second
    asker.hear(Reply(numbers[0], b'{"yes": 3}').told())


async def test_so_many_questions_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is more is not even asked; whoever gives up waits for nothing any more."""
    monkeypatch.setattr(asking, "MAX_WAITING", 2)
    line, asker = Line(), Asker()
    asker.use(cast("Talk", line))
    asked = [asyncio.create_task(asker.ask("1", "enter", {})) for _ in range(2)]
    await until(lambda: len(line.said) == 2, "both are asked")
    with pytest.raises(Silence):
        await asker.ask("1", "enter", {})
    asked[0].cancel()
    line.fails[1](Silence())
    await asyncio.wait(asked)
    assert not asker._waiting


class Desk:
    """A writer that answers when it is told to."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.gate = asyncio.Event()
        self.line = Line()
        self.answerer = Answerer("life", self.answer)
        self.answerer.use(cast("Talk", self.line))

    async def answer(self, reader: str, kind: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self.begun.append((reader[0], body["n"]))
        await self.gate.wait()
        return {} if kind == "enter" else None

    def ask(self, reader: str, number: int, kind: str = "enter") -> None:
        body = json.dumps({"n": number}).encode()
        self.answerer.hear(Question(reader * 32, f"{number:032x}", kind, body).told())


async def test_a_flood_of_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are answered at once, few wait, and another reader's come in between."""
    monkeypatch.setattr(answering, "AT_ONCE", 4)
    monkeypatch.setattr(answering, "MAX_WAITING", 20)
    desk = Desk()
    running = asyncio.create_task(desk.answerer.run())
    for number in range(100):
        desk.ask("a", number)
    desk.ask("b", 0)
    await until(lambda: len(desk.begun) >= 4, "some are begun")
    assert desk.begun == [("a", 81), ("b", 0), ("a", 82), ("a", 83)]  # the oldest had to go
    desk.gate.set()
    await until(lambda: len(desk.line.said) >= 20, "all are answered")
    assert {channel for channel, _ in desk.line.said} == {f"dzone:{{{name * 32}}}:told" for name in "ab"}
    running.cancel()
    await desk.answerer.stop()


async def test_what_nobody_waits_for_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader has given up."""
    desk = Desk()
    monkeypatch.setattr(answering, "PATIENCE", -1)
    desk.ask("a", 1)
    running = asyncio.create_task(desk.answerer.run())
    await until(lambda: not desk.answerer._count, "it is looked at")
    assert not desk.begun
    running.cancel()


async def test_rubbish_on_every_channel(
    origin: WebSocketServer, follow: Follow, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody minds."""
    there = await follow()
    talks = [server._exchange._talk for server in (origin, there)]
    await until(lambda: all(talk is not None and talk.is_there for talk in talks), "both hear each other")
    channels = [channel for channel in redis.ask("PUBSUB", "CHANNELS", "dzone:*").split() if ":" in channel]
    assert len(channels) >= 6
    head = f"{READER} {NUMBER} "
    bodies = ("{}", "[]", "null", '{"guild": 1}', "{", '{"guild": "1", "permits": [[1]], "address": {}}')
    for channel in channels:
        for rubbish in ("", "rubbish", head, NUMBER, "x" * 300_000, "key 1e999", "a b c d e"):
            redis.ask("PUBLISH", channel, rubbish)
        for kind in ("enter", "first", "still", "page", "watching", "other"):
            for body in bodies:
                redis.ask("PUBLISH", channel, (head + kind).ljust(letters.HEAD) + body)
    async with watching(there) as viewer:
        assert (await viewer.enter("vault", password="sesame"))["serverName"] == "The Vault"
    await until(lambda: not origin._exchange._answerer._being_answered, "all is answered")  # type: ignore[union-attr]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
