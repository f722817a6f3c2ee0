"""Guilds come and go, change their name and their channels; rooms follow."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from simcord.backend import serializers
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import ChannelType, OverwriteType
from simcord.env import Env

from bot import internals
from bot.client import DZoneBot
from bot.words.slug import code_of, slug_of
from bridge.rooms.directory import LOBBY
from cogs.events.guilds import Guilds
from cogs.rooms import Rooms
from tests.bridge.watchers import PATIENCE
from tests.cogs.town import ALL_EVENTS, VIEW, Payload, Town, Viewer


def listed(town: Town, name: str = "Town") -> Payload:
    """Say what the list of servers has of the town."""
    return {"id": slug_of(name, town.guild.id), "name": name, "passworded": False}


# Guilds come and go


@pytest.fixture
async def early(env: Env, bot: DZoneBot) -> AsyncIterator[Viewer]:
    """Somebody who came before the bot was in any guild."""
    viewer = await Viewer.join(bot.bridge.port, None, events=ALL_EVENTS)
    yield viewer
    await viewer.close()


async def test_before_the_first_guild(early: Viewer) -> None:
    """Where there is no guild yet, one waits in the lobby."""
    assert early.joined["serverName"] == LOBBY.name
    assert early.users == {}


async def test_the_first_guild(env: Env, early: Viewer) -> None:
    """Who waits in the lobby is led into the first guild."""
    env.create_guild("Town").create_text_channel("square")
    await env.settle()
    joined = await early.next("server-join")
    assert joined["serverName"] == "Town"
    assert {user["username"] for user in joined["users"].values()} == {"Town Owner", "TestBot"}


async def test_a_new_guild(town: Town, viewer: Viewer) -> None:
    """When the bot is invited somewhere else, the list of servers grows."""
    other = town.another()
    servers = (await town.news(viewer, "servers"))[-1]
    assert servers == {
        str(town.guild.id): listed(town),
        str(other.id): {"id": slug_of("Elsewhere", other.id), "name": "Elsewhere", "passworded": False},
    }


async def test_a_new_guild_can_be_watched(town: Town) -> None:
    """A guild is there as soon as the bot is."""
    other = town.another()
    assert (await town.viewer(other)).joined["serverName"] == "Elsewhere"


async def test_a_guild_that_calls_itself_new(town: Town) -> None:
    """Some guilds come with the word of an invitation, and others with that of a start: both are shown."""
    backend = town.env.backend
    payload: Payload = dict(serializers.guild_create_payload(backend, backend.guilds[town.guild.id]))
    del payload["unavailable"]
    await town.tell("GUILD_DELETE", {"id": str(town.guild.id)})
    await town.tell("GUILD_CREATE", payload)
    assert (await town.viewer()).joined["serverName"] == "Town"


async def test_the_list_is_sent_once_to_old_clients(town: Town) -> None:
    """A second list adds a second button to an old client: there is none."""
    viewer = await town.plain_viewer()
    town.another()
    assert await town.news(viewer) == []


async def test_the_bot_is_thrown_out(town: Town) -> None:
    """Who watched is told and let go; who watches another guild sees the list shrink."""
    other = town.another()
    here, there = await town.viewer(), await town.viewer(other)
    town.env.backend.remove_guild(town.guild.id)
    code, last = await here.goodbye()
    assert code == 1008
    assert last[-1]["type"] == "error"
    assert (await there.next("servers")).keys() == {str(other.id)}


async def test_an_outage(town: Town, viewer: Viewer) -> None:
    """While Discord has an outage, viewers keep what they see, and new ones see it as well."""
    await town.tell("GUILD_DELETE", {"id": str(town.guild.id), "unavailable": True})
    assert (await town.viewer()).users == viewer.users
    assert town.bridge.connections


async def test_the_end_of_an_outage(town: Town, viewer: Viewer) -> None:
    """What changed meanwhile is seen when it is over: a name, somebody new, somebody who left."""
    backend = town.env.backend
    await town.tell("GUILD_DELETE", {"id": str(town.guild.id), "unavailable": True})
    stored = backend.guilds[town.guild.id]
    stored.name = "City"
    del stored.members[town.bob.id]
    newcomer = town.env.create_user("newcomer")
    backend.add_member(stored.id, newcomer.id)
    await town.tell("GUILD_CREATE", serializers.guild_create_payload(backend, stored))
    events = await town.news(viewer)
    assert {str(town.guild.id): listed(town, "City")} in events
    assert {event["uid"]: event.get("delete", False) for event in events if "uid" in event} == {
        str(newcomer.id): False,
        str(town.bob.id): True,
    }


async def test_who_went_offline_during_an_outage(town: Town, viewer: Viewer) -> None:
    """Who isn't there any more when it is over isn't shown as if they were."""
    await town.presence(town.ann, "dnd")
    await town.news(viewer)
    backend = town.env.backend
    await town.tell("GUILD_DELETE", {"id": str(town.guild.id), "unavailable": True})
    await town.tell("GUILD_CREATE", serializers.guild_create_payload(backend, backend.guilds[town.guild.id]))
    events = await town.news(viewer, "presence")
    assert {"uid": str(town.ann.id), "status": "offline"} in events


# A guild's own data


async def test_a_new_name(town: Town, viewer: Viewer) -> None:
    """A new name is a new entry in the list, and a new slug."""
    await town.guild_update(name="City")
    assert await town.news(viewer) == [{str(town.guild.id): listed(town, "City")}]


@pytest.mark.parametrize("link", ["town-{}", "city-{}", "anything-{}", "{}"])
async def test_links_after_a_new_name(town: Town, link: str) -> None:
    """Links to the old name go on working; the answer has the new one."""
    await town.guild_update(name="City")
    viewer = await town.viewer(link.format(code_of(town.guild.id)))
    assert viewer.joined["serverName"] == "City"
    assert viewer.joined["request"]["server"] == slug_of("City", town.guild.id)


async def test_a_change_nobody_sees(town: Town, viewer: Viewer) -> None:
    """A new icon or description is no event."""
    await town.guild_update(icon="abc", description="A nice place")
    assert await town.news(viewer) == []


async def test_counts(town: Town) -> None:
    """Who joins learns how many there are."""
    await town.presence(town.ann, "idle")
    town.guild.add_member(town.env.create_user("cid"))
    assert (await town.viewer()).joined["counts"] == {"members": 6, "online": 1, "shown": 6}
    town.guild.remove_member(town.bob)
    assert (await town.viewer()).joined["counts"] == {"members": 5, "online": 1, "shown": 5}


# Members who are still on their way


async def test_members_who_arrive(town: Town, viewer: Viewer) -> None:
    """While members arrive, those who are there are shown, and nobody is taken away."""
    town.lose(town.bob)
    ann = town.cached.get_member(town.ann.id)
    assert ann is not None
    ann.nick = "Queen Ann"
    await town.dispatch("members_loading", town.cached)
    (event,) = await town.news(viewer)
    assert (event["uid"], event["username"]) == (str(town.ann.id), "Queen Ann")


async def test_members_who_are_all_there(town: Town, viewer: Viewer) -> None:
    """When all have arrived, who isn't among them has left."""
    town.lose(town.bob)
    internals.mark_loaded(town.cached)
    await town.dispatch("members_loaded", town.cached)
    gone = {"uid": str(town.bob.id), "status": "offline", "delete": True}
    assert await town.news(viewer, "presence") == [gone]


async def test_members_who_are_missing(town: Town, viewer: Viewer) -> None:
    """Who is missing when a guild becomes available is asked for, and isn't taken away before."""
    town.lose(town.bob)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(town.bot.wait_for("members_loaded", timeout=PATIENCE))
        await town.dispatch("guild_available", town.cached)
    assert town.cached.get_member(town.bob.id) is not None
    assert await town.news(viewer) == []


async def test_a_resumed_session(town: Town, viewer: Viewer) -> None:
    """After a resume, rooms are brought to what the cache knows."""
    bob = town.cached.get_member(town.bob.id)
    assert bob is not None
    bob.nick = "Robert"
    await town.dispatch("shard_resumed", 0)
    assert [event["username"] for event in await town.news(viewer)] == ["Robert"]


@pytest.mark.parametrize("why", ["another shard", "an outage"])
async def test_a_resumed_session_of_others(town: Town, viewer: Viewer, why: str) -> None:
    """Guilds of other shards, and those in an outage, stay as they are."""
    bob = town.cached.get_member(town.bob.id)
    assert bob is not None
    bob.nick = "Robert"
    town.cached.unavailable = why == "an outage"
    await town.dispatch("shard_resumed", 1 if why == "another shard" else 0)
    assert await town.news(viewer) == []


# Channels


def names(channels: Payload) -> list[str]:
    """Name channels."""
    return sorted(channel["name"] for channel in channels.values())


async def test_channels_at_the_join(town: Town) -> None:
    """Who joins learns which channels there are, of which kind, and where: also on the island."""
    outside = town.guild.create_category("Outside")
    garden = town.guild.create_text_channel("garden", category=outside)
    lounge = town.guild.create_voice_channel("Lounge")
    viewer = await town.viewer()
    assert viewer.joined["channels"] == {
        str(town.square.id): {"name": "square", "kind": "text", "category": None, "position": 0, "plot": 0},
        str(garden.id): {"name": "garden", "kind": "text", "category": "Outside", "position": 2, "plot": 2},
        str(lounge.id): {"name": "Lounge", "kind": "voice", "category": None, "position": 3, "plot": 1},
    }


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (ChannelType.NEWS, "news"),
        (ChannelType.VOICE, "voice"),
        (ChannelType.STAGE_VOICE, "stage"),
        (ChannelType.FORUM, "forum"),
    ],
)
async def test_a_new_channel(town: Town, viewer: Viewer, kind: ChannelType, shown: str) -> None:
    """A new channel comes with the whole map."""
    channel = town.channel("new", kind)
    (channels,) = await town.news(viewer)
    assert channels.keys() == {str(town.square.id), str(channel.id)}
    assert channels[str(channel.id)]["kind"] == shown


async def test_a_channel_is_deleted(town: Town, viewer: Viewer) -> None:
    """A channel that is gone is no longer in the map."""
    park = town.channel("park")
    await town.news(viewer)
    town.env.backend.delete_channel(park.id)
    assert [names(channels) for channels in await town.news(viewer)] == [["square"]]


async def test_a_channel_is_renamed(town: Town, viewer: Viewer) -> None:
    """A channel's new name comes with the whole map."""
    await town.change(town.square, name="market")
    assert [names(channels) for channels in await town.news(viewer, "channels")] == [["market"]]


async def test_a_channel_moves(town: Town, viewer: Viewer) -> None:
    """Its new place as well."""
    await town.change(town.square, position=7)
    assert [channels[str(town.square.id)]["position"] for channels in await town.news(viewer)] == [7]


async def test_a_category_is_renamed(town: Town) -> None:
    """A category's new name is that of its channels' category."""
    outside = town.guild.create_category("Outside")
    garden = town.guild.create_text_channel("garden", category=outside)
    viewer = await town.viewer()
    await town.change(outside, name="Open Air")
    (channels,) = await town.news(viewer, "channels")
    assert channels[str(garden.id)]["category"] == "Open Air"


@pytest.mark.parametrize("how", ["hidden", "restricted"])
async def test_a_channel_disappears(town: Town, viewer: Viewer, how: str) -> None:
    """A channel that may no longer be shown is no longer in the map."""
    park = town.channel("park")
    await town.news(viewer)
    if how == "hidden":
        await town.hide(park)
    else:
        await town.restrict(park)
    assert [names(channels) for channels in await town.news(viewer)] == [["square"]]


async def test_a_channel_appears(town: Town, viewer: Viewer) -> None:
    """A channel that may be shown again is there again."""
    park = town.channel("park")
    await town.news(viewer)
    await town.hide(park)
    await town.show(park)
    assert [names(channels) for channels in await town.news(viewer)] == [["square"], ["park", "square"]]


async def test_everything_disappears(town: Town, viewer: Viewer) -> None:
    """When @everyone may view nothing any more, nothing and nobody is shown, until somebody decides."""
    town.env.backend.edit_role(town.guild.id, town.guild.id, {"permissions": 0})
    await viewer.until(lambda event: event["type"] == "servers" and event["data"] == {})
    late = await town.viewer()
    assert (late.users, late.joined["channels"], late.joined["counts"]["members"]) == ({}, {}, 0)


async def test_a_guild_tells_that_everything_disappeared(town: Town, viewer: Viewer) -> None:
    """It comes with its roles: an event of theirs that follows would be no news any more."""
    backend = town.env.backend
    everyone = serializers.roles_payload(backend.guilds[town.guild.id])[0]
    await town.guild_update(roles=[{**everyone, "permissions": "0"}])
    await viewer.until(lambda event: event["type"] == "servers" and event["data"] == {})
    late = await town.viewer()
    assert (late.users, late.joined["channels"]) == ({}, {})


async def test_a_role_changes_nothing(town: Town, viewer: Viewer) -> None:
    """What a role may view is nobody else's business."""
    role = town.guild.create_role("Elders")
    await town.recolor(role, permissions=0)
    assert await town.news(viewer) == []


async def test_an_age_restricted_guild(town: Town, viewer: Viewer) -> None:
    """When the whole guild gets an age limit, no channel is shown any more."""
    await town.guild_update(nsfw_level=3)
    assert await town.news(viewer) == [{}]


async def secret_channel(town: Town) -> ChannelHandle:
    """Make a channel that may not be shown."""
    channel = town.channel("den-of-thieves", hidden=True)
    await town.settle()
    return channel


async def test_what_happens_to_a_hidden_channel(town: Town, viewer: Viewer) -> None:
    """Nobody hears of a hidden channel: not that it is made, moved, renamed or deleted."""
    channel = await secret_channel(town)
    await town.change(channel, position=9)
    await town.change(channel, name="den-of-robbers")
    town.env.backend.delete_channel(channel.id)
    assert await town.news(viewer) == []
    assert "den-of" not in str([viewer.joined, viewer.frames])


async def test_a_hidden_channel_at_the_join(town: Town) -> None:
    """Nor that there is one."""
    await secret_channel(town)
    assert names((await town.viewer()).joined["channels"]) == ["square"]


async def test_an_empty_category(town: Town, viewer: Viewer) -> None:
    """A category is no channel."""
    town.guild.create_category("Outside")
    assert await town.news(viewer) == []


async def test_channels_are_not_for_old_clients(town: Town) -> None:
    """Who asked for nothing gets no map, now or later."""
    viewer = await town.plain_viewer()
    town.channel("new")
    assert "channels" not in viewer.joined
    assert await town.news(viewer) == []


# What changes too often


async def test_a_change_of_a_channel_that_nobody_sees(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as how often one may write there: not all of the guild is looked at for that."""
    rooms = rooms_of(town)
    opened: list[int] = []
    open_room = rooms.open

    def note(guild_id: int) -> None:
        opened.append(guild_id)
        open_room(guild_id)

    monkeypatch.setattr(rooms, "open", note)
    await town.change(town.square, rate_limit_per_user=5)
    assert opened == []
    await town.change(town.square, name="piazza")
    assert opened == [town.guild.id]


async def test_a_guild_whose_channels_change_all_the_time(town: Town, viewer: Viewer) -> None:
    """It waits, and all that has changed by then is shown at once; what is hidden doesn't wait."""
    den = town.channel("den")
    await town.news(viewer)
    with town.env._bot_scope():  # which has a time of its own
        rooms_of(town)._allowance.pay(town.guild.id, 1e9)
    backend = town.env.backend
    for name in ("piazza", "plaza"):
        backend.edit_channel(town.square.id, {"name": name})
    backend.set_overwrite(den.id, Overwrite(town.guild.id, OverwriteType.ROLE, deny=VIEW))

    def names(event: Payload) -> list[str]:
        return [channel["name"] for channel in event["data"].values()] if event["type"] == "channels" else []

    before = await viewer.until(lambda event: names(event) == ["square"])
    assert not any(map(names, before))
    before = await viewer.until(lambda event: names(event) == ["plaza"])
    assert not any(map(names, before))


async def test_a_guild_whose_colours_change_all_the_time(
    town: Town, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who have them are looked at when there is time; what changes meanwhile is shown at once."""
    monkeypatch.setattr(rooms_of(town)._passes._allowance, "_longest", 0.5)
    role = town.guild.create_role("Painters", color=0x111111)
    await town.give(town.ann, role)
    await town.news(viewer)
    with town.env._bot_scope():  # which has a time of its own
        rooms_of(town)._passes._allowance.pay(town.guild.id, 1e9)
    for color in (0x222222, 0x333333, 0x444444):
        town.env.backend.edit_role(town.guild.id, role.id, {"color": color})
    before = await viewer.until(lambda event: event["data"].get("roleColor") == "#444444")
    assert not {event["data"].get("roleColor") for event in before} & {"#222222", "#333333"}


def rooms_of(town: Town) -> Rooms:
    """Give what keeps the rooms."""
    guilds = town.bot.get_cog("Guilds")
    assert isinstance(guilds, Guilds)
    return guilds._rooms
