"""Clients of each kind in one room: who gets each word at once, and who at the pace of bubbles."""

import json
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from typing import Final

import pytest

from bridge.model import Channel, Member, Message
from bridge.problems import Problem
from bridge.providers import EmptyProvider
from bridge.rooms.flush import WINDOW
from bridge.rooms.playback import MAX_LAG
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from bridge.wire.protocol import OPTIONAL_EVENTS, Goodbye, Wants
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.old_client import OldClient
from tests.bridge.watchers import Json, Watcher, read_frames, unpacked, watching

BURST: Final = 30
# What `connect` says beside the server; present counts as asking, if only for nothing.
ASKING: Final = [
    {"batch": True}, {"events": ["edit"]}, {"cursor": "x"},
    {"batch": False}, {"events": []}, {"cursor": ""}, {"cursor": None}, {"batch": None},
]  # fmt: skip


@asynccontextmanager
async def browser(bridge: WebSocketServer) -> AsyncIterator[Watcher]:
    """Connect as a browser does: with the origin of its page."""
    async with watching(bridge, origin="http://localhost") as viewer:
        yield viewer


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which no bubble is over before somebody has looked, on however busy a machine."""
    return Clock(monkeypatch)


async def burst(bridge: WebSocketServer) -> None:
    """Say a lot in one channel, in one breath."""
    for number in range(BURST):
        await bridge.broadcast_message(DWORLD.id, ADA.uid, str(number), "9")


async def hear_burst(viewer: Watcher) -> list[str]:
    """Hear as many words as were said."""
    heard: list[str] = []
    while len(heard) < BURST:
        heard += [event["data"]["message"] for event in await viewer.hear_events()]
    return heard


async def test_a_plain_program_gets_each_word_at_once(bridge: WebSocketServer) -> None:
    """No browser, no field: no bubble has to be waited for, and nothing is left out."""
    async with watching(bridge) as viewer:
        assert "cursor" not in await viewer.enter("dworld")
        await burst(bridge)
        assert await hear_burst(viewer) == [str(number) for number in range(BURST)]


@pytest.mark.parametrize("field", ASKING, ids=repr)
async def test_a_browser_that_asks_for_anything_gets_each_word_at_once(
    bridge: WebSocketServer, field: Json
) -> None:
    """If only by sending a field."""
    async with browser(bridge) as viewer:
        assert "cursor" in await viewer.enter("dworld", **field)
        await burst(bridge)
        assert await hear_burst(viewer) == [str(number) for number in range(BURST)]


@pytest.mark.usefixtures("clock")
async def test_an_old_client_in_a_browser_gets_what_it_can_show(bridge: WebSocketServer) -> None:
    """One bubble; the others later, or never."""
    async with browser(bridge) as viewer:
        assert "cursor" not in await viewer.enter("dworld")
        await burst(bridge)
        assert (await viewer.hear())["data"]["message"] == "0"
        assert await viewer.has_heard_everything()


@pytest.mark.usefixtures("clock")
async def test_the_oldest_client_gets_what_it_can_show(bridge: WebSocketServer) -> None:
    """It is known by its first request for a room, which is a binary frame."""
    request = {"type": "connect", "data": {"server": "dworld"}}
    async with watching(bridge) as viewer:
        await viewer.say(json.dumps(request).encode())
        assert (await viewer.hear())["type"] == "server-join"
        await burst(bridge)
        assert (await viewer.hear())["data"]["message"] == "0"
        assert await viewer.has_heard_everything()
        await viewer.enter("dworld")  # and stays what it is
        await bridge.broadcast_message(DWORLD.id, ADA.uid, "more", "10")
        await bridge.broadcast_message(DWORLD.id, ADA.uid, "too much", "10")
        assert (await viewer.hear())["data"]["message"] == "more"
        assert await viewer.has_heard_everything()


async def test_only_the_first_frame_tells(bridge: WebSocketServer) -> None:
    """A program that sends binary later is no old client."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.say(json.dumps({"type": "connect", "data": {"server": "dworld"}}).encode())
        assert (await viewer.hear())["type"] == "server-join"
        await burst(bridge)
        assert await hear_burst(viewer) == [str(number) for number in range(BURST)]


async def test_an_owner_of_a_plain_page_can_have_everything_at_once(start: Start) -> None:
    """For browsers, too."""
    bridge = await start(provider=EmptyProvider(), pace_old_clients=False)
    bridge.show_guild(DWORLD, [ADA])
    async with browser(bridge) as viewer:
        await viewer.enter("dworld")
        await burst(bridge)
        assert await hear_burst(viewer) == [str(number) for number in range(BURST)]


@pytest.mark.usefixtures("clock")
async def test_a_plain_program_hears_at_once_who_left(bridge: WebSocketServer) -> None:
    """In the middle of their words."""
    async with watching(bridge) as plain, browser(bridge) as old:
        await plain.enter("dworld")
        await old.enter("dworld")
        await bridge.broadcast_message(DWORLD.id, ADA.uid, "bye", "9")
        await bridge.broadcast_presence(DWORLD.id, ADA.uid, "offline", delete=True)
        assert [(await plain.hear())["data"].get("delete") for _ in range(2)] == [None, True]
        assert await plain.has_heard_everything()
        assert [(await old.hear())["data"].get("delete") for _ in range(2)] == [None, None]
        assert await old.has_heard_everything()


async def test_a_plain_program_gets_the_presence_that_was_passed(bridge: WebSocketServer) -> None:
    """Also what it was told before; a client that keeps a world gets what is news."""
    async with watching(bridge) as plain, browser(bridge) as old, watching(bridge) as new:
        await plain.enter("dworld")
        await old.enter("dworld")
        await new.enter("dworld", events=["edit"])
        presence = {"uid": ADA.uid, "status": "idle"}
        await bridge.broadcast_presence(DWORLD.id, ADA.uid, "idle", ADA.username, ADA.role_color)
        told = {**presence, "username": ADA.username, "roleColor": ADA.role_color}
        assert (await plain.hear())["data"] == told
        assert (await old.hear())["data"] == presence
        assert (await new.hear())["data"] == presence
        await bridge.broadcast_presence(DWORLD.id, ADA.uid, "idle")
        assert (await plain.hear())["data"] == presence
        await bridge.broadcast_presence(DWORLD.id, ADA.uid, "idle", ADA.username, role_color2="#00ff00")
        assert (await plain.hear())["data"] == {**presence, "username": ADA.username}


class Page:
    """A client in a room whose clock is the test's: what it was told, and for an old one its world."""

    def __init__(self, house: "House", wants: Wants) -> None:
        self.wants = wants
        self.heard: list[str] = []
        self.gone: list[str] = []
        self._house = house
        self._world = OldClient()

    def offer(self, frames: bytes) -> None:
        """Take frames."""
        for event in unpacked(read_frames(frames)):
            data, now = event["data"], self._house.now
            if event["type"] == "message":
                self.heard.append(data["message"])
                if self.wants.paced:
                    starts = self._world.show(data["uid"], data["message"], data["channel"], now)
                    assert starts - self._house.said_at[data["message"]] <= MAX_LAG + 0.1, "too late"
            elif data.get("delete"):
                self.gone.append(data["uid"])
                if self.wants.paced:
                    assert not self._world.freezes_without(data["uid"], now)

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Nothing waits here."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Nobody is dismissed here."""
        raise AssertionError(problem)


class House:
    """A room with a page of each kind, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said_at: dict[str, float] = {}
        self.room = Room(DWORLD)
        self.room.set_channels([Channel("9", "general"), Channel("10", "other")])
        self.room.put_all(Member(str(uid), f"Member {uid}") for uid in range(1, 9))
        self.old = Page(self, Wants(paced=True))
        kinds = [
            Wants(),
            Wants(batch=True, cursor=True),
            Wants(events=OPTIONAL_EVENTS, cursor=True),
            Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True),
        ]
        self.others = [Page(self, wants) for wants in kinds]
        for page in (self.old, *self.others):
            self.room.seat(page)
        self.due = self.room.flush(self.now)

    def say(self, uid: str, channel: str, length: int) -> None:
        """Have somebody say something."""
        text = str(len(self.said_at)).ljust(length, ".")
        self.said_at[text] = self.now
        self.room.say(Message(uid, text, channel, id=f"id {text}"))

    def wait(self, seconds: float) -> None:
        """Let time go on, with a flush whenever the room wants one."""
        until = self.now + seconds
        self.due = self.room.flush(self.now)
        while self.due is not None and max(self.due, self.now + WINDOW) <= until:
            self.now = max(self.due, self.now + WINDOW)
            self.due = self.room.flush(self.now)
        self.now = until


@pytest.mark.parametrize("length", [1, 45, 74, 75, 149, 150, 500, 2_000])
def test_a_room_full_of_kinds(length: int) -> None:
    """A burst, a leave, a ban, somebody who hides, and 150 seconds of talk: nobody loses anything."""
    house = House()
    for number in range(BURST):
        house.say(str(1 + number % 8), "9", length)
    house.wait(0.5)
    house.room.remove("1")  # leaves
    house.say("2", "10", length)
    house.wait(0.5)
    house.room.forget_words("2")  # is banned
    house.room.remove("2")
    house.say("3", "10", length)
    house.wait(3)
    house.room.forget_words("3")  # hides
    house.room.remove("3")
    for second in range(75):
        house.say(str(4 + second % 4), "9", length)
        house.wait(2)
    house.room.remove("4")
    house.wait(2 * 60)
    said = list(house.said_at)
    for page in house.others:
        assert page.heard == said
        assert page.gone == ["1", "2", "3", "4"]
    assert sorted(house.old.gone) == ["1", "2", "3", "4"]
    assert [words for words in said if words in house.old.heard] == sorted(house.old.heard, key=said.index), (
        "each at most once"
    )
    assert house.room.flush(house.now) is None, "nothing is left to come"
