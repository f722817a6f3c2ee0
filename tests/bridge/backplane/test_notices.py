"""What is announced, as other processes tell it."""

import time

import pytest

from bridge.backplane.notices import read, write
from bridge.rooms.notice import Notice


def test_what_was_written() -> None:
    """It is read as it was."""
    now = time.time()
    for notice in (Notice("a restart", now, now + 600), Notice("", now, now)):
        assert read(write(notice)) == notice


@pytest.mark.parametrize(
    "told",
    [
        b"", b"\xff", b"[]", b"{}", b"null", b'["x", 1]', b'["x", "a", 2]', b'["x", 3, 2]', b"[" * 4000,
        b'["x", 0, Infinity]', b'["x", -Infinity, 0]', b'["x", NaN, NaN]', b'["x", 0, 1%s]' % (b"0" * 400),
        b'["x", 0, 1e300]', b'[["x"], 0, 1]', b'["%s", 0, 1]' % (b"x" * 301),
    ],
)  # fmt: skip
def test_what_is_nothing_of_ours(told: bytes) -> None:
    """It is passed over, and stands for nobody."""
    assert read(told) is None
