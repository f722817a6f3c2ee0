"""What is said while the gateway can't be reached, and how long the bot waits between its tries."""

import asyncio
import contextlib
import logging
from unittest import mock

import aiohttp
import pytest
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.outages import Outages
from bot.internals import gateway
from bot.internals.backoff import DAY, LASTING, LONGEST, Backoff, Sessions

REFUSED = ConnectionRefusedError(111, "Connection refused")


def handshake(status: int) -> aiohttp.WSServerHandshakeError:
    """Return what a gateway makes of a connection that it doesn't want."""
    return aiohttp.WSServerHandshakeError(mock.Mock(), (), status=status, message="Invalid response status")


# Pauses


def test_pauses_grow_up_to_a_minute() -> None:
    """And no further, however long it takes."""
    backoff = Backoff()
    pauses = [backoff.delay() for _ in range(1_000)]
    for number, pause in enumerate(pauses):
        longest = min(LONGEST, 2.0 ** min(number, 10))
        assert longest / 2 <= pause <= longest
    assert LONGEST <= 60


def test_pauses_differ() -> None:
    """Many shards that were cut at the same moment don't come back at the same moment."""
    shards = [Backoff() for _ in range(50)]
    for _ in range(8):
        pauses = [backoff.delay() for backoff in shards]
    assert len(set(pauses)) > 40


def test_a_connection_that_worked_is_where_pauses_begin_anew() -> None:
    """One that was cut at once is not."""
    backoff = Backoff()
    for _ in range(10):
        backoff.delay()
    assert backoff.delay(LASTING / 2) > 1
    assert backoff.delay(LASTING) <= 1


@given(st.lists(st.floats(0, 2 * LONGEST), min_size=1, max_size=50))
def test_no_more_sessions_begin_in_a_day_than_discord_allows(pauses: list[float]) -> None:
    """However often each of them is cut."""
    sessions, now = Sessions(1_000), 0.0
    begun: list[float] = []
    while now < 2 * DAY:
        for pause in pauses:
            now += pause + 1 + sessions.wait(now)
            sessions.note(now)
            begun.append(now)
    assert sum(moment < DAY for moment in begun) < 1_000
    assert sum(DAY / 2 <= moment < 1.5 * DAY for moment in begun) < 1_000


def test_a_program_that_is_started_again_and_again_keeps_its_token() -> None:
    """It fails soon after it has connected, and whatever keeps it running starts it again."""
    now, begun, resets_at = 0.0, 0, DAY
    while now < 2 * DAY:
        sessions = Sessions(1_000)
        sessions.expect(now, 1_000 - begun, resets_at - now, 4)
        now += sessions.wait(now) + 10
        if now >= resets_at:
            begun, resets_at = 0, resets_at + DAY
        for _ in range(4):
            sessions.note(now)
            begun += 1
        assert begun < 1_000


def test_the_last_sessions_are_divided() -> None:
    """Until there are as many as ever; as long as there are many nobody waits."""
    sessions = Sessions(1_000)
    sessions.expect(0.0, 101, 3_600, 1)
    assert sessions.wait(0.0) == 0
    sessions.note(0.0)
    assert sessions.wait(0.0) == pytest.approx(36)
    sessions.note(36.0)
    assert sessions.wait(36.0) == pytest.approx(36)
    assert sessions.wait(3_600.0) == 0
    sessions.expect(0.0, 0, 3_600, 1)
    assert sessions.wait(0.0) == 3_600


# What is said


def test_a_lost_connection_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Then each try from the third on, with what went wrong and when the next is."""
    caplog.set_level(logging.INFO)
    outages, why = Outages(), "ConnectionRefusedError: [Errno 111] Connection refused"
    outages.end(0)
    for pause in (1.0, 2.0, 4.0, 8.4):
        outages.lose(0)
        outages.fail(0, REFUSED, pause)
    outages.end(0)
    outages.end(0)
    assert caplog.messages == [
        "the connection to Discord is lost; viewers keep what they see; reconnecting",
        f"shard 0 still has no connection to Discord: try 3 failed ({why}); the next is in 4 s",
        f"shard 0 still has no connection to Discord: try 4 failed ({why}); the next is in 8 s",
        "the connection to Discord is back",
    ]


def test_a_try_may_be_told_before_the_loss(caplog: pytest.LogCaptureFixture) -> None:
    """The one comes by an event, the other directly."""
    outages = Outages()
    outages.end(0)
    outages.fail(0, REFUSED, 1)
    outages.lose(0)
    assert caplog.messages == ["the connection to Discord is lost; viewers keep what they see; reconnecting"]


def test_a_shard_that_never_was_connected(caplog: pytest.LogCaptureFixture) -> None:
    """Others are, perhaps."""
    outages = Outages()
    outages.fail(3, OSError("one\ntwo"), 1)
    [message] = caplog.messages
    assert message.startswith("Discord takes no connection of shard 3 (OSError: one two); its servers")


@pytest.mark.parametrize(
    ("status", "hint"),
    [(403, "firewall"), (407, "proxy"), (429, "another bot"), (502, "discordstatus"), (503, "discordstatus")],
)
def test_a_refused_handshake_is_told_once_with_a_hint(
    status: int, hint: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In each outage anew."""
    outages = Outages()
    for _ in range(2):
        outages.end(0)
        outages.lose(0)
        for _ in range(2):
            outages.fail(0, handshake(status), 1)
    refusals = [message for message in caplog.messages if "refuses" in message]
    assert len(refusals) == 2
    assert len(caplog.messages) == 4
    assert all(f"HTTP {status}" in message and hint in message for message in refusals)


def test_a_first_handshake_that_is_refused_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """The hint says it all."""
    outages = Outages()
    for _ in range(2):
        outages.fail(0, handshake(403), 1)
    assert len(caplog.messages) == 1


# Shards


class Tries:
    """What stands in for the network: each try to connect does what is next, and is noted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | None) -> None:
        self.resumed: list[bool] = []
        self.failed: list[tuple[int, str]] = []
        self._outcomes = list(outcomes)
        monkeypatch.setattr(DiscordWebSocket, "from_client", self._connect)

    async def _connect(self, client: object, *, resume: bool = False, **_: object) -> object:
        self.resumed.append(resume)
        outcome = self._outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return mock.Mock(session_id="s", shard_id=0)

    def note(self, shard_id: int, error: Exception, pause: float) -> None:
        assert pause >= 0
        self.failed.append((shard_id, type(error).__name__))


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no try wait."""
    monkeypatch.setattr("bot.internals.backoff.LONGEST", 0.0)


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize("outcome", [REFUSED, ReconnectWebSocket(0), ZeroDivisionError()], ids=repr)
@pytest.mark.parametrize("asked", [False, True])
async def test_a_lost_session_is_resumed_first(
    monkeypatch: pytest.MonkeyPatch, outcome: Exception, *, asked: bool
) -> None:
    """What happened meanwhile comes with it; where that fails again and again, a new session begins.

    Discord may also hang up before it has greeted. Each try counts, also that which it has asked for.
    """
    tries = Tries(monkeypatch, *[outcome] * 6, None)
    client = mock.Mock(spec_set=["dispatch", "is_closed", "_reconnect", "_connection", "loop"])
    client.is_closed.return_value = False
    shards = mock.Mock(
        spec_set=["client", "put", "tasks", "doors", "failed", "intents", "wait_for_session", "turn"]
    )
    shards.turn = lambda _: contextlib.nullcontext()
    shards.client, shards.doors, shards.failed = client, asyncio.Semaphore(1), tries.note
    shards.wait_for_session = mock.AsyncMock()
    shard = gateway._ApartShard(mock.Mock(session_id="s", shard_id=0), shards)
    launched = mock.Mock()
    monkeypatch.setattr(shard, "launch", launched)
    running: list[asyncio.Task[None]] = []
    shards.tasks.start.side_effect = lambda work, _: running.append(asyncio.ensure_future(work))
    shards.put.side_effect = lambda _: running.append(asyncio.ensure_future(shard.reconnect()))
    await (shard.reidentify(ReconnectWebSocket(0)) if asked else shard.reconnect())
    while not launched.called:
        await asyncio.wait(running)
    assert tries.resumed == ([True] * 5 + [False] * 2 if asked else [True] * 4 + [False] * 3)
    hung_up = isinstance(outcome, ReconnectWebSocket)
    assert tries.failed == [(0, "ConnectionAbortedError" if hung_up else type(outcome).__name__)] * 6
    assert shards.wait_for_session.await_count == (2 if asked else 3)
