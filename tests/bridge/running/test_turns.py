"""How much is done in one turn of the loop: a bounded part, of however many guilds, members and viewers."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.model import GuildInfo, Member, Message
from bridge.problems import LOGIN_ENDED
from bridge.rooms import delivery, entrance, pages, preparation
from bridge.rooms.audience import GOODBYES_AT_ONCE
from bridge.rooms.directory import TOLD_AT_ONCE, Directory
from bridge.rooms.room import Room
from bridge.rooms.stream import EVENTS_AT_ONCE
from bridge.running.turns import Turns
from bridge.wire import framing, protocol
from bridge.wire.framing import LongMessage
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Event, Goodbye, Wants, stream_name
from tests.bridge.clock import Clock
from tests.bridge.rooms.seats import ADA, GUILD, FakeViewer, seated, snapshot
from tests.bridge.watchers import until

EVERYTHING = Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True)


class Counted(FakeViewer):
    """Somebody who only counts how often they are offered something."""

    def __init__(self, wants: Wants = EVERYTHING) -> None:
        super().__init__(wants)
        self.offers = 0

    def offer(self, frames: bytes) -> None:
        self.offers += 1


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events were framed, each time."""
    counts: list[int] = []
    frames = protocol.event_frames

    def count(events: list[Event], wants: Wants, epoch: str) -> bytes:
        counts.append(len(events))
        return frames(events, wants, epoch)

    monkeypatch.setattr("bridge.rooms.delivery.event_frames", count)
    return counts


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pages the listing had, each time that it was built."""
    counts: list[int] = []
    freeze = pages.ServerList.freeze

    def count(listing: pages.ServerList) -> pages.Frozen:
        counts.append(len(listing._pages))
        return freeze(listing)

    monkeypatch.setattr(pages.ServerList, "freeze", count)
    return counts


def crowd(size: int) -> list[Member]:
    return [Member(str(number), f"Member {number}", "online") for number in range(size)]


def turns_of(flushed: Room) -> int:
    """Flush a room until it is through; return how many turns that took."""
    turns = 0
    while not flushed.is_through:
        flushed.flush(0)
        turns += 1
    return turns


# Turns


async def test_work_is_done_in_order() -> None:
    """And what is added meanwhile comes after it."""
    turns, done = Turns(), list[int]()

    def work() -> None:
        done.append(1)
        turns.add(lambda: done.append(3))

    turns.add(work)
    turns.add(lambda: done.append(2))
    for _ in range(3):
        await asyncio.sleep(0)
    assert done == [1, 2, 3]


async def test_what_takes_long_leaves_others_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much waits, somebody else gets on after each piece that used up a turn."""
    clock = Clock(monkeypatch)
    turns, order = Turns(), list[str]()

    def work() -> None:
        clock.put_forward(1.0)
        order.append("work")

    for _ in range(3):
        turns.add(work)
    while order.count("work") < 3:
        await asyncio.sleep(0)
        order.append("ping")
    assert order in (["ping", "work"] * 3, ["work", "ping"] * 3)


async def test_work_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The loop tells of it."""
    turns, done = Turns(), list[int]()
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))

    def fail() -> None:
        raise ZeroDivisionError

    turns.add(fail)
    turns.add(lambda: done.append(1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert done == [1]
    assert [type(each) for each in heard] == [ZeroDivisionError]


# Events


# Something done with each of some things


async def test_each_in_order() -> None:
    """It is done when the last is."""
    done: list[int] = []
    turns = Turns()
    await turns.each(range(5), done.append)
    assert done == [0, 1, 2, 3, 4]
    await turns.each([], done.append)
    assert len(done) == 5


async def test_several_share_the_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until all that somebody else has is done."""
    monkeypatch.setattr("bridge.running.turns.BUDGET", 0.0)
    done: list[str] = []
    turns = Turns()
    await asyncio.gather(turns.each("aaa", done.append), turns.each("bbb", done.append))
    assert "".join(done) == "ababab"


async def test_an_error_reaches_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it is done all the same, and what others want as well."""
    monkeypatch.setattr("bridge.running.turns.BUDGET", 0.0)
    done: list[float] = []
    turns = Turns()
    failed, other = await asyncio.gather(
        turns.each([1, 0, 2], lambda number: done.append(1 / number)),
        turns.each([7, 8, 9], done.append),
        return_exceptions=True,
    )
    assert isinstance(failed, ZeroDivisionError)
    assert other is None
    assert sorted(done) == [0.5, 1, 7, 8, 9]


async def test_who_waits_no_longer_wants_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work ends with whoever waited for it."""
    monkeypatch.setattr("bridge.running.turns.BUDGET", 0.0)
    done: list[int] = []
    turns = Turns()
    reached = asyncio.Event()

    def act(number: int) -> None:
        done.append(number)
        if number == 3:
            reached.set()

    waiting = asyncio.create_task(turns.each(itertools.count(), act))
    await reached.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    before = len(done)
    await turns.each(range(1000, 1003), lambda number: None)
    assert len(done) == before


def test_a_recoloured_guild_is_told_in_parts(encoded: list[int]) -> None:
    """Everybody once and in order, so many per turn."""
    members = crowd(10 * EVENTS_AT_ONCE)
    guild = Room(GUILD)
    guild.put_all(members)
    viewer = seated(guild, EVERYTHING)
    guild.put_all([member._replace(role_color="#123456") for member in members])
    assert turns_of(guild) == 10
    assert max(encoded) == EVENTS_AT_ONCE
    assert [data["uid"] for data in viewer.data] == [member.uid for member in members]


def test_long_words_count_as_several_events(encoded: list[int]) -> None:
    """A turn has its measure in what is encoded."""
    guild = Room(GUILD)
    viewer = seated(guild, EVERYTHING)
    for number in range(EVENTS_AT_ONCE):
        guild.say(Message("7", f"{number} {'x' * 4_000}", "9"))
    assert turns_of(guild) > 10
    assert max(encoded) < EVENTS_AT_ONCE / 10
    assert [data["message"].split()[0] for data in viewer.data] == list(map(str, range(EVENTS_AT_ONCE)))


def test_many_kinds_of_clients_are_served_in_parts(encoded: list[int]) -> None:
    """Each kind is encoded for by itself: a turn does a few of them."""
    guild = Room(GUILD)
    kinds = [
        Wants(batch=batch, events=frozenset(events), cursor=True)
        for batch in (False, True)
        for events in ({"typing"}, {"voice"}, {"edit"}, {"activity"}, {"reaction"}, {"voice", "edit"})
    ]
    viewers = [seated(guild, wants) for wants in kinds]
    guild.put_all(crowd(EVENTS_AT_ONCE))
    most = 0
    while not guild.is_through:
        encoded.clear()
        guild.flush(0)
        most = max(most, sum(encoded))
    assert most <= delivery.WORK_AT_ONCE + EVENTS_AT_ONCE
    assert {len(viewer.data) for viewer in viewers} == {EVENTS_AT_ONCE}


def test_a_crowd_of_viewers_is_served_in_parts() -> None:
    """Each of them once."""
    guild = Room(GUILD)
    viewers = [Counted() for _ in range(3 * delivery.WORK_AT_ONCE)]
    for viewer in viewers:
        guild.seat(viewer)
    guild.put(Member("7", "Ada"))
    most = served = 0
    while not guild.is_through:
        guild.flush(0)
        now = sum(viewer.offers for viewer in viewers)
        most, served = max(most, now - served), now
    assert most <= delivery.WORK_AT_ONCE
    assert {viewer.offers for viewer in viewers} == {1}


def test_who_leaves_before_their_turn_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And who comes back by then knows it already."""
    monkeypatch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 1)
    guild = Room(GUILD)
    first, second, third = (seated(guild, EVERYTHING) for _ in range(3))
    guild.put(Member("7", "Ada"))
    guild.flush(0)  # encodes
    guild.flush(0)
    guild.unseat(second)
    guild.unseat(third)
    assert "7" in snapshot(guild, EVERYTHING)["users"]
    guild.seat(third)
    turns_of(guild)
    assert [len(viewer.events) for viewer in (first, second, third)] == [1, 0, 0]


@pytest.mark.parametrize("wants", [Wants(), EVERYTHING], ids=["old", "new"])
def test_words_that_are_taken_back_do_not_go_on(monkeypatch: pytest.MonkeyPatch, wants: Wants) -> None:
    """Who was not served by then hears the rest of what happened, and not them."""
    monkeypatch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 1)
    guild = Room(GUILD)
    guild.put(Member("7", "Ada"))
    viewers = [seated(guild, wants) for _ in range(2)]
    guild.put(Member("7", "Ada", "online"))
    guild.say(Message("7", "a secret", "9", id="5"))
    guild.flush(0)  # encodes
    guild.flush(0)
    guild.forget_words("7")
    turns_of(guild)
    said = [[event["type"] for event in viewer.events] for viewer in viewers]
    taken_back = [] if wants.asked_for_nothing else ["edit"]
    assert said == [["presence", "message", *taken_back], ["presence", *taken_back]]


def test_a_crowd_is_let_go_in_parts() -> None:
    """All hear nothing more at once, and why in the next turns; who moved on by then is left alone."""
    guild = Room(GUILD)
    viewers = [FakeViewer() for _ in range(3 * GOODBYES_AT_ONCE)]
    for viewer in viewers:
        guild.seat(viewer)
    guild.dismiss_viewers(Goodbye.REVOKED, LOGIN_ENDED)
    assert sum(viewer.farewell is not None for viewer in viewers) == GOODBYES_AT_ONCE
    assert not guild.is_watched
    assert not guild.seats(viewers[-1])
    guild.unseat(viewers[-1])
    assert turns_of(guild) == 2
    assert [viewer.farewell for viewer in viewers] == [(Goodbye.REVOKED, LOGIN_ENDED)] * (
        len(viewers) - 1
    ) + [None]


async def test_a_closed_guild_lets_its_crowd_go_by_itself() -> None:
    """Those who were not among the first hear so in the next turns of the loop."""
    directory = Directory()
    viewers = [FakeViewer() for _ in range(3 * GOODBYES_AT_ONCE)]
    guild = directory.open(GUILD)
    for viewer in viewers:
        guild.seat(viewer)
    directory.close(GUILD.id)
    assert not all(viewer.farewell for viewer in viewers)
    await until(lambda: all(viewer.farewell for viewer in viewers), "everybody has heard why")


# The listing


async def opened(directory: Directory, count: int) -> None:
    for number in range(count):
        directory.open(GuildInfo(str(number), f"guild-{number}", f"Guild {number}"))


async def test_guilds_that_arrive_together_are_told_together(frozen: list[int]) -> None:
    """A thousand are one list, not a thousand."""
    directory = Directory()
    viewer = FakeViewer(EVERYTHING)
    directory.lobby.seat(viewer)
    await opened(directory, 1_000)
    directory.flush()
    assert len(frozen) == 1
    [event] = viewer.events
    assert len(event["data"]) == 1_000


async def test_rooms_are_told_in_parts() -> None:
    """Some in each turn, until all are."""
    directory = Directory()
    await opened(directory, 3 * TOLD_AT_ONCE)
    for each in directory.rooms.values():
        directory.tell(each)
        each.seat(Counted())
    directory.open(GuildInfo("new", "new", "New"))
    told = []
    while directory._tell_some(0.0) is not None:
        told.append(sum(len(each._stream.pending) for each in directory.rooms.values()))
    assert told == [
        TOLD_AT_ONCE - 1,
        2 * TOLD_AT_ONCE - 1,
        3 * TOLD_AT_ONCE - 1,
    ]  # the lobby is one of the first


async def test_a_change_while_rooms_are_told_is_told_too() -> None:
    """To those as well who heard of the one before."""
    directory = Directory()
    await opened(directory, 2 * TOLD_AT_ONCE)
    viewers = [FakeViewer(EVERYTHING) for _ in directory.rooms]
    for each, viewer in zip(directory.rooms.values(), viewers, strict=True):
        directory.tell(each)
        each.seat(viewer)
    directory.open(GuildInfo("a", "a", "A"))
    directory._tell_some(0.0)
    directory.open(GuildInfo("b", "b", "B"))
    while directory._tell_some(0.0) is not None:
        pass
    directory.flush()
    assert all({"a", "b"} <= viewer.data[-1].keys() for viewer in viewers)


async def test_who_enters_hears_of_no_list_that_they_know() -> None:
    """Those who were there are told first."""
    directory = Directory()
    watched = directory.open(GUILD)
    early, late = FakeViewer(EVERYTHING), FakeViewer(EVERYTHING)
    directory.tell(watched)
    watched.seat(early)
    directory.open(GuildInfo("2", "two", "Two"))
    directory.greeting()
    directory.tell(watched)
    watched.seat(late)
    directory.flush()
    assert [len(viewer.events) for viewer in (early, late)] == [1, 0]


def test_the_listing_is_encoded_once_for_all_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a guild more is one page more to compress."""
    compressed: list[bytes] = []
    segment = framing.segment

    def count(data: bytes) -> bytes:
        compressed.append(data)
        return segment(data)

    monkeypatch.setattr("bridge.rooms.pages.segment", count)
    listing = pages.ServerList()
    for number in range(10 * pages.PAGE_SIZE):
        listing.bring(str(number), {"id": f"guild-{number}"})
    for _ in range(100):
        list(listing.freeze().deflated())
    assert len(compressed) == 10
    listing.bring("7", {"id": "renamed"})
    list(listing.freeze().deflated())
    assert len(compressed) == 11


# Snapshots


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[int, int]]:
    """Tell how many members were encoded, and how many pages compressed, since the last look."""
    done = [0, 0]
    encode, segment = protocol.member_json, framing.segment

    def count_member(member: Member, *, full: bool) -> bytes:
        done[0] += 1
        return encode(member, full=full)

    def count_page(data: bytes) -> bytes:
        done[1] += 1
        return segment(data)

    def look() -> tuple[int, int]:
        seen = done[0], done[1]
        done[:] = 0, 0
        return seen

    monkeypatch.setattr("bridge.rooms.pages.member_json", count_member)
    monkeypatch.setattr("bridge.rooms.pages.segment", count_page)
    return look


SIZE = 8 * pages.ENCODED_AT_ONCE
DEFLATED = Connect("one", wants=Wants(batch=True, deflate=True))


def test_a_large_snapshot_is_prepared_in_steps(work: Callable[[], tuple[int, int]]) -> None:
    """Each encodes some members and compresses some pages; the entry has nothing left to do."""
    guild = Room(GUILD)
    guild.put_all(crowd(SIZE))
    steps = guild.steps(DEFLATED)
    for _ in range(steps):
        if guild.prepare(DEFLATED):
            break
        members, compressed = work()
        assert members <= pages.ENCODED_AT_ONCE
        assert compressed <= pages.COMPRESSED_AT_ONCE
    assert guild.is_prepared(DEFLATED)
    work()
    assert len(guild.entry(DEFLATED)) < 100 * SIZE
    assert work() == (0, 0)


def test_members_who_change_all_the_time_keep_nobody_out(work: Callable[[], tuple[int, int]]) -> None:
    """After so many steps an entry is made of what there is, at little cost, and is true."""
    guild = Room(GUILD)
    members = crowd(SIZE)
    guild.put_all(members)
    for step in range(2 * guild.steps(DEFLATED)):
        guild.put_all(
            members[(number * 37 + step) % SIZE]._replace(role_color=f"#{step:06x}")
            for number in range(pages.ENCODED_AT_ONCE // 4)
        )
        guild.prepare(DEFLATED)
    work()
    users = snapshot(guild, DEFLATED.wants)["users"]
    encoded, compressed = work()
    assert encoded <= pages.ENCODED_AT_ONCE
    assert compressed <= pages.COMPRESSED_AT_ONCE
    assert {uid: user["roleColor"] for uid, user in users.items()} == {
        uid: member.role_color for uid, member in guild.members.items()
    }


async def test_who_waits_for_the_same_snapshot_shares_it(work: Callable[[], tuple[int, int]]) -> None:
    """It is prepared once, and some are let in per turn."""
    directory = Directory()
    guild = directory.open(GUILD, crowd(SIZE))
    let_in: list[int] = []

    async def wait(number: int) -> None:
        await directory.preparations.ready(guild, DEFLATED)
        let_in.append(number)

    waiting = [asyncio.create_task(wait(number)) for number in range(3 * preparation.LET_IN_AT_ONCE)]
    waiting[3].cancel()
    most = before = 0
    while len(let_in) < len(waiting) - 1:
        await asyncio.sleep(0)
        most, before = max(most, len(let_in) - before), len(let_in)
    assert work() == (SIZE, -(-SIZE // pages.PAGE_SIZE))
    assert most <= preparation.LET_IN_AT_ONCE
    assert let_in == [number for number in range(len(waiting)) if number != 3]
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    assert not directory.preparations._running


async def test_who_resumes_waits_for_no_snapshot(work: Callable[[], tuple[int, int]]) -> None:
    """They need none."""
    directory = Directory()
    guild = directory.open(GUILD, crowd(SIZE))
    guild.seat(FakeViewer(EVERYTHING))
    cursor = f"{stream_name(guild.copy().epoch, DEFLATED.wants)}.{guild.position}"
    await directory.preparations.ready(guild, Connect("one", wants=DEFLATED.wants, cursor=cursor))
    assert work() == (0, 0)


def test_a_very_large_snapshot_is_a_long_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """It shares its parts with all others, and reads as a short one would."""
    guild = Room(GUILD)
    guild.put_all(crowd(1_000))
    whole = {deflate: snapshot(guild, Wants(batch=True, deflate=deflate)) for deflate in (False, True)}
    monkeypatch.setattr("bridge.wire.framing.LONGEST_FRAME", 1_000)
    monkeypatch.setattr("bridge.wire.framing.FRAGMENT", 500)
    guild._entrance.forget()
    for deflate, expected in whole.items():
        wants = Wants(batch=True, deflate=deflate)
        assert isinstance(guild.entry(Connect("one", wants=wants)), LongMessage)
        assert snapshot(guild, wants) == expected


def test_those_who_settle_are_settled_in_parts() -> None:
    """A raid of yesterday is no longer new, some per step."""
    now = 1_700_000_000.0
    guild = Room(GUILD, clock=lambda: now)
    guild.put_all(member._replace(joined=int(now)) for member in crowd(3 * entrance.SETTLED_AT_ONCE))
    now += 86_400
    guild.prepare(replace(DEFLATED, wants=replace(EVERYTHING, deflate=True)))
    assert sum(member.joined is None for member in guild.members.values()) == entrance.SETTLED_AT_ONCE
    assert all("joined" not in user for user in snapshot(guild, EVERYTHING)["users"].values())


async def test_an_event_leaves_in_the_next_turn() -> None:
    """Those who watch wait for the end of this one, and for none besides."""
    directory = Directory()
    guild = directory.open(GUILD, [ADA])
    viewer = seated(guild, EVERYTHING)
    guild.say(Message(uid=ADA.uid, message="Hello", channel="1"))
    await asyncio.sleep(0)
    assert viewer.frames


async def test_those_who_watch_do_not_wait_for_guilds_that_nobody_watches() -> None:
    """However many have something to note, as when somebody who is everywhere hides."""
    directory = Directory()
    others = [
        directory.open(GuildInfo(str(10**17 + number), f"guild-{number}", "Another"), [ADA])
        for number in range(3_000)
    ]
    guild = directory.open(GUILD, [ADA])
    viewer = seated(guild, EVERYTHING)
    for other in others:
        other.unseat(seated(other))  # so it keeps for a while what happens, should they come back
        other.say(Message(uid=ADA.uid, message="Hello", channel="1"))
    guild.say(Message(uid=ADA.uid, message="Hello", channel="1"))
    await asyncio.sleep(0)
    assert viewer.frames
    assert any(not other.is_through for other in others)


async def test_most_viewers_hear_an_event_first() -> None:
    """For each odd choice of events it is encoded once more, for few."""
    guild = Room(GUILD)
    guild.put(ADA)
    order: list[Wants] = []

    class Heard(FakeViewer):
        def offer(self, frames: bytes) -> None:
            order.append(self.wants)

    odd, common = Wants(batch=True, cursor=True), Wants(batch=True)
    for wants in (odd, common, common):
        guild.seat(Heard(wants))
    guild.say(Message(uid=ADA.uid, message="Hello", channel="1"))
    guild.flush(1.0)
    assert order == [common, common, odd]
