"""What others have written, made fit for a line of the log."""

from typing import Final

MAX_LINE: Final = 200  # characters


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """Shorten what somebody else has written, and leave nothing in it that a terminal obeys."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text[:limit] + "…" if len(text) > limit else text


def name(error: BaseException, limit: int = MAX_LINE) -> str:
    """Say what an error is, and what it says."""
    said = one_line(str(error), limit)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
