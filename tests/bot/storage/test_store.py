"""Stored settings, on both databases: what is saved holds, what is not saved changed nothing."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import store
from bot.plots import NOTE as PLOTS
from bot.storage.rows import Contents
from bot.store import Store
from cogs.settings import GuildSettings, MemberSettings, NotSaved
from tests.bot.storage.stores import commits, contents
from tests.bot.stored import FULL, HASH, HIDDEN, LONG_AGO, guild_settings, ids, member_settings, times
from tests.bridge.clock import Clock
from tests.postgres import ESCAPED, PASSWORD
from tests.thorough import tries


async def broken_before(commit: Callable[[], Awaitable[None]]) -> None:
    """The connection breaks before the database hears that it shall commit."""
    raise ConnectionResetError("broken")


async def broken_after(commit: Callable[[], Awaitable[None]]) -> None:
    """The connection breaks before the database can say that it has committed."""
    await commit()
    raise ConnectionResetError("broken")


# What is saved


async def test_nothing_is_stored(stored: Store) -> None:
    """Where nobody decided anything, the defaults hold."""
    assert stored.guild(1) == GuildSettings()
    assert stored.member(1) == MemberSettings()
    assert stored.default_guild is None
    assert stored.note("tree") is None
    assert stored.guild_ids == frozenset()


async def test_what_is_saved_holds_at_once(stored: Store) -> None:
    """Who saved something reads it."""
    await stored.save_guild(1, FULL)
    await stored.save_member(2, HIDDEN)
    await stored.save_default(1)
    await stored.save_note("tree", "a hash")
    assert stored.guild(1) == FULL
    assert stored.member(2) == HIDDEN
    assert stored.default_guild == 1
    assert stored.note("tree") == "a hash"
    assert stored.guild_ids == {1}


async def test_what_is_saved_holds_after_a_restart(url: str, stored: Store) -> None:
    """The next start reads the same, of all kinds of settings."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(2, GuildSettings())
    await stored.save_member(2, HIDDEN)
    await stored.save_default(1)
    await stored.save_note("tree", "a hash")
    await stored.note_left(1, LONG_AGO)
    assert await contents(url) == stored._contents


async def test_saving_again_replaces_everything(url: str, stored: Store) -> None:
    """What was decided before leaves nothing behind."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(1, GuildSettings(channels={7: False}))
    await stored.save_member(2, HIDDEN)
    await stored.save_member(2, MemberSettings(muted=True))
    read = await contents(url)
    assert read.guilds[1].settings == GuildSettings(channels={7: False})
    assert read.members == {2: MemberSettings(muted=True)}


async def test_of_who_decided_nothing_nothing_is_kept(url: str, stored: Store) -> None:
    """Whoever goes back to how everybody is leaves the database."""
    await stored.save_member(2, HIDDEN)
    await stored.save_member(2, MemberSettings())
    assert stored.member(2) == MemberSettings()
    assert (await contents(url)).members == {}


async def test_nothing_is_noted_any_more(url: str, stored: Store) -> None:
    """A note and the default guild can be taken away."""
    await stored.save_note("tree", "a hash")
    await stored.save_default(1)
    await stored.save_note("tree", None)
    await stored.save_default(None)
    assert stored.note("tree") is None
    assert stored.default_guild is None
    assert (await contents(url)).notes == {}


async def test_forgetting_a_guild(url: str, stored: Store) -> None:
    """Of a guild that is forgotten nothing is left, and of another everything."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(2, FULL)
    await stored.save_default(1)
    for guild_id in (1, 2):
        await stored.save_note(f"{PLOTS}{guild_id}", "[]")
    await stored.forget_guild(1)
    assert stored.guild(1) == GuildSettings()
    assert [stored.note(f"{PLOTS}{guild_id}") for guild_id in (1, 2)] == [None, "[]"]
    assert stored.guild(2) == FULL
    assert stored.default_guild is None
    assert await contents(url) == stored._contents
    await stored.save_default(2)
    await stored.forget_guild(1)
    assert stored.default_guild == 2


async def test_meeting_guilds(url: str, stored: Store) -> None:
    """That the bot is in a guild is stored once; what is stored already stays as it is."""
    await stored.save_guild(1, FULL)
    assert not stored.is_met(2)
    await stored.meet({1: None, 2: LONG_AGO, 3: None})
    assert (stored.guild(1), stored.guild(2), stored.guild(3)) == (FULL, GuildSettings(), GuildSettings())
    assert all(map(stored.is_met, (1, 2, 3)))
    assert await contents(url) == stored._contents
    await stored.forget_guild(2)
    assert not stored.is_met(2)
    with pytest.raises(ValueError, match="guild_id"):
        await stored.meet({0: None})


async def test_new_guilds_may_be_hidden_at_first(url: str, stored: Store) -> None:
    """Those that are stored stay as they are, whatever the bot is told later."""
    await stored.meet({1: LONG_AGO})
    await stored.close()
    cautious = await Store.open(url, first_shown=False)
    assert cautious.guild(1).shown
    assert not cautious.guild(2).shown
    await cautious.meet({1: LONG_AGO, 2: LONG_AGO})
    assert cautious.guild(1).shown
    assert not cautious.guild(2).shown
    await cautious.close()
    trusting = await Store.open(url)
    assert not trusting.guild(2).shown
    await trusting.close()


async def test_guilds_of_an_older_bot_stay_shown(url: str, stored: Store) -> None:
    """It stored nothing of most of them: when they came tells them from new ones."""
    await stored.save_note("upgraded", str(int(LONG_AGO.timestamp())))
    await stored.close()
    cautious = await Store.open(url, first_shown=False)
    await cautious.meet({1: LONG_AGO - timedelta(days=1), 2: LONG_AGO + timedelta(days=1), 3: None})
    assert [cautious.guild(key).shown for key in (1, 2, 3)] == [True, False, False]
    await cautious.close()


async def test_what_a_caller_holds_may_change(url: str, stored: Store) -> None:
    """Only what is saved holds, not what becomes of the caller's own channels."""
    channels = {1: True}
    await stored.save_guild(1, GuildSettings(channels=channels))
    channels[1] = False
    assert stored.guild(1).channels == {1: True}
    with pytest.raises(TypeError):
        stored.guild(1).channels[1] = False  # type: ignore[index]


@pytest.mark.parametrize(
    "save",
    [
        lambda it: it.save_guild(1, replace(FULL, name="\x00")),
        lambda it: it.save_guild(0, FULL),
        lambda it: it.save_guild(1, replace(FULL, role_id=0)),
        lambda it: it.save_member(-1, HIDDEN),
        lambda it: it.save_member(1, replace(HIDDEN, color="red")),
        lambda it: it.save_default(2**63),
    ],
)
async def test_what_can_not_be(stored: Store, save: Callable[[Store], Awaitable[None]]) -> None:
    """A value that no setting has is a mistake of the caller's, and not of the database."""
    with pytest.raises(ValueError, match="must "):
        await save(stored)
    assert stored._contents == Contents()


# Guilds that the bot was removed from


async def test_a_guild_that_is_left_keeps_its_settings(url: str, stored: Store) -> None:
    """Who invites the bot again finds everything as it was."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    assert await stored.forget_left_before(LONG_AGO) == frozenset()
    assert stored.guild(1) == FULL
    await stored.note_joined(1)
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=365)) == frozenset()
    assert (await contents(url)).guilds[1].settings == FULL


async def test_a_guild_that_was_left_long_ago_is_forgotten(url: str, stored: Store) -> None:
    """Nothing stays of it, also if it was the default."""
    for guild_id in (1, 2, 3):
        await stored.save_guild(guild_id, FULL)
    await stored.save_default(1)
    await stored.note_left(1, LONG_AGO)
    await stored.note_left(2, LONG_AGO + timedelta(days=2))
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=1)) == {1}
    assert stored.guild_ids == {2, 3}
    assert stored.default_guild is None
    assert await contents(url) == stored._contents


async def test_the_first_time_counts(stored: Store) -> None:
    """A guild that is noted at every start as gone is forgotten nevertheless."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    await stored.note_left(1, LONG_AGO + timedelta(days=9))
    await stored.save_guild(1, GuildSettings())
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=1)) == {1}


async def test_of_an_unknown_guild_nothing_is_noted(url: str, stored: Store) -> None:
    """Where there are no settings there is nothing to forget."""
    await stored.note_left(1, LONG_AGO)
    await stored.note_joined(1)
    assert await contents(url) == Contents()


# One after the other


async def test_the_last_one_wins(url: str, stored: Store) -> None:
    """Of many who save at once, memory and database agree on the last."""
    await asyncio.gather(*(stored.save_guild(1, replace(FULL, name=str(n))) for n in range(20)))
    assert stored.guild(1).name == "19"
    assert (await contents(url)).guilds[1].settings.name == "19"


async def test_who_leaves_and_saves_at_once(url: str, stored: Store) -> None:
    """What is noted about a guild doesn't take back what is being saved."""
    await stored.save_guild(1, FULL)
    await asyncio.gather(stored.save_guild(1, GuildSettings()), stored.note_left(1, LONG_AGO))
    assert stored._contents.guilds[1] == (await contents(url)).guilds[1]
    assert stored.guild(1) == GuildSettings()


async def test_who_comes_back_while_it_is_forgotten(url: str, stored: Store) -> None:
    """A guild that is forgotten stays forgotten."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    await asyncio.gather(stored.forget_guild(1), stored.note_joined(1))
    assert await contents(url) == stored._contents == Contents()


async def test_reading_does_not_wait(stored: Store) -> None:
    """While something is being written, what holds is what was there before."""
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    seen = set()
    while not saving.done():
        seen.add(stored.member(1).hidden)
        await asyncio.sleep(0)
    await saving
    assert seen in ({False}, {False, True})
    assert stored.member(1) == HIDDEN


async def test_who_wanted_it_is_gone(url: str, stored: Store) -> None:
    """What is being written is written to its end, also if the one who wanted it is cancelled."""
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    await asyncio.sleep(0)  # it has begun
    saving.cancel()
    await asyncio.wait({saving})
    await stored.close()
    assert stored._contents == await contents(url)


async def test_once_closed_nothing_is_saved(url: str, stored: Store) -> None:
    """What comes too late is told."""
    await stored.close()
    with pytest.raises(NotSaved):
        await stored.save_member(1, HIDDEN)
    assert await contents(url) == Contents()


async def test_closing_waits_for_what_is_being_written(url: str) -> None:
    """A stop loses nothing."""
    stored = await Store.open(url)
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    await asyncio.sleep(0)
    await stored.close()
    await saving
    assert (await contents(url)).members == {1: HIDDEN}


# Writes that fail


@pytest.mark.parametrize("fault", [broken_before, broken_after])
async def test_a_failed_write_changes_nothing(url: str, stored: Store, fault: Any) -> None:
    """Where a write is broken off, what was there holds: now, and after a restart."""
    await stored.save_guild(1, FULL)
    with commits(fault), pytest.raises(NotSaved):
        await stored.save_guild(1, GuildSettings())
    assert stored.guild(1) == FULL
    await stored.save_member(2, HIDDEN)
    assert await contents(url) == stored._contents


async def test_an_uncertain_write_is_taken_back_at_the_end(url: str, stored: Store) -> None:
    """Also if nothing is saved any more before the stop."""
    with commits(broken_after), pytest.raises(NotSaved):
        await stored.save_member(1, HIDDEN)
    assert (await contents(url)).members == {1: HIDDEN}
    await stored.close()
    assert (await contents(url)).members == {}


async def test_a_write_that_takes_too_long(url: str, stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited long enough is told that nothing was changed; and that stays true."""
    clock = Clock(monkeypatch)
    reached, committed = asyncio.Event(), asyncio.Event()

    async def slow(commit: Callable[[], Awaitable[None]]) -> None:
        reached.set()
        with contextlib.suppress(asyncio.CancelledError):  # as if it came at the very moment of success
            await asyncio.Event().wait()
        await commit()
        committed.set()

    with commits(slow):
        saving = asyncio.create_task(stored.save_member(1, HIDDEN))
        await reached.wait()
        await clock.jump(store.PATIENCE)
        with pytest.raises(NotSaved, match="in time"):
            await saving
    await committed.wait()
    assert stored.member(1) == MemberSettings()
    await stored.save_member(2, HIDDEN)
    assert (await contents(url)).members == {2: HIDDEN}


# Whatever happens


class Model:
    """What a store should answer."""

    def __init__(self) -> None:
        self.guilds: dict[int, GuildSettings] = {}
        self.left: dict[int, Any] = {}
        self.members: dict[int, MemberSettings] = {}
        self.default: int | None = None

    def forget(self, guild_id: int) -> None:
        """Forget a guild."""
        self.guilds.pop(guild_id, None)
        self.left.pop(guild_id, None)
        if self.default == guild_id:
            self.default = None

    def take(self, step: tuple[Any, ...]) -> None:
        """Take a step."""
        match step:
            case "save_guild", guild_id, saved:
                self.guilds[guild_id] = saved
            case "save_member", user_id, saved:
                self.members[user_id] = saved
            case "save_default", guild_id:
                self.default = guild_id
            case "note_left", guild_id, when if guild_id in self.guilds:
                self.left.setdefault(guild_id, when)
            case "note_joined", guild_id:
                self.left.pop(guild_id, None)
            case "forget_guild", guild_id:
                self.forget(guild_id)
            case "forget_left_before", when:
                for guild_id in [key for key, left in self.left.items() if left < when]:
                    self.forget(guild_id)

    def check(self, stored: Store) -> None:
        """Compare."""
        assert stored.guild_ids == self.guilds.keys()
        assert stored.default_guild == self.default
        for guild_id in {1, 2, 3, 4, 5, *self.guilds}:
            assert stored.guild(guild_id) == self.guilds.get(guild_id, GuildSettings())
        for user_id in {1, 2, 3, 4, 5, *self.members}:
            assert stored.member(user_id) == self.members.get(user_id, MemberSettings())


STEPS = st.lists(
    st.tuples(
        st.sampled_from([None, None, None, broken_before, broken_after]),
        st.booleans(),
        st.one_of(
            st.tuples(st.just("save_guild"), ids, guild_settings),
            st.tuples(st.just("save_member"), ids, member_settings),
            st.tuples(st.just("save_default"), st.none() | ids),
            st.tuples(st.just("note_left"), ids, times),
            st.tuples(st.just("note_joined"), ids),
            st.tuples(st.just("forget_guild"), ids),
            st.tuples(st.just("forget_left_before"), times),
        ),
    ),
    max_size=8,
)


async def follow(url: str, steps: list[tuple[Any, bool, tuple[Any, ...]]]) -> None:
    """Take steps, some with a broken connection, and start again after some."""
    model = Model()
    stored = await Store.open(url)
    for guild_id in stored.guild_ids:
        await stored.forget_guild(guild_id)
    for user_id in list(stored._contents.members):
        await stored.save_member(user_id, MemberSettings())
    await stored.save_default(None)
    for fault, restart, step in steps:
        name, *arguments = step
        try:
            with commits(fault) if fault else contextlib.nullcontext():
                await getattr(stored, name)(*arguments)
        except NotSaved:
            assert fault
        else:
            model.take(step)
        model.check(stored)
        if restart:
            await stored.close()
            stored = await Store.open(url)
            model.check(stored)
    await stored.close()


@pytest.mark.timeout(120)
@settings(
    max_examples=tries(30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_a_restart_between_any_two_steps(url: str, steps: list[tuple[Any, bool, tuple[Any, ...]]]) -> None:
    """Whatever is saved, noted and forgotten, and whatever fails: the answers are those of the model."""
    asyncio.run(follow(url, steps))


# Secrets


async def test_secrets_are_not_logged(url: str, stored: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the database's password nor what is stored gets into a log, whether it works or not."""
    caplog.set_level(logging.DEBUG)
    secret = replace(FULL, name="a secret name")
    again = await Store.open(url)
    await again.save_guild(1, secret)
    await again.save_note("key", "a secret note")
    with commits(broken_before), pytest.raises(NotSaved) as caught:
        await again.save_guild(2, secret)
    await again.close()
    assert "statement" not in caplog.text
    for text in (caplog.text, repr(caught.value), repr(again), repr(again._engine)):
        for part in (PASSWORD, ESCAPED, "a secret", HASH):
            assert part not in text
