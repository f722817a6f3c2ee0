"""What was promised to stay hidden isn't on the wire, in any state of the gateway."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.decisions import NEWEST
from tests.e2e.guild import LARGE_THRESHOLD, Guild, Member
from tests.e2e.model import (
    BAN_MEMBERS,
    CATEGORY,
    EVERYONE_MAY,
    MANAGE_GUILD,
    MODERATE_MEMBERS,
    PUBLIC_THREAD,
    STAGE,
    VOICE,
    User,
)
from tests.e2e.scene import leaks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Town, Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload
    from tests.e2e.process import BotProcess
    from tests.e2e.viewer import Viewer

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATES = ("stub", "partly loaded", "outage", "outage and a new session")
CROWD = LARGE_THRESHOLD + 50


_signs = itertools.count()


async def settled(discord: LoopbackDiscord, viewer: Viewer, member: Member) -> None:
    """Wait until a viewer has seen all that has happened so far: what this member says comes after it."""
    sign = f"sign {next(_signs)}"  # that nobody has heard before, also not who was sent what they missed
    discord.say(member.guild.public, member, sign)
    await viewer.hears(sign)


def assert_unseen(viewer: Viewer, since: int, *secrets: str) -> None:
    """Search a viewer's frames byte by byte, but for the words that only take something back."""
    assert not leaks(viewer.frames[since:], secrets, known=True)


def taken_back(viewer: Viewer) -> set[str]:
    """Name the messages that a viewer has seen vanish."""
    return {edit["id"] for edit in viewer.of("edit") if edit["message"] is None}


# Hidden means hidden, whatever the cache knows


class Trouble:
    """A large guild that Discord tells of only in part, and one from which its people speak to the bot."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self.discord = discord
        self.guild = discord.guild("Troubled", "ann", "warden", *(f"extra{n}" for n in range(CROWD)))
        self.guild.member("warden").roles = [self.guild.role("Wardens", permissions=MODERATE_MEMBERS)]
        self.zed = self.guild.settle(User("Zebediah", "Zeb"), nick="Zebulon")
        self.xan = self.guild.settle(User("Xanthippe", "Xan"), nick="Xandra")
        self.ann = self.guild.member("ann")
        # Not there when the guild comes: of large guilds Discord leaves out who is offline.
        self.zed.user.status = self.xan.user.status = "offline"
        self.calm = discord.guild("Calm", "eve")
        self.self = self.calm.settle(self.zed.user)
        self.secrets = (self.zed.uid, "Zeb")
        self.other_secrets = (self.xan.uid, "Xan")

    async def begin(self, state: str) -> None:
        """Let Discord be in trouble."""
        gateway = self.discord.gateway
        if state.startswith("outage"):
            self.discord.fail(self.guild)
        if state == "partly loaded":
            gateway.withhold_members()
        if state == "stub":
            gateway.withhold_guilds()
        if state != "outage":
            identified = len(gateway.identifies)
            self.discord.lose_sessions()
            self.discord.drop()
            await self.discord.identified(identified + 1)
        if state == "stub":
            gateway.release_guild(self.calm)

    def end(self, state: str) -> None:
        """Let it be over."""
        if state.startswith("outage"):
            self.discord.recover(self.guild)
        elif state == "stub":
            self.discord.gateway.release_guild(self.guild)
        else:
            self.discord.gateway.release_members()


@pytest.mark.parametrize("state", STATES)
async def test_hidden_while_discord_is_in_trouble(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, state: str
) -> None:
    """Who hides or is hidden is gone at once, also for newcomers, and doesn't come back with the members."""
    trouble = Trouble(discord)
    discord.gateway.members_every = 0.0
    bot = await launch()
    newest, oldest = await watch(bot, trouble.guild, **NEWEST), await watch(bot, trouble.guild)
    moderator = await watch(bot, trouble.calm)
    keeper, hidden = trouble.guild.member("warden"), {trouble.zed.uid, trouble.xan.uid}
    secrets = (*trouble.secrets, *trouble.other_secrets)
    for viewer in (newest, oldest):
        await viewer.until(lambda: len(viewer.users) == len(trouble.guild.members))  # noqa: B023
        assert hidden <= viewer.users.keys()
    await trouble.begin(state)
    for reply in (
        await discord.command(trouble.self, "myself hide"),
        await discord.choose(keeper, "Hide from d-zone", trouble.xan),
    ):
        assert "hidden" in reply.text
    since = {viewer: len(viewer.frames) for viewer in (newest, oldest)}
    for viewer in (newest, oldest):
        await viewer.until(lambda: not hidden & viewer.users.keys())  # noqa: B023
    newcomer = await watch(bot, trouble.guild, **NEWEST)
    assert not hidden & newcomer.users.keys()
    trouble.end(state)
    for member in (trouble.zed, trouble.xan):
        discord.set_status(member, "dnd")
        discord.set_nick(member, f"{member.name} the Second")
    await discord.members_requested(2)  # and answered at once: what is said next comes after them
    for viewer in (newest, newcomer):
        await settled(discord, viewer, trouble.ann)
    for viewer in (newest, newcomer, oldest):
        await viewer.ask_for_users(str(trouble.guild.id))
    for viewer in (newest, oldest):
        assert_unseen(viewer, since[viewer], *secrets)
    assert not leaks(newcomer.frames, secrets, known=False)
    assert moderator.is_open()


async def test_hidden_before_the_first_guild_is_told(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """A decision that comes before READY's guilds holds for all that comes later."""
    trouble = Trouble(discord)
    trouble.zed.user.status = "online"
    discord.gateway.withhold_guilds()
    bot = await launch()
    reply = await discord.command(trouble.self, "myself hide")
    assert "hidden" in reply.text
    discord.gateway.release_guild(trouble.calm)
    discord.gateway.release_guild(trouble.guild)
    lookout = await watch(bot, None, events=["servers"])
    await lookout.until(lambda: {str(trouble.guild.id), str(trouble.calm.id)} <= lookout.servers.keys())
    for guild, somebody in ((trouble.guild, trouble.ann), (trouble.calm, trouble.calm.member("eve"))):
        viewer = await watch(bot, guild, **NEWEST)
        await viewer.until(lambda: len(viewer.users) == len(guild.members) - 1)  # noqa: B023
        await settled(discord, viewer, somebody)
        assert not leaks(viewer.frames, trouble.secrets, known=False)


# The chat of voice channels


@pytest.mark.parametrize("kind", [VOICE, STAGE])
async def test_the_chat_of_a_channel_that_not_everybody_may_enter(
    town: Town, guild: Guild, curious: Viewer, kind: int
) -> None:
    """Who sits there is seen; what is written there only as long as everybody may connect."""
    ann, bob = guild.member("ann"), guild.member("bob")
    lounge = guild.channel("lounge", kind)
    town.discord.create_channel(lounge)
    said = town.discord.say(lounge, ann, "open-words")
    await curious.hears("open-words")
    town.discord.change_channel(lounge, locked=True)
    await curious.until(lambda: said["id"] in taken_back(curious))
    since = len(curious.frames)
    town.discord.say(lounge, ann, "shut-words")
    town.discord.type(lounge, ann)
    town.discord.react(lounge, ann, said, "🤫")
    town.discord.speak(bob, lounge)
    await curious.until(lambda: any(event["channel"] == str(lounge.id) for event in curious.of("voice")))
    await settled(town.discord, curious, ann)
    assert_unseen(curious, since, "shut-words", "🤫", '"type":"typing"')


# A guild in which only members see anything


async def gated(town: Town, guild: Guild, watch: Watch) -> Viewer:
    """Put everything behind a gate, and wait until somebody elsewhere sees that it is in no list."""
    lookout = await watch(town.bot, None, events=["servers"])
    town.discord.change_channel(guild.public, hidden=True)
    await lookout.until(lambda: str(guild.id) not in lookout.servers)
    return lookout


async def test_a_gated_guild(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """It shows nobody, and stands in no list; the status says so, and what to do."""
    keeper = guild.member("ann")
    keeper.roles = [guild.role("Keepers", permissions=MANAGE_GUILD)]
    town.discord.create_role(guild, keeper.roles[0])
    town.discord.set_roles(keeper, *keeper.roles)
    await gated(town, guild, watch)
    await curious.until(lambda: not curious.users)
    since = len(curious.frames)
    town.discord.set_status(guild.member("bob"), "dnd")
    town.discord.say(guild.public, guild.member("bob"), "gated-words")
    newcomer = await watch(town.bot, guild, **NEWEST)
    status = await town.discord.command(keeper, "dzone status")
    assert status.message is not None
    told = json.dumps(status.message["embeds"], ensure_ascii=False)
    assert "gated" in told
    assert "/dzone audience" in told
    await curious.ask_for_users(str(guild.id))  # the answer comes after all that was told before
    names = ("Bobby", "gated-words", *guild.members[guild.owner.id].uid.split())
    assert not leaks(newcomer.frames, names, known=False)
    assert_unseen(curious, since, *names)
    counts = newcomer.joined[0]["counts"]
    assert (newcomer.users, newcomer.joined[0]["channels"], counts["members"]) == ({}, {}, 0)


async def test_who_counts_as_everybody(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """With a role chosen, its members and what they can see are shown, and nobody and nothing else."""
    ann, bob = guild.member("ann"), guild.member("bob")
    verified = guild.role("Verified", permissions=int(EVERYONE_MAY))
    keepers = guild.role("Keepers", permissions=MANAGE_GUILD)
    for role in (verified, keepers):
        town.discord.create_role(guild, role)
    town.discord.set_roles(ann, verified, keepers)
    lookout = await gated(town, guild, watch)
    town.discord.change_channel(guild.public, allows=verified)
    chosen = await town.discord.command(ann, "dzone audience", role=str(verified.id))
    await town.discord.press(chosen, "Show it to strangers")
    await lookout.until(lambda: str(guild.id) in lookout.servers)
    await curious.until(lambda: curious.users.keys() == {ann.uid})
    since = len(curious.frames)
    town.discord.say(guild.public, bob, "outside-words")
    town.discord.say(guild.public, ann, "verified-words")
    await curious.hears("verified-words")
    assert_unseen(curious, since, "outside-words", bob.uid, "Bobby")
    town.discord.set_roles(bob, verified)
    await curious.until(lambda: curious.users.keys() == {ann.uid, bob.uid})
    town.discord.set_roles(bob)
    await curious.until(lambda: curious.users.keys() == {ann.uid})
    town.discord.delete_role(guild, verified)
    await curious.until(lambda: not curious.users)
    await lookout.until(lambda: str(guild.id) not in lookout.servers)


# What is gone in Discord is gone here


class Said:
    """A place with words in it, and what becomes of it."""

    def __init__(self, town: Town, guild: Guild) -> None:
        self.town = town
        self.guild = guild
        self.zed = guild.settle(User("zed"))
        town.discord.add_member(guild, self.zed.user)
        self.shelter = guild.channel("shelter", CATEGORY)
        self.cove = guild.channel("cove", parent=self.shelter)
        self.thread = guild.channel("thread", PUBLIC_THREAD, parent=self.cove)
        for channel in (self.shelter, self.cove, self.thread):
            town.discord.create_channel(channel)


def delete_thread(said: Said) -> None:
    said.town.discord.delete_channel(said.thread)


def delete_channel(said: Said) -> None:
    said.town.discord.delete_channel(said.cove)


def hide_channel(said: Said) -> None:
    said.town.discord.change_channel(said.cove, hidden=True)


def hide_category(said: Said) -> None:
    for channel in (said.shelter, said.cove):
        said.town.discord.change_channel(channel, hidden=True)


def lose_sight(said: Said) -> None:
    said.town.discord.change_channel(said.cove, unseen=True)


def spoil(said: Said) -> None:
    said.town.discord.change_channel(said.cove, spoiler=True)


def ban(said: Said) -> None:
    """As our invite link leaves it, the bot hears only that somebody is gone."""
    said.town.discord.ban(said.zed)


def ban_openly(said: Said) -> None:
    """A bot that may ban somebody itself hears of it."""
    bouncer = said.guild.role("bouncer", permissions=BAN_MEMBERS)
    said.town.discord.create_role(said.guild, bouncer)
    said.town.discord.set_roles(said.guild.members[said.town.discord.bot.id], bouncer)
    said.town.discord.ban(said.zed)


def lose_meanwhile(said: Said) -> None:
    """The thread is deleted while Discord has an outage: nothing ever tells so."""
    said.town.discord.fail(said.guild)
    del said.guild.channels[said.thread.id]
    said.town.discord.recover(said.guild)


GONE = [
    delete_thread,
    delete_channel,
    hide_channel,
    hide_category,
    lose_sight,
    spoil,
    ban,
    ban_openly,
    lose_meanwhile,
]


@pytest.mark.parametrize("happen", GONE, ids=lambda happen: happen.__name__)
async def test_what_is_gone_in_discord(
    town: Town, guild: Guild, curious: Viewer, watch: Watch, happen: Callable[[Said], None]
) -> None:
    """Its words are taken back from open pages, and nobody who comes back is sent them."""
    said = Said(town, guild)
    stray = await watch(town.bot, guild, **NEWEST)
    await settled(town.discord, stray, guild.member("ann"))
    await stray.close()
    words = town.discord.say(said.thread, said.zed, "gone-words")
    await curious.hears("gone-words")
    happen(said)
    await curious.until(lambda: words["id"] in taken_back(curious))
    back = await watch(town.bot, guild, like=stray, events=NEWEST["events"], batch=True)
    await settled(town.discord, back, guild.member("ann"))
    assert not leaks(back.frames, ["gone-words"], known=False)


async def test_words_before_a_gap(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """They may have been deleted in it, and nobody ever hears of that: nobody is sent them afterwards."""
    ann = guild.member("ann")
    stray = await watch(town.bot, guild, **NEWEST)
    await settled(town.discord, stray, ann)
    await stray.close()
    town.discord.say(guild.public, ann, "lost-words")
    await curious.hears("lost-words")
    town.discord.fail(guild)
    town.discord.recover(guild)
    await settled(town.discord, curious, ann)
    back = await watch(town.bot, guild, like=stray, events=NEWEST["events"], batch=True)
    await settled(town.discord, back, ann)
    assert not leaks(back.frames, ["lost-words"], known=False)


@pytest.mark.parametrize("state", ["stub", "outage and a new session"])
async def test_words_after_a_gap(discord: LoopbackDiscord, launch: Launch, watch: Watch, state: str) -> None:
    """They follow at the heels of the guild, and all of them arrive."""
    trouble = Trouble(discord)
    discord.gateway.members_every = 0.0
    viewer = await watch(await launch(), trouble.guild, **NEWEST)
    await trouble.begin(state)
    trouble.end(state)
    words = [f"word {number}" for number in range(20)]
    for said in words:
        discord.say(trouble.guild.public, trouble.ann, said)
    await settled(discord, viewer, trouble.guild.member("warden"))
    assert [said for said in viewer.words() if said in words] == words


@pytest.mark.parametrize("new", [None, "harmless"], ids=["deleted", "changed"])
async def test_words_that_somebody_thought_better_of(
    town: Town, guild: Guild, curious: Viewer, watch: Watch, new: str | None
) -> None:
    """Who wasn't there when they were said is not sent them on coming back."""
    ann = guild.member("ann")
    stray = await watch(town.bot, guild, **NEWEST)
    await settled(town.discord, stray, ann)
    await stray.close()
    words = town.discord.say(guild.public, ann, "regretted-words")
    await curious.hears("regretted-words")
    if new is None:
        town.discord.delete(guild.public, words)
    else:
        town.discord.edit(guild.public, words, new)
    await curious.happens("edit")
    back = await watch(town.bot, guild, like=stray, events=NEWEST["events"], batch=True)
    await settled(town.discord, back, ann)
    assert back.joined[0]["resumed"] is True
    assert not leaks(back.frames, ["regretted-words"], known=False)


# Channels that the bot may not view


async def test_a_channel_that_the_bot_may_not_view(
    town: Town, guild: Guild, curious: Viewer, watch: Watch
) -> None:
    """It is none, whatever was decided; and one as soon as the bot may view it."""
    ann = guild.member("ann")
    keepers = guild.role("Keepers", permissions=MANAGE_GUILD)
    town.discord.create_role(guild, keepers)
    town.discord.set_roles(ann, keepers)
    vault = next(channel for channel in guild.channels.values() if channel.unseen)
    asked = await town.discord.command(ann, "dzone channels show", channel=str(vault.id))
    answer = await town.discord.press(asked, "Show it to strangers")
    assert "as soon as I can see it" in answer.text
    status = await town.discord.command(ann, "dzone status")
    assert status.message is not None
    told = json.dumps(status.message["embeds"], ensure_ascii=False)
    assert f"I can't see {vault.mention}" in told
    listed = await town.discord.command(ann, "dzone channels list")
    newcomer = await watch(town.bot, guild, **NEWEST)
    await settled(town.discord, curious, ann)
    for text in (*curious.frames, *newcomer.frames, json.dumps([status.message, listed.message])):
        assert "___hidden___" not in text
        assert vault.name not in text
    town.discord.change_channel(vault, unseen=False, hidden=True)
    await curious.until(lambda: any(str(vault.id) in channels for channels in curious.of("channels")))
    town.discord.say(vault, ann, "vault-words")
    await curious.hears("vault-words")


async def test_who_talks_where_the_bot_may_not_look(town: Town, guild: Guild, curious: Viewer) -> None:
    """They are nowhere until the bot may view the channel; then they are there, without being told again."""
    bob = guild.member("bob")
    cellar = guild.channel("cellar", VOICE, unseen=True)
    town.discord.create_channel(cellar)
    town.discord.speak(bob, cellar)
    await settled(town.discord, curious, guild.member("ann"))
    assert not leaks(curious.frames, [str(cellar.id), "cellar"], known=False)
    town.discord.change_channel(cellar, unseen=False)
    await curious.until(lambda: any(event["channelName"] == "cellar" for event in curious.of("voice")))


@pytest.mark.parametrize("how", ["nsfw", "spoiler"])
async def test_a_channel_that_people_open_knowingly(
    town: Town, guild: Guild, curious: Viewer, watch: Watch, how: str
) -> None:
    """One with spoilers is as one for adults: viewers have not asked for it."""
    ann = guild.member("ann")
    channel = guild.channel("ending", nsfw=how == "nsfw", spoiler=how == "spoiler")
    town.discord.create_channel(channel)
    town.discord.say(channel, ann, "spoiled-words")
    newcomer = await watch(town.bot, guild, **NEWEST)
    await settled(town.discord, curious, ann)
    for viewer in (curious, newcomer):
        assert not leaks(viewer.frames, ["spoiled-words", '"ending"'], known=False)


# People who are invisible


async def test_the_words_of_the_invisible(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Where offline members aren't shown, who writes is seen while they do, and the answer says to whom."""
    crowd = discord.guild("Crowd", "ann", "dan", *(f"extra{number}" for number in range(501)))
    ann, dan = crowd.member("ann"), crowd.member("dan")
    dan.user.status = "invisible"
    bot = await launch()
    viewer, oldest = await watch(bot, crowd, **NEWEST), await watch(bot, crowd)
    await settled(discord, viewer, ann)
    discord.type(crowd.public, dan)
    await settled(discord, viewer, ann)
    assert not leaks(viewer.frames, [dan.uid], known=False)
    keepers, shy = crowd.role("Keepers", permissions=MANAGE_GUILD), crowd.role("Shy")
    for role in (keepers, shy):
        discord.create_role(crowd, role)
    discord.set_roles(ann, keepers)
    await discord.command(ann, "dzone role hide", role=str(shy.id))
    for way in ("himself", "by role"):
        away = await watch(bot, crowd, **NEWEST)
        await away.close()
        discord.say(crowd.public, ann, f"where is {dan.mention}, {way}?")
        await viewer.hears(f"where is @dan, {way}?")
        if way == "himself":
            await discord.command(dan, "myself hide")
        else:
            discord.set_roles(dan, shy)
            await settled(discord, viewer, ann)
        back = await watch(bot, crowd, like=away, **NEWEST)
        assert not back.knows("where is")
        await discord.command(dan, "myself show")
        discord.set_roles(dan)
    asked: Payload = discord.say(crowd.public, dan, "who is there?")
    await viewer.hears("who is there?")
    await oldest.hears("who is there?")
    for each in (viewer, oldest):
        assert each.users[dan.uid]["username"] == "dan"
        assert each.users[dan.uid]["status"] == "offline"
    assert asked["author"]["id"] == dan.uid


async def test_what_is_told_to_who_arrives(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """Only where managers want it, and nothing of what was deleted or muted meanwhile."""
    ann, bob = guild.member("ann"), guild.member("bob")
    keepers = guild.role("Keepers", permissions=MANAGE_GUILD)
    town.discord.create_role(guild, keepers)
    town.discord.set_roles(ann, keepers)
    town.discord.say(guild.public, ann, "before-words")
    await curious.hears("before-words")

    async def told() -> list[str] | None:
        recent = (await watch(town.bot, guild, **NEWEST)).joined[0].get("recent")
        return recent and [words["message"] for words in recent]

    assert await told() is None
    await town.discord.command(ann, "dzone messages", mode="recap")
    gone = town.discord.say(guild.public, ann, "gone-words")
    town.discord.say(guild.public, bob, "kept-words")
    await curious.hears("kept-words")
    assert await told() == ["gone-words", "kept-words"]
    town.discord.delete(guild.public, gone)
    await curious.until(lambda: gone["id"] in taken_back(curious))
    assert await told() == ["kept-words"]
    await town.discord.command(bob, "myself mute")
    await curious.until(lambda: len(taken_back(curious)) > 1)
    assert not await told()
