"""What tests of rooms start from: a guild, who sits in its room, and anything that it may be told."""

import json
from collections.abc import Set

from hypothesis import strategies as st

from bridge.model import GuildInfo, Member, Voice
from bridge.problems import Problem
from bridge.rooms.room import Room
from bridge.wire.framing import quoted_in
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Goodbye, Wants
from tests.bridge.watchers import Json, read_frames, unpacked

GUILD = GuildInfo("1", "one", "The First")
ADA = Member("7", "Ada", "online", "#ff0000")
BEPPO = Member("8", "Beppo", "idle", "#00ff00")
OLD = Wants(paced=True)
PLAIN = Wants()
EVERYTHING = Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True)


class FakeViewer:
    """Somebody who keeps what they are offered."""

    def __init__(self, wants: Wants = OLD) -> None:
        self.wants = wants
        self.frames: list[Json] = []
        self.farewell: tuple[Goodbye, Problem | None] | None = None
        self.quoted: set[str] = set()  # in what they were offered
        self.forgot = 0  # times

    def offer(self, frames: bytes) -> None:
        self.frames += read_frames(frames)
        self.quoted |= quoted_in(frames)

    def forget(self, quoted: Set[str] | None = None) -> None:
        self.forgot += quoted is None or not quoted.isdisjoint(self.quoted)

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        self.farewell = goodbye, problem

    @property
    def events(self) -> list[Json]:
        return unpacked(self.frames)

    @property
    def data(self) -> list[Json]:
        return [event["data"] for event in self.events]


class Believer:
    """What a page knows of members by what it is told; it complains of what no client could show."""

    wants: Wants
    members: dict[str, Json]

    def hear_presence(self, data: Json) -> None:
        uid = data["uid"]
        if data.get("delete"):
            assert uid in self.members, "a removal of somebody this viewer doesn't have"
            del self.members[uid]
            return
        if uid not in self.members:
            assert {"username", "roleColor"} <= data.keys(), "somebody new without a name or a colour"
            self.members[uid] = dict.fromkeys(("avatar", "voice", "activity")) if self.wants.events else {}
        self.members[uid].update(data)

    def hear_voice(self, data: Json) -> None:
        voice = {key: value for key, value in data.items() if key != "uid"}
        self.members[data["uid"]]["voice"] = voice if voice["channel"] else None

    def hear_activity(self, data: Json) -> None:
        self.members[data["uid"]]["activity"] = data["text"]


def seated(room: Room, wants: Wants = OLD) -> FakeViewer:
    viewer = FakeViewer(wants)
    room.seat(viewer)
    return viewer


def users(room: Room, *, full: bool = False) -> Json:
    decoded = json.loads(b"{" + b",".join(room.users(full=full).plain()) + b"}")
    assert isinstance(decoded, dict)
    return decoded


def known(members: dict[str, Json]) -> dict[str, Json]:
    """Leave out what pages needn't agree on: when somebody came, and that there is no second colour."""
    return {uid: {key: user[key] for key in user if is_told(key, user)} for uid, user in members.items()}


def is_told(key: str, user: Json) -> bool:
    return key != "joined" and not (key in {"roleColor2", "line"} and user[key] is None)


def snapshot(room: Room, wants: Wants = OLD) -> Json:
    """Read what a viewer gets on entering."""
    [frame] = read_frames(room.entry(Connect("one", wants=wants)))
    assert frame["type"] == "server-join"
    data = frame["data"]
    assert isinstance(data, dict)
    return data


UIDS = ["7", "8", "9"]
CHANNELS = ["1", "2"]

uids = st.sampled_from(UIDS)
channels = st.sampled_from(CHANNELS)
voices = st.none() | st.builds(Voice, channels, st.just("Lounge"), muted=st.booleans())
members = st.builds(
    Member,
    uid=uids,
    username=st.sampled_from(["Ada", "Beppo"]),
    status=st.sampled_from(["online", "idle", "dnd", "offline"]),
    role_color=st.sampled_from(["#ff0000", "#00ff00"]),
    bot=st.booleans(),
    avatar=st.sampled_from([None, "https://a"]),
    voice=voices,
    activity=st.sampled_from([None, "Chess"]),
    joined=st.sampled_from([None, 0]),
    role_color2=st.sampled_from([None, "#0000ff"]),
    role=st.sampled_from([None, "41", "42"]),
)
rosters = st.lists(members, max_size=3, unique_by=lambda member: member.uid)
wishes = st.sampled_from(
    [
        OLD,
        OLD,
        PLAIN,
        Wants(batch=True),
        Wants(cursor=True),
        Wants(events=OPTIONAL_EVENTS),
        EVERYTHING,
    ]
)
