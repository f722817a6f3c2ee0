"""A door that is asked about elsewhere, at one of several who know: without anything in between."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from websockets.datastructures import Headers

from bridge.access import questions
from bridge.access.admission import Admission
from bridge.access.doorkeeper import Attempt, Doorkeeper, Unanswered
from bridge.access.elsewhere import WRITERS_AT_ONCE, DoorElsewhere
from bridge.access.gestures import GesturesElsewhere, GesturesHere
from bridge.access.guesses import Guesses
from bridge.access.login import Account, Authority, Login
from bridge.access.porter import Porter
from bridge.access.visitor import Papers, Pass, Visitor
from bridge.backplane import codec
from bridge.errors import NoAnswer, ProviderError, Refused, Silence
from bridge.model import GuildInfo, Member
from bridge.problems import (
    BOT_SILENT,
    GESTURE_LOGIN,
    GESTURE_NOT_SHOWN,
    GESTURE_OFF,
    GESTURE_SILENT,
    LOGIN_NEEDED,
    NO_SUCH_SERVER,
    NOT_THERE_YET,
    PROVIDER_TROUBLE,
)
from bridge.providers import EmptyProvider
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials

ADA = Visitor("192.0.2.1", papers=Papers("of ada", "https://here.example"))
NOTHING = Credentials()


def locked(number: int) -> GuildInfo:
    return GuildInfo(str(number), f"g{number}", f"Guild {number}", protected=True, password="sesame")


class Bot:
    """Has some guilds, and knows Ada as a member of some of them."""

    def __init__(self, *guilds: int, admits: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.directory = Directory()
        for number in guilds:
            self.directory.open(locked(number))
        self.admits = admits
        self.error: Exception | None = None
        self.ended: set[str] = set()
        self.keeper = Refresher(self.directory, EmptyProvider())
        self.admission = Admission(self.directory, self.keeper, Doorkeeper(Guesses(10, 300)))
        self.admission.doorkeeper.authority = cast("Authority", self)
        self.porter = Porter(
            self.directory, self.admission, self.read, self.ended.__contains__, GesturesHere(lambda _: None)
        )

    def read(self, headers: Headers) -> Login | None:
        match headers["Cookie"]:
            case "of ada":
                return Login(Account("7", "Ada"), "key", 1e12)
            case "of a fool":
                raise KeyError("uid")
        return None

    async def may_watch(self, uid: str, server_id: str) -> bool:
        if self.error is not None:
            raise self.error
        return uid == "7" and server_id in self.admits


class World:
    """Some bots, and where their guilds are shown."""

    def __init__(self, *bots: Bot) -> None:
        self.bots = bots
        self.asked: list[str] = []
        self.counted: list[str] = []
        self.answer: Mapping[str, Any] | None = None
        self.door = DoorElsewhere(self.ask, self.counted.append)
        self.rooms = [Room(locked(number)) for number in range(1, 7)]
        self.rooms.append(Room(GuildInfo("100", "open", "Open")))

    async def ask(self, guild_id: str, kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(guild_id)
        if self.answer is not None:
            return self.answer
        for bot in self.bots:
            if guild_id in bot.directory.rooms and (answer := await bot.porter.answer(kind, body)):
                return answer
        raise Silence

    async def shortlist(self, visitor: Visitor = ADA) -> tuple[list[str], object]:
        rooms, trouble = await self.door.shortlist(self.rooms, NOTHING, visitor)
        return [room.info.id for room in rooms], trouble


async def test_guilds_of_several_bots() -> None:
    """Each is asked of its own, in the order of all of them, until one lets somebody in."""
    world = World(Bot(1, 2, 5), Bot(3, 4, 6, admits={"4", "6"}))
    assert await world.shortlist() == (["4", "100"], None)
    assert world.asked == ["1", "3"]
    world = World(Bot(1, 2, 5), Bot(3, 4, 6))
    assert await world.shortlist() == (["100"], None)
    assert world.asked == ["1", "3", "5", "6"]


async def test_who_shows_nothing_is_no_question() -> None:
    """What can't be opened isn't asked about."""
    world = World(Bot(1))
    assert await world.shortlist(Visitor("192.0.2.1")) == (["100"], None)
    for info, credentials in (
        (locked(1), NOTHING),
        (locked(1), Credentials(token="t")),
        (GuildInfo("1", "g1", "Guild", protected=True), Credentials(password="sesame")),
    ):
        with pytest.raises(Refused) as refused:
            await world.door.check(info, credentials, Visitor(), Attempt())
        assert refused.value.problem == LOGIN_NEEDED
    assert not world.asked
    world.rooms.insert(0, world.rooms.pop())
    assert (await world.shortlist())[0] == ["100"]
    assert not world.asked


@pytest.mark.parametrize("odd", ["of \N{ARABIC LETTER U}", "of\r\nX: y", "\udcff"])
@pytest.mark.parametrize("which", ["cookies", "origin"])
async def test_papers_that_no_request_can_have(which: str, odd: str) -> None:
    """Who made them up is nobody, and is told so: it is no failure."""
    body = {"guild": "1", "address": "192.0.2.1", "cookies": "of ada", "origin": "http://a"} | {which: odd}
    answer = await Bot(1, admits={"1"}).porter.answer("enter", body)
    assert answer == {"refused": [*LOGIN_NEEDED], "unanswered": False}


async def test_nobody_answers() -> None:
    """Of those who did, it counts; there is an end to asking."""
    world = World(Bot(1, 2))
    assert await world.shortlist() == (["100"], BOT_SILENT)
    assert world.asked == ["1", "3"]
    assert world.counted == ["nobody answered"]
    world = World(*(Bot(number) for number in range(1, 50)))
    world.rooms = [Room(locked(number)) for number in range(1, 50)]
    assert await world.shortlist() == ([], None)
    assert len(world.asked) == WRITERS_AT_ONCE
    world.answer = {"first": "77", "lookedAt": 1, "trouble": None}  # none of those asked about
    assert await world.shortlist() == ([], BOT_SILENT)
    world.answer = {}
    with pytest.raises(Unanswered):
        await world.door.check(locked(1), NOTHING, ADA, Attempt())


async def test_what_a_bot_can_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guild that isn't there (yet), a provider that fails, Discord that doesn't answer."""
    bot = Bot(1, 2, admits={"2"})
    world, body = World(bot), {"guild": "9", **questions.write_caller(ADA, NOTHING)}

    async def problem(of: Mapping[str, Any] = body) -> object:
        return (await bot.porter.answer("enter", of) or {})["refused"]

    assert await problem() == list(NO_SUCH_SERVER)
    bot.admission.expects_more_guilds = True
    assert await problem() == list(NOT_THERE_YET)
    assert await problem({"guild": "1", "address": "a", "cookies": "of a fool", "origin": "x"}) == list(
        LOGIN_NEEDED
    )
    assert await bot.porter.answer("something else", body) is None
    assert await bot.porter.answer("enter", {}) is None
    bot.error = NoAnswer()
    world.rooms = world.rooms[:2]
    found, trouble = await world.shortlist()
    assert found == []
    assert trouble is not None

    async def fail() -> None:
        raise ProviderError

    monkeypatch.setattr(bot.keeper, "refresh_servers", fail)
    assert await problem() == list(PROVIDER_TROUBLE)
    assert await world.shortlist() == ([], None)


async def test_who_may_still_watch() -> None:
    """By the same door, with a login that was not ended, and as far as somebody can say."""
    bot = Bot(1, admits={"1"})
    lock = codec.lock_of(locked(1))
    permits = [Pass("7", "key"), Pass("7", "ended"), Pass("8"), Pass("7")]

    async def ask(guild_id: str = "1", lock: str = lock) -> questions.Standing | None:
        answer = await bot.porter.answer("still", questions.write_permits(guild_id, lock, permits))
        return None if answer is None else questions.read_standing(answer)

    bot.ended.add("ended")
    assert await ask() == questions.Standing(True, frozenset({1, 2}), frozenset())
    assert await ask(lock="word.other") == questions.Standing(False)
    assert await ask(guild_id="2") is None
    bot.error = NoAnswer()
    assert await ask() == questions.Standing(True, frozenset({1}), frozenset({0, 2, 3}))
    bot.admission.doorkeeper.authority = None
    assert await ask() == questions.Standing(True, frozenset({1}), frozenset({0, 2, 3}))
    bot.directory.open(GuildInfo("1", "g1", "Guild 1"))
    assert await ask(lock="word.other") is not None


async def test_a_gesture_is_made_where_the_guild_is_written() -> None:
    """By who is known there, and shown; who shows nothing, or may not, is no question."""
    bot = Bot(1, 2)
    world = World(bot)
    gestures = GesturesElsewhere(world.ask, world.counted.append)
    stranger = Visitor("192.0.2.1", papers=Papers("of nobody", "https://here.example"))

    async def make(visitor: Visitor, number: int = 1, *, here: bool = True) -> object:
        room = Room(replace(locked(number), gestures=here))
        try:
            await gestures.make(room, lambda: visitor, "hop")
        except Refused as refused:
            return refused.problem
        return None

    assert await make(ADA, here=False) == GESTURE_OFF
    assert await make(Visitor("192.0.2.1")) == GESTURE_LOGIN
    assert not world.asked
    assert await make(stranger) == GESTURE_LOGIN
    assert await make(ADA) == GESTURE_NOT_SHOWN
    bot.directory.rooms["1"].put(Member("7", "Ada"))
    position = bot.directory.rooms["1"].position
    assert await make(ADA) is None
    assert bot.directory.rooms["1"].position == position + 1
    bot.directory.open(replace(locked(2), gestures=False))
    assert await make(ADA, 2) == GESTURE_OFF
    assert await make(ADA, 3) == GESTURE_SILENT
    world.answer = {"refused": "rubbish"}
    assert await make(ADA) == GESTURE_SILENT
    assert world.counted == ["nobody answered"] * 2


@pytest.mark.parametrize(
    "changed", [{"gesture": "dance"}, {"gesture": None}, {"guild": 1}, {"address": None}]
)
async def test_a_gesture_that_can_not_be_read(changed: dict[str, Any]) -> None:
    """None of ours writes it: it isn't answered."""
    body = questions.write_gesture("1", ADA, "sit") | changed
    assert await Bot(1).porter.answer("gesture", body) is None
    answer = await Bot(1).porter.answer("gesture", questions.write_gesture("9", ADA, "sit"))
    assert answer is not None
    assert answer["refused"] == list(GESTURE_NOT_SHOWN)
