"""Who knocks at a door, and what let them in."""

import time
from dataclasses import dataclass, field
from typing import Final

from bridge.access.login import Login


@dataclass(frozen=True, slots=True)
class Papers:
    """The cookies with which somebody came who may have logged in, for whoever can read them.

    `origin` is whose page opened the connection.
    """

    cookies: str = field(repr=False)
    origin: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: from which address, who they are if they logged in on our page, and with which device.

    Where only another process can tell who they are, they have `papers` in place of a login.
    """

    address: str = "?"
    login: Login | None = None
    device: str | None = None
    papers: Papers | None = None

    @property
    def current_login(self) -> Login | None:
        """Their login, unless it has ended: a connection may last longer."""
        return self.login if self.login is not None and self.login.until > time.time() else None

    @property
    def is_somebody(self) -> bool:
        """Whether they may have logged in."""
        return self.login is not None or self.papers is not None


NOBODY: Final = Visitor()


def nobody() -> Visitor:
    """Tell that somebody is nobody."""
    return NOBODY


@dataclass(frozen=True, slots=True)
class Pass:
    """What opened the door of a protected room, where that may end.

    `uid` is who it was opened for, `login` the key of their login on our page, `until` when it ends
    (Unix time). A password has none of it.
    """

    uid: str | None = None
    login: str | None = None
    until: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it opens nothing any more."""
        return self.until is not None and self.until <= time.time()


FREELY: Final = Pass()  # what lets in where the door stands open
