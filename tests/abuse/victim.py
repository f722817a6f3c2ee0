"""The process under attack: `python -m tests.abuse.victim URL [--core N] [--backplane URL]`.

A bridge as it stands on the internet, whose logins are those of the identity provider at the URL. On a core
of its own its limits are those of any bridge, else they are smaller, so that an attack meets them soon. With
a backplane two processes serve viewers for it. It obeys as `tests.bench.pipe` says. At a steady pace
something is said in the healthy viewers' guild.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Set
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, cast

from bot.login.logins import Logins
from bot.login.oauth import Application, OAuth
from bridge.access import cost, passwords
from bridge.access.cost import Budgets
from bridge.access.passwords import hash_password
from bridge.backplane.writer import _is_quiet
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import GuildInfo, Member
from bridge.problems import Problem
from bridge.providers import EmptyProvider
from bridge.running import loopwatch
from bridge.running.calm import Calm
from bridge.running.loop import SmallRounds
from bridge.running.loopwatch import watched
from bridge.running.process import GARBAGE_THRESHOLDS
from bridge.running.turns import Turns
from bridge.server import WebSocketServer
from bridge.viewers import session
from bridge.wire.protocol import Connect, Goodbye, Wants
from bridge.workers import worker
from tests.abuse.identity import APPLICATION
from tests.abuse.lateness import Lateness, Noting
from tests.bench.guild import GUILD, members, other_status
from tests.bench.pipe import serve
from tests.e2e.oauth import CLIENT_SECRET

if TYPE_CHECKING:
    import discord

    from bot.policy import Policy

WORKERS: Final = 2  # processes that serve viewers, where there is a backplane
PACE: Final = 0.04  # seconds between two messages
ORIGIN: Final = "http://zone.test"  # of our own page
SECRET: Final = "what is not for the world"  # in files that nobody may see
PASSWORD: Final = "the right one, of the vault"  # opens nothing else
METROPOLIS: Final = GuildInfo("410912345678901001", "metropolis", "Metropolis", listed=False)
VAULT: Final = GuildInfo("410912345678901002", "vault", "The Vault", protected=True)
SQUARE: Final = replace(GUILD, default=False)  # the healthy viewers'
BAZAAR: Final = GuildInfo("410912345678901004", "bazaar", "The Bazaar")
LONG_AGO: Final = 900  # messages that were said there since
CLUB: Final = GuildInfo("410912345678901003", "club", "The Club", protected=True, default=True)
USUAL: Final = Limits()
SMALL: Final = replace(
    USUAL, viewers_per_address=350, handshakes_per_minute=400, requests_per_minute=500,
    handshake_seconds=60, connect_seconds=60,
)  # fmt: skip
POOR: Final = replace(SMALL, cpu_per_viewer=0.002, cpu_per_address=0.005)
LONGEST_HOLD: Final = 0.25  # seconds of computing in one turn of the loop
MEMBER: Final = Member("410912345678907001", "Everywhere")  # who is in all of the many guilds
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Doorman(Logins):
    """Asks the identity provider as a bot does; the club's members are all who have an account."""

    def __init__(self, oauth: OAuth) -> None:
        super().__init__(cast("discord.Client", None), oauth, cast("Policy", None))  # they know members

    async def may_watch(self, uid: str, server_id: str) -> bool:
        return server_id == CLUB.id


class Log(logging.Handler):
    """Counts what would be written: lines, failures that surprised us, and when the loop was held."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = {"lines": 0, "surprises": 0, "held": 0}
        self.addFilter(Calm())

    def emit(self, record: logging.LogRecord) -> None:
        self.counts["lines"] += 1
        is_surprise = bool(record.exc_info or record.exc_text)  # a viewer process has written it already
        self.counts["surprises"] += is_surprise
        self.counts["held"] += record.name == "bridge.running.loopwatch"
        if is_surprise or record.name == "bridge.running.loopwatch":
            sys.stderr.write(f"{logging.Formatter().format(record)}\n")


class Passer:
    """Somebody who hears what is said, and remembers nothing of it."""

    wants = Wants(batch=True)

    def offer(self, frames: bytes) -> None:
        pass

    def forget(self, quoted: Set[str] | None = None) -> None:
        pass

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        pass


class Victim:
    """A bridge, and what can be asked about it."""

    def __init__(
        self, folder: Path, limits: Limits, identity: str, citizens: list[Member], lateness: Lateness,
        backplane: str | None,
    ) -> None:  # fmt: skip
        self.server = WebSocketServer(
            0, "0.0.0.0", provider=EmptyProvider(), limits=limits, exposure=Exposure(public_url=ORIGIN),
            publish_to=backplane, workers=0 if backplane is None else WORKERS,
        )  # fmt: skip
        self._folder = folder
        logins = Doorman(OAuth(identity, Application(APPLICATION, CLIENT_SECRET)))
        self.server.use_login(logins, b"secret")
        self.server.on_validate_discord_user(logins.validate)
        self.server.static_dir = _furnish(folder)
        self._citizens = citizens
        self._told = 0
        self._peak = 0
        self._telling: asyncio.Task[None] | None = None
        self._limits = limits
        self._log = Log()
        self._lateness = lateness

    async def start(self) -> dict[str, Any]:
        """Listen."""
        logging.basicConfig(level=logging.INFO, handlers=[self._log])
        await self.server.start()
        self.server.show_guild(SQUARE, members(100))
        await self._found_metropolis()
        self.server.show_guild(replace(VAULT, password_hash=hash_password(PASSWORD)))
        self.server.show_guild(CLUB)
        self.server.show_guild(BAZAAR, members(10))
        bazaar = self.server._directory.rooms[BAZAAR.id]
        bazaar.seat(Passer())
        for number in range(LONG_AGO):
            await self._gossip(number)
        await self._ask_viewers("keep", guilds=[METROPOLIS.id, BAZAAR.id, SQUARE.id])
        gc.collect()
        gc.freeze()  # what is there from the beginning need not be looked at before each measurement
        return {"port": self.server.port}

    async def _found_metropolis(self) -> None:
        """Show it as a bot does, in turns; somebody has been in there already."""
        server, directory = self.server, self.server._directory
        server.show_guild(METROPOLIS)
        await directory.turns.each(self._citizens, lambda one: server.show_members(METROPOLIS.id, [one]))
        await directory.preparations.ready(directory.rooms[METROPOLIS.id], Connect(wants=Wants(deflate=True)))

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_speak(self) -> None:
        """Say something every `PACE` seconds from now on."""
        self.server._directory.rooms[SQUARE.id].seat(self._lateness)
        self._telling = asyncio.create_task(self._speak())

    async def do_look(self) -> dict[str, Any]:
        """Say how things stand; `peak` is the most memory, in bytes, since the last look."""
        viewers = await self._ask_viewers("look")
        elsewhere = {name: sum(each[name] for each in viewers) for name in ("connections", "memory", "cpu")}
        peak, self._peak = max(self._peak, memory()), 0
        refusals = [Counter(each["refusals"]) for each in (*viewers, {"refusals": self.server.refusals})]
        late = self._lateness.take()
        return {
            "told": self._told,
            "refusals": sum(refusals, Counter[str]()),
            "connections": len(self.server._gate.alive) + elsewhere["connections"],
            "memory": memory() + elsewhere["memory"],
            "peak": peak + elsewhere["memory"],
            "cpu": time.process_time() + elsewhere["cpu"],
            "clock": time.monotonic(),
            "computed": late.computed,
            "written": late.written,
            "waited": list(late.waited.items()),
            **self._log.counts,
        }

    async def do_ration(self, *, poor: bool) -> None:
        """Let requests of those who connect from now on cost hardly anything, or as much as they may."""
        self.server._gate.budgets = Budgets(POOR if poor else self._limits)
        await self._ask_viewers("ration", poor=poor)

    async def do_limit(self, **limits: Any) -> None:
        """Take on no more than this of those who connect from now on; without a word, as much as before."""
        self.server._gate.limits = replace(self._limits, **limits)
        await self._ask_viewers("limit", **limits)

    async def do_build(self, guilds: int) -> None:
        """Have somebody be a member of so many guilds more, in each of which they said something."""
        for number in range(guilds):
            guild = GuildInfo(str(10**17 + number), f"guild-{number}", f"Guild {number}")
            self.server.show_guild(guild, [MEMBER])
            await self.server.broadcast_message(guild.id, MEMBER.uid, "I was here", "1")

    async def do_toggle(self, seconds: float) -> dict[str, Any]:
        """Have that member hide and show themselves over and over, as `cogs.rooms` does."""
        turns, until, times = Turns(), time.monotonic() + seconds, 0
        server = self.server
        theirs = [guild for guild in server.guild_ids() if server.member(guild, MEMBER.uid)]
        while time.monotonic() < until:
            await turns.each(server.guild_ids(), partial(server.forget_words, uid=MEMBER.uid))
            await turns.each(server.guild_ids(), partial(server.hide_members, uids=[MEMBER.uid]))
            await turns.each(theirs, partial(server.show_members, members=[MEMBER]))
            for guild in theirs:
                await server.broadcast_message(guild, MEMBER.uid, "Here I am again", "1")
                await asyncio.sleep(0)
            times += 1
        return {"toggled": times}

    async def do_settle(self) -> None:
        """Collect garbage, so that a growth of memory is one; with a backplane, be done with writing."""
        while not self._has_written():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(PACE)
        gc.collect()
        await self._ask_viewers("settle")
        await asyncio.sleep(5 * loopwatch.PACE)  # that may have held the loop: let it be said by now

    def _has_written(self) -> bool:
        """Whether nothing waits to be written to the backplane, but what is said all the time."""
        writer = self.server._plane._writer
        if writer is None:
            return True
        waiting = (guild_id for guild_id, book in writer._books.items() if not _is_quiet(book))
        return set(waiting) <= {SQUARE.id, BAZAAR.id, METROPOLIS.id}

    async def _ask_viewers(self, do: str, **details: Any) -> list[dict[str, Any]]:
        """Ask those who serve viewers for this one, if there are any."""
        crew = self.server._crew
        workers = [] if crew is None else [place.worker for place in crew._places]
        answers = []
        for one in workers:
            assert one is not None
            await one.is_ready.wait()
            answers.append(await _ask(self._folder / str(one.pid), {"do": do, **details}))
        return answers

    async def _speak(self) -> None:
        directory, start = self.server._directory, time.monotonic()
        window = directory._places[directory.rooms[SQUARE.id]].window
        while True:
            due = start + self._told * PACE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._told += 1
            # When it was due, not when its turn came: a loop that is held up is late for all of it.
            await self.server.broadcast_message(SQUARE.id, "1", f"{self._told} {due}", "2")
            self._lateness.expect(self._told, due, window._opens)
            await self._gossip(self._told)
            citizen = self._citizens[self._told % len(self._citizens)]  # each snapshot of theirs is another
            await self.server.broadcast_presence(METROPOLIS.id, citizen.uid, other_status(citizen.status))
            self._peak = max(self._peak, memory())

    async def _gossip(self, number: int) -> None:
        await self.server.broadcast_message(
            BAZAAR.id, "1", f"Has anybody heard? That is number {number}.", "2"
        )


def _furnish(folder: Path) -> Path:
    """Lay out a web folder, with things in it and beside it that are nobody's business."""
    root = folder / "web"
    (root / ".git").mkdir(parents=True)
    (root / "index.html").write_text("a page")
    for secret in (folder / "secret", root / ".env", root / ".git" / "config"):
        secret.write_text(SECRET)
    (root / "link").symlink_to(folder / "secret")
    (root / "up").symlink_to(folder)
    return root


async def _ask(place: Path, order: dict[str, Any]) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(place)
    writer.write(json.dumps(order).encode() + b"\n")
    answer: dict[str, Any] = json.loads(await reader.read())
    writer.close()
    return answer


def hasten() -> None:
    """Wait shortly, and be soon tired of guesses."""
    vars(cost)["LONGEST_WAIT"] = 1.0
    vars(session)["SHORT"] = 0.1
    vars(passwords)["_COST"] = 1 << 4


def memory() -> int:
    """Tell how much this process has, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


async def _serve(folder: Path, limits: Limits, identity: str, noting: Noting, backplane: str | None) -> None:
    citizens = members(
        50_000 if backplane is None or limits is USUAL else 10_000
    )  # long, and no bridge's work
    with watched(LONGEST_HOLD):
        await serve(Victim(folder, limits, identity, citizens, Lateness(noting.computed), backplane))


def main() -> None:
    """Run the process, on one core if one is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("identity")
    parser.add_argument("--core", type=int)
    parser.add_argument("--backplane")
    options = parser.parse_args()
    is_real = options.core is not None
    if is_real:
        os.sched_setaffinity(0, [options.core])
    else:
        hasten()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with TemporaryDirectory() as folder:
        viewer = ("-P", "-m", "tests.abuse.viewer", folder)
        vars(worker)["COMMAND"] = viewer if is_real else (*viewer, "hasty")
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        noting = Noting()
        with asyncio.Runner(loop_factory=lambda: SmallRounds(noting)) as runner:
            limits = USUAL if is_real else SMALL
            runner.run(_serve(Path(folder), limits, options.identity, noting, options.backplane))


if __name__ == "__main__":
    main()
