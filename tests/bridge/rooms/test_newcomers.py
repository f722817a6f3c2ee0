"""Who is new in a guild: told for a day, and to whom asked for events."""

import time

import pytest

from bridge.model import NEW_FOR, GuildInfo, Member, Voice
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import OPTIONAL_EVENTS, Wants
from tests.bridge.clock import StillClock
from tests.bridge.rooms.seats import FakeViewer, seated, snapshot, users

GUILD = GuildInfo("1", "one", "The First")
NOW = 1_700_000_000
ADA = Member("7", "Ada", "online", "#ff0000", joined=NOW)
BEPPO = Member("8", "Beppo", "idle", "#00ff00", joined=NOW - NEW_FOR + 60)
OLD = Wants()
CURIOUS = Wants(events=OPTIONAL_EVENTS)


@pytest.fixture
def watch() -> StillClock:
    return StillClock(NOW)


@pytest.fixture
def room(watch: StillClock) -> Room:
    return Room(GUILD, clock=watch)


def told(room: Room) -> dict[str, int]:
    """Read of whom a snapshot says when they came; one may also ask for members again."""
    shown = snapshot(room, CURIOUS)["users"]
    assert shown == users(room, full=True)
    return {uid: user["joined"] for uid, user in shown.items() if "joined" in user}


# On entering


def test_a_snapshot_tells_who_is_new(room: Room) -> None:
    """And of nobody else when they came."""
    room.put_all([ADA, BEPPO, Member("9", "Chiara")])
    assert told(room) == {"7": NOW, "8": BEPPO.joined}


def test_old_clients_know_nothing_of_it(room: Room) -> None:
    """Their snapshot has the fields that it always had."""
    room.put(ADA)
    assert snapshot(room)["users"] == {
        "7": {"uid": "7", "username": "Ada", "status": "online", "roleColor": "#ff0000"}
    }


def test_after_a_day_nobody_is_new(room: Room, watch: StillClock) -> None:
    """To the second, though nothing happens meanwhile."""
    room.put_all([ADA, BEPPO])
    watch.now += 59
    assert told(room).keys() == {"7", "8"}
    watch.now += 1
    assert told(room).keys() == {"7"}
    watch.now = NOW + NEW_FOR
    assert told(room) == {}
    assert room.members == {"7": ADA._replace(joined=None), "8": BEPPO._replace(joined=None)}


def test_who_asks_for_members_again_is_told_no_more_than_who_enters(room: Room, watch: StillClock) -> None:
    """Whichever comes first."""
    room.put(ADA)
    assert "joined" in users(room, full=True)["7"]
    watch.now += NEW_FOR
    assert "joined" not in users(room, full=True)["7"]


@pytest.mark.parametrize("joined", [NOW - NEW_FOR, 0])
def test_who_came_long_ago_is_not_new(room: Room, joined: int) -> None:
    """Whatever a room is told: nobody sees it, and told again it is nothing new."""
    viewer = seated(room, CURIOUS)
    for bring in (room.put, lambda member: room.put_all([member])):
        bring(ADA._replace(joined=joined))
    room.flush(0)
    assert [data for data in viewer.data if "joined" in data] == []
    assert len(viewer.data) == 1
    assert told(room) == {}


def test_a_change_leaves_somebody_new(room: Room) -> None:
    """Another status, another activity, another place."""
    room.put(ADA)
    room.present("7", "dnd", "Chess")
    room.put_all([room.members["7"]._replace(voice=Voice("9", "Lounge"))])
    assert told(room) == {"7": NOW}


def test_who_left_is_forgotten(room: Room, watch: StillClock) -> None:
    """Also by the one who watches the clock."""
    room.put_all([ADA, BEPPO])
    room.remove("8")
    watch.now += 60
    assert told(room) == {"7": NOW}
    room.reconcile([])
    watch.now += NEW_FOR
    assert told(room) == {}


# While somebody watches


def arrival(viewer: FakeViewer) -> object:
    [data] = viewer.data
    return data.get("joined")


def test_who_comes_is_announced_as_new(room: Room) -> None:
    """To those who asked for events."""
    curious, old = seated(room, CURIOUS), seated(room, OLD)
    room.put_all([ADA])
    room.flush(0)
    assert (arrival(curious), arrival(old)) == (NOW, None)


def test_who_comes_into_sight_later_is_announced_without(room: Room, watch: StillClock) -> None:
    """They may have been hidden before."""
    watch.now += NEW_FOR
    viewer = seated(room, CURIOUS)
    room.put_all([ADA])
    room.flush(0)
    assert arrival(viewer) is None


def test_it_is_no_news_alone(room: Room, watch: StillClock) -> None:
    """That somebody is new, or isn't any more, is in the next snapshot."""
    settled = ADA._replace(joined=None)
    room.put(settled)
    assert told(room) == {}
    viewer = seated(room, CURIOUS)
    room.put_all([ADA])
    assert told(room) == {"7": NOW}
    room.put_all([settled])
    assert told(room) == {}
    room.flush(0)
    assert viewer.frames == []


def test_a_change_says_no_more_than_before(room: Room) -> None:
    """When they came is told with those whom a viewer doesn't know."""
    room.put(ADA)
    viewer = seated(room, CURIOUS)
    room.put(ADA._replace(status="idle"))
    room.put_all([ADA._replace(status="idle", avatar="https://a")])
    room.flush(0)
    assert [data for data in viewer.data if "joined" in data] == []


# The clock


def test_a_directory_knows_the_time() -> None:
    """Its rooms go by the clock on the wall."""
    now = int(time.time())
    people = [ADA._replace(joined=now), BEPPO._replace(joined=now - NEW_FOR)]
    room = Directory().open(GUILD, people)
    shown = users(room, full=True)
    assert [shown[uid].get("joined") for uid in ("7", "8")] == [now, None]
