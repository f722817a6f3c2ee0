"""What holds for every provider, whichever it is."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bridge.model import Member
from bridge.providers import (
    CachedProvider,
    CallbackProvider,
    EmptyProvider,
    HybridProvider,
    MockDataProvider,
    Provider,
)
from bridge.providers.http import HttpProvider
from bridge.providers.provider import Closable, KnowsTrouble, TellsChanges, close
from bridge.providers.records import Complaints, parse_servers, parse_users
from bridge.providers.sql import SqlProvider
from bridge.providers.stream import closing
from tests.bridge.conftest import Start
from tests.bridge.databases import (
    ADA,
    BEPPO,
    FIRST,
    PEOPLE,
    SECOND,
    WORLD,
    Database,
    PostgresDatabase,
    furnish,
)
from tests.bridge.service import Service
from tests.bridge.source import Source
from tests.bridge.watchers import PATIENCE, watching

Furnish = Callable[[pytest.FixtureRequest, AsyncExitStack], Awaitable[Provider]]


class Plain:
    """As little as a provider may be."""

    async def servers(self) -> Mapping[str, Any]:
        return WORLD

    async def users(self, server_id: str) -> Mapping[str, Any]:
        return PEOPLE.get(server_id, {})


async def plain(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return Plain()


async def callbacks(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    provider = CallbackProvider(EmptyProvider())
    provider.use_servers(Plain().servers)
    provider.use_users(Plain().users)
    return provider


async def sqlite(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return await sql(request.getfixturevalue("empty_file"))


async def postgresql(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return await sql(PostgresDatabase(request.getfixturevalue("cluster")))


async def sql(database: Database) -> Provider:
    await furnish(database)
    return SqlProvider(database.url)


async def cached(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return CachedProvider(Plain(), ttl=60)


async def hybrid(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return HybridProvider(Plain(), EmptyProvider(), EmptyProvider())


async def http(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    source = Source()
    source.servers, source.users = WORLD, dict(PEOPLE)
    service = Service(source)
    await stack.enter_async_context(service.serving())
    return HttpProvider(service.url, timeout=PATIENCE)


async def empty(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return EmptyProvider()


async def mock(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Provider:
    return MockDataProvider()


FURNISHED = [plain, callbacks, sqlite, postgresql, cached, hybrid, http]  # with the world of the tests


@pytest.fixture
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    async with AsyncExitStack() as stack:
        provider: Provider = await request.param(request, stack)
        yield provider
        await close(provider)


every = pytest.mark.parametrize(
    "provider", [*FURNISHED, empty, mock], indirect=True, ids=lambda made: made.__name__
)
furnished = pytest.mark.parametrize("provider", FURNISHED, indirect=True, ids=lambda made: made.__name__)


@every
async def test_records_need_no_repair(provider: Provider) -> None:
    """Of guilds and of members."""
    complaints = Complaints()
    for guild in parse_servers(await provider.servers(), complaints):
        parse_users(await provider.users(guild.id), complaints)
    assert not complaints


@every
async def test_an_unknown_guild_has_nobody(provider: Provider) -> None:
    """That is no error."""
    assert await provider.users("123") == {}


@every
async def test_many_may_ask_at_once(provider: Provider) -> None:
    """All get the same."""
    guild_ids = list(await provider.servers())
    questions = [provider.users(guild_id) for guild_id in guild_ids for _ in range(20)]
    answers = await asyncio.gather(*questions, provider.servers())
    for place in range(len(guild_ids)):
        assert all(answer == answers[place * 20] for answer in answers[place * 20 : place * 20 + 20])


@every
async def test_who_was_closed_opens_again(provider: Provider) -> None:
    """A server may start after it stopped."""
    before = await provider.servers()
    await close(provider)
    await close(provider)
    assert await provider.servers() == before


@every
async def test_changes_may_be_followed_twice(provider: Provider) -> None:
    """One after the other; to stop in between leaves no task."""
    if not isinstance(provider, TellsChanges):
        return
    before = asyncio.all_tasks()
    for _ in range(2):
        async with closing(provider.changes()) as changes:
            following = asyncio.ensure_future(anext(changes, None))
            await asyncio.wait([following], timeout=0.05)
            following.cancel()
            await asyncio.wait([following])
        assert asyncio.all_tasks() == before


@every
async def test_what_it_may_do_is_what_the_bridge_asks(provider: Provider) -> None:
    """With the shapes that are documented."""
    assert inspect.iscoroutinefunction(provider.servers)
    assert inspect.iscoroutinefunction(provider.users)
    if isinstance(provider, KnowsTrouble):
        assert provider.trouble is None
    if isinstance(provider, Closable):
        assert inspect.iscoroutinefunction(provider.close)


@furnished
async def test_the_world_is_the_same_from_everywhere(provider: Provider) -> None:
    """Two guilds that are switched on, with their members."""
    guilds = parse_servers(await provider.servers(), Complaints())
    assert [(guild.id, guild.name, guild.protected, guild.default) for guild in guilds] == [
        (FIRST, "The First", False, True),
        (SECOND, "The Second", True, False),
    ]
    members = parse_users(await provider.users(FIRST), Complaints())
    assert sorted(members) == [
        Member(ADA, "Ada", "online", "#ff0000"),
        Member(BEPPO, "Grüße 👋🏽", "idle", "#ffffff"),
    ]


@furnished
async def test_viewers_see_the_world(provider: Provider, start: Start) -> None:
    """As they do with any other."""
    server = await start(provider=provider)
    async with watching(server, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {FIRST, SECOND}
        data = await viewer.enter(None)
    assert data["serverName"] == "The First"
    assert data["users"].keys() == {ADA, BEPPO}
