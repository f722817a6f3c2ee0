"""Frames that are no requests: each gets one error, and is its sender's problem alone."""

import contextlib
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from bridge.limits import DEFAULT_LIMITS
from bridge.problems import INVALID_JSON, UNKNOWN_TYPE, Problem
from bridge.server import WebSocketServer
from tests.bridge.conftest import DWORLD
from tests.bridge.watchers import Json, dialled, handshake, masked, watching


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("", INVALID_JSON),
        (b"", INVALID_JSON),
        ("rubbish", INVALID_JSON),
        ('{"type":"connect"', INVALID_JSON),
        (b"\xff\xfe\xfd", INVALID_JSON),
        (b'{"type":"connect","data":{"server":"\xff"}}', INVALID_JSON),
        ("[" * DEFAULT_LIMITS.frame_bytes, INVALID_JSON),
        ('{"data":' * 2_000, INVALID_JSON),
        ("9" * DEFAULT_LIMITS.frame_bytes, INVALID_JSON),
        ('{"type":"connect","data":{"server":' + "9" * 8_000 + "}}", INVALID_JSON),
        ('{"type":"connect","data":{"server":NaN}}', INVALID_JSON),
        ('{"type":"connect","data":{"server":Infinity}}', INVALID_JSON),
        ("\x00", INVALID_JSON),
        (" " * DEFAULT_LIMITS.frame_bytes, INVALID_JSON),
        ("null", UNKNOWN_TYPE),
        ("true", UNKNOWN_TYPE),
        ("1e999", UNKNOWN_TYPE),
        ("[]", UNKNOWN_TYPE),
        ("{}", UNKNOWN_TYPE),
        ('"connect"', UNKNOWN_TYPE),
        ('{"type":null}', UNKNOWN_TYPE),
        ('{"type":["connect"]}', UNKNOWN_TYPE),
        ('{"type":{}}', UNKNOWN_TYPE),
        ('{"type":"CONNECT"}', UNKNOWN_TYPE),
        ('{"type":"server-list","data":{}}', UNKNOWN_TYPE),
        ('{"type":"connect","type":"x"}', UNKNOWN_TYPE),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_what_is_no_request_gets_one_error(
    bridge: WebSocketServer, frame: str | bytes, said: Problem
) -> None:
    """Exactly one, and the connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.say(frame)
        assert await viewer.hear_error() == said
        assert await viewer.has_heard_everything()
        await viewer.enter("dworld")


async def test_deep_nesting_gets_one_error(bridge: WebSocketServer) -> None:
    """Too deep for some versions of Python to read, and no request for the others."""
    async with watching(bridge) as viewer:
        await viewer.say("[" * 8_000 + "]" * 8_000)
        assert await viewer.hear_error() in (INVALID_JSON, UNKNOWN_TYPE)
        assert await viewer.has_heard_everything()


WRONG: list[Any] = [[], {}, True, ["x"], {"x": 1}, "x" * 3_000]


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", ["server", "password", "discordToken"])
async def test_a_wrong_type_in_a_field_gets_one_error(
    bridge: WebSocketServer, field: str, value: object
) -> None:
    """Which names the field; the connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "connect", "data": {field: value}})
        assert field in await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize("value", [7, "typing", {}, True], ids=repr)
async def test_events_of_a_wrong_type_get_one_error(bridge: WebSocketServer, value: object) -> None:
    """Which names the field; the connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.ask("dworld", events=value)
        assert "events" in await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize("value", [[], "dworld", 7, True], ids=repr)
async def test_data_of_a_wrong_type_gets_one_error(bridge: WebSocketServer, value: object) -> None:
    """Which names the field; the connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "connect", "data": value})
        assert "data" in await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize("value", [[], {}, True, "x" * 101], ids=lambda value: repr(value)[:20])
async def test_a_server_id_of_a_wrong_type_gets_one_error(bridge: WebSocketServer, value: object) -> None:
    """Which names the field; the connection goes on."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "get_user_data", "serverId": value})
        assert "serverId" in await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize(
    "field",
    [{"discordUser": []}, {"discordUser": "Ada"}, {"batch": "yes"}, {"batch": {}}, {"cursor": []},
     {"cursor": {}}, {"events": [None, 7, {}, []]}, {"colour": "blue"}],
    ids=repr,
)  # fmt: skip
async def test_odd_values_are_ignored(bridge: WebSocketServer, field: Json) -> None:
    """Clients of the future may send what this bridge doesn't know."""
    async with watching(bridge) as viewer:
        answer = await viewer.enter("dworld", **field)
        assert not {"channels", "counts", "resumed"} & answer.keys()


async def test_rubbish_in_fragments_gets_one_error(bridge: WebSocketServer) -> None:
    """One for the message, not one for each frame."""
    async with watching(bridge) as viewer:
        await viewer.say_in_fragments([b"\xff", b"", b"\xfe", b"{"])
        assert await viewer.hear_error() == INVALID_JSON
        assert await viewer.has_heard_everything()


async def test_each_bad_frame_gets_its_own_error(bridge: WebSocketServer) -> None:
    """In order, however fast they come."""
    async with watching(bridge) as viewer:
        for number in range(50):
            await viewer.say("rubbish" if number % 2 else "{}")
        said = [await viewer.hear_error() for _ in range(50)]
        assert said == [UNKNOWN_TYPE, INVALID_JSON] * 25
        assert await viewer.has_heard_everything()


def padded(size: int) -> bytes:
    """Write a valid request of exactly this size."""
    request = b'{"type":"connect","data":{"server":"repos"}}'
    return request + b" " * (size - len(request))


async def test_a_frame_of_16_kib_is_read(bridge: WebSocketServer) -> None:
    """Up to the limit."""
    async with watching(bridge) as viewer:
        await viewer.say(padded(16 * 1024))
        assert (await viewer.hear())["type"] == "server-join"


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
async def test_a_frame_over_16_kib_closes_with_1009(bridge: WebSocketServer, opcode: Opcode) -> None:
    """One byte is enough."""
    frame = padded(16 * 1024 + 1)
    async with watching(bridge) as viewer:
        await viewer.say(frame.decode() if opcode is Opcode.TEXT else frame)
        assert (await viewer.farewell())[0] == 1009


async def test_fragments_over_16_kib_close_with_1009(bridge: WebSocketServer) -> None:
    """The message counts, not the frame."""
    frame = padded(16 * 1024 + 1)
    async with watching(bridge) as viewer:
        await viewer.say_in_fragments([frame[:9_000], frame[9_000:]])
        assert (await viewer.farewell())[0] == 1009


async def test_a_frame_too_big_is_its_sender_s_problem(bridge: WebSocketServer) -> None:
    """Others don't notice."""
    async with watching(bridge) as viewer, watching(bridge) as other:
        await other.enter("dworld")
        with contextlib.suppress(ConnectionClosed):  # it may be over before all of that is said
            await viewer.say(padded(1 << 20))
        await viewer.farewell()
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await other.hear())["data"]["status"] == "dnd"


async def test_a_text_frame_that_is_no_utf8_closes_with_1007(bridge: WebSocketServer) -> None:
    """WebSocket itself demands it of a text frame (RFC 6455, section 8.1)."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + masked(b"\xff\xfe"))
        await viewer.hear_handshake()
        assert b"\x88" in await viewer.end()
    async with watching(bridge) as other:
        await other.enter("dworld")


async def test_a_fault_of_the_bridge_s_own_is_an_error_for_one_viewer(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; the viewer is told, without details, and the connection goes on."""

    def broken(*args: object, **options: object) -> bytes:
        raise ZeroDivisionError("details")

    with monkeypatch.context() as patch:
        patch.setattr("bridge.viewers.session.user_data_frame", broken)
        async with watching(bridge) as viewer:
            await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
            assert "details" not in await viewer.hear_sentence()
            await viewer.enter("dworld")
    assert "ZeroDivisionError" in caplog.text
