"""A guild's short public name: what stands in links."""

import base64
import hashlib
import re
import unicodedata
from typing import Final

MAX_WORDS: Final = 24  # characters of the readable part
_CODE_LENGTH: Final = 6  # characters of five bits each: two of a thousand guilds collide once in 2,000 bots
# Latin letters that Unicode does not take apart.
_LATIN: Final = str.maketrans({"æ": "ae", "đ": "d", "\u0131": "i", "ł": "l", "ø": "o", "œ": "oe", "þ": "th"})


def slug_of(name: str, guild_id: int) -> str:
    """Make a slug such as `d-world-k3x9ab`: words for people, then the guild's code.

    The code alone identifies the guild, so that a link outlives a new name. A name without a Latin
    letter or digit leaves the code alone.
    """
    name = name.casefold().translate(_LATIN)
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name.replace("'", "")).strip("-")[:MAX_WORDS].strip("-")
    return f"{words}-{code_of(guild_id)}" if words else code_of(guild_id)


def code_of(guild_id: int) -> str:
    """Make a short code from a snowflake: the same one every time."""
    digest = hashlib.blake2b(str(guild_id).encode(), digest_size=5).digest()
    return base64.b32encode(digest).decode().lower()[:_CODE_LENGTH]
