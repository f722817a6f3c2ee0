"""Frames that many viewers get: what RFC 6455 and RFC 7692 ask for, read by other implementations."""

import json
import random
import struct
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Opcode
from websockets.streams import StreamReader

from bridge.wire.framing import (
    MIN_DEFLATED,
    PING,
    LongMessage,
    deflated_frame,
    segment,
    stored,
    text_frame,
    text_message,
)
from bridge.wire.protocol import encode
from tests.bridge.watchers import joined, parse_frame, read_frames

# Lengths at which a header changes its size, and their neighbours.
BORDERS = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 200_000]
pieces = st.lists(
    st.binary(max_size=60) | st.binary(max_size=3).map(lambda bit: bit * 500), min_size=1, max_size=6
)


def taken_apart(frame: bytes) -> tuple[int, bytes]:
    """Return a frame's first byte and payload; its header must be as short as may be (RFC 6455, 5.2)."""
    size, start = frame[1], 2
    if size == 126:
        [size], start = struct.unpack("!H", frame[2:4]), 4
        assert size > 125
    elif size == 127:
        [size], start = struct.unpack("!Q", frame[2:10]), 10
        assert size > 65_535
    assert len(frame) == start + size
    return frame[0], frame[start:]


def inflated(frame: bytes) -> bytes:
    """Read a compressed frame as RFC 7692, section 7.2.2, says."""
    first, payload = taken_apart(frame)
    assert first == 0xC1  # the last frame of a text message, compressed
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    return reader.decompress(payload + b"\x00\x00\xff\xff") + reader.flush()


def read_by_the_library(frame: bytes) -> bytes:
    reader = StreamReader()
    reader.feed_data(frame)
    parsing = parse_frame(reader)
    while True:
        try:
            next(parsing)
        except StopIteration as parsed:
            return bytes(parsed.value.data)


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", BORDERS)
def test_a_payload_is_framed_as_it_is(size: int) -> None:
    """At each of the RFC's three lengths, and at their borders."""
    payload = noise(size)
    assert taken_apart(text_frame(payload)) == (0x81, payload)


@given(st.lists(st.text(max_size=300), max_size=4), st.booleans())
def test_frames_in_a_row_are_read_one_by_one(values: list[str], deflate: bool) -> None:
    """One write may carry many frames."""
    written = b"".join(text_frame(encode(value), deflate=deflate) for value in values)
    assert read_frames(written) == json.loads(encode(values))


@pytest.mark.parametrize(("size", "first"), [(0, 0x81), (MIN_DEFLATED - 1, 0x81), (MIN_DEFLATED, 0xC1)])
def test_what_is_short_is_not_compressed(size: int, first: int) -> None:
    """It would gain less than it costs."""
    assert text_frame(b"x" * size, deflate=True)[0] == first


@pytest.mark.parametrize("size", [2 * MIN_DEFLATED, 1_000, 65_000, 1 << 20])
def test_what_is_long_gets_shorter(size: int) -> None:
    """For those who read it; the others get it as it is."""
    payload = encode(["Ada"] * (size // 6))
    assert len(text_frame(payload, deflate=True)) < len(payload) / 3
    assert len(text_frame(payload, deflate=False)) > len(payload)


@given(pieces, st.randoms(use_true_random=False))
@example([b"", b"a"], random.Random(0))
@example([b"x" * 40_000, b"x" * 40_000], random.Random(0))
def test_segments_are_joined_in_any_order(parts: list[bytes], shuffler: random.Random) -> None:
    """And as often as one likes: what comes out is their contents, in that order."""
    ready = [(part, segment(part)) for part in parts] * 2
    shuffler.shuffle(ready)
    frame = deflated_frame(compressed for _, compressed in ready)
    whole = b"".join(part for part, _ in ready)
    assert inflated(frame) == whole
    assert read_by_the_library(frame) == whole


@given(pieces, st.lists(st.booleans(), min_size=6, max_size=6))
@example([b"x" * 200_000, b"", b"x" * 0xFFFF], [False] * 6)
def test_stored_segments_are_joined_with_compressed_ones(parts: list[bytes], compressed: list[bool]) -> None:
    """What is not compressed stands between what is."""
    segments = [
        segment(part) if small else stored(part) for part, small in zip(parts, compressed, strict=False)
    ]
    assert inflated(deflated_frame([*segments, segment(b"end")])) == b"".join(parts) + b"end"


@given(pieces, st.booleans(), st.integers(1, 700))
def test_a_long_message_is_its_fragments(parts: list[bytes], deflated: bool, size: int) -> None:
    """Put together they are the message that one frame would be; only the first says of what kind it is."""
    whole = [segment(part) for part in parts] if deflated else parts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.wire.framing.LONGEST_FRAME", -1)
        patch.setattr("bridge.wire.framing.FRAGMENT", size)
        message = text_message(whole, deflated=deflated)
        assert isinstance(message, LongMessage)
        frame = joined(message.fragments())
    assert read_by_the_library(frame) == b"".join(parts)


@pytest.mark.parametrize("around", [125, 126, 127, 65_535, 65_536, 65_537])
def test_a_compressed_payload_of_any_length_has_its_header(around: int) -> None:
    """It is the compressed length that counts."""
    for size in range(max(0, around - 40), around + 5):
        assert inflated(deflated_frame([segment(noise(size))])) == noise(size)


def test_a_frame_depends_on_no_other() -> None:
    """Two times the same: both can be read alone, in any order, by who missed the other."""
    payload = encode(["Ada"] * 1_000)
    first, second = text_frame(payload, deflate=True), text_frame(payload, deflate=True)
    assert first == second
    assert inflated(second) == payload


def test_a_ping_is_a_ping() -> None:
    """An empty one."""
    reader = StreamReader()
    reader.feed_data(PING)
    with pytest.raises(StopIteration) as parsed:
        next(parse_frame(reader))
    assert (parsed.value.value.opcode, bytes(parsed.value.value.data)) == (Opcode.PING, b"")
