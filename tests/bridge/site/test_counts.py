"""`/api/counts`: how many are in the guilds that anybody may enter."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.model import GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from bridge.site.counts import GOOD_FOR, Counts
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, REPOS, Start
from tests.bridge.watchers import fetch, watching

OPEN = GuildInfo("1", "one", "The First")
PEOPLE = [Member("7", "Ada", "online"), Member("8", "Beppo", "idle"), Member("9", "Chiara")]


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def directory() -> Directory:
    """One guild for everybody."""
    directory = Directory()
    directory.open(OPEN, PEOPLE)
    return directory


async def told(counts: Counts) -> Any:
    status, answer = await counts.tell()
    assert status == 200
    return json.loads(answer)


async def asked(server: WebSocketServer) -> Any:
    answer = await fetch(server, "/api/counts")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return json.loads(answer.body)


async def test_they_are_encoded_once(directory: Directory, clock: Clock) -> None:
    """Thousands of guilds take milliseconds, and anybody may ask fifty times a second."""
    counts = Counts(directory)
    first = (await counts.tell())[1]
    assert (await counts.tell())[1] is first
    await clock.jump(GOOD_FOR)
    assert (await counts.tell())[1] is not first


# Over HTTP


async def test_open_guilds_are_counted(bridge: WebSocketServer) -> None:
    """Not the one that is protected."""
    assert await asked(bridge) == {
        DWORLD.id: {"members": 2, "online": 2},
        REPOS.id: {"members": 1, "online": 0},
    }


async def test_a_bridge_without_guilds(start: Start) -> None:
    """There is nothing to count, and that is an answer."""
    assert await asked(await start(provider=EmptyProvider())) == {}


async def test_guilds_that_nobody_asked_about(fed: WebSocketServer) -> None:
    """What isn't known isn't told: an empty guild would be a wrong guess."""
    async with watching(fed) as viewer:
        assert await asked(fed) == {}
        await viewer.enter("one")
    assert await told(Counts(fed._directory)) == {"1": {"members": 1, "online": 1}}


@pytest.mark.parametrize("health", [False, True])
async def test_health_is_another_matter(start: Start, health: bool) -> None:
    """Counts are there with and without it."""
    server = await start(provider=EmptyProvider(), health=health)
    assert await asked(server) == {}
    assert (await fetch(server, "/healthz")).status == (200 if health else 404)


async def test_the_owner_is_asked_first(bridge: WebSocketServer) -> None:
    """As for every other path."""

    async def serve(path: str) -> tuple[str, str] | None:
        return ("text/plain", "none of your business") if path == "/api/counts" else None

    bridge.on_static_request(serve)
    assert (await fetch(bridge, "/api/counts")).body == b"none of your business"


# Who is counted


async def test_everybody_counts_shown_or_not(directory: Directory) -> None:
    """As in a room's own counts."""
    directory.open(replace(OPEN, member_count=4_000))
    assert await told(Counts(directory)) == {"1": {"members": 4_000, "online": 2}}


@pytest.mark.parametrize(
    "change", [{"protected": True}, {"listed": False}, {"protected": True, "listed": False}]
)
async def test_guilds_that_are_not_for_everybody(directory: Directory, change: dict[str, Any]) -> None:
    """Protected or unlisted: nothing is told of them, not even that there are any."""
    directory.open(replace(OPEN, id="2", slug="two", **change), PEOPLE)
    assert (await told(Counts(directory))).keys() == {"1"}


async def test_an_empty_room_is_not_counted(directory: Directory) -> None:
    """Its provider was perhaps never asked."""
    directory.open(GuildInfo("2", "two", "The Second", member_count=7))
    assert (await told(Counts(directory))).keys() == {"1"}


# How often


async def test_an_answer_is_good_for_a_while(directory: Directory, clock: Clock) -> None:
    """For five seconds, whoever asks."""
    counts = Counts(directory)
    first = await told(counts)
    directory.rooms["1"].put_all([ADA])
    await clock.jump(GOOD_FOR - 0.5)
    assert await told(counts) == first
    await clock.jump(0.5)
    assert await told(counts) == {"1": {"members": 4, "online": 3}}


async def test_guilds_are_counted_no_more_often(
    directory: Directory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask as often as they like."""
    counted = []
    count = Room.counts

    def counting(room: Room) -> dict[str, int]:
        counted.append(room)
        return count(room)

    monkeypatch.setattr(Room, "counts", counting)
    counts = Counts(directory)
    for _ in range(100):
        await told(counts)
    assert len(counted) == 1


@pytest.mark.parametrize("how", ["protected", "unlisted", "hidden"])
async def test_what_must_not_be_told_any_more_is_not(directory: Directory, how: str) -> None:
    """Not for a second: what was counted before is no excuse."""
    counts = Counts(directory)
    assert (await told(counts)).keys() == {"1"}
    if how == "hidden":
        directory.close("1")
    else:
        directory.open(replace(OPEN, protected=how == "protected", listed=how != "unlisted"))
    assert await told(counts) == {}
