"""Rooms kept true to a provider: when it is asked, and what its faults do."""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bridge.errors import ProviderError
from bridge.model import NEW_FOR, GuildInfo, Member, Voice
from bridge.providers import CallbackProvider, EmptyProvider
from bridge.providers.changes import UserChanged, UserLeft
from bridge.providers.refresher import (
    CHECKED_AT_ONCE,
    READ_AT_ONCE,
    REFRESH_INTERVAL,
    RETRIED_AT_ONCE,
    RETRIED_PER_SECOND,
    TIMEOUT,
    Refresher,
)
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Connect, Wants
from tests.bridge.clock import Clock
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.source import SECRET, Source
from tests.bridge.watchers import PATIENCE, read_frames

FOREVER = 3_600.0

MakeFeed = Callable[..., Refresher]


@pytest.fixture
async def directory() -> Directory:
    return Directory()


@pytest.fixture
def feed_with(directory: Directory, source: Source) -> MakeFeed:
    """Make a feed from `source` with a refresh interval."""

    def make(refresh_interval: float = 0.0) -> Refresher:
        provider = CallbackProvider(EmptyProvider())
        provider.use_servers(source.get_servers)
        provider.use_users(source.get_users)
        provider.use_client_id(source.get_client_id)
        return Refresher(directory, provider, refresh_interval)

    return make


async def opened(feed: Refresher, directory: Directory, guild_id: str = "1") -> Room:
    await feed.refresh_servers()
    return directory.rooms[guild_id]


# The server list


async def test_rooms_open_as_the_provider_names_them(feed_with: MakeFeed, directory: Directory) -> None:
    """One for each record."""
    await feed_with().refresh_servers()
    assert {guild_id: room.info.slug for guild_id, room in directory.rooms.items()} == {
        "1": "one", "2": "two", "3": "three",
    }  # fmt: skip


async def test_a_guild_that_disappears_is_closed(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """Its room is gone; the others stay."""
    feed = feed_with()
    await feed.refresh_servers()
    del source.servers["2"]
    await feed.refresh_servers()
    assert directory.rooms.keys() == {"1", "3"}


async def test_a_guild_that_is_switched_off_is_closed(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """As if it had disappeared."""
    feed = feed_with()
    await feed.refresh_servers()
    source.servers["2"]["enabled"] = False
    await feed.refresh_servers()
    assert directory.rooms.keys() == {"1", "3"}


async def test_a_guild_that_is_renamed_keeps_its_room(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """Viewers stay."""
    feed = feed_with()
    room = await opened(feed, directory)
    source.servers["1"]["name"] = "Renamed"
    await feed.refresh_servers()
    assert directory.rooms["1"] is room
    assert room.info.name == "Renamed"


async def test_rooms_of_the_owner_are_left_to_the_owner(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """The provider neither changes nor closes them, nor is it asked for their members."""
    mine = directory.open(GuildInfo("9", "mine", "Mine"), [Member("7", "Ada")])
    feed = feed_with()
    await feed.refresh_servers()
    await feed.refresh_room(mine)
    assert directory.rooms["9"] is mine
    assert mine.members.keys() == {"7"}
    assert source.asked["9"] == 0


async def test_a_provider_may_name_a_room_of_the_owner(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """The owner's word counts."""
    directory.open(GuildInfo("1", "mine", "Mine"))
    await feed_with().refresh_servers()
    assert directory.rooms["1"].info.name == "Mine"


# Members


async def test_members_are_as_the_provider_says(feed_with: MakeFeed, directory: Directory) -> None:
    """All of them, and nobody else."""
    feed = feed_with()
    room = await opened(feed, directory)
    room.put(Member("gone", "Somebody who left"))
    await feed.refresh_room(room)
    assert room.members == {"11": Member("11", "Ada", "online", "#ff0000")}


async def test_very_many_members_are_read_in_parts(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """Others have their turns meanwhile; who changes in one of them is left as they are then."""
    feed = feed_with()
    room = await opened(feed, directory)
    room.put_all(Member(f"gone {number}", "Somebody who left") for number in range(2 * READ_AT_ONCE))
    source.users["1"] = {
        str(number): {"uid": str(number), "username": f"Member {number}"}
        for number in range(5 * READ_AT_ONCE)
    }
    reading = asyncio.create_task(feed.refresh_room(room))
    sizes: list[int] = []
    while not reading.done():
        await asyncio.sleep(0)
        sizes.append(len(room.members))
        if sizes[-1] > 3 * READ_AT_ONCE and "7" in room.members:
            feed.apply(UserLeft("1", "7"))
            feed.apply(UserChanged("1", str(5 * READ_AT_ONCE - 1), {"username": "Changed"}))
    await reading
    assert max(abs(after - before) for before, after in pairwise(sizes)) <= READ_AT_ONCE + 1
    assert room.members.keys() == source.users["1"].keys() - {"7"}
    assert room.members[str(5 * READ_AT_ONCE - 1)].username == "Changed"


async def test_what_a_refresh_changes_reaches_those_who_watch(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """As presence events: gone, new and changed."""
    feed = feed_with()
    room = await opened(feed, directory)
    await feed.refresh_room(room)
    viewer = FakeViewer()
    room.seat(viewer)
    source.users["1"] = {"12": {"username": "Dmitri", "status": "idle"}}
    await feed.refresh_room(room)
    directory.flush()
    assert viewer.data == [
        {"uid": "11", "status": "offline", "delete": True},
        {"uid": "12", "status": "idle", "username": "Dmitri", "roleColor": "#ffffff"},
    ]


async def test_a_refresh_leaves_what_records_do_not_speak_of(
    feed_with: MakeFeed, directory: Directory
) -> None:
    """Voice and activity came by broadcast; a record has no word for them."""
    feed = feed_with()
    room = await opened(feed, directory)
    await feed.refresh_room(room)
    busy = room.members["11"]._replace(voice=Voice("9", "Lounge"), activity="Playing Factorio")
    room.put_all([busy])
    await feed.refresh_room(room)
    assert room.members["11"] == busy


async def test_records_say_who_is_new(feed_with: MakeFeed, directory: Directory, source: Source) -> None:
    """Until they say so no more, or it is a day ago."""
    now = int(time.time())
    feed = feed_with()
    room = await opened(feed, directory)
    for told, kept in ((now, now), (now - NEW_FOR, None), (now - 60, now - 60), (None, None)):
        source.users["1"]["11"]["joined"] = told
        await feed.refresh_room(room)
        assert room.members["11"].joined == kept


async def test_nobody_asks_for_the_lobby(feed_with: MakeFeed, directory: Directory, source: Source) -> None:
    """No provider knows it."""
    await feed_with().refresh_room(directory.lobby)
    assert not source.asked


# How often


def test_the_documented_times() -> None:
    """Good for 5 seconds; given up after 10."""
    assert REFRESH_INTERVAL == 5.0
    assert TIMEOUT == 10.0


async def test_an_answer_is_good_for_the_interval(feed_with: MakeFeed, source: Source) -> None:
    """Asked twice at once, the provider is asked once."""
    feed = feed_with(FOREVER)
    await feed.refresh_servers()
    await feed.refresh_servers()
    assert source.asked["servers"] == 1


async def test_after_the_interval_the_provider_is_asked_again(feed_with: MakeFeed, source: Source) -> None:
    """An answer gets old."""
    feed = feed_with(0.01)
    async with asyncio.timeout(PATIENCE):
        while source.asked["servers"] < 2:
            await feed.refresh_servers()
            await asyncio.sleep(0.001)


async def test_each_guild_has_its_own_interval(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """One guild's answer says nothing of another."""
    feed = feed_with(FOREVER)
    await feed.refresh_servers()
    for guild_id in ("1", "2", "1", "2"):
        await feed.refresh_room(directory.rooms[guild_id])
    assert (source.asked["1"], source.asked["2"]) == (1, 1)


async def test_those_who_ask_together_share_one_call(feed_with: MakeFeed, source: Source) -> None:
    """Even with an interval of nothing."""
    feed = feed_with()
    source.hold("servers")
    asking = [asyncio.create_task(feed.refresh_servers()) for _ in range(10)]
    await source.was_asked("servers")
    source.release("servers")
    await asyncio.gather(*asking)
    assert source.asked["servers"] == 1


async def test_one_who_leaves_does_not_end_it_for_the_others(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """The first who asked may go."""
    feed = feed_with()
    source.hold("servers")
    first = asyncio.create_task(feed.refresh_servers())
    second = asyncio.create_task(feed.refresh_servers())
    await source.was_asked("servers")
    first.cancel()
    source.release("servers")
    await second
    assert directory.rooms


async def test_expired_data_is_asked_for_again(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """Somebody knows that it changed."""
    feed = feed_with(FOREVER)
    room = await opened(feed, directory)
    await feed.refresh_room(room)
    feed.expire("1")
    await feed.refresh_room(room)
    assert source.asked["1"] == 2


async def test_a_failure_is_never_remembered(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """The next who asks, asks the provider."""
    feed = feed_with(FOREVER)
    source.server_fault = RuntimeError(SECRET)
    with pytest.raises(ProviderError):
        await feed.refresh_servers()
    source.server_fault = None
    await feed.refresh_servers()
    assert directory.rooms


# Faults


@pytest.mark.parametrize(
    "fault", [RuntimeError(SECRET), KeyError(SECRET), OSError(SECRET), TimeoutError(SECRET), ProviderError()]
)
async def test_a_provider_that_raises(feed_with: MakeFeed, source: Source, fault: Exception) -> None:
    """Whatever it raises is the bridge's own error, without a word of the provider's."""
    source.server_fault = fault
    with pytest.raises(ProviderError) as raised:
        await feed_with().refresh_servers()
    assert SECRET not in str(raised.value)


async def test_a_provider_whose_own_work_was_cancelled(feed_with: MakeFeed, source: Source) -> None:
    """A provider's task may be cancelled inside; who asked must not be cancelled with it."""
    source.server_fault = asyncio.CancelledError(SECRET)
    asking = asyncio.create_task(feed_with().refresh_servers())
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([asking])
    assert not asking.cancelled()
    assert isinstance(asking.exception(), ProviderError)


async def test_a_provider_that_hangs(
    feed_with: MakeFeed, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout it counts as failed."""
    monkeypatch.setattr("bridge.providers.refresher.TIMEOUT", 0.01)
    source.hold("servers")
    with pytest.raises(ProviderError):
        await feed_with().refresh_servers()


@pytest.mark.parametrize("rubbish", [None, [], "servers", 7, [("1", {})]])
async def test_a_provider_that_returns_rubbish(feed_with: MakeFeed, source: Source, rubbish: Any) -> None:
    """What holds no records is a failure."""
    source.servers = rubbish
    with pytest.raises(ProviderError):
        await feed_with().refresh_servers()


async def test_rubbish_closes_no_room(feed_with: MakeFeed, directory: Directory, source: Source) -> None:
    """The last list that could be read stays."""
    feed = feed_with()
    await feed.refresh_servers()
    source.servers = None
    with pytest.raises(ProviderError):
        await feed.refresh_servers()
    assert directory.rooms.keys() == {"1", "2", "3"}


async def test_rubbish_removes_no_member(feed_with: MakeFeed, directory: Directory, source: Source) -> None:
    """The members that could be read stay."""
    feed = feed_with()
    room = await opened(feed, directory)
    await feed.refresh_room(room)
    source.users["1"] = None
    with pytest.raises(ProviderError):
        await feed.refresh_room(room)
    assert room.members.keys() == {"11"}


async def test_broken_records_bring_one_warning(
    feed_with: MakeFeed, directory: Directory, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    """It names the guild and the field, and isn't repeated while they stay as they are."""
    feed = feed_with()
    room = await opened(feed, directory)
    source.users["1"] = {"11": {"username": "Ada", "status": "dancing"}, "12": {"uid": "12"}}
    with caplog.at_level(logging.WARNING):
        await feed.refresh_room(room)
        await feed.refresh_room(room)
    [warning] = [record.getMessage() for record in caplog.records]
    assert "guild 1" in warning
    assert "username" in warning
    assert "status" in warning


async def test_other_broken_records_are_warned_of_again(
    feed_with: MakeFeed, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    """What is new is said."""
    feed = feed_with()
    source.servers["4"] = {"id": "four"}
    with caplog.at_level(logging.WARNING):
        await feed.refresh_servers()
        source.servers["5"] = "five"
        await feed.refresh_servers()
    assert len(caplog.records) == 2


async def test_a_failure_is_one_line_in_the_log(
    feed_with: MakeFeed, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    """Also when the exception's text has several."""
    source.server_fault = RuntimeError("first line\nsecond line")
    with caplog.at_level(logging.WARNING), pytest.raises(ProviderError):
        await feed_with().refresh_servers()
    [warning] = [record.getMessage() for record in caplog.records]
    assert "\n" not in warning


# The application that viewers log in with


async def test_a_client_id_is_learnt_with_the_members(directory: Directory, source: Source) -> None:
    """Also in a room of the owner's."""
    room = directory.open(GuildInfo("9", "mine", "Mine"))

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    provider = CallbackProvider(EmptyProvider())
    provider.use_client_id(client_id)
    await Refresher(directory, provider).refresh_room(room)
    assert room.client_id == "app of 9"


async def test_the_lobby_tells_the_application_once_it_is_known(directory: Directory) -> None:
    """Also who comes after somebody who was let into it before: else old clients can't log in."""
    directory.open(GuildInfo("9", "mine", "Mine", protected=True))
    directory.flush()
    lobby, request = directory.lobby, Connect(wants=Wants(paced=True))
    lobby.seat(FakeViewer())
    [early] = read_frames(lobby.entry(request))
    assert "clientId" not in early["data"]

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    provider = CallbackProvider(EmptyProvider())
    provider.use_client_id(client_id)
    await Refresher(directory, provider).refresh_lobby()
    directory.flush()
    [late] = read_frames(lobby.entry(request))
    assert late["data"]["clientId"] == "app of 9"


@pytest.mark.parametrize("answer", [None, [], {}, ""])
async def test_what_is_no_client_id_is_none(directory: Directory, answer: Any) -> None:
    """Rubbish is not passed on."""
    room = directory.open(GuildInfo("9", "mine", "Mine"))

    async def client_id(server_id: str) -> Any:
        return answer

    provider = CallbackProvider(EmptyProvider())
    provider.use_client_id(client_id)
    await Refresher(directory, provider).refresh_room(room)
    assert room.client_id is None


async def test_without_a_client_id_the_world_still_works(directory: Directory) -> None:
    """A failing callback costs the client id only."""
    room = directory.open(GuildInfo("9", "mine", "Mine"))

    async def client_id(server_id: str) -> str:
        raise RuntimeError(SECRET)

    provider = CallbackProvider(EmptyProvider())
    provider.use_client_id(client_id)
    await Refresher(directory, provider).refresh_room(room)
    assert room.client_id is None


# The end


async def test_stop_ends_what_is_being_asked(feed_with: MakeFeed, source: Source) -> None:
    """A provider that hangs doesn't keep a bridge alive."""
    feed = feed_with()
    source.hold("servers")
    asking = asyncio.create_task(feed.refresh_servers())
    await source.was_asked("servers")
    await feed.stop()
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([asking])
    assert asking.done()


async def test_stop_with_nothing_to_end(feed_with: MakeFeed) -> None:
    """Nothing is asked, nothing ends."""
    await feed_with().stop()


# What strangers make it ask


async def test_what_fails_is_asked_again_so_often_and_not_as_strangers_like(
    feed_with: MakeFeed, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some times at once, then so many a second; whoever asks more hears at once that it fails."""
    clock = Clock(monkeypatch, stands_still=True)
    source.server_fault = RuntimeError(SECRET)
    feed = feed_with()
    for _ in range(RETRIED_AT_ONCE + 100):
        with pytest.raises(ProviderError):
            await feed.refresh_servers()
    assert source.asked["servers"] == 1 + RETRIED_AT_ONCE
    await clock.jump(10 / RETRIED_PER_SECOND)
    for _ in range(100):
        with pytest.raises(ProviderError):
            await feed.refresh_servers()
    assert source.asked["servers"] == 1 + RETRIED_AT_ONCE + 10
    source.server_fault = None
    await clock.jump(1)
    for _ in range(5):
        await feed.refresh_servers()
    assert source.asked["servers"] == 1 + RETRIED_AT_ONCE + 15


async def test_a_check_asks_for_some_of_what_fails(
    feed_with: MakeFeed, directory: Directory, source: Source
) -> None:
    """Whoever probes may do so often: of thousands of guilds that fail, those that are named first."""
    source.servers = {f"{number}": {"id": f"g{number}", "name": "G"} for number in range(100, 200)}
    source.user_fault = RuntimeError(SECRET)
    feed = feed_with()
    await feed.refresh_servers()
    for room in list(directory.rooms.values()):
        with pytest.raises(ProviderError):
            await feed.refresh_room(room)
    source.user_fault = None
    source.users = {guild_id: {} for guild_id in source.servers}
    source.asked.clear()
    for times in range(1, 6):
        await feed.check()
        assert source.asked.total() == times * (1 + CHECKED_AT_ONCE)
    assert feed.troubles == []


async def test_the_lobby_asks_for_its_application_now_and_then(
    directory: Directory, source: Source, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many come without a choice; that it fails is said once until it doesn't."""
    clock = Clock(monkeypatch, stands_still=True)
    asked: list[str] = []
    fails = True

    async def client_id(server_id: str) -> str | None:
        asked.append(server_id)
        if fails:
            raise RuntimeError(SECRET)
        return None

    provider = CallbackProvider(EmptyProvider())
    provider.use_client_id(client_id)
    feed = Refresher(directory, provider, 5.0)
    directory.open(GuildInfo("1", "one", "One", protected=True))
    for fails in (True, True, False, True):  # noqa: B007 - what is asked looks at it
        for _ in range(50):
            await feed.refresh_lobby()
        await clock.jump(5.1)
    assert len(asked) == 4
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
