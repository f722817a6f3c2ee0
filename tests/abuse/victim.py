"""The process under attack: `python -m tests.abuse.victim CORE`. It obeys as `tests.bench.pipe` says.

A bridge as it stands on the internet. On a core of its own its limits are those of any bridge, else they are
smaller, so that an attack meets them soon; waiting is short in both. At a steady pace something is said in
the healthy viewers' guild.
"""

import asyncio
import gc
import os
import resource
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlencode

from bridge.access.login import Account
from bridge.access.passwords import hash_password
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import GuildInfo
from bridge.problems import Problem
from bridge.providers import EmptyProvider
from bridge.running.process import GARBAGE_THRESHOLDS
from bridge.server import WebSocketServer
from bridge.wire.protocol import Connect, Goodbye, Wants
from tests.bench.guild import GUILD, members, other_status
from tests.bench.pipe import serve

PACE: Final = 0.04  # seconds between two messages
ORIGIN: Final = "http://zone.test"  # of our own page
SECRET: Final = "what is not for the world"  # in files that nobody may see
OURS: Final = "issued-to-us:"  # what the token of a login at our application begins with
METROPOLIS: Final = GuildInfo("410912345678901001", "metropolis", "Metropolis")
VAULT: Final = GuildInfo("410912345678901002", "vault", "The Vault", protected=True)
BAZAAR: Final = GuildInfo("410912345678901004", "bazaar", "The Bazaar")
LONG_AGO: Final = 900  # messages that were said there since
CLUB: Final = GuildInfo("410912345678901003", "club", "The Club", protected=True)
USUAL: Final = Limits(handshake_seconds=2, connect_seconds=3)
SMALL: Final = replace(USUAL, viewers_per_address=250, handshakes_per_minute=300, requests_per_minute=500)
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Discord:
    """Somebody to log in with. Whoever comes back with a code is who the code says."""

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        return "http://discord.test/?" + urlencode({"state": state})

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        return Account(code, "Somebody")

    async def may_watch(self, uid: str, server_id: str) -> bool:
        return server_id == CLUB.id


class Passer:
    """Somebody who hears what is said, and remembers nothing of it."""

    wants = Wants(batch=True)
    seated_at = 0

    def offer(self, frames: bytes) -> None:
        pass

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        pass


class Victim:
    """A bridge, and what can be asked about it."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.server = WebSocketServer(
            0, "0.0.0.0", provider=EmptyProvider(), limits=limits, exposure=Exposure(public_url=ORIGIN)
        )
        self.server.use_login(Discord(), b"secret")
        self.server.on_validate_discord_user(self._validate)
        self.server.static_dir = _furnish(folder)
        self._citizens = members(50_000)
        self._told = 0
        self._peak = 0
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, Any]:
        """Listen."""
        await self.server.start()
        self.server.show_guild(GUILD, members(100))
        self.server.show_guild(METROPOLIS, self._citizens)
        self.server._directory.rooms[METROPOLIS.id].entry(Connect(wants=Wants(deflate=True)))  # not the first
        self.server.show_guild(replace(VAULT, password_hash=hash_password(secrets.token_hex())))
        self.server.show_guild(CLUB)
        self.server.show_guild(BAZAAR, members(10))
        bazaar = self.server._directory.rooms[BAZAAR.id]
        bazaar.seat(Passer())
        for number in range(LONG_AGO):
            await self._gossip(number)
        return {"port": self.server.port}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_speak(self) -> None:
        """Say something every `PACE` seconds from now on."""
        self._telling = asyncio.create_task(self._speak())

    async def do_look(self) -> dict[str, Any]:
        """Say how things stand; `peak` is the most memory, in bytes, since the last look."""
        peak, self._peak = max(self._peak, _memory()), 0
        return {
            "told": self._told,
            "refusals": dict(self.server.refusals),
            "connections": len(self.server._gate.alive),
            "memory": _memory(),
            "peak": peak,
            "cpu": time.process_time(),
            "clock": time.monotonic(),
        }

    async def do_settle(self) -> None:
        """Collect garbage, so that a growth of memory is one."""
        gc.collect()

    async def _speak(self) -> None:
        start = time.monotonic()
        while True:
            due = start + self._told * PACE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._told += 1
            # When it was due, not when its turn came: a loop that is held up is late for all of it.
            await self.server.broadcast_message(GUILD.id, "1", f"{self._told} {due}", "2")
            await self._gossip(self._told)
            citizen = self._citizens[self._told % len(self._citizens)]  # each snapshot of theirs is another
            await self.server.broadcast_presence(METROPOLIS.id, citizen.uid, other_status(citizen.status))
            self._peak = max(self._peak, _memory())

    async def _gossip(self, number: int) -> None:
        await self.server.broadcast_message(
            BAZAAR.id, "1", f"Has anybody heard? That is number {number}.", "2"
        )

    @staticmethod
    async def _validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        return token == OURS + str(user.get("id"))


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


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def main() -> None:
    """Run the process, on one core if one is named."""
    if core := sys.argv[1:]:
        os.sched_setaffinity(0, map(int, core))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with TemporaryDirectory() as folder:
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        asyncio.run(serve(Victim(Path(folder), USUAL if core else SMALL)))


if __name__ == "__main__":
    main()
