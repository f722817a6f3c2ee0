"""What a provider tells of changes reaches rooms at once; what no longer holds is read again."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bridge.errors import ProviderError
from bridge.model import GuildInfo, Member, Message, Voice
from bridge.providers import Unavailable
from bridge.providers.changes import (
    AllOutdated,
    Change,
    Said,
    ServersOutdated,
    UserChanged,
    UserLeft,
    UsersOutdated,
)
from bridge.providers.live import Live
from bridge.providers.refresher import LAST_GOOD_FOR, SERVERS, Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from tests.bridge.clock import Clock
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.source import SECRET, Source
from tests.bridge.told import Teller
from tests.bridge.watchers import PATIENCE, Json, until

FOREVER = 3_600.0


class World:
    """A provider that tells changes, and the rooms it feeds, with a viewer in the first."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.teller = Teller(source)
        self.directory = Directory()
        self.feed = Refresher(self.directory, self.teller, FOREVER)
        self.live = Live(self.directory, self.teller, self.feed)
        self.viewer = FakeViewer()

    @property
    def room(self) -> Room:
        return self.directory.rooms["1"]

    async def open(self) -> None:
        await self.feed.refresh_servers()
        await self.feed.refresh_room(self.room)
        self.room.seat(self.viewer)

    async def tell(self, *changes: Change) -> None:
        """Tell changes, and wait until they have been taken."""
        self.teller.tell(*changes)
        await self.teller.all_taken()

    @property
    def seen(self) -> list[Json]:
        """What the viewer has seen of presences and words."""
        self.directory.flush()
        return self.viewer.data


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.providers.stream._backoff", lambda _: 0.0)
    monkeypatch.setattr("bridge.providers.live._backoff", lambda _: 0.001)
    monkeypatch.setattr("bridge.providers.refresher.TIMEOUT", PATIENCE)


@pytest.fixture
async def world(source: Source) -> AsyncIterator[World]:
    world = World(source)
    await world.open()
    following = asyncio.create_task(world.live.follow())
    yield world
    following.cancel()
    await asyncio.wait([following])
    await world.feed.stop()


# Members


async def test_a_change_reaches_viewers(world: World) -> None:
    """As a presence; what it leaves out stays as it was."""
    await world.tell(UserChanged("1", "11", {"status": "dnd"}))
    assert world.seen == [{"uid": "11", "status": "dnd"}]
    assert world.room.members["11"] == Member("11", "Ada", "dnd", "#ff0000")


async def test_somebody_new_comes_with_name_and_colour(world: World) -> None:
    """What a record lacks is as in any record."""
    await world.tell(UserChanged("1", "12", {"username": "Dmitri", "role_color": "#00FF00"}))
    assert world.seen == [{"uid": "12", "status": "offline", "username": "Dmitri", "roleColor": "#00ff00"}]


async def test_somebody_leaves(world: World) -> None:
    """Once."""
    await world.tell(UserLeft("1", "11"), UserLeft("1", "11"))
    assert world.seen == [{"uid": "11", "status": "offline", "delete": True}]


async def test_what_is_no_news_is_not_seen(world: World) -> None:
    """A row may be written without a change."""
    await world.tell(UserChanged("1", "11", {"status": "online", "username": "Ada"}))
    assert world.seen == []


async def test_a_change_leaves_what_records_do_not_speak_of(world: World) -> None:
    """Voice and activity came by broadcast."""
    busy = world.room.members["11"]._replace(voice=Voice("9", "Lounge"), activity="Playing Factorio")
    world.room.put_all([busy])
    await world.tell(UserChanged("1", "11", {"status": "dnd"}))
    assert world.room.members["11"] == busy._replace(status="dnd")


async def test_ids_may_be_numbers(world: World) -> None:
    """As in records."""
    await world.tell(UserChanged(1, 11, {"status": "dnd"}), UserLeft(1, 11))  # type: ignore[arg-type]
    assert world.room.members == {}


async def test_words_reach_viewers(world: World) -> None:
    """They are not kept."""
    await world.tell(Said("1", Message("11", "hello", "9")))
    assert world.seen == [{"uid": "11", "message": "hello", "channel": "9"}]


async def test_broken_changes_are_repaired_or_skipped_with_one_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Good ones in between don't make it another."""
    broken = UserChanged("1", "12", {"status": "idle"}), UserChanged("1", "13", None)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        await world.tell(broken[0], UserChanged("1", "11", {"status": "dnd"}), broken[0])
        await world.tell(UserChanged("1", "11", {"status": "dancing"}))
        await world.tell(broken[1])
    assert [record.getMessage() for record in caplog.records] == [
        "changes of guild 1: username missing, skipped (1)",
        "changes of guild 1: status repaired (1)",
        "changes of guild 1: record is no mapping or its key no id, skipped (1)",
    ]
    assert world.room.members == {"11": Member("11", "Ada", "offline", "#ff0000")}


@pytest.mark.parametrize("guild_id", ["2", "7", "", None], ids=["unread", "unknown", "empty", "none"])
async def test_what_nobody_can_see_changes_nothing(world: World, guild_id: str) -> None:
    """A guild that nobody has entered is read when somebody does."""
    await world.tell(
        UserChanged(guild_id, "11", {"username": "Ada"}),
        UserLeft(guild_id, "11"),
        Said(guild_id, Message("11", "hello", "9")),
        UsersOutdated(guild_id),
    )
    assert world.directory.rooms["2"].members == {}
    assert world.source.asked["2"] == world.source.asked["7"] == 0


async def test_a_room_of_the_owner_is_left_to_the_owner(world: World) -> None:
    """A provider that names it changes nothing in it."""
    mine = world.directory.open(GuildInfo("9", "mine", "Mine"), [Member("7", "Ada")])
    await world.feed.refresh_room(mine)
    await world.tell(UserLeft("9", "7"))
    assert mine.members.keys() == {"7"}


async def test_what_is_no_change_is_a_failure_of_the_source(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and what follows is heard."""
    with caplog.at_level(logging.WARNING):
        await world.tell({"uid": "11"})  # type: ignore[arg-type]
        await world.tell(UserLeft("1", "11"))
    assert "dict is no change" in caplog.text
    assert world.room.members == {}


async def test_what_changes_while_nobody_follows_is_read_by_who_comes_next(source: Source) -> None:
    """Whatever the interval: nobody told of it."""
    world = World(source)
    await world.open()
    for heard in (False, True):
        following = asyncio.create_task(world.live.follow())
        if heard:
            await world.tell(UserChanged("1", "11", {"status": "dnd"}))
        following.cancel()
        await asyncio.wait([following])
        await world.feed.refresh_servers()
        await world.feed.refresh_room(world.room)
        assert source.asked == ({"servers": 2, "1": 2} if heard else {"servers": 1, "1": 1})


# What no longer holds


async def test_an_outdated_guild_is_read_again(world: World) -> None:
    """At once, whatever the interval; viewers see the difference."""
    world.source.users["1"]["11"]["status"] = "idle"
    await world.tell(UsersOutdated("1"))
    await until(lambda: world.seen == [{"uid": "11", "status": "idle"}], "the difference is seen")


async def test_an_outdated_guild_that_nobody_watches_is_read_when_somebody_comes(world: World) -> None:
    """Not before."""
    world.room.unseat(world.viewer)
    await world.tell(UsersOutdated("1"), ServersOutdated())
    await world.source.was_asked("servers", 2)
    assert world.source.asked["1"] == 1
    await world.feed.refresh_room(world.room)
    assert world.source.asked["1"] == 2


async def test_an_outdated_list_is_read_again(world: World) -> None:
    """Guilds come and go."""
    del world.source.servers["2"]
    await world.tell(ServersOutdated())
    await until(lambda: "2" not in world.directory.rooms, "it is closed")


async def test_if_all_is_outdated_all_is_read_again(world: World) -> None:
    """The list, and what is watched; the rest when somebody comes."""
    await world.feed.refresh_room(world.directory.rooms["2"])
    world.source.users["1"]["11"]["status"] = "idle"
    world.source.servers["4"] = {"id": "four", "name": "The Fourth"}
    await world.tell(AllOutdated())
    await until(lambda: world.room.members["11"].status == "idle", "members are read")
    assert "4" in world.directory.rooms
    assert world.source.asked["2"] == 1
    await world.feed.refresh_room(world.directory.rooms["2"])
    assert world.source.asked["2"] == 2


async def test_what_can_not_be_read_stays_outdated(world: World) -> None:
    """It is tried until it can; other guilds don't wait for it."""
    await world.feed.refresh_room(world.directory.rooms["2"])
    world.directory.rooms["2"].seat(FakeViewer())
    world.source.users["1"] = None
    world.source.users["2"]["22"]["status"] = "dnd"
    await world.tell(UsersOutdated("1"), UsersOutdated("2"))
    await until(lambda: world.directory.rooms["2"].members["22"].status == "dnd", "the other is read")
    await world.source.was_asked("1", 4)
    world.source.users["1"] = {}
    await until(lambda: not world.room.members, "it is read at last")


async def test_what_becomes_outdated_while_it_is_read_is_read_again(world: World) -> None:
    """What is on its way may be too old."""
    world.source.hold("1")
    await world.tell(UsersOutdated("1"))
    await world.source.was_asked("1", 2)
    await world.tell(UsersOutdated("1"))
    for _ in range(10):
        await asyncio.sleep(0)  # turns of the loop
    assert world.source.asked["1"] == 2  # one question at a time
    world.source.release("1")
    await world.source.was_asked("1", 3)


async def test_a_change_wins_over_what_is_being_read(world: World) -> None:
    """What was read before it is older. It is never seen."""
    await world.tell(UserChanged("1", "12", {"username": "Dmitri", "status": "idle"}))
    world.source.users["1"]["13"] = {"username": "Elm", "status": "online"}
    world.source.hold("1")
    await world.tell(UsersOutdated("1"))
    await world.source.was_asked("1", 2)
    await world.tell(UserChanged("1", "11", {"status": "dnd"}), UserLeft("1", "12"), UserLeft("1", "13"))
    world.source.users["1"]["12"] = {"username": "Dmitri", "status": "idle"}
    world.source.release("1")
    await until(lambda: "1" not in world.feed._running, "it is read")
    assert world.room.members == {"11": Member("11", "Ada", "dnd", "#ff0000")}
    assert [data["status"] for data in world.seen if data["uid"] == "11"] == ["dnd"]


async def test_a_change_while_a_guild_is_read_for_the_first_time(world: World) -> None:
    """It can't be applied to members that aren't there: they are read once more."""
    world.source.hold("2")
    entering = asyncio.create_task(world.feed.refresh_room(world.directory.rooms["2"]))
    await world.source.was_asked("2")
    await world.tell(UserChanged("2", "22", {"status": "dnd"}))
    world.source.release("2")
    await entering
    await world.source.was_asked("2", 2)


async def test_a_source_that_breaks_off_is_heard_again(world: World) -> None:
    """What changed meanwhile is read, because it says that all is outdated."""
    world.teller.break_off()
    world.source.users["1"]["11"]["status"] = "idle"
    await world.tell(AllOutdated())
    await until(lambda: world.room.members["11"].status == "idle", "it is read")
    assert world.live.troubles == []


async def test_while_nothing_is_heard_that_is_a_trouble(world: World) -> None:
    """For who looks at the bridge's health."""
    world.teller.break_off()
    await until(lambda: world.live.troubles == ["changes don't come in"], "it broke")


# A source that is away


async def test_what_was_read_stands_while_the_source_is_away(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Who comes is let in to the last good data; one line says so, and one that it is over."""
    world.source.server_fault = world.source.user_fault = Unavailable(f"{SECRET} is down")
    for key in (SERVERS, "1"):
        world.feed.expire(key)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await world.feed.refresh_servers()
            await world.feed.refresh_room(world.room)
            await until(lambda: not world.feed._running, "it has failed")
        assert world.feed.troubles == ["the server list can't be read", "guild 1 can't be read"]
        world.source.server_fault = world.source.user_fault = None
        await world.feed.check()
        await until(lambda: not world.feed._running, "it has answered")
    assert world.room.members.keys() == {"11"}
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO", "INFO"]
    assert world.feed.troubles == []


async def test_nobody_waits_for_a_source_that_is_away(world: World) -> None:
    """It is asked, but only the first who comes waits for what it says."""
    world.source.user_fault = Unavailable("down")
    world.feed.expire("1")
    await world.feed.refresh_room(world.room)
    world.source.hold("1")
    async with asyncio.timeout(PATIENCE):
        for _ in range(3):
            await world.feed.refresh_room(world.room)
    await world.source.was_asked("1", 3)
    assert world.source.asked["1"] == 3


async def test_what_was_never_read_can_not_stand(world: World) -> None:
    """A guild that nobody has entered before."""
    world.source.user_fault = Unavailable("down")
    for _ in range(2):
        with pytest.raises(ProviderError):
            await world.feed.refresh_room(world.directory.rooms["2"])


async def test_what_is_too_old_does_not_stand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour it counts as lost."""
    clock = Clock(monkeypatch)
    world.source.user_fault = Unavailable("down")
    await clock.jump(LAST_GOOD_FOR / 2)
    world.feed.expire("1")
    await world.feed.refresh_room(world.room)
    await clock.jump(LAST_GOOD_FOR / 2)
    with pytest.raises(ProviderError):
        await world.feed.refresh_room(world.room)


async def test_another_failure_is_an_error_for_who_comes(world: World) -> None:
    """As always: what a callback raises is no word on how long it lasts."""
    world.source.user_fault = Unavailable("down")
    world.feed.expire("1")
    await world.feed.refresh_room(world.room)
    await until(lambda: not world.feed._running, "it has failed")
    world.source.user_fault = RuntimeError("a bug")
    await world.feed.refresh_room(world.room)  # it seemed to be away still
    await until(lambda: not world.feed._running, "it has failed")
    with pytest.raises(ProviderError):
        await world.feed.refresh_room(world.room)


async def test_a_guild_that_is_gone_is_no_trouble(world: World) -> None:
    """Nobody would ever ask for it again."""
    world.source.user_fault = RuntimeError("a bug")
    with pytest.raises(ProviderError):
        await world.feed.refresh_room(world.directory.rooms["2"])
    assert world.feed.troubles == ["guild 2 can't be read"]
    del world.source.servers["2"]
    await world.tell(ServersOutdated())
    await until(lambda: not world.feed.troubles, "it is forgotten")


async def test_a_guild_that_goes_while_it_is_read_is_no_trouble(world: World) -> None:
    """Its failure comes too late."""
    world.source.user_fault = RuntimeError("a bug")
    world.source.hold("2")
    entering = asyncio.create_task(world.feed.refresh_room(world.directory.rooms["2"]))
    await world.source.was_asked("2")
    del world.source.servers["2"]
    await world.tell(ServersOutdated())
    await until(lambda: "2" not in world.directory.rooms, "it is closed")
    world.source.release("2")
    with pytest.raises(ProviderError):
        await entering
    assert world.feed.troubles == []


async def test_a_provider_tells_its_own_trouble(world: World) -> None:
    """Although it answers."""
    world.teller.trouble = "the answers are old"
    assert world.feed.troubles == ["the answers are old"]


# The end


async def test_the_provider_is_closed_with_the_bridge(world: World) -> None:
    """It let go."""
    await world.feed.stop()
    assert world.teller.closed == 1


@pytest.mark.parametrize("fault", [RuntimeError("no"), None], ids=["raises", "hangs"])
async def test_a_provider_that_can_not_be_closed(
    world: World, fault: Exception | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said; the bridge stops all the same."""
    monkeypatch.setattr("bridge.providers.refresher.CLOSE_PATIENCE", 0.01)

    async def close() -> None:
        if fault is not None:
            raise fault
        await asyncio.Event().wait()

    monkeypatch.setattr(world.teller, "close", close)
    await world.feed.stop()
    assert "can't be closed" in caplog.text
