"""Members that the gateway doesn't send by itself are fetched: guild after guild, with progress."""

import asyncio
import copy
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import discord
import pytest

from bot.client import INTENTS
from bot.gateway import loader
from bot.gateway.loader import MemberLoader
from tests.bot import world as model
from tests.bridge.clock import Clock
from tests.bridge.watchers import until
from tests.e2e.waiting import PATIENCE, Bell

Payload = dict[str, Any]


class Gateway:
    """The other end: notes who is asked for, and answers when told to.

    With `broken` it fails as a connection does that was just lost.
    """

    def __init__(self, state: Any, bell: Bell) -> None:
        self.asked: list[tuple[int, str]] = []
        self.broken: Exception | None = None
        self._state = state
        self._bell = bell

    def is_ratelimited(self) -> bool:
        return False

    async def request_chunks(self, guild_id: int, *, nonce: str, **_: object) -> None:
        self.asked.append((guild_id, nonce))
        self._bell.ring()
        if self.broken:
            raise self.broken

    def limit(self, guild: model.Guild, **changes: object) -> None:
        """Refuse what was asked for last."""
        _, nonce = next(request for request in reversed(self.asked) if request[0] == guild.id)
        meta = {"guild_id": str(guild.id), "nonce": nonce}
        self._state.parsers["RATE_LIMITED"]({"opcode": 8, "retry_after": 0.05, "meta": meta} | changes)

    def answer(self, guild: model.Guild, *members: model.Member, part: int = 0, parts: int = 1) -> None:
        """Send one chunk of what was asked for last."""
        _, nonce = next(request for request in reversed(self.asked) if request[0] == guild.id)
        chunk = {
            "guild_id": str(guild.id),
            "members": [member.payload() for member in members],
            "chunk_index": part,
            "chunk_count": parts,
            "nonce": nonce,
        }
        self._state.parse_guild_members_chunk(copy.deepcopy(chunk))


class Heard(logging.Handler):
    """Rings a bell for each line of a log."""

    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell

    def emit(self, record: logging.LogRecord) -> None:
        self._bell.ring()


class Client(discord.Client):
    """A client that is connected to `gateway` and notes what it dispatches about members."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(**dict(INTENTS)), chunk_guilds_at_startup=False)
        self.bell = Bell()
        self.told: list[tuple[str, int]] = []
        self.gateway = Gateway(self._connection, self.bell)
        self.ws = self.gateway  # type: ignore[assignment]

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event.startswith("members_load"):
            self.told.append((event, args[0].id))
            self.bell.ring()

    def learn_of(self, guild: model.Guild, *known: model.Member) -> discord.Guild:
        """Hear of a guild, with no more of its members than those."""
        members = {"members": [member.payload() for member in known], "presences": []}
        self._connection.parse_guild_create(copy.deepcopy(guild.payload(guild.owner) | members))
        found = self.get_guild(guild.id)
        assert found is not None
        return found

    @property
    def loaded(self) -> list[int]:
        """The guilds whose members are all there. Who is slow is told of some of them before."""
        return [guild_id for event, guild_id in self.told if event == "members_loaded"]

    async def until(self, sight: Callable[[], bool]) -> None:
        """Wait until something can be seen."""
        await self.bell.until(sight, lambda: f"asked {self.gateway.asked}, told {self.told}")


@pytest.fixture
async def client() -> Client:
    """A client that knows no guild."""
    client = Client()
    await client._async_setup_hook()  # as a login does: from here on it has a loop
    return client


@pytest.fixture
async def fetcher(client: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemberLoader]:
    """A loader at work, which looks at its progress and tries again more often than usual."""
    monkeypatch.setattr(loader, "PROGRESS", 0.01)
    monkeypatch.setattr(loader, "RETRY", 0.01)
    monkeypatch.setattr(loader, "EVERY", 0.01)
    monkeypatch.setattr(loader, "STALL", 1000)  # no guild is slow because we are
    fetcher = MemberLoader(client)
    fetcher.start()
    yield fetcher
    await fetcher.stop()


def town(size: int) -> tuple[model.Guild, list[model.Member]]:
    """Write a guild with some members."""
    guild = model.Guild("Town", model.User("owner"), miscount=0)
    return guild, [guild.settle(model.User(f"u{number}")) for number in range(size)]


async def test_members_arrive(client: Client, fetcher: MemberLoader) -> None:
    """All members of a guild are asked for, and there in the end."""
    written, members = town(3)
    guild = client.learn_of(written, members[0])
    fetcher.load(guild)
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    assert client.loaded == [guild.id]
    assert len(guild.members) == 3


async def test_it_waits_to_be_started(client: Client) -> None:
    """What is asked for before the start is fetched after it."""
    fetcher = MemberLoader(client)
    written, members = town(1)
    fetcher.load(client.learn_of(written))
    assert client.gateway.asked == []
    fetcher.start()
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    await fetcher.stop()


async def test_it_is_started_once(client: Client, fetcher: MemberLoader) -> None:
    """`on_ready` comes again with each session; two loaders would ask for two guilds at a time."""
    fetcher.start()
    first, second = town(1)[0], town(1)[0]
    for guild in (first, second):
        fetcher.load(client.learn_of(guild))
    for _ in range(10):
        await asyncio.sleep(0)
    assert [guild_id for guild_id, _ in client.gateway.asked] == [first.id]


async def test_one_guild_after_another(client: Client, fetcher: MemberLoader) -> None:
    """The second guild waits until the first is through."""
    first, members = town(1)
    second, _ = town(1)
    for guild in (first, second):
        fetcher.load(client.learn_of(guild))
    await client.until(lambda: len(client.gateway.asked) == 1)
    assert client.gateway.asked[0][0] == first.id
    client.gateway.answer(first, *members)
    await client.until(lambda: len(client.gateway.asked) == 2)
    assert client.gateway.asked[1][0] == second.id


async def test_a_guild_is_asked_for_once(client: Client, fetcher: MemberLoader) -> None:
    """However often it is named while it waits."""
    written, members = town(1)
    other, _ = town(1)
    guild = client.learn_of(written)
    for _ in range(3):
        fetcher.load(guild)
    fetcher.load(client.learn_of(other))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(written, *members)
    await client.until(lambda: len(client.gateway.asked) == 2)
    assert [guild_id for guild_id, _ in client.gateway.asked] == [written.id, other.id]


async def test_progress_is_told(
    client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture
) -> None:
    """While a guild fills up, who is there already can be shown."""
    caplog.set_level("INFO", "bot.gateway.loader")
    written, members = town(4)
    guild = client.learn_of(written)
    fetcher.load(guild)
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(written, *members[:2], part=0, parts=2)
    await client.until(lambda: bool(client.told))
    assert client.told == [("members_loading", guild.id)]
    assert caplog.messages == [f"guild {guild.id}: 2 of 4 members are there"]
    client.gateway.answer(written, *members[2:], part=1, parts=2)
    await client.until(lambda: bool(client.loaded))
    assert client.told[-1] == ("members_loaded", guild.id)
    assert caplog.messages[-1] == f"guild {guild.id}: all 4 members are there"


async def test_who_joins_meanwhile_stays(client: Client, fetcher: MemberLoader) -> None:
    """Who came after the question isn't in the answer, and is a member all the same."""
    written, members = town(2)
    guild = client.learn_of(written, *members)
    fetcher.load(guild)
    await client.until(lambda: len(client.gateway.asked) == 1)
    newcomer = written.settle(model.User("late"))
    client._connection.parse_guild_member_add(newcomer.payload() | {"guild_id": str(written.id)})  # type: ignore[arg-type]
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    assert guild.get_member(newcomer.id)


async def test_a_guild_that_went_away(client: Client, fetcher: MemberLoader) -> None:
    """A guild that is gone or unavailable when its turn comes is passed over."""
    first, members = town(1)
    gone, down, last = town(1)[0], town(1)[0], town(1)[0]
    for written in (first, gone, down, last):
        fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client._connection.parse_guild_delete({"id": str(gone.id)})
    client._connection.parse_guild_delete({"id": str(down.id), "unavailable": True})
    client.gateway.answer(first, *members)
    await client.until(lambda: len(client.gateway.asked) == 2)
    assert client.gateway.asked[1][0] == last.id


async def test_a_guild_that_goes_away_meanwhile(client: Client, fetcher: MemberLoader) -> None:
    """An answer about a guild that a new session has replaced isn't passed on."""
    first, members = town(2)
    last, _ = town(1)
    fetcher.load(client.learn_of(first))
    fetcher.load(client.learn_of(last))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(first, members[0], part=0, parts=2)
    client._connection.parse_guild_delete({"id": str(first.id)})
    request = client._connection._chunk_requests[first.id]
    request.done()
    await client.until(lambda: len(client.gateway.asked) == 2)
    assert ("members_loaded", first.id) not in client.told


async def test_a_guild_that_is_sent_again_meanwhile(client: Client, fetcher: MemberLoader) -> None:
    """A new session doesn't answer what the old one was asked: it is asked itself."""
    written, members = town(2)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client._connection._guilds.pop(written.id)
    guild = client.learn_of(written)
    fetcher.load(guild)
    await client.until(lambda: len(client.gateway.asked) == 2)
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    assert client.loaded == [written.id]
    assert len(guild.members) == 2


async def test_a_guild_that_is_sent_again_before_it_is_missed(
    client: Client, fetcher: MemberLoader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever still waits for the old session keeps nobody from asking the new one, or hearing it."""
    monkeypatch.setattr(loader, "STALL", 0.01)
    monkeypatch.setattr(loader, "PROGRESS", 0.1)
    caplog.set_level("DEBUG", "bot.gateway.loader")
    written, members = town(2)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client._connection._guilds.pop(written.id)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 2)
    handler = Heard(client.bell)
    loader.log.addHandler(handler)
    try:
        await client.until(lambda: "has ended" in caplog.text)
    finally:
        loader.log.removeHandler(handler)
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    assert client.loaded == [written.id]


async def test_a_guild_that_sends_nothing(
    client: Client, fetcher: MemberLoader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A guild without an answer goes to the end of the queue, and is asked for anew."""
    monkeypatch.setattr(loader, "PATIENCE", 0.03)
    silent, members = town(1)
    other, others = town(1)
    fetcher.load(client.learn_of(silent))
    fetcher.load(client.learn_of(other))
    await client.until(lambda: len(client.gateway.asked) >= 2)
    assert [guild_id for guild_id, _ in client.gateway.asked[:2]] == [silent.id, other.id]
    monkeypatch.setattr(loader, "PATIENCE", 30)
    client.gateway.answer(other, *others)
    await client.until(lambda: client.gateway.asked[-1][0] == silent.id and len(client.gateway.asked) > 2)
    client.gateway.answer(silent, *members)
    await client.until(lambda: ("members_loaded", silent.id) in client.told)
    assert f"guild {silent.id}: its members did not come" in caplog.text
    assert client.gateway.asked[0][1] != client.gateway.asked[-1][1]


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionResetError("Cannot write to closing transport"),
        discord.ClientException("the socket is closed"),
    ],
    ids=["connection", "client"],
)
async def test_a_request_that_fails_is_made_again(
    client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    """A connection lost at this very moment comes back, and a resumed session asks for nothing anew."""
    client.gateway.broken = trouble
    written, members = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.broken = None
    await client.until(lambda: len(client.gateway.asked) == 2)
    client.gateway.answer(written, *members)
    await client.until(lambda: ("members_loaded", written.id) in client.told)
    assert f"guild {written.id}: its members could not be requested: {trouble}" in caplog.text


async def test_a_failure_is_told_once(
    client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture
) -> None:
    """While the gateway is away, each try fails: that is one line for a guild and not one for each try."""
    client.gateway.broken = ConnectionResetError("Cannot write to closing transport")
    written, _ = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 5)
    assert len(caplog.messages) == 1


async def test_a_bug_is_told(client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody foresaw doesn't end it in silence: it is in the log, and the next guild has its turn."""
    client.gateway.broken = RuntimeError("a surprise")
    first, _ = town(1)
    second, _ = town(1)
    fetcher.load(client.learn_of(first))
    fetcher.load(client.learn_of(second))
    await client.until(lambda: {guild_id for guild_id, _ in client.gateway.asked} == {first.id, second.id})
    assert "a surprise" in caplog.text


async def test_a_failure_does_not_stop_the_others(client: Client, fetcher: MemberLoader) -> None:
    """One guild's trouble is not the next one's."""
    client.gateway.broken = ConnectionResetError()
    first, _ = town(1)
    second, _ = town(1)
    fetcher.load(client.learn_of(first))
    fetcher.load(client.learn_of(second))
    await client.until(lambda: {guild_id for guild_id, _ in client.gateway.asked} == {first.id, second.id})


async def test_a_limited_guild_waits(client: Client, fetcher: MemberLoader) -> None:
    """A guild that Discord won't tell of now waits as long as it says; the next has its turn at once."""
    limited, _ = town(1)
    others = [town(1)[0] for _ in range(3)]
    for written in (limited, *others):
        fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.limit(limited, retry_after=1000)
    for number, other in enumerate(others, start=2):
        await client.until(lambda: len(client.gateway.asked) == number)  # noqa: B023
        client.gateway.answer(other, *other.members.values())
    await client.until(lambda: len(client.loaded) == 3)
    assert [guild_id for guild_id, _ in client.gateway.asked] == [g.id for g in (limited, *others)]


async def test_a_limited_guild_is_asked_for_again(client: Client, fetcher: MemberLoader) -> None:
    """When the time is over that Discord named, it answers."""
    written, members = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.limit(written)
    await client.until(lambda: len(client.gateway.asked) == 2)
    client.gateway.answer(written, *members)
    await client.until(lambda: ("members_loaded", written.id) in client.told)


@pytest.mark.parametrize(
    "changes",
    [
        {"retry_after": None},
        {"retry_after": "soon"},
        {"retry_after": True},
        {"retry_after": -1},
        {"retry_after": float("nan")},
        {"retry_after": 1e9},
        {"meta": None},
        {"meta": {"guild_id": "none"}},
        {"meta": {"guild_id": None, "nonce": None}},
        {"meta": {"guild_id": "1", "nonce": 5}},
    ],
    ids=str,
)
async def test_an_absurd_limit(
    client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture, changes: dict[str, object]
) -> None:
    """What nobody can make sense of is passed over, with one line however often it comes."""
    written, members = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    for _ in range(2):
        client.gateway.limit(written, **changes)
    assert len(caplog.messages) == 1
    client.gateway.answer(written, *members)
    await client.until(lambda: ("members_loaded", written.id) in client.told)


@pytest.mark.parametrize(
    "changes", [{"opcode": 3}, {"meta": {"guild_id": "1"}}, {"meta": {"guild_id": "1", "nonce": "another"}}]
)
async def test_a_limit_of_something_else(
    client: Client, fetcher: MemberLoader, caplog: pytest.LogCaptureFixture, changes: dict[str, object]
) -> None:
    """A limit that isn't that of a request on its way changes nothing, and is no trouble."""
    written, members = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.limit(written, **changes)
    client.gateway.answer(written, *members)
    await client.until(lambda: ("members_loaded", written.id) in client.told)
    assert caplog.messages == []
    assert len(client.gateway.asked) == 1


async def test_the_limits_are_told_once(
    client: Client,
    fetcher: MemberLoader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a restart costs is one line for all guilds, and it isn't said again."""
    caplog.set_level("INFO", "bot.gateway.loader")
    monkeypatch.setattr(loader, "SUMMARY", 500)
    clock = Clock(monkeypatch)
    towns = [town(1)[0] for _ in range(3)]
    for number, written in enumerate(towns, start=1):
        fetcher.load(client.learn_of(written))
        await client.until(lambda: len(client.gateway.asked) == number)  # noqa: B023
        client.gateway.limit(written, retry_after=1200 * number)
    late, _ = town(1)
    fetcher.load(client.learn_of(late))
    await client.until(lambda: len(client.gateway.asked) == 4)  # so all others had their turn
    await clock.jump(loader.SUMMARY)
    assert len(caplog.messages) == 1
    assert "3 guild(s) wait up to 3600 s; after a restart that is normal" in caplog.text
    client.gateway.limit(late)
    await client.until(lambda: len(client.gateway.asked) == 5)
    await clock.jump(loader.SUMMARY)
    assert len(caplog.messages) == 1


async def test_it_does_not_ask_twice_too_soon(
    client: Client, fetcher: MemberLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guild that a new session or an outage brings back is asked for when Discord will answer."""
    monkeypatch.setattr(loader, "EVERY", 1000)
    written, members = town(1)
    others = [town(1)[0] for _ in range(3)]
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.answer(written, *members)
    await client.until(lambda: bool(client.loaded))
    client._connection._guilds.pop(written.id)
    for again in (written, written, *others):
        fetcher.load(client.learn_of(again))
    for number, other in enumerate(others, start=2):
        await client.until(lambda: len(client.gateway.asked) == number)  # noqa: B023
        client.gateway.answer(other, *other.members.values())
    await client.until(lambda: len(client.loaded) == 4)
    assert [guild_id for guild_id, _ in client.gateway.asked] == [g.id for g in (written, *others)]


async def test_what_was_not_heard_is_no_question(
    client: Client, fetcher: MemberLoader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A guild whose request was lost with the connection needn't wait in the next session."""
    monkeypatch.setattr(loader, "EVERY", 1000)
    monkeypatch.setattr(loader, "RETRY", 1000)
    client.gateway.broken = ConnectionResetError()
    written, _ = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    client.gateway.broken = None
    await until(lambda: "could not be requested" in caplog.text, "the failure")
    client._connection._guilds.pop(written.id)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 2)


async def test_a_silent_guild_blocks_nobody(
    client: Client, fetcher: MemberLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing comes of a guild the others have their turn, long before it is given up."""
    monkeypatch.setattr(loader, "STALL", 0.01)
    silent, members = town(1)
    other, _ = town(1)
    fetcher.load(client.learn_of(silent))
    fetcher.load(client.learn_of(other))
    await client.until(lambda: len(client.gateway.asked) == 2)
    client.gateway.answer(silent, *members)
    await client.until(lambda: ("members_loaded", silent.id) in client.told)


async def test_without_the_intent_nothing_is_asked(client: Client, fetcher: MemberLoader) -> None:
    """Without the intent for members, those who are known are all there will be."""
    client._connection._intents.members = False
    guild = client.learn_of(town(1)[0])
    fetcher.load(guild)
    assert client.told == [("members_loaded", guild.id)]
    assert client.gateway.asked == []
    assert not fetcher.is_loaded(guild), "who isn't known may be a member all the same"
    assert not fetcher.expects_more(guild)


async def test_it_stops_at_once(client: Client, fetcher: MemberLoader) -> None:
    """Nobody waits for members when the bot goes."""
    written, _ = town(1)
    fetcher.load(client.learn_of(written))
    await client.until(lambda: len(client.gateway.asked) == 1)
    async with asyncio.timeout(PATIENCE):
        await fetcher.stop()
    assert client.told == []


async def test_it_may_be_stopped_again(client: Client) -> None:
    """What was never started, or is stopped already, can be stopped."""
    fetcher = MemberLoader(client)
    await fetcher.stop()
    fetcher.start()
    await fetcher.stop()
    await fetcher.stop()
