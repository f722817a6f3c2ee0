"""`/dzone live`: a message in a channel of the guild that tells who is there, kept up to date."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands, tasks

from bridge.model import Member
from bridge.running.named import of_guild
from bridge.running.tasks import Tasks
from bridge.running.turns import Turns
from bridge.running.words import one_line
from cogs.commands.choices import ChannelOption, Chosen
from cogs.commands.desk import Desk
from cogs.commands.replies import MAX_REASON, MAX_TITLE, NOBODY, OUT_OF_REACH, Refused, answer, plain, wait
from cogs.commands.status import only_here
from cogs.settings import Ending, GuildSettings, NotSaved
from cogs.texts import Language, Text, language_of

EVERY: Final = 60.0  # seconds between two changes of a message, at least
SLOWEST: Final = 300.0  # seconds at most, where Discord takes changes less often: of old messages few
TICK: Final = 5.0  # seconds between two looks at which are due
MAX_AT_A_TIME: Final = (
    50  # messages changed in one look, one after the other: Discord takes 50 requests a second
)
QUICKER: Final = 0.9  # of the pause before, when a change went well
LIMITED: Final = 5.0  # seconds; a change that takes longer had to wait, most often for a limit of Discord's
MAX_PLACES: Final = 10  # voice channels that are named
MAX_NAMES: Final = 8  # people in one that are named
MAX_TEXT: Final = 4096  # characters of an embed's text
# What Discord says of a message that is given up; a mere 403 or 404 may come from whatever is in between.
ENDS: Final[dict[int, Ending]] = {
    10003: "deleted",  # the channel
    10008: "deleted",
    50001: "forbidden",
    50005: "forbidden",  # another bot's
    50013: "forbidden",
}
NEEDED: Final = ("view_channel", "send_messages", "embed_links")

log = logging.getLogger(__name__)

Card = tuple[str, str, str | None]  # title, text, and where the button leads


class Live(Desk):
    """Writes these messages, and keeps them up to date: each at most once a minute, and only on change."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._due: dict[int, float] = {}  # by guild, when its message may be changed again
        self._paces: dict[int, float] = {}  # by guild, the seconds between two changes, where they are more
        self._written: dict[int, tuple[int, Card]] = {}  # by guild, which message it is and what stands there
        self._busy: set[int] = set()
        self._turns = Turns()
        self._tasks = Tasks(log, "the live messages")

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Begin, when guilds are known; this comes again after each new session."""
        if not self.look.is_running():
            self.look.start()

    async def cog_unload(self) -> None:
        """Leave the messages as they are."""
        self.look.cancel()
        await self._tasks.stop()

    @tasks.loop(seconds=TICK)
    async def look(self) -> None:
        """Bring those messages up to date whose turn has come."""
        try:
            await self.round(self._bot.loop.time())
        except Exception:  # an edge: what goes wrong now is no reason to stop for ever
            log.exception("the live messages could not be looked at")

    async def round(self, now: float) -> None:
        """Begin to change the messages that are due: those that wait longest, as many as may go at a time."""
        due: list[tuple[float, int]] = []

        def find(guild: discord.Guild) -> None:
            if self._decisions.settings.guild(guild.id).live_message is None:
                self._due.pop(guild.id, None)
                self._paces.pop(guild.id, None)
                self._written.pop(guild.id, None)
            elif not guild.unavailable and guild.id not in self._busy:
                # After a start they don't come all at once.
                when = self._due.setdefault(guild.id, now + (guild.id >> 22) % max(1, int(EVERY)))
                if when <= now:
                    due.append((when, guild.id))

        await self._turns.each(list(self._bot.guilds), find)
        for number, (_, guild_id) in enumerate(sorted(due)[:MAX_AT_A_TIME]):
            self._due[guild_id] = now + self._paces.get(guild_id, EVERY)
            self._busy.add(guild_id)
            self._tasks.start(
                self._update(guild_id, number * TICK / MAX_AT_A_TIME), "changing a live message"
            )

    async def _update(self, guild_id: int, pause: float) -> None:
        try:
            await asyncio.sleep(pause)  # all at once they would take the room of every other request
            guild = self._bot.get_guild(guild_id)
            settings = self._decisions.settings.guild(guild_id)
            if guild is not None and settings.live_channel and settings.live_message:
                await self._rewrite(guild, settings.live_channel, settings.live_message)
        finally:
            self._busy.discard(guild_id)

    async def _rewrite(self, guild: discord.Guild, channel_id: int, message_id: int) -> None:
        card = await self._card(guild)
        if self._written.get(guild.id) == (message_id, card):
            return
        place = self._bot.get_partial_messageable(channel_id, guild_id=guild.id)
        message = place.get_partial_message(message_id)
        view, begun = _button(card, _language(guild)), self._bot.loop.time()
        try:
            await message.edit(embed=_embed(card), view=view, allowed_mentions=NOBODY)
        except (discord.HTTPException, *OUT_OF_REACH) as error:
            await self._not_changed(guild, message_id, error)
        else:
            self._written[guild.id] = (message_id, card)
            if self._bot.loop.time() - begun > LIMITED:
                self._slow_down(guild)
            else:
                self._speed_up(guild)

    async def _not_changed(self, guild: discord.Guild, message_id: int, error: Exception) -> None:
        """Give a message up where Discord says that it is gone or out of reach; else try later again."""
        code = error.code if isinstance(error, discord.HTTPException) else None
        why = ENDS.get(code) if isinstance(code, int) else None
        if why is not None:
            await self._end(guild, message_id, why)
        elif isinstance(error, discord.HTTPException) and error.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._slow_down(guild)
        else:
            reason = one_line(str(error), MAX_REASON)
            of_guild(log, guild.id).warning("the live message wasn't changed: %s; later again", reason)

    def _slow_down(self, guild: discord.Guild) -> None:
        """Change a message less often, for Discord takes it no sooner."""
        before = self._paces.get(guild.id, EVERY)
        pace = self._paces[guild.id] = min(before * 2, max(SLOWEST, EVERY))
        self._due[guild.id] = self._bot.loop.time() + pace
        if pace > before:
            text = "Discord limits how often the live message may be changed: now every %.0f s at most"
            of_guild(log, guild.id).info(text, pace)

    def _speed_up(self, guild: discord.Guild) -> None:
        """Change a message a little more often again."""
        if guild.id in self._paces and (pace := self._paces.pop(guild.id) * QUICKER) > EVERY:
            self._paces[guild.id] = pace

    async def _end(self, guild: discord.Guild, message_id: int, why: Ending) -> None:
        """Give a message up; the status tells why."""

        def end(settings: GuildSettings) -> GuildSettings:
            if settings.live_message != message_id:
                return settings  # there is another one by now
            return replace(settings, live_channel=None, live_message=None, live_ended=why)

        try:
            await self._decisions.change_guild(guild, end)
        except NotSaved as error:
            of_guild(log, guild.id).warning("that the live message is no more isn't stored: %s", error)
        else:
            of_guild(log, guild.id).info("the live message is no more: %s", why)

    # What managers decide

    async def begin(self, guild: discord.Guild, channel: discord.TextChannel) -> GuildSettings:
        """Write a message into a channel, in place of the one there may be.

        Raises:
            Refused: if the bot may not write there.
            NotSaved: if it can't be stored; then there is no new message.
        """
        missing = [name for name in NEEDED if not getattr(channel.permissions_for(guild.me), name)]
        if missing:
            raise Refused(_not_there(channel))
        card = await self._card(guild)
        try:
            message = await channel.send(
                embed=_embed(card), view=_button(card, _language(guild)), allowed_mentions=NOBODY
            )
        except (discord.Forbidden, discord.NotFound) as error:
            raise Refused(_not_there(channel)) from error
        before = self._decisions.settings.guild(guild.id)
        try:
            settings = await self._decisions.change_guild(
                guild,
                lambda now: replace(now, live_channel=channel.id, live_message=message.id, live_ended=None),
            )
        except NotSaved:
            await self._delete(guild, channel.id, message.id)
            raise
        self._written[guild.id] = (message.id, card)
        self._due[guild.id] = self._bot.loop.time() + EVERY
        await self._delete(guild, before.live_channel, before.live_message)
        return settings

    async def end(self, guild: discord.Guild) -> bool:
        """Delete the message; tell whether there was one."""
        before = self._decisions.settings.guild(guild.id)
        await self._decisions.change_guild(
            guild, lambda now: replace(now, live_channel=None, live_message=None, live_ended=None)
        )
        await self._delete(guild, before.live_channel, before.live_message)
        return before.live_message is not None

    async def _delete(self, guild: discord.Guild, channel_id: int | None, message_id: int | None) -> None:
        if channel_id is None or message_id is None:
            return
        place = self._bot.get_partial_messageable(channel_id, guild_id=guild.id)
        try:
            await place.get_partial_message(message_id).delete()
        except (discord.HTTPException, *OUT_OF_REACH) as error:
            reason = one_line(str(error), MAX_REASON)
            of_guild(log, guild.id).info("a live message stays: %s", reason)

    # What stands there

    async def _card(self, guild: discord.Guild) -> Card:
        """Write what viewers see of a guild now, in its language; a large one in several turns."""
        language = _language(guild)
        online, talkers = 0, list[str]()
        viewers = await self._viewers(guild)
        counted = self._bridge.shown(guild.id)

        def count(uid: str) -> None:
            nonlocal online
            member = counted.get(uid)
            if member is not None:
                online += member.status != "offline"
                if member.voice is not None:
                    talkers.append(uid)

        await self._turns.each(list(counted), count)
        # No await from here on: who is named may be seen at this moment.
        title = plain(self._info(guild).name)[:MAX_TITLE]
        if not self._policy.shows_guild(guild):
            return title, Text("This server isn't shown right now.").within(language), None
        counts = Text("**{online}** online, **{viewers}** watching", online=online, viewers=viewers)
        lines = [counts.within(language), *_talking(self._talking(guild, talkers), language)]
        link = self._link(guild)
        return title, "\n".join(lines)[:MAX_TEXT], None if only_here(link) else link

    def _talking(self, guild: discord.Guild, uids: Iterable[str]) -> dict[str, list[Member]]:
        """Tell who of these talks where, by channel, as viewers see it now."""
        shown, talking = self._bridge.shown(guild.id), dict[str, list[Member]]()
        for uid in uids:
            member = shown.get(uid)
            if member is not None and member.voice is not None:
                talking.setdefault(member.voice.channel, []).append(member)
        return talking


class ManageLive(Desk):
    """The part of `/dzone` that is about the live message."""

    live = app_commands.Group(name="live", description="Keep a message up to date that tells who is there.")

    @live.command(name="channel")
    @app_commands.describe(channel="Where it stands: a text channel that I may write in.")
    async def live_channel(
        self, interaction: discord.Interaction, channel: app_commands.Transform[Chosen, ChannelOption]
    ) -> None:
        """Write a message that tells who is there, and keep it up to date."""
        guild = self._place(interaction, told=True).guild
        if not isinstance(channel.known, discord.TextChannel):
            raise Refused(
                Text(
                    "I can't write in {channel}. Choose a text channel that I can see.",
                    channel=channel.mention,
                )
            )
        await wait(interaction)
        settings = await self._live().begin(guild, channel.known)
        text = Text(
            "There is a live message in {channel} now. It follows what happens within a minute or two; "
            "{/dzone live off} deletes it.",
            channel=channel.mention,
        )
        await answer(interaction, self._outcome(guild, settings, text))

    @live.command(name="off")
    async def live_off(self, interaction: discord.Interaction) -> None:
        """Delete the live message."""
        guild = self._place(interaction).guild
        await wait(interaction)
        if await self._live().end(guild):
            text = Text("The live message is deleted. {/dzone live channel} writes another.")
        else:
            text = Text("There is no live message. {/dzone live channel} writes one.")
        await answer(interaction, text)

    def _live(self) -> Live:
        cog = self._bot.get_cog(Live.__cog_name__)
        assert isinstance(cog, Live), "both are added together"  # noqa: S101
        return cog


def _talking(talking: dict[str, list[Member]], language: Language) -> Iterator[str]:
    """Name who talks where; of the fullest channels, as many as have room."""
    fullest = sorted(talking.items(), key=lambda item: (-len(item[1]), item[0]))
    for _, members in fullest[:MAX_PLACES]:
        names = sorted(plain(member.username[:32]) for member in members)
        more = len(names) - MAX_NAMES
        some = ", ".join(names[:MAX_NAMES])
        others = " " + Text("and {count} more", count=more).within(language) if more > 0 else ""
        voice = members[0].voice
        yield f"**{plain(voice.channel_name if voice else '')}**: {some}{others}"
    if len(fullest) > MAX_PLACES:
        yield Text("and {count} more", count=len(fullest) - MAX_PLACES).within(language)


def _embed(card: Card) -> discord.Embed:
    title, text, _ = card
    return discord.Embed(title=title, description=text, color=0x5865F2)


def _button(card: Card, language: Language) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    if card[2] is not None:
        view.add_item(discord.ui.Button(url=card[2], label=Text("Watch").within(language)))
    view.stop()
    return view


def _not_there(channel: discord.TextChannel) -> Text:
    return Text(
        "I can't do that in {channel}: give my role View Channel, Send Messages and Embed Links there.",
        channel=channel.mention,
    )


def _language(guild: discord.Guild) -> Language:
    return language_of(guild.preferred_locale)
