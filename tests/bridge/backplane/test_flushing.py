"""What is written first, where much is to be written."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.backplane import scripts
from bridge.backplane.lines import Call
from bridge.backplane.writer import FLUSHED_AT_ONCE, _is_quiet
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow
from tests.bridge.conftest import ADA, DWORLD
from tests.bridge.watchers import until, watching

CROWD = 4 * FLUSHED_AT_ONCE  # guilds


async def test_who_is_watched_doesnt_wait_for_all_the_rest(
    origin: WebSocketServer, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's doing in hundreds of guilds is written in portions, and what is watched between them."""
    crowd = [replace(DWORLD, id=str(10**17 + number), slug=f"g{number}") for number in range(CROWD)]
    for guild in crowd:
        origin.show_guild(guild, [ADA])
    there = await follow(guilds=3 + CROWD)
    writer = origin._plane._writer
    assert writer is not None
    async with watching(there, greeted=False) as viewer:
        await viewer.hear()
        await viewer.enter("dworld")
        await until(lambda: origin._exchange.viewers_elsewhere(DWORLD.id) == 1, "the report of who watches")
        await until(lambda: not writer._anew and all(map(_is_quiet, writer._books.values())), "the writing")

        written: list[set[str]] = []  # by each portion
        run = writer._lines.run_each

        async def run_noting(calls: list[Call]) -> list[Any]:
            flushed = [names[0] for script, names, _ in calls if script == scripts.FLUSH]
            guilds = {guild_id for guild_id in writer._books for key in flushed if guild_id in key}
            if not written and guilds:
                await origin.broadcast_message(DWORLD.id, ADA.uid, "Do you hear me?", "9")
                await until(lambda: writer._books[DWORLD.id].has_news, "words to write")
            if guilds:
                written.append(guilds)
            return await run(calls)

        monkeypatch.setattr(writer._lines, "run_each", run_noting)
        for guild in crowd:
            await origin.broadcast_presence(guild.id, ADA.uid, "dnd")
        frame = await viewer.hear()
        assert frame["data"]["message"] == "Do you hear me?"
        await until(lambda: not any(book.has_news for book in writer._books.values()), "the rest")

    assert DWORLD.id in written[1]
    assert all(len(guilds) <= FLUSHED_AT_ONCE for guilds in written)
    assert set.union(*written) >= {guild.id for guild in crowd}
