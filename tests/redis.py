"""A Redis server of our own, which tests may stop, freeze, empty and kill."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.ports import free_port

_PATIENCE: Final = 60  # seconds for its start, and for an answer


def find_server() -> str:
    """Find the server's program. Without it a developer skips these tests; a CI run must not."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return found
    reason = "no Redis: install the package `redis-server`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class RedisServer:
    """One server on a free port of this machine, in `folder`. It forgets everything when it ends."""

    def __init__(self, folder: Path, program: str, *options: str) -> None:
        self._folder = folder
        self._program = program
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        self._process = subprocess.Popen(
            [
                self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder),
                "--save", "", "--appendonly", "no", *self._options,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        give_up = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < give_up, "the server does not start"
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop at once, like a machine that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Lose everything."""
        self.stop()
        (self._folder / "dump.rdb").unlink(missing_ok=True)
        self.start()

    def save(self) -> None:
        """Write down what there is."""
        assert self.ask("SAVE").startswith("+OK")

    def restore(self) -> None:
        """Go back to what was written down last."""
        self.stop()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> str:
        """Say something to it, and return its answer as it came."""
        command = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as line:
            line.sendall(command.encode())
            return line.recv(1 << 20).decode()

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.ask("PING").startswith(("+PONG", "-NOAUTH"))
        return False


@contextmanager
def serving(*options: str) -> Iterator[RedisServer]:
    """Run a server for a while."""
    if sys.platform == "win32":
        pytest.skip("there is no Redis for Windows")
    program = find_server()
    with tempfile.TemporaryDirectory(prefix="dzone-redis-") as name:
        server = RedisServer(Path(name), program, *options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    """One running server for all tests; who stops it starts it again."""
    with serving() as server:
        yield server


@pytest.fixture
def redis(redis_process: RedisServer) -> RedisServer:
    """The same, empty."""
    redis_process.ask("FLUSHALL")
    return redis_process
