"""What scripts answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from redis.crc import key_slot

from bridge.backplane import keys, scripts
from bridge.backplane.lines import Call, Lines
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, DWORLD, VAULT
from tests.bridge.watchers import until
from tests.redis import RedisServer

CHANGING = {scripts.FLUSH, scripts.INSTALL, scripts.CHECK, scripts.REMOVE, scripts.LIST}


async def test_who_writes_much_is_there(redis: RedisServer) -> None:
    """A writer that has no time to look is not taken for one that is gone."""
    lines = Lines(redis.url)
    names = [keys.meta("1"), keys.members("1", "2.a"), keys.facts("1", "2.a")]
    look: Call = scripts.CHECK, names, ["2.a", 0, 60]
    redis.ask("HSET", names[0], "generation", "3.b", "epoch", "e", "offset", "1")
    [first] = await lines.run([look])
    assert [first] == await lines.run([look])
    redis.ask("HSET", names[0], "offset", "2")
    [later] = await lines.run([look])
    assert (first[0], later[0]) == (b"3.b", b"3.b")
    assert first != later
    await lines.close()


async def test_a_script_concerns_one_slot_of_a_cluster(
    origin: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it changes together has to be at one server there, and so has the channel on which it tells."""
    slots: dict[str, set[int]] = {}
    send = Lines._send

    async def send_noting(self: Lines, calls: Sequence[Call]) -> list[Any]:
        for script, names, _ in calls:
            slots[script] = slots.get(script, set()) | {len({key_slot(name.encode()) for name in names})}
        return await send(self, calls)

    monkeypatch.setattr(Lines, "_send", send_noting)
    origin.show_guild(replace(DWORLD, id="4", slug="another", default=False), [ADA])
    await until(lambda: scripts.INSTALL in slots and scripts.CHECK in slots, "the guilds are written")
    await origin.broadcast_message(DWORLD.id, ADA.uid, "Hello", "9")
    origin.hide_guild(VAULT.id)
    await until(lambda: slots.keys() >= CHANGING, "all kinds of scripts")
    assert set.union(*slots.values()) == {1}
