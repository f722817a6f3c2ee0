"""Who is there, and how."""

from typing import Any

import pytest
from simcord.builders import RoleHandle

from bot.policy import HIDE_OFFLINE_ABOVE
from cogs.settings import GuildSettings
from tests.cogs.town import Payload, Town, Viewer

GREEN, BLUE = 0x2ECC71, 0x3498DB
GAME: Payload = {"type": 0, "name": "Factorio", "id": "1"}
CUSTOM: Payload = {"type": 4, "name": "Custom Status", "state": "gardening", "id": "custom"}


def known(viewer: Viewer) -> set[str]:
    """Name who was there at the join."""
    return {user["username"] for user in viewer.users.values()}


# Who is there


async def test_everybody_is_there(town: Town, viewer: Viewer) -> None:
    """A small guild shows all its members: bots, and those who are offline."""
    assert known(viewer) == {"Town Owner", "TestBot", "keeper", "ann", "bob"}


async def test_somebody_joins(town: Town, viewer: Viewer) -> None:
    """Who is new comes with all there is to know."""
    cid = town.guild.add_member(town.env.create_user("cid", bot=True))
    assert await town.news(viewer) == [
        {
            "uid": str(cid.id),
            "status": "offline",
            "username": "cid",
            "roleColor": "#ffffff",
            "bot": True,
            "avatar": f"https://cdn.discordapp.com/embed/avatars/{(cid.id >> 22) % 6}.png?size=64",
        }
    ]


async def test_somebody_joins_for_an_old_client(town: Town) -> None:
    """Who asked for nothing gets a name and a colour with somebody new, and no more."""
    viewer = await town.plain_viewer()
    role = town.guild.create_role("Green", color=GREEN)
    cid = town.guild.add_member(town.env.create_user("cid"), roles=[role], nick="Sid")
    assert await town.news(viewer) == [
        {"uid": str(cid.id), "status": "offline", "username": "Sid", "roleColor": "#2ecc71"}
    ]


async def test_somebody_leaves(town: Town, viewer: Viewer) -> None:
    """Who leaves is taken away."""
    town.guild.remove_member(town.ann)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": "offline", "delete": True}]


async def test_somebody_is_banned(town: Town, viewer: Viewer) -> None:
    """So is who has to leave."""
    town.env.backend.apply_ban(town.guild.id, town.ann.id, None)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": "offline", "delete": True}]


async def test_somebody_unknown_leaves(town: Town, viewer: Viewer) -> None:
    """Of who was never there nobody has to be told."""
    user = {"id": "4711", "username": "x", "discriminator": "0", "avatar": None}
    await town.tell("GUILD_MEMBER_REMOVE", {"guild_id": str(town.guild.id), "user": user})
    assert await town.news(viewer) == []


async def test_somebody_leaves_an_unknown_guild(town: Town, viewer: Viewer) -> None:
    """Nor of who leaves a guild that isn't there."""
    user = {"id": str(town.ann.id), "username": "ann", "discriminator": "0", "avatar": None}
    await town.tell("GUILD_MEMBER_REMOVE", {"guild_id": "4711", "user": user})
    assert await town.news(viewer) == []


async def test_somebody_leaves_before_the_cache_knew_them(town: Town, viewer: Viewer) -> None:
    """Who is in the room but not in the cache is taken away all the same."""
    town.cached._remove_member(town.cached.get_member(town.ann.id))  # type: ignore[arg-type]
    town.guild.remove_member(town.ann)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": "offline", "delete": True}]


async def test_somebody_comes_back(town: Town, viewer: Viewer) -> None:
    """Who comes back is new."""
    town.guild.remove_member(town.ann)
    town.guild.add_member(town.ann.user)
    assert [event.get("username") for event in await town.news(viewer)] == [None, "ann"]


async def test_another_guild(town: Town, viewer: Viewer) -> None:
    """Who comes and goes elsewhere isn't seen here."""
    other = town.env.create_guild("Elsewhere")
    stranger = other.add_member(town.env.create_user("stranger"))
    await town.presence(stranger, "online")
    other.remove_member(stranger)
    assert await town.news(viewer, "presence") == []


# Status


@pytest.mark.parametrize("status", ["online", "idle", "dnd"])
async def test_a_status(town: Town, viewer: Viewer, status: str) -> None:
    """A change of status is one event, with nothing that a viewer knows already."""
    await town.presence(town.ann, status)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": status}]


@pytest.mark.parametrize("status", ["offline", "invisible", "sleeping"])
async def test_going_offline(town: Town, viewer: Viewer, status: str) -> None:
    """The invisible are offline; so is, for clients, what Discord may yet invent."""
    await town.presence(town.ann, "online")
    await town.news(viewer)
    await town.presence(town.ann, status)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": "offline"}]


async def test_the_same_status_again(town: Town, viewer: Viewer) -> None:
    """A presence that changes nothing to be seen, such as a phone beside the computer, is no event."""
    await town.presence(town.ann, "online")
    await town.news(viewer)
    await town.presence(town.ann, "online")
    assert await town.news(viewer) == []


async def test_the_presence_of_somebody_unknown(town: Town, viewer: Viewer) -> None:
    """A presence before its member is nobody's."""
    presence = {"user": {"id": "4711"}, "guild_id": str(town.guild.id), "status": "online", "activities": []}
    await town.tell("PRESENCE_UPDATE", presence | {"client_status": {"desktop": "online"}})
    assert await town.news(viewer) == []


async def test_a_hundred_changes(town: Town, viewer: Viewer) -> None:
    """Each change arrives, in order."""
    statuses = ["online", "idle", "dnd"] * 33
    for status in statuses:
        await town.presence(town.ann, status)
    assert [event["status"] for event in await town.news(viewer)] == statuses


async def test_changes_in_one_go(town: Town, viewer: Viewer) -> None:
    """Of what happens before anybody could see it, the last counts."""
    statuses = ["online", "dnd", "offline", "idle"]
    presence = {"user": {"id": str(town.ann.id)}, "guild_id": str(town.guild.id), "activities": []}
    for status in statuses:
        town.env.backend.emit("PRESENCE_UPDATE", presence | {"status": status, "client_status": {}})
    assert [event["status"] for event in await town.news(viewer)] == ["idle"]


# Activity


async def test_an_activity(town: Town, viewer: Viewer) -> None:
    """What somebody does is told; the status with it only if it changed."""
    await town.presence(town.ann, "online")
    await town.news(viewer)
    await town.presence(town.ann, "online", GAME)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "text": "Playing Factorio"}]


async def test_an_activity_ends(town: Town, viewer: Viewer) -> None:
    """Null says that it is over."""
    await town.presence(town.ann, "online", GAME)
    await town.news(viewer)
    await town.presence(town.ann, "online")
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "text": None}]


async def test_a_status_and_an_activity(town: Town, viewer: Viewer) -> None:
    """Both may change at once."""
    await town.presence(town.ann, "online", CUSTOM)
    assert await town.news(viewer) == [
        {"uid": str(town.ann.id), "status": "online"},
        {"uid": str(town.ann.id), "text": "gardening"},
    ]


async def test_an_activity_that_looks_the_same(town: Town, viewer: Viewer) -> None:
    """A new level of the same game is no event."""
    await town.presence(town.ann, "online", GAME)
    await town.news(viewer)
    await town.presence(town.ann, "online", GAME | {"details": "Level 2", "application_id": "5"})
    assert await town.news(viewer) == []


async def test_an_activity_at_the_join(town: Town) -> None:
    """Who comes later finds it in the snapshot."""
    await town.presence(town.ann, "dnd", GAME)
    user = (await town.viewer()).users[str(town.ann.id)]
    assert (user["status"], user["activity"]) == ("dnd", "Playing Factorio")


async def test_an_activity_is_not_for_old_clients(town: Town) -> None:
    """Who didn't ask for activities gets the status alone."""
    viewer = await town.plain_viewer()
    await town.presence(town.ann, "idle", GAME)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "status": "idle"}]


# Names and faces


async def test_a_nickname(town: Town, viewer: Viewer) -> None:
    """A nickname is shown instead of the name, until it is taken off."""
    await town.rename(town.ann, "Queen Ann")
    await town.rename(town.ann, None)
    assert [event["username"] for event in await town.news(viewer)] == ["Queen Ann", "ann"]


async def test_a_global_name(town: Town, viewer: Viewer) -> None:
    """A new display name is shown."""
    await town.presence(town.ann, "offline", global_name="Ann O'Nymous")
    assert [event["username"] for event in await town.news(viewer)] == ["Ann O'Nymous"]


async def test_a_global_name_behind_a_nickname(town: Town, viewer: Viewer) -> None:
    """Not where a nickname hides it."""
    await town.rename(town.ann, "Queen Ann")
    await town.news(viewer)
    await town.presence(town.ann, "offline", global_name="Ann O'Nymous")
    assert await town.news(viewer) == []


async def test_a_face(town: Town, viewer: Viewer) -> None:
    """A new avatar is shown."""
    await town.presence(town.ann, "offline", avatar="abc")
    (event,) = await town.news(viewer)
    assert event["avatar"] == f"https://cdn.discordapp.com/avatars/{town.ann.id}/abc.png?size=64"


async def test_a_face_for_one_guild(town: Town, viewer: Viewer) -> None:
    """So is one that somebody has in this guild only."""
    town.env.backend.guilds[town.guild.id].members[town.ann.id].avatar = "abc"
    town.env.backend.announce_member_update(town.guild.id, town.ann.id)
    (event,) = await town.news(viewer)
    assert event["avatar"].endswith(f"/guilds/{town.guild.id}/users/{town.ann.id}/avatars/abc.png?size=64")


async def test_a_user_in_two_guilds(town: Town, viewer: Viewer) -> None:
    """A new name is seen in each of somebody's guilds."""
    other = town.another()
    other.add_member(town.ann.user)
    elsewhere = await town.viewer(other)
    await town.presence(town.ann, "offline", global_name="Ann O'Nymous")
    assert (await elsewhere.next("presence"))["username"] == "Ann O'Nymous"
    assert [event["username"] for event in await town.news(viewer, "presence")] == ["Ann O'Nymous"]


async def test_a_change_nobody_sees(town: Town, viewer: Viewer) -> None:
    """A colourless role, or a time-out, is no event."""
    await town.give(town.ann, town.guild.create_role("Reader"))
    town.env.backend.guilds[town.guild.id].members[town.ann.id].timed_out_until = "2030-01-01T00:00:00+00:00"
    town.env.backend.announce_member_update(town.guild.id, town.ann.id)
    assert await town.news(viewer) == []


# Colours


async def test_a_role(town: Town, viewer: Viewer) -> None:
    """A role gives its colour, and takes it along when it goes."""
    green = town.guild.create_role("Green", color=GREEN)
    await town.give(town.ann, green)
    await town.take(town.ann, green)
    assert [event["roleColor"] for event in await town.news(viewer)] == ["#2ecc71", "#ffffff"]


async def citizens(town: Town, role: RoleHandle, count: int) -> set[str]:
    """Let people with a role in."""
    people = [
        town.guild.add_member(town.env.create_user(f"u{number}"), roles=[role]) for number in range(count)
    ]
    await town.settle()
    return {str(person.id) for person in people}


async def test_a_role_changes_its_colour(town: Town) -> None:
    """All who have it change together: one frame and not a storm; the others stay as they are."""
    green = town.guild.create_role("Green", color=GREEN)
    uids = await citizens(town, green, 50)
    viewer = await town.viewer(events=["servers"], batch=True)
    await town.recolor(green, color=BLUE)
    events = await town.news(viewer)
    assert {event["uid"] for event in events} == uids
    assert {event["roleColor"] for event in events} == {"#3498db"}
    assert [len(frame["events"]) for frame in viewer.frames if frame["type"] == "batch"] == [50]


async def test_a_role_loses_its_colour(town: Town, viewer: Viewer) -> None:
    """A role without a colour lets the next one through."""
    green = town.guild.create_role("Green", color=GREEN)
    blue = town.guild.create_role("Blue", color=BLUE, position=50)
    await town.give(town.ann, green)
    await town.give(town.ann, blue)
    await town.news(viewer)
    await town.recolor(blue, color=0)
    assert [event["roleColor"] for event in await town.news(viewer)] == ["#2ecc71"]


async def test_roles_change_places(town: Town, viewer: Viewer) -> None:
    """The highest role gives the colour; what is highest can change."""
    green = town.guild.create_role("Green", color=GREEN, position=50)
    blue = town.guild.create_role("Blue", color=BLUE, position=51)
    await town.give(town.ann, green)
    await town.give(town.ann, blue)
    await town.recolor(green, position=52)
    assert [event["roleColor"] for event in await town.news(viewer)] == ["#2ecc71", "#3498db", "#2ecc71"]


async def test_a_role_is_renamed(town: Town, viewer: Viewer) -> None:
    """A role's name is nothing to be seen."""
    green = town.guild.create_role("Green", color=GREEN)
    await town.give(town.ann, green)
    await town.news(viewer)
    await town.recolor(green, name="Grün")
    assert await town.news(viewer) == []


async def test_a_role_is_deleted(town: Town, viewer: Viewer) -> None:
    """With a role goes the colour of all who had it."""
    green = town.guild.create_role("Green", color=GREEN)
    uids = await citizens(town, green, 3)
    await town.news(viewer)
    town.env.backend.delete_role(town.guild.id, green.id)
    assert {event["uid"]: event["roleColor"] for event in await town.news(viewer)} == dict.fromkeys(
        uids, "#ffffff"
    )


def named(entries: list[Payload]) -> dict[str, list[str]]:
    """Tell what each colour is called."""
    return {one["roleColor"]: one["roleNames"] for one in entries if "roleNames" in one}


async def test_role_names(town: Town) -> None:
    """Where managers show them: of a new role, a renamed, a recoloured and a deleted one."""
    settings: Any = town.bot._settings
    settings.guilds[town.guild.id] = GuildSettings(role_names=True)
    viewer = await town.viewer(crowd=50)
    held: dict[str, list[str]] = {}

    async def until(names: dict[str, list[str]]) -> None:
        def is_called(event: Payload) -> bool:
            if event["type"] == "neighbourhoods":
                entries = event["data"]["neighbourhoods"]
                for entry in entries:
                    held.pop(entry["roleColor"], None)
                held.update(named(entries))
            return event["type"] == "neighbourhoods" and held == names

        await viewer.until(is_called)

    assert named(viewer.joined["neighbourhoods"]) == {}
    green = town.guild.create_role("Green", color=GREEN)
    await town.give(town.ann, green)
    await until({"#2ecc71": ["Green"]})
    await town.recolor(green, name="Gr\u202eün\n")
    await until({"#2ecc71": ["Grün"]})
    await town.recolor(green, color=BLUE)
    await until({"#3498db": ["Grün"]})
    town.env.backend.delete_role(town.guild.id, green.id)
    await until({})


async def test_a_role_that_hides(town: Town, viewer: Viewer) -> None:
    """Who gets it goes with what they said, and comes back without it; also when the role is deleted."""
    shy = town.guild.create_role("Shy")
    settings: Any = town.bot._settings
    settings.guilds[town.guild.id] = GuildSettings(hidden_roles=frozenset({shy.id}))
    await town.news(viewer)
    await town.ann.send(town.square, "hello")
    await town.give(town.ann, shy)
    events = await town.news(viewer)
    uid = str(town.ann.id)
    assert events[0]["message"] == "hello"
    assert events[1] == {**events[1], "uid": uid, "message": None}
    assert events[2] == {"uid": uid, "status": "offline", "delete": True}
    assert town.bridge.member(town.guild.id, uid) is None
    await town.take(town.ann, shy)
    assert town.bridge.member(town.guild.id, uid) is not None
    await town.give(town.ann, shy)
    town.env.backend.delete_role(town.guild.id, shy.id)
    await town.settle()
    assert town.bridge.member(town.guild.id, uid) is not None


# Large guilds


@pytest.fixture
async def city(town: Town) -> Town:
    """A guild that shows only who is there; ann is."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.dispatch("members_loaded", town.cached)
    await town.presence(town.ann, "online")
    return town


async def test_who_is_there(city: Town) -> None:
    """In a large guild only those who are there are in the snapshot."""
    assert known(await city.viewer()) == {"ann"}


async def test_coming_online_in_a_large_guild(city: Town) -> None:
    """Who comes online appears, with all there is to know."""
    viewer = await city.viewer()
    await city.presence(city.bob, "dnd", GAME)
    (event,) = await city.news(viewer)
    assert event.pop("avatar")
    assert event == {
        "uid": str(city.bob.id),
        "status": "dnd",
        "username": "bob",
        "roleColor": "#ffffff",
        "bot": False,
        "activity": "Playing Factorio",
    }


async def test_going_offline_in_a_large_guild(city: Town) -> None:
    """Who goes offline disappears."""
    viewer = await city.viewer()
    await city.presence(city.ann, "offline")
    assert await city.news(viewer) == [{"uid": str(city.ann.id), "status": "offline", "delete": True}]


async def test_being_offline_in_a_large_guild(city: Town) -> None:
    """Whatever changes about somebody who is offline, nobody hears of them."""
    viewer = await city.viewer()
    await city.rename(city.bob, "Robert")
    await city.presence(city.bob, "offline", CUSTOM)
    await city.presence(city.bob, "offline", global_name="Bobby")
    await city.give(city.bob, city.guild.create_role("Green", color=GREEN))
    city.guild.add_member(city.env.create_user("cid"))
    city.guild.remove_member(city.bob)
    assert await city.news(viewer) == []


async def test_a_guild_grows_large(town: Town, viewer: Viewer) -> None:
    """With the member that is one too many, all who are offline disappear."""
    await town.presence(town.ann, "online")
    await town.count(HIDE_OFFLINE_ABOVE)
    await town.news(viewer)
    town.guild.add_member(town.env.create_user("the five hundred and first"))
    gone = {event["uid"] for event in await town.news(viewer) if event.get("delete")}
    assert gone == viewer.users.keys() - {str(town.ann.id), town.keeper_uid}


async def test_a_guild_grows_small(city: Town) -> None:
    """With the member who leaves, all who are offline appear."""
    viewer = await city.viewer()
    city.guild.remove_member(city.bob)
    names = {event["username"] for event in await city.news(viewer)}
    assert names == {"Town Owner", "TestBot", "keeper"}


# Voice in the snapshot


async def test_voice_at_the_join(town: Town) -> None:
    """Who comes later finds who talks where in the snapshot."""
    lounge = town.guild.create_voice_channel("Lounge")
    await town.ann.join_voice(lounge, self_mute=True)
    voice: dict[str, Any] = (await town.viewer()).users[str(town.ann.id)]["voice"]
    assert voice == {
        "channel": str(lounge.id),
        "channelName": "Lounge",
        "muted": True,
        "deafened": False,
        "streaming": False,
    }
