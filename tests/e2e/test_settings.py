"""What people decide holds on the wire: at once, after a restart, and when the bot is invited again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.conftest import assert_discreet, settings_for
from tests.e2e.decisions import CHANGES, HIDING, KINDS, NEWEST, OLDEST, PASSWORD
from tests.e2e.loopback import LoopbackDiscord
from tests.e2e.model import User
from tests.e2e.process import BotProcess
from tests.e2e.scene import Scene, leaks
from tests.e2e.viewer import Viewer, truth
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.e2e.conftest import Watch
    from tests.e2e.decisions import Change, Hiding
    from tests.e2e.model import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Stage:
    """One Discord for this file, with a bot that can be started again in its folder."""

    def __init__(self, discord: LoopbackDiscord, folder: Path) -> None:
        self.discord = discord
        self.folder = folder
        self.bot: BotProcess
        self.harbour = discord.guild("Harbour", "eve")
        """A guild in which nobody decides anything: the one for viewers without a choice."""

    async def start(self) -> None:
        """Start the bot."""
        port = free_port()
        settings = settings_for(self.discord, port)
        begun = len(self.discord.gateway.identifies)
        self.bot = await BotProcess.start(folder=self.folder, port=port, settings=settings)
        await self.bot.listening()
        await self.discord.heard(begun + 1)

    async def stop(self) -> None:
        """Stop the bot, and see that its log keeps what it heard to itself."""
        await self.bot.stop()
        assert_discreet(self.bot)
        assert not [words for words in (PASSWORD, "scrypt", "-words") if words in self.bot.output]

    async def invite(self, *scenes: Scene) -> None:
        """Let the bot be added to guilds, and wait until it has dealt with that."""
        lookout = await Viewer.connect(self.bot.url)
        await lookout.join(None, events=["servers"])
        last = self.discord.guild("The Last")
        for guild in (*(scene.guild for scene in scenes), last):
            self.discord.join(guild)
        # Of a guild that has had no link before nothing is decided: it is listed too, if not in this order.
        new = {str(scene.guild.id) for scene in scenes if not scene.slug} | {str(last.id)}
        await lookout.until(lambda: new <= lookout.servers.keys())
        self.discord.leave(last)
        for scene in scenes:
            listed: Payload = lookout.servers.get(str(scene.guild.id), {})
            scene.slug = listed.get("id", scene.slug)
        await lookout.until(lambda: str(last.id) not in lookout.servers)  # or the next test would hear of it
        await lookout.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot that is up and running."""
    async with LoopbackDiscord() as discord:
        stage = Stage(discord, tmp_path_factory.mktemp("stage"))
        await stage.start()
        yield stage
        await stage.stop()
        assert not discord.rest.unknown


@pytest_asyncio.fixture(loop_scope="session")
async def scene(stage: Stage) -> Scene:
    """A guild for one test alone."""
    scene = Scene(stage.discord)
    await stage.invite(scene)
    return scene


# At once


@pytest.mark.parametrize("name", HIDING)
async def test_hidden(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """No byte of what was hidden goes to anybody: who is there, who comes back, who is new."""
    decision, bot = HIDING[name], stage.bot
    if decision.prepare:
        await decision.prepare(scene)
    away = await watch(bot, scene.guild, **NEWEST)
    await away.close()
    oldest, newest = [await watch(bot, scene.guild, **kind) for kind in KINDS]
    scene.live()
    await scene.watched_by(oldest, newest)
    secrets = decision.hides(scene)
    assert not [secret for secret in secrets if not newest.knows(secret)], "there is nothing to hide"
    already = {viewer: len(viewer.frames) for viewer in (oldest, newest)}
    await decision.decide(scene)
    back = await watch(bot, scene.guild, like=away, **NEWEST)
    new = [await watch(bot, scene.guild, **kind) for kind in KINDS]
    scene.live()
    await scene.watched_by(oldest, newest, back, *new)
    for viewer in (oldest, newest, back):
        assert not leaks(viewer.frames[already.get(viewer, 0) :], secrets, known=True)
    for viewer in new:
        assert not leaks(viewer.frames, secrets, known=False)
    assert newest.people() == back.people() == new[1].people()


@pytest.mark.parametrize("name", HIDING)
async def test_shown_again(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """Whoever takes a decision back has everything as it was."""
    decision = HIDING[name]
    if decision.prepare:
        await decision.prepare(scene)
    await decision.decide(scene)
    stayed = await watch(stage.bot, scene.guild, **NEWEST)
    await decision.undo(scene)
    new = await watch(stage.bot, scene.guild, **NEWEST)
    scene.live()
    for viewer in (stayed, new):
        await scene.watched_by(viewer)
        await viewer.sees(truth(scene.guild))
    assert not [secret for secret in decision.hides(scene) if not new.knows(secret)]


@pytest.mark.parametrize("name", CHANGES)
async def test_changed(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """Who comes finds it as it was decided; and as it was, when that is taken back."""
    change = CHANGES[name]
    await change.decide(scene)
    await change.holds(scene, stage.bot, watch)
    await change.undo(scene)
    for kind in KINDS:
        viewer = await watch(stage.bot, scene.slug, **kind)
        assert viewer.servers[str(scene.guild.id)]["passworded"] is False
        await viewer.sees(truth(scene.guild))


@pytest.mark.parametrize("name", ["disabled", "password", "login"])
async def test_sent_away(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """Who watches what they may no longer is told, closed with 1008, and not let in by their cursor."""
    viewers = [await watch(stage.bot, scene.guild, **kind) for kind in KINDS]
    already = len(viewers[1].frames)
    await CHANGES[name].decide(scene)
    scene.live()
    for viewer in viewers:
        assert await viewer.closed() == 1008
        assert len(viewer.errors) == 1
    assert not leaks(viewers[1].frames[already:], [scene.ann.uid, scene.zed.uid, "-words"], known=False)
    back = await watch(stage.bot, **NEWEST)
    assert await back.knock(str(scene.guild.id), **NEWEST | {"cursor": viewers[1].cursor}) is not None
    assert not leaks(back.frames, [scene.ann.uid, scene.zed.uid, "-words"], known=False)


@pytest.mark.parametrize("name", ["disabled", "unlisted"])
async def test_off_the_list(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """Who watches another guild and asked for `servers` has one less at once, and hears of it no more."""
    guild = str(scene.guild.id)
    elsewhere = await watch(stage.bot, stage.harbour, **NEWEST)
    assert guild in elsewhere.servers
    already = len(elsewhere.frames)
    await CHANGES[name].decide(scene)
    await elsewhere.until(lambda: guild not in elsewhere.servers)
    scene.live()
    scene.discord.rename(scene.guild, later := scene.name.replace("Town", "Port"))
    scene.discord.say(stage.harbour.public, stage.harbour.member("eve"), "all quiet")
    await elsewhere.hears("all quiet")
    assert not leaks(elsewhere.frames[already:], [guild, scene.name, later], known=False)
    await CHANGES[name].undo(scene)
    await elsewhere.until(lambda: elsewhere.servers.get(guild, {}).get("name") == later)


async def test_an_old_link_to_a_new_name(stage: Stage, scene: Scene, watch: Watch) -> None:
    """The link of before leads to the guild under its public name, and that link to it under Discord's."""
    await HIDING["name"].decide(scene)
    renamed = await watch(stage.bot, scene.slug)
    assert renamed.joined[0]["serverName"] == "Somewhere Else"
    await HIDING["name"].undo(scene)
    viewer = await watch(stage.bot, renamed.servers[str(scene.guild.id)]["id"])
    assert viewer.joined[0]["serverName"] == scene.name


async def test_a_private_channel_needs_a_confirmation(stage: Stage, scene: Scene, watch: Watch) -> None:
    """Neither the command nor a change of mind shows a channel that not everybody sees; the button does."""
    newest = await watch(stage.bot, scene.guild, **NEWEST)
    for button in ("Cancel", None):
        warning = await scene.command(scene.owner, "dzone channels show", channel="den-of-thieves")
        assert "strangers" in warning.text
        if button:
            await scene.discord.press(warning, button)
    scene.live()
    await scene.watched_by(newest)
    assert not leaks(newest.frames, [str(scene.den.id), "den-"], known=False)
    await scene.discord.press(warning, "Show it to strangers")
    await newest.until(lambda: "den-of-thieves" in str(newest.of("channels")))


async def test_webhooks(stage: Stage, scene: Scene, watch: Watch) -> None:
    """They are heard after a confirmation, as visitors, and not a byte of them before or afterwards."""
    newest = await watch(stage.bot, scene.guild, **NEWEST)
    secrets = ["Plurabelle", "proxy-words"]
    _speak_by_webhook(scene)
    warning = await scene.command(scene.keeper, "dzone channels proxies", channel="general", state="on")
    assert "strangers" in warning.text
    _speak_by_webhook(scene)
    scene.live()
    await scene.watched_by(newest)
    assert not leaks(newest.frames, secrets, known=False)
    await scene.discord.press(warning, "Show it to strangers")
    _speak_by_webhook(scene)
    await newest.hears("proxy-words")
    uid = newest.of("message")[-1]["uid"]
    assert (newest.users[uid]["username"], newest.users[uid]["status"]) == ("Plurabelle", "online")
    already = len(newest.frames)
    await scene.command(scene.keeper, "dzone channels proxies", channel="general", state="off")
    await newest.until(lambda: uid not in newest.users)
    new = await watch(stage.bot, scene.guild, **NEWEST)
    _speak_by_webhook(scene)
    scene.live()
    await scene.watched_by(newest, new)
    assert not leaks(newest.frames[already:], [*secrets, uid], known=True)
    assert not leaks(new.frames, [*secrets, uid], known=False)


def _speak_by_webhook(scene: Scene) -> None:
    hook = User("Plurabelle", bot=True)
    scene.discord.say(scene.guild.public, hook, "proxy-words", webhook_id=str(hook.id))


@pytest.mark.parametrize("name", ["hide", "menu"])
async def test_gone_and_come_again(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """Who is hidden and leaves the guild is still hidden when they join it again."""
    decision = HIDING[name]
    await decision.decide(scene)
    newest = await watch(stage.bot, scene.guild, **NEWEST)
    scene.discord.remove_member(scene.zed)
    scene.zed = scene.discord.add_member(scene.guild, scene.zed.user, nick="Zebulon")
    scene.live()
    await scene.watched_by(newest)
    assert not leaks(newest.frames, decision.hides(scene), known=False)


async def test_hidden_in_every_guild(stage: Stage, watch: Watch) -> None:
    """Who hides in one guild is hidden in those where they are, and where they come later."""
    here, later = Scene(stage.discord), Scene(stage.discord)
    there = Scene(stage.discord, here.zed.user)
    await stage.invite(here, there, later)
    viewers = [await watch(stage.bot, scene.guild, **NEWEST) for scene in (there, later)]
    await HIDING["hide"].decide(here)
    await viewers[0].until(lambda: here.zed.uid not in viewers[0].users)
    already = len(viewers[0].frames)
    stage.discord.remove_member(later.zed)
    later.zed = stage.discord.add_member(later.guild, here.zed.user, nick="Zebulon")
    marks = [already, len(viewers[1].frames)]
    for scene, viewer, mark in zip((there, later), viewers, marks, strict=True):
        scene.live()
        await scene.watched_by(viewer)
        assert not leaks(viewer.frames[mark:], [here.zed.uid, "zed-words"], known=True)


async def test_words_that_wait_for_their_bubble(stage: Stage, watch: Watch) -> None:
    """The oldest clients get words one by one; those of before that are still to come don't come."""
    scenes = {name: Scene(stage.discord) for name in ("hide", "mute", "menu", "bots", "bubble")}
    await stage.invite(*scenes.values())
    oldest = {name: await watch(stage.bot, scene.guild, **OLDEST) for name, scene in scenes.items()}
    already = {name: len(viewer.frames) for name, viewer in oldest.items()}
    for name, scene in scenes.items():
        # All at once: whose turn to be shown comes is a matter of seconds, which a slow machine may take.
        scene.discord.say(scene.guild.public, scene.ann, "good evening")
        if name == "bots":
            scene.discord.say(scene.guild.public, scene.beep, "beep-words")
        else:
            scene.discord.say(scene.guild.public, scene.zed, "zed-words")
        await HIDING[name].decide(scene)
        scene.discord.say(scene.guild.public, scene.ann, "good night")
    # It comes five seconds after Ann's first words: old pages can't show it earlier.
    for name, scene in scenes.items():
        await oldest[name].hears("..." if name == "bubble" else "good night")
        assert not leaks(oldest[name].frames[already[name] :], HIDING[name].hides(scene), known=True)


@pytest.mark.parametrize("name", ["hide", "mute"])
async def test_strangers_lose_nothing(stage: Stage, scene: Scene, watch: Watch, name: str) -> None:
    """A decision of somebody who was never in a guild leaves alone what its viewers may come back for."""
    away = await watch(stage.bot, stage.harbour, **NEWEST)
    await away.close()
    stage.discord.say(stage.harbour.public, stage.harbour.member("eve"), "ahoy")
    await HIDING[name].decide(scene)
    back = await watch(stage.bot, stage.harbour, like=away, **NEWEST)
    assert back.joined[0].get("resumed")
    await back.hears("ahoy")


async def test_hidden_bots_are_not_named(stage: Stage, scene: Scene, watch: Watch) -> None:
    """Where bots are hidden, those who mention one name someone."""
    await HIDING["bots"].decide(scene)
    newest = await watch(stage.bot, scene.guild, **NEWEST)
    scene.discord.say(scene.guild.public, scene.ann, f"ask {scene.beep.mention}")
    await newest.hears("ask @someone")
    assert not leaks(newest.frames, HIDING["bots"].hides(scene), known=False)


# Who may not


ROLES = ("dzone role hide", "dzone role show")
"""What takes a role, and doesn't do without."""


def every_command(known: Payload, line: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Name a command and those below it, each with something for each of its options."""
    line = f"{line} {known['name']}".lstrip()
    below = [option for option in known.get("options", []) if option["type"] in {1, 2}]
    for command in below:
        yield from every_command(command, line)
    if not below:
        options = known["options"]
        yield line, {option["name"]: _anything(option) for option in options if option["name"] != "role"}


def _anything(option: Payload) -> str:
    choices = option.get("choices")
    return str(choices[0]["value"]) if choices else "smugglers-cove"


async def test_ordinary_members_decide_nothing(stage: Stage, scene: Scene, watch: Watch) -> None:
    """Each command refuses who may not, even where Discord showed it to them; so does a moderator's."""
    newest = await watch(stage.bot, scene.guild, **NEWEST)
    already = len(newest.frames)
    known = {command["name"]: command for command in await stage.discord.commands()}
    commands = [
        (line, options | ({"role": "Herd"} if line in ROLES else {}))
        for line, options in every_command(known["dzone"])
    ]
    assert len(commands) == 30
    for line, options in commands:
        for who in (scene.ann, scene.warden):
            reply = await scene.command(who, line, **options)
            assert reply.private
            assert "Manage Server" in reply.text or "operator" in reply.text, line
    reply = await scene.discord.choose(scene.ann, "Hide from d-zone", scene.zed)
    assert "Only moderators" in reply.text
    assert "Only moderators" in (await scene.command(scene.ann, "dzone-hidden")).text
    scene.live()
    await scene.watched_by(newest)
    await newest.sees(truth(scene.guild))
    assert newest.is_open()
    assert not leaks(newest.frames[already:], ['"servers"'], known=False)
    assert all(data.keys() == newest.joined[0]["channels"].keys() for data in newest.of("channels"))


async def test_the_operator_chooses_the_default(stage: Stage, scene: Scene, watch: Watch) -> None:
    """Who runs the bot decides what viewers without a choice see; managers don't."""
    reply = await scene.command(scene.keeper, "dzone default", server="this")
    assert "operator" in reply.text
    assert (await watch(stage.bot)).joined[0]["serverName"] == stage.harbour.name
    await scene.command(scene.owner, "dzone default", server="this")
    await _is_default(scene, stage.bot, watch)
    await scene.command(scene.owner, "dzone default", server="none")
    assert (await watch(stage.bot)).joined[0]["serverName"] == stage.harbour.name


async def _is_default(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    for kind in KINDS:
        viewer = await watch(bot, **kind)
        assert viewer.joined[0]["serverName"] == scene.name
        assert viewer.servers[str(scene.guild.id)]["default"] is True


# After a restart, and when the bot is invited again


class Later:
    """A stage on which everything has been decided, and after that the bot was started again."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.scenes = {(fate, name): Scene(stage.discord) for fate in FATES for name in DECISIONS}
        self.away: dict[Scene, Viewer] = {}

    async def come_to_pass(self) -> None:
        """Let people watch, decide, and the bot be stopped; and some guilds remove it and invite it."""
        await self.stage.start()
        for (_, name), scene in self.scenes.items():
            viewer = self.away[scene] = await Viewer.connect(self.stage.bot.url)
            await viewer.join(str(scene.guild.id), **NEWEST)
            scene.slug = viewer.servers[str(scene.guild.id)]["id"]
            await viewer.close()
            await DECISIONS[name].decide(scene)
        default = self.scenes["invitation", "color"]
        await default.command(default.owner, "dzone default", server="this")
        await self.stage.stop()
        await self.stage.start()
        invited = [scene for (fate, _), scene in self.scenes.items() if fate == "invitation"]
        for scene in invited:
            self.stage.discord.leave(scene.guild)
        await self.stage.invite(*invited)


FATES = ("restart", "invitation")
DECISIONS: dict[str, Hiding | Change] = {**HIDING, **CHANGES}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def later(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Later]:
    """The day after."""
    async with LoopbackDiscord() as discord:
        later = Later(Stage(discord, tmp_path_factory.mktemp("later")))
        await later.come_to_pass()
        yield later
        await later.stage.stop()


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", HIDING)
async def test_still_hidden(later: Later, watch: Watch, fate: str, name: str) -> None:
    """What was hidden before is hidden from the first byte on, also from who was there before."""
    scene, bot = later.scenes[fate, name], later.stage.bot
    viewers = [await watch(bot, scene.guild, **kind) for kind in KINDS]
    viewers.append(await watch(bot, scene.guild, like=later.away[scene], **NEWEST))
    scene.live()
    await scene.watched_by(*viewers)
    for viewer in viewers:
        assert not leaks(viewer.frames, HIDING[name].hides(scene), known=False)


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", CHANGES)
async def test_still_changed(later: Later, watch: Watch, fate: str, name: str) -> None:
    """What was decided holds."""
    await CHANGES[name].holds(later.scenes[fate, name], later.stage.bot, watch)


async def test_still_the_default(later: Later, watch: Watch) -> None:
    """What the operator chose is what viewers without a choice see."""
    await _is_default(later.scenes["invitation", "color"], later.stage.bot, watch)


async def test_a_password_is_not_stored(later: Later) -> None:
    """Who reads the files finds a hash, and nothing that anybody said."""
    stored = b"".join(file.read_bytes() for file in later.stage.folder.iterdir())
    assert b"scrypt$" in stored
    assert not [words for words in (PASSWORD, "-words", "Zeb") if words.encode() in stored]
