"""What a worker logs, on its way into the parent's log: each record in a line of its own, with its level."""

import json
import logging
import sys
from typing import Final

from bridge.running.calm import Calm
from bridge.running.lines import Lines
from bridge.running.words import one_line

log = logging.getLogger(__name__)

MAX_LINE: Final = 64 * 1024  # bytes; of a longer one, which isn't ours, that much is told


class Written(logging.Formatter):
    """Writes a record so that `tell` can read it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        trace = self.formatException(record.exc_info) if record.exc_info else None
        return json.dumps([record.levelno, record.name, record.getMessage(), trace])


def log_to_parent(level: int) -> Lines:
    """Have all that this process logs go to its parent; return how."""
    lines = Lines(sys.stdout)
    lines.setFormatter(Written())
    lines.addFilter(Calm())
    logging.basicConfig(level=level, handlers=[lines], force=True)
    logging.getLogger("asyncio").setLevel(max(level, logging.INFO))
    logging.getLogger("bridge.rooms.directory").setLevel(max(level, logging.WARNING))  # the parent says it
    return lines


def tell(who: str, line: bytes) -> str:
    """Log what a worker has logged, as its own words; return them, in one line."""
    try:
        level, name, said, trace = json.loads(line)
        level, name, said = int(level), str(name), str(said)
    except (ValueError, TypeError):  # what Python or the system say where there is no log
        level, name, said, trace = logging.WARNING, __name__, one_line(line.decode(errors="replace")), None
        if not said:
            return ""
    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        # Whole, and not with arguments: it has been through a filter already that counts lines of one kind.
        record = logger.makeRecord(name, level, "", 0, f"{who}: {said}", (), None)
        record.exc_text = trace
        logger.handle(record)
    return one_line(said)
