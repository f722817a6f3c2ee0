"""What the README promises, run as it stands."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def first_join(port: int) -> dict[str, object]:
    """Join the default room of a server that may still be starting."""
    async for viewer in connect(f"ws://localhost:{port}", open_timeout=5):
        await viewer.send(json.dumps({"type": "connect", "data": {"server": None}}))
        async for frame in viewer:
            message = json.loads(frame)
            if message["type"] == "server-join":
                await viewer.close()
                data: dict[str, object] = message["data"]
                return data
    raise AssertionError("unreachable: connect() tries again until it succeeds")


def test_there_are_library_examples() -> None:
    """The blocks are found."""
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
async def test_library_example_serves_viewers_and_stops_cleanly(block: str, tmp_path: Path) -> None:
    """Each example of the library section runs, lets a viewer in, and ends with Ctrl-C."""
    port = free_port()
    script = tmp_path / "example.py"
    script.write_text(block.replace("port=3000", f"port={port}"), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        cwd=tmp_path,  # it may make files
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        joined = await asyncio.wait_for(first_join(port), 20)
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert joined["users"]
    assert (process.returncode, errors.decode()) == (0, "")
