"""A guild on a simulated Discord in which commands are used, by people with and without permissions."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

import discord
import pytest
import simcord.interactions
from discord.ext import commands
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle
from simcord.env import Env
from simcord.results import InteractionResult

from bot.application.translator import Translator
from bot.client import INTENTS
from bot.internals import HiddenChannels
from bot.internals.channels import REDACTED, REDACTED_NAME
from bot.policy import Policy
from bot.roster import Roster
from bridge.server import WebSocketServer
from cogs.commands.everybody import Everybody
from cogs.commands.host import Host
from cogs.commands.live import Live
from cogs.commands.manage import Manage
from cogs.commands.myself import Myself
from cogs.commands.replies import CommandTree, Ignored, Refused
from cogs.commands.welcome import Welcome
from cogs.decisions import Decisions
from cogs.rooms import Rooms
from cogs.settings import GuildSettings, MemberSettings, NotSaved
from tests.bot.memory import MemorySettings
from tests.cogs.quick import QuickEnv, remember_payloads

URL = "https://zone.example.org"
LOCALES = ("en-US", "en-GB", "de", "es-ES", "es-419", "fr")


class Drawer(MemorySettings):
    """Settings that can be lost: with `stuck`, nothing can be saved."""

    stuck = False

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        self._pull()
        await super().save_guild(guild_id, settings)

    async def meet(self, joined: Mapping[int, datetime | None]) -> None:
        self._pull()
        await super().meet(joined)

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        self._pull()
        await super().save_member(user_id, settings)

    async def save_default(self, guild_id: int | None) -> None:
        self._pull()
        await super().save_default(guild_id)

    async def forget_guild(self, guild_id: int) -> None:
        self._pull()
        await super().forget_guild(guild_id)

    def _pull(self) -> None:
        if self.stuck:
            raise NotSaved("the disk is full")


class Bridge(WebSocketServer):
    """Notes what is taken back, and has two viewers."""

    def __init__(self) -> None:
        super().__init__(0)
        self.forgotten: list[tuple[int, int | None]] = []

    def forget_words(self, server: str | int, uid: str | int | None = None) -> None:
        self.forgotten.append((int(server), None if uid is None else int(uid)))

    def viewer_count(self, server: str | int) -> int:
        return 2


class NotedRooms(Rooms):
    """Notes which guilds, and who everywhere, are shown anew."""

    guild_id = 0

    def __init__(self, bridge: Bridge) -> None:
        self.shown: list[int] = []
        self._noted = bridge

    async def show(self, guild: discord.Guild) -> None:
        self.shown.append(guild.id)

    def open(self, guild_id: int) -> None:
        """There is no room here."""

    async def show_everywhere(self, user_id: int) -> None:
        self.shown.append(user_id)

    def show_person(self, guild_id: int | str, user_id: int | str) -> None:
        """Nobody is shown here."""

    def forget_words_in(self, guild_id: int | str, user_id: int) -> None:
        self._noted.forget_words(guild_id, user_id)

    async def forget_words(self, user_id: int, where: Callable[[str], bool] = lambda _: True) -> None:
        if where(str(self.guild_id)):
            self._noted.forget_words(0, user_id)


class Office:
    """A guild with a manager, a moderator, ann who may nothing, and a square; the owner runs the bot."""

    def __init__(self, env: Env, bot: commands.AutoShardedBot, settings: Drawer) -> None:
        self.env = env
        self.bot = bot
        self.drawer = settings
        self.bridge = Bridge()
        self.rooms = NotedRooms(self.bridge)
        self.policy = Policy(settings, unseen=HiddenChannels(bot).of)
        self.decisions = Decisions(bot, self.bridge, settings, self.rooms)
        self.locale = "en-US"
        self.owner_place: int | None = None  # a guild in which the owner's commands are, if so
        self.guild = env.create_guild("Town")
        self.rooms.guild_id = self.guild.id
        self.square = self.guild.create_text_channel("square")
        self.manager = self.hire("manager", manage_guild=True)
        self.moderator = self.hire("moderator", moderate_members=True)
        self.ann = self.hire("ann")
        self.owner = self.hire("owner")
        bot.owner_id = self.owner.id

    def hire(self, name: str, **permissions: bool) -> MemberActor:
        """Let somebody join who has these permissions."""
        role = self.guild.create_role(name, permissions=discord.Permissions(**permissions))
        return self.guild.add_member(self.env.create_user(name), roles=[role])

    @property
    def settings(self) -> GuildSettings:
        return self.drawer.guild(self.guild.id)

    @property
    def cached(self) -> discord.Guild:
        guild = self.bot.get_guild(self.guild.id)
        assert guild is not None
        return guild

    async def open(self, public_url: str) -> None:
        """Add the cogs, and let Discord know the commands."""
        await self.bot.tree.set_translator(Translator())
        roster = Roster(self.policy, self.drawer)
        self.desk = self.bot, self.bridge, self.policy, roster, self.decisions, public_url
        await self.bot.add_cog(Manage(*self.desk))
        await self.bot.add_cog(Myself(self.bot, self.bridge, self.policy, self.decisions))
        await self.bot.add_cog(Everybody(*self.desk))
        await self.bot.add_cog(Host(*self.desk, place=self.owner_place))
        self.live = Live(*self.desk)
        await self.bot.add_cog(self.live)
        await self.begin()
        for command in await self.bot.tree.sync():
            # Discord shows everybody everything: what it hides is only a hint.
            self.guild.set_command_permissions(
                command, dict.fromkeys((self.manager, self.moderator, self.ann, self.owner), True)
            )

    async def begin(self) -> None:
        """Let the bot begin, for what counts as before and after."""
        with self.env._bot_scope():
            await self.bot.add_cog(Welcome(*self.desk))

    def private(self, name: str, *insiders: MemberActor) -> ChannelHandle:
        """Make a channel that not everybody sees."""
        see, hide = (
            discord.PermissionOverwrite(view_channel=True),
            discord.PermissionOverwrite(view_channel=False),
        )
        overwrites: Any = {self.guild.default_role: hide} | dict.fromkeys(insiders, see)
        return self.guild.create_text_channel(name, overwrites=overwrites)

    async def restrict(self, channel: ChannelHandle) -> None:
        """Give a channel an age limit."""
        cached = self.cached.get_channel(channel.id)
        assert isinstance(cached, discord.TextChannel)
        cached.nsfw = True

    async def blind(self, channel: ChannelHandle) -> None:
        """Let the bot no longer see a channel: Discord tells of it, but neither its name nor who does."""
        payload = self._said_of(channel)
        kept = {key: payload[key] for key in ("id", "type", "guild_id")}
        deny = discord.Permissions(view_channel=True).value
        nobody = [{"id": str(self.guild.id), "type": 0, "allow": "0", "deny": str(deny)}]
        redacted = {"name": REDACTED_NAME, "flags": REDACTED, "position": 0, "permission_overwrites": nobody}
        await self._tell("CHANNEL_UPDATE", kept | redacted)

    async def unblind(self, channel: ChannelHandle) -> None:
        """Let the bot see a channel again."""
        await self._tell("CHANNEL_UPDATE", self._said_of(channel))

    async def lose(self) -> None:
        """Let Discord tell no more than the guild's id, as at the beginning of each session."""
        with self.env._bot_scope():
            self.bot._connection._add_guild_from_data({"id": str(self.guild.id), "unavailable": True})  # type: ignore[typeddict-item]
        await self.env.settle()

    def _said_of(self, channel: ChannelHandle) -> dict[str, Any]:
        return dict(serializers.channel_payload(self.env.backend, self.env.backend.channels[channel.id]))

    async def _tell(self, event: str, payload: dict[str, Any]) -> None:
        self.env.backend.emit(event, payload)
        await self.env.settle()

    async def use(self, actor: MemberActor, command: str, **options: Any) -> InteractionResult:
        """Let somebody use a command; a channel and a role may be named."""
        for option, some in (("channel", self.guild.channels), ("role", self.guild.roles)):
            if isinstance(options.get(option), str):
                options[option] = some[options[option]]
        return await actor.slash(self.square, command, **options)

    async def reply(self, actor: MemberActor, command: str, **options: Any) -> str:
        """Let somebody use a command, and return what nobody else reads."""
        return read(await self.use(actor, command, **options))


def read(result: InteractionResult) -> str:
    """Return the last of what was answered, for nobody but whoever asked."""
    message = result.followups[-1] if result.followups else result.response
    assert message is not None
    assert message.ephemeral
    return message.content


@contextlib.asynccontextmanager
async def open_office(monkeypatch: pytest.MonkeyPatch, public_url: str = URL) -> AsyncIterator[Office]:
    """Open an office; what goes wrong in it, other than refusals, fails the test."""
    remember_payloads(monkeypatch)
    settings = Drawer()
    bot = commands.AutoShardedBot(
        command_prefix=commands.when_mentioned,
        intents=discord.Intents(**dict(INTENTS)),
        tree_cls=CommandTree,
        shard_count=1,
    )
    env = QuickEnv(bot)
    await env.start()
    office = Office(env, bot, settings)
    make = simcord.interactions.base_payload

    def localised(*args: Any, **kwargs: Any) -> Any:
        record, payload = make(*args, **kwargs)
        return record, payload | {"locale": office.locale}

    monkeypatch.setattr(simcord.interactions, "base_payload", localised)
    try:
        await env.settle()
        await office.open(public_url)
        yield office
    finally:
        await env.shutdown()
    unread = [
        error for error in env.errors[env._errors_acknowledged - len(env.errors) :] if not _expected(error)
    ]
    assert not unread


def _expected(error: BaseException) -> bool:
    told = Refused | Ignored | NotSaved
    return isinstance(error, told) or isinstance(getattr(error, "original", None), NotSaved)
