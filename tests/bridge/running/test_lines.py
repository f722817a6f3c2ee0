"""Lines of a log, which nobody waits for."""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from bridge.running.lines import Lines


class Slow(io.StringIO):
    """A stream that takes nothing before it may."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Event()
        self.is_waiting = threading.Event()

    def write(self, text: str) -> int:
        self.is_waiting.set()
        assert self.may_write.wait(60)
        return super().write(text)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A log that goes nowhere else."""
    log = logging.Logger("lines")  # noqa: LOG001 - nobody else should find it
    yield log
    for handler in log.handlers:
        handler.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever waits for lines wait for as long as the thread takes that writes them."""
    monkeypatch.setattr("bridge.running.lines.PATIENCE", 60.0)


@pytest.mark.usefixtures("patient")
def test_a_reader_who_stalls_holds_up_nobody(log: logging.Logger) -> None:
    """What doesn't fit is dropped, and how much that was is said as soon as there is room."""
    stream = Slow()
    lines = Lines(stream, max_waiting=10)
    log.addHandler(lines)
    log.warning("first")
    assert stream.is_waiting.wait(60)
    for number in range(100):
        log.warning("line %d", number)
    stream.may_write.set()
    lines.flush()
    log.warning("last")
    lines.flush()
    said = stream.getvalue().splitlines()
    assert said[:11] == ["first", *(f"line {number}" for number in range(10))]
    assert said[11:] == ["90 lines of this log were dropped: nobody read them fast enough", "last"]


@pytest.mark.usefixtures("patient")
def test_what_was_dropped_at_the_end_is_said(log: logging.Logger) -> None:
    """Also when no other line follows."""
    stream = Slow()
    lines = Lines(stream, max_waiting=1)
    log.addHandler(lines)
    log.warning("first")
    assert stream.is_waiting.wait(60)
    log.warning("second")
    log.warning("third")
    stream.may_write.set()
    lines.close()
    assert stream.getvalue().splitlines()[2:] == [
        "1 lines of this log were dropped: nobody read them fast enough"
    ]


def test_the_end_waits_for_no_reader(log: logging.Logger) -> None:
    """`close` returns, though nothing can be written."""
    stream = Slow()
    lines = Lines(stream)
    log.addHandler(lines)
    log.warning("first")
    lines.close()
    assert stream.getvalue() == ""
    stream.may_write.set()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("stream", [None, "closed", "no reader"])
def test_a_stream_that_is_closed_is_silence(
    log: logging.Logger, stream: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    """No traceback for each line, and nothing is kept."""
    out: TextIO | None = io.StringIO() if stream else None
    if stream == "no reader":
        reading, writing = os.pipe()
        os.close(reading)
        out = os.fdopen(writing, "w")
    elif out is not None:
        out.close()
    lines = Lines(out)
    log.addHandler(lines)
    for number in range(10):
        log.warning("line %d", number)
        lines.flush()
    assert capfd.readouterr() == ("", "")
    assert lines._gone
    if out is not None:
        out.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other pipes")
def test_a_pipe_that_does_not_block(log: logging.Logger) -> None:
    """Some other program may have set it so: it is waited for, and no line is torn."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as stream:
        lines = Lines(stream)
        log.addHandler(lines)
        log.warning("%s", "ü" * 200_000)
        log.warning("end")
        found = b""
        while not found.endswith(b"end\n"):
            found += os.read(reader.fileno(), 65_536)
    assert found.decode() == "ü" * 200_000 + "\nend\n"


@pytest.mark.usefixtures("patient")
def test_what_can_not_be_encoded(log: logging.Logger, tmp_path: Path) -> None:
    """It is written as an escape: a line that is odd is better than none."""
    with (tmp_path / "log").open("w+", encoding="ascii") as stream:
        lines = Lines(stream)
        log.addHandler(lines)
        log.warning("Zoë \ud800")
        lines.flush()
        stream.seek(0)
        assert stream.read() == "Zo\\xeb \\ud800\n"


@pytest.mark.usefixtures("patient")
def test_what_a_windows_file_can_not_hold(log: logging.Logger) -> None:
    """There a log in a file is written through its stream, in the system's code page."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="cp1252", newline="\n")
    lines = Lines(stream)
    log.addHandler(lines)
    log.warning("Zoë \N{WAVING HAND SIGN}")
    log.warning("Jürgen")
    lines.flush()
    assert written.getvalue().decode("cp1252") == "Zoë \\U0001f44b\nJürgen\n"
