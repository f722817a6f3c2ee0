"""What a presence costs us, beside what discord.py pays to read it.

Run it alone with `python -m tests.bench.gateway`. Everything happens in one process: a real bot with its
cogs and its bridge is given the frames that Discord's gateway would send, without any network.

- discord.py's side, `parse`: the JSON decoded by the standard library, which discord.py takes unless orjson
  happens to be there, and its parser of PRESENCE_UPDATE, in a client in which nobody listens to presences.
- Our side: all that is added when the bot listens. That is what it takes to run the listener, the cog, the
  policy, the roster, the bridge and the room, up to and including the event that waits there for the next
  flush. The flush itself is fan-out, which isn't measured here.

What receives and decompresses the gateway's bytes is on neither side. Nor is the collection of cyclic
garbage, which falls on whoever happens to be at work, and takes as long as the process is large. The sides
take turns of a few milliseconds, so that a machine that is slow for a while is slow for all of them.
"""

import asyncio
import copy
import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Sequence, Set
from inspect import isawaitable
from typing import Any, Final
from unittest import mock

import discord
from discord.ext import commands

from bot.client import DZoneBot
from bot.config import Config
from bot.gateway.loader import MemberLoader
from bot.policy import Policy
from bot.roster import Roster
from bridge.problems import Problem
from bridge.rooms import flush
from bridge.server import WebSocketServer
from bridge.wire.protocol import Goodbye, Wants
from cogs.events.presence import Presence
from cogs.rooms import Rooms
from tests.bench.report import Bar, Table, bar, middle
from tests.bot.house import ALL_GRANTED
from tests.bot.memory import MemorySettings
from tests.e2e.guild import Guild, Member
from tests.e2e.model import Payload, User

LIMIT: Final = 0.5  # of discord.py's own time
MEMBERS: Final = 1_000
STATUS_CHANGES: Final = 0.6  # of all presences; the others change what somebody does
MOMENT: Final = 1_704_067_200_000  # some time in 2024
STATUSES: Final = ("online", "idle", "dnd", "offline")
TURN: Final = 100  # presences that one side takes before the next side's turn
DAYS: Final = 8  # in a round: what a machine does beside slows some turns down, and makes none faster
READ_AT_ONCE: Final = 4  # presences that discord.py reads before the loop turns

Frames = Sequence[str]
Side = Callable[[Frames], Coroutine[Any, Any, None]]
Call = tuple[str, tuple[Any, ...], dict[str, Any]]
Costs = dict[str, float]  # microseconds for one presence, by side


# What Discord says


def crowd() -> Guild:
    """Make a guild of people with faces, nicknames and roles, all of them online and playing something."""
    guild = Guild("Home", User("owner"))
    roles = [guild.role(f"role {number}", color) for number, color in enumerate((0, 0x2ECC71, 0, 0x3498DB))]
    for number in range(MEMBERS):
        user = User(f"member{number}", f"Member {number}", avatar=f"{number:032x}" if number % 4 else None)
        user.activities = doing(number)
        worn = tuple(role for bit, role in enumerate(roles) if number >> bit & 1)
        guild.settle(user, nick=f"Nick {number}" if number % 3 == 0 else None, roles=worn)
    return guild


def doing(number: int) -> list[Payload]:
    """Say what somebody does as Discord does: a game, and for every other one music or words of their own."""
    game: Payload = {
        "type": 0,
        "name": f"Game {number}",
        "id": f"{number:016x}",
        "application_id": "356875570916753438",
        "session_id": f"{number:032x}",
        "details": "In the Nether, looking for a way out",
        "state": "In a party",
        "flags": 1,
        "created_at": MOMENT + number,
        "timestamps": {"start": MOMENT + number},
        "assets": {"large_image": "356876590342340608", "large_text": "The Nether", "small_image": "3568765"},
        "party": {"id": f"party{number}", "size": [2, 5]},
    }
    music: Payload = {
        "type": 2,
        "name": "Spotify",
        "id": "spotify:1",
        "flags": 48,
        "details": "A song",
        "state": "A band; another band",
        "session_id": f"{number:032x}",
        "sync_id": "7kRIGfCIjHBkp8oTYYOcPV",
        "created_at": MOMENT + number,
        "timestamps": {"start": MOMENT, "end": MOMENT + 200_000},
        "assets": {"large_image": "spotify:ab67616d0000b273", "large_text": "An album"},
        "party": {"id": f"spotify:{number}"},
    }
    words: Payload = {
        "type": 4,
        "name": "Custom Status",
        "id": "custom",
        "state": "gardening",
        "created_at": MOMENT + number,
    }
    return [[game], [game, music], [game], [words, game]][number % 4]


def frame(member: Member, number: int) -> str:
    """Write somebody's presence as the gateway sends it."""
    said = member.presence() | {"processed_at_timestamp": MOMENT}
    return json.dumps({"t": "PRESENCE_UPDATE", "s": number, "op": 0, "d": said}, separators=(",", ":"))


def day(guild: Guild, events: int) -> Frames:
    """Let people change their status, and what they do while they are there; the same each time."""
    chance = random.Random(4711)
    people = list(guild.members.values())
    frames = []
    for number in range(events):
        member = chance.choice(people)
        user = member.user
        if user.status == "offline" or chance.random() < STATUS_CHANGES:
            user.status = chance.choice([status for status in STATUSES if status != user.status])
            user.activities = [] if user.status == "offline" else user.activities or doing(number)
        else:
            user.activities = doing(MEMBERS + number)
        frames.append(frame(member, number))
    return frames


# Who listens


class Idle(commands.Cog):
    """Listens to presences, and does nothing."""

    @commands.Cog.listener()
    async def on_presence_update(self, before: discord.Member, after: discord.Member) -> None:
        """Do nothing."""


class Recorder:
    """A bridge that remembers what it was asked for."""

    def __init__(self, bridge: WebSocketServer) -> None:
        self.calls: list[Call] = []
        self._bridge = bridge

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._bridge, name)

        def call(*args: Any, **kwargs: Any) -> object:
            self.calls.append((name, args, kwargs))
            return method(*args, **kwargs)

        return call


class Watcher:
    """A viewer who asked for everything, as the page does."""

    wants = Wants(batch=True, events=frozenset({"activity", "voice"}), cursor=True)

    def offer(self, frames: bytes) -> None:
        """Look away."""

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Wait for nothing."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Go."""


async def lonely_bot() -> DZoneBot:
    """Make a bot that is in no guild yet, and has no Discord."""
    bot = DZoneBot(Config("an.invented.token", host="127.0.0.1", port=0), MemorySettings())
    bot.shard_count = 1
    await bot._async_setup_hook()
    bot._connection.application_flags = ALL_GRANTED
    itself = User("d-zone", bot=True).payload()
    bot._connection.user = discord.ClientUser(state=bot._connection, data=itself)  # type: ignore[arg-type]
    await bot.setup_hook()
    await bot._tasks.stop()  # there is no Discord that could be told anything
    await bot.remove_cog("Welcome")
    return bot


async def bot_in(guild: Payload) -> DZoneBot:
    """Let a bot know a guild; nobody listens to presences."""
    bot = await lonely_bot()
    bot._connection.parsers["GUILD_CREATE"](copy.deepcopy(guild))  # parsers take payloads apart
    while not bot.bridge._directory.rooms:  # noqa: ASYNC110 - a task of discord.py's makes it of the guild
        await asyncio.sleep(0)
    await bot.remove_cog("Presence")
    return bot


def presence(bot: DZoneBot, bridge: object) -> Presence:
    """Make the real cog."""
    settings = MemorySettings()
    policy = Policy(settings)
    roster = Roster(policy, settings)
    rooms = Rooms(bot, bridge, policy, roster, MemberLoader(bot))  # type: ignore[arg-type]  # or a recorder
    return Presence(bridge, policy, roster, rooms)  # type: ignore[arg-type]


def hearing(bot: DZoneBot) -> Side:
    """Let discord.py read frames, and listeners do what they do."""
    parse = bot._connection.parsers["PRESENCE_UPDATE"]

    async def hear(frames: Frames) -> None:
        for number, text in enumerate(frames):
            parse(json.loads(text)["d"])
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)

    return hear


def replaying(bridge: WebSocketServer, calls: dict[str, list[Call]]) -> Side:
    """Ask a bridge for what the cog asks for when it hears the same frames."""

    async def replay(frames: Frames) -> None:
        for name, args, kwargs in calls[frames[0]]:
            answer = getattr(bridge, name)(*args, **kwargs)
            if isawaitable(answer):
                await answer

    return replay


# Measuring


class Bench:
    """All sides, each with a bot of its own in the same guild, and a day of so many presences."""

    def __init__(self, events: int) -> None:
        guild = crowd()
        self._morning = guild.payload(guild.owner)
        self._night = [frame(member, events + number) for number, member in enumerate(guild.members.values())]
        frames = day(guild, events)
        self._day = [frames[start : start + TURN] for start in range(0, events, TURN)]
        self._sides: dict[str, Side] = {}
        self._bridges: list[WebSocketServer] = []

    async def rounds(self, count: int) -> list[Costs]:
        """Measure so many days, after one to warm up."""
        with mock.patch.object(
            flush, "WINDOW", 3600.0
        ):  # what waits for a flush waits until the turn is over
            await self._prepare()
            return [await self._round() for _ in range(count + 1)][1:]

    async def _prepare(self) -> None:
        self._sides["parse"] = hearing(await bot_in(self._morning))
        idle = await bot_in(self._morning)
        await idle.add_cog(Idle())
        self._sides["dispatch"] = hearing(idle)
        calls = await self._recorded()
        for name in ("quiet", "watched"):
            bot = await bot_in(self._morning)
            await bot.add_cog(presence(bot, bot.bridge))
            self._sides[name] = hearing(bot)
            bridge = (await bot_in(self._morning)).bridge
            self._sides[f"{name} bridge"] = replaying(bridge, calls)
            self._bridges += [bot.bridge, bridge]
        for watched in self._bridges[2:]:
            watched._directory.rooms[self._morning["id"]].seat(Watcher())

    async def _recorded(self) -> dict[str, list[Call]]:
        """Write down what the cog asks of the bridge in each turn, by the turn's first frame."""
        bot = await bot_in(self._morning)
        recorder = Recorder(bot.bridge)
        await bot.add_cog(presence(bot, recorder))
        hear = hearing(bot)
        calls: dict[str, list[Call]] = {}
        for frames in (*self._day, self._night):
            recorder.calls = calls[frames[0]] = []
            await hear(frames)
        return calls

    async def _round(self) -> Costs:
        """Let each side have its day several times, and take the least disturbed of each of its turns."""
        days = [await self._one_day() for _ in range(DAYS)]
        return {name: statistics.fmean(map(min, *(day[name] for day in days))) * 1e6 for name in self._sides}

    async def _one_day(self) -> dict[str, list[float]]:
        """Let each side have its day, by turns, and then be as it was in the morning."""
        turns: dict[str, list[float]] = {name: [] for name in self._sides}
        gc.disable()
        for frames in self._day:
            for name, side in self._sides.items():
                begin = time.process_time()
                await side(frames)
                turns[name].append((time.process_time() - begin) / len(frames))
            self._flush()
        gc.enable()
        for side in self._sides.values():
            await side(self._night)
        self._flush()
        return turns

    def _flush(self) -> None:
        for bridge in self._bridges:
            bridge._directory.flush()


def ours(costs: Costs, side: str) -> float:
    """Count what our side adds to discord.py's."""
    return costs[side] - costs["parse"]


def bars(rounds: list[Costs]) -> list[Bar]:
    """Hold our side against discord.py's."""
    return [
        bar(
            f"CPU per presence, ours : discord.py's parsing ({name})",
            LIMIT,
            [ours(r, side) / r["parse"] for r in rounds],
        )
        for side, name in (("quiet", "nobody watches"), ("watched", "one viewer"))
    ]


def table(rounds: list[Costs]) -> Table:
    """Say where the time goes."""

    def row(name: str, cost: Callable[[Costs, str], float]) -> tuple[str, ...]:
        return name, *(
            f"{middle(cost(costs, side) for costs in rounds):.1f}" for side in ("quiet", "watched")
        )

    return Table(
        "A presence, from Discord's frame to the room",
        ("microseconds of CPU", "nobody watches", "one viewer"),
        (
            row("discord.py: JSON and parser", lambda costs, _: costs["parse"]),
            row("dispatch and running a listener", lambda costs, _: ours(costs, "dispatch")),
            row(
                "cog, policy, roster",
                lambda costs, side: costs[side] - costs["dispatch"] - costs[f"{side} bridge"],
            ),
            row("bridge and room", lambda costs, side: costs[f"{side} bridge"]),
            row("all of ours", ours),
        ),
    )


def run(*, quick: bool) -> list[Costs]:
    """Measure in a loop of its own."""
    return asyncio.run(Bench(1_000).rounds(1 if quick else 5))


def measure(quick: bool) -> list[Bar]:
    """Return the bars."""
    return bars(run(quick=quick))


def main() -> None:
    """Print microseconds for one presence, and the bars."""
    rounds = run(quick="--quick" in sys.argv)
    sys.stdout.write(table(rounds).text())
    for each in bars(rounds):
        sys.stdout.write(
            f"{each.name}: {each.measured:.2f} ({each.low:.2f}-{each.high:.2f}), at most {each.limit}\n"
        )


if __name__ == "__main__":
    main()
