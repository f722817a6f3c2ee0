"""What scripts answer."""

from bridge.backplane import keys, scripts
from bridge.backplane.lines import Call, Lines
from tests.redis import RedisServer


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
