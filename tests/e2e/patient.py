"""The bot as tests start it: `python -m bot`, but it waits for its database longer than Discord would.

And it tells at once of each server that comes or goes: tests have more of them than the limit foresees.
"""

from bot import store
from bot.__main__ import start
from bridge.rooms import directory
from bridge.running.rate import Rate

SECONDS = 30.0  # for a write; two of them are over soon where a disk is busy, and nothing is decided then


def be_patient() -> None:
    """Wait longer for what a busy machine delays, and not at all where the bot would save work."""
    vars(store)["PATIENCE"] = SECONDS
    vars(directory)["TELLINGS"] = Rate(per_second=20.0, at_once=100)


if __name__ == "__main__":
    be_patient()
    start()
