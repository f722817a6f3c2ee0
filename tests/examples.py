"""Examples from the README and the documentation, run as a reader would run them."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import connect

ROOT: Final = Path(__file__).parent.parent
PATIENCE: Final = 40  # seconds for a step; a busy machine takes its time


async def start(
    *arguments: str | Path, folder: Path | None = None, **settings: str
) -> asyncio.subprocess.Process:
    """Start Python in a folder, or in that of the script, which is the last argument."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, arguments),
        cwd=folder or Path(arguments[-1]).parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def listening(port: int) -> None:
    """Wait until somebody listens: `connect()` would look for it ever more seldom."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("localhost", port)
            return writer.close()
        await asyncio.sleep(0.05)


async def first_join(port: int, path: str = "") -> dict[str, Any]:
    """Join the default room of a server that may still be starting, and wait for somebody to be there."""
    await listening(port)
    url = f"ws://localhost:{port}/{path}"
    async for viewer in connect(url, open_timeout=PATIENCE, ping_interval=None, proxy=None):
        await viewer.send(json.dumps({"type": "connect", "data": {"server": None}}))
        async for frame in viewer:
            message = json.loads(frame)
            if message["type"] == "server-join" and message["data"]["users"]:
                await viewer.close()
                data: dict[str, Any] = message["data"]
                return data
    raise AssertionError("unreachable: connect() tries again until it succeeds")


async def watch(process: asyncio.subprocess.Process, port: int, path: str = "") -> tuple[dict[str, Any], str]:
    """Watch what a script serves, end it with Ctrl-C, and return what was there and what it complained of."""
    joining = asyncio.create_task(first_join(port, path))
    ending = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({joining, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        errors = await said(process)
        if not joining.done():
            joining.cancel()
    assert not joining.cancelling(), f"nobody got in:\n{errors}"
    return joining.result(), errors


async def said(process: asyncio.subprocess.Process) -> str:
    """Wait for the end of a script, and return what it complained of. It has to end well."""
    try:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, (output + errors).decode()
    return errors.decode()


def adapted(text: str, places: Mapping[str, str]) -> str:
    """Put what is there on this machine in the place of what a reader has."""
    for written, here in places.items():
        text = text.replace(written, here)
    return text
