"""What a live source tells of by itself, between the questions of the bridge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.model import Message

__all__ = ["AllOutdated", "Change", "Said", "ServersOutdated", "UserChanged", "UserLeft", "UsersOutdated"]


@dataclass(frozen=True, slots=True)
class UserChanged:
    """Somebody in a guild is new or not what they were.

    `record` is a user's record, or what of it has changed: fields that it leaves out stay as they are.
    """

    server_id: str
    uid: str
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserLeft:
    """Somebody is no longer in a guild."""

    server_id: str
    uid: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something in a guild. Nothing of it is kept."""

    server_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class UsersOutdated:
    """What was read of a guild's members no longer holds: they are read again."""

    server_id: str


@dataclass(frozen=True, slots=True)
class ServersOutdated:
    """What was read of the list of guilds no longer holds: it is read again."""


@dataclass(frozen=True, slots=True)
class AllOutdated:
    """Nothing that was read before is sure to hold: the list and every guild's members are read again.

    A source says so as soon as it hears of changes, first and again after each interruption: what changed
    before, nobody has told.
    """


Change = UserChanged | UserLeft | Said | UsersOutdated | ServersOutdated | AllOutdated
