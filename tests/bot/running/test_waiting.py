"""Waiting at the start for what begins at the same time."""

import logging

import pytest

from bot.running import waiting
from bot.running.waiting import until_there


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO, waiting.__name__)
    monkeypatch.setattr(waiting, "LONGEST", 0.0)


class Late:
    """Something that is there at the third try."""

    tries = 0

    async def reach(self) -> str:
        self.tries += 1
        if self.tries < 3:
            raise ConnectionRefusedError("nobody listens")
        return "here"


async def test_what_comes_late(caplog: pytest.LogCaptureFixture) -> None:
    """It is said once that it is waited for, and once that it is there."""
    assert await until_there("the thing", Late().reach, str) == "here"
    assert [record.getMessage() for record in caplog.records] == [
        "the thing can't be reached yet (nobody listens): waiting for it, up to 60 seconds",
        "the thing can be reached now",
    ]


async def test_what_is_there(caplog: pytest.LogCaptureFixture) -> None:
    """Then there is nothing to say."""

    async def reach() -> str:
        return "here"

    assert await until_there("the thing", reach, str) == "here"
    assert not caplog.records


@pytest.mark.parametrize(("patience", "said"), [(0.0, "nobody listens"), (60.0, "")])
async def test_what_doesn_t_come(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, patience: float, said: str
) -> None:
    """Patience has an end, and what no waiting mends fails at once."""
    monkeypatch.setattr(waiting, "PATIENCE", patience)
    late = Late()
    with pytest.raises(ConnectionRefusedError):
        await until_there("the thing", late.reach, lambda _: said)
    assert late.tries == 1
    assert not caplog.records
