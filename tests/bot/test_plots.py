"""The numbers that say where on the island channels are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.plots import AT_ONCE, Plots
from bridge.model import Channel
from cogs.settings import NotSaved

from .memory import MemorySettings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

GUILD = 7


class Town:
    """A guild's channels, and what the bot has kept of them."""

    def __init__(self) -> None:
        self.settings = MemorySettings()
        self.saving: list[Coroutine[Any, Any, None]] = []
        self.restart()

    def restart(self) -> None:
        self.plots = Plots(self.settings, lambda work, _: self.saving.append(work))

    def given(self, *ids: str, hidden: tuple[str, ...] = ()) -> dict[str, int | None]:
        channels = [Channel(each, each) for each in ids]
        return {each.id: each.plot for each in self.plots.given(GUILD, channels, {*ids, *hidden})}

    async def save(self) -> None:
        for work in self.saving:
            await work
        self.saving = []


async def test_channels_keep_their_numbers_whoever_goes() -> None:
    """A new one gets the smallest that is free."""
    town = Town()
    assert town.given("30", "10", "20") == {"30": 0, "10": 1, "20": 2}
    assert town.given("20", "30") == {"20": 2, "30": 0}
    assert town.given("5", "20", "6", "30") == {"5": 1, "20": 2, "6": 3, "30": 0}
    await town.save()


async def test_numbers_outlive_a_restart() -> None:
    town = Town()
    town.given("1", "2", "3")
    town.given("2", "3")
    await town.save()
    town.restart()
    assert town.given("3", "4", "2") == {"3": 2, "4": 0, "2": 1}
    await town.save()


async def test_a_channel_that_is_hidden_for_a_while_keeps_its_number() -> None:
    town = Town()
    town.given("1", "2")
    assert town.given("2", "3", hidden=("1",)) == {"2": 1, "3": 2}
    assert town.given("1", "2", "3") == {"1": 0, "2": 1, "3": 2}
    await town.save()


async def test_nothing_is_stored_without_a_change() -> None:
    town = Town()
    town.given("1")
    await town.save()
    town.given("1")
    assert town.saving == []


@pytest.mark.parametrize("note", ["no list", "{}", "[[], 3]"])
async def test_a_note_that_nobody_can_read_is_none(note: str) -> None:
    town = Town()
    town.settings.notes[f"plots {GUILD}"] = note
    assert town.given("1") == {"1": 0}
    await town.save()


async def test_a_guild_that_was_forgotten_is_stored_anew() -> None:
    """Nothing of it was kept elsewhere, or its places would move at the next start."""
    town = Town()
    town.given("1", "2")
    await town.save()
    town.settings.notes.clear()
    assert town.given("2", "1") == {"2": 0, "1": 1}
    await town.save()
    assert town.settings.notes == {f"plots {GUILD}": '["2", "1"]'}


async def test_many_guilds_are_stored_a_portion_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whoever decides something at a start would wait for a write for each guild."""
    town, portions = Town(), []

    async def save(notes: Mapping[str, str | None]) -> None:
        portions.append(len(notes))

    monkeypatch.setattr(town.settings, "save_notes", save)
    for guild_id in range(2 * AT_ONCE + 1):
        town.plots.given(guild_id, [Channel("1", "1")], {"1"})
    await town.save()
    assert portions == [AT_ONCE, AT_ONCE, 1]


async def test_a_database_that_is_away_costs_a_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be stored is, with what is next."""
    town = Town()

    async def refuse(notes: Mapping[str, str | None]) -> None:
        raise NotSaved("away")

    with monkeypatch.context() as away:
        away.setattr(town.settings, "save_notes", refuse)
        town.given("1")
        await town.save()
    assert "isn't stored" in caplog.text
    assert town.settings.notes == {}
    town.plots.given(8, [Channel("2", "2")], {"2"})
    await town.save()
    assert town.settings.notes == {f"plots {GUILD}": '["1"]', "plots 8": '["2"]'}
