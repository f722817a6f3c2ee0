"""What the tests' own fixture sees of a bot: one that held its loop fails whatever test it was in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import settings_for
from tests.e2e.process import HELD, BotProcess
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.loopback import LoopbackDiscord

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_bot_that_holds_its_loop(discord: LoopbackDiscord, tmp_path: Path) -> None:
    """Wherever that was: no test can end well with it."""
    discord.guild("D-World", "ann")
    port = free_port()
    settings = settings_for(discord, port)
    bot = await BotProcess.start(folder=tmp_path, port=port, settings=settings, module="tests.e2e.holding")
    await bot.said(HELD)
    with pytest.raises(AssertionError, match=HELD):
        await bot.stop()
