"""Cookies as requests bring them."""

import pytest
from websockets.datastructures import Headers

from bridge.access.cookies import read_cookie


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a=b", "b"),
        ("x=y; a=b", "b"),
        ("x=y;a=b;", "b"),
        ("x=y; \t a=b ; c=d", "b"),
        ("a=b; a=c", "b"),
        ("a=", ""),
        ("a=b=c", "b=c"),
        ("a", None),
        ("ba=b", None),
        ("x=a=b", None),
        ("a =b", None),
        ("x=y, a=b", None),
        ("A=b", None),
        ("", None),
        ("; " * 10_000 + "a=b", "b"),
    ],
)
def test_a_cookie_is_read(line: str, value: str | None) -> None:
    """By its whole name, wherever it stands."""
    assert read_cookie(Headers({"Cookie": line}), "a") == value


def test_there_may_be_none() -> None:
    """As in most requests."""
    assert read_cookie(Headers(), "a") is None
