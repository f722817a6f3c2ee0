"""Changes to what is known to be interesting: the same ones for the same seed."""

import random
from collections.abc import Iterator, Sequence
from typing import Final

MOST: Final = 4  # changes at once
PIECES: Final = (
    b"\x00", b"\xff", b"\x7f", b"\x80", b"\r\n", b"\n", b" ", b"\t", b'"', b"'", b"\\", b"/", b"..", b"%",
    b"%00", b"%2e", b"%ff", b";", b",", b"=", b":", b"[", b"]", b"{", b"}", b"null", b"true", b"-1",
    b"1e999", b"NaN", b"9" * 30, b"[" * 2_000, b"\xed\xa0\x80", b"\\ud800", b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xae", b"\x81\xfe\xff\xff", b"\x88\x80\x00\x00\x00\x00", b"\x89\x80\x00\x00\x00\x00",
    b"\xc1\x80\x00\x00\x00\x00", b"default", b"http://",
)  # fmt: skip


def mutations(corpus: Sequence[bytes], seed: str, count: int) -> Iterator[bytes]:
    """Change entries of a corpus, `count` times."""
    chance = random.Random(seed)
    for _ in range(count):
        data = chance.choice(corpus)
        for _ in range(chance.randint(1, MOST)):
            data = _change(data, corpus, chance)
        yield data


def _change(data: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    stop = min(len(data), start + chance.choice((0, 1, 1, 2, 8, 64)))
    match chance.randrange(6):
        case 0:
            return data[:start] + data[stop:]
        case 1:
            return data[:start] + chance.choice(PIECES) + data[stop:]
        case 2:
            return data[:start] + chance.randbytes(stop - start) + data[stop:]
        case 3:
            return data[:stop] + data[start:]
        case 4:
            return data[:start] + chance.choice(corpus)[start:]
        case _:
            return data[:start] + data[start:stop] * chance.choice((2, 3, 100)) + data[stop:]
