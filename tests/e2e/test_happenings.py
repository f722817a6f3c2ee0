"""What happens beside words: boosts, threads, polls, scheduled events; and what of them nobody may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import (
    ACTIVE,
    CANCELED,
    MANAGE_GUILD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    SCHEDULED,
    STAGE,
    VOICE,
    Planned,
)
from tests.e2e.viewer import ALL_EVENTS, Viewer

if TYPE_CHECKING:
    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.model import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")


def told(viewer: Viewer, kind: str) -> list[Payload]:
    """Return what a viewer was told of happenings of a kind, without their ids."""
    return [
        {key: value for key, value in data.items() if key not in ("id", "kind", "until")}
        for data in viewer.of("happening")
        if data["kind"] == kind
    ]


def goes_on(viewer: Viewer) -> list[str]:
    """Name what a viewer who came was told to go on."""
    return [one.get("text", "") for one in viewer.joined[-1]["happenings"]]


async def up_to_here(town: Town, guild: Guild, *viewers: Viewer) -> None:
    """Wait until viewers have seen all that happened."""
    town.discord.say(guild.public, guild.member("cid"), "that is all")
    for viewer in viewers:
        await viewer.hears("that is all")


async def test_a_boost(town: Town, guild: Guild, curious: Viewer, viewer: Viewer, watch: Watch) -> None:
    """It is told once, however often Discord tells it; who it was, only where they may be shown."""
    ann, bob = guild.member("ann"), guild.member("bob")
    await town.discord.command(bob, "myself hide")
    town.discord.boost(bob, guild.public)
    await curious.until(lambda: bool(told(curious, "boost")))
    town.discord.boost(ann, guild.public)
    await curious.until(lambda: told(curious, "boost")[-1:] == [{"uid": ann.uid}])
    await up_to_here(town, guild, curious, viewer)
    assert told(curious, "boost") == [{}, {"uid": ann.uid}]
    assert not viewer.of("happening")
    later = await watch(town.bot, guild, events=ALL_EVENTS)
    assert goes_on(later) == []  # a moment
    await town.discord.command(ann, "myself mute")
    await curious.until(lambda: told(curious, "boost")[-1:] == [{"over": True, "gone": True}])


async def test_a_thread(town: Town, guild: Guild, curious: Viewer) -> None:
    """One that everybody may see, by somebody who is shown; it is taken back with the thread."""
    ann, bob = guild.member("ann"), guild.member("bob")
    await town.discord.command(bob, "myself hide")
    den = guild.channel("den", hidden=True)
    town.discord.create_channel(den)
    open_one = guild.channel("which **tulip**?", PUBLIC_THREAD, parent=guild.public)
    town.discord.open_thread(guild.channel("den-thread", PUBLIC_THREAD, parent=den), ann)
    town.discord.open_thread(guild.channel("cellar", PRIVATE_THREAD, parent=guild.public), ann)
    town.discord.open_thread(guild.channel("bobs-thread", PUBLIC_THREAD, parent=guild.public), bob)
    town.discord.open_thread(open_one, ann)
    await up_to_here(town, guild, curious)
    place = {"channel": str(open_one.id), "parent": str(guild.public.id)}
    assert told(curious, "thread") == [{"uid": ann.uid, "text": "which tulip?"} | place]
    for secret in ("den-thread", "cellar", "bobs-thread"):
        assert not curious.knows(secret)
    town.discord.delete_channel(open_one)
    await curious.until(lambda: told(curious, "thread")[-1:] == [{"over": True, "gone": True}])


@pytest.mark.parametrize("told_by", ["change", "result"])
async def test_a_poll(town: Town, guild: Guild, curious: Viewer, watch: Watch, told_by: str) -> None:
    """It is open for who comes later as well, until it is closed or deleted; nobody is named."""
    ann, den = guild.member("ann"), guild.channel("den", hidden=True)
    town.discord.create_channel(den)
    town.discord.ask(den, ann, "den-poll")
    poll = town.discord.ask(guild.public, ann, f"Mars, {guild.member('bob').mention}?" + " Or Venus?" * 40)
    other = town.discord.ask(guild.public, ann, "Tea?", lasts_a_day=False)
    await curious.hears("[poll] Tea?")
    await up_to_here(town, guild, curious)
    later = await watch(town.bot, guild, events=ALL_EVENTS)
    asked, tea = goes_on(later)
    assert asked.startswith("Mars, @someone? Or Venus?")
    assert len(asked) <= 300
    assert tea == "Tea?"
    assert later.joined[-1]["happenings"][0]["until"] > 0
    assert not curious.knows("den-poll")
    about = town.discord.discuss(guild.public, poll, ann, "about Mars")
    await later.until(lambda: later.knows("about Mars"))
    town.discord.delete_channel(about)
    await later.until(lambda: told(later, "thread")[-1:] == [{"over": True, "gone": True}])
    assert len(goes_on(await watch(town.bot, guild, events=ALL_EVENTS))) == 2  # it is open all the same
    town.discord.close_poll(guild.public, poll, told_by=told_by)
    town.discord.delete(guild.public, other)
    await later.until(lambda: len(told(later, "poll")) == 2)
    assert told(later, "poll") == [{"over": True}, {"over": True, "gone": True}]
    assert goes_on(await watch(town.bot, guild, events=ALL_EVENTS)) == []
    back = await watch(town.bot, guild, like=later, events=ALL_EVENTS)
    assert not back.knows("Tea?")


async def test_an_event(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """It is on from its beginning to its end, where everybody may go; planned, it is nobody's business."""
    ann = guild.member("ann").user
    lounge, stage, den = (
        guild.channel("Lounge", VOICE),
        guild.channel("Stage", STAGE),
        guild.channel("den", VOICE),
    )
    den.hidden = True
    for channel in (lounge, stage, den):
        town.discord.create_channel(channel)
    quiz, talk = Planned("Quiz", guild, ann, lounge), Planned("A talk", guild, ann, stage)
    secret, picnic = (
        Planned("secret-event", guild, ann, den),
        Planned("Picnic", guild, ann, location="The park"),
    )
    for event in (quiz, talk, secret, picnic):
        town.discord.plan(event)
        await up_to_here(town, guild, curious)
        curious.events.clear()
        town.discord.change_event(event, status=ACTIVE)
        town.discord.change_event(event)
    await curious.until(lambda: bool(told(curious, "event")))
    later = await watch(town.bot, guild, events=ALL_EVENTS)
    assert sorted(goes_on(later)) == ["A talk", "Picnic", "Quiz"]
    assert {"channel": str(lounge.id), "text": "Quiz"}.items() <= later.joined[-1]["happenings"][0].items()
    assert told(curious, "event") == [{"text": "Picnic", "location": "The park"}]
    # One that repeats is planned anew when it has ended, and nothing else says that it has.
    town.discord.change_event(quiz, status=SCHEDULED)
    await later.until(lambda: told(later, "event") == [{"over": True}])
    town.discord.change_event(talk, status=CANCELED)
    town.discord.change_channel(lounge, hidden=True)
    town.discord.delete_event(picnic)
    await later.until(lambda: told(later, "event")[1:] == [{"over": True, "gone": True}] * 2)
    for viewer in (curious, later):
        assert not viewer.knows("secret-event")
    assert goes_on(await watch(town.bot, guild, events=ALL_EVENTS)) == []


async def test_a_channel_that_closes(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """An event in it is on no more, also for who comes back; it is again when the channel opens."""
    lounge = guild.channel("Lounge", VOICE)
    town.discord.create_channel(lounge)
    away = await watch(town.bot, guild, events=ALL_EVENTS)
    await away.close()
    town.discord.plan(Planned("Quiz", guild, guild.member("ann").user, lounge, status=ACTIVE))
    await curious.until(lambda: bool(told(curious, "event")))
    town.discord.change_channel(lounge, hidden=True)
    await curious.until(lambda: told(curious, "event")[-1] == {"over": True, "gone": True})
    for like in (None, away):
        assert not (await watch(town.bot, guild, like=like, events=ALL_EVENTS)).knows("Quiz")
    town.discord.change_channel(lounge, hidden=False)
    await curious.until(lambda: told(curious, "event")[-1].get("text") == "Quiz")


async def test_where_words_are_not_shown(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """An event goes on without its name; what somebody asked is gone."""
    ann = guild.member("ann")
    ann.roles = [guild.role("Keepers", permissions=MANAGE_GUILD)]
    town.discord.create_role(guild, ann.roles[0])
    town.discord.set_roles(ann, *ann.roles)
    lounge = guild.channel("Lounge", VOICE)
    town.discord.create_channel(lounge)
    town.discord.ask(guild.public, ann, "poll-words")
    town.discord.plan(Planned("event-words", guild, ann.user, lounge, status=ACTIVE))
    await curious.until(lambda: curious.knows("poll-words") and bool(told(curious, "event")))
    await town.discord.command(ann, "dzone messages", mode="bubble")
    await curious.until(lambda: told(curious, "poll")[-1] == {"over": True, "gone": True})
    town.discord.ask(guild.public, ann, "more-poll-words")
    await curious.until(lambda: "text" not in told(curious, "poll")[-1])
    later = await watch(town.bot, guild, events=ALL_EVENTS)
    assert sorted(goes_on(later)) == ["", ""]
    for words in ("poll-words", "event-words"):
        assert not later.knows(words)


async def test_whose_words_they_are(town: Town, guild: Guild, curious: Viewer, watch: Watch) -> None:
    """Of who isn't to be shown nobody reads what they called an event or asked, seen or not."""
    ann, bob, cid = guild.member("ann"), guild.member("bob"), guild.member("cid")
    keepers, shy = guild.role("Keepers", permissions=MANAGE_GUILD), guild.role("Shy")
    for role in (keepers, shy):
        town.discord.create_role(guild, role)
    town.discord.set_roles(cid, keepers)
    await town.discord.command(cid, "dzone members", offline="hide")
    await town.discord.command(cid, "dzone role hide", role=str(shy.id))
    lounge = guild.channel("Lounge", VOICE)
    town.discord.create_channel(lounge)
    for member in (ann, bob):
        name = f"{member.user.username}-event"
        town.discord.plan(Planned(name, guild, member.user, lounge, status=ACTIVE))
    town.discord.ask(guild.public, bob, "bobs-poll")
    await curious.until(lambda: curious.knows("bobs-poll") and len(told(curious, "event")) == 2)
    await town.discord.command(ann, "myself hide")
    await curious.until(lambda: "text" not in told(curious, "event")[-1])
    await town.discord.command(ann, "myself show")
    await curious.until(lambda: told(curious, "event")[-1].get("text") == "ann-event")
    town.discord.set_status(bob, "offline")
    town.discord.set_roles(bob, shy)
    await curious.until(lambda: told(curious, "poll")[-1] == {"over": True, "gone": True})
    await curious.until(lambda: "text" not in told(curious, "event")[-1])
    assert sorted(goes_on(await watch(town.bot, guild, events=ALL_EVENTS))) == ["", "ann-event"]


async def test_an_event_of_somebody_who_left(town: Town, guild: Guild, curious: Viewer) -> None:
    """It goes on, without the words of whoever was banned, or just went."""
    ann, bob = guild.member("ann"), guild.member("bob")
    for member, go in ((ann, town.discord.remove_member), (bob, town.discord.ban)):
        curious.events.clear()
        town.discord.plan(Planned("Picnic", guild, member.user, location="The park", status=ACTIVE))
        await curious.until(lambda: told(curious, "event") == [{"text": "Picnic", "location": "The park"}])
        go(member)
        await curious.until(lambda: told(curious, "event")[1:] == [{}])


async def test_an_event_that_was_on_before_the_bot(town: Town, guild: Guild, watch: Watch) -> None:
    """A guild comes with its events, after an outage as well; one that ended meanwhile is over."""
    lounge, ann = guild.channel("Lounge", VOICE), guild.member("ann").user
    quiz, chess = (Planned(name, guild, ann, lounge, status=ACTIVE) for name in ("Quiz", "Chess"))
    town.discord.fail(guild)
    guild.events = {event.id: event for event in (quiz, chess)}
    town.discord.recover(guild)
    viewer = await watch(town.bot, guild, events=ALL_EVENTS)
    await viewer.until(
        lambda: {*goes_on(viewer), *(one.get("text") for one in told(viewer, "event"))} == {"Quiz", "Chess"}
    )
    town.discord.fail(guild)
    del guild.events[quiz.id]
    town.discord.recover(guild)
    await viewer.until(lambda: {"over": True, "gone": True} in told(viewer, "event"))
    assert goes_on(await watch(town.bot, guild, events=ALL_EVENTS)) == ["Chess"]
