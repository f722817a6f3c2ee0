"""Compression as browsers negotiate it: what is agreed on, what goes out, what may come in."""

import json
import zlib

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Opcode

from bridge.model import Member
from bridge.server import WebSocketServer
from tests.bridge.conftest import DWORLD
from tests.bridge.watchers import Json, RawViewer, dialled, handshake, masked, unpacked, watching

CHROME = "permessage-deflate; client_max_window_bits"
FIREFOX = "permessage-deflate"
CROWD = [Member(f"9{number:017}", f"Member {number}", "online") for number in range(1_000)]
ENTER = b'{"type":"connect","data":{"server":"dworld"}}'


async def agree(viewer: RawViewer, *offers: str) -> str | None:
    """Open the WebSocket with these offers; return what is agreed on."""
    await viewer.say(handshake(*(f"Sec-WebSocket-Extensions: {offer}" for offer in offers)))
    for line in await viewer.hear_handshake():
        name, _, value = line.partition(": ")
        if name.lower() == "sec-websocket-extensions":
            return value
    return None


@pytest.mark.parametrize(
    ("offers", "compresses"),
    [
        ([], False),
        ([CHROME], True),
        ([FIREFOX], True),
        ([CHROME, FIREFOX], True),
        (["permessage-deflate; server_no_context_takeover; client_no_context_takeover"], True),
        (["permessage-deflate; server_max_window_bits=15"], True),
        (["permessage-deflate; server_max_window_bits=10"], False),
        (["permessage-deflate; server_max_window_bits=8; client_max_window_bits=8"], False),
        (["permessage-deflate; server_max_window_bits=10, permessage-deflate"], False),
        (["permessage-deflate, permessage-deflate; server_max_window_bits=10"], True),
        (["permessage-bzip2"], False),
        (["permessage-deflate; unknown=1"], False),
    ],
    ids=str,
)
async def test_what_goes_out_is_what_the_client_reads(
    bridge: WebSocketServer, offers: list[str], compresses: bool
) -> None:
    """A long frame comes compressed to who reads that, and as it is to all others."""
    bridge.show_guild(DWORLD, CROWD)
    async with dialled(bridge) as viewer:
        agreed = await agree(viewer, *offers)
        assert compresses <= (agreed is not None)
        await viewer.say(masked(ENTER))
        join: Json = {"type": None}
        while join["type"] != "server-join":
            before = viewer.heard
            join = await viewer.hear()
        assert len(join["data"]["users"]) == 1_000
        assert (viewer.heard - before < len(json.dumps(join)) / 4) is compresses


@pytest.mark.parametrize("offer", [CHROME, FIREFOX])
async def test_nobody_keeps_a_compressor(bridge: WebSocketServer, offer: str) -> None:
    """Neither side refers to earlier frames, and that is said in the handshake."""
    async with dialled(bridge) as viewer:
        agreed = await agree(viewer, offer)
        assert agreed is not None
        parameters = {part.strip().partition("=")[0] for part in agreed.split(";")}
        assert parameters >= {
            "permessage-deflate", "server_no_context_takeover", "client_no_context_takeover",
        }  # fmt: skip


async def test_a_library_s_client_reads_everything(bridge: WebSocketServer) -> None:
    """Joins, batches and single events, compressed or not, in order."""
    bridge.show_guild(DWORLD, CROWD)
    async with watching(bridge) as viewer:
        assert len((await viewer.enter("dworld", batch=True))["users"]) == 1_000
        for number in range(200):
            await bridge.broadcast_message(DWORLD.id, CROWD[0].uid, str(number), "9")
        heard: list[Json] = []
        while len(unpacked(heard)) < 200:
            heard.append(await viewer.hear())
        words = [event["data"]["message"] for event in unpacked(heard)]
        assert words == [str(number) for number in range(200)]
        await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert len((await viewer.hear_type("user_data"))["users"]) == 1_000


async def test_a_client_with_a_small_window_reads_everything(bridge: WebSocketServer) -> None:
    """The library's own, which would fail at a reference that goes back further."""
    bridge.show_guild(DWORLD, CROWD)
    small = [ClientPerMessageDeflateFactory(server_max_window_bits=9, client_max_window_bits=True)]
    async with watching(bridge, extensions=small, compression=None) as viewer:
        assert len((await viewer.enter("dworld"))["users"]) == 1_000


async def test_viewers_of_both_kinds_see_the_same(bridge: WebSocketServer) -> None:
    """Side by side in one room."""
    bridge.show_guild(DWORLD, CROWD)
    async with watching(bridge) as one, watching(bridge, compression=None) as other:
        assert (await one.enter("dworld"))["users"] == (await other.enter("dworld"))["users"]
        await bridge.broadcast_presence(DWORLD.id, CROWD[7].uid, "dnd")
        assert await one.hear() == await other.hear()


# What comes in


def deflated(payload: bytes) -> bytes:
    """Compress a request as a browser does, and frame it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    return marked_as_compressed(data)


def marked_as_compressed(data: bytes) -> bytes:
    """Frame bytes with RSV1 set."""
    frame = masked(data)
    return bytes([frame[0] | 0x40]) + frame[1:]


async def test_compressed_requests_are_read(bridge: WebSocketServer) -> None:
    """Each by itself."""
    async with dialled(bridge) as viewer:
        await agree(viewer, CHROME)
        await viewer.say(deflated(ENTER) * 2)
        types = [(await viewer.hear())["type"] for _ in range(3)]
        assert sorted(types) == ["server-join", "server-join", "server-list"]


@pytest.mark.parametrize(
    "frame",
    [deflated(b'"' + b" " * (10 << 20) + b'"'), deflated(b'"' + b" " * (16 << 10) + b'"')],
    ids=["10 MiB", "one byte too many"],
)
async def test_a_request_that_swells_is_its_sender_s_problem(bridge: WebSocketServer, frame: bytes) -> None:
    """It counts as it is unpacked: 1009, and others don't notice."""
    async with watching(bridge) as other, dialled(bridge) as viewer:
        await other.enter("dworld")
        await agree(viewer, CHROME)
        await viewer.hear()
        await viewer.say(frame)
        close = await viewer.hear_answer()
        assert close.opcode is Opcode.CLOSE
        assert bytes(close.data)[:2] == (1009).to_bytes(2)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await other.hear())["data"]["status"] == "dnd"


@pytest.mark.parametrize(
    "junk", [b"\xff" * 40, b"\x06\x00\xff", b""], ids=["no deflate", "bad block", "nothing"]
)
async def test_junk_in_place_of_compression(bridge: WebSocketServer, junk: bytes) -> None:
    """Ends that connection or is answered, and no other."""
    async with watching(bridge) as other, dialled(bridge) as viewer:
        await agree(viewer, CHROME)
        await viewer.hear()
        await viewer.say(marked_as_compressed(junk))
        answer = await viewer.hear_answer()
        assert answer.opcode is Opcode.CLOSE or b"Invalid JSON" in bytes(answer.data)
        await other.enter("dworld")


async def test_a_compressed_frame_that_was_not_agreed_on(bridge: WebSocketServer) -> None:
    """Is a breach of protocol: 1002."""
    async with dialled(bridge) as viewer:
        assert await agree(viewer) is None
        await viewer.hear()
        await viewer.say(deflated(ENTER))
        close = await viewer.hear_answer()
        assert bytes(close.data)[:2] == (1002).to_bytes(2)
