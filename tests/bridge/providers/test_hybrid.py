"""Several providers as one: who is asked when, and what an overlay adds."""

import asyncio
import logging
from typing import Any

import pytest

from bridge.model import Message
from bridge.providers import EmptyProvider, HybridProvider
from bridge.providers.changes import AllOutdated, Change, Said, UserChanged, UserLeft, UsersOutdated
from bridge.providers.records import Rubbish
from bridge.providers.stream import closing
from tests.bridge.clock import Clock
from tests.bridge.source import Source
from tests.bridge.told import Teller
from tests.bridge.watchers import PATIENCE


class Overlay(Teller):
    """Knows how people are, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.source.servers = {}
        self.source.users = {
            "1": {11: {"status": "dnd", "roleColor": None}, "99": {"username": "Long gone", "status": "idle"}}
        }


@pytest.fixture
def primary() -> Teller:
    return Teller()


@pytest.fixture
def fallback() -> Teller:
    other = Source()
    other.servers = {"1": {"id": "other", "name": "The Other"}}
    other.users = {"1": {"12": {"username": "Dmitri"}}}
    return Teller(other)


@pytest.fixture
def overlay() -> Overlay:
    return Overlay()


@pytest.fixture
def hybrid(primary: Teller, fallback: Teller) -> HybridProvider:
    return HybridProvider(primary, fallback)


# Order


async def test_the_first_that_answers_is_believed(
    hybrid: HybridProvider, primary: Teller, fallback: Teller
) -> None:
    """The other isn't asked, also where the answer is that there is nothing."""
    assert await hybrid.servers() == primary.source.servers
    primary.source.users["1"] = {}
    assert await hybrid.users("1") == {}
    assert not fallback.source.asked


@pytest.mark.parametrize("fault", [OSError("x"), asyncio.CancelledError()], ids=["error", "cancelled"])
async def test_where_it_fails_the_other_is_asked(
    hybrid: HybridProvider, primary: Teller, fallback: Teller, fault: BaseException
) -> None:
    """Each time anew: it may have recovered."""
    primary.source.server_fault = fault
    assert await hybrid.servers() == fallback.source.servers
    primary.source.server_fault = None
    assert await hybrid.servers() == primary.source.servers


async def test_rubbish_is_no_answer(hybrid: HybridProvider, primary: Teller, fallback: Teller) -> None:
    """The other is asked."""
    primary.source.users["1"] = ["rubbish"]
    assert await hybrid.users("1") == fallback.source.users["1"]


async def test_one_that_is_slow_is_not_waited_for(
    primary: Teller, fallback: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other has to have its time, too."""
    clock = Clock(monkeypatch)
    primary.source.hold("1")
    asking = asyncio.create_task(HybridProvider(primary, fallback, patience=PATIENCE).users("1"))
    await primary.source.was_asked("1")
    await clock.jump(PATIENCE)
    assert await asking == fallback.source.users["1"]


async def test_if_none_answers_that_is_a_failure(
    hybrid: HybridProvider, primary: Teller, fallback: Teller
) -> None:
    """The last one's."""
    primary.source.user_fault = OSError("first")
    fallback.source.user_fault = KeyError("second")
    with pytest.raises(KeyError, match="second"):
        await hybrid.users("1")
    fallback.source.user_fault = None
    fallback.source.users["1"] = None
    with pytest.raises(Rubbish):
        await hybrid.users("1")


async def test_failures_are_said_once(
    hybrid: HybridProvider, primary: Teller, fallback: Teller, caplog: pytest.LogCaptureFixture
) -> None:
    """And that they are over."""
    with caplog.at_level(logging.INFO):
        for primary.source.user_fault in (OSError("x"), OSError("y"), None, None, OSError("z")):
            await hybrid.users("1")
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        "the primary provider failed: OSError: x",
        "the primary provider answers again",
        "the primary provider failed: OSError: z",
    ]


async def test_a_fallback_that_failed_is_asked_when_it_is_needed(
    hybrid: HybridProvider, primary: Teller, fallback: Teller, caplog: pytest.LogCaptureFixture
) -> None:
    """Each outage has its own lines in the log."""
    fault = OSError("down")
    for _ in range(2):
        primary.source.user_fault = fallback.source.user_fault = fault
        with pytest.raises(OSError, match="down"):
            await hybrid.users("1")
        primary.source.user_fault = None
        await hybrid.users("1")
    said = [record.getMessage().partition(" (")[0] for record in caplog.records]
    assert said.count("the fallback failed: OSError: down") == 2


# What an overlay adds


async def test_an_overlay_s_fields_count(primary: Teller, fallback: Teller, overlay: Overlay) -> None:
    """But not those that are None; it adds nobody. Ids may be numbers."""
    hybrid = HybridProvider(primary, fallback, overlay)
    assert await hybrid.users("1") == {
        "11": {"uid": "11", "username": "Ada", "status": "dnd", "roleColor": "#ff0000"}
    }
    assert primary.source.users["1"]["11"]["status"] == "online"  # it was not changed itself


async def test_an_overlay_lies_over_the_fallback_as_well(
    primary: Teller, fallback: Teller, overlay: Overlay
) -> None:
    """Whoever answers."""
    primary.source.server_fault = OSError("x")
    overlay.source.servers = {"1": {"name": "The Best"}, "9": {"name": "Nowhere"}}
    hybrid = HybridProvider(primary, fallback, overlay)
    assert await hybrid.servers() == {"1": {"id": "other", "name": "The Best"}}


@pytest.mark.parametrize(
    "users", [None, {"1": None}, {"1": {"11": None}}, {"1": {"11": 7}}], ids=["fails", "rubbish", "null", "7"]
)
async def test_an_overlay_that_fails_costs_what_it_adds(
    primary: Teller, fallback: Teller, overlay: Overlay, users: Any
) -> None:
    """And nothing else."""
    overlay.source.users = users
    assert await HybridProvider(primary, fallback, overlay).users("1") == primary.source.users["1"]


async def test_what_is_no_record_stays_what_it_is(
    primary: Teller, fallback: Teller, overlay: Overlay
) -> None:
    """It is counted where records are read."""
    primary.source.users["1"] = {"11": "rubbish"}
    assert await HybridProvider(primary, fallback, overlay).users("1") == {"11": "rubbish"}


# Changes

CHANGES = [UserChanged("1", "11", {"status": "idle"}), UserLeft("1", "11")]


async def first_change(hybrid: HybridProvider) -> Change:
    async with closing(hybrid.changes()) as changes, asyncio.timeout(PATIENCE):
        return await anext(changes)


@pytest.mark.parametrize("change", CHANGES, ids=["changed", "left"])
async def test_a_change_of_the_primary_is_told_as_it_is(
    hybrid: HybridProvider, primary: Teller, change: Change
) -> None:
    """If nothing lies over it."""
    primary.tell(change)
    assert await first_change(hybrid) == change


@pytest.mark.parametrize("change", CHANGES, ids=["changed", "left"])
@pytest.mark.parametrize("place", range(3))
async def test_where_others_have_a_say_the_guild_is_read_again(
    primary: Teller, fallback: Teller, overlay: Overlay, place: int, change: Change
) -> None:
    """What a change means then, only all of them together know."""
    (primary, fallback, overlay)[place].tell(change)
    assert await first_change(HybridProvider(primary, fallback, overlay)) == UsersOutdated("1")


@pytest.mark.parametrize("change", [AllOutdated(), Said("1", Message("1", "a", "b"))], ids=["all", "said"])
async def test_everything_else_is_told_on(hybrid: HybridProvider, fallback: Teller, change: Change) -> None:
    """Whoever tells it."""
    fallback.tell(change)
    assert await first_change(hybrid) == change


# The rest


async def test_the_first_application_that_is_known() -> None:
    """Of those who know such things."""

    class Named(EmptyProvider):
        def __init__(self, name: str | None) -> None:
            self._name = name

        async def client_id(self, server_id: str) -> str | None:
            return self._name

    assert await HybridProvider(EmptyProvider(), Named("7")).client_id("1") == "7"
    assert await HybridProvider(Named(None), Named("7")).client_id("1") == "7"
    assert await HybridProvider(Named("6"), Named("7")).client_id("1") == "6"
    assert await HybridProvider(EmptyProvider(), EmptyProvider()).client_id("1") is None


async def test_all_of_them_are_closed(primary: Teller, fallback: Teller, overlay: Overlay) -> None:
    """Also one that closes last."""
    await HybridProvider(primary, fallback, overlay).close()
    assert (primary.closed, fallback.closed, overlay.closed) == (1, 1, 1)
