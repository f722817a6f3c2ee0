"""Who talks where."""

from typing import Any

import pytest
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, OverwriteType

from bot.policy import HIDE_OFFLINE_ABOVE
from tests.cogs.town import VIEW, Payload, Town, Viewer

NOWHERE: Payload = {
    "channel": None, "channelName": None, "muted": False, "deafened": False, "streaming": False,
}  # fmt: skip


def place(channel: Any, **how: bool) -> Payload:
    """Say that somebody is in a channel."""
    return NOWHERE | {"channel": str(channel.id), "channelName": channel.name} | how


def places(town: Town, events: list[Payload]) -> list[Payload]:
    """Say where ann went, one place after the other; nobody else moved."""
    assert {event["uid"] for event in events} <= {str(town.ann.id)}
    return [{key: value for key, value in event.items() if key != "uid"} for event in events]


async def test_joining_and_leaving(town: Town, viewer: Viewer) -> None:
    """Who comes to talk is there, and nowhere when they have left."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.ann.leave_voice()
    assert places(town, await town.news(viewer, "voice")) == [place(lounge), NOWHERE]


async def test_a_stage(town: Town, viewer: Viewer) -> None:
    """A stage is a place to talk, for who may; the others listen."""
    stage = town.channel("Theatre", ChannelType.STAGE_VOICE)
    await town.ann.join_voice(stage)
    for suppress in (True, False):
        town.env.backend.set_voice_state(town.guild.id, town.ann.id, stage.id, suppress=suppress)
        await town.settle()
    assert places(town, await town.news(viewer, "voice")) == [
        place(stage, speaker=True), place(stage, muted=True), place(stage, speaker=True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "how"),
    [
        ("self_mute", {"muted": True}),
        ("mute", {"muted": True}),
        ("suppress", {"muted": True}),
        ("self_deaf", {"deafened": True}),
        ("deaf", {"deafened": True}),
        ("self_stream", {"streaming": True}),
    ],
)
async def test_how_they_talk(town: Town, viewer: Viewer, flag: str, how: dict[str, bool]) -> None:
    """Who can't talk, can't hear, or shows their screen is seen to."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    town.env.backend.set_voice_state(town.guild.id, town.ann.id, lounge.id, **{flag: True})
    assert places(town, await town.news(viewer, "voice")) == [place(lounge), place(lounge, **how)]


async def test_a_camera(town: Town, viewer: Viewer) -> None:
    """A camera is nothing that viewers are told of."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    town.env.backend.set_voice_state(town.guild.id, town.ann.id, lounge.id, self_video=True)
    assert await town.news(viewer, "voice") == []


async def test_moving(town: Town, viewer: Viewer) -> None:
    """Who changes channel is in the other one at once."""
    lounge, cellar = town.channel("Lounge", ChannelType.VOICE), town.channel("Cellar", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.ann.join_voice(cellar)
    assert places(town, await town.news(viewer, "voice")) == [place(lounge), place(cellar)]


async def test_a_hidden_channel(town: Town, viewer: Viewer) -> None:
    """Who talks where not everybody may look: nobody sees them come, mute themselves and go."""
    den = town.channel("den-of-thieves", ChannelType.VOICE, hidden=True)
    await town.ann.join_voice(den)
    await town.ann.set_voice(self_mute=True)
    await town.ann.leave_voice()
    assert await town.news(viewer) == []
    assert "den-of-thieves" not in str([viewer.joined, viewer.frames])


async def test_a_hidden_channel_at_the_join(town: Town) -> None:
    """Nor does who comes later."""
    den = town.channel("den-of-thieves", ChannelType.VOICE, hidden=True)
    await town.ann.join_voice(den)
    viewer = await town.viewer()
    assert viewer.users[str(town.ann.id)]["voice"] is None
    assert "den-of-thieves" not in str(viewer.joined)


async def test_moving_into_a_hidden_channel(town: Town, viewer: Viewer) -> None:
    """Who goes where not everybody may look has gone."""
    lounge, den = (
        town.channel("Lounge", ChannelType.VOICE),
        town.channel("den", ChannelType.VOICE, hidden=True),
    )
    await town.ann.join_voice(lounge)
    await town.ann.join_voice(den)
    assert places(town, await town.news(viewer, "voice")) == [place(lounge), NOWHERE]


async def test_an_age_restricted_channel(town: Town, viewer: Viewer) -> None:
    """What is for adults isn't shown either."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.restrict(lounge)
    await town.ann.join_voice(lounge)
    assert await town.news(viewer, "voice") == []


async def test_a_channel_that_is_hidden(town: Town, viewer: Viewer) -> None:
    """When a channel is taken away from @everyone, those in it are nowhere until it is back."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    await town.hide(lounge)
    await town.show(lounge)
    assert places(town, await town.news(viewer, "voice")) == [NOWHERE, place(lounge)]


async def test_a_channel_that_is_restricted(town: Town, viewer: Viewer) -> None:
    """An age limit takes a channel away as well."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    await town.restrict(lounge)
    assert places(town, await town.news(viewer, "voice")) == [NOWHERE]


async def test_everything_is_hidden(town: Town, viewer: Viewer) -> None:
    """When @everyone loses sight of voice channels, nobody talks anywhere."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    everybody = Overwrite(town.guild.id, OverwriteType.ROLE, allow=VIEW)
    town.env.backend.set_overwrite(town.square.id, everybody)
    town.env.backend.edit_role(town.guild.id, town.guild.id, {"permissions": 0})
    assert places(town, await town.news(viewer, "voice")) == [NOWHERE]


async def test_a_guild_that_is_restricted(town: Town, viewer: Viewer) -> None:
    """So it is when the guild gets an age limit."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    await town.guild_update(nsfw_level=3)
    assert places(town, await town.news(viewer, "voice")) == [NOWHERE]


async def test_a_channel_that_is_renamed(town: Town, viewer: Viewer) -> None:
    """Those in it are where it is called otherwise now."""
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.news(viewer)
    await town.change(lounge, name="Parlour")
    assert places(town, await town.news(viewer, "voice")) == [place(lounge, channelName="Parlour")]  # type: ignore[arg-type]


async def test_the_invisible(town: Town) -> None:
    """Who isn't seen in a large guild isn't seen talking."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.dispatch("members_loaded", town.cached)
    viewer = await town.viewer()
    lounge = town.channel("Lounge", ChannelType.VOICE)
    await town.ann.join_voice(lounge)
    await town.change(lounge, name="Parlour")
    assert await town.news(viewer, "voice", "presence") == []


async def test_voice_is_not_for_old_clients(town: Town) -> None:
    """Who didn't ask for voice hears of none."""
    viewer = await town.plain_viewer()
    await town.ann.join_voice(town.channel("Lounge", ChannelType.VOICE))
    assert await town.news(viewer) == []
