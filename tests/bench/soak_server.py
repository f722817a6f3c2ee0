"""The soak's server: `python -m tests.bench.soak_server CORE RATE SEED PERIOD TIGHT SIZES [BACKPLANE]`.

It obeys JSON lines. In it is a bridge with several guilds, in which all kinds of things happen through
its public face. It can be told to pause, and then says what every viewer must see by now.
"""

import asyncio
import contextlib
import gc
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import asdict, replace
from typing import Any, Final

from bridge.model import Channel, GuildInfo, Member, Voice
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.viewers import connection, outbox, pulse
from tests.bench.contestants import PATIENT
from tests.bench.guild import members
from tests.bench.pipe import serve

SCRIBE: Final = "999"  # a member whose colour is the number of the room's last message
TEXT_CHANNELS: Final = tuple(str(420_000_000_000_000_000 + number) for number in range(5))
VOICE_CHANNELS: Final = tuple(str(430_000_000_000_000_000 + number) for number in range(3))
FLEETING: Final = "440000000000000000"  # a channel that comes and goes, in which nothing is said
_STATUSES: Final = ("online", "idle", "dnd", "offline")
_COUNTED: Final = ("Session", "Connection", "Outbox", "_Vitals", "Task", "Event")
_OFTEN: Final = {
    "status": 36, "name": 4, "color": 4, "join": 7, "leave": 7, "voice": 8, "activity": 9, "message": 13,
    "typing": 5, "reaction": 1, "edit": 1, "channel": 0.7, "rename_guild": 0.1, "client_id": 0.1,
    "flicker": 1.5, "burst": 0.6, "recolor_many": 0.2, "reconcile": 0.05,
}  # fmt: skip


def slugs(count: int) -> list[str]:
    """Name so many guilds."""
    return [f"town{number}" for number in range(count)]


def guild_of(slug: str) -> str:
    """Tell a guild's snowflake."""
    return "500" + slug.removeprefix("town")


class Town:
    """A guild, and what happens in it."""

    def __init__(self, server: WebSocketServer, info: GuildInfo, size: int, seed: int) -> None:
        self.info = info
        self.events = 0
        self._server = server
        self._size = size
        self._chance = random.Random(seed)
        everybody = members(size * 5 // 4)
        self._here = [member.uid for member in everybody[:size]]
        self._away = everybody[size:]
        self._number = 0
        self._taken_back: set[int] = set()  # messages, of which whoever hadn't heard them hears nothing
        self._application: str | None = None
        self._channels = [
            Channel(uid, f"text-{uid[-2:]}", "text", "Talk", at) for at, uid in enumerate(TEXT_CHANNELS)
        ]
        self._channels += [Channel(uid, f"voice-{uid[-2:]}", "voice") for uid in VOICE_CHANNELS]
        scribe = Member(SCRIBE, "Scribe", "online", "#000000")
        server.show_guild(info, [scribe, *everybody[:size]], self._channels)

    async def live(self, rate: float) -> None:
        """Let something happen, at random times, so many times a second."""
        due = time.monotonic()
        while True:
            due = max(due + self._chance.expovariate(rate), time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self.happen()

    async def happen(self) -> None:
        """Let one thing happen."""
        (what,) = self._chance.choices(tuple(_OFTEN), tuple(_OFTEN.values()))
        await getattr(self, f"_{what}")()

    def truth(self) -> dict[str, Any]:
        """Tell what a viewer must see who heard everything; `leaving` are those whose removal waits."""
        room = self._server._directory.rooms[self.info.id]
        return {
            "id": self.info.id,
            "slug": self.info.slug,
            "client": self._application,
            "number": self._number,
            "taken_back": sorted(self._taken_back),
            "members": [
                member._asdict() | {"voice": asdict(member.voice) if member.voice else None}
                for member in room.members.values()
            ],
            "channels": {
                each.id: {
                    "name": each.name,
                    "kind": each.kind,
                    "category": each.category,
                    "position": each.position,
                }
                for each in self._channels
            },
            "leaving": list(room._audience._playback._leaving),
        }

    def _somebody(self) -> str:
        return self._chance.choice(self._here)

    async def _presence(self, uid: str, status: str | None = None, **details: Any) -> None:
        self.events += 1
        status = status or self._chance.choice(_STATUSES)
        await self._server.broadcast_presence(self.info.id, uid, status, **details)

    async def _status(self) -> None:
        await self._presence(self._somebody())

    async def _name(self) -> None:
        await self._presence(self._somebody(), username=f"Nova {self._chance.randrange(10_000)} Ж🌸")

    async def _color(self) -> None:
        await self._presence(self._somebody(), role_color=f"#{self._chance.randrange(1 << 24):06x}")

    async def _join(self) -> None:
        if self._away and len(self._here) < self._size * 9 // 8:
            member = self._away.pop(self._chance.randrange(len(self._away)))
            self._here.append(member.uid)
            if self._chance.random() < 0.5:
                self.events += 1
                self._server.show_members(self.info.id, [member])
            else:
                await self._presence(member.uid, username=member.username, role_color=member.role_color)

    async def _leave(self) -> None:
        if len(self._here) > self._size * 7 // 8:
            uid = self._here.pop(self._chance.randrange(len(self._here)))
            member = self._server.member(self.info.id, uid)
            assert member is not None
            self._away.append(member._replace(voice=None, activity=None))
            await self._presence(uid, "offline", delete=True)
            if self._chance.random() < 0.2:
                self._here.append(self._away.pop().uid)
                await self._presence(uid, username="back again")

    async def _voice(self) -> None:
        self.events += 1
        voice = None
        if self._chance.random() < 0.6:
            at = self._chance.choice(VOICE_CHANNELS)
            voice = Voice(at, f"voice-{at[-2:]}", *(self._chance.random() < 0.5 for _ in range(3)))
        await self._server.broadcast_voice(self.info.id, self._somebody(), voice)

    async def _activity(self) -> None:
        self.events += 1
        text = self._chance.choice((None, "Playing Factorio", f"Listening to {self._chance.randrange(100)}"))
        await self._server.broadcast_activity(self.info.id, self._somebody(), text)

    async def _message(self) -> None:
        """Say the next number. In one breath with it, the scribe shows that number to who joins now."""
        self._number += 1
        await self._presence(SCRIBE, "online", role_color=f"#{self._number:06x}")
        self.events += 1
        words = "word " * self._chance.choice((1, 3, 10, 80))
        await self._server.broadcast_message(
            self.info.id,
            self._somebody(),
            f"{self._number} {words}",
            self._chance.choice(TEXT_CHANNELS),
            id=str(self._number),
            channel_name="text",
        )

    async def _typing(self) -> None:
        self.events += 1
        channel = self._chance.choice((*TEXT_CHANNELS, FLEETING))
        await self._server.broadcast_typing(self.info.id, self._somebody(), channel)

    async def _reaction(self) -> None:
        self.events += 1
        await self._server.broadcast_reaction(self.info.id, self._somebody(), TEXT_CHANNELS[0], "🎉")

    async def _edit(self) -> None:
        self.events += 1
        number = str(max(1, self._number - self._chance.randrange(5)))
        words = self._chance.choice((None, f"{number} corrected"))
        if words is None:
            self._taken_back.add(int(number))
        channel = self._chance.choice(TEXT_CHANNELS)
        await self._server.broadcast_edit(self.info.id, self._somebody(), channel, number, words)

    async def _channel(self) -> None:
        self.events += 1
        kept = [channel for channel in self._channels if channel.id != FLEETING]
        if len(kept) == len(self._channels):
            kept.append(Channel(FLEETING, "fleeting", "forum", None, 9))
        kept[0] = replace(kept[0], name=f"text {self._chance.randrange(100)}")
        self._channels = kept
        self._server.show_guild(self.info, channels=kept)

    async def _rename_guild(self) -> None:
        self.events += 1
        self.info = replace(self.info, name=f"Town {self._chance.randrange(10_000)}")
        self._server.show_guild(self.info)

    async def _client_id(self) -> None:
        self.events += 1
        self._application = str(self._chance.randrange(10**6))
        await self._server.broadcast_client_id_update(self.info.id, self._application)

    async def _flicker(self) -> None:
        """Somebody's line is bad: on, off, on, with a word between."""
        uid = self._somebody()
        for status in ("online", "offline", "idle"):
            await self._presence(uid, status)
        await self._message()
        await self._presence(uid, "dnd", username="flickering")

    async def _burst(self) -> None:
        for _ in range(40):
            await self._chance.choice((self._status, self._message, self._voice, self._join, self._leave))()

    async def _recolor_many(self) -> None:
        color = f"#{self._chance.randrange(1 << 24):06x}"
        many = {self._somebody() for _ in range(min(100, self._size // 2))}
        known = [member for uid in many if (member := self._server.member(self.info.id, uid))]
        self.events += len(known)
        self._server.show_members(self.info.id, [member._replace(role_color=color) for member in known])

    async def _reconcile(self) -> None:
        """The gateway was away: all members are told anew, and some have changed or left."""
        if len(self._here) > self._size * 7 // 8:
            self._here.pop()
        known = [member for uid in self._here if (member := self._server.member(self.info.id, uid))]
        scribe = self._server.member(self.info.id, SCRIBE)
        assert scribe is not None
        known[:3] = [member._replace(status="idle") for member in known[:3]]
        self.events += 4
        self._server.show_guild(self.info, [scribe, *known])


class Host:
    """The bridge, its towns, and the orders about them."""

    def __init__(self, rate: float, seed: int, sizes: list[int], backplane: str | None) -> None:
        self._rate = rate
        self._server = WebSocketServer(
            0, "127.0.0.1", provider=EmptyProvider(), limits=PATIENT, publish_to=backplane
        )
        self._towns = [
            Town(
                self._server,
                GuildInfo(guild_of(slug), slug, f"Town {at}", default=not at),
                size,
                seed + at,
            )
            for at, (slug, size) in enumerate(zip(slugs(len(sizes)), sizes, strict=True))
        ]
        self._lives: list[asyncio.Task[None]] = []
        self._idle_tasks = 0

    async def start(self) -> dict[str, Any]:
        """Listen."""
        await self._server.start()
        await asyncio.sleep(0)
        self._idle_tasks = len(asyncio.all_tasks())
        return {"port": self._server.port, "pid": os.getpid()}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_live(self) -> None:
        """Let things happen."""
        self._lives = [_task(town.live(self._rate)) for town in self._towns]

    async def do_pause(self) -> dict[str, Any]:
        """Let nothing happen, hand out what did, and say what everybody must see."""
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for life in self._lives:
            if not life.cancelled() and (error := life.exception()):
                raise error
        self._lives = []
        self._server._directory.flush()
        return self._truth()

    async def do_truth(self) -> dict[str, Any]:
        """Say what everybody must see."""
        return self._truth()

    async def do_here(self) -> dict[str, Any]:
        """Say whose sessions there are, by the viewers' ports."""
        ports = [viewer.remote_address[1] for viewer in self._server.connections if viewer.remote_address]
        return {"ports": ports}

    async def do_vitals(self) -> dict[str, Any]:
        """Say what there is of everything that comes and goes with viewers."""
        return {
            "sessions": len(self._server._sessions),
            "transports": len(self._server._gate.alive),
            "seats": sum(len(room.viewers) for room in self._server._directory.rooms.values()),
            "round": len(self._server._pulse._round),
            "tasks": len(asyncio.all_tasks()) - self._idle_tasks - len(self._lives),
            "cpu": time.process_time(),
            "events": sum(town.events for town in self._towns),
        }

    async def do_objects(self) -> dict[str, Any]:
        """Say how many objects are left that could leak."""
        gc.collect()
        there = Counter(type(each).__name__ for each in gc.get_objects())
        return {"objects": {name: there[name] for name in _COUNTED}}

    def _truth(self) -> dict[str, Any]:
        listing = {
            town.info.id: {"id": town.info.slug, "name": town.info.name, "passworded": False}
            | ({"default": True} if town.info.default else {})
            for town in self._towns
        }
        return {"rooms": [town.truth() for town in self._towns], "listing": listing}


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def _run(rate: float, seed: int, sizes: list[int], backplane: str | None) -> None:
    await serve(Host(rate, seed, sizes, backplane))


def main() -> None:
    """Run the process."""
    core, rate, seed, period, tight, sizes, *backplane = sys.argv[1:]
    pulse.PERIOD = float(period)  # type: ignore[misc]  # Final, but for a short soak
    if int(tight):
        connection.SEND_BUFFER = 16 * 1024  # type: ignore[misc]
        outbox.MAX_BACKLOG = 32 * 1024  # type: ignore[misc]
    os.sched_setaffinity(0, {int(core)})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.suppress(KeyboardInterrupt):
        counts = [int(size) for size in sizes.split(",")]
        asyncio.run(_run(float(rate), int(seed), counts, backplane[0] if backplane else None))


if __name__ == "__main__":
    main()
