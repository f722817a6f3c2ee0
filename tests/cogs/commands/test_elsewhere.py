"""What is decided in another process of the same bot, and what the status says of all of them."""

import pytest

from bridge.backplane.parts import Overview, Part
from cogs.settings import GuildSettings, MemberSettings, News
from tests.cogs.office import Office

ELSEWHERE = 99


async def test_who_hides_elsewhere_is_hidden_here(office: Office) -> None:
    """Their words first."""
    hidden, muted = MemberSettings(hidden=True), MemberSettings(muted=True)
    shown = MemberSettings()
    await office.decisions.follow(News({}, {7: (shown, hidden), 8: (hidden, shown), 9: (shown, muted)}))
    assert office.bridge.forgotten == [(0, 7), (0, 9)]
    assert office.rooms.shown == [7, 8, 9]


async def test_guilds_of_this_process_follow(office: Office) -> None:
    """Those of others are others' business."""
    guild_id = office.guild.id
    quiet = GuildSettings(messages="off")
    await office.decisions.follow(
        News({guild_id: (GuildSettings(), quiet), ELSEWHERE: (GuildSettings(), quiet)}, {})
    )
    assert office.bridge.forgotten == [(guild_id, None)]
    assert office.rooms.shown == [guild_id]


async def test_another_default(office: Office) -> None:
    """The one that was it is told so, and the one that is it now."""
    await office.decisions.follow(News({}, {}, frozenset({office.guild.id, ELSEWHERE})))
    assert office.rooms.shown == [office.guild.id]


@pytest.mark.parametrize(
    ("overview", "is_alone", "told"),
    [
        (None, True, ""),
        (None, False, "can't be asked now"),
        (Overview(3, 40, 2, ()), False, "Servers: 3. Viewers: 40. Bot processes: 2."),
        (
            Overview(3, 40, 1, (Part(0, 3, 16), Part(5, 5, 16))),
            False,
            "the shards 0-3/16, 5/16: their servers stay",
        ),
        (Overview(3, 40, 1, tuple(Part(n, n, 99) for n in range(0, 99, 2))), False, "16/99, 18/99 …: their"),
    ],
)
async def test_the_status_of_all_processes(
    office: Office, monkeypatch: pytest.MonkeyPatch, overview: Overview | None, is_alone: bool, told: str
) -> None:
    """Who runs the bot reads of all of them, and nobody else does."""

    async def tell() -> Overview | None:
        return overview

    monkeypatch.setattr(office.bridge, "overview", tell)
    monkeypatch.setattr(type(office.bridge), "is_alone", is_alone)
    assert "The whole bot" not in await fields(office)
    office.bot.owner_id = office.manager.id
    assert told in (await fields(office)).get("The whole bot", "")


async def fields(office: Office) -> dict[str, str]:
    """Return what the status says under which title."""
    response = (await office.use(office.manager, "dzone status")).response
    assert response is not None
    return {field.name or "": field.value or "" for field in response.embeds[0].fields}
