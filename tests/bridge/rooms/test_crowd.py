"""A crowd is counted, not listed: who acts is known whole, and all are counted."""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from bridge.backplane import codec
from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice
from bridge.rooms import neighbourhoods
from bridge.rooms.neighbourhoods import Neighbourhoods
from bridge.rooms.recency import ACTIVE_FOR
from bridge.rooms.room import COUNT_EVERY, Room
from bridge.wire.crowd import FEWEST, MOST, level_of
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Event, Wants, member_basics
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.watchers import Json, read_frames, unpacked

GUILD = GuildInfo("1", "one", "The First")
STATUSES: list[Status] = ["online", "idle", "dnd", "offline"]
COLORS = [f"#{number:06x}" for number in range(neighbourhoods.MOST + 6)]
CHANNELS = [
    Channel("1", "general"),
    Channel("2", "help"),
    Channel("3", "talk", "voice"),
    Channel("4", "music", "voice"),
]
HOUR = 3_600.0


def crowd(size: int) -> list[Member]:
    return [Member(str(number), f"Member {number}", "online", COLORS[number % 3]) for number in range(size)]


def asking(count: int, *, events: bool = True, batch: bool = True, deflate: bool = False) -> Connect:
    chosen = OPTIONAL_EVENTS if events else frozenset()
    return Connect(
        "one", wants=Wants(batch, chosen, cursor=True, crowd=level_of(count), deflate=deflate), crowd=count
    )


def join(room: Room, request: Connect) -> Json:
    data = read_frames(room.entry(request))[0]["data"]
    assert isinstance(data, dict)
    return data


def listed(room: Room, count: int) -> list[str]:
    return sorted(join(room, asking(count))["users"], key=int)


def houses(entries: list[Json]) -> dict[str | None, tuple[int, ...]]:
    counts = {entry["roleColor"]: tuple(entry[status] for status in STATUSES) for entry in entries}
    assert len(counts) == len(entries)
    return counts


def everything(member: Member, *, full: bool) -> Json:
    basics = member_basics(member)
    voice = member.voice and member.voice.channel
    more = {
        "voice": voice, "activity": member.activity, "bot": member.bot, "roleColor2": member.role_color2,
        "line": member.line,
    }  # fmt: skip
    return basics | more if full else basics


class Looker(FakeViewer):
    """Who keeps what they are told, as a page does, and may lose the end of it."""

    def __init__(self, room: Room, request: Connect) -> None:
        super().__init__(request.wants)
        self.room = room
        self.request = request
        self.users: dict[str, Json] = {}
        self.counts: dict[str | None, tuple[int, ...]] = {}
        self.cursor: str | None = None
        self.resumed = 0
        self.enter()

    def enter(self) -> None:
        frames = read_frames(self.room.entry(replace(self.request, cursor=self.cursor)))
        self.room.seat(self)
        self.frames = frames
        self.read()

    def lose(self, count: int) -> None:
        """Leave with so many of the last frames unread, and come back."""
        self.room.unseat(self)
        self.frames = self.frames[: max(0, len(self.frames) - count)]
        self.read()
        self.enter()

    def read(self) -> None:
        for frame in self.frames:
            for event in unpacked([frame]):
                self._take(event)
            self.cursor = frame.get("cursor") or frame["data"]["cursor"]
        self.frames = []

    def _take(self, event: Json) -> None:
        data = event["data"]
        match event["type"]:
            case "server-join":
                self.counts = houses(data["neighbourhoods"])
                if "users" in data:
                    self.users = {uid: self._made(user) for uid, user in data["users"].items()}
                else:
                    self.resumed += 1
            case "neighbourhoods":
                self.counts |= houses(data["neighbourhoods"])
            case "presence" if data.get("delete"):
                self.users.pop(data["uid"], None)
            case "presence":
                known = self.users.setdefault(data["uid"], {})
                assert known or data.keys() >= {"username", "roleColor"}, data
                known |= self._made(known | data)
            case "voice":
                self.users[data["uid"]]["voice"] = data["channel"]
            case "activity":
                self.users[data["uid"]]["activity"] = data["text"]
            case "edit" if data["message"] is None:
                pass
            case "message" | "typing" | "reaction" | "edit":
                assert data["uid"] in self.users

    def _made(self, user: Json) -> Json:
        keys = ["uid", "username", "status", "roleColor"]
        if not self.request.wants.events:
            return {key: user[key] for key in keys}
        voice = user.get("voice")
        made = {key: user.get(key) for key in [*keys, "activity", "bot", "roleColor2", "line"]}
        return made | {
            "bot": bool(made["bot"]),
            "voice": voice["channel"] if isinstance(voice, dict) else voice,
        }

    def find(self, text: str) -> None:
        search = self.room.search(text)
        while search.step():
            pass
        full = bool(self.request.wants.events)
        self.users |= {member.uid: everything(member, full=full) for member in self.room.found(search)}

    def check(self) -> None:
        self.read()
        full = bool(self.request.wants.events)
        for uid, user in self.users.items():
            assert user == everything(self.room.members[uid], full=full)
        told = {color: counts for color, counts in self.counts.items() if any(counts)}
        assert told == houses(self.room._state.neighbourhoods.all())
        assert sum(map(sum, told.values())) == len(self.room.members)


class Town:
    """A room in which anything may happen."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.dice = Random(seed)
        self.room = Room(GUILD, limits=Limits(history_events=300, history_age=60.0), clock=lambda: self.now)
        self.room.set_channels(CHANNELS)
        self.room.put_all(crowd(300))
        self.number = 300
        self.said: list[Message] = []

    def step(self) -> None:
        dice = self.dice
        self.now += 40.0 if dice.random() < 0.01 else dice.choice([0.01, 0.01, 1.0])
        member = dice.choice(list(self.room.members.values()))
        if dice.random() < 0.5:  # a few do most of it
            member = self.room.members.get(str(dice.randrange(12)), member)
        often = [self.present, self.speak, self.type, self.react, self.sit, self.recolor, self.revise]
        rarely = [self.come, self.go, self.hide_channels, self.forget_channel, self.forget_words]
        dice.choice(often if dice.random() < 0.85 else rarely)(member)

    def present(self, member: Member) -> None:
        activity = self.dice.choice([None, "Playing Chess"])
        self.room.present(member.uid, self.dice.choice(STATUSES), activity)

    def come(self, _: Member) -> None:
        self.number += 1
        self.room.put_all([Member(str(self.number), f"New {self.number}", "idle", self.dice.choice(COLORS))])

    def go(self, member: Member) -> None:
        self.room.remove(member.uid)

    def sit(self, member: Member) -> None:
        channel = self.room.channels.get(self.dice.choice(["3", "4"]))
        self.room.put_all([member._replace(voice=Voice(channel.id, channel.name) if channel else None)])

    def recolor(self, member: Member) -> None:
        other = self.dice.choice([None, "#123456"])
        line = self.dice.choice([None, "Back soon"])
        self.room.put_all(
            [member._replace(role_color=self.dice.choice(COLORS), role_color2=other, line=line)]
        )

    def speak(self, member: Member) -> None:
        self.said.append(Message(member.uid, "Hello", self.dice.choice("12"), str(len(self.said))))
        self.room.say(self.said[-1])

    def type(self, member: Member) -> None:
        self.room.publish("typing", {"uid": member.uid, "channel": "1"})

    def react(self, member: Member) -> None:
        self.room.publish("reaction", {"uid": member.uid, "channel": "2", "emoji": "!"})

    def revise(self, _: Member) -> None:
        words = self.dice.choice(self.said) if self.said else None
        if words is not None and words.id and words.uid in self.room.members:
            other = self.dice.choice([None, "Other words"])
            self.room.edit(words.uid, words.channel, words.id, other, {})

    def hide_channels(self, _: Member) -> None:
        self.room.set_channels(self.dice.sample(CHANNELS, 3))

    def forget_channel(self, _: Member) -> None:
        self.room.forget_channels([self.dice.choice("12")])

    def forget_words(self, member: Member) -> None:
        self.room.forget_words(member.uid)

    def flush(self, room: Room) -> None:
        room.flush(self.now)
        while not room.is_through:
            room.flush(self.now)


def told(queue: Iterable[Event]) -> list[Event]:
    """Have events be told to another process: those are others."""
    return codec.read_events("1", codec.write_events(queue))


REQUESTS = [
    asking(FEWEST),
    asking(FEWEST, events=False, batch=False),
    asking(200, batch=False),
    asking(200, events=False),
]


@pytest.mark.parametrize("seed", [1, 3])
def test_whatever_happens_who_acts_is_known_and_all_are_counted(seed: int) -> None:
    """To each client, also after it came back with a cursor, and in a room that follows another one."""
    town = Town(seed)
    queue: deque[Event] = deque()
    town.room.listen(queue.extend)
    other = Room.of_copy(town.room.copy(), limits=Limits(history_events=300), clock=lambda: town.now)
    lookers = [Looker(room, request) for room in (town.room, other) for request in REQUESTS]
    for step in range(900):
        town.step()
        if town.dice.random() < 0.4:
            town.flush(town.room)
            if town.dice.random() < 0.5:
                other.accept_all(told(queue))
                queue.clear()
                town.flush(other)
        if step % 9 == 0:
            town.dice.choice(lookers).lose(town.dice.choice([0, 1, 3, 90]))
        if step % 130 == 0:
            town.now += COUNT_EVERY
            town.flush(town.room)
            other.accept_all(told(queue))
            queue.clear()
            town.flush(other)
            for looker in lookers:
                looker.check()
                looker.find(town.dice.choice(list(looker.room.members.values())).username)
    assert sum(looker.resumed for looker in lookers) > 10


# Who is listed


def test_where_nobody_did_anything_the_first_are_listed() -> None:
    """As many as were asked for, and all of a small guild."""
    room = Room(GUILD)
    room.put_all(crowd(120))
    assert listed(room, FEWEST) == [str(number) for number in range(FEWEST)]
    assert len(listed(room, 500)) == 120


def test_who_acted_lately_or_sits_in_voice_is_listed() -> None:
    """Whoever acted more than half an hour ago is one of many."""
    now = 1_000_000.0
    room = Room(GUILD, clock=lambda: now)
    room.put_all(crowd(400))
    room.put_all([room.members["300"]._replace(voice=Voice("3", "talk"))])
    room.say(Message("301", "Hello", "1"))
    now += ACTIVE_FOR + 1
    room.publish("typing", {"uid": "302", "channel": "1"})
    room.present("303", "idle", None)
    chosen = listed(room, FEWEST)
    assert len(chosen) == FEWEST
    assert set(chosen) > {"300", "302", "303"}
    assert "301" not in chosen


def test_who_is_gone_is_not_listed() -> None:
    """Nor is who left a voice channel long ago."""
    now = 1_000_000.0
    room = Room(GUILD, clock=lambda: now)
    room.put_all(crowd(400))
    room.put_all([room.members["300"]._replace(voice=Voice("3", "talk"))])
    room.put_all([room.members["300"]._replace(voice=None)])
    room.say(Message("301", "Hello", "1"))
    room.remove("301")
    now += ACTIVE_FOR + 1
    assert listed(room, FEWEST) == [str(number) for number in range(FEWEST)]


def test_who_acts_and_is_not_listed_comes_whole_before_the_event() -> None:
    """To those who asked for a crowd; everybody else gets what they always got."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    looker = Looker(room, asking(FEWEST, batch=False))
    plain = FakeViewer(Wants(events=OPTIONAL_EVENTS, cursor=True))
    room.seat(plain)
    room.flush(0.0)
    looker.frames, plain.frames = [], []
    for _ in range(2):
        room.say(Message("399", "Hello", "1"))
    room.flush(0.0)
    told = [(event["type"], event["data"].get("username")) for event in looker.events]
    assert told == [("presence", "Member 399"), ("message", None), ("message", None)]
    assert [event["type"] for event in plain.events] == ["message", "message"]
    whole = looker.events[0]["data"]
    assert {field for field in whole if whole[field] is None} == {
        "avatar",
        "voice",
        "activity",
        "roleColor2",
        "line",
    }
    cursors = [frame["cursor"].rpartition(".")[2] for frame in looker.frames]
    last = int(cursors[-1])
    assert cursors == [str(last - 2), str(last - 1), str(last)]  # nothing is missed by who loses some


@pytest.mark.parametrize("past", [True, False])
def test_who_came_with_words_that_are_forgotten_comes_with_what_follows(past: bool) -> None:
    """Before the words had left: the rest of what they did is no stranger's."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    looker = Looker(room, asking(FEWEST))
    room.say(Message("399", "Hello", "1", "7"))
    room.put_all([room.members["399"]._replace(voice=Voice("3", "talk"))])
    if past:
        room.forget_past()
    else:
        room.forget_messages(["7"])
    flushed(room, 0.0)
    assert heard(looker)[:2] == [("presence", "399"), ("voice", "399")]


def heard(looker: Looker) -> list[tuple[object, object]]:
    """Name what somebody heard since, and of whom."""
    told = [(event["type"], event["data"].get("uid")) for event in looker.events]
    looker.read()
    return told


def flushed(room: Room, now: float) -> None:
    room.flush(now)
    while not room.is_through:
        room.flush(now)


def test_who_goes_idle_and_is_known_to_nobody_is_counted() -> None:
    """Where very many do it is nothing but numbers; everybody else hears of each."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    looker = Looker(room, asking(FEWEST))
    plain = FakeViewer(Wants(batch=True))
    room.seat(plain)
    flushed(room, 0.0)
    looker.read()
    plain.frames = []
    for uid in map(str, range(FEWEST - 1, 400)):
        room.present(uid, "idle", "Playing Chess")
    room.put_all([room.members["399"]._replace(line="Back soon")])
    flushed(room, 5.0)
    known = str(FEWEST - 1)
    assert set(heard(looker)) == {("presence", known), ("activity", known), ("neighbourhoods", None)}
    assert len(plain.events) == 400 - FEWEST + 1
    looker.check()
    room.say(Message("399", "Hello", "1"))
    room.present("399", "dnd", None)
    flushed(room, 10.0)
    assert [kind for kind, _ in heard(looker)] == [
        "presence", "message", "presence", "activity", "neighbourhoods"
    ]  # fmt: skip
    looker.check()
    looker.find("Member 398")
    room.present("398", "dnd", None)
    flushed(room, 15.0)
    assert ("presence", "398") in heard(looker)
    looker.check()


def test_who_comes_where_not_all_can_be_listed_is_counted() -> None:
    """But those who have just joined; and who goes whom nobody knew."""
    room = Room(GUILD)
    looker = Looker(room, asking(MOST))
    room.put_all(crowd(100))
    room.remove("7")
    flushed(room, 0.0)
    looker.check()
    assert len(looker.users) == 99
    room.put_all(crowd(MOST + 1))
    flushed(room, 5.0)
    looker.read()
    room.put_all([Member("new", "New", "online", joined=1), Member("back", "Back", "online")])
    room.remove("back")
    room.remove("8")
    flushed(room, 10.0)
    assert set(heard(looker)) == {("presence", "new"), ("presence", "8"), ("neighbourhoods", None)}
    room.remove("new")
    flushed(room, 15.0)
    assert len(listed(room, MOST)) == MOST


def test_who_came_back_to_another_copy_hears_of_all() -> None:
    """Whom they know from before, it can't know."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    looker = Looker(room, asking(200))
    copy = Room.of_copy(room.copy())
    copy.recall([], room.position, 0.0)
    room.become(copy)
    looker.lose(0)
    Looker(room, asking(FEWEST))
    assert looker.resumed == 1
    room.present("150", "idle", None)
    flushed(room, 5.0)
    assert ("presence", "150") in heard(looker)


def test_neighbourhoods_are_told_once_a_second() -> None:
    """However often they change; the last of it comes by itself."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    looker = Looker(room, asking(FEWEST))
    flushed(room, 0.0)
    looker.read()
    for number in range(100, 200):
        room.present(str(number), "idle", None)
        due = room.flush(number / 100)
    assert len(heard(looker)) == 1
    assert due is not None
    flushed(room, due)
    assert len(heard(looker)) == 1
    looker.check()
    assert room.flush(due) is None or not room._state.neighbourhoods.is_news


def test_the_answer_to_get_user_data_lists_as_few() -> None:
    """It stands for a snapshot."""
    room = Room(GUILD)
    room.put_all(crowd(400))
    entries = room.users(full=True, crowd=FEWEST)
    assert len(json.loads(b"{" + b",".join(entries.plain()) + b"}")) == FEWEST


def test_a_long_list_is_made_in_steps() -> None:
    """Until it is ready, whoever asks waits; a change outdates a part of it."""
    room = Room(GUILD)
    room.put_all(crowd(6_000))
    request = asking(5_000, deflate=True)
    steps = 0
    while not room.is_prepared(request):
        steps += 1
        room.prepare(request)
    assert 5 < steps <= room.steps(request)
    assert len(room.entry(request)) < 250_000
    room.present("17", "dnd", None)
    assert room.is_prepared(request)


# The counts


def test_neighbourhoods_come_together_in_one_event() -> None:
    """Those that changed, once for each flush, and to nobody who didn't ask."""
    room = Room(GUILD)
    room.put_all(crowd(100))
    looker = Looker(room, asking(FEWEST))
    plain = FakeViewer(Wants(batch=True))
    room.seat(plain)
    room.flush(0.0)
    looker.frames = []
    for uid in ("60", "63", "66"):
        room.present(uid, "dnd", None)
    room.flush(COUNT_EVERY)
    [told] = [event["data"] for event in looker.events if event["type"] == "neighbourhoods"]
    assert told == {
        "neighbourhoods": [{"roleColor": "#000000", "online": 31, "idle": 0, "dnd": 3, "offline": 0}]
    }
    assert {event["type"] for event in plain.events} == {"presence"}


def test_colours_are_bounded() -> None:
    """The rest are one neighbourhood; a colour that nobody has any more gives up its place."""
    towns = Neighbourhoods({})
    people = [Member(color, color, "online", color) for color in COLORS]
    for member in people:
        towns.move(None, member)
    counts = houses(towns.all())
    assert len(counts) == neighbourhoods.MOST + 1
    assert counts[None] == (6, 0, 0, 0)
    towns.move(people[0], None)
    towns.move(people[-1], people[-1]._replace(status="idle"))
    towns.move(None, Member("new", "New", "dnd", "#abcdef"))
    counts = houses(towns.all())
    assert COLORS[0] not in counts
    assert counts[None] == (5, 1, 0, 0)
    assert counts["#abcdef"] == (0, 0, 1, 0)
    for member in people[1:-1]:
        towns.move(member, None)
    towns.move(people[-1]._replace(status="idle"), None)
    assert houses(towns.all()) == {"#abcdef": (0, 0, 1, 0)}
    assert not towns._others
