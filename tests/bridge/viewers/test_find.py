"""Looking for somebody by name, and asking for a crowd: through a real socket."""

from typing import Any

import pytest

from bridge.model import Member
from bridge.problems import NO_ROOM
from bridge.rooms import search
from bridge.rooms.room import Room
from bridge.rooms.search import Search
from bridge.server import WebSocketServer
from bridge.wire.crowd import FEWEST, MAX_TEXT, MOST_FOUND, fold
from tests.bridge.conftest import DWORLD, VAULT
from tests.bridge.watchers import Json, Watcher, watching

NAMES = ["Zoë", "zoé two", "Mezzo", "ÅSA", "Straße", "Ω mega", "ﬁne", "İpek"]


def people(*names: str) -> list[Member]:
    return [Member(str(1_000 + number), name) for number, name in enumerate(names)]


async def find(viewer: Watcher, text: object) -> Json:
    await viewer.say({"type": "find", "data": {"text": text}})
    return await viewer.hear()


async def found(viewer: Watcher, text: str) -> list[str]:
    frame = await find(viewer, text)
    assert frame["type"] == "found"
    assert frame["data"]["text"] == text
    return [user["username"] for user in frame["data"]["users"].values()]


async def test_somebody_is_found_by_name(bridge: WebSocketServer) -> None:
    """Whatever the case and the accents; first those whose name begins like that."""
    bridge.show_guild(DWORLD, people(*NAMES))
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", crowd=FEWEST)
        assert await found(viewer, "ZO") == ["Zoë", "zoé two", "Mezzo"]
        assert await found(viewer, " åsa ") == ["ÅSA"]
        assert await found(viewer, "asa") == ["ÅSA"]
        assert await found(viewer, "fine") == ["ﬁne"]
        assert await found(viewer, "ipek") == ["İpek"]
        assert await found(viewer, "ω") == ["Ω mega"]
        assert await found(viewer, "nobody") == []


async def test_somebody_is_found_by_id(bridge: WebSocketServer) -> None:
    """Only by all of it, and only who is shown there."""
    ada, number = Member("86913608335773696", "Ada"), Member("1", "Nr. 86913608335773697")
    bridge.show_guild(DWORLD, [ada, number, *people(*NAMES)])
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        assert await found(viewer, " 86913608335773696 ") == ["Ada"]
        assert await found(viewer, "8691360833577369") == ["Nr. 86913608335773697"]
        bridge.hide_members(DWORLD.id, [ada.uid])
        assert (await viewer.hear())["type"] == "presence"
        assert await found(viewer, "86913608335773696") == []


async def test_no_more_than_a_few_are_found(bridge: WebSocketServer) -> None:
    """Each as in a snapshot of that client's."""
    bridge.show_guild(DWORLD, people(*(f"Name {number:03}" for number in range(100))))
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        frame = await find(viewer, "name")
        assert len(frame["data"]["users"]) == MOST_FOUND
        assert frame["data"]["users"]["1000"] == {
            "uid": "1000", "username": "Name 000", "status": "offline", "roleColor": "#ffffff",
        }  # fmt: skip
        await viewer.enter("dworld", events=["voice"])
        assert "voice" in (await find(viewer, "name 050"))["data"]["users"]["1050"]


@pytest.mark.parametrize(
    "text", [None, 5, "", "  ", "\u0301", "x" * (MAX_TEXT + 1), "a\x00b", "\ud800", ["a"], {"a": 1}]
)
async def test_what_no_name_has_is_not_looked_for(bridge: WebSocketServer, text: object) -> None:
    """The connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        frame = await find(viewer, text)
        assert frame["type"] == "error"
        assert frame["data"]["code"] == "bad-request"
        assert await viewer.has_heard_everything()


async def test_who_is_nowhere_finds_nobody(bridge: WebSocketServer) -> None:
    """Before there is a room, and where one was refused."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "find", "data": {"text": "ada"}})
        assert await viewer.hear_error() == NO_ROOM
        await viewer.ask(VAULT.slug)
        await viewer.hear_error()
        await viewer.say({"type": "find", "data": {"text": "keeper"}})
        assert await viewer.hear_error() == NO_ROOM


async def test_who_had_to_leave_meanwhile_hears_nothing_of_it(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guild was switched off while its members were looked through."""
    bridge.show_guild(DWORLD, people(*NAMES))
    step = Search.step

    def hide(self: Search) -> bool:
        bridge.hide_guild(DWORLD.id)
        return step(self)

    monkeypatch.setattr(Search, "step", hide)
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.say({"type": "find", "data": {"text": "zoe"}})
        assert (await viewer.hear_error()).code == "gone"
        assert (await viewer.farewell())[0] == 1008


def test_a_search_is_made_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each looks at some; who goes, or is called otherwise meanwhile, isn't found."""
    monkeypatch.setattr(search, "STEP", 0.0)
    looked: list[str] = []

    def count(name: str) -> str:
        looked.append(name)
        return fold(name)

    monkeypatch.setattr(search, "fold", count)
    room = Room(DWORLD)
    room.put_all(people(*(f"Name {number:04}" for number in range(2_000))))
    looking, steps = room.search("name"), 1
    while looking.step():
        steps += 1
    assert len(looked) == 2_001
    assert steps > 2_000 / search.LOOKED_AT_ONCE
    room.remove("1000")
    room.put_all([Member("1001", "Other")])
    assert [member.uid for member in looking.found(room.members)][:2] == ["1002", "1003"]


@pytest.mark.parametrize(("wish", "size"), [(1, FEWEST), (60, 60), (10**30, 200)])
async def test_a_crowd_is_bounded(bridge: WebSocketServer, wish: int, size: int) -> None:
    """Whoever asks for fewer or more gets what there may be."""
    bridge.show_guild(DWORLD, people(*map(str, range(200))))
    async with watching(bridge) as viewer:
        join = await viewer.enter("dworld", crowd=wish)
        assert len(join["users"]) == size
        assert join["neighbourhoods"] == [
            {"roleColor": "#ffffff", "online": 0, "idle": 0, "dnd": 0, "offline": 200}
        ]
        await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert len((await viewer.hear())["users"]) == size


@pytest.mark.parametrize("wish", ["50", True, 50.5, []])
async def test_a_crowd_is_a_number(bridge: WebSocketServer, wish: Any) -> None:
    """Nothing else."""
    async with watching(bridge) as viewer:
        await viewer.ask("dworld", crowd=wish)
        assert (await viewer.hear_error()).code == "bad-request"
