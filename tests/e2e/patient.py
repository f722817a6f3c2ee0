"""The bot on a slow machine: `python -m bot`, but its database may take longer than Discord would wait."""

from bot import store
from bot.__main__ import start

SECONDS = 30.0  # for a write; two of them are over soon where a disk is busy, and nothing is decided then


def be_patient() -> None:
    """Wait longer for what a busy machine delays."""
    vars(store)["PATIENCE"] = SECONDS


if __name__ == "__main__":
    be_patient()
    start()
