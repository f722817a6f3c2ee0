"""The discord.py client and its life."""

import asyncio
import logging
from typing import Final, Protocol

import discord
from discord.ext import commands

from bot import internals
from bot.config import Config
from bot.internals_voice import VoiceStatuses
from bot.loader import MemberLoader
from bot.logins import Logins
from bot.oauth import Application, OAuth
from bot.policy import Policy
from bot.roster import Roster
from bot.sync import Notes, sync
from bot.translator import Translator
from bot.values import DISCORD_API
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from cogs.access import Access
from cogs.decisions import Decisions
from cogs.guilds import Guilds
from cogs.manage import Manage
from cogs.me import Me
from cogs.messages import Messages
from cogs.needs import Departures, Settings
from cogs.presence import Presence
from cogs.replies import CommandTree
from cogs.retention import Retention
from cogs.voice import VoiceChannels

log = logging.getLogger(__name__)

INTENTS: Final = discord.Intents(
    guilds=True,
    members=True,
    presences=True,
    messages=True,
    message_content=True,
    voice_states=True,
    reactions=True,
    typing=True,
)


class Storage(Settings, Departures, Notes, Protocol):
    """All that the bot wants to find again after a restart."""


class DZoneBot(commands.AutoShardedBot):
    """Feeds guilds into a bridge that it starts when Discord is ready, and lets people decide what is shown.

    With `force_sync` Discord is told of the commands even if they are those of the last start. `failure` is
    why the bridge could not be started, if it could not.
    """

    def __init__(self, config: Config, settings: Storage, *, force_sync: bool = False) -> None:
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
        )
        self.bridge.on_get_client_id(self._client_id)
        self.failure: OSError | None = None
        self._syncing: asyncio.Task[bool] | None = None
        self._oauth: OAuth | None = None
        self._loader = MemberLoader(self)
        self._lost_shards: set[int] = set()
        internals.use_api(config.api_url)
        internals.ask_for_presences(self)
        internals.notice_lost_guilds(self)
        internals.start_guilds_afresh(self)
        internals.keep_users_current(self)
        self._voice_statuses = VoiceStatuses(self)
        internals.run_at_once(self, "on_presence_update")  # the most frequent of all events

    async def setup_hook(self) -> None:
        """Add the cogs, between login and the first connection to the gateway."""
        if self.config.api_url != DISCORD_API:
            await internals.use_gateway_of_api(self)
        policy = Policy(self._settings)
        roster = Roster(
            policy,
            self._settings,
            emoji_images=self.config.emoji_images,
            voice_status=self._voice_statuses.of,
        )
        guilds = Guilds(self, self.bridge, policy, roster, self._loader)
        await self.add_cog(guilds)
        await self.add_cog(Presence(self.bridge, policy, roster))
        await self.add_cog(Messages(self.bridge, policy, roster))
        await self.add_cog(VoiceChannels(self.bridge, policy, roster))
        await self.add_cog(Access(self.bridge, policy))
        self._open_logins(policy)
        decisions = Decisions(self, self.bridge, self._settings, guilds)
        await self.add_cog(
            Manage(
                self, self.bridge, policy, roster, decisions, self.config.public_url,
                page_login=self.config.client_secret is not None,
            )
        )  # fmt: skip
        await self.add_cog(Me(self, decisions))
        await self.add_cog(Retention(self, self._settings))
        await self.tree.set_translator(Translator())
        # Discord may let us wait for a minute: the world does not.
        self._syncing = asyncio.create_task(sync(self.tree, self._settings, force=self._force_sync))

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
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await self._loader.stop()
        await self._voice_statuses.stop()
        await self.bridge.stop()
        if self._oauth is not None:
            await self._oauth.close()
        await super().close()

    async def on_ready(self) -> None:
        """Start the bridge, once: this comes again after each new session."""
        if self.is_closed() or self.bridge.is_serving:
            return
        try:
            await self.bridge.start()
        except OSError as error:
            self.failure = error
            await self.close()
            return
        self._loader.start()
        log.info("watch at %s", self.config.public_url)
        log.info("invite the bot with %s", self.invite_link())
        if not self.guilds:
            log.warning("the bot is in no server yet: open %s and choose one", self.invite_link())

    async def on_message(self, message: discord.Message) -> None:
        """Leave messages to the cogs: there are no commands in them."""

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Say once that the gateway is lost, not at each try to reach it again."""
        if not self.is_closed() and shard_id not in self._lost_shards:
            self._lost_shards.add(shard_id)
            log.warning("the connection to Discord is lost; viewers keep what they see; reconnecting")

    async def on_shard_ready(self, shard_id: int) -> None:
        """A new session is there."""
        self._found(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """The old session goes on."""
        self._found(shard_id)

    @property
    def _login_application(self) -> str | None:
        """The id of the application that people log in to, after the bot's own login."""
        return self.config.client_id or (str(self.application_id) if self.application_id else None)

    def invite_link(self) -> str:
        """Make the link with which somebody adds the bot to their server, after login."""
        return discord.utils.oauth_url(
            self.application_id or 0,
            permissions=discord.Permissions(view_channel=True),
            scopes=("bot", "applications.commands"),
        )

    def _found(self, shard_id: int) -> None:
        if shard_id in self._lost_shards:
            self._lost_shards.discard(shard_id)
            log.info("the connection to Discord is back")

    async def _client_id(self, server_id: str) -> str | None:  # noqa: ARG002 - one application for all
        return self._login_application
