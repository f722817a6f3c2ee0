"""Discord's guilds, members and channels as the bridge knows them."""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

import discord
from discord.abc import GuildChannel
from discord.activity import ActivityTypes

from bot.gateway.abilities import COMPLETE, Abilities
from bot.internals import NEVER, came_at, colors_of, roles_of, talking_in
from bot.plots import Plots
from bot.policy import Policy
from bot.words.names import read_name
from bot.words.slug import code_of, slug_of
from bot.words.text import Reading, readable, readable_line
from bridge.model import (
    DEFAULT_COLOR,
    NEW_FOR,
    Channel,
    ChannelKind,
    GuildInfo,
    Happening,
    Member,
    Message,
    Status,
    Voice,
)
from bridge.wire.pictures import MAX_EMOJI
from cogs.needs import Settings
from cogs.settings import MAX_LINE

AVATAR_SIZE: Final = 64  # pixels
EMOJI_SIZE: Final = 48  # pixels
MAX_NAME: Final = 80  # characters of a webhook's name
WORDLESS: Final = "..."  # a bubble whose words may not be shown, in letters that every client can draw

_STATUSES: Final[dict[str, Status]] = {"online": "online", "idle": "idle", "dnd": "dnd"}
_KINDS: Final[dict[discord.ChannelType, ChannelKind]] = {
    discord.ChannelType.text: "text",
    discord.ChannelType.news: "news",
    discord.ChannelType.voice: "voice",
    discord.ChannelType.stage_voice: "stage",
    discord.ChannelType.forum: "forum",
    discord.ChannelType.media: "forum",
}
_DOING: Final[dict[int, str]] = {
    discord.ActivityType.playing.value: "Playing",
    discord.ActivityType.streaming.value: "Streaming",
    discord.ActivityType.listening.value: "Listening to",
    discord.ActivityType.watching.value: "Watching",
    discord.ActivityType.competing.value: "Competing in",
}


_DEPENDS: Final = re.compile(r"<@&|[0-9]{15}")  # what is read otherwise in another guild


class Roster:
    """Translates. What may be shown it asks of the policy.

    With `emoji_images` viewers learn where pictures of custom emoji are. `abilities` says what the bot can
    know: where it can't know who is offline everybody counts as online, and what it can't read is wordless.
    `voice_status` says what people put over a voice channel. `plots` says where on the island channels are.
    """

    def __init__(
        self,
        policy: Policy,
        settings: Settings,
        *,
        abilities: Abilities = COMPLETE,
        emoji_images: bool = False,
        voice_status: Callable[[GuildChannel], str | None] = lambda _: None,
        plots: Plots | None = None,
    ) -> None:
        self._policy = policy
        self._settings = settings
        self.abilities = abilities
        self._emoji_images = emoji_images
        self._voice_status = voice_status
        self._plots = plots

    def guild(self, guild: discord.Guild, known: GuildInfo | None = None) -> GuildInfo:
        """Describe a guild; one of which Discord names only the id, in an outage, as it was `known`."""
        decided = self._settings.guild(guild.id)
        last = None if guild.name else known
        name = decided.name or (last.name if last else guild.name)
        gated = self._policy.is_gated(guild)
        came = came_at(guild)
        return GuildInfo(
            id=str(guild.id),
            slug=slug_of(name, guild.id),
            name=name,
            protected=decided.protection != "off",
            default=self._settings.default_guild == guild.id,
            listed=decided.listed and not gated and (last is None or last.listed),
            alias=code_of(guild.id),
            member_count=None if gated else last.member_count if last else guild.member_count,
            password_hash=decided.password_hash if decided.protection == "password" else None,
            role=decided.role_id if decided.protection == "login" else None,
            since=int(came.timestamp()) if came else last.since if last else None,
            gestures=decided.gestures,
            recent=decided.messages == "recap",
            role_names={} if gated else self._role_names(guild, last),
        )

    def _role_names(self, guild: discord.Guild, last: GuildInfo | None) -> dict[str, str]:
        """Name the roles that may give members their colour, where viewers may read that.

        In an outage, in which Discord tells of no role, those that were known and nobody has hidden.
        """
        decided = self._settings.guild(guild.id)
        if not decided.role_names:
            return {}
        if last is not None:
            hidden = set(map(str, decided.hidden_roles))
            return {role: name for role, name in last.role_names.items() if role not in hidden}
        return {
            str(role.id): name
            for role in guild.roles
            if colors_of(role)[0] and self._policy.names_role(role) and (name := read_name(role.name))
        }

    def member(self, member: discord.Member) -> Member:
        """Describe one person or bot."""
        color, color2, role = self._colors(member)
        return Member(
            uid=str(member.id),
            username=member.display_name,
            status=self.status(member),
            role_color=color,
            bot=member.bot,
            avatar=self.avatar(member),
            voice=self.voice(member),
            activity=self.activity(member.activities),
            joined=self.joined(member),
            role_color2=color2,
            line=self._line(member),
            role=role,
        )

    def line_returns(self, member: discord.Member) -> datetime | None:
        """Tell when the line of somebody who is timed out is shown again: no event says that it may be."""
        has_line = self._settings.member(member.id).line is not None
        return member.timed_out_until if has_line and member.is_timed_out() else None

    def _line(self, member: discord.Member) -> str | None:
        """Read what somebody says over their head, where their words may be read."""
        guild, said = member.guild, self._settings.member(member.id).line
        if said is None or not self._policy.shows_words(guild.id) or member.is_timed_out():
            return None
        if not self._policy.shows_words_of(member.id):
            return None
        line = readable_line(said, guild, lambda _: False)  # nobody writes it anew when a channel is hidden
        return line[:MAX_LINE].rstrip() or None

    def status(self, member: discord.Member) -> Status:
        """Read a status; invisible people, and what Discord may yet invent, are offline."""
        return _STATUSES.get(member.raw_status, "offline" if self.abilities.knows_statuses else "online")

    def colors_of(self, role: discord.Role) -> tuple[int, int | None]:
        """Read a role's colour, 0 for none, and the one that it runs into."""
        return colors_of(role)

    def _colors(self, member: discord.Member) -> tuple[str, str | None, str | None]:
        """Read the colour that somebody chose here, else those of their highest role that has one.

        The third is that role's id, where viewers may read what it is called.
        """
        chosen = self._settings.member(member.id).color
        if chosen is not None:
            return chosen, None, None
        colored = [role for role in roles_of(member) if colors_of(role)[0]]  # 0 is "no colour", not black
        if not colored:
            return DEFAULT_COLOR, None, None
        highest = max(colored)
        first, second = colors_of(highest)
        named = str(highest.id) if self._policy.names_role(highest) else None
        return f"#{first:06x}", None if second is None else f"#{second:06x}", named

    def avatar(self, member: discord.Member | discord.User) -> str:
        """Name the small picture of somebody. `Asset.with_size` would take the URL apart to say the same."""
        picture, _, _ = member.display_avatar.url.partition("?")
        return f"{picture}?size={AVATAR_SIZE}"

    def voice(self, member: discord.Member) -> Voice | None:
        """Read where a member talks, if that channel may be shown."""
        state = member.voice
        # The state may hold a channel as it once was.
        channel = member.guild.get_channel(state.channel.id) if state and state.channel else None
        if state is None or channel is None or not self._policy.shows_channel(channel):
            return None
        return Voice(
            channel=str(channel.id),
            channel_name=channel.name,
            muted=state.mute or state.self_mute or state.suppress,
            deafened=state.deaf or state.self_deaf,
            streaming=bool(state.self_stream),
            speaker=isinstance(channel, discord.StageChannel) and not state.suppress,
        )

    def talking(self, guild: discord.Guild) -> list[discord.Member]:
        """Name who is in a voice or stage channel."""
        return talking_in(guild)

    def activity(self, activities: Sequence[ActivityTypes]) -> str | None:
        """Say what somebody does, such as "Playing Factorio"; else their custom status."""
        for activity in activities:
            doing = _DOING.get(activity.type.value)
            if doing and activity.name:
                return f"{doing} {activity.name}"
        for activity in activities:
            # An emoji alone comes with Discord's own name for it.
            if isinstance(activity, discord.CustomActivity) and activity.name not in (None, "Custom Status"):
                return activity.name
        return None

    def joined(self, member: discord.Member) -> int | None:
        """Read when somebody came, as long as they are new: later it is nobody's business."""
        if member.joined_at is None:
            return None
        joined = int(member.joined_at.timestamp())
        return joined if time.time() < joined + NEW_FOR else None

    def channels(self, guild: discord.Guild) -> list[Channel]:
        """Describe the channels that may be shown."""
        names = {category: self._name_of(category) for category in (None, *guild.categories)}
        shown = [
            described
            for channel in sorted(guild.channels, key=_rank)
            if (described := self._channel(channel, names.get(channel.category))) is not None
        ]
        if self._plots is None:
            return shown
        return self._plots.given(guild.id, shown, {str(channel.id) for channel in guild.channels})

    def channel(self, channel: GuildChannel) -> Channel | None:
        """Describe a channel, but for its place on the island; None if it may not be shown."""
        return self._channel(channel, self._name_of(channel.category))

    def _channel(self, channel: GuildChannel, category: str | None) -> Channel | None:
        if channel.type not in _KINDS or not self._policy.shows_channel(channel):
            return None
        return Channel(
            id=str(channel.id),
            name=channel.name,
            kind=_KINDS[channel.type],
            category=category,
            position=channel.position,
            status=self._channel_status(channel),
        )

    def _channel_status(self, channel: GuildChannel) -> str | None:
        """Read the line over a voice channel, where words may be read."""
        guild = channel.guild
        words = self._voice_status(channel)
        if not words or not self._policy.shows_words(guild.id) or self._policy.asks(guild.id):
            return None  # nobody can tell who wrote it
        if not self._policy.shows_chat(channel):
            return None
        return readable_line(words, guild, self._policy.shows_channel) or None

    def _standing(self, guild: discord.Guild, text: str) -> str | None:
        """Read what stands somewhere for long, where words may be read: no person or channel is named."""
        if not self._policy.shows_words(guild.id):
            return None
        if _DEPENDS.search(text):
            return readable_line(text, guild, lambda _: False) or None
        return _read_once(text) or None

    def poll(self, message: discord.Message) -> Happening | None:
        """Describe the poll that a message holds, as long as it is open."""
        guild, poll, channel = message.guild, message.poll, message.channel
        if guild is None or poll is None or poll.is_finalised():
            return None
        ends = poll.expires_at
        return Happening(
            id=str(message.id),
            kind="poll",
            uid=_speaker_id(message),
            channel=str(channel.id),
            parent=str(channel.parent_id) if isinstance(channel, discord.Thread) else None,
            text=self._standing(guild, poll.question or ""),
            until=int(ends.timestamp()) if ends and ends < NEVER else None,
        )

    def thread(self, thread: discord.Thread, owner: discord.Member) -> Happening:
        """Describe a new thread."""
        return Happening(
            id=str(thread.id),
            kind="thread",
            uid=str(owner.id),
            channel=str(thread.id),
            parent=str(thread.parent_id),
            text=self._title(thread),
        )

    def _title(self, thread: discord.Thread) -> str | None:
        """Read what a thread is called, where viewers may: those are words, by whoever opened it."""
        return self._standing(thread.guild, thread.name) if self._policy.names_thread(thread) else None

    def _place(self, channel: object) -> str | None:
        """Name where something is said: for a thread whose title may not be read, the channel around it."""
        if isinstance(channel, discord.Thread):
            return self._title(channel) or getattr(channel.parent, "name", None)
        return getattr(channel, "name", None)

    def names_of(self, thread: discord.Thread) -> tuple[str | None, str | None]:
        """Read what a thread is called, and name it as a place."""
        return self._title(thread), self._place(thread)

    def events(self, guild: discord.Guild) -> list[Happening]:
        """Describe the scheduled events that are on and may be shown."""
        return [
            self._event(event, guild)
            for event in guild.scheduled_events
            if event.status is discord.EventStatus.active and self._policy.shows_event(event, guild)
        ]

    def _event(self, event: discord.ScheduledEvent, guild: discord.Guild) -> Happening:
        is_named = self._policy.names_event(event, guild)
        is_elsewhere = event.channel_id is None and event.location
        return Happening(
            id=str(event.id),
            kind="event",
            channel=None if event.channel_id is None else str(event.channel_id),
            text=self._standing(guild, event.name) if is_named else None,
            location=self._standing(guild, event.location or "") if is_named and is_elsewhere else None,
        )

    def picture(self, emoji: discord.PartialEmoji) -> str | None:
        """Name the small picture of a custom emoji, if viewers are to see it."""
        if not self._emoji_images or emoji.id is None:
            return None
        return f"{emoji.url}{'&' if '?' in emoji.url else '?'}size={EMOJI_SIZE}"

    def _pictures(self, emoji: Iterable[discord.PartialEmoji]) -> dict[str, str]:
        """Name the pictures of some emoji by how these stand in words; of equal names the first counts."""
        pictures: dict[str, str] = {}
        for each in emoji:
            picture = self.picture(each)
            if picture is not None and len(pictures) < MAX_EMOJI:
                pictures.setdefault(f":{each.name}:", picture)
        return pictures

    def _read(self, message: discord.Message) -> Reading:
        guild = message.guild
        if guild is None:
            return Reading("")
        if not self.abilities.message_content:
            return Reading(WORDLESS)  # also where the bot is mentioned, whose words alone Discord would tell
        reading = readable(
            message,
            self._policy.shows_channel,
            lambda user_id: self._policy.may_name(guild, user_id),
            lambda original: self._quotes(guild, original, message.reference),
            hides_user=partial(self._hides, guild),
            title=self._title,
        )
        return reading if not reading.words or self._policy.shows_words(guild.id) else Reading(WORDLESS)

    def _hides(self, guild: discord.Guild, number: int) -> bool:
        """Tell whether a number is the id of somebody who may not be named."""
        member = guild.get_member(number)
        if member is None:
            return self._policy.has_hidden(guild.id, number)
        return not self._policy.shows_speaker(member)

    def _quotes(
        self,
        guild: discord.Guild,
        original: discord.Message | None,
        source: discord.MessageReference | None,
    ) -> bool:
        """Tell whether viewers of a guild may read what was said, here or elsewhere, and is forwarded."""
        if original is None:  # nobody can tell whose words it are
            places = {guild.id, (source.guild_id if source else None) or guild.id}
            return not any(map(self._policy.asks, places))
        guilds = {guild, original.guild or guild}
        author = original.author.id
        return self._policy.shows_words_of(author) and all(
            self._policy.may_name(each, author) for each in guilds
        )

    def _name_of(self, category: discord.CategoryChannel | None) -> str | None:
        return category.name if category and self._policy.shows_channel(category) else None

    def speaker(self, message: discord.Message) -> Member | None:
        """Describe who says something, for viewers who may not know them."""
        author = message.author
        if isinstance(author, discord.Member):
            return self.member(author)
        if message.webhook_id is None:
            return None
        return Member(
            _speaker_id(message), author.display_name[:MAX_NAME], "online", avatar=self.avatar(author)
        )

    def message(self, message: discord.Message) -> Message:
        """Describe a message in a guild, as people read it. Its words may be empty."""
        answered = message.reference.resolved if message.reference else None
        author = answered.author if isinstance(answered, discord.Message) else None
        # The words of whoever is muted count as unsaid, so nothing answers them.
        replied = (
            isinstance(author, discord.Member)
            and self._policy.shows_speaker(author)
            and self._policy.shows_words_of(author.id)
        )
        words, emoji = self._read(message)
        return Message(
            uid=_speaker_id(message),
            message=words,
            channel=str(message.channel.id),
            id=str(message.id),
            channel_name=self._place(message.channel),
            reply_to=str(author.id) if author and replied else None,
            parent=str(message.channel.parent_id) if isinstance(message.channel, discord.Thread) else None,
            emoji=self._pictures(emoji),
        )


@lru_cache(maxsize=4096)
def _read_once(text: str) -> str:
    """Read what is asked for again and again, for each of a hundred events whenever a channel changes."""
    return readable_line(text, None, lambda _: False)


def _rank(channel: GuildChannel) -> tuple[int, int, int]:
    """Sort channels as Discord lists them: those of a category one after the other."""
    return (channel.category.position if channel.category else -1), channel.position, channel.id


def _speaker_id(message: discord.Message) -> str:
    """Identify who says something; behind one webhook there may be many, and none of them is a member."""
    if message.webhook_id is None:
        return str(message.author.id)
    name = f"{message.webhook_id} {message.author.display_name}"
    return str(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) >> 1)
