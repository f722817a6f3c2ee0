"""What the bot says once in a guild that it is new in: what viewers see, and buttons to decide on it."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any, Final

import discord
from discord.ext import commands

from bridge.running.named import of_guild
from bridge.running.tasks import Tasks
from bridge.running.words import one_line
from cogs.commands.desk import HIDDEN, Desk
from cogs.commands.replies import MAX_REASON, NOBODY, NOT_TAKEN, Refused, answer, is_shut_out, plain
from cogs.commands.standing import OUTDATED, Standing, custom_id, standing
from cogs.commands.status import gate, only_here
from cogs.decisions import joined_at
from cogs.settings import GuildSettings, NotSaved, Protection
from cogs.texts import Language, Lines, Text, language_of

MAX_PLACES: Final = 3  # channels in which a welcome is tried
MAX_ENTRIES: Final = 10  # of a guild's log in which we look for who added the bot
MAX_BATCH: Final = 500  # guilds that are stored at a time
LATER: Final = 900.0  # seconds after which a welcome is tried once more that nobody got to see
MAX_SHUT_OUT: Final = 100  # welcomes that wait for that
SKEW: Final = timedelta(days=1)  # by which our clock may be wrong

log = logging.getLogger(__name__)

# What is written on the buttons, by their ids.
BUTTONS: Final = {
    "show": (Text("Show it"), discord.ButtonStyle.primary),
    "members": (Text("Only members watch"), discord.ButtonStyle.secondary),
    "hide": (Text("Keep it hidden"), discord.ButtonStyle.secondary),
    "open": (Text("Settings"), discord.ButtonStyle.secondary),
}
BELOW: Final = Text(
    "{/dzone status} tells the current settings. Whoever may manage this server decides with these buttons:"
)
ASIDE: Final = Text(
    "I can't write in any channel of that server, so I'm telling you, as you added me. There, {/dzone setup} "
    "opens a panel with all settings."
)
HIDE_SHOWN: Final = Text("Hide this server")  # in place of "Keep it hidden", where it isn't
WELCOME, MANAGE = "Welcome", "Manage"  # the names of the cogs to which the buttons lead
DECISIONS: Final[dict[str, Callable[[GuildSettings], GuildSettings]]] = {
    "show": lambda settings: replace(settings, shown=True),
    "members": lambda settings: replace(
        settings, shown=True, protection="login", role_id=None, password_hash=None
    ),
    "hide": lambda settings: replace(settings, shown=False),
}
WATCHING: Final[dict[Protection, Text]] = {
    "off": Text("everybody on the internet can watch."),
    "login": Text("members can watch, after login."),
    "password": Text("whoever knows the password can watch."),
}


class Welcome(Desk):
    """Notes each guild that the bot is in, and welcomes those that it is new in."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._began = discord.utils.utcnow()
        self._seen: set[int] = set()
        self._strangers: dict[int, bool] = {}  # guilds that aren't stored yet, and whether they are new
        self._turn = asyncio.Lock()
        self._tasks = Tasks(log, "the welcome")
        self._is_ending = False
        self._shut_out = 0  # welcomes that are tried again later

    async def cog_load(self) -> None:
        """Have the buttons heard, also those of before."""
        self._is_ending = False
        self._bot.add_dynamic_items(Standing)

    async def cog_unload(self) -> None:
        """Say nothing any more."""
        self._is_ending = True
        await self._tasks.stop()

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody invited the bot; unless the gateway only told late of a guild that it was in already."""
        if self._decisions.settings.is_blocked("guild", guild.id):
            return
        joined = joined_at(guild)
        await self._meet(guild, new=joined is None or joined >= self._began - SKEW)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The gateway told of a guild; it may have come while the gateway was away for a moment."""
        joined = joined_at(guild)
        await self._meet(guild, new=joined is not None and joined >= self._began)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A guild removed the bot."""
        self._seen.discard(guild.id)

    async def _meet(self, guild: discord.Guild, *, new: bool) -> None:
        """Have a guild stored, many at a time where many come; then welcome it if it is new."""
        if guild.id in self._seen:
            return
        self._seen.add(guild.id)
        if self._decisions.settings.is_met(guild.id):
            return
        self._strangers[guild.id] = new
        async with self._turn:
            batch = dict(islice(self._strangers.items(), MAX_BATCH))
            for guild_id in batch:
                del self._strangers[guild_id]
            met = await self._store(batch)
        for each in met:
            if batch[each.id] and not self._is_ending:
                self._tasks.start(self._welcome(each), "welcoming a guild")

    async def _store(self, strangers: dict[int, bool]) -> list[discord.Guild]:
        """Store the guilds that are there still, and return them; none if they can't be stored."""
        guilds = [guild for guild_id in strangers if (guild := self._bot.get_guild(guild_id)) is not None]
        try:
            if guilds:
                await self._decisions.meet(guilds)
        except NotSaved as error:  # no welcome, or it would come again after each start
            self._seen.difference_update(strangers)
            log.warning("that there are %d more servers could not be stored: %s", len(guilds), error)
            return []
        return guilds

    # The message

    async def _welcome(self, guild: discord.Guild) -> None:
        """Say it; where the bot's address is shut out for a while, once more later."""
        try:
            await self._say(guild)
        except discord.HTTPException as error:
            reason = one_line(str(error), MAX_REASON)
            if self._shut_out == MAX_SHUT_OUT:
                of_guild(log, guild.id).warning("the welcome wasn't taken: %s", reason)
                return
            minutes = round(LATER / 60)
            of_guild(log, guild.id).info("the welcome is tried again in %d minutes: %s", minutes, reason)
            await self._say_later(guild.id)

    async def _say_later(self, guild_id: int) -> None:
        self._shut_out += 1
        try:
            await asyncio.sleep(LATER)
        finally:
            self._shut_out -= 1
        guild = self._bot.get_guild(guild_id)
        if guild is None or self._decisions.settings.is_blocked("guild", guild_id):
            return
        try:
            await self._say(guild)
        except discord.HTTPException as error:
            reason = one_line(str(error), MAX_REASON)
            of_guild(log, guild_id).warning("the welcome wasn't taken: %s", reason)

    async def _say(self, guild: discord.Guild) -> None:
        """Say it where the bot may write; the owner and administrators see every channel.

        Raises:
            discord.HTTPException: if the bot is shut out.
        """
        text = self.text(guild)
        for channel in islice(places(guild), MAX_PLACES):
            try:
                await channel.send(text, view=self.buttons(guild), allowed_mentions=NOBODY)
            except (discord.Forbidden, discord.NotFound) as error:
                if is_shut_out(error):
                    raise
                continue  # what the cache says of the permissions isn't so any more
            except NOT_TAKEN as error:
                if isinstance(error, discord.HTTPException) and is_shut_out(error):
                    raise
                reason = one_line(str(error), MAX_REASON)
                of_guild(log, guild.id).warning("the welcome wasn't taken: %s", reason)
                return
            else:
                return
        if not await self._tell_inviter(guild):
            of_guild(log, guild.id).info("there is no channel to write a welcome in")

    async def _tell_inviter(self, guild: discord.Guild) -> bool:
        """Say it to whoever invited the bot, if the guild's log says who; tell whether it could."""
        try:
            inviter = await _inviter(guild)
            if inviter is None:
                return False
            text = Lines(*self._facts(guild), Text(""), *self._state(guild), ASIDE)
            await inviter.send(text.within(_language(guild)), allowed_mentions=NOBODY)
        except NOT_TAKEN as error:
            if isinstance(error, discord.HTTPException) and is_shut_out(error):
                raise
            of_guild(log, guild.id).info("whoever invited the bot isn't reached: %s", type(error).__name__)
            return False
        return True

    def text(self, guild: discord.Guild) -> str:
        """Write the facts, in the guild's language."""
        return Lines(*self._facts(guild), Text(""), *self._state(guild), BELOW).within(_language(guild))

    def _facts(self, guild: discord.Guild) -> Iterator[Text]:
        link = self._link(guild)
        yield Text(
            "**Hello! I can show {name} as a little pixel world, at {link}**",
            name=plain(guild.name),
            link=link,
        )
        if only_here(link):
            yield Text(
                "The link opens only on the computer that I run on: my operator has to set PUBLIC_URL."
            )
        yield Text("")
        yield Text(
            "**What viewers see, unless managers decide otherwise:** the public channels, who is in this "
            "server, who is online and what they do, who talks in which voice channel, and what is written "
            "from now on. Private and age-restricted channels stay hidden."
        )
        yield Text(
            "**What they never see:** direct messages, posted pictures and files, and what was written "
            "before. I store no messages."
        )
        yield Text(
            "**Everybody decides for themselves:** {/myself hide} hides you in every server, {/myself mute} "
            "only your messages."
        )

    def _state(self, guild: discord.Guild) -> Iterator[Text]:
        """Say who can watch, and when that was: the message stays as it is when commands change it."""
        settings = self._decisions.settings.guild(guild.id)
        who = WATCHING[settings.protection] if settings.shown else Text("nobody can watch.")
        if settings.shown and settings.protection == "off" and only_here(self._link(guild)):
            who = Text("whoever reaches the computer that I run on can watch.")
        when = discord.utils.format_dt(discord.utils.utcnow(), "f")
        yield Text("**As of {when}:** {who}", when=when, who=who)
        if settings.shown and self._policy.is_gated(guild):
            yield gate(settings)

    def buttons(self, guild: discord.Guild) -> discord.ui.View:
        """Make the buttons, in the guild's language."""
        view = discord.ui.View(timeout=None)
        is_shown = self._decisions.settings.guild(guild.id).shown
        for what, (usual, style) in BUTTONS.items():
            label = HIDE_SHOWN if what == "hide" and is_shown else usual
            cog = MANAGE if what == "open" else WELCOME
            button: discord.ui.Button[Any] = discord.ui.Button(
                label=label.within(_language(guild)), style=style, custom_id=custom_id(cog, what)
            )
            view.add_item(button)
        return standing(view)

    # The buttons

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:  # noqa: ARG002
        """Decide, say so to whoever pressed, and write into the message what holds now."""
        guild = self._place(interaction, told=True).guild
        if what not in DECISIONS:
            raise Refused(OUTDATED)
        await interaction.response.defer()
        was_shown = self._decisions.settings.guild(guild.id).shown
        settings = await self._decisions.change_guild(guild, DECISIONS[what])
        is_over = what == "hide" and was_shown
        outcome = HIDDEN if is_over else self._outcome(guild, settings, self._decided(guild, what))
        await answer(interaction, outcome)
        try:
            await interaction.edit_original_response(
                content=self.text(guild), view=self.buttons(guild), allowed_mentions=NOBODY
            )
        except NOT_TAKEN as error:  # it is decided, and said
            of_guild(log, guild.id).info("the welcome stays as it is: %s", type(error).__name__)

    def _decided(self, guild: discord.Guild, what: str) -> Text:
        if what == "hide":
            return Text("It stays hidden.")
        if what == "show":
            shown = Text(
                "This server is shown now: {link}\n{/dzone link} posts the link for everybody, "
                "{/dzone status} tells what viewers see.",
                link=self._link(guild),
            )
            if self._decisions.settings.guild(guild.id).protection == "off":
                return shown
            return Lines(
                shown, Text("Not everybody may watch."), Text("{/dzone protect off} lets everybody watch.")
            )
        who = Text("Only members of this server may watch now, after login.")
        then = Text("{/dzone protect off} lets everybody watch.")
        return Lines(who, then) if self._page_login else Lines(who, self._login_missing(), then)


def places(guild: discord.Guild) -> Iterator[discord.TextChannel]:
    """Name the channels in which the bot may write: where Discord's own welcome stands, then from the top."""
    top = sorted(guild.text_channels, key=lambda channel: (_rank(channel.category), channel.position))
    first = [guild.system_channel] if guild.system_channel else []
    me: discord.Member | None = guild.me
    for channel in (*first, *(each for each in top if each not in first and not each.is_news())):
        may = channel.permissions_for(me) if me is not None else discord.Permissions.none()
        if may.view_channel and may.send_messages:
            yield channel


async def _inviter(guild: discord.Guild) -> discord.User | discord.Member | None:
    """Look in the guild's log who added the bot, if that may be read."""
    me: discord.Member | None = guild.me
    if me is None or not me.guild_permissions.view_audit_log:
        return None
    async for entry in guild.audit_logs(limit=MAX_ENTRIES, action=discord.AuditLogAction.bot_add):
        if getattr(entry.target, "id", None) == me.id and entry.user is not None:
            return entry.user
    return None


def _rank(category: discord.CategoryChannel | None) -> int:
    return -1 if category is None else category.position


def _language(guild: discord.Guild) -> Language:
    return language_of(guild.preferred_locale)
