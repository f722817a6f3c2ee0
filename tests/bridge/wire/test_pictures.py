"""What an owner may say of where pictures of emoji are."""

from types import MappingProxyType
from typing import Any

import pytest

from bridge.wire.pictures import MAX_EMOJI, MAX_NAME, MAX_URL, check_emoji, check_picture

URL = "https://cdn.example/1.png"


def url(length: int) -> str:
    return "https://" + "x" * (length - len("https://"))


def test_the_documented_bounds() -> None:
    """Twenty, forty, three hundred."""
    assert (MAX_EMOJI, MAX_NAME, MAX_URL) == (20, 40, 300)


def test_no_pictures() -> None:
    """Nobody has to tell of any."""
    assert check_emoji(None) == check_emoji({}) == {}


@pytest.mark.parametrize("mapping", [dict, MappingProxyType])
def test_pictures(mapping: Any) -> None:
    """Any mapping will do; what is kept of it nobody changes any more."""
    given = {":turnip:": URL, "x" * MAX_NAME: url(MAX_URL)}
    kept = check_emoji(mapping(given))
    assert kept == given
    given.clear()
    assert len(kept) == 2


def test_as_many_as_there_may_be() -> None:
    """And not one more."""
    full = {f":{number}:": URL for number in range(MAX_EMOJI)}
    assert check_emoji(full) == full
    with pytest.raises(ValueError, match="no more than 20"):
        check_emoji(full | {":one more:": URL})


@pytest.mark.parametrize(
    "emoji", [[":turnip:"], ":turnip:", 7, {7: URL}, {":turnip:": 7}, {":turnip:": None}]
)
def test_what_is_no_mapping_of_texts_to_texts(emoji: Any) -> None:
    """Is a mistake of who wrote it."""
    with pytest.raises(TypeError):
        check_emoji(emoji)


@pytest.mark.parametrize(
    "emoji",
    [
        {"": URL},
        {"x" * (MAX_NAME + 1): URL},
        {":turnip:": url(MAX_URL + 1)},
        {":turnip:": "http://cdn.example/1.png"},
        {":turnip:": "data:image/png;base64,"},
        {":turnip:": "javascript:alert(1)"},
        {":turnip:": " https://cdn.example/1.png"},
        {":turnip:": ""},
    ],
)
def test_what_no_viewer_may_load(emoji: dict[str, str]) -> None:
    """It is refused, and not repeated in what is said about it."""
    with pytest.raises(ValueError, match=r"characters") as caught:
        check_emoji(emoji)
    assert "turnip" not in str(caught.value)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("image", [7, None, b"https://cdn.example/1.png"])
def test_what_is_no_address(image: Any) -> None:
    """A text is."""
    with pytest.raises(TypeError):
        check_picture(image)
