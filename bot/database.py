"""What is wrong with the database of the settings, in the words of who can mend it."""

import logging
from pathlib import Path

from bridge import database
from bridge.address import Address, SqliteAddress
from bridge.database import reason

log = logging.getLogger(__name__)


class CannotOpen(Exception):
    """The database can't be used. The message says what is wrong and what to do."""


def create_file(path: Path) -> None:
    """Make an empty SQLite file that only its owner may read, if there is none.

    Raises:
        CannotOpen: if it can't be made.
    """
    try:
        if database.create_file(path):
            log.info("settings are stored in the new file %s", path.absolute())
    except OSError as error:
        raise CannotOpen(
            f"The file {path.absolute()} for the settings can't be made: {error.strerror}.\n"
            "Check that its folder is there and writable, or name another file with DATABASE_URL."
        ) from error


def complaint(address: Address, error: BaseException) -> CannotOpen:
    """Say that a database can't be used, and what to do."""
    if isinstance(address, SqliteAddress):
        return CannotOpen(
            f"The settings in {address.path.absolute()} can't be read: {reason(error)}.\n"
            "Check that the file is there, writable and whole, or name another with DATABASE_URL."
        )
    return CannotOpen(
        f"The database in which the settings are can't be used: {reason(error)}.\n"
        "Check that it runs, and DATABASE_URL."
    )
