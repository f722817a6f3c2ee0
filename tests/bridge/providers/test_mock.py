"""The made-up guilds."""

import random

import pytest

from bridge.providers import MockDataProvider
from bridge.providers.changes import Said, UserChanged
from bridge.providers.records import Complaints, parse_servers, parse_users


@pytest.fixture
def mock() -> MockDataProvider:
    return MockDataProvider(random.Random(7))


async def test_four_guilds(mock: MockDataProvider) -> None:
    """As documented: snowflake, slug, protection and default."""
    guilds = parse_servers(await mock.servers(), Complaints())
    assert [(guild.id, guild.slug, guild.protected, guild.default) for guild in guilds] == [
        ("232769614004748288", "dworld", False, True),
        ("482241773318701056", "docs", False, False),
        ("123456789012345678", "oauth", True, False),
        ("987654321098765432", "repos", False, False),
    ]


@pytest.mark.parametrize(
    ("guild_id", "count"),
    [
        ("232769614004748288", 4),
        ("482241773318701056", 1),
        ("123456789012345678", 1),
        ("987654321098765432", 21),
    ],
)
async def test_members_of_each_guild(mock: MockDataProvider, guild_id: str, count: int) -> None:
    """As many as documented, and nothing to repair."""
    complaints = Complaints()
    assert len(parse_users(await mock.users(guild_id), complaints)) == count
    assert not complaints


async def test_nobody_is_in_two_guilds(mock: MockDataProvider) -> None:
    """Their uids are their own."""
    users = [await mock.users(guild_id) for guild_id in await mock.servers()]
    assert len({uid for each in users for uid in each}) == 27


async def test_an_unknown_guild_has_nobody(mock: MockDataProvider) -> None:
    """No error."""
    assert await mock.users("1") == {}


async def test_they_start_the_same_each_time(mock: MockDataProvider) -> None:
    """Screenshots and tests can rely on it."""
    assert await mock.users("987654321098765432") == await MockDataProvider().users("987654321098765432")


async def test_somebody_changes_and_somebody_talks_in_each_guild(
    mock: MockDataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turn by turn; a change is never to the same status, words are of a member."""
    monkeypatch.setattr("bridge.providers.mock.PACE", 0)
    guilds = list(await mock.servers())
    changes = mock.changes()
    for _ in range(20):
        before = {guild_id: await mock.users(guild_id) for guild_id in guilds}
        for expected in guilds:
            change = await anext(changes)
            assert isinstance(change, UserChanged)
            assert change.server_id == expected
            assert change.record["status"] != before[expected][change.uid]["status"]
            assert (await mock.users(expected))[change.uid]["status"] == change.record["status"]
        for expected in guilds:
            said = await anext(changes)
            assert isinstance(said, Said)
            assert said.server_id == expected
            assert said.message.uid in await mock.users(expected)
            assert said.message.message
