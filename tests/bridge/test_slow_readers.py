"""Viewers that read slowly, or not at all: nobody waits for them, and they cost no memory."""

import asyncio
import itertools

import pytest
from websockets.frames import Opcode

from bridge.model import Member
from bridge.server import WebSocketServer
from bridge.viewers.outbox import MAX_BACKLOG
from bridge.viewers.pulse import PERIOD
from tests.bridge.clock import Clock
from tests.bridge.conftest import DWORLD, ENTER_DWORLD, REPOS, company_of, patient, say_and_hear
from tests.bridge.watchers import Json, dialled, handshake, masked, stuck_viewer, unpacked, until, watching


async def test_a_stuck_viewer_is_let_go_and_the_others_miss_nothing(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody else in the room hears every event before the next is said, while one stopped reading."""
    clock = Clock(monkeypatch)
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD):
        stuck = await company_of(healthy, bridge)
        for number in itertools.count():
            await say_and_hear(bridge, healthy, str(number))
            if stuck not in bridge.connections:
                break
            if stuck.transport.get_write_buffer_size():
                await clock.jump(PERIOD)
        assert await healthy.has_heard_everything()


@patient
async def test_who_pings_and_reads_nothing_costs_no_memory(bridge: WebSocketServer) -> None:
    """Each ping has an answer; they may not pile up without end for who doesn't read them."""
    ping = masked(b"x" * 125, Opcode.PING)
    async with stuck_viewer(bridge, ENTER_DWORLD) as pinger:
        [connection] = bridge.connections
        most = 0
        for _ in range(1_000):
            pinger.cram(ping * 1_000)
            await asyncio.sleep(0)  # the bridge's turn
            most = max(most, connection.transport.get_write_buffer_size())
        assert most <= 2 * MAX_BACKLOG


async def test_a_broadcast_never_waits_for_a_viewer(bridge: WebSocketServer) -> None:
    """It is done before anybody else had a turn."""
    async with stuck_viewer(bridge, ENTER_DWORLD):
        for _ in range(200):
            broadcast = bridge.broadcast_message(DWORLD.id, "111", "x" * 65_536, "9")
            with pytest.raises(StopIteration):
                broadcast.send(None)


@pytest.mark.usefixtures("no_pulse")
async def test_memory_for_a_stuck_viewer_is_bounded(bridge: WebSocketServer) -> None:
    """It is owed one backlog at the most, however much is said; it is neither let go nor forgotten."""
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD):
        stuck = await company_of(healthy, bridge)
        outbox = bridge._sessions[stuck].outbox
        most = 0
        for _ in range(2 * MAX_BACKLOG // 65_536 + 64):
            await say_and_hear(bridge, healthy)
            most = max(most, outbox._backlog + stuck.transport.get_write_buffer_size())
        assert MAX_BACKLOG // 2 < most <= MAX_BACKLOG + 3 * 65_536
        assert not outbox._waiting
        assert stuck in bridge.connections


@pytest.mark.usefixtures("no_pulse")
@pytest.mark.parametrize("members", [1_000, 1], ids=["at once", "in steps"])
async def test_who_reads_again_is_brought_up_to_date(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    """What it could not be told is dropped, and made up for by a snapshot; then events follow it.

    However few members are encoded in a turn of the loop.
    """
    monkeypatch.setattr("bridge.rooms.pages.ENCODED_AT_ONCE", members)
    monkeypatch.setattr("bridge.rooms.pages.COMPRESSED_AT_ONCE", 2)
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD) as sleeper:
        asleep = await company_of(healthy, bridge)
        outbox = bridge._sessions[asleep].outbox
        while not outbox._behind:
            await say_and_hear(bridge, healthy)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        await bridge.broadcast_presence(DWORLD.id, "222", "dnd")
        while (frame := await sleeper.hear())["type"] != "server-join":
            assert frame["type"] in {"server-list", "message", "batch"}
        assert frame["data"]["users"]["111"]["status"] == "dnd"
        await bridge.broadcast_presence(DWORLD.id, "111", "idle")
        assert (await sleeper.hear())["data"] == {"uid": "111", "status": "idle"}


@pytest.mark.usefixtures("no_pulse")
async def test_who_fell_behind_knows_the_servers_there_are(bridge: WebSocketServer) -> None:
    """The list changed meanwhile: a snapshot of a room alone does not make up for that."""
    enter = {"type": "connect", "data": {"server": "dworld", "batch": True, "events": ["servers"]}}
    async with watching(bridge) as healthy, stuck_viewer(bridge, enter) as sleeper:
        outbox = bridge._sessions[await company_of(healthy, bridge)].outbox
        while not outbox._behind:
            await say_and_hear(bridge, healthy)
        bridge.hide_guild(REPOS.id)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        heard: list[Json] = []
        while not heard or heard[-1]["type"] != "error":
            heard += unpacked([await sleeper.hear()])
            if heard[-1]["type"] == "server-join":
                await sleeper.say(masked(b"that was all"))
        lists = [event["data"] for event in heard if event["type"] in {"server-list", "servers"}]
        assert lists
        assert REPOS.id not in lists[-1]


async def test_questions_whose_answers_nobody_reads_end(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that asks for a large guild again and again, and never reads, is let go."""
    bridge.show_guild(DWORLD, [Member(f"9{number:017}", f"Member {number}") for number in range(12_000)])
    question = masked(f'{{"type":"get_user_data","serverId":"{DWORLD.id}"}}'.encode())
    clock = Clock(monkeypatch)
    async with dialled(bridge) as asker:
        await asker.say(handshake() + question * 100)
        await until(lambda: bool(bridge.connections), "it is here")
        [connection] = bridge.connections
        await until(lambda: connection.transport.get_write_buffer_size() > 0, "it is owed an answer")
        while bridge.connections:
            await clock.jump(PERIOD)


@pytest.mark.parametrize("wishes", [{}, {"batch": True}])
async def test_a_healthy_viewer_survives_a_storm(bridge: WebSocketServer, wishes: Json) -> None:
    """A role that 12,000 members have gets another colour: nobody is too slow for that."""
    members = [Member(f"9{number:017}", f"Member {number}") for number in range(12_000)]
    bridge.show_guild(DWORLD, members)
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", **wishes)
        bridge.show_members(DWORLD.id, [member._replace(role_color="#123456") for member in members])
        await bridge.broadcast_presence(DWORLD.id, members[0].uid, "dnd")
        events: list[Json] = []
        while not events or events[-1]["data"]["status"] != "dnd":
            events += await viewer.hear_events()
        assert [event["data"]["uid"] for event in events] == [each.uid for each in (*members[1:], members[0])]
