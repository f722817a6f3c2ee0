"""What somebody who watches may have their own figure do, and how they ask for it. Pure."""

from typing import Final, Literal, get_args

from bridge.errors import BadRequest
from bridge.problems import bad_request

Gesture = Literal["wave", "hop", "sit"]
GESTURES: Final[tuple[Gesture, ...]] = get_args(Gesture)


def read_gesture(value: object) -> Gesture:
    """Read which it is to be.

    Raises:
        BadRequest: if there is no such gesture.
    """
    for gesture in GESTURES:
        if value == gesture:
            return gesture
    raise BadRequest(bad_request(f"gesture must be one of {', '.join(GESTURES)}"))
