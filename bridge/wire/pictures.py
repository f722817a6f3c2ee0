"""Where pictures of emoji are, as an owner tells it: checked before any viewer hears of it."""

from collections.abc import Mapping
from typing import Final

MAX_EMOJI: Final = 20  # with a picture, in one message
MAX_NAME: Final = 40  # characters, colons included; Discord's longest has 34
MAX_URL: Final = 300  # characters


def check_emoji(emoji: Mapping[str, str] | None) -> dict[str, str]:
    """Return the pictures of emoji by their names, if they are good; none for None.

    Raises:
        TypeError: if it is no mapping of texts to texts.
        ValueError: if there are too many, or one is too long or not to be had by HTTPS.
    """
    if emoji is None:
        return {}
    if not isinstance(emoji, Mapping):
        raise TypeError(f"emoji is a mapping of names to URLs, not {type(emoji).__name__}")
    if len(emoji) > MAX_EMOJI:
        raise ValueError(f"no more than {MAX_EMOJI} emoji of a message have pictures")
    return {_check_name(name): check_picture(url) for name, url in emoji.items()}


def check_picture(url: str) -> str:
    """Return the address of a picture, if it is good.

    Raises:
        TypeError: if it is no text.
        ValueError: if it is too long or not to be had by HTTPS.
    """
    if not isinstance(url, str):
        raise TypeError(f"a picture's URL is a text, not {type(url).__name__}")
    if not url.startswith("https://") or len(url) > MAX_URL:
        raise ValueError(f"a picture's URL begins with https:// and has at most {MAX_URL} characters")
    return url


def _check_name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"an emoji's name is a text, not {type(name).__name__}")
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"an emoji's name has 1 to {MAX_NAME} characters")
    return name
