"""The events that a viewer gets who asks for them, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import VOICE
from tests.e2e.viewer import ALL_EVENTS, Viewer

if TYPE_CHECKING:
    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.model import Channel

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def lounge(town: Town, guild: Guild) -> Channel:
    """A voice channel of that guild."""
    channel = guild.channel("Lounge", VOICE)
    town.discord.create_channel(channel)
    return channel


async def test_edit(town: Town, curious: Viewer, guild: Guild) -> None:
    """New words for a message, as people read them."""
    ann = guild.member("ann")
    message = town.discord.say(guild.public, ann, "helo")
    town.discord.edit(guild.public, message, "**hello**")
    await curious.happens("edit")
    assert curious.of("edit") == [
        {"uid": ann.uid, "channel": str(guild.public.id), "id": message["id"], "message": "hello"}
    ]


async def test_a_link_gets_its_preview(town: Town, curious: Viewer, guild: Guild) -> None:
    """Discord calls that an update too; nobody edited anything."""
    ann = guild.member("ann")
    message = town.discord.say(guild.public, ann, "look: https://example.org")
    town.discord.add_preview(guild.public, message)
    town.discord.say(guild.public, ann, "after")
    await curious.hears("after")
    assert curious.of("edit") == []


async def test_delete(town: Town, curious: Viewer, guild: Guild) -> None:
    """A message that is taken back has no words any more."""
    ann = guild.member("ann")
    message = town.discord.say(guild.public, ann, "oops")
    town.discord.delete(guild.public, message)
    await curious.happens("edit")
    assert curious.of("edit") == [
        {"uid": ann.uid, "channel": str(guild.public.id), "id": message["id"], "message": None}
    ]


async def test_delete_in_bulk(town: Town, curious: Viewer, guild: Guild) -> None:
    """A moderator takes back several messages at once."""
    messages = [town.discord.say(guild.public, guild.member("ann"), f"spam {number}") for number in range(3)]
    town.discord.delete(guild.public, *messages)
    await curious.happens("edit", 3)
    assert {(data["id"], data["message"]) for data in curious.of("edit")} == {
        (message["id"], None) for message in messages
    }


async def test_typing(town: Town, curious: Viewer, guild: Guild) -> None:
    """Somebody types."""
    town.discord.type(guild.public, guild.member("bob"))
    await curious.happens("typing")
    assert curious.of("typing") == [{"uid": guild.member("bob").uid, "channel": str(guild.public.id)}]


async def test_reaction(town: Town, curious: Viewer, guild: Guild) -> None:
    """Somebody reacts, with an emoji of everybody's or of the guild's own."""
    message = town.discord.say(guild.public, guild.member("ann"), "news")
    party = guild.emoji("party")
    town.discord.react(guild.public, guild.member("bob"), message, "👍")
    town.discord.react(guild.public, guild.member("bob"), message, party)
    await curious.happens("reaction", 2)
    first, second = curious.of("reaction")
    assert first == {"uid": guild.member("bob").uid, "channel": str(guild.public.id), "emoji": "👍"}
    assert second["emoji"] == ":party:"


async def test_voice(town: Town, curious: Viewer, guild: Guild, lounge: Channel) -> None:
    """Somebody joins a voice channel, mutes, streams, and leaves."""
    ann = guild.member("ann")
    there = {"uid": ann.uid, "channel": str(lounge.id), "channelName": "Lounge"}
    silent = {"muted": False, "deafened": False, "streaming": False}
    states: tuple[dict[str, bool], ...] = ({}, {"self_mute": True, "self_deaf": True}, {"self_stream": True})
    for number, state in enumerate(states, start=1):
        town.discord.speak(ann, lounge, **state)
        await curious.happens("voice", number)
    town.discord.speak(ann, None)
    await curious.happens("voice", 4)
    joined, muted, streaming, left = curious.of("voice")
    assert joined == there | silent
    assert muted == there | {"muted": True, "deafened": True, "streaming": False}
    assert streaming == there | silent | {"streaming": True}
    assert (left["uid"], left["channel"]) == (ann.uid, None)


async def test_activity(town: Town, curious: Viewer, guild: Guild) -> None:
    """Somebody plays, and stops."""
    ann = guild.member("ann")
    town.discord.set_activities(ann, {"name": "Factorio", "type": 0})
    await curious.happens("activity", 1)
    town.discord.set_activities(ann)
    await curious.happens("activity", 2)
    assert curious.of("activity") == [
        {"uid": ann.uid, "text": "Playing Factorio"},
        {"uid": ann.uid, "text": None},
    ]


async def test_what_was_before_is_in_the_snapshot(
    town: Town, guild: Guild, lounge: Channel, curious: Viewer, watch: Watch
) -> None:
    """Who comes later sees who talks where, what they play, and the channels."""
    ann = guild.member("ann")
    town.discord.speak(ann, lounge)
    town.discord.set_activities(ann, {"name": "Factorio", "type": 0})
    await curious.happens("activity")
    later = await watch(town.bot, guild, events=["voice", "activity"])
    user = later.users[ann.uid]
    assert user["voice"]["channel"] == str(lounge.id)
    assert user["activity"] == "Playing Factorio"
    channels = later.joined[0]["channels"]
    assert channels[str(lounge.id)]["kind"] == "voice"
    assert channels[str(guild.public.id)]["name"] == "general"
    assert later.joined[0]["counts"]["members"] == len(guild.members)


async def test_each_event_only_where_asked_for(
    town: Town, guild: Guild, lounge: Channel, viewer: Viewer, curious: Viewer, watch: Watch
) -> None:
    """A viewer gets the kinds it named, and one that named none gets messages and presences alone."""
    picky = await watch(town.bot, guild, events=["typing"])
    ann = guild.member("ann")
    message = town.discord.say(guild.public, ann, "one")
    town.discord.edit(guild.public, message, "two")
    town.discord.type(guild.public, ann)
    town.discord.react(guild.public, ann, message, "👍")
    town.discord.boost(ann)
    town.discord.speak(ann, lounge)
    town.discord.set_activities(ann, {"name": "Factorio", "type": 0})
    town.discord.set_status(ann, "idle")
    town.discord.set_nick(ann, "Annie")  # unlike a status, it is dealt with after all that came before
    for witness in (viewer, picky, curious):
        await witness.until(lambda: witness.users[ann.uid]["username"] == "Annie")  # noqa: B023
    kinds = [{event["type"] for event in witness.events} for witness in (viewer, picky, curious)]
    assert kinds[0] == {"message", "presence"}
    assert kinds[1] == {"message", "presence", "typing"}
    # Whatever happens to the list is about guilds of other tests.
    assert kinds[2] | {"servers"} == {"message", "presence", *ALL_EVENTS}
    assert not any("cursor" in frame for frame in viewer.frames)
