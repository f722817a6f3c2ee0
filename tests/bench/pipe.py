"""Orders and answers between a benchmark and its server's process: a line of JSON each, over pipes."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import subprocess


class Servant(Protocol):
    """Starts, and then does what it is told."""

    async def start(self) -> dict[str, Any]:
        """Start; return what the other side has to know."""

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do it; return what came of it."""


async def serve(servant: Servant) -> None:
    """Obey until the orders end."""
    answer(await servant.start())
    orders = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer
    )
    while line := await orders.readline():
        answer(await servant.obey(json.loads(line)))


def hear(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Read the next answer of such a process.

    Raises:
        RuntimeError: if it has ended.
    """
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the server process ended with {process.wait()}")
    words = json.loads(line)
    assert isinstance(words, dict)
    return words


def answer(words: dict[str, Any]) -> None:
    """Answer an order."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()
