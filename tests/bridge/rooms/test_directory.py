"""Which rooms there are, what they are called, and which one a name means."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import Channel, GuildInfo, Member, Message
from bridge.problems import SERVER_HIDDEN
from bridge.rooms.directory import TELLINGS, Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Goodbye, Wants
from tests.bridge.clock import Clock
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.watchers import read_frames

ONE = GuildInfo("1", "one", "One")
TWO = GuildInfo("2", "two", "Two", default=True)
HIDDEN = GuildInfo("3", "three", "Three", listed=False)
ADA = Member("7", "Ada")


@pytest.fixture
async def directory() -> Directory:
    """A directory inside a running loop: its rooms flush by themselves."""
    return Directory()


def take_seat(directory: Directory, room: Room, viewer: FakeViewer) -> None:
    """Enter as a session does: with the list of servers known as it is."""
    directory.tell(room)
    room.seat(viewer)


@pytest.mark.parametrize("name", ["one", "1"])
async def test_a_room_is_found_by_slug_and_by_snowflake(directory: Directory, name: str) -> None:
    """Links have the one, libraries the other."""
    room = directory.open(ONE)
    directory.open(TWO)
    assert directory.resolve(name) is room


async def test_a_name_nobody_has_finds_nothing(directory: Directory) -> None:
    """No room, no guess."""
    directory.open(ONE)
    assert directory.resolve("on") is None


async def test_a_former_link_finds_the_room_by_alias(directory: Directory) -> None:
    """A guild was renamed; links that end in its alias still lead there."""
    room = directory.open(replace(ONE, slug="new-name-x7k", alias="x7k"))
    assert directory.resolve("old-name-x7k") is room


async def test_a_slug_goes_before_an_alias(directory: Directory) -> None:
    """What a guild is called now is stronger than what another was called."""
    directory.open(replace(ONE, alias="x7k"))
    room = directory.open(replace(TWO, slug="old-x7k"))
    assert directory.resolve("old-x7k") is room


async def test_opening_again_brings_the_same_room_up_to_date(directory: Directory) -> None:
    """Viewers stay where they are."""
    room = directory.open(ONE, [ADA])
    assert directory.open(replace(ONE, name="Renamed")) is room
    assert room.info.name == "Renamed"


async def test_members_not_given_stay(directory: Directory) -> None:
    """None leaves them as they are."""
    room = directory.open(ONE, [ADA], [Channel("9", "general")])
    directory.open(ONE)
    assert room.members == {"7": ADA}
    assert room.channels.keys() == {"9"}


async def test_members_given_are_all_there_are(directory: Directory) -> None:
    """Also when there are none."""
    room = directory.open(ONE, [ADA], [Channel("9", "general")])
    directory.open(ONE, [], [])
    assert room.members == {}
    assert room.channels == {}


async def test_the_listing_names_listed_guilds(directory: Directory) -> None:
    """Hidden ones are absent."""
    for guild in (ONE, TWO, HIDDEN):
        directory.open(guild)
    assert directory.listing() == {
        "1": {"id": "one", "name": "One", "passworded": False},
        "2": {"id": "two", "name": "Two", "passworded": False, "default": True},
    }


async def test_the_default_comes_first(directory: Directory) -> None:
    """Unlisted guilds serve nobody who has no choice."""
    rooms = [directory.open(guild) for guild in (ONE, TWO, HIDDEN)]
    assert directory.defaults() == [rooms[1], rooms[0]]


async def test_the_guild_that_came_first_goes_before_an_older_one(directory: Directory) -> None:
    """A stranger who invites the bot into an old guild of theirs takes nobody's place by it."""
    old, first = replace(ONE, since=1_700_000_002), GuildInfo("200", "first", "First", since=1_700_000_001)
    rooms = [directory.open(guild) for guild in (old, first, GuildInfo("3", "unknown", "Unknown"))]
    assert directory.defaults() == [rooms[1], rooms[0], rooms[2]]
    directory.open(replace(old, default=True))
    assert directory.defaults() == [rooms[0], rooms[1], rooms[2]]


async def test_without_guilds_there_is_the_lobby(directory: Directory) -> None:
    """Empty, and with a friendly name."""
    assert directory.defaults() == []
    assert directory.lobby.members == {}
    assert directory.lobby.info.name.strip()


@pytest.mark.parametrize(
    ("shown", "times"),
    [
        ([ONE], 1),
        ([ONE, TWO], 2),
        ([ONE, ONE], 1),
        ([replace(ONE, protected=True), ONE], 2),
        ([replace(ONE, listed=False), ONE], 2),
    ],
    ids=["new", "two new", "the same again", "no longer protected", "listed now"],
)
async def test_who_waits_outside_is_told_of_doors(shown: list[GuildInfo], times: int) -> None:
    """A room that is new, or that others may enter than before."""
    told = []
    directory = Directory(lambda: told.append(True))
    for guild in shown:
        directory.open(guild)
    assert len(told) == times


async def test_a_closed_room_is_gone(directory: Directory) -> None:
    """Its slug leads nowhere, the list leaves it out."""
    directory.open(ONE)
    directory.close("1")
    assert directory.resolve("one") is None
    assert directory.listing() == {}


async def test_viewers_of_a_closed_room_are_told_and_let_go(directory: Directory) -> None:
    """1008, after an error."""
    viewer = FakeViewer()
    directory.open(ONE).seat(viewer)
    directory.close("1")
    assert viewer.farewell == (Goodbye.REVOKED, SERVER_HIDDEN)


async def test_viewers_of_a_closed_room_get_what_happened_before(directory: Directory) -> None:
    """What is pending goes out first."""
    viewer = FakeViewer(Wants(batch=True))
    room = directory.open(ONE)
    room.seat(viewer)
    for uid in "789":
        room.put(Member(uid, "Somebody"))
    directory.close("1")
    assert [data["uid"] for data in viewer.data] == ["7", "8", "9"]


LOCKED = replace(ONE, protected=True, password="sesame")
DOORS = [ONE, LOCKED, replace(LOCKED, password="another"), replace(ONE, protected=True, role=5)]


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(DOORS, 2)))
async def test_another_door_forgets_what_was_said(
    directory: Directory, before: GuildInfo, after: GuildInfo
) -> None:
    """It was for those whom the former one let in: who comes back with a cursor gets a snapshot."""
    room = directory.open(before, [ADA])
    room.seat(FakeViewer())
    asks = Connect("one", wants=Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True))
    cursor = read_frames(room.entry(asks))[0]["data"]["cursor"]
    room.say(Message("7", "the secret plan", "5"))
    directory.flush_room(room)
    assert "the secret plan" in str(read_frames(room.entry(replace(asks, cursor=cursor))))
    directory.open(after)
    frames = read_frames(room.entry(replace(asks, cursor=cursor)))
    assert "the secret plan" not in str(frames)
    assert "resumed" not in frames[0]["data"]


async def test_the_same_door_keeps_what_was_said(directory: Directory) -> None:
    """A guild that is renamed is still the same people's."""
    room = directory.open(LOCKED, [ADA])
    room.seat(FakeViewer())
    asks = Connect("one", wants=Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True))
    cursor = read_frames(room.entry(asks))[0]["data"]["cursor"]
    room.say(Message("7", "good morning", "5"))
    directory.open(replace(LOCKED, name="Uno"))
    directory.flush_room(room)
    assert "good morning" in str(read_frames(room.entry(replace(asks, cursor=cursor))))


async def test_closing_an_unknown_room_is_no_error(directory: Directory) -> None:
    """It is not there: that is what was asked."""
    directory.close("1")


async def test_who_asked_for_servers_hears_of_a_new_list(directory: Directory) -> None:
    """In whatever room they are."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    take_seat(directory, directory.open(ONE), viewer)
    directory.open(TWO)
    directory.flush()
    assert viewer.frames[-1]["type"] == "servers"
    assert viewer.frames[-1]["data"].keys() == {"1", "2"}


async def test_who_asked_for_servers_hears_of_a_closed_guild(directory: Directory) -> None:
    """The list is one shorter."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    directory.open(TWO)
    take_seat(directory, directory.open(ONE), viewer)
    directory.close("2")
    directory.flush()
    assert viewer.frames[-1]["data"].keys() == {"1"}


async def test_a_list_that_changes_all_the_time(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to all who watch, wherever that is: a few times, and then now and then as it is by then."""
    clock, often = Clock(monkeypatch, stands_still=True), round(TELLINGS._full / TELLINGS._each) + 1
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    take_seat(directory, directory.open(ONE), viewer)

    async def rename(times: int) -> list[str]:
        viewer.frames.clear()
        for number in range(times):
            two = directory.open(replace(TWO, name=f"Number {number}"))
            directory.tell_early(two)  # as somebody does who enters
            for _ in range(4):
                await clock.jump(0.05)  # seconds; more than any window
        return [frame["data"]["2"]["name"] for frame in viewer.frames]

    assert len(await rename(40)) <= often + 2  # with what comes back meanwhile
    viewer.frames.clear()
    await clock.go_on(10)
    assert viewer.frames[-1]["data"]["2"]["name"] == "Number 39"
    await clock.go_on(30)
    assert await rename(2) == ["Number 0", "Number 1"]


async def test_who_waits_in_the_lobby_hears_of_a_new_list(directory: Directory) -> None:
    """A protected guild appeared: nobody is moved there, but it can be chosen."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    directory.lobby.seat(viewer)
    directory.open(replace(ONE, protected=True))
    directory.flush()
    assert [frame["type"] for frame in viewer.frames] == ["servers"]


async def test_who_waits_in_the_lobby_is_flushed_beside_a_guild_with_its_id(directory: Directory) -> None:
    """No guild id is special."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    directory.open(replace(ONE, id=directory.lobby.info.id))
    directory.flush()
    directory.lobby.seat(viewer)
    directory.lobby.publish("servers", {"n": 1})
    directory.flush()
    assert [frame["data"] for frame in viewer.frames] == [{"n": 1}]


async def test_an_unlisted_guild_that_closes_is_no_news(directory: Directory) -> None:
    """It never was in the list."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    directory.open(HIDDEN)
    take_seat(directory, directory.open(ONE), viewer)
    directory.close(HIDDEN.id)
    directory.flush()
    assert viewer.frames == []


async def test_an_unlisted_guild_that_opens_is_no_news(directory: Directory) -> None:
    """The list is as it was."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    take_seat(directory, directory.open(ONE), viewer)
    directory.flush()
    directory.open(HIDDEN)
    directory.flush()
    assert viewer.frames == []


async def test_the_same_list_is_no_news(directory: Directory) -> None:
    """Members that change don't change the list."""
    viewer = FakeViewer(Wants(events=OPTIONAL_EVENTS))
    take_seat(directory, directory.open(ONE), viewer)
    directory.open(replace(ONE, member_count=7), [])
    directory.flush()
    assert viewer.frames == []


async def test_no_password_is_ever_listed(directory: Directory) -> None:
    """Not even by accident."""
    directory.open(replace(ONE, protected=True, password="sesame"))
    assert "sesame" not in json.dumps(directory.listing())


async def test_flush_hands_out_what_is_pending_everywhere(directory: Directory) -> None:
    """Before the bridge stops."""
    viewers = []
    for guild in (ONE, TWO):
        viewer = FakeViewer(Wants(batch=True))
        room = directory.open(guild)
        directory.flush()
        room.seat(viewer)
        room.put_all([Member("7", "Ada")])
        room.put_all([Member("8", "Beppo")])
        viewers.append(viewer)
    directory.flush()
    assert [[data["uid"] for data in viewer.data] for viewer in viewers] == [["7", "8"]] * 2


# What is kept ready is never out of date

names = st.sampled_from(["one", "two", "x-a", "y-b", "1", "2"])
guilds = st.builds(
    GuildInfo,
    id=st.sampled_from(["1", "2", "3"]),
    slug=names,
    name=st.sampled_from(["First", "Second"]),
    protected=st.booleans(),
    default=st.booleans(),
    listed=st.booleans(),
    alias=st.none() | st.sampled_from(["a", "b"]),
)
changes = st.lists(guilds | st.sampled_from(["1", "2", "3"]), max_size=12)


def found_slowly(directory: Directory, name: str) -> set[Room]:
    """Find the rooms that a name may mean by looking at each; the stronger reasons first."""
    rooms = directory.rooms.values()
    by_id = {room for room in rooms if room.info.id == name}
    by_slug = [room for room in rooms if room.info.slug == name][:1]  # of equal ones the first
    by_alias = {room for room in rooms if room.info.alias == name.rpartition("-")[2]}
    return by_id or set(by_slug) or by_alias


def take(directory: Directory, step: GuildInfo | str) -> None:
    """Open a guild, or have it called otherwise; or close one."""
    if isinstance(step, GuildInfo):
        directory.open(step)
    else:
        directory.close(step)


@given(changes)
async def test_any_name_leads_to_the_room_that_has_it_now(steps: list[GuildInfo | str]) -> None:
    """Whatever was opened, renamed, closed and opened again, and whoever asked in between."""
    directory = Directory()
    for step in steps:
        take(directory, step)
        for name in ("one", "two", "x-a", "y-b", "old-a", "old-b", "a", "-a", "1", "2", "3", "", "nobody"):
            room = directory.resolve(name)
            candidates = found_slowly(directory, name)
            assert room in candidates if candidates else room is None


@given(changes)
async def test_the_greeting_is_always_of_now(steps: list[GuildInfo | str]) -> None:
    """In both its forms: renamed, protected, made the default, listed or not, closed."""
    directory = Directory()
    for step in steps:
        take(directory, step)
        expected = [{"type": "server-list", "data": directory.listing()}]
        assert read_frames(directory.greeting()) == expected
        assert read_frames(directory.greeting(deflate=True)) == expected


async def test_the_greeting_is_made_once(directory: Directory) -> None:
    """However many are greeted, and whatever members do."""
    directory.open(ONE, [ADA])
    for deflate in (False, True):
        greeting = directory.greeting(deflate=deflate)
        directory.open(ONE, [])
        assert directory.greeting(deflate=deflate) is greeting


def test_rooms_can_be_opened_before_a_loop_runs() -> None:
    """A script shows its guilds first and starts afterwards."""
    directory = Directory()
    assert directory.open(ONE, [ADA], [Channel("9", "general")]).members == {"7": ADA}
