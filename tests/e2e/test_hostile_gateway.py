"""Whatever Discord sends, the bot lives, hears what comes next, and hides whom it hides."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.conftest import settings_for
from tests.e2e.hostile import FRAMES, Target, mutations
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.process import BotProcess
from tests.e2e.viewer import ALL_EVENTS, Viewer
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.e2e.model import Payload

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COLOR = re.compile("#[0-9a-f]{6}")


class Siege:
    """One bot, in a guild that nobody troubles and in one that is the target of everything."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self.discord = discord
        self.haven = discord.guild("Haven", "witness")
        self.target = Target(discord)
        self.events: dict[str, list[Payload]] = {}
        """What Discord could send about the target, by event; always the same, for hypothesis's sake."""
        for event, payload in self.target.events():
            self.events.setdefault(event, []).append(payload)
        self.bot: BotProcess
        self.viewer: Viewer
        """Somebody who watches the haven."""
        self.trouble = ""
        """What the first events that did harm were, and what they did."""
        self._near: Viewer | None = None
        """Somebody who watches the target, for as long as that is to be seen."""
        self._rounds = 0

    async def begin(self) -> None:
        """Hide zed, and let somebody watch both guilds."""
        owner = self.target.guild.member("owner")
        await self.discord.choose(owner, "Hide from d-zone", self.target.zed)
        self.viewer = await self._watch("Haven")
        await self.approach()

    async def endure(self, told: list[tuple[str, object]]) -> None:
        """Send events, and note what trouble they make."""
        try:
            await self.approach()
            for event, payload in told:
                self.discord.gateway.inject(event, payload)
            await self.goes_on()
        except AssertionError as error:
            self.trouble = f"{json.dumps(told)}\n{error}"

    async def approach(self) -> None:
        """Let the target be as it was, and somebody watch it."""
        self.discord.gateway.inject("GUILD_CREATE", self.target.whole())
        await self.goes_on()
        if self._near is None or not self._near.is_open():
            self._near = await self._watch("Target")

    async def goes_on(self) -> None:
        """See that what happens elsewhere reaches who watches there, by way of the same connection."""
        self._rounds += 1
        words = f"still here, {self._rounds}"
        self.discord.say(self.haven.public, self.haven.member("witness"), words)
        await self.viewer.hears(words)
        assert self.discord.gateway.accepted == 1, "the gateway connection was lost"
        assert "Traceback" not in self.bot.output, self.bot.output[-5000:]
        for viewer in filter(None, (self.viewer, self._near)):
            for frame in viewer.frames:
                assert self.target.zed.uid not in frame
            for uid, user in viewer.users.items():
                assert is_well_formed(uid, user), user
            viewer.frames.clear()
            viewer.events.clear()

    async def end(self) -> None:
        """Let everybody go."""
        await self.viewer.close()
        if self._near is not None:
            await self._near.close()

    async def _watch(self, name: str) -> Viewer:
        viewer = await Viewer.connect(self.bot.url)
        guild = self.haven if name == "Haven" else self.target.guild
        await viewer.join(str(guild.id), events=ALL_EVENTS)
        return viewer


def is_well_formed(uid: str, user: Payload) -> bool:
    """Tell whether every client can draw somebody."""
    return (
        uid.isdecimal()
        and isinstance(user["username"], str)
        and user["status"] in {"online", "idle", "dnd", "offline"}
        and COLOR.fullmatch(user["roleColor"]) is not None
        and isinstance(user.get("activity"), str | None)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def siege(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Siege]:
    """A bot that is up and running."""
    async with LoopbackDiscord() as discord:
        siege = Siege(discord)
        port, folder = free_port(), tmp_path_factory.mktemp("siege")
        siege.bot = await BotProcess.start(folder=folder, port=port, settings=settings_for(discord, port))
        try:
            await siege.bot.listening()
            await discord.heard()
            await siege.begin()
            yield siege
            await siege.end()
        finally:
            await siege.bot.stop()
        assert TOKEN not in siege.bot.output
        assert "Traceback" not in siege.bot.output, siege.bot.output
        assert "Task exception was never retrieved" not in siege.bot.output


@given(data=st.data())
@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a bot that was hit once is another one the second time
    suppress_health_check=list(HealthCheck),
)
async def test_odd_events(siege: Siege, data: st.DataObject) -> None:
    """Events with fields left out, null or of another type; the next test tells what they did."""
    told = []
    for _ in range(data.draw(st.integers(1, 3))):
        event = data.draw(st.sampled_from(sorted(siege.events)))
        payload = data.draw(st.sampled_from(siege.events[event]))
        told.append((event, data.draw(mutations(payload))))
    if not siege.trouble:  # a second run of the same would find another bot, and say less
        await siege.endure(told)


async def test_odd_events_did_no_harm(siege: Siege) -> None:
    """None of them was felt elsewhere."""
    assert siege.trouble == ""
    await siege.bot.said("skipped a MESSAGE_CREATE that could not be read")


@pytest.mark.parametrize("frame", FRAMES)
async def test_frames_that_are_no_events(siege: Siege, frame: str) -> None:
    """What discord.py could make nothing of is skipped."""
    siege.discord.gateway.scrawl(frame)
    await siege.goes_on()


async def test_what_is_skipped_is_told_once(siege: Siege) -> None:
    """Each kind has its line in the log, and no line has what somebody wrote."""
    for _ in range(3):
        siege.discord.gateway.inject("TYPING_START", {"guild_id": "a secret", "channel_id": "a secret"})
    await siege.goes_on()
    await siege.bot.said("skipped a TYPING_START that could not be read: guild_id is missing or odd")
    lines = [line for line in siege.bot.output.splitlines() if "skipped a TYPING_START" in line]
    assert sum("guild_id is missing or odd" in line for line in lines) == 1
    assert "a secret" not in siege.bot.output


def without(*path: str) -> Callable[[Payload], Payload]:
    """Leave a field out of the beginning of a session."""

    def leave_out(ready: Payload) -> Payload:
        *way, last = path
        thing = ready
        for key in way:
            thing[key] = thing = dict(thing[key])
        del thing[last]
        return ready

    return leave_out


def being(**fields: Any) -> Callable[[Payload], Payload]:
    """Replace fields of the beginning of a session."""
    return lambda ready: ready | fields


@pytest.mark.parametrize(
    "beginning",
    [
        without("user"),
        without("session_id"),
        lambda ready: ready | {"guilds": [None, {}, {"id": "odd"}, *ready["guilds"]]},
        lambda ready: ready | {"user": {"id": ready["user"]["id"]}, "application": None, "shard": None},
        lambda ready: {key: ready[key] for key in ("user", "guilds", "session_id")},
    ],
    ids=["user", "session", "guilds", "partly", "bare"],
)
async def test_odd_beginnings(
    discord: LoopbackDiscord,
    launch: Callable[..., Awaitable[BotProcess]],
    beginning: Callable[[Payload], Payload],
) -> None:
    """A session that begins oddly begins all the same."""
    guild = discord.guild("Town", "ann")
    discord.gateway.beginning = beginning
    bot = await launch()
    viewer = await Viewer.connect(bot.url)
    await viewer.join(str(guild.id))
    discord.say(guild.public, guild.member("ann"), "hello")
    await viewer.hears("hello")
    await viewer.close()
    assert discord.gateway.accepted == 1
