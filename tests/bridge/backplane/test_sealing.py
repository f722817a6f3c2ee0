"""What passes through Redis for those alone who have a secret."""

import pytest

from bridge.backplane.sealing import Seal

HERE, THERE, STRANGER = Seal(b"the secret"), Seal(b"the secret"), Seal(b"another")
WORDS = "Harbour, 12 members \u2665".encode()


@pytest.mark.parametrize("words", [b"", b"x", WORDS, WORDS * 100])
def test_whoever_has_the_secret_reads_it(words: bytes) -> None:
    """And nobody else; nobody sees it in what is told, nor that it is said twice."""
    closed = HERE.close(words, b"matter")
    assert THERE.open(closed, b"matter") == words
    assert STRANGER.open(closed, b"matter") is None
    assert len(words) < 2 or words not in closed
    assert HERE.close(words, b"matter") != closed


@pytest.mark.parametrize("place", [0, 11, 12, 27, 28, -1])
def test_what_was_changed_is_nothing(place: int) -> None:
    """Wherever it was, and in another matter, or cut off."""
    closed = bytearray(HERE.close(WORDS, b"matter"))
    assert THERE.open(bytes(closed), b"") is None
    assert THERE.open(bytes(closed[:place]), b"matter") is None
    closed[place] ^= 1
    assert THERE.open(bytes(closed), b"matter") is None


def test_words_and_matter_are_kept_apart() -> None:
    """What is moved from one to the other is noticed."""
    closed = HERE.close(b"words", b"matter")
    assert THERE.open(closed[:-1], closed[-1:] + b"matter") is None
