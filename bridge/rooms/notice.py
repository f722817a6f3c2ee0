"""What whoever runs the bridge has to say to everybody who watches, as long as it stands."""

import math
from typing import Any, NamedTuple


class Notice(NamedTuple):
    """What is said, when it was said first, and until when it stands. Taken back, it is empty until then."""

    text: str
    at: float  # seconds since 1970, as the other one
    until: float

    def data(self, now: float) -> dict[str, Any]:
        """Say it as viewers are told."""
        return {"text": self.text, "at": math.floor(self.at), "seconds": max(0, math.ceil(self.until - now))}
