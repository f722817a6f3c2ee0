"""What something is called in Discord, as a name that can stand in a line of a page."""

import unicodedata
from functools import lru_cache
from typing import Final

# What turns the writing around it, or can't be seen: whoever names something decides on its name alone.
# Joiners stay, which hold an emoji together, and the tags that make a flag.
_UNSEEN: Final = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063"
    "\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff\ufff9\ufffa\ufffb"
)
# Letters without ink: of them alone there is nothing to read.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_INKLESS: Final = frozenset({"Cf", "Mn", "Me", "Zs"})


@lru_cache(maxsize=4096)
def read_name(name: str) -> str:
    """Read a name: one line, and nothing in it but what is to be read. Empty if that is nothing."""
    seen = "".join(
        " " if unicodedata.category(sign) == "Cc" else sign for sign in name if sign not in _UNSEEN
    )
    line = " ".join(seen.split())
    return line if any(map(_has_ink, line)) else ""


def _has_ink(sign: str) -> bool:
    return sign not in _BLANK and unicodedata.category(sign) not in _INKLESS
