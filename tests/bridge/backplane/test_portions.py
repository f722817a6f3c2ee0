"""Much that happens at once is told and read in portions, each in a turn of the loop, and loses nobody."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import pytest

from bridge.backplane import book, keys
from bridge.backplane.batch import TOLD_AT_ONCE
from bridge.backplane.book import AWAY_AFTER, LEAST_KEPT, PATIENT, Book
from bridge.backplane.codec import Entry, read_events
from bridge.backplane.follower import Follower
from bridge.backplane.lines import Argument
from bridge.limits import Limits
from bridge.model import Channel, Happening, Member, Message
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from bridge.wire.protocol import Event, Wants
from tests.bridge.backplane.conftest import Follow
from tests.bridge.backplane.test_follower import Origin, lines_to
from tests.bridge.backplane.test_servers import viewing
from tests.bridge.conftest import DWORLD
from tests.bridge.rooms.seats import ADA, GUILD, seated
from tests.bridge.rooms.test_followers import known_to
from tests.redis import RedisServer

MANY = 3 * LEAST_KEPT
PLAIN = Wants()
CROWD = [Member(str(1_000 + number), f"m{number}") for number in range(MANY)]


def book_of(room: Room, now: list[float]) -> Book:
    """Follow a room that has been written."""
    book = Book(room, Limits(), lambda: None, lambda: now[0])
    book.is_written, book.generation, book.offset = True, "1", room.position
    return book


def happen(room: Room, count: int) -> None:
    """Have so many things happen, and be heard."""
    for number in range(count):
        room.say(Message("7", f"{number}", "9"))
    while not room.is_current:
        room.flush(0)


def test_a_burst_is_told_in_portions() -> None:
    """As many events as a turn has time for, fewer of long ones, without a gap; written in one step."""
    room = Room(GUILD)
    book = book_of(room, [0.0])
    began = book.offset
    happen(room, MANY)
    room.say(Message("7", "x" * 4_000, "9"))
    happen(room, 10)
    book.flush()
    told = book.sent
    last = told[-1]
    ends = [began, *(entry.offset for entry in told)]
    assert [entry.before for entry in told] == ends[:-1]
    assert last.offset == room.position
    portions = [read_events(GUILD.id, entry.events) for entry in told]
    assert max(sum(event.weight for event in portion[:-1]) for portion in portions) < TOLD_AT_ONCE
    positions = [event.position for portion in portions for event in portion]
    assert positions == [*range(began + 1, last.offset + 1)]
    book.arrived()
    assert not book.has_news
    assert sum(len(read_events(GUILD.id, entry.events)) for entry in book.past()) <= Limits().history_events


def test_what_is_over_stays_nowhere() -> None:
    """A poll whose time was up when who asked hid, and the name that an event has no more."""
    now = [100.0]
    room = Room(GUILD, clock=lambda: now[0])
    book = book_of(room, now)
    room.put(Member("7", "ada"))
    room.happen(Happening("5", "poll", "7", "9", text="Tea?", until=200))
    room.set_events([Happening("6", "event", text="Quiz")])
    happen(room, 1)
    assert b"Tea?" in str(book.flush()).encode()
    book.arrived()
    now[0] = 200.0
    room.users(full=True)  # somebody comes: what is over is forgotten
    room.forget_words("7")
    happen(room, 1)
    arguments = book.flush()[2]
    assert b"Tea?" not in book_facts(arguments)["happenings"]
    book.arrived()
    room.set_events([Happening("6", "event", text="Quiz at six")])
    happen(room, 1)
    book.flush()
    book.arrived()
    room.set_events([Happening("6", "event")])
    happen(room, 1)
    arguments = book.flush()[2]
    assert arguments[5] == "1"  # what was told before is forgotten
    assert b"Quiz" not in book_facts(arguments)["happenings"]


def takes_back(room: Room, how: str) -> None:
    """Take back what was just said."""
    match how:
        case "edited":
            room.edit("7", "9", "5", "nothing", {})
        case "deleted":
            room.forget_messages(["5"])
        case "unsaid":
            room.edit("7", "9", "5", None, {})
        case "muted":
            room.forget_words("7")
        case "rules":
            room.forget_words()
        case "opened":
            room.forget_past()
        case "channel":
            room.set_channels([Channel("8", "yard")])
            room.forget_channels({"9"})
        case "thread":
            room.forget_channels({"44"})


TAKEN_BACK = ["edited", "deleted", "unsaid", "muted", "rules", "opened", "channel", "thread"]


@pytest.mark.parametrize("when", ["waiting", "sent", "written"])
@pytest.mark.parametrize("how", TAKEN_BACK)
def test_what_is_taken_back_is_not_written(how: str, when: str) -> None:
    """However long the server was away when it happened; and what was written is written anew, or gone."""
    room = Room(GUILD)
    room.set_channels([Channel("8", "yard"), Channel("9", "beds")])
    room.put(Member("7", "ada"))
    book = book_of(room, [0.0])
    room.say(Message("7", "hello", "8", id="4"))
    place, parent = ("44", "9") if how == "thread" else ("9", None)
    room.say(Message("7", "a secret", place, id="5", parent=parent))
    happen(room, 0)
    if when != "waiting":
        book.flush()
    if when == "written":
        book.arrived()
    takes_back(room, how)
    happen(room, 0)
    told = book.flush()
    assert "a secret" not in str(told)
    assert "a secret" not in str(book.past())
    if when == "waiting":
        left = ["message" if how == "edited" else "said", *(["edit"] if how != "opened" else [])]
        assert [event.type for event in heard_of(book, "5")] == left
    if when == "sent":
        assert told[2][5] == "0"  # as it was sent before: the same comes twice
        book.arrived()
        told = book.flush()
        assert "a secret" not in str(told)
    if when != "waiting":
        assert told[2][5] == "1"
    if when == "written":
        assert ("hello" in str(told)) is (how in ("edited", "deleted", "unsaid"))


def heard_of(book: Book, message_id: str) -> list[Event]:
    """Name what others hear of a message."""
    events = [event for entry in book.sent for event in read_events(GUILD.id, entry.events)]
    ids = [(event, event.extras.get("id") or event.data.get("id")) for event in events]
    return [event for event, one in ids if one == message_id]


def test_an_edit_of_what_is_long_gone_forgets_nothing() -> None:
    """Links get their previews all the time: the past stays as it is where it says nothing of that."""
    room = Room(GUILD)
    book = book_of(room, [0.0])
    room.say(Message("7", "hello", "9", id="4"))
    happen(room, 0)
    book.flush()
    book.arrived()
    take_backs: list[Callable[[], None]] = [
        lambda: room.edit("7", "9", "3", "hi", {}),
        lambda: room.forget_messages(["2"]),
    ]
    for take_back in take_backs:
        take_back()
        happen(room, 0)
        assert book.flush()[2][5] == "0"
        book.arrived()
        assert "hello" in str(book.past())


def test_who_came_and_hid_while_the_server_was_away() -> None:
    """Nobody elsewhere learns that they were there; who was there before is seen to go."""
    room = Room(GUILD)
    room.put(Member("8", "beppo"))
    book = book_of(room, [0.0])
    reader = Room.of_copy(room.copy())
    viewer = seated(reader, PLAIN)
    room.put(Member("7", "ada"))
    room.put(Member("8", "beppe"))
    happen(room, 0)
    for uid in ("7", "8"):
        room.forget_words(uid)
        room.remove(uid)
    room.put(Member("9", "cid"))
    happen(room, 0)
    assert not {"ada", "beppe"} & set(re.findall(r"[a-z]+", str(book.flush())))
    for entry in book.sent:
        reader.accept_all(read_events(GUILD.id, entry.events))
    assert [member.username for member in reader.members.values()] == ["cid"]
    assert reader.position == room.position
    reader.flush(0)
    assert [data["uid"] for data in viewer.data] == ["8", "9"]


async def test_what_is_forgotten_by_now_is_not_read(redis: RedisServer) -> None:
    """While a guild is read there may come words, and that they are forgotten: a turn later, and too late."""
    async with lines_to(redis.url) as lines:
        origin = Origin(lines, Limits())
        await origin.write_whole()
        room = Room(GUILD)
        follower = Follower(room, lines, Limits(), lambda: True, lambda _: None, lambda _room, _event: None)
        await follower.open()
        viewer = seated(room, PLAIN)
        told: list[Entry] = []
        acts: list[Callable[[], None]] = [
            lambda: origin.room.say(Message(ADA.uid, "a secret", "9", id="5")),
            lambda: origin.room.forget_words(ADA.uid),
        ]
        for act in acts:
            act()
            origin.room.flush(0)
            told += await origin.write()
        follower._is_reading = True
        for entry in told:
            follower.hear(entry)
        taking = asyncio.ensure_future(follower._take_all(follower._held))
        while not taking.done():
            await asyncio.sleep(0)
            room.flush(0)
        assert follower.offset == origin.room.position
        assert [event["type"] for event in viewer.events] == []


def book_facts(arguments: Sequence[Argument]) -> dict[Argument, bytes]:
    """Find the facts that are set."""
    at = 6
    for _ in range(2):
        at += 1 + int(arguments[at])
    facts = arguments[at + 1 : at + 1 + int(arguments[at])]
    return {
        key: value for key, value in zip(facts[::2], facts[1::2], strict=True) if isinstance(value, bytes)
    }


def test_a_trickle_is_told_together() -> None:
    """What happened while the server was away, one by one, is no message each."""
    room = Room(GUILD)
    book = book_of(room, [0.0])
    for _ in range(TOLD_AT_ONCE + 1):
        happen(room, 1)
    book.flush()
    assert len(book.sent) == 2


@pytest.mark.parametrize(("away", "count", "is_kept"), [
    (0.0, LEAST_KEPT + 1, True),
    (0.0, PATIENT * LEAST_KEPT + 1, False),
    (AWAY_AFTER + 1, LEAST_KEPT - 1, True),
    (AWAY_AFTER + 1, LEAST_KEPT + 1, False),
])  # fmt: skip
def test_how_much_waits(away: float, count: int, *, is_kept: bool) -> None:
    """A burst is no reason to write all anew, but a server that is away for long is."""
    room, now = Room(GUILD), [0.0]
    book = book_of(room, now)
    happen(room, 1)
    now[0] += away
    happen(room, count - 1)
    assert book.has_news is is_kept
    if not is_kept:
        assert not book.is_written
        assert book.offset <= room.position


async def test_many_who_change_at_once(
    origin: WebSocketServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Viewers elsewhere hear of each, as they do where it happens; none begins anew."""
    monkeypatch.setattr(book, "AWAY_AFTER", 3_600.0)  # the server is there, however long it takes
    origin.show_guild(DWORLD, CROWD)
    there = await follow()
    async with AsyncExitStack() as stack:
        views = [await viewing(stack, server) for server in (origin, there)]
        for view in views:
            await view.enter("dworld")
        origin.show_members(DWORLD.id, [member._replace(role_color="#123456") for member in CROWD])
        await origin.broadcast_message(DWORLD.id, CROWD[0].uid, "all of us", "9")
        for view in views:
            await view.until_words("all of us")
        assert [view.joins for view in views] == [1, 1]
    assert known_to(there._directory.rooms[DWORLD.id])["members"].keys() == {member.uid for member in CROWD}


@pytest.mark.parametrize("how", ["missed", "held"])
async def test_much_that_is_read_is_read_in_turns(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Never more than a portion in one turn of the loop, whether it was missed or told meanwhile."""
    limits = Limits(history_events=MANY)
    turn, heard = 0, list[tuple[int, int]]()

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async with lines_to(redis.url) as lines:
        origin = Origin(lines, limits)
        await origin.write_whole()
        room = Room(GUILD, limits=limits)
        follower = Follower(room, lines, limits, lambda: True, lambda _: None, lambda *_: None)
        await follower.open()
        happen(origin.room, MANY)
        told = await origin.write()
        assert len(told) == MANY // TOLD_AT_ONCE
        if how == "held":  # it is told while something else is read
            redis.ask("HSET", keys.meta(GUILD.id), "offset", str(follower.offset))
            follower.suspect("1", -1)
        else:
            follower.hear(told[-1])
        assert follower.is_outdated
        accept_all = room.accept_all

        def note(events: list[object]) -> None:
            heard.append((turn, len(events)))
            accept_all(events)  # type: ignore[arg-type]

        monkeypatch.setattr(room, "accept_all", note)
        counting = asyncio.create_task(count_turns())
        catching_up = asyncio.create_task(follower.catch_up())
        await asyncio.sleep(0)
        if how == "held":
            for entry in told:
                follower.hear(entry)
        await catching_up
        counting.cancel()
        assert sum(count for _, count in heard) == MANY
        assert max(count for _, count in heard) <= TOLD_AT_ONCE
        assert len({when for when, _ in heard}) == len(heard)
        assert known_to(room) == known_to(origin.room)
