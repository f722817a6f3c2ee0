"""Who watches by a login loses it with its reason, and at once."""

from collections.abc import Mapping
from typing import Any

import pytest
from simcord.actors import MemberActor
from simcord.builders import RoleHandle

from bridge.problems import LOGIN_NEEDED
from cogs.settings import GuildSettings
from tests.bot.memory import MemorySettings
from tests.cogs.town import Town, Viewer


class Club:
    """The town, of which only members with a role may see anything: ann and bob have it."""

    def __init__(self, town: Town, role: RoleHandle) -> None:
        self.town = town
        self.role = role
        self.ann, self.bob = town.ann, town.bob
        town.bot.bridge.on_validate_discord_user(self._believe)

    async def _believe(self, token: str, user: Mapping[str, Any], server_id: str) -> bool:
        return True

    async def protect(self, protection: Any = "login", role: RoleHandle | None = None) -> None:
        """Let who may watch be decided."""
        settings = self.town.bot._settings
        assert isinstance(settings, MemorySettings)
        role_id = role.id if role else None
        settings.guilds[self.town.guild.id] = GuildSettings(protection=protection, role_id=role_id)
        await self.town.guild_update(name=f"Town ({protection})")  # its room follows

    async def watch(self, who: MemberActor) -> Viewer:
        """Let somebody watch by their login."""
        user = {"id": str(who.id), "username": "x"}
        return await self.town.viewer(discordToken="x" * 20, discordUser=user)

    async def stays(self, viewer: Viewer) -> None:
        """See that a viewer still watches."""
        await self.town.news(viewer)


@pytest.fixture
async def club(town: Town, monkeypatch: pytest.MonkeyPatch) -> Club:
    """Whoever is sent away hears it at once, and the town is calm when no time limit runs any more."""
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.05)
    role = town.guild.create_role("Insiders")
    club = Club(town, role)
    for member in (club.ann, club.bob):
        await town.give(member, role)
    await club.protect(role=role)
    return club


async def is_sent_away(viewer: Viewer) -> None:
    """Wait until a viewer is: they hear why."""
    code, said = await viewer.goodbye()
    assert code == 1008
    assert said[-1]["data"]["code"] == LOGIN_NEEDED.code


async def test_who_leaves(club: Club) -> None:
    """Of two windows, both; others stay."""
    windows, other = [await club.watch(club.ann) for _ in range(2)], await club.watch(club.bob)
    club.town.guild.remove_member(club.ann)
    for window in windows:
        await is_sent_away(window)
    await club.stays(other)


async def test_who_is_banned(club: Club) -> None:
    """It is a way of leaving."""
    viewer = await club.watch(club.ann)
    club.town.env.backend.apply_ban(club.town.guild.id, club.ann.id, None)
    await is_sent_away(viewer)


async def test_who_is_unknown_and_leaves(club: Club) -> None:
    """A member that the cache never had may have been let in all the same."""
    viewer = await club.town.viewer(discordToken="x" * 20, discordUser={"id": "4711", "username": "x"})
    user = {"id": "4711", "username": "x", "discriminator": "0", "avatar": None}
    await club.town.tell("GUILD_MEMBER_REMOVE", {"guild_id": str(club.town.guild.id), "user": user})
    await is_sent_away(viewer)


async def test_who_loses_the_role(club: Club) -> None:
    """Others who have it stay."""
    viewer, other = await club.watch(club.ann), await club.watch(club.bob)
    await club.town.take(club.ann, club.role)
    await is_sent_away(viewer)
    await club.stays(other)


async def test_who_gets_or_loses_another_role(club: Club) -> None:
    """It doesn't matter; a name doesn't either."""
    viewer, another = await club.watch(club.ann), club.town.guild.create_role("Another")
    await club.town.give(club.ann, another)
    await club.town.take(club.ann, another)
    await club.town.rename(club.ann, "Annie")
    await club.stays(viewer)


async def test_a_role_that_is_deleted(club: Club) -> None:
    """Nobody has it any more."""
    viewers = [await club.watch(who) for who in (club.ann, club.bob)]
    club.town.env.backend.delete_role(club.town.guild.id, club.role.id)
    await club.town.settle()
    for viewer in viewers:
        await is_sent_away(viewer)


async def test_another_role_that_is_deleted(club: Club) -> None:
    """It doesn't matter."""
    viewer, another = await club.watch(club.ann), club.town.guild.create_role("Another")
    await club.town.give(club.ann, another)
    club.town.env.backend.delete_role(club.town.guild.id, another.id)
    await club.stays(viewer)


@pytest.mark.parametrize("event", ["guild_available", "members_loaded"])
async def test_who_left_unnoticed(club: Club, event: str) -> None:
    """When the guild comes back, it is clear who is no longer in it."""
    viewer, other = await club.watch(club.ann), await club.watch(club.bob)
    cached = club.town.cached
    member = cached.get_member(club.ann.id)
    assert member is not None
    cached._remove_member(member)
    cached._member_count = len(cached.members)
    await club.town.dispatch(event, cached)
    await is_sent_away(viewer)
    await club.stays(other)


async def test_who_lost_the_role_unnoticed(club: Club) -> None:
    """Also while members are missing: this one is there."""
    viewer = await club.watch(club.ann)
    member = club.town.cached.get_member(club.ann.id)
    assert member is not None
    member._roles.remove(club.role.id)
    club.town.cached._member_count = 300
    await club.town.dispatch("guild_available", club.town.cached)
    await is_sent_away(viewer)


async def test_who_has_not_been_loaded_yet(club: Club) -> None:
    """They may only be on the way."""
    viewer = await club.watch(club.ann)
    club.town.lose(club.ann)
    await club.town.dispatch("guild_available", club.town.cached)
    await club.stays(viewer)


async def test_an_open_guild(club: Club) -> None:
    """Where everybody may watch now, who came in by a login needs none."""
    viewer = await club.watch(club.ann)
    await club.protect("off")
    await club.town.take(club.ann, club.role)
    await club.town.dispatch("guild_available", club.town.cached)
    club.town.guild.remove_member(club.ann)
    await club.stays(viewer)


@pytest.mark.parametrize("event", ["guild_available", "members_loaded"])
async def test_who_watches_at_another_process(club: Club, event: str) -> None:
    """There it is told what ends, and asked again what may have ended; of an open guild, nothing."""
    heard: list[tuple[str, object]] = []
    bridge, guild = club.town.bot.bridge, club.town.guild
    room = bridge._directory.rooms[str(guild.id)]
    room.listen(lambda events: heard.extend((event.type, dict(event.data)) for event in events))
    await club.town.dispatch(event, club.town.cached)
    await club.town.take(club.ann, club.role)
    room.flush(0)
    told = [one for one in heard if one[0] in ("review", "withdraw")]
    assert told == [("review", {}), ("withdraw", {"uids": [str(club.ann.id)]})]
    heard.clear()
    await club.protect("off")
    await club.town.dispatch(event, club.town.cached)
    club.town.guild.remove_member(club.bob)
    room.flush(0)
    assert not [one for one in heard if one[0] in ("review", "withdraw")]
