"""How much a bridge takes on, and what those hear who come after that."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode

from bridge.exposure import Exposure
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.peers import parse_networks
from bridge.problems import BUSY, CROWDED, FULL_HOUSE, LOGIN_NEEDED, NOTHING_ASKED
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.viewers.test_strays import heard
from tests.bridge.watchers import Watcher, dialled, fetch, handshake, until, watching


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which nothing is forgiven, and nobody late, because a test had to wait for its machine."""
    return Clock(monkeypatch)


@pytest.fixture
async def small(start: Start) -> WebSocketServer:
    """A bridge with room for two."""
    server = await start(provider=EmptyProvider(), limits=Limits(viewers=2))
    server.show_guild(DWORLD, [ADA])
    return server


@pytest.mark.parametrize(
    "limit",
    [{"viewers": 0}, {"viewers": -1}, {"history_events": -1}, {"history_age": -0.1}],
    ids=str,
)
def test_what_is_no_limit_is_refused(limit: dict[str, Any]) -> None:
    """It says which."""
    with pytest.raises(ValueError, match=next(iter(limit))):
        Limits(**limit)


def test_a_history_may_be_none() -> None:
    """Then every viewer that comes back gets a snapshot."""
    assert Limits(viewers=1, history_events=0, history_age=0).history_events == 0


async def test_who_comes_when_it_is_full_hears_so(small: WebSocketServer) -> None:
    """A sentence for people, and 1013 for their browser; no list that would make it join."""
    async with watching(small), watching(small), watching(small, greeted=False) as late:
        assert await late.hear_error() == FULL_HOUSE
        assert await late.farewell() == (1013, "full")


async def test_who_is_turned_away_takes_no_seat(small: WebSocketServer) -> None:
    """Those who are here notice nothing."""
    async with watching(small) as first, watching(small):
        for _ in range(5):
            async with watching(small, greeted=False) as late:
                await late.farewell()
        assert len(small.connections) == 2
        await first.enter("dworld")
        await small.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await first.hear())["type"] == "presence"


async def test_what_is_said_by_who_is_turned_away_is_not_answered(small: WebSocketServer) -> None:
    """Its request may be on the way already."""
    async with watching(small), watching(small), watching(small, greeted=False) as late:
        with contextlib.suppress(ConnectionClosed):
            await late.ask("dworld")
        assert await late.hear_error() == FULL_HOUSE
        assert await late.farewell() == (1013, "full")


async def test_a_freed_seat_can_be_taken(small: WebSocketServer) -> None:
    """As soon as somebody has left."""
    async with watching(small):
        async with watching(small):
            pass
        await until(lambda: len(small.connections) == 1, "one has left")
        async with watching(small) as viewer:
            await viewer.enter("dworld")


async def test_the_page_is_there_also_when_it_is_full(small: WebSocketServer) -> None:
    """It can tell its user why there is nothing to see."""
    async with watching(small), watching(small):
        assert (await fetch(small, "/api/version")).status == 200


async def test_beyond_that_the_handshake_is_refused(
    small: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for all who ask, with a hint when to come back: not the same for everybody."""
    monkeypatch.setattr("bridge.access.gate.SPARE", 1)
    async with contextlib.AsyncExitStack() as stack:
        viewers: list[Watcher] = [await stack.enter_async_context(watching(small)) for _ in range(2)]
        await stack.enter_async_context(dialled(small))  # in the middle of its handshake
        hints = set()
        for _ in range(20):
            answer = await fetch(small, "/")
            assert (answer.status, answer.body.decode().strip()) == (503, FULL_HOUSE.sentence)
            hints.add(int(answer.headers["retry-after"]))
        assert len(hints) > 1
        assert hints <= set(range(1, 61))
        with pytest.raises(InvalidStatus) as refusal:
            await stack.enter_async_context(watching(small))
        assert refusal.value.response.status_code == 503
        assert "Retry-After" in refusal.value.response.headers
        await viewers[0].enter("dworld")
    await until(lambda: not small._gate.alive, "all have left")
    async with watching(small) as viewer:
        await viewer.enter("dworld")


# One address


def from_(address: str) -> dict[str, Any]:
    """Come from there, by way of a proxy."""
    return {"additional_headers": {"X-Forwarded-For": address}}


@pytest.fixture
async def proxied(start: Start, limits: Limits) -> WebSocketServer:
    """A bridge behind a proxy on this machine."""
    exposure = Exposure(trusted_proxies=parse_networks("127.0.0.1"))
    server = await start(provider=EmptyProvider(), limits=limits, exposure=exposure)
    server.show_guild(DWORLD, [ADA])
    return server


def limited(**bounds: Any) -> pytest.MarkDecorator:
    """Have the bridge of a test take on no more than this."""
    return pytest.mark.parametrize("limits", [Limits(**bounds)], ids=[", ".join(bounds)])


@limited(viewers_per_address=2)
async def test_viewers_of_one_address_are_bounded(proxied: WebSocketServer) -> None:
    """A sentence for people and 1013 for their browser; others come in as ever."""
    async with watching(proxied, **from_("203.0.113.1")) as here, watching(proxied, **from_("203.0.113.1")):
        async with watching(proxied, greeted=False, **from_("203.0.113.1")) as late:
            assert await late.hear_error() == CROWDED
            assert await late.farewell() == (1013, "full")
        async with watching(proxied, **from_("203.0.113.2")) as other:
            await other.enter("dworld")
        await here.enter("dworld")
    assert dict(proxied.refusals) == {"too many viewers of one address": 1}


@limited(viewers_per_address=1)
async def test_who_leaves_makes_room_for_another_of_their_address(proxied: WebSocketServer) -> None:
    """As soon as they have gone."""
    for _ in range(3):
        async with watching(proxied, **from_("203.0.113.1")) as viewer:
            await viewer.enter("dworld")
        await until(lambda: not proxied._gate.alive, "it has left")
    assert not proxied.refusals


@limited(viewers_per_address=1)
async def test_the_page_s_files_are_no_viewers(proxied: WebSocketServer, tmp_path: Path) -> None:
    """A browser fetches several at once, and opens its WebSocket meanwhile."""
    (tmp_path / "large.bin").write_bytes(bytes(5_000_000))
    proxied.static_dir = tmp_path
    get = b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"
    async with dialled(proxied, receive_buffer=4096) as one, dialled(proxied, receive_buffer=4096) as another:
        for download in (one, another):
            await download.say(get)
            await download.some()
        async with watching(proxied, **from_("203.0.113.1")) as viewer:
            await viewer.enter("dworld")


@limited(viewers_per_address=1)
async def test_far_beyond_that_the_handshake_is_refused(
    proxied: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429, with a hint when to come back."""
    monkeypatch.setattr("bridge.access.gate.SPARE_PER_ADDRESS", 0)
    async with watching(proxied, **from_("203.0.113.1")):
        with pytest.raises(InvalidStatus) as refusal:
            async with watching(proxied, **from_("203.0.113.1")):
                pass
    assert refusal.value.response.status_code == 429
    assert refusal.value.response.headers["Retry-After"] == "30"
    assert refusal.value.response.headers["X-Content-Type-Options"] == "nosniff"


@limited(handshakes_per_minute=3)
@pytest.mark.usefixtures("clock")
async def test_handshakes_of_one_address_are_bounded(proxied: WebSocketServer) -> None:
    """429 and when to come back; it is counted, and others come in as ever."""
    for _ in range(3):
        async with watching(proxied, **from_("203.0.113.1")):
            pass
    with pytest.raises(InvalidStatus) as refusal:
        async with watching(proxied, **from_("203.0.113.1")):
            pass
    response = refusal.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert b"wait a minute" in bytes(response.body or b"")
    assert dict(proxied.refusals) == {"too many handshakes": 1}
    async with watching(proxied, **from_("203.0.113.2")) as other:
        await other.enter("dworld")


@limited(requests_per_minute=2)
@pytest.mark.usefixtures("clock")
async def test_requests_of_one_address_are_bounded(bridge: WebSocketServer) -> None:
    """429 and when to come back; viewers are counted for themselves."""
    assert [(await fetch(bridge, "/api/version")).status for _ in range(2)] == [200, 200]
    answer = await fetch(bridge, "/api/version")
    assert (answer.status, answer.headers["retry-after"]) == (429, "10")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert dict(bridge.refusals) == {"too many requests": 1}
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")


# One viewer


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """End soon with whoever isn't heard any more: the other side waits for that."""
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.2)


@limited(frames_per_second=1, bytes_per_second=1e9)
@pytest.mark.usefixtures("brief", "clock")
async def test_a_viewer_may_send_so_many_frames(bridge: WebSocketServer) -> None:
    """Ten times as many at once; then 1008, and it is counted once."""
    async with watching(bridge) as viewer, watching(bridge) as other:
        for _ in range(10):
            await viewer.say({"type": "rubbish"})
        for _ in range(10):
            await viewer.hear_sentence()
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20):
                await viewer.say({"type": "rubbish"})
        assert await viewer.farewell() == (1008, "too many requests")
        assert (await other.enter("dworld"))["serverName"] == DWORLD.name
    assert dict(bridge.refusals) == {"too many frames": 1}


@limited(frames_per_second=1)
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CONT], ids=lambda opcode: opcode.name)
async def test_frames_of_any_kind_count(bridge: WebSocketServer, opcode: Opcode) -> None:
    """Pings without end, and fragments of a message that never ends."""
    async with dialled(bridge) as viewer:
        first = Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True) if opcode is Opcode.CONT else b""
        await viewer.say(handshake())
        await viewer.hear_handshake()
        await viewer.hear()
        await viewer.say(first + Frame(opcode, b"", fin=opcode is not Opcode.CONT).serialize(mask=True) * 30)
        while (frame := await viewer.hear_frame()).opcode is not Opcode.CLOSE:
            assert frame.opcode is Opcode.PONG
        assert Close.parse(bytes(frame.data)).code == 1008
    assert dict(bridge.refusals) == {"too many frames": 1}


@limited(bytes_per_second=16 * 1024)
@pytest.mark.usefixtures("brief", "clock")
async def test_a_viewer_may_send_so_many_bytes(bridge: WebSocketServer) -> None:
    """Four times as many at once; then 1008, and it is counted once."""
    async with watching(bridge, compression=None) as viewer, watching(bridge) as other:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(8):
                await viewer.say(" " * 15_000)
        assert await viewer.farewell() == (1008, "too many requests")
        await other.enter("dworld")
    assert dict(bridge.refusals) == {"too many bytes": 1}


@limited(frames_per_second=5, bytes_per_second=20_000)
async def test_what_has_been_sent_is_forgiven_in_time(bridge: WebSocketServer, clock: Clock) -> None:
    """Who sends no more than a person does may do so all day."""
    async with watching(bridge, compression=None, ping_interval=None) as viewer:
        for _ in range(20):
            for _ in range(5):
                await viewer.say({"type": "x" * 3_000})
                await viewer.hear_sentence()
            await clock.jump(1.0)
    assert not bridge.refusals


@limited(frame_bytes=4096)
@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_a_frame_may_have_so_many_bytes(bridge: WebSocketServer, compression: str | None) -> None:
    """Before it was compressed; then 1009."""
    async with watching(bridge, compression=compression) as viewer:
        await viewer.say({"type": "x" * 4_000})
        await viewer.hear_sentence()
        await viewer.say({"type": "x" * 4_096})
        assert (await viewer.farewell())[0] == 1009
    await until(lambda: dict(bridge.refusals) == {"message too large": 1}, "it is counted")


async def test_who_asks_for_nothing_is_let_go(bridge: WebSocketServer, clock: Clock) -> None:
    """A sentence, 1008, and it is counted."""
    async with watching(bridge) as viewer:
        await clock.jump(DEFAULT_LIMITS.connect_seconds)
        assert await viewer.hear_error() == NOTHING_ASKED
        assert await viewer.farewell() == (1008, "nothing was asked for")
    assert dict(bridge.refusals) == {"nothing asked for": 1}
    await until(lambda: not bridge.connections, "nobody is left")


@limited(connect_seconds=60.0)
async def test_who_asked_may_stay(bridge: WebSocketServer, clock: Clock) -> None:
    """Also who was refused: they may be looking for their password."""
    async with (
        watching(bridge) as seated, watching(bridge) as refused, watching(bridge) as silent,
        watching(bridge) as polling,
    ):  # fmt: skip
        await seated.enter("dworld")
        await polling.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert (await polling.hear())["type"] == "user_data"
        await refused.ask("vault")
        assert await refused.hear_error() == LOGIN_NEEDED
        await clock.jump(50.0)
        assert await silent.has_heard_everything()  # which is no request for a room
        await silent.say({"type": "beat"})  # nor is this
        assert await silent.hear() == {"type": "beat"}
        await clock.jump(11.0)
        assert await silent.hear_error() == NOTHING_ASKED
        assert await seated.has_heard_everything()
        assert await refused.has_heard_everything()
        assert await polling.has_heard_everything()


async def test_a_request_that_takes_too_long_hears_so(bridge: WebSocketServer, clock: Clock) -> None:
    """408, and it is counted; who says nothing at all is let go without a word."""
    async with dialled(bridge) as slow, dialled(bridge) as silent:
        await slow.say(b"GET / HT")
        await until(lambda: len(bridge._gate.alive) == 2 and heard(bridge) == 8, "both are at the door")
        await clock.jump(DEFAULT_LIMITS.handshake_seconds)
        assert (await slow.end()).startswith(b"HTTP/1.1 408 ")
        assert await silent.end() == b""
    assert dict(bridge.refusals) == {"no request in time": 1, "no word in time": 1}


async def test_nothing_is_refused_of_who_behaves(bridge: WebSocketServer) -> None:
    """The defaults are generous."""
    for _ in range(20):
        async with watching(bridge) as viewer:
            for server in ("dworld", "repos", "default"):
                await viewer.enter(server)
        assert (await fetch(bridge)).status == 200
    assert not bridge.refusals


# What requests cost


COSTLY = Limits(cpu_per_viewer=0.5, cpu_per_address=1e9, cpu_in_all=1e9)


def _overdraw(server: WebSocketServer) -> None:
    """Have those who are here now spend more than they have."""
    for session in server._sessions.values():
        session._purse.pay(10)


@pytest.mark.parametrize("limits", [COSTLY], ids=["costly"])
async def test_who_asks_for_too_much_waits_and_hears_so_once(bridge: WebSocketServer, clock: Clock) -> None:
    """Then they are answered. The connection stays, and others are answered at once."""
    async with watching(bridge) as greedy:
        await greedy.enter("dworld")
        _overdraw(bridge)
        async with watching(bridge) as other:
            await greedy.ask("repos")
            assert await greedy.hear_error() == BUSY
            await other.enter("dworld")
            await bridge.broadcast_message(DWORLD.id, "111", "meanwhile", "9")
            assert (await other.hear())["data"]["message"] == "meanwhile"
            assert (await greedy.hear())["data"]["message"] == "meanwhile"
            await clock.jump(20)
            assert (await greedy.hear())["data"]["request"] == {"server": "repos"}
            assert await greedy.has_heard_everything()
    assert bridge.refusals["too costly"] == 1


@pytest.mark.parametrize("limits", [COSTLY], ids=["costly"])
async def test_a_newcomer_waits_without_a_word(bridge: WebSocketServer, clock: Clock) -> None:
    """An old client would answer an error by asking again, without end."""
    async with watching(bridge, origin="http://localhost") as viewer:
        _overdraw(bridge)
        await viewer.ask("dworld")
        await until(lambda: bridge.refusals.get("too costly") == 1, "the request waits")
        await clock.jump(20)
        assert (await viewer.hear())["type"] == "server-join"


@pytest.mark.parametrize("limits", [COSTLY], ids=["costly"])
@pytest.mark.usefixtures("clock")
async def test_who_hangs_up_while_waiting_is_gone(bridge: WebSocketServer) -> None:
    """At once."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        _overdraw(bridge)
        await viewer.ask("dworld")
        assert await viewer.hear_error() == BUSY
    await until(lambda: not bridge.connections, "they have gone")


@pytest.mark.parametrize("limits", [COSTLY], ids=["costly"])
async def test_what_makes_up_for_reading_slowly_is_paid_for_as_well(
    bridge: WebSocketServer, clock: Clock
) -> None:
    """Who reads so slowly that they need a new snapshot again and again waits for it in the end."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        [session] = bridge._sessions.values()
        _overdraw(bridge)
        session.outbox.stay_behind()
        session.outbox.catch_up()
        await bridge.broadcast_message(DWORLD.id, "111", "dropped", "9")
        bridge._directory.flush()
        await clock.jump(20)
        assert (await viewer.hear())["type"] == "server-join"
