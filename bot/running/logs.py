"""What is logged, where, and what never is."""

import codecs
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from bridge.running.calm import Calm
from bridge.running.lines import Lines

_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _Json(logging.Formatter):
    """Makes an object of a record, in ASCII unless every text may be written."""

    def __init__(self, *, any_text: bool) -> None:
        super().__init__()
        self._any_text = any_text

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:  # a worker's, which has written it already
            told["exception"] = record.exc_text
        return json.dumps(told, ensure_ascii=not self._any_text)


def configure(level: str, form: str = "text") -> Lines:
    """Log to stdout, which never waits for its reader; stderr is for what stops the program.

    With the form `json` each line is an object: `time` (ISO 8601, UTC), `level`, `logger`, `message` and,
    where something failed, `exception`. discord.py stays at INFO at least: its debug lines hold whole
    gateway events, message texts included.
    """
    handler = Lines(sys.stdout)
    any_text = _takes_any_text(sys.stdout)
    handler.setFormatter(_Json(any_text=any_text) if form == "json" else logging.Formatter(_TEXT))
    handler.addFilter(_brief)
    handler.addFilter(Calm())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.getLevelName(level)))
    logging.getLogger("asyncio").setLevel(logging.INFO)
    return handler


def _takes_any_text(stream: TextIO | None) -> bool:
    """Tell whether a stream is written in UTF-8. On Windows a file is in the system's code page."""
    return stream is not None and codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def _brief(record: logging.LogRecord) -> bool:
    """Put discord.py's troubles with the network into one line; the client has said that it is lost."""
    if record.name in ("discord.shard", "discord.client") and record.exc_info and _is_reconnect(record):
        error = record.exc_info[1]
        record.msg = f"{record.getMessage()} ({type(error).__name__})"
        record.args = ()
        record.exc_info = None
        return record.levelno >= logging.ERROR and not record.msg.startswith("Attempting a reconnect")
    return True


def _is_reconnect(record: logging.LogRecord) -> bool:
    return record.getMessage().startswith(("Attempting a reconnect", "Failed to connect"))
