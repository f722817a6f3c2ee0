"""How an old d-zone client plays words, as seen in the TypeScript fork 0.1.7: a model of it by any clock."""

import math

WIDTH = 20  # characters of a line; how many really fit depends on the words


def seconds(text: str, width: int = WIDTH) -> float:
    """Tell how long it shows a text, on a machine that keeps up."""
    characters = len(text.encode("utf-16-le")) // 2
    speed = 3 if characters < 75 else 2 if characters < 150 else 1
    turns = math.ceil(characters / width) - 1
    return (18 + speed * (characters + 60 + 5 * turns)) / 60


class OldClient:
    """One bubble a channel at a time, the rest in a queue. A removal in the middle of words freezes it."""

    def __init__(self, width: int = WIDTH) -> None:
        self._width = width
        self._free: dict[str, float] = {}  # by channel: when its last bubble is over
        self._speaking: dict[str, float] = {}  # by uid: the same

    def show(self, uid: str, text: str, channel: str, now: float) -> float:
        """Show words or have them wait; return when their bubble comes up."""
        starts = max(now, self._free.get(channel, 0.0))
        self._free[channel] = over = starts + seconds(text, self._width)
        self._speaking[uid] = max(self._speaking.get(uid, 0.0), over)
        return starts

    def freezes_without(self, uid: str, now: float) -> bool:
        """Tell whether taking somebody away now leaves a bubble up for good."""
        return self._speaking.get(uid, 0.0) > now
