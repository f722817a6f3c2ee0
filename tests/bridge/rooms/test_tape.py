"""What somebody missed, told in pieces that are made once: the same as if it were made anew for each."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from bridge.limits import Limits
from bridge.model import Message
from bridge.rooms.directory import Directory
from bridge.rooms.history import History
from bridge.rooms.room import Room
from bridge.rooms.stream import MISSED_AT_ONCE
from bridge.rooms.tape import MAX_WEIGHT, PIECE
from bridge.running.turns import Turns
from bridge.wire.protocol import Connect, Event, Wants, event_frames, stream_name
from tests.bridge.rooms.seats import ADA, GUILD, FakeViewer
from tests.bridge.rooms.test_recording import KINDS, Run
from tests.bridge.running.test_turns import EVERYTHING, crowd
from tests.bridge.watchers import read_frames, unpacked

LONG_AGO = 900
RETURNERS = 20
RETURNING = [kind for kind in KINDS if not kind.asked_for_nothing]


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many events were encoded since this was last asked."""
    count = 0
    payload = Event.payload

    def counted(event: Event, wants: Wants, cursor: bytes) -> bytes:
        nonlocal count
        count += 1
        return payload(event, wants, cursor)

    def look() -> int:
        nonlocal count
        seen, count = count, 0
        return seen

    monkeypatch.setattr(Event, "payload", counted)
    return look


def talked(guild: Room, messages: int = LONG_AGO) -> Room:
    """Have somebody watch a guild, and much be said there."""
    guild.seat(FakeViewer(EVERYTHING))
    for number in range(messages):
        guild.say(Message(ADA.uid, f"number {number}", "9", str(number)))
        if number % 10 == 0:
            guild.flush(0)
    guild.flush(0)
    return guild


def coming_back(guild: Room, since: int, wants: Wants = EVERYTHING) -> Connect:
    return Connect("one", wants=guild.kind(wants), cursor=f"{stream_name(guild.epoch, wants)}.{since}")


class Returners(Run):
    """Whatever may happen in a room, and viewers who come back to it from anywhere."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.resumed = self.in_pieces = 0
        self.room = Room(GUILD, limits=Limits(history_events=150))

    def happenings(self) -> Iterator[Callable[[], None]]:
        forgetting = [self.forget_words, self.forget_channels, self.bring_channels]
        yield from (happening for happening in super().happenings() if happening not in forgetting)
        yield lambda: self.chance.one_of(forgetting)() if self.chance.below(4) == 0 else None
        yield from [self.come_back_from_anywhere] * 8

    def come_back_from_anywhere(self) -> None:
        """See that they get what everybody got who was there, and the cursors of that."""
        wants = self.room.kind(self.chance.one_of(RETURNING))
        stream = self.room._stream
        left = stream.since + self.chance.below(stream.position - stream.since + 1)
        request = coming_back(self.room, left, wants)
        for _ in range(self.chance.below(4)):
            self.room.prepare(request)
        since = stream.place(request)
        if since is None:
            return
        join, *frames = read_frames(self.room.entry(request))
        told = unpacked(frames)
        assert join["data"]["cursor"] == request.cursor
        assert frames == read_frames(event_frames(stream.missed(since), wants, stream.epoch))
        if told:
            assert frames[-1]["cursor"] == told[-1]["cursor"]
        places = [since, *(int(event["cursor"].rpartition(".")[2]) for event in told)]
        assert places == sorted(set(places))
        self.resumed += 1
        self.in_pieces += len(self.room._entrance._tape._whole(since)) > 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", [1, 5])
def test_it_tells_what_happened_whatever_happens(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Of what was taken back, corrected or replaced meanwhile only what is told now, and all in order."""
    monkeypatch.setattr("bridge.rooms.tape.PIECE", size)
    run = Returners(seed=size)
    run.record()
    assert run.resumed > 200
    assert run.in_pieces > 100


@pytest.mark.parametrize("wants", RETURNING)
@pytest.mark.parametrize("words", ["short", "long " * 100])
def test_one_event_is_no_batch(wants: Wants, words: str) -> None:
    """Nor is it to those who are there: the one that is for such clients, of many that aren't."""
    guild = talked(Room(GUILD), messages=0)
    since = guild.position
    guild.say(Message(ADA.uid, words, "9", "1"))
    for _ in range(2 * PIECE):
        guild.publish("notice", {})
    guild.flush(0)
    _, *told = read_frames(guild.entry(coming_back(guild, since, wants)))
    assert [frame["type"] for frame in told] == ["message"]


def test_a_turn_makes_one_piece(encoded: Callable[[], int]) -> None:
    """And an entry the rest: what lies before the first whole one, and after the last."""
    guild = talked(Room(GUILD))
    for since in (0, 3, PIECE, 2 * PIECE + 1):
        request = coming_back(guild, since)
        encoded()
        while not guild.is_prepared(request):
            guild.prepare(request)
            assert encoded() <= PIECE
        guild.entry(request)
        assert encoded() <= 2 * PIECE
    assert guild.steps(coming_back(guild, 0)) == 1  # all there is has been made


@pytest.mark.parametrize("wants", RETURNING)
def test_many_who_come_back_share_the_pieces(encoded: Callable[[], int], wants: Wants) -> None:
    """Wherever they left: what they missed is encoded once, and not for each of them."""
    guild = talked(Room(GUILD))
    encoded()
    for since in range(RETURNERS):
        guild.entry(coming_back(guild, since, wants))
    assert encoded() <= LONG_AGO + RETURNERS * 2 * PIECE


async def test_no_turn_of_the_loop_encodes_it_all(encoded: Callable[[], int]) -> None:
    """However many wait for it, who left at different times."""
    directory = Directory()
    guild = talked(directory.open(GUILD, [ADA]))
    encoded()
    waiting = [
        asyncio.create_task(directory.preparations.ready(guild, coming_back(guild, since)))
        for since in range(RETURNERS)
    ]
    most = total = 0
    while not all(task.done() for task in waiting):
        await asyncio.sleep(0)
        most, total = max(most, now := encoded()), total + now
    assert total <= LONG_AGO
    assert most < LONG_AGO / 2  # as many pieces as there is time for; one of them has PIECE
    assert not directory.preparations._running


async def test_who_can_t_resume_any_more_waits_for_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The past may be forgotten while what they missed is being prepared."""
    monkeypatch.setattr("bridge.running.turns.BUDGET", 0.0)  # one piece in each turn
    turns, directory = Turns(), Directory()
    directory.preparations._turns = turns
    guild = talked(directory.open(GUILD, crowd(5_000)))
    request = coming_back(guild, 0)
    waiting = [asyncio.create_task(directory.preparations.ready(guild, request)) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0)
    assert guild.steps(request) > 1
    guild.forget_words()
    assert not guild.is_prepared(request)
    assert all(share > 0 for share in await asyncio.gather(*waiting))
    assert guild.is_prepared(request)


def test_no_more_is_kept_than_a_few_viewers_need() -> None:
    """However different they are."""
    guild = talked(Room(GUILD))
    tape = guild._entrance._tape
    assert len(RETURNING) * LONG_AGO > MAX_WEIGHT
    for kind in RETURNING:
        guild.entry(coming_back(guild, 0, kind))
        assert sum(weight for _, weight in tape._pieces.values()) == tape._weight <= MAX_WEIGHT
    assert tape.missing(guild.kind(RETURNING[-1]), 0) == 0


def test_nothing_is_kept_that_nobody_can_miss() -> None:
    """Neither of a past that is over, nor where nobody is."""
    guild = Room(GUILD, limits=Limits(history_age=60))
    talked(guild)
    tape = guild._entrance._tape
    guild.entry(coming_back(guild, 0))
    assert tape._pieces
    guild.flush(61)
    assert not tape._pieces
    assert tape._weight == 0
    talked(guild, 2 * PIECE)
    guild.entry(coming_back(guild, guild.position - 2 * PIECE))
    assert tape._pieces
    for viewer in guild.viewers:
        guild.unseat(viewer)
    assert not tape._pieces


def test_what_is_too_heavy_is_known_without_a_look_at_each() -> None:
    """Also after something was taken out."""
    kept = History(10_000, 60.0)
    words = ["x" * (300 * (number % 4)) for number in range(100)]
    kept.add((Event("message", at, {}, {"message": text}) for at, text in enumerate(words, 1)), 0)
    kept.forget(lambda event: event.position % 7 == 0)
    for position in range(102):
        assert kept.weight_after(position) == sum(event.weight for event in kept.after(position))
    kept.add([Event("message", MISSED_AT_ONCE, {}, {"message": "late"})], 61)
    assert kept.weight_after(0) == 1
