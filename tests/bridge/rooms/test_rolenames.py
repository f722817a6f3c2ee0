"""What roles are called: of those that give somebody shown a colour, where the owner wants that."""

from collections import deque
from dataclasses import replace
from itertools import count

import pytest

from bridge.backplane import codec
from bridge.model import DEFAULT_COLOR, GuildInfo, Member
from bridge.rooms.room import COUNT_EVERY, Room
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Event, Wants
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.watchers import Json, read_frames

GREEN, RED = "#57f287", "#ed4245"
CALLED = {"41": "Gardeners", "42": "Keepers", "43": "Under suspicion"}
GUILD = GuildInfo("1", "one", "The First", role_names=CALLED)
WANTS = Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True, crowd=25)


def somebody(uid: str, color: str = GREEN, role: str | None = "41") -> Member:
    return Member(uid, f"Member {uid}", "online", color, role=role)


def names(entries: list[Json]) -> dict[str, list[str]]:
    return {entry["roleColor"]: entry["roleNames"] for entry in entries if "roleNames" in entry}


def joined(room: Room, cursor: str | None = None, wants: Wants = WANTS) -> Json:
    entry = room.entry(Connect("one", wants=wants, cursor=cursor, crowd=50 if wants.crowd else 0))
    data = read_frames(entry)[0]["data"]
    assert isinstance(data, dict)
    return data


def told(room: Room) -> dict[str, list[str]]:
    return names(joined(room)["neighbourhoods"])


class Page(FakeViewer):
    """A viewer who keeps what each colour is called."""

    def __init__(self, room: Room) -> None:
        super().__init__(WANTS)
        data = joined(room)
        self.names = names(data["neighbourhoods"])
        self.cursor = data["cursor"]
        room.seat(self)

    def read(self) -> dict[str, list[str]]:
        for event in self.events:
            if event["type"] == "neighbourhoods":
                entries = event["data"]["neighbourhoods"]
                gone = {entry["roleColor"] for entry in entries}
                self.names = {c: n for c, n in self.names.items() if c not in gone} | names(entries)
        self.frames = []
        return self.names


@pytest.fixture
def room() -> Room:
    room = Room(GUILD)
    room.put_all([somebody("1"), somebody("2", RED, "42"), somebody("3", DEFAULT_COLOR, None)])
    return room


def test_a_colour_is_called_after_the_role_that_gives_it(room: Room) -> None:
    """A role that nobody shown has isn't told: nor to clients that know nothing of a crowd."""
    assert told(room) == {GREEN: ["Gardeners"], RED: ["Keepers"]}
    everything = joined(room, wants=Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True))
    assert "Gardeners" not in str(everything)
    assert "41" not in str(joined(room)["users"])


def test_two_roles_of_one_colour_are_both_named(room: Room) -> None:
    """As long as each gives it to somebody; the same name stands there once."""
    room.put_all([somebody("4", GREEN, "42"), somebody("5", GREEN, "42")])
    assert told(room)[GREEN] == ["Gardeners", "Keepers"]
    room.remove("1")
    assert told(room)[GREEN] == ["Keepers"]
    room.describe(replace(GUILD, role_names={"41": "Keepers", "42": "Keepers"}))
    room.put(somebody("1"))
    assert told(room)[GREEN] == ["Keepers"]


def test_who_chose_a_colour_gives_it_no_name(room: Room) -> None:
    """They are counted with those who have it from a role."""
    room.put_all([somebody("1", role=None), somebody("2", GREEN, None)])
    assert told(room) == {}
    room.put(somebody("1"))
    (green,) = (one for one in joined(room)["neighbourhoods"] if one["roleColor"] == GREEN)
    assert (green["online"], green["roleNames"]) == (2, ["Gardeners"])


def test_no_colour_and_the_rest_have_no_names(room: Room) -> None:
    """A white role says no more than none: whoever has no colour is white, too."""
    room.put(somebody("3", DEFAULT_COLOR, "43"))
    assert told(room) == {GREEN: ["Gardeners"], RED: ["Keepers"]}
    room.put_all([somebody(str(number), f"#{number:06x}", "41") for number in range(100, 200)])
    entries = joined(room)["neighbourhoods"]
    assert len(entries) == 65
    assert None not in names(entries)


def test_who_watches_hears_of_names(room: Room) -> None:
    """Within a second what is new; at once what isn't to be read any more."""
    page = Page(room)
    room.flush(0.0)
    room.describe(replace(GUILD, role_names={"41": "Gardeners", "42": "Guards"}))
    room.flush(0.1)
    assert page.read() == {GREEN: ["Gardeners"], RED: ["Guards"]}
    room.put(somebody("2", RED, "41"))
    room.flush(0.2)
    room.flush(0.2 + COUNT_EVERY)
    assert page.read() == {GREEN: ["Gardeners"], RED: ["Gardeners"]}
    room.describe(replace(GUILD, role_names={}))
    room.flush(0.3 + COUNT_EVERY)
    assert page.read() == {}
    assert "Gardeners" not in str(joined(room, page.cursor))
    assert joined(room, page.cursor)["resumed"]


def test_what_was_made_for_others_is_made_anew(room: Room) -> None:
    """Who comes after it was switched off gets nothing that was kept for who came before."""
    assert told(room)
    room.describe(replace(GUILD, role_names={}))
    assert told(room) == {}
    room.describe(GUILD)
    assert told(room) == {GREEN: ["Gardeners"], RED: ["Keepers"]}


def test_a_room_that_follows_knows_the_names_that_are_to_be_read() -> None:
    """And no others, nor from which role anybody has a colour; without a change of anything else, too."""
    woken: list[str] = []
    room = Room(GUILD, lambda: woken.append("room"))
    queue: deque[Event] = deque()
    seconds = count(COUNT_EVERY, COUNT_EVERY)
    room.put_all([somebody("1"), somebody("2", RED, None)])
    room.listen(queue.extend)
    other = Room.of_copy(room.copy(), lambda: woken.append("other"))
    page = Page(other)
    assert page.names == {GREEN: ["Gardeners"]}
    assert other.info.role_names == {}

    def pass_on() -> bytes:
        woken.clear()
        room.flush(0.0)
        written = codec.write_events(queue)
        queue.clear()
        other.accept_all(codec.read_events("1", written))
        other.flush(next(seconds))
        return written

    room.put_all([somebody("2", RED, "42")])  # nothing that a viewer sees of them
    assert "room" in woken
    assert b"Keepers" in pass_on()
    assert "other" in woken
    assert page.read() == {GREEN: ["Gardeners"], RED: ["Keepers"]}
    room.describe(replace(GUILD, role_names={"42": "Keepers"}))
    assert b"Gardeners" not in pass_on()
    assert page.read() == {RED: ["Keepers"]}
    assert "Gardeners" not in str(other.entry(Connect("one", wants=WANTS, crowd=50)))
    room.remove("2")
    assert b"Keepers" not in pass_on()
    assert page.read() == {}


def test_what_waits_is_told_without_what_was_switched_off() -> None:
    """A name that has not gone out yet is passed over."""
    room = Room(replace(GUILD, role_names={}))
    queue: deque[Event] = deque()
    room.put_all([somebody("1")])
    room.listen(queue.extend)
    room.describe(GUILD)
    room.describe(replace(GUILD, role_names={}))
    room.flush(0.0)
    *_, last = [event for event in queue if event.type == "roles"]
    assert last.data == {"names": {}, "whole": True}
    follower = Room.of_copy(room.copy())
    assert told(follower) == {}
