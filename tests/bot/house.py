"""The whole bot without Discord: real cogs, real bridge, real store; the gateway's words are given to it.

Its clock stands still until it is told what time it is.
"""

import asyncio
import copy
import json
import logging
from typing import TYPE_CHECKING, Any, cast

import discord
from websockets.protocol import State

from bot.client import DZoneBot
from bot.config import Config
from bot.store import Store
from bridge.access.gate import Gate
from bridge.access.visitor import NOBODY
from bridge.limits import Limits
from bridge.running.named import Named
from bridge.running.rate import Rate
from bridge.viewers.connection import Connection, Writer
from bridge.viewers.session import Session
from bridge.wire.protocol import OPTIONAL_EVENTS, Goodbye
from cogs.allowance import Allowance
from cogs.decisions import Decisions
from tests.bridge.watchers import read_frames
from tests.e2e.model import User

if TYPE_CHECKING:
    from cogs.events.guilds import Guilds

Json = dict[str, Any]

# How long guessers have to wait is no matter here; nor is what anything costs this machine: whoever has spent
# too much of its time would wait for ever, by a clock that stands still.
PLENTY = 1e15
NO_MATTER = Limits(wrong_tries=1_000, cpu_per_viewer=PLENTY, cpu_per_address=PLENTY, cpu_in_all=PLENTY)
BOUNDLESS = Rate(per_second=PLENTY, at_once=PLENTY)
ALL_GRANTED = discord.ApplicationFlags(
    gateway_presence=True, gateway_guild_members=True, gateway_message_content=True
)


class Clock(asyncio.SelectorEventLoop):
    """A loop with a time of its own."""

    now = 1_000.0

    def time(self) -> float:
        return self.now


class House:
    """The bot, its store in a file, and its viewers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = Clock()

    def open(self, *guilds: Json) -> None:
        """Start, and hear of these guilds."""
        self._loop.run_until_complete(self._open())
        for guild in guilds:
            self.hear("GUILD_CREATE", guild)

    async def _open(self) -> None:
        self.store = await Store.open(self._url)
        config = Config("an.invented.token", host="127.0.0.1", port=0, limits=NO_MATTER)
        self.bot = DZoneBot(config, self.store)
        self.bot.shard_count = 1
        await self.bot._async_setup_hook()
        self.bot._connection.application_flags = ALL_GRANTED
        await self.bot.setup_hook()
        await self.bot._tasks.stop()  # there is no Discord that could be told of the commands
        await self.bot._voice_statuses.stop()  # nor one that could be asked
        state = self.bot._connection
        state.user = discord.ClientUser(state=state, data=cast("Any", User("zone", bot=True).payload()))
        self.bridge = self.bot.bridge
        guilds = cast("Guilds", self.bot.get_cog("Guilds"))
        rooms = guilds._rooms
        rooms._allowance = rooms._passes._allowance = Allowance(BOUNDLESS, BOUNDLESS, longest=0.0)
        self.decisions = Decisions(self.bot, self.bridge, self.store, rooms)

    def close(self) -> None:
        """Stop."""
        self.do(self.bot.close())
        self.do(self.store.close())

    def leave(self) -> None:
        """Stop for good."""
        self.close()
        self._loop.close()

    def do(self, work: Any) -> None:
        """Do something, and all that follows from it, up to what viewers are told."""
        self._loop.run_until_complete(self._settle(work))

    async def _settle(self, work: Any) -> None:
        await work
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        self.bridge._directory.flush()

    def hear(self, event: str, payload: Json) -> None:
        """Let discord.py hear what the gateway says."""

        async def parse() -> None:
            self.bot._connection.parsers[event](copy.deepcopy(payload))  # parsers take payloads apart

        self.do(parse())

    @property
    def now(self) -> float:
        """What time it is."""
        return self._loop.now

    def forget_guild(self, stub: Json) -> None:
        """Let discord.py know no more than a guild's id, as a new session does before it is told."""
        self.bot._connection._add_guild_from_data(cast("Any", stub))

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self._loop.now += 1.0
            self.do(asyncio.sleep(0))


class Line:
    """A transport, a connection and its protocol: what is written is read at once."""

    def __init__(self, page: "Page", gate: Gate) -> None:
        self.deflates = False
        self.gate = gate
        self.address = "?"
        self.state = State.OPEN
        self._page = page
        self._writer: Writer | None = None

    @property
    def transport(self) -> "Line":
        return self

    def named(self, log: logging.Logger) -> Named:
        return Named(log, "connection 0")

    def hand_over(self, writer: Writer) -> None:
        self._writer = writer

    def write(self, frames: bytes) -> None:
        for frame in read_frames(frames):
            self._page.hear(frame)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def dismiss(self, goodbye: Goodbye) -> None:
        self._page.dismissed(goodbye.code)

    def end(self) -> None:
        self.state = State.CLOSED
        assert self._writer is not None
        self._writer.end()


class Page:
    """A client that believes what it is told: the oldest kind, or with `full` one that asks for everything.

    `guild` is the room it is in, `told` every frame it ever got, taken out of their batches.
    """

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.guild: int | None = None
        self.told: list[Json] = []
        self.said: dict[str, str] = {}
        """What stands in its feed, by the id of the message."""
        self.members: dict[str, Json] = {}
        self.channels: Json = {}
        self.servers: Json = {}
        self.cursor = ""
        self.password: str | None = None
        self._line: Line | None = None
        self._session: Session | None = None

    def __repr__(self) -> str:
        return "full" if self.full else "old"

    async def come(self, house: House, guild: int, password: str | None, *, resume: bool = False) -> None:
        """Connect, and ask for a room."""
        self.password = password
        bridge = house.bridge
        self._line = Line(self, bridge._gate)
        connection = cast("Connection", self._line)
        self._session = Session(connection, NOBODY, bridge._directory, bridge._admission, bridge._refresher)
        await self._session._greet()
        asked: Json = {"server": str(guild)}
        if password is not None:
            asked["password"] = password
        if self.full:
            asked |= {
                "batch": True,
                "events": sorted(OPTIONAL_EVENTS),
                "cursor": self.cursor if resume else "",
            }
        await self._session._answer(json.dumps({"type": "connect", "data": asked}))
        if self.guild is None:
            self.go()  # not let in

    def go(self) -> None:
        """Disconnect, and forget what was said."""
        self.said.clear()
        assert self._line is not None
        assert self._session is not None
        self._line.end()
        self._session.leave()
        self.guild = None

    def dismissed(self, code: int) -> None:
        """Be sent away, for good."""
        assert code == 1008
        self.go()

    # What it hears

    def hear(self, frame: Json) -> None:
        """Believe a frame."""
        if frame["type"] == "batch":
            for event in frame["events"]:
                self.hear(event)
            return
        self.told.append(frame)
        self.cursor = frame.get("cursor", self.cursor)
        handle = getattr(self, "_hear_" + frame["type"].replace("-", "_"), None)
        if handle is not None:
            handle(frame["data"])

    def _hear_server_list(self, data: Json) -> None:
        self.servers = data

    _hear_servers = _hear_server_list

    def _hear_server_join(self, data: Json) -> None:
        code = data["request"]["server"]
        self.guild = next(int(guild) for guild, room in self._rooms().items() if room.info.slug == code)
        self.cursor = data.get("cursor", "")
        self.channels = data.get("channels", {})
        if "resumed" not in data:
            self.members = data["users"]

    def _rooms(self) -> dict[str, Any]:
        assert self._session is not None
        return self._session._directory.rooms

    def _hear_channels(self, data: Json) -> None:
        self.channels = data

    def _hear_presence(self, data: Json) -> None:
        uid = data["uid"]
        if data.get("delete"):
            del self.members[uid]
            return
        if uid not in self.members:
            assert {"username", "roleColor"} <= data.keys(), "somebody new without a name or a colour"
            self.members[uid] = dict.fromkeys(("avatar", "voice", "activity")) if self.full else {}
        self.members[uid].update(data)

    def _hear_message(self, data: Json) -> None:
        if "id" in data:
            self.said[data["id"]] = data["message"]

    def _hear_edit(self, data: Json) -> None:
        if data["message"] is None:
            self.said.pop(data["id"], None)
        elif data["id"] in self.said:
            self.said[data["id"]] = data["message"]

    def _hear_voice(self, data: Json) -> None:
        voice = {key: value for key, value in data.items() if key != "uid"}
        self.members[data["uid"]]["voice"] = voice if voice["channel"] else None

    def _hear_activity(self, data: Json) -> None:
        self.members[data["uid"]]["activity"] = data["text"]
