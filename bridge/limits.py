"""How much a bridge takes on before it says no."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that whoever runs a bridge may set.

    `viewers` is how many may be here at once; who comes after is asked to try again later. A room keeps
    its last `history_events` events, for at most `history_age` seconds, so that a viewer whose connection
    broke gets what it missed.

    Raises:
        ValueError: for a bound that is negative, or no viewer at all.
    """

    viewers: int = 10_000
    history_events: int = 1_000
    history_age: float = 120.0

    def __post_init__(self) -> None:
        if self.viewers < 1 or self.history_events < 0 or self.history_age < 0:
            raise ValueError(f"these are no limits: {self}")


DEFAULT_LIMITS: Final = Limits()
