"""The attacker's process: `python -m tests.abuse.attacker PORT CORE`. It obeys as `tests.bench.pipe` says.

On a core that it shares it gives way to everybody else: it is there to keep the victim busy, not the machine.
"""

import asyncio
import os
import resource
import sys
from typing import Any

from tests.abuse.attacks import ATTACKS
from tests.abuse.raid import Raid
from tests.bench.control import give_way
from tests.bench.pipe import serve


class Attacker:
    """Does what it is told."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def start(self) -> dict[str, Any]:
        """Be there."""
        return {}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Attack; say what was heard of it."""
        attack = ATTACKS[order["do"]]
        raid = Raid(self._port, order["house"], order["seconds"], order["until"])
        await attack.run(raid)
        return dict(raid.heard)


def main() -> None:
    """Run the process, on one core if one is named."""
    port, *core = map(int, sys.argv[1:])
    if core:
        os.sched_setaffinity(0, core)
        give_way()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(Attacker(port)))


if __name__ == "__main__":
    main()
