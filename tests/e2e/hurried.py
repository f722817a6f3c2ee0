"""The bot in a hurry: `python -m bot`, but it waits for less than a second where it waits longer.

That is before it asks for a guild's members again, between two tries to reach the gateway, and between two
changes of a live message.
"""

from __future__ import annotations

import sys

from bot.__main__ import main
from bot.gateway import loader
from bot.internals import backoff
from cogs.commands import live

EVERY = 0.2  # seconds; set `gateway.members_every` to as much

if __name__ == "__main__":
    vars(loader)["EVERY"] = EVERY + 0.05
    vars(backoff)["LONGEST"] = 0.1
    vars(live)["EVERY"], vars(live)["SLOWEST"] = EVERY, 2 * EVERY
    live.Live.look.change_interval(seconds=EVERY)
    sys.exit(main())
