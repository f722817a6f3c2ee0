"""Who is there, and how: seen by a viewer as every d-zone client is, who asked for nothing special."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import MANAGE_GUILD, User
from tests.e2e.viewer import ALL_EVENTS, Viewer, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_everybody_is_there(viewer: Viewer, guild: Guild) -> None:
    """A small guild shows all its members, those who are offline too."""
    await viewer.sees(truth(guild))


@pytest.mark.parametrize("status", ["idle", "dnd", "offline"])
async def test_status(town: Town, viewer: Viewer, guild: Guild, status: str) -> None:
    """A change of status is one presence, of that member."""
    town.discord.set_status(guild.member("ann"), status)
    await viewer.sees(truth(guild))
    assert [(data["uid"], data["status"]) for data in viewer.of("presence")] == [
        (guild.member("ann").uid, status)
    ]


async def test_coming_online(town: Town, viewer: Viewer, guild: Guild) -> None:
    """Who was offline comes online."""
    town.discord.set_status(guild.member("dan"), "online")
    await viewer.sees(truth(guild))


async def test_an_unknown_status(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A status that Discord may yet invent doesn't reach clients, who know four."""
    town.discord.set_status(guild.member("ann"), "idle")
    await viewer.sees(truth(guild))
    town.discord.set_status(guild.member("ann"), "sleeping")
    town.discord.set_status(guild.member("bob"), "dnd")
    await viewer.until(lambda: viewer.users[guild.member("bob").uid]["status"] == "dnd")
    assert {data["status"] for data in viewer.of("presence")} <= {"online", "idle", "dnd", "offline"}


async def test_nickname(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A nickname is shown instead of the name, and gone when it is taken off."""
    town.discord.set_nick(guild.member("ann"), "Annie")
    town.discord.set_nick(guild.member("bob"), None)
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("ann").uid][0] == "Annie"
    assert viewer.people()[guild.member("bob").uid][0] == "bob"


async def test_global_name(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A new display name, which comes with a presence, is shown; not where a nickname hides it."""
    town.discord.change_account(guild.member("ann").user, global_name="Ann O'Nymous")
    town.discord.change_account(guild.member("bob").user, global_name="Robert")
    await viewer.until(lambda: viewer.people()[guild.member("ann").uid][0] == "Ann O'Nymous")
    assert viewer.people() == truth(guild)


async def test_a_user_in_two_guilds(town: Town, viewer: Viewer, guild: Guild, watch: Watch) -> None:
    """What changes about an account is seen in each of its guilds."""
    other = town.take()
    shared = guild.member("ann")
    town.discord.add_member(other, shared.user, nick="Other Ann")
    elsewhere = await watch(town.bot, other)
    await elsewhere.sees(truth(other))
    town.discord.change_account(shared.user, global_name="Everywhere", status="idle")
    await viewer.sees(truth(guild))
    await elsewhere.sees(truth(other))


async def test_a_role_brings_its_colour(town: Town, viewer: Viewer, guild: Guild) -> None:
    """The highest of a member's coloured roles colours them; roles without a colour don't count."""
    low, high, plain = guild.role("Low", 0x112233), guild.role("High", 0xABCDEF), guild.role("Plain")
    for role in (low, high, plain):
        town.discord.create_role(guild, role)
    town.discord.set_roles(guild.member("ann"), low, plain)
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("ann").uid][2] == "#112233"
    town.discord.set_roles(guild.member("ann"), low, high, plain)
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("ann").uid][2] == "#abcdef"
    town.discord.set_roles(guild.member("ann"))
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("ann").uid][2] == "#ffffff"


async def test_a_role_is_recoloured(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A role's new colour is that of its members, and of nobody else."""
    role = guild.role("Team", 0x00FF00)
    town.discord.create_role(guild, role)
    town.discord.set_roles(guild.member("ann"), role)
    await viewer.sees(truth(guild))
    town.discord.change_role(guild, role, color=0x0000FF)
    await viewer.sees(truth(guild))
    assert {data["uid"] for data in viewer.of("presence")} == {guild.member("ann").uid}


async def test_a_role_changes_its_rank(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A role that is moved above another takes over the colour of those who have both."""
    first, second = guild.role("First", 0x0000AA, 2), guild.role("Second", 0x00BB00, 3)
    for role in (first, second):
        town.discord.create_role(guild, role)
    town.discord.set_roles(guild.member("ann"), first, second)
    await viewer.sees(truth(guild))
    town.discord.change_role(guild, first, position=4)
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("ann").uid][2] == "#0000aa"


async def test_a_role_is_deleted(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A deleted role colours nobody."""
    role = guild.role("Team", 0x00FF00)
    town.discord.create_role(guild, role)
    town.discord.set_roles(guild.member("ann"), role)
    await viewer.sees(truth(guild))
    town.discord.delete_role(guild, role)
    await viewer.sees(truth(guild))


async def test_what_roles_are_called(town: Town, guild: Guild, watch: Watch) -> None:
    """Nobody reads it before a manager wants that, and nobody after they don't any more."""
    ann, bob = guild.member("ann"), guild.member("bob")
    ann.roles = [guild.role("Keepers", permissions=MANAGE_GUILD)]
    growers, shy = guild.role("Grow\u202eers\u0007", 0x57F287), guild.role("Suspects", 0xED4245)
    for role in (growers, shy):
        town.discord.create_role(guild, role)
    town.discord.set_roles(bob, growers)
    town.discord.set_roles(guild.member("cid"), shy)
    viewer = await watch(town.bot, guild, crowd=50, events=ALL_EVENTS)
    await viewer.sees(truth(guild))
    await town.discord.command(ann, "dzone role hide", role=str(shy.id))
    await town.discord.command(ann, "dzone role names", mode="on")
    await viewer.until(lambda: called(viewer) == {"#57f287": ["Growers"]})
    town.discord.change_role(guild, growers, name="Gardeners")
    await viewer.until(lambda: called(viewer) == {"#57f287": ["Gardeners"]})
    await town.discord.command(ann, "dzone role names", mode="off")
    await viewer.until(lambda: called(viewer) == {})
    assert not viewer.knows("Suspects")
    again = await watch(town.bot, guild, like=viewer, crowd=50, events=ALL_EVENTS)
    assert again.joined[0].get("resumed") is True
    assert called(again) == {}
    assert not again.knows("Gardeners")


def called(viewer: Viewer) -> dict[str, list[str]]:
    """Tell what the roles of each colour are called, as a viewer knows it."""
    names: dict[str, list[str]] = {}
    for data in (viewer.joined[-1], *viewer.of("neighbourhoods")):
        for one in data["neighbourhoods"]:
            names.pop(one["roleColor"], None)
            if "roleNames" in one:
                names[one["roleColor"]] = one["roleNames"]
    return names


async def test_joining(town: Town, viewer: Viewer, guild: Guild) -> None:
    """A new member appears by name, with status and colour."""
    town.discord.add_member(guild, User("eve", status="idle"))
    await viewer.sees(truth(guild))
    assert viewer.people()[guild.member("eve").uid] == ("eve", "idle", "#ffffff")


async def test_leaving(town: Town, viewer: Viewer, curious: Viewer, guild: Guild) -> None:
    """Who leaves the guild is gone, for every kind of viewer."""
    town.discord.remove_member(guild.member("ann"))
    await curious.sees(truth(guild))
    await viewer.sees(truth(guild))


async def test_leaving_with_words_in_the_air(
    town: Town, viewer: Viewer, curious: Viewer, guild: Guild
) -> None:
    """For old clients who leaves is offline at once, and gone when their bubble is over."""
    ann, general = guild.member("ann"), guild.public
    town.discord.say(general, ann, "bye")
    await viewer.hears("bye")
    town.discord.remove_member(ann)
    await curious.sees(truth(guild))
    await viewer.sees(truth(guild))
    assert viewer.of("presence") == [
        {"uid": ann.uid, "status": "offline"},
        {"uid": ann.uid, "status": "offline", "delete": True},
    ]


async def test_a_burst_arrives_in_order_and_to_its_end(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Of 2,000 changes of status none comes after a later one, and everybody's last reaches each viewer."""
    guild = discord.guild("Burst", *(f"member{number}" for number in range(100)))
    bot = await launch()
    plain, batching = await watch(bot, guild), await watch(bot, guild, batch=True)
    people = [member for member in guild.members.values() if member.user.username.startswith("member")]
    statuses = cycle(["idle", "online", "offline", "dnd"])
    sent = []
    for _ in range(20):
        status = next(statuses)
        for member in people:
            discord.set_status(member, status)
            sent.append((member.uid, status))
    for viewer in (plain, batching):
        await viewer.sees(truth(guild))
        for member in people:
            told = (status for uid, status in sent if uid == member.uid)
            heard = [data["status"] for data in viewer.of("presence") if data["uid"] == member.uid]
            assert all(status in told for status in heard), "out of order"  # each search goes on where it was


async def test_a_role_of_a_thousand_is_recoloured(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """All 1,200 members of a role get its new colour, each of them once."""
    guild = discord.guild("Crowd", *(f"member{number}" for number in range(1_200)))
    role = guild.role("Everyone else", 0x123456)
    for member in guild.members.values():
        if member.user.username.startswith("member"):
            member.roles.append(role)
    bot = await launch()
    plain, batching = await watch(bot, guild), await watch(bot, guild, batch=True)
    await plain.sees(truth(guild, offline=False))
    await batching.sees(truth(guild, offline=False))
    before = len(plain.events), len(batching.events)
    discord.change_role(guild, role, color=0xFEDCBA)
    for viewer, start in zip((plain, batching), before, strict=True):
        await viewer.sees(truth(guild, offline=False))
        news = [event["data"] for event in viewer.events[start:]]
        assert {data["roleColor"] for data in news} == {"#fedcba"}
        assert len(news) == 1_200


async def test_a_gradient(town: Town, guild: Guild, viewer: Viewer, curious: Viewer, watch: Watch) -> None:
    """Its second colour is for who asked for events; others hear of the first alone, when that changes."""
    ann = guild.member("ann")
    role = guild.role("Rainbow", 0x112233)
    role.secondary = 0xA1B2C3
    town.discord.create_role(guild, role)
    town.discord.set_roles(ann, role)
    await curious.until(lambda: curious.users[ann.uid].get("roleColor2") == "#a1b2c3")
    town.discord.change_role(guild, role, secondary=0xA1B2C4)
    await curious.until(lambda: curious.users[ann.uid]["roleColor2"] == "#a1b2c4")
    later = await watch(town.bot, guild, events=["typing"])
    assert later.users[ann.uid]["roleColor2"] == "#a1b2c4"
    batching = await watch(town.bot, guild, batch=True)
    town.discord.change_role(guild, role, secondary=None)
    await curious.until(lambda: curious.users[ann.uid]["roleColor2"] is None)
    town.discord.set_nick(ann, "Annie")
    for other in (viewer, batching):
        await other.sees(truth(guild))
        assert not other.knows("roleColor2")
        assert not other.knows("#a1b2c")
    assert [data.get("roleColor") for data in viewer.of("presence")] == ["#112233", None]
