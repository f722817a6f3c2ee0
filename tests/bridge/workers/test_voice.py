"""What a worker logs comes out of its parent's log as it was, with its name before it."""

import logging

import pytest

from bridge.workers.voice import MAX_LINE, Written, tell


def written(level: int, text: str, *arguments: object, error: Exception | None = None) -> bytes:
    """Log as a worker does."""
    trouble = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("bridge.x", level, __file__, 1, text, arguments, trouble)
    return Written().format(record).encode()


def test_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """With its level, and whose it is. A sign that would be filled in is not touched again."""
    assert tell("worker 2", written(logging.WARNING, "100%% of %s\nread", "it")) == "100% of it read"
    [record] = caplog.records
    assert (record.name, record.levelno) == ("bridge.x", logging.WARNING)
    assert record.getMessage() == "worker 2: 100% of it\nread"


def test_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Below it."""
    tell("worker 1", written(logging.ERROR, "it failed", error=ValueError("which?")))
    assert caplog.text.endswith("ValueError: which?\n")


def test_what_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """By a level that the parent has set."""
    with caplog.at_level(logging.ERROR, "bridge.x"):
        assert tell("worker 1", written(logging.INFO, "hello")) == "hello"
    assert not caplog.records


@pytest.mark.parametrize(
    "line",
    [
        b"Fatal Python error",
        b"[1, 2]",
        b'{"a": 1}',
        b"[null, null, null, null]",
        b"\xff\x1b[2J",
        b"7" * MAX_LINE,
    ],
)
def test_what_is_none_of_ours(line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What Python or the system say is told too, in one line that no terminal obeys."""
    assert tell("worker 1", line)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("worker 1: ")
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 300


def test_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """An empty line is none."""
    assert tell("worker 1", b"  ") == ""
    assert not caplog.records
