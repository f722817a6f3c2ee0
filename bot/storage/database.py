"""What is wrong with the database of the settings, in the words of who can mend it."""

import logging
import os
from pathlib import Path
from uuid import uuid4

from bridge.storage.address import Address, SqliteAddress
from bridge.storage.database import create_file, may_come, reason

log = logging.getLogger(__name__)


class CannotOpen(Exception):
    """The database can't be used. The message says what is wrong and what to do.

    `passes` is whether waiting may help.
    """

    def __init__(self, sentence: str, *, passes: bool = False) -> None:
        super().__init__(sentence)
        self.passes = passes


def is_there(path: Path) -> bool:
    """Tell whether there is a file for the settings.

    Raises:
        CannotOpen: if it has no contents. It had some once: whoever was hidden would be shown.
    """
    if not os.path.lexists(path):
        return False
    if path.is_file() and not path.stat().st_size:
        raise emptied(path)
    return True


def emptied(path: Path) -> CannotOpen:
    """Say that a file was there with nothing in it."""
    return CannotOpen(
        f"The file {path.absolute()} for the settings is empty, so what was hidden would be shown.\n"
        "Put a copy of it in its place, or delete it if you want to begin with the defaults."
    )


def make_draft(path: Path) -> Path:
    """Make an empty file beside `path`, which only its owner may read.

    Raises:
        CannotOpen: if it can't be made.
    """
    draft = path.with_name(f".dzone-{uuid4().hex}.new")
    try:
        create_file(draft)
    except OSError as error:
        raise _cannot_make(path, error) from error
    return draft


def put_in_place(draft: Path, path: Path) -> None:
    """Give a draft its name, unless another process was faster.

    Raises:
        CannotOpen: if it can't be named so.
    """
    try:
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        except OSError:  # no such links here, as on a memory card
            if os.path.lexists(path):
                return
            draft.rename(path)
    except OSError as error:
        raise _cannot_make(path, error) from error
    log.info("settings are stored in the new file %s", path.absolute())


def _cannot_make(path: Path, error: OSError) -> CannotOpen:
    return CannotOpen(
        f"The file {path.absolute()} for the settings can't be made: {error.strerror}.\n"
        "Check that its folder is there and writable, or name another file with DATABASE_URL."
    )


def complaint(address: Address, error: BaseException) -> CannotOpen:
    """Say that a database can't be used, and what to do."""
    if isinstance(address, SqliteAddress):
        return CannotOpen(
            f"The settings in {address.path.absolute()} can't be read: {reason(error)}.\n"
            "Check that the file is there, writable and whole, or name another with DATABASE_URL."
        )
    return CannotOpen(
        f"The database in which the settings are can't be used: {reason(error)}.\n"
        "Check that it runs, and DATABASE_URL.",
        passes=may_come(address, error),
    )
