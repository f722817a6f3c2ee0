"""A guild on a simulated Discord, with the real bot in it, and viewers on real sockets.

simcord is Discord's side: it drives discord.py's own parsers. It knows nothing of presences and of age
limits; what it can't say is said here in Discord's own JSON, and read by the same parsers.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

import discord
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.backend.models import Channel, Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import ChannelType, OverwriteType
from simcord.env import Env
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.client import DZoneBot
from bot.internals.loading import forget_loaded
from tests.bridge.watchers import PATIENCE

Payload = dict[str, Any]

ALL_EVENTS = ["typing", "voice", "reaction", "edit", "activity", "servers"]
VIEW = discord.Permissions(view_channel=True).value


class Viewer:
    """A WebSocket client in a room."""

    def __init__(self, connection: ClientConnection, joined: Payload) -> None:
        self.joined = joined
        self.frames: list[Payload] = []
        """Every frame since the join, batches as they came."""
        self._connection = connection
        self._read = 0

    @classmethod
    async def join(cls, port: int, server: str | None, **fields: Any) -> Self:
        """Connect, and enter a room; `fields` are those a client may add."""
        # As a browser: it takes frames of any size, and asks nobody for a sign of life.
        connection = await connect(
            f"ws://127.0.0.1:{port}/",
            proxy=None, max_size=None, open_timeout=PATIENCE, ping_interval=None,
        )  # fmt: skip
        await connection.send(json.dumps({"type": "connect", "data": {"server": server, **fields}}))
        frames: dict[str, Payload] = {}
        while frames.keys() != {"server-join", "server-list"}:
            async with asyncio.timeout(PATIENCE):
                frame = json.loads(await connection.recv())
            frames[frame["type"]] = frame["data"]
        return cls(connection, frames["server-join"])

    @property
    def users(self) -> dict[str, Payload]:
        """Who was in the room at the join."""
        users: dict[str, Payload] = self.joined["users"]
        return users

    async def until(self, sign: Callable[[Payload], bool]) -> list[Payload]:
        """Return the events since the last call up to one that satisfies, without that one."""
        events: list[Payload] = []
        while True:
            async with asyncio.timeout(PATIENCE):
                frame = json.loads(await self._connection.recv())
            self.frames.append(frame)
            news = frame["events"] if frame["type"] == "batch" else [frame]
            for event in news:
                if sign(event):
                    return events
                events.append(event)

    async def next(self, kind: str) -> Payload:
        """Wait for an event of a type and return its data; what comes before it is passed over."""
        found: Payload = {}

        def is_found(event: Payload) -> bool:
            if event["type"] == kind:
                found.update(event["data"])
            return bool(found)

        await self.until(is_found)
        return found

    async def goodbye(self) -> tuple[int | None, list[Payload]]:
        """Wait until the other side closes; return the close code and what was said last."""
        last = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    last.append(json.loads(await self._connection.recv()))
        except ConnectionClosed:
            return self._connection.close_code, last

    async def close(self) -> None:
        """Leave."""
        await self._connection.close()


class Town:
    """A guild with ann and bob in it, and a public channel, the square."""

    def __init__(self, env: Env, bot: DZoneBot) -> None:
        self.env = env
        self.bot = bot
        self.bridge = bot.bridge
        self.guild = env.create_guild("Town")
        self.square = self.guild.create_text_channel("square")
        self.ann = self.guild.add_member(env.create_user("ann"))
        self.bob = self.guild.add_member(env.create_user("bob"))
        self._keeper = self.guild.add_member(env.create_user("keeper"))
        self._nights = 0
        self._viewers: list[Viewer] = []

    @property
    def cached(self) -> discord.Guild:
        """The guild as the bot's cache has it."""
        guild = self.bot.get_guild(self.guild.id)
        assert guild is not None
        return guild

    def another(self, name: str = "Elsewhere") -> GuildHandle:
        """Invite the bot into another guild, which has a channel for everybody."""
        guild = self.env.create_guild(name)
        guild.create_text_channel("market")
        return guild

    def lose(self, member: MemberActor) -> None:
        """Let the cache be without somebody, as it is while a large guild is being loaded."""
        known = self.cached.get_member(member.id)
        assert known is not None
        self.cached._remove_member(known)
        self.cached._member_count = 300
        forget_loaded(self.bot._connection, self.guild.id)

    # Viewers

    async def viewer(self, server: GuildHandle | str | None = None, **fields: Any) -> Viewer:
        """Let somebody watch who asks for every event, or with `fields` for something else."""
        await self.settle()
        name = server if isinstance(server, str) else str((server or self.guild).id)
        viewer = await Viewer.join(self.bridge.port, name, **(fields or {"events": ALL_EVENTS}))
        self._viewers.append(viewer)
        return viewer

    async def plain_viewer(self, server: GuildHandle | None = None) -> Viewer:
        """Let somebody watch who asks for nothing, as the oldest clients do."""
        return await self.viewer(server, password=None)

    async def news(self, viewer: Viewer, *kinds: str) -> list[Payload]:
        """Return the data of all events that a viewer of this guild got since the last call.

        That nothing came is known by what comes next: the keeper changes status, and whatever a room says
        before that arrives before it.
        """
        await self.settle()
        self._nights += 1
        status = ("idle", "dnd")[self._nights % 2]
        await self.presence(self._keeper, status)
        uid = str(self._keeper.id)
        events = await viewer.until(
            lambda event: (
                event["type"] == "presence"
                and event["data"]["uid"] == uid
                and event["data"]["status"] == status
            )
        )
        return [event["data"] for event in events if not kinds or event["type"] in kinds]

    async def close(self) -> None:
        """Let all viewers leave."""
        for viewer in self._viewers:
            await viewer.close()

    # What simcord has no word for

    @property
    def keeper_uid(self) -> str:
        """The keeper, as viewers know them."""
        return str(self._keeper.id)

    async def settle(self) -> None:
        """Wait until the bot has done with all it was told."""
        await self.env.settle(idle=0.001)

    async def tell(self, event: str, payload: Any) -> None:
        """Let the gateway say something, and wait until the bot has done with it."""
        self.env.backend.emit(event, payload)
        await self.settle()

    async def dispatch(self, event: str, *args: object) -> None:
        """Let the bot notice something that no word of the gateway's stands for."""
        with self.env._bot_scope():
            self.bot.dispatch(event, *args)
        await self.settle()

    async def presence(self, member: MemberActor, status: str, *activities: Payload, **user: Any) -> None:
        """Change somebody's status and activities; with `user`, their account."""
        guild = member.guild.id
        account = dict(serializers.user_payload(self.env.backend.users[member.id])) | user
        await self.tell(
            "PRESENCE_UPDATE",
            {
                "user": account if user else {"id": str(member.id)},
                "guild_id": str(guild),
                "status": status,
                "activities": list(activities),
                "client_status": {} if status == "offline" else {"desktop": status},
            },
        )

    async def rename(self, member: MemberActor, nick: str | None) -> None:
        """Give somebody a nickname."""
        self.env.backend.guilds[member.guild.id].members[member.id].nick = nick
        self.env.backend.announce_member_update(member.guild.id, member.id)
        await self.settle()

    async def count(self, members: int) -> None:
        """Let the guild have so many members."""
        await self.guild_update(member_count=members)

    async def guild_update(self, **changes: Any) -> None:
        """Change what Discord says of the guild itself."""
        backend = self.env.backend
        payload = dict(serializers.guild_create_payload(backend, backend.guilds[self.guild.id]))
        for what_lives_there in ("members", "channels", "threads", "presences", "voice_states"):
            del payload[what_lives_there]
        await self.tell("GUILD_UPDATE", payload | changes)

    # Channels

    def channel(
        self, name: str, kind: ChannelType = ChannelType.TEXT, *, hidden: bool = False
    ) -> ChannelHandle:
        """Make a channel of any kind."""
        overwrites = [Overwrite(self.guild.id, OverwriteType.ROLE, deny=VIEW)] if hidden else []
        made = self.env.backend.create_channel(self.guild.id, name, type=kind, overwrites=overwrites)
        for member in (self.ann, self.bob):
            if hidden:  # some may look in: otherwise nobody could do anything there
                allowed = Overwrite(member.id, OverwriteType.MEMBER, allow=VIEW)
                self.env.backend.set_overwrite(made.id, allowed)
        return ChannelHandle(self.env, self.guild, made)

    def thread(self, parent: ChannelHandle, name: str, *, private: bool = False) -> ChannelHandle:
        """Open a thread."""
        kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
        thread = self.env.backend.create_thread(parent.id, name, self.ann.id, type=kind, broadcast=False)
        self.env.backend.announce_thread_create(thread)
        return ChannelHandle(self.env, self.guild, thread)

    async def hide(self, channel: ChannelHandle) -> None:
        """Take a channel away from @everyone."""
        self.env.backend.set_overwrite(channel.id, Overwrite(self.guild.id, OverwriteType.ROLE, deny=VIEW))
        await self.settle()

    async def show(self, channel: ChannelHandle) -> None:
        """Give a channel back to @everyone."""
        self.env.backend.delete_overwrite(channel.id, self.guild.id)
        await self.settle()

    async def restrict(self, channel: ChannelHandle) -> None:
        """Set an age limit for a channel."""
        await self.tell("CHANNEL_UPDATE", self._said_of(channel) | {"nsfw": True})

    async def change(self, channel: ChannelHandle, **changes: Any) -> None:
        """Change a channel."""
        self.env.backend.edit_channel(channel.id, changes)
        await self.settle()

    def _said_of(self, channel: ChannelHandle) -> Payload:
        stored: Channel = self.env.backend.channels[channel.id]
        return dict(serializers.channel_payload(self.env.backend, stored))

    # Roles

    async def give(self, member: MemberActor, role: RoleHandle) -> None:
        """Give somebody a role."""
        self.env.backend.add_member_role(self.guild.id, member.id, role.id)
        await self.settle()

    async def take(self, member: MemberActor, role: RoleHandle) -> None:
        """Take a role from somebody."""
        self.env.backend.remove_member_role(self.guild.id, member.id, role.id)
        await self.settle()

    async def recolor(self, role: RoleHandle, **changes: Any) -> None:
        """Change a role."""
        self.env.backend.edit_role(self.guild.id, role.id, changes)
        await self.settle()
