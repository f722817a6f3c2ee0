"""The bot in a hurry: `python -m bot`, but it asks for a guild's members again after less than a second."""

from __future__ import annotations

import sys

from bot import loader
from bot.__main__ import main

EVERY = 0.2  # seconds; set `gateway.members_every` to as much

if __name__ == "__main__":
    vars(loader)["EVERY"] = EVERY + 0.05
    sys.exit(main())
