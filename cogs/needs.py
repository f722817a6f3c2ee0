"""What the cogs need of the bot that hosts them, and of the bridge that it feeds."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import EllipsisType
from typing import Any, Protocol

import discord
from discord.abc import GuildChannel
from discord.activity import ActivityTypes

from bridge.backplane.colleagues import Others
from bridge.backplane.parts import Overview
from bridge.model import Channel, GuildInfo, Happening, Member, Message, Status, Voice
from cogs.settings import Announcement, Blockable, GuildSettings, MemberSettings
from cogs.verdicts import ChannelVerdict, MemberVerdict


class Bridge(Protocol):
    """Shows guilds to viewers. Guilds and people are named by their snowflakes; nothing waits for a viewer.

    A `bridge.server.WebSocketServer` is one.
    """

    # What happens

    async def broadcast_message(
        self,
        server: str | int,
        uid: str | int,
        message: str,
        channel: str | int,
        *,
        id: str | None = None,  # noqa: A002 - the protocol's word
        channel_name: str | None = None,
        reply_to: str | None = None,
        emoji: Mapping[str, str] | None = None,
        parent: str | None = None,
        speaker: Member | None = None,
    ) -> None:
        """Show what somebody said; a `speaker` whom viewers don't see comes for a visit."""

    async def broadcast_edit(
        self,
        server: str | int,
        uid: str | int,
        channel: str | int,
        id: str | int,  # noqa: A002 - the protocol's word
        message: str | None,
        *,
        emoji: Mapping[str, str] | None = None,
    ) -> None:
        """Show the new words of a message; None takes it back."""

    async def broadcast_typing(self, server: str | int, uid: str | int, channel: str | int) -> None:
        """Show that somebody is typing."""

    async def broadcast_reaction(
        self, server: str | int, uid: str | int, channel: str | int, emoji: str, *, image: str | None = None
    ) -> None:
        """Show somebody's reaction to a message."""

    async def broadcast_presence(
        self,
        server: str | int,
        uid: str | int,
        status: str,
        *,
        delete: bool = False,
        activity: str | EllipsisType | None = ...,
    ) -> bool:
        """Show somebody's status, or with `delete` take them away; tell whether viewers see them now."""

    async def broadcast_voice(self, server: str | int, uid: str | int, voice: Voice | None) -> None:
        """Show where somebody talks; None if they don't any more."""

    async def broadcast_notice(
        self, text: str | None, *, seconds: float = ..., at: float | None = ...
    ) -> None:
        """Tell everybody who watches something that who runs the bot has to say; None takes it back."""

    # What is shown

    def show_guild(
        self,
        guild: GuildInfo,
        members: Iterable[Member] | None = None,
        channels: Iterable[Channel] | None = None,
    ) -> None:
        """Open a guild's room, or bring it to this state; None leaves members or channels as they are."""

    def hide_guild(self, server: str | int) -> None:
        """Close a guild's room."""

    def show_members(self, server: str | int, members: Iterable[Member]) -> None:
        """Bring these members to this state, and leave the others."""

    def hide_members(self, server: str | int, uids: Iterable[str | int]) -> None:
        """Take members away, as far as viewers see them."""

    def show_happening(self, server: str | int, happening: Happening) -> None:
        """Show a boost, a new thread or an open poll."""

    def end_happening(self, server: str | int, id: str | int) -> None:  # noqa: A002 - the protocol's word
        """Show that a poll is closed, or an event over."""

    def show_events(self, server: str | int, events: Iterable[Happening]) -> None:
        """Show that these scheduled events are on; of any other viewers forget that it was."""

    def forget_past(self, server: str | int) -> None:
        """Tell nobody any more who comes, or comes back, what anybody said."""

    def happenings(self, server: str | int) -> Sequence[Happening]:
        """Return what viewers see going on beside words."""

    def forget_words(self, server: str | int, uid: str | int | None = None) -> None:
        """Take back what somebody said in a guild, or everybody."""

    def forget_messages(self, server: str | int, ids: Iterable[str | int]) -> None:
        """Take back some of a guild's last messages."""

    def forget_threads(self, server: str | int, threads: Iterable[str | int]) -> None:
        """Take back what was said in threads that are gone, and that they were opened."""

    def rename_thread(
        self, server: str | int, thread: str | int, title: str | None, place: str | None = None
    ) -> None:
        """Have a thread be called something else, also where something was said in it before."""

    def forget_channels(self, server: str | int, channels: Iterable[str | int]) -> None:
        """Take back what was said in channels or threads, and in the threads of these channels."""

    # What viewers see now

    def guild_ids(self) -> list[str]:
        """Name the guilds that are shown."""

    def guild(self, server: str | int) -> GuildInfo | None:
        """Tell what viewers are told of a guild itself. None if it isn't shown."""

    def channels(self, server: str | int) -> Mapping[str, Channel]:
        """Tell which channels of a guild viewers see, by id."""

    def shown(self, server: str | int) -> Mapping[str, Member]:
        """Tell whom viewers of a guild see, by id: a view that follows what happens there."""

    def member(self, server: str | int, uid: str | int) -> Member | None:
        """Tell what viewers see of somebody. None if they don't see them."""

    def is_visiting(self, server: str | int, uid: str | int) -> bool:
        """Tell whether viewers see somebody only because they said something."""

    def author_of(self, server: str | int, message_id: str | int) -> str | None:
        """Name who said one of a guild's last messages. None if viewers haven't seen it."""

    def places_of_words(self, server: str | int) -> set[str]:
        """Name the channels and threads of the last messages, polls and new threads that viewers saw."""

    # Who watches

    def viewer_count(self, server: str | int) -> int:
        """Count who watches a guild now."""

    async def overview(self) -> Overview | None:
        """Ask what all processes of this bot have together; None where it has one alone."""

    @property
    def is_alone(self) -> bool:
        """Whether this bot has no other process."""

    async def ask_others(self, question: Mapping[str, Any], within: float = ...) -> Others:
        """Ask all other processes of this bot something; who hasn't answered in time is left out.

        Raises:
            bridge.errors.Silence: if it can't be known now which there are.
        """

    async def viewers_elsewhere(self, server: str | int) -> int:
        """Ask how many watch a guild in other processes."""

    def review(self, server: str | int) -> None:
        """Have other processes ask again whether those may watch whom a login let in there."""

    def logged_in(self, server: str | int) -> set[str]:
        """Name who watches a guild because their login lets them."""

    def revoke(self, server: str | int, uid: str | int | Collection[str | int] | None = None) -> None:
        """Withdraw the access to a guild that a login gave to one, to several or to all."""


class Policy(Protocol):
    """Says what of a guild may be shown."""

    def shows_member(self, member: discord.Member) -> bool:
        """Tell whether viewers may see this person or bot."""

    def shows_guild(self, guild: discord.Guild) -> bool:
        """Tell whether viewers may see this guild."""

    def everybody(self, guild: discord.Guild) -> discord.Role | None:
        """Name the role that counts as everybody."""

    def can_be_everybody(self, role: discord.Role) -> bool:
        """Tell whether what a role can see may count as public: not if it is everything."""

    def hides_role(self, role: discord.Role) -> bool:
        """Tell whether those who have a role aren't shown."""

    def is_audience(self, role: discord.Role) -> bool:
        """Tell whether managers have chosen a role to count as everybody."""

    def is_gated(self, guild: discord.Guild) -> bool:
        """Tell whether nobody may be shown: there is nothing that everybody can see, or no such role."""

    def keeps(self, guild: discord.Guild, member: Member) -> bool:
        """Tell whether somebody whom viewers see may stay, though the cache doesn't know them."""

    def shows_offline(self, guild_id: int, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel."""

    def shows_chat(self, channel: object) -> bool:
        """Tell whether viewers may read what is written in this channel, or over it."""

    def shows_event(self, event: discord.ScheduledEvent, guild: discord.Guild) -> bool:
        """Tell whether viewers may see that a scheduled event is on."""

    def is_hidden(self, guild_id: int, channel_id: int) -> bool:
        """Tell whether managers have hidden a channel, whatever is known of it."""

    def waiting(self, guild_id: int) -> list[int]:
        """Name the channels that managers want shown, but that the bot may not view."""

    def is_public(self, channel: GuildChannel) -> bool:
        """Tell whether the rule shows this channel, whatever managers decided."""

    def channel_verdict(self, channel: GuildChannel) -> ChannelVerdict:
        """Tell what holds for a channel, and why."""

    def member_verdict(self, member: discord.Member) -> MemberVerdict:
        """Tell what holds for a member, and why."""

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see that this was said."""

    def shows_doing(self, member: discord.Member, channel: object) -> bool:
        """Tell whether viewers may see that somebody says or does something in a channel."""

    def shows_deed(self, member: discord.Member) -> bool:
        """Tell whether viewers may see that it was somebody who did something for the whole guild."""

    def admits(self, member: discord.Member) -> bool:
        """Tell whether somebody who logged in may watch this guild."""

    def login_role(self, guild_id: int) -> int | None:
        """Name the role that whoever logs in has to have, if there is one."""


class Roster(Protocol):
    """Translates Discord's things into the bridge's."""

    def guild(self, guild: discord.Guild, known: GuildInfo | None = None) -> GuildInfo:
        """Describe a guild; of one that is unavailable as it was `known` before."""

    def member(self, member: discord.Member) -> Member:
        """Describe one person or bot."""

    def speaker(self, message: discord.Message) -> Member | None:
        """Describe who says something, for viewers who may not know them."""

    def talking(self, guild: discord.Guild) -> list[discord.Member]:
        """Name who is in a voice or stage channel."""

    def colors_of(self, role: discord.Role) -> tuple[int, int | None]:
        """Read a role's colour, 0 for none, and the one that it runs into."""

    def status(self, member: discord.Member) -> Status:
        """Read a status."""

    def voice(self, member: discord.Member) -> Voice | None:
        """Read where a member talks."""

    def activity(self, activities: Sequence[ActivityTypes]) -> str | None:
        """Say what somebody does."""

    def channel(self, channel: GuildChannel) -> Channel | None:
        """Describe a channel, but for its place on the island; None if it may not be shown."""

    def channels(self, guild: discord.Guild) -> list[Channel]:
        """Describe the channels that may be shown."""

    def message(self, message: discord.Message) -> Message:
        """Describe a message."""

    def poll(self, message: discord.Message) -> Happening | None:
        """Describe the poll that a message holds, as long as it is open."""

    def thread(self, thread: discord.Thread, owner: discord.Member) -> Happening:
        """Describe a new thread."""

    def line_returns(self, member: discord.Member) -> datetime | None:
        """Tell when the line over somebody's head is shown again, who is timed out now."""

    def names_of(self, thread: discord.Thread) -> tuple[str | None, str | None]:
        """Read what a thread is called, and name it as a place."""

    def events(self, guild: discord.Guild) -> list[Happening]:
        """Describe the scheduled events that are on and may be shown."""

    def picture(self, emoji: discord.PartialEmoji) -> str | None:
        """Name the picture of a custom emoji, if viewers are to see it."""


class MemberLoader(Protocol):
    """Fetches members that the gateway did not send by itself."""

    def load(self, guild: discord.Guild) -> None:
        """Fetch a guild's members when its turn comes."""

    def is_loaded(self, guild: discord.Guild) -> bool:
        """Tell whether all of a guild's members have arrived, whatever number Discord names."""

    def expects_more(self, guild: discord.Guild) -> bool:
        """Tell whether members may arrive who aren't known yet; without their intent, none will."""


class Settings(Protocol):
    """What has been decided. Reading never waits; what is saved is stored first and only then holds."""

    @property
    def first_shown(self) -> bool:
        """Whether a guild is shown about which nobody has decided anything."""

    @property
    def default_guild(self) -> int | None:
        """The guild that a viewer without a choice sees, if one was chosen."""

    def guild(self, guild_id: int) -> GuildSettings:
        """Tell what a guild's managers have decided."""

    def member(self, user_id: int) -> MemberSettings:
        """Tell what somebody has decided about themselves."""

    def is_met(self, guild_id: int) -> bool:
        """Tell whether a guild is no new one: something is stored about it."""

    async def meet(self, joined: Mapping[int, datetime | None]) -> None:
        """Store of guilds that the bot is in them, and since when, unless something is stored about them.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Store a guild's settings, all of them.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        """Store what somebody decided.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def change_member(
        self, user_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> tuple[MemberSettings, MemberSettings]:
        """Change what somebody decided, wherever they did; return what it was and what it is.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def save_default(self, guild_id: int | None) -> None:
        """Store which guild a viewer without a choice sees.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def forget_guild(self, guild_id: int) -> None:
        """Delete everything that is stored about a guild: the defaults hold again.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    def is_blocked(self, kind: Blockable, snowflake: int) -> bool:
        """Tell whether who runs the bot wants nothing to do with a guild or somebody."""

    def blocked(self, kind: Blockable) -> list[int]:
        """Name the guilds or people who are blocked."""

    async def save_block(self, kind: Blockable, snowflake: int, *, blocked: bool) -> None:
        """Store that a guild or somebody is blocked, or is not any more.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    @property
    def announcement(self) -> Announcement:
        """What viewers are to be told."""

    async def save_announcement(self, announcement: Announcement) -> None:
        """Store what viewers are to be told, so that other processes and the next one tell theirs.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """


class Departures(Protocol):
    """Remembers which guilds removed the bot, and when."""

    @property
    def guild_ids(self) -> frozenset[int]:
        """The guilds of which something is stored."""

    async def note_left(self, guild_id: int, when: datetime) -> None:
        """Remember that a guild removed the bot, unless that is known already.

        Raises:
            NotSaved: if it can't be stored.
        """

    async def note_joined(self, guild_id: int) -> None:
        """Remember that a guild has the bot.

        Raises:
            NotSaved: if it can't be stored.
        """

    async def forget_left_before(
        self, when: datetime, among: Callable[[int], bool] = lambda _: True
    ) -> frozenset[int]:
        """Delete what is stored of guilds that removed the bot before a time; return which.

        Raises:
            NotSaved: if it can't be deleted.
        """
