"""What is logged, where, and what never is."""

import io
import json
import logging
import sys
from datetime import datetime

import pytest
from _pytest.capture import CaptureResult

from bot.running import logs
from bridge.running import lines
from tests.bridge.watchers import PATIENCE

pytestmark = pytest.mark.usefixtures("logging_restored")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait until all is written, for as long as a busy machine takes."""
    monkeypatch.setattr(lines, "PATIENCE", PATIENCE)


def said(capsys: pytest.CaptureFixture[str]) -> CaptureResult[str]:
    """Read what was logged, once it is written."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    return capsys.readouterr()


def test_the_log_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """stderr is for what stops the program."""
    logs.configure("INFO")
    logging.getLogger("bot.x").info("hello %s", "there")
    out, err = said(capsys)
    assert out.endswith(" INFO    bot.x: hello there\n")
    assert err == ""


def test_a_log_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each record is an object in a line of its own, whatever it says, tracebacks as well."""
    logs.configure("INFO", "json")
    logging.getLogger("bot.x").info("hello %s", "\n“there”")
    try:
        int("which")
    except ValueError:
        logging.getLogger("bot.y").exception("it failed")
    hello, failed = map(json.loads, said(capsys).out.splitlines())
    assert datetime.fromisoformat(hello.pop("time")).tzinfo is not None
    assert hello == {"level": "INFO", "logger": "bot.x", "message": "hello \n“there”"}
    assert (failed["level"], failed["message"]) == ("ERROR", "it failed")
    assert failed["exception"].endswith("with base 10: 'which'")


def test_a_log_for_programs_in_a_code_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows where it goes into a file: what that can't hold is written as JSON writes it."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    handler = logs.configure("INFO", "json")
    logging.getLogger("bot.x").info("Zoë \N{WAVING HAND SIGN}")
    handler.flush()
    assert json.loads(written.getvalue().decode("utf-8"))["message"] == "Zoë \N{WAVING HAND SIGN}"


def test_a_worker_s_traceback_is_for_programs_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    """It is written already when it comes."""
    logs.configure("INFO", "json")
    record = logging.makeLogRecord({"name": "bot.x", "levelno": logging.ERROR, "levelname": "ERROR"})
    record.exc_text = "ValueError: which?"
    logging.getLogger("bot.x").handle(record)
    assert json.loads(said(capsys).out)["exception"] == "ValueError: which?"


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        ("WARNING", ["warning", "error"]),
        ("CRITICAL", []),
    ],
)
def test_how_much_is_logged(capsys: pytest.CaptureFixture[str], level: str, heard: list[str]) -> None:
    """What is less grave than the level isn't logged."""
    logs.configure(level)
    log = logging.getLogger("bot.x")
    for name in ("debug", "info", "warning", "error"):
        log.log(getattr(logging, name.upper()), name)
    assert [line.rpartition(" ")[2] for line in said(capsys).out.splitlines()] == heard


@pytest.mark.parametrize("name", ["discord.gateway", "discord.http", "discord.client", "asyncio"])
def test_what_never_is_logged(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """discord.py's debug lines hold whole events, with what people wrote: not even `DEBUG` shows them."""
    logs.configure("DEBUG")
    logging.getLogger(name).debug("For Shard ID 0: WebSocket Event: {'content': 'a secret'}")
    assert said(capsys).out == ""


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_discords_warnings_are_logged(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """What discord.py warns of is heard."""
    logs.configure(level)
    logging.getLogger("discord.gateway").warning("heartbeat blocked")
    assert "heartbeat blocked" in said(capsys).out


def test_it_can_be_configured_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is there once, however often the log was set up."""
    logs.configure("DEBUG")
    logs.configure("INFO")
    logging.getLogger("bot.x").info("once")
    assert said(capsys).out.count("once") == 1


def stumble(name: str, level: int, text: str, *args: object) -> None:
    """Log as discord.py does when a connection fails."""
    error = ConnectionResetError(104, "Connection reset by peer")
    logging.getLogger(name).log(level, text, *args, exc_info=error)


@pytest.mark.parametrize(
    ("name", "text", "args"),
    [
        ("discord.shard", "Attempting a reconnect for shard ID %s in %.2fs", (0, 1.5)),
        ("discord.client", "Attempting a reconnect in %.2fs", (1.5,)),
    ],
)
def test_tries_to_reconnect_are_not_logged(
    capsys: pytest.CaptureFixture[str], name: str, text: str, args: tuple[object, ...]
) -> None:
    """That the gateway is lost has been said once; discord.py says it again at each try."""
    logs.configure("INFO")
    stumble(name, logging.ERROR, text, *args)
    assert said(capsys).out == ""


def test_a_failed_connection_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A connection that can't be opened is told without a traceback."""
    logs.configure("INFO")
    stumble("discord.shard", logging.ERROR, "Failed to connect for shard_id: %s. Retrying...", 0)
    (line,) = said(capsys).out.splitlines()
    assert line.endswith("Failed to connect for shard_id: 0. Retrying... (ConnectionResetError)")


def test_other_failures_keep_their_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug is logged with all that is known about it."""
    logs.configure("INFO")
    stumble("discord.client", logging.ERROR, "Ignoring exception in %s", "on_message")
    assert "\nConnectionResetError: [Errno 104] Connection reset by peer" in said(capsys).out


def test_an_exception_as_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    """What is logged need not be a text."""
    logs.configure("INFO")
    error = ConnectionResetError("Connection reset by peer")
    logging.getLogger("discord.client").warning(error, exc_info=error)
    assert "Connection reset by peer" in said(capsys).out
