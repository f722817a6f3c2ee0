"""The discord.py client and its life."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import aiohttp
import discord
from discord.ext import commands

from bot import internals
from bot.application.sync import Notes, sync, sync_guild
from bot.application.translator import Translator
from bot.config import Config
from bot.gateway import measures
from bot.gateway.abilities import COSTS, NAMES, Abilities
from bot.gateway.arrivals import Arrivals
from bot.gateway.loader import MemberLoader
from bot.gateway.outages import Outages
from bot.gateway.turns import SharedTurns
from bot.login.logins import Logins
from bot.login.oauth import Application, OAuth
from bot.plots import Plots
from bot.policy import Policy
from bot.roster import Roster
from bot.running.values import DISCORD_API, PORTAL
from bot.storage.database import CannotOpen
from bridge.backplane.parts import WHOLE
from bridge.providers import EmptyProvider
from bridge.running.tasks import Tasks
from bridge.server import WebSocketServer
from bridge.site.measures import Reading
from cogs.commands.everybody import Everybody
from cogs.commands.host import Host
from cogs.commands.live import Live
from cogs.commands.manage import Manage
from cogs.commands.myself import Myself
from cogs.commands.replies import CommandTree
from cogs.commands.welcome import Welcome
from cogs.decisions import Decisions
from cogs.events.guilds import Guilds
from cogs.events.happenings import Happenings
from cogs.events.messages import Messages
from cogs.events.presence import Presence
from cogs.events.retention import Retention
from cogs.events.revocations import Access
from cogs.events.voice import VoiceChannels
from cogs.needs import Departures, Settings
from cogs.rooms import Rooms
from cogs.settings import News

log = logging.getLogger(__name__)

CATCH_UP_AGAIN: Final = 1.0  # seconds until what another process has stored is read again
MEMBERS_WITHIN: Final = 60.0  # seconds that guilds have to tell their members until others may come
OPEN_AFTER: Final = 5.0  # seconds after the login at which the page is there, whatever Discord does

INTENTS: Final = discord.Intents(
    guilds=True,
    moderation=True,  # who is banned
    members=True,
    presences=True,
    guild_messages=True,  # of direct messages the bot is told nothing
    message_content=True,
    voice_states=True,
    guild_reactions=True,
    guild_typing=True,
    guild_scheduled_events=True,
)


class Storage(Settings, Departures, Notes, Protocol):
    """All that the bot wants to find again after a restart."""

    @property
    def failures(self) -> int:
        """How often something could not be stored, since the start."""

    async def follow(self, heard: Callable[[News], Awaitable[None]]) -> None:
        """Take up what other processes decide, until cancelled, and have it heard."""

    async def read_again(self) -> None:
        """Take up what another process has stored, and return when it was heard."""

    async def save_notes(self, notes: Mapping[str, str | None]) -> None:
        """Keep several notes, all or none.

        Raises:
            NotSaved: if they can't be kept.
        """


class DZoneBot(commands.AutoShardedBot):
    """Feeds guilds into a bridge, and lets people decide what is shown.

    The bridge is started when the first shard is ready, and rooms open as guilds arrive.

    With `force_sync` Discord is told of the commands even if they are those of the last start. `failure` is
    why the bridge could not be started, if it could not.

    With `doors`, the sockets of a process that runs already, it takes over from that one: until `take_charge`
    it only listens to Discord, and `is_prepared` is set as soon as it knows all guilds.
    """

    def __init__(
        self,
        config: Config,
        settings: Storage,
        *,
        force_sync: bool = False,
        doors: Sequence[socket.socket] = (),
    ) -> None:
        internals.expect_no_voice()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=CommandTree,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,  # on_ready must not wait for every member of every guild
        )
        self.config = config
        self._settings = settings
        self._force_sync = force_sync
        self.bridge = WebSocketServer(
            config.port,
            config.host,
            provider=EmptyProvider(),
            limits=config.limits,
            exposure=config.exposure,
            health=config.health,
            publish_to=config.backplane_url,
            workers=config.workers,
            metrics=config.metrics,
            part=config.shards or WHOLE,
            sockets=doors,
        )
        self.bridge.documents = config.documents
        self.bridge.on_get_client_id(self._client_id)
        self.bridge.expects_more_guilds = True
        self.bridge.tells_of_misses = False  # guilds are hidden while their events go on
        self.failure: OSError | None = None
        self.is_prepared = asyncio.Event()
        self._is_in_charge = not doors
        self._acting: list[commands.Cog] = []  # cogs that do something of their own accord
        self._tasks = Tasks(log, "the bot")
        self._soon: asyncio.Task[None] | None = None
        self._oauth: OAuth | None = None
        self.bridge.measure(self._measures)
        self._loader = MemberLoader(self)
        self._arrivals = Arrivals()
        self._outages = Outages()
        self._is_opening = self._is_closing = self._is_complete = False
        self._part = config.shards or WHOLE
        self._turns = _turns(config)
        self._shards = internals.Shards(
            self, self._outages.fail, self._use_fewer_intents, config.shards, self._turns
        )
        internals.use_api(config.api_url)
        internals.outlive_limits(self)
        internals.wait_for_network(self)
        internals.keep_ready_apart(self)
        internals.notice_lost_guilds(self)
        internals.start_guilds_afresh(self)
        internals.keep_users_current(self)
        internals.heed_commands(self, lambda: self._is_in_charge)
        self._policy = Policy(settings, unseen=internals.HiddenChannels(self).of)
        self._voice_statuses = internals.VoiceStatuses(self)
        self._roster = Roster(
            self._policy,
            settings,
            emoji_images=config.emoji_images,
            voice_status=self._voice_statuses.of,
            plots=Plots(settings, self._tasks.start),
        )
        internals.run_at_once(self, "on_presence_update")  # the most frequent of all events
        self._skips = internals.expect_anything(self)  # the last: what goes wrong in all others ends there

    async def setup_hook(self) -> None:
        """Add the cogs, between login and the first connection to the gateway."""
        if self.config.api_url != DISCORD_API:
            await internals.use_gateway_of_api(self)
        policy, roster = self._policy, self._roster
        policy.own_id = self.user.id if self.user else None
        self._use_abilities(Abilities.granted(self.application_flags))
        rooms = Rooms(self, self.bridge, policy, roster, self._loader)
        await self.add_cog(Guilds(self, self.bridge, policy, rooms, self._loader))
        await self.add_cog(Presence(self.bridge, policy, roster, rooms))
        await self.add_cog(Messages(self.bridge, policy, roster))
        await self.add_cog(VoiceChannels(self.bridge, roster, rooms))
        await self.add_cog(Happenings(self.bridge, policy, roster, rooms))
        await self.add_cog(Access(self.bridge, policy, self._loader))
        self._open_logins(policy)
        decisions = Decisions(self, self.bridge, self._settings, rooms)
        desk = self, self.bridge, policy, roster, decisions, self.config.public_url
        page_login = self.config.client_secret is not None
        await self.add_cog(Manage(*desk, page_login=page_login))
        await self.add_cog(Everybody(*desk, page_login=page_login))
        await self.add_cog(Myself(self, self.bridge, policy, decisions))
        own = self.config.owner_guild
        host = Host(*desk, page_login=page_login, place=own)
        self.bridge.on_question(host.answer, self.config.token.encode())
        await (self.add_cog(host) if own is None else self.add_cog(host, guild=discord.Object(own)))
        await decisions.announce_again()
        following = self._settings.follow(partial(self._hear_of, decisions))
        self._tasks.start(following, "hearing of decisions elsewhere")
        self._acting = [
            Live(*desk, page_login=page_login),
            Welcome(*desk, page_login=page_login),
            Retention(self, self._settings, self._part.has),
        ]
        await self.tree.set_translator(Translator())
        if self._is_in_charge:
            await self._act()
            self._soon = self._tasks.start(self._open_soon(), "opening the page")

    async def _act(self) -> None:
        """Begin to do what one process alone may do."""
        for cog in self._acting:
            await self.add_cog(cog)
        # Discord may let us wait for a minute: the world does not.
        if 0 in self._part.shards:  # what concerns the whole application is for one process to do
            self._tasks.start(self._tell_commands(), "telling Discord of the commands")
        elif self._force_sync:
            log.warning("--sync does nothing here: the process with shard 0 tells Discord of the commands")

    async def _tell_commands(self) -> None:
        await sync(self.tree, self._settings, force=self._force_sync)
        await sync_guild(self.tree, self._settings, self.config.owner_guild, force=self._force_sync)

    def turns_away(self, user_id: int, guild_id: int | None) -> bool:
        """Tell whether somebody may use nothing of the bot, or nobody may in their guild."""
        blocked = self._settings.is_blocked
        return blocked("user", user_id) or (guild_id is not None and blocked("guild", guild_id))

    async def _hear_of(self, decisions: Decisions, news: News) -> None:
        """Show what is decided elsewhere, and don't wait: a large guild must not delay somebody who hides.

        Only before anybody can watch, all is shown first.
        """
        if not self.bridge.is_serving:
            await decisions.follow(news)
            return
        self._tasks.start(decisions.follow(news), "showing what was decided elsewhere")

    # Taking over, and being taken over from

    async def take_charge(self) -> None:
        """Go on where the process before leaves off: with what it has stored, its viewers, its commands."""
        await self.catch_up()
        self._is_in_charge = True
        await self._act()
        for cog in self._acting:
            await self._make_up(cog)
        await self._open()

    async def _make_up(self, cog: commands.Cog) -> None:
        """Have a cog hear what it has missed."""
        for name, hear in cog.get_listeners():
            if name == "on_ready":
                await hear()
            elif name == "on_guild_available":
                for guild in self.guilds:
                    await hear(guild)

    def leave_charge(self) -> None:
        """Leave the commands to the next process; those who watch here go on to do so."""
        self._is_in_charge = False

    async def stay_in_charge(self) -> None:
        """Take the commands back: the next process is gone."""
        self._is_in_charge = True
        await self.catch_up()

    async def catch_up(self) -> None:
        """Show what the other process has stored; where it can't be read, again and again until it can."""
        while True:
            try:
                return await self._settings.read_again()
            except CannotOpen as error:
                log.warning("what the other process decides can't be read: %s; trying again", error)
                await asyncio.sleep(CATCH_UP_AGAIN)

    def _open_logins(self, policy: Policy) -> None:
        """Let people log in: in d-zone clients, and with the application's secret on our own page."""
        application = Application(self._login_application or "", self.config.client_secret)
        self._oauth = OAuth(self.config.api_url, application)
        logins = Logins(self, self._oauth, policy)
        self.bridge.on_validate_discord_user(logins.validate)
        if application.secret is not None:
            self.bridge.use_login(logins, application.secret.encode())

    async def close(self) -> None:
        """Let the viewers go, then Discord."""
        self._is_closing = True
        await self._tasks.stop()
        await self._shards.tasks.stop()
        await self._loader.stop()
        await self._voice_statuses.stop()
        await self.bridge.stop()
        if self._turns is not None:
            await self._turns.close()
        if self._oauth is not None:
            await self._oauth.close()
        await super().close()

    async def on_ready(self) -> None:
        """All guilds are known. This comes again after each new session, if there is one shard alone."""
        is_first, self._is_complete = not self._is_complete, True
        await self._open()
        if not self._is_in_charge and is_first:
            self._tasks.start(self._prepare(), "preparing to take over")
        if is_first and self._part.is_whole and not self.guilds and not self._is_closing:
            log.warning("the bot is in no server yet: open %s and choose one", self.invite_link())

    async def _prepare(self) -> None:
        """Know all members before somebody comes who has seen them."""
        self._loader.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MEMBERS_WITHIN):
                await self._loader.is_done()
        self.is_prepared.set()

    async def _open_soon(self) -> None:
        """Start the bridge even if Discord takes its time."""
        await asyncio.sleep(OPEN_AFTER)
        await self._open()

    async def _open(self) -> None:
        """Start the bridge, once: whoever comes first, the first shard that is ready or some seconds."""
        if self._is_closing or self._is_opening or not self._is_in_charge:
            return
        self._is_opening = True
        if self._soon is not None and self._soon is not asyncio.current_task():
            self._soon.cancel()
        try:
            await self.bridge.start()
        except OSError as error:
            self.failure = error
            await self.close()
            return
        self._loader.start()
        log.info("watch at %s", self.config.public_url)
        log.info("invite the bot with %s", self.invite_link())

    def _use_abilities(self, abilities: Abilities) -> None:
        """Ask the gateway for no more than Discord grants, and say what that costs."""
        for name in abilities.missing:
            if getattr(self.intents, name):
                log.warning(
                    "the %s is off: %s; switch it on at %s/%s/bot and start the bot again",
                    NAMES[name],
                    COSTS[name],
                    PORTAL,
                    self.application_id,
                )
        internals.use_intents(self, abilities.within(self.intents))
        if abilities.presences:
            internals.ask_for_presences(self)
        self._policy.abilities = self._roster.abilities = Abilities.of(self.intents)

    async def _use_fewer_intents(self) -> bool:
        """Read anew what Discord grants, after it refused; tell whether that is less than was asked for."""
        try:
            flags = (await self.application_info()).flags
        except (discord.DiscordException, aiohttp.ClientError, OSError, *internals.NO_SENSE) as error:
            log.warning("Discord doesn't say which intents it grants: %s", type(error).__name__)
            return False
        before = self.intents
        self._connection.application_flags = flags
        self._use_abilities(Abilities.granted(flags))
        return self.intents != before

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:  # noqa: ARG002
        """Log once for each kind that a listener failed: that is a bug of ours."""
        error = sys.exc_info()[1]
        if error is not None:
            self._skips.failed(event_method, error)

    async def on_message(self, message: discord.Message) -> None:
        """Leave messages to the cogs: there are no commands in them."""

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """The gateway is lost, or a try to reach it again was in vain."""
        self._arrivals.lose(shard_id)
        self._tell_bridge()
        if not self._is_closing:
            self._outages.lose(shard_id)

    async def on_shard_connect(self, shard_id: int) -> None:
        """A session begins with the ids of its guilds."""
        self._arrivals.expect(self._shards.ids)
        self._arrivals.name(g.id for g in self.guilds if g.shard_id == shard_id and g.unavailable)
        self._tell_bridge()

    async def on_shard_ready(self, shard_id: int) -> None:
        """A new session is there."""
        self._found(shard_id)
        await self._open()

    async def on_shard_resumed(self, shard_id: int) -> None:
        """The old session goes on."""
        self._found(shard_id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A guild is told."""
        self._arrivals.tell(guild.id)
        self._tell_bridge()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """A guild is told that Discord called none of the bot's before."""
        await self.on_guild_available(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A guild is none of the bot's any more."""
        await self.on_guild_available(guild)

    @property
    def _login_application(self) -> str | None:
        """The id of the application that people log in to, after the bot's own login."""
        return self.config.client_id or (str(self.application_id) if self.application_id else None)

    def invite_link(self) -> str:
        """Make the link with which somebody adds the bot to their server, after login."""
        return discord.utils.oauth_url(
            self.application_id or 0,
            permissions=discord.Permissions(view_channel=True, send_messages=True, embed_links=True),
            scopes=("bot", "applications.commands"),
        )

    def _found(self, shard_id: int) -> None:
        self._arrivals.find(shard_id)
        self._tell_bridge()
        self._outages.end(shard_id)

    def _tell_bridge(self) -> None:
        self.bridge.expects_more_guilds = self._arrivals.are_owed

    def _measures(self) -> Iterable[Reading]:
        return measures.read(self, self._settings, self._arrivals)

    async def _client_id(self, server_id: str) -> str | None:  # noqa: ARG002 - one application for all
        return self._login_application


def _turns(config: Config) -> SharedTurns | None:
    """Take turns to connect with the processes that have the other shards, if there are any."""
    if config.shards is None or config.shards.is_whole:
        return None
    if config.backplane_url is None:
        log.warning(
            "SHARDS is %s, and there is no BACKPLANE_URL: nothing keeps bot processes from connecting at the"
            " same time, which Discord refuses; start them one after the other", config.shards,
        )  # fmt: skip
        return None
    return SharedTurns(config.backplane_url)
