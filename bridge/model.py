"""What the bridge knows of a guild: its members, its channels, and what is said there.

The field names are those of the wire protocol where it has one; the types are the bridge's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

__all__ = [
    "Channel", "ChannelKind", "GuildInfo", "Happening", "HappeningKind", "Member", "Message", "Status",
    "Voice",
]  # fmt: skip

Status = Literal["online", "idle", "dnd", "offline"]
ChannelKind = Literal["text", "voice", "stage", "forum", "news"]
HappeningKind = Literal["boost", "thread", "poll", "event"]

RESERVED_SLUGS: Final = frozenset({"default", "lobby"})  # what a viewer without a choice asks for
DEFAULT_COLOR: Final = "#ffffff"  # of a member without a coloured role
WORD_LOCK: Final = "word."  # how a lock begins that a password opens
NEW_FOR: Final = 86_400  # seconds for which somebody is new in a guild


@dataclass(frozen=True, slots=True)
class Voice:
    """Where a member is talking. `channel` is the voice channel's snowflake.

    On a stage, a `speaker` may speak; everybody else there listens.
    """

    channel: str
    channel_name: str
    muted: bool = False
    deafened: bool = False
    streaming: bool = False
    speaker: bool = False


class Member(NamedTuple):  # no dataclass: nothing is made and compared as often
    """A person or bot in a guild, as viewers may see them.

    `uid` is a Discord snowflake, `role_color` is `#rrggbb`, `avatar` a URL, `activity` a readable
    line such as "Playing Factorio". `joined` is when they came into the guild, in seconds since 1970;
    viewers are told for the first day. `role_color2` is the colour that `role_color` runs into, where a
    role has a gradient. `line` is what they say over their head, for as long as they like. `role` is the id
    of the role that gives them their colour, where viewers may read what it is called; nobody is told it.
    """

    uid: str
    username: str
    status: Status = "offline"
    role_color: str = DEFAULT_COLOR
    bot: bool = False
    avatar: str | None = None
    voice: Voice | None = None
    activity: str | None = None
    joined: int | None = None
    role_color2: str | None = None
    line: str | None = None
    role: str | None = None

    def with_presence(self, status: Status, activity: str | None) -> "Member":
        """Be the same person with another status and activity; written out, because it is so frequent."""
        uid, username, _, role_color, bot, avatar, voice, _, joined, color2, line, role = self
        return Member(
            uid, username, status, role_color, bot, avatar, voice, activity, joined, color2, line, role
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that may be shown. `category` is the category's name, `position` its place in the list.

    `status` is the line that people put over a voice channel. `plot` says where on the island its place is.
    """

    id: str
    name: str
    kind: ChannelKind = "text"
    category: str | None = None
    position: int = 0
    status: str | None = None
    plot: int | None = None


@dataclass(frozen=True, slots=True)
class GuildInfo:
    """What a guild is called and who may enter.

    `id` is the snowflake, `slug` the short public name in links. `alias` is a word that keeps links
    working when the slug changes: any name that ends in `-<alias>` leads to this guild. `protected`
    guilds admit only whom the validator or the password lets in. An unlisted guild is left out of the
    server list, but its link opens it. `member_count` counts everybody, shown or not. The password is
    known as it is or, better, as a hash. `role` is what a login needs, to whoever checks it. `since` is when
    it came to this bridge's bot, in seconds since 1970, where that is known. `lock` stands for the
    password and the role where only another process knows them: with them it changes. With `recent`, who
    arrives and asks for it is told what was said in the last two minutes. `gestures` is whether members who
    watch may make their own figure wave, hop or sit. `role_names` says what roles are called, by their ids,
    where viewers may read that: they are told it of those that give somebody they see a colour.
    """

    id: str
    slug: str
    name: str
    protected: bool = False
    default: bool = False
    listed: bool = True
    alias: str | None = None
    member_count: int | None = None
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    role: int | None = None
    since: int | None = None
    lock: str | None = field(default=None, repr=False)
    gestures: bool = True
    recent: bool = False
    role_names: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def has_password(self) -> bool:
        """Whether a password opens the door."""
        is_elsewhere = self.lock is not None and self.lock.startswith(WORD_LOCK)
        return self.password is not None or self.password_hash is not None or is_elsewhere

    @property
    def door(self) -> tuple[object, ...]:
        """What decides who may enter."""
        return self.protected, self.password, self.password_hash, self.role, self.lock


@dataclass(frozen=True, slots=True)
class Message:
    """Words said in a channel. `id` is the message's snowflake, `reply_to` the uid of whom it answers.

    `parent` is the snowflake of the channel that a thread belongs to, where `channel` is a thread's.
    `emoji` are those that have a picture, by how they stand in the words: `":turnip:"` -> its URL.
    """

    uid: str
    message: str
    channel: str
    id: str | None = None
    channel_name: str | None = None
    reply_to: str | None = None
    emoji: Mapping[str, str] = field(default_factory=dict, hash=False)  # a dict has no hash
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a guild or goes on there, and is more than words.

    A `boost`, or a new `thread`, is over in a moment. A `poll` is open and an `event` is on until they end.
    `id` is the snowflake of the thread, the scheduled event, or the message with the poll. `uid` is who did
    it, where viewers may know. `channel` is where; of a thread, or in one, `parent` is the channel that it
    belongs to. `text` is what it is called or asks, `location` where an event is that is in no channel.
    `until` is when a poll closes by itself, in seconds since 1970.
    """

    id: str
    kind: HappeningKind
    uid: str | None = None
    channel: str | None = None
    parent: str | None = None
    text: str | None = None
    location: str | None = None
    until: int | None = None

    @property
    def key(self) -> str:
        """What no other one has: a post in a forum, or a thread at a poll, has the id of a message."""
        return f"{self.kind} {self.id}"

    @property
    def lasts(self) -> bool:
        """Whether who comes later is told of it."""
        return self.kind in ("poll", "event")
