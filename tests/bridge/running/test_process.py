"""How a program around a bridge runs."""

import asyncio
import gc
import importlib
import math
import subprocess
import sys
import threading

import pytest

from bridge.running import process
from bridge.running.loop import FewAtATime

resource = pytest.importorskip("resource", reason="Windows has no limit of open files")


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """A system's limits of open files, which a test may set."""
    state = {"files": (1_024, 20_000)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: state["files"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: state.update(files=limits))
    return state


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a loop have as long as it takes: one that goes on after its test would be found by the next."""
    monkeypatch.setattr(process, "CLOSES_WITHIN", 120.0)


def test_a_program_runs_to_its_end() -> None:
    """And returns what it found."""

    async def main() -> str:
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    assert process.run(main(), viewers=1) == ("asyncio" if sys.platform == "win32" else "uvloop")


def test_what_still_runs_is_called_off_where_it_ran() -> None:
    """What a database's driver does can't go on in another thread, not even to its end."""
    ended: list[threading.Thread] = []
    lingering: list[asyncio.Task[None]] = []

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(threading.current_thread())

    async def main() -> None:
        lingering.append(asyncio.create_task(linger()))
        await asyncio.sleep(0)

    process.run(main(), viewers=1)
    assert ended == [threading.current_thread()]


def test_what_fails_when_it_is_called_off_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """As asyncio itself does."""
    failing: list[asyncio.Task[None]] = []

    async def fail() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("a")

    async def main() -> None:
        failing.append(asyncio.create_task(fail()))
        await asyncio.sleep(0)

    process.run(main(), viewers=1)
    [told] = caplog.records
    assert "what still ran has failed" in told.getMessage()


HANGS = """
import asyncio, contextlib, threading
from bridge.running import process

async def stay():
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)

async def main():
    {hangs}
    await asyncio.sleep(0)
    print("done")
    return 3

process.leave(process.run(main(), viewers=1))
"""


@pytest.mark.parametrize(
    "hangs",
    [
        "asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)",  # as to look up a name
        "staying = asyncio.create_task(stay())",
    ],
    ids=["thread", "task"],
)
def test_what_can_not_be_called_off_keeps_nobody(hangs: str) -> None:
    """The process ends with its own code, and what it said is heard; nothing else is said."""
    script = HANGS.format(hangs=hangs)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"done\n", b"")


HURRIES = """
import atexit, os, signal
from bridge.running import process

async def main():
    return 3

def stop_again(number):
    os.kill(os.getpid(), number)

close = process._close
process._close = lambda runner: (stop_again(signal.SIGINT), close(runner))
atexit.register(stop_again, signal.SIGINT)
atexit.register(stop_again, signal.SIGTERM)
process.leave(process.run(main(), viewers=1))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_a_second_ctrl_c_changes_nothing() -> None:
    """As of somebody impatient, or of a terminal that tells whoever started the program as well."""
    done = subprocess.run([sys.executable, "-c", HURRIES], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has small rounds")
def test_without_uvloop_it_is_python_s_own_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to install it; that one does little in a round."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with asyncio.Runner(loop_factory=process.fastest_loop()) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, asyncio.SelectorEventLoop)
        assert isinstance(vars(loop)["_selector"], FewAtATime)


def test_there_are_files_for_all_viewers(limits: dict[str, tuple[int, int]]) -> None:
    """Many systems begin with few."""
    process.allow_files(11_000)
    assert limits["files"] == (11_000, 20_000)


@pytest.mark.parametrize("enough", [12_000, resource.RLIM_INFINITY])
def test_enough_is_left_alone(limits: dict[str, tuple[int, int]], enough: int) -> None:
    """Also if there is no limit."""
    limits["files"] = (enough, resource.RLIM_INFINITY)
    process.allow_files(11_000)
    assert limits["files"][0] == enough


def test_too_few_are_a_warning(limits: dict[str, tuple[int, int]], caplog: pytest.LogCaptureFixture) -> None:
    """What the system allows is taken, and what it means is said."""
    limits["files"] = (256, 4_096)
    process.allow_files(11_000)
    assert limits["files"] == (4_096, 4_096)
    assert "about 3596 viewers" in caplog.text
    assert "ulimit -n 11000" in caplog.text


def test_a_system_that_does_not_keep_its_word(
    limits: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As macOS, which names no limit and has one: what it allows at least is taken."""

    def refuse(_: object, files: tuple[int, int]) -> None:
        if files[0] > allowed:
            raise ValueError("not allowed")
        limits["files"] = files

    allowed = 10_240
    limits["files"] = (256, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    process.allow_files(11_000)
    assert limits["files"] == (10_240, resource.RLIM_INFINITY)
    assert "about 9740 viewers" in caplog.text
    allowed = 0
    limits["files"] = (1_024, resource.RLIM_INFINITY)
    process.allow_files(11_000)
    assert "about 896 viewers" in caplog.text


@pytest.mark.parametrize(
    ("allowed", "to_spare"), [(12_000, 11_500), (1_024, 896), (resource.RLIM_INFINITY, math.inf)]
)
def test_some_files_are_kept(limits: dict[str, tuple[int, int]], allowed: int, to_spare: float) -> None:
    """However many connect, something can be stored, and Discord be reached."""
    limits["files"] = (allowed, resource.RLIM_INFINITY)
    assert process.files_to_spare() == to_spare


def test_garbage_is_looked_for_less_often() -> None:
    """While a bridge runs: each look at everything holds up everybody."""

    async def thresholds() -> tuple[int, int, int]:
        return gc.get_threshold()

    before = gc.get_threshold()
    try:
        assert process.run(thresholds(), viewers=1) == process.GARBAGE_THRESHOLDS
    finally:
        gc.set_threshold(*before)
