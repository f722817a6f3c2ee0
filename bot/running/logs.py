"""What is logged, where, and what never is."""

import logging
import sys

from bridge.running.calm import Calm
from bridge.running.lines import Lines


def configure(level: str) -> Lines:
    """Log to stdout, which never waits for its reader; stderr is for what stops the program.

    discord.py stays at INFO at least: its debug lines hold whole gateway events, message texts included.
    """
    handler = Lines(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(_brief)
    handler.addFilter(Calm())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.getLevelName(level)))
    logging.getLogger("asyncio").setLevel(logging.INFO)
    return handler


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
