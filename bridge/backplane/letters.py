"""What one process asks another, and what it is answered, as it is written on a channel. Pure.

It is published and never stored: who isn't there to hear it never will.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bridge.errors import Silence

MAX_LETTER: Final = 128 * 1024  # bytes
# Of what a command was called with, a server's log of slow commands shows so much: no secret may stand there.
HEAD: Final = 128  # bytes
_NAME: Final = re.compile(rb"[0-9a-f]{32}")
_KIND: Final = re.compile(rb"[a-z]{1,20}")


class Unheard(Silence):
    """Nobody was there to hear something: it may be said again."""


class Question(NamedTuple):
    """What somebody asks: who, as which of their questions, of what kind, and what they say beside it."""

    reader: str
    number: str
    kind: str
    body: bytes

    def told(self) -> bytes:
        """Write it for a channel."""
        return f"{self.reader} {self.number} {self.kind}".ljust(HEAD).encode() + self.body


class Reply(NamedTuple):
    """An answer: to which question, and what."""

    number: str
    body: bytes

    def told(self) -> bytes:
        """Write it for a channel."""
        return self.number.ljust(HEAD).encode() + self.body


def read_question(told: bytes) -> Question | None:
    """Read what a writer is asked. None if it is nothing of ours."""
    parts = told[:HEAD].split()
    if len(told) > MAX_LETTER or len(parts) != len(("reader", "number", "kind")):
        return None
    reader, number, kind = parts
    if not (_NAME.fullmatch(reader) and _NAME.fullmatch(number) and _KIND.fullmatch(kind)):
        return None
    return Question(reader.decode(), number.decode(), kind.decode(), told[HEAD:])


def read_reply(told: bytes) -> Reply | None:
    """Read what a reader is answered. None if it is nothing of ours."""
    number = told[:HEAD].rstrip()
    if len(told) > MAX_LETTER or not _NAME.fullmatch(number):
        return None
    return Reply(number.decode(), told[HEAD:])


def write_body(body: Mapping[str, Any]) -> bytes:
    """Write what somebody says; half a character, which a password may have, goes as an escape."""
    return json.dumps(body, separators=(",", ":")).encode()


def read_body(body: bytes) -> dict[str, Any] | None:
    """Read what somebody says. None if it can't be read."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
