"""Events encoded in pieces, and what is put together of such pieces: each is made once, for many. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bridge.wire.framing import Quoting, deflated_frame, segment, text_frame
from bridge.wire.protocol import Event, Wants, encode_cursor, payloads_of, stream_name


class Piece(NamedTuple):
    """Events that follow each other, encoded for one kind of client.

    For a batch these are its entries, without what stands around them, and else whole frames.
    """

    events: int  # that are for such clients
    body: bytes
    cursor: bytes  # of the last of them
    quoted: frozenset[str] = frozenset()  # see `Quoting`


def encode_piece(events: Iterable[Event], wants: Wants, epoch: str) -> Piece:
    """Encode some events, none of which stands for entries, for one kind of client."""
    stream, cursor = stream_name(epoch, wants), b""
    payloads: list[bytes] = []
    quoted: list[str] = []
    for event in events:
        if told := payloads_of(event, wants, stream):
            cursor = encode_cursor(stream, event.position)
            payloads += told
            quoted += event.quoted
    if not wants.batch:
        body = b"".join(text_frame(payload, deflate=wants.deflate) for payload in payloads)
    else:
        body = b",".join(payloads)
        body = segment(body) if wants.deflate and payloads else body
    return Piece(len(payloads), body, cursor, frozenset(quoted))


def frames_of(pieces: Iterable[Piece], wants: Wants) -> bytes:
    """Frame pieces in their order: several events in one batch for a client that wants that."""
    filled = [piece for piece in pieces if piece.events]
    quoted = frozenset[str]().union(*(piece.quoted for piece in filled))
    framed = _framed(filled, wants)
    return Quoting(framed, quoted) if quoted else framed


def _framed(filled: Sequence[Piece], wants: Wants) -> bytes:
    bodies = [piece.body for piece in filled]
    if not wants.batch:
        return b"".join(bodies)
    if sum(piece.events for piece in filled) > 1:
        return _batch(bodies, filled[-1].cursor, deflate=wants.deflate)
    return deflated_frame(bodies) if wants.deflate and bodies else b"".join(map(text_frame, bodies))


def _batch(bodies: Sequence[bytes], cursor: bytes, *, deflate: bool) -> bytes:
    before, after = b'{"type":"batch","events":[', b'],"cursor":' + cursor + b"}"
    if not deflate:
        return text_frame(b"".join((before, b",".join(bodies), after)))
    segments, comma = [segment(before)], segment(b",")
    for body in bodies:
        segments += body, comma
    return deflated_frame([*segments[:-1], segment(after)])
