"""How much a bridge takes on before it says no."""

from dataclasses import dataclass, fields
from typing import Final

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that whoever runs a bridge may set. Each has room for many people behind one address.

    Args:
        viewers: How many may be here at once; who comes after is asked to try again later.
        viewers_per_address: The same for one address.
        viewers_per_guild: How many may watch one guild at once, wherever it is shown; 0 where any number may.
        handshakes_per_minute: How often one address may open a WebSocket.
        requests_per_minute: How many pages and files one address may ask for.
        wrong_tries: Wrong passwords or logins of one address that cost nothing. After those each doubles
            the time it has to wait.
        frames_per_second: Frames that a viewer may send in the long run; ten times as many at once.
        bytes_per_second: Bytes that a viewer may send in the long run; four times as many at once.
        frame_bytes: How large a message of a viewer's may be; a larger one closes the connection with 1009.
        handshake_seconds: How long a connection may take to say what it wants.
        connect_seconds: How long a viewer may take to ask for a room.
        cpu_per_viewer: What part of a core one viewer's requests may take in the long run; five seconds'
            worth of it at once. Who asks for more waits.
        cpu_per_address: The same for all viewers of one address.
        cpu_in_all: The same for everybody's requests, so that as much is left for what is to be told.
        unread_bytes: Bytes that may be kept for viewers who have not read them yet, those that many wait for
            counted once; beyond it, whoever has kept them waiting longest gives way.
        history_events: How many of its last events a room keeps, so that a viewer whose connection broke
            gets what it missed.
        history_age: For how many seconds it keeps them.

    Raises:
        ValueError: for a bound that is negative, or zero where nothing could be done.
    """

    viewers: int = 10_000
    viewers_per_address: int = 500
    viewers_per_guild: int = 0
    handshakes_per_minute: int = 600
    requests_per_minute: int = 3_000
    wrong_tries: int = 10
    frames_per_second: float = 10
    bytes_per_second: float = 64 * 1024
    frame_bytes: int = 16 * 1024
    handshake_seconds: float = 10.0
    connect_seconds: float = 30.0
    cpu_per_viewer: float = 0.05
    cpu_per_address: float = 0.2
    cpu_in_all: float = 0.6
    unread_bytes: int = 128 * 1024 * 1024
    history_events: int = 1_000
    history_age: float = 120.0

    def __post_init__(self) -> None:
        for bound in fields(self):
            value = getattr(self, bound.name)
            if value < 0 or (value == 0 and bound.name not in _MAY_BE_NONE):
                raise ValueError(f"{bound.name} can't be {value}")


_MAY_BE_NONE: Final = frozenset({"viewers_per_guild", "wrong_tries", "history_events", "history_age"})
DEFAULT_LIMITS: Final = Limits()
