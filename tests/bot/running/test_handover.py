"""What a process needs to know to let another one take over, and to do so."""

import asyncio
import os
import socket
import sys

import pytest

from bot.__main__ import main
from bot.config import Config
from bot.running import handover
from bot.running.changing import _not_with
from bot.running.errors import MEND
from bridge.backplane.parts import Part

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows hands no sockets on")


def test_the_next_process_is_started_as_this_one() -> None:
    """What this one was started with for itself is left out, whether it took over or not."""
    started = ["-m", "bot", "--sync", "--take-over", "7,8"]
    assert handover.arguments(started) == ["-m", "bot"]


@pytest.mark.parametrize("told", ["", "seven", "-1,-2"])
def test_there_is_nothing_to_take_over(told: str) -> None:
    """Who tries the option by hand reads how it is meant."""
    with pytest.raises(handover.CannotTakeOver, match="SIGUSR2"):
        handover.inherited(told)


def test_there_is_no_door_to_take_over() -> None:
    """A line alone is no use, and nobody's any more."""
    ours, theirs = socket.socketpair()
    with ours:
        with pytest.raises(handover.CannotTakeOver, match="SIGUSR2"):
            handover.inherited(str(theirs.detach()))
        assert ours.recv(1) == b""


def test_by_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line says so as well, and that a new start is of no use."""
    monkeypatch.setenv("DISCORD_TOKEN", "an.invented.token")
    assert main(["--take-over"]) == MEND
    assert "SIGUSR2" in capsys.readouterr().err


def test_what_systemd_must_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose new process systemd would not know would end; a terminal below systemd is none."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("SYSTEMD_EXEC_PID", str(os.getpid()))
    assert "NotifyAccess=main" in handover.obstacle()
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    assert not handover.obstacle()
    monkeypatch.delenv("NOTIFY_SOCKET")
    monkeypatch.setenv("SYSTEMD_EXEC_PID", "1")
    assert not handover.obstacle()


def test_what_nobody_else_can_have() -> None:
    """A tunnel ends with its process; several processes have ways of their own."""
    alone = Config("an.invented.token")
    assert not _not_with(alone, shares=False)
    assert "--share" in _not_with(alone, shares=True)
    for settings, word, then in (
        ({"shards": Part(0, 0, 1)}, "SHARDS", "viewers at bridges keep what they see"),
        ({"backplane_url": "redis://here", "workers": 2}, "BACKPLANE_URL", "viewers at bridges keep"),
        ({"workers": 2}, "WORKERS", "viewers come back by themselves"),  # who end with the bot
    ):
        said = _not_with(Config("an.invented.token", **settings), shares=False)
        assert word in said
        assert "start it again" in said
        assert then in said


async def test_a_line() -> None:
    """It tells of changes until the word comes that is waited for, and of an end."""
    ours, theirs = socket.socketpair()
    changes = 0

    async def note() -> None:
        nonlocal changes
        changes += 1

    async with handover.Line.over(ours) as line:
        async with handover.Line.over(theirs) as other:
            other.tell_of_change()
            other.say(handover.READY)
            assert await line.hears(handover.READY, note)
            assert changes == 1
        assert not await line.hears(handover.OPEN, note)
        line.say(handover.YOURS)
        await asyncio.sleep(0)
