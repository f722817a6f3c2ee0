"""The first import of `python -m bot`: where it can't run, the program ends here, with one sentence.

What stands in the way of our other packages is found without them, and never run: it may be a whole program.
"""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path

MEND = 78  # as in `bot.running.errors`, which can't be imported yet: no supervisor shall start this again
HOUSE = Path(__file__).resolve().parents[2]  # where bot, cogs and bridge are, side by side

NEEDED = (
    "aiohttp", "aiosqlite", "alembic", "asyncpg", "discord", "dotenv", "itsdangerous", "rcssmin", "rjsmin",
    "sqlalchemy", "tenacity", "tqdm", "websockets",
)  # fmt: skip


def trouble() -> str:
    """Say what keeps us from running; nothing if nothing does."""
    for name in ("cogs", "bridge"):
        found = find_spec(name)
        if (
            found is not None
            and found.origin is not None
            and HOUSE not in Path(found.origin).resolve().parents
        ):
            return (
                f"{found.origin} stands in the way of the package {name}: rename it, or start the bot"
                " in another folder."
            )
    from bridge.running import interpreter  # noqa: PLC0415 - ours, as we know by now

    interpreter.heed_stop()
    if hasattr(signal, "SIGUSR2"):  # it asks for a new process, before there is anything to take over
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    return interpreter.trouble("bot", *NEEDED)


said = trouble()
if said:
    sys.stderr.write(said + "\n")
    sys.exit(MEND)
