"""Makes what Discord sends readable for discord.py, thing by thing.

What decides over who sees something is never guessed in favour of showing it: a channel whose overwrites
can't be read is one that @everyone doesn't see.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import discord
from discord.abc import GuildChannel
from discord.state import ConnectionState

from bot.internals import known, shapes
from bot.internals.presences import read_presence, user_of
from bot.internals.shapes import ABSENT, Field, Payload, Shape, Usual, is_id, mend
from bot.internals.skips import Skips, Unreadable

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for

Read = Callable[[Any], Payload]

_DISCRIMINATOR: Final = re.compile(r"\d{1,4}", re.ASCII)  # who has no picture gets one by it
_USER: Final[Shape] = {
    "id": shapes.ID,
    "username": shapes.NAME,
    "discriminator": Field(frozenset({str}), "0", lambda value: bool(_DISCRIMINATOR.fullmatch(value))),
    "avatar": Field(frozenset({str, type(None)}), None),
    "global_name": shapes.MAYBE_WORDS,
    "bot": shapes.SWITCH,
    "system": shapes.SWITCH,
    "public_flags": Field(frozenset({int, type(ABSENT)})),
}
_MEMBER: Final[Shape] = {
    "roles": Field(frozenset({list}), ()),
    "nick": shapes.MAYBE_WORDS,
    "joined_at": shapes.TIME,
    "premium_since": shapes.TIME,
    "pending": shapes.SWITCH,
    "flags": shapes.NUMBER,
    "avatar": shapes.MAYBE_WORDS,
    "communication_disabled_until": shapes.TIME,
}
_USUAL_USER: Final = Usual(_USER)
_USUAL_MEMBER: Final = Usual(_MEMBER)
_ROLE: Final[Shape] = {
    "id": shapes.ID,
    "name": shapes.NAME,
    "permissions": shapes.PERMISSIONS,
    "position": shapes.NUMBER,
    "icon": shapes.MAYBE_WORDS,
}
_OVERWRITE: Final[Shape] = {
    "id": shapes.ID,
    "type": Field(frozenset({int}), shapes.NEEDED, lambda value: value in (0, 1)),
    "allow": Field(shapes.PERMISSIONS.types, shapes.NEEDED, shapes.PERMISSIONS.check),
    "deny": Field(shapes.PERMISSIONS.types, shapes.NEEDED, shapes.PERMISSIONS.check),
}
_CHANNEL: Final[Shape] = {
    "id": shapes.ID,
    "type": shapes.A_NUMBER,
    "name": shapes.NAME,
    "position": shapes.NUMBER,
    "parent_id": shapes.MAYBE_ID,
    "last_message_id": shapes.MAYBE_ID,
    "permission_overwrites": Field(frozenset({list}), None),
    "nsfw": shapes.SWITCH,
}
_VOICE_CHANNEL: Final[Shape] = {"bitrate": shapes.NUMBER, "user_limit": shapes.NUMBER}
_THREAD: Final[Shape] = {
    "id": shapes.ID,
    "parent_id": shapes.ID,
    "owner_id": Field(frozenset({str, int}), 0, is_id),
    "name": shapes.NAME,
    "type": Field(frozenset({int}), shapes.NEEDED, lambda value: 10 <= value <= 12),  # noqa: PLR2004
    "last_message_id": shapes.MAYBE_ID,
    "message_count": shapes.NUMBER,
    "member_count": shapes.NUMBER,
    "thread_metadata": shapes.OBJECT,
}
_THREAD_METADATA: Final[Shape] = {
    "archived": Field(frozenset({bool}), False),  # noqa: FBT003
    "auto_archive_duration": Field(frozenset({int}), 1440),
    "archive_timestamp": Field(shapes.TIME.types - {type(ABSENT)}, None, shapes.is_time),
    "archiver_id": shapes.MAYBE_ID,
    "create_timestamp": shapes.TIME,
}
_EVENT: Final[Shape] = {
    "id": shapes.ID,
    "name": shapes.NAME,
    "status": shapes.A_NUMBER,
    "entity_type": shapes.A_NUMBER,
    "channel_id": Field(shapes.MAYBE_ID.types, shapes.NEEDED, shapes.MAYBE_ID.check),
    "creator_id": shapes.MAYBE_ID,
    "entity_id": shapes.MAYBE_ID,
    "entity_metadata": shapes.OBJECT_OR_NULL,
    "scheduled_start_time": Field(shapes.TIME.types - {type(ABSENT)}, None, shapes.is_time),
    "scheduled_end_time": shapes.TIME,
}
_UNREAD_OF_EVENT: Final = ("creator", "description", "image", "user_count", "recurrence_rule")
_VOICE: Final[Shape] = {
    "user_id": shapes.ID,
    "channel_id": shapes.MAYBE_ID,
    "request_to_speak_timestamp": shapes.TIME,
} | dict.fromkeys(("mute", "deaf", "self_mute", "self_deaf", "self_stream", "suppress"), shapes.SWITCH)
_GUILD_ID: Final = "guild_id"
_WHERE: Final = Field(
    shapes.MAYBE_ID.types, shapes.NEEDED, shapes.MAYBE_ID.check
)  # there or not, but never something else
_MESSAGE: Final[Shape] = {
    "id": shapes.ID,
    "channel_id": shapes.ID,
    _GUILD_ID: _WHERE,
    "webhook_id": _WHERE,
    "application_id": shapes.MAYBE_ID,
    "type": shapes.A_NUMBER,
    "content": shapes.WORDS,
    "flags": shapes.NUMBER,
    "author": shapes.OBJECT,
    "edited_timestamp": shapes.TIME,
    "message_reference": shapes.MAYBE_OBJECT,
    "referenced_message": shapes.OBJECT_OR_NULL,
    "poll": shapes.MAYBE_OBJECT,
} | dict.fromkeys(
    (
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "components",
        "sticker_items",
        "message_snapshots",
    ),
    shapes.THINGS,
)
_UNREAD: Final = (
    *("reactions", "interaction", "interaction_metadata", "thread", "application", "call"),
    *("role_subscription_data", "purchase_notification"),
)
"""What a message may bring and nobody reads here."""
_BARE: Final = frozenset({
    *("id", "channel_id", "guild_id", "webhook_id", "type", "content", "flags", "author", "member"),
    *("mentions", "mention_roles", "edited_timestamp"),
})  # fmt: skip
_POLL: Final[Shape] = {"expiry": Field(frozenset({str}), shapes.NEVER.isoformat(), shapes.is_time)}
_ATTACHMENT: Final[Shape] = {
    "id": shapes.ID,
    "filename": shapes.WORDS,
    "size": shapes.NUMBER,
    "url": shapes.WORDS,
    "proxy_url": shapes.WORDS,
    "content_type": shapes.MAYBE_WORDS,
}
_STICKER: Final[Shape] = {"id": shapes.ID, "name": shapes.NAME, "format_type": shapes.A_NUMBER}
_IDS: Final = (
    *("afk_channel_id", "system_channel_id", "rules_channel_id", "public_updates_channel_id"),
    *("safety_alerts_channel_id", "widget_channel_id", "owner_id"),
)
_GUILD: Final[Shape] = {
    "id": shapes.ID,
    "name": Field(frozenset({str}), None),
    "nsfw_level": Field(frozenset({int}), None, lambda value: 0 <= value <= 3),  # noqa: PLR2004
    "roles": Field(frozenset({list}), ()),
    "icon": shapes.MAYBE_WORDS,
    "features": shapes.THINGS,
    "premium_subscription_count": shapes.NUMBER,
    "member_count": Field(frozenset({int, type(ABSENT)}), check=lambda value: value is ABSENT or value >= 0),
} | dict.fromkeys(_IDS, shapes.MAYBE_ID)
_UNREAD_OF_GUILD: Final = ("stage_instances", "soundboard_sounds")
_VOICE_TYPES: Final = (discord.ChannelType.voice.value, discord.ChannelType.stage_voice.value)
_VIEW: Final = discord.Permissions(view_channel=True).value
_MAX_COLOR: Final = 0xFFFFFF


class Mender:
    """Knows what the cache knows; what it can't read of a list it drops and counts."""

    def __init__(self, state: ConnectionState[Any], skips: Skips) -> None:
        self._state = state
        self._skips = skips

    def guild_of(self, data: Payload) -> discord.Guild | None:
        """Find the guild that an event is about."""
        guild_id = data.get(_GUILD_ID)
        if not is_id(guild_id):
            raise Unreadable(_GUILD_ID)
        return self._state._get_guild(int(guild_id))  # type: ignore[arg-type]

    def each(self, event: str, data: Payload, key: str, read: Read) -> None:
        """Make a list's entries readable, and leave out those that can't be."""
        entries = data.get(key)
        if type(entries) is not list:
            if entries is not None:
                self._skips.unreadable(f"{event}.{key}", Unreadable("a list"))
            data[key] = []
            return
        kept = []
        for entry in entries:
            try:
                kept.append(read(entry))
            except Unreadable as error:
                self._skips.unreadable(f"{event}.{key}", error)
        data[key] = kept

    def user(self, data: Any) -> Payload:
        """Read an account; one that is told in part is completed by what is known of it."""
        if type(data) is dict and _USUAL_USER.fits(data):
            data["avatar_decoration_data"] = None  # nobody is shown it
            return data
        return self._partial_user(data)

    def _partial_user(self, data: Any) -> Payload:
        """Take from what is known of an account all that isn't told."""
        user = mend(data, _USER, lambda: self._known_user(data))
        user["avatar_decoration_data"] = None
        return user

    def user_who_left(self, data: Any) -> Payload:
        """Complete an account of which no more is needed than its id."""
        if type(data) is dict and is_id(data.get("id")) and type(data.get("username")) is not str:
            data["username"] = (self._known_user(data) or {}).get("username", "")
        return self.user(data)

    def _known_user(self, data: Payload) -> Payload | None:
        user = self._state._users.get(int(data["id"])) if is_id(data.get("id")) else None
        return known.known_user(user) if user is not None else None

    def member(self, data: Any, guild: discord.Guild | None) -> Payload:
        """Read a member together with their account."""
        if type(data) is not dict:
            raise Unreadable("an object")
        user = self.user(data.get("user"))
        return self.part_of_member(data, guild, int(user["id"]))

    def part_of_member(self, data: Payload, guild: discord.Guild | None, user_id: int) -> Payload:
        """Read a member whose account stands elsewhere."""

        def known_member() -> Payload | None:
            member = guild and guild._members.get(user_id)
            return known.known_member(member) if member else None

        data.pop("permissions", None)
        if guild is not None or not _USUAL_MEMBER.fits(data):
            mend(data, _MEMBER, known_member)
        if not all(map(is_id, data["roles"])):
            data["roles"] = list(filter(is_id, data["roles"]))
        return data

    def companion(self, data: Payload, guild: discord.Guild | None) -> None:
        """Read the member that an event brings along; without one it is less, but not nothing."""
        if "member" not in data:
            return
        try:
            data["member"] = self.member(data["member"], guild)
        except Unreadable:
            del data["member"]

    def presence(self, data: Any) -> Payload:
        """Read a presence among others."""
        if type(data) is not dict:
            raise Unreadable("an object")
        data["user"] = {"id": user_of(data)["id"]}
        read_presence(data)
        return data

    def role(self, data: Payload, guild: discord.Guild | None) -> Payload:
        """Read a role."""

        def known_role() -> Payload | None:
            role = guild.get_role(int(data["id"])) if guild and is_id(data.get("id")) else None
            return known.known_role(role) if role else None

        mend(data, _ROLE, known_role)
        data.pop("tags", None)
        colors = data.get("colors")
        if type(colors) is not dict:
            colors = (
                {"primary_color": data["color"]} if "color" in data else (known_role() or {}).get("colors")
            )
        data["colors"] = _colors(colors or {})
        return data

    def channel(self, data: Payload, guild_id: int, guild: discord.Guild | None) -> Payload:
        """Read a channel of a guild."""

        def known_channel() -> Payload | None:
            channel = guild._channels.get(int(data["id"])) if guild and is_id(data.get("id")) else None
            return known.known_channel(channel) if isinstance(channel, GuildChannel) else None

        if type(data) is dict and "nsfw" in data and type(data["nsfw"]) is not bool:
            data["nsfw"] = True
        odd = type(data) is dict and type(data.get("permission_overwrites", [])) is not list
        mend(data, _CHANNEL, known_channel)
        if data["type"] in _VOICE_TYPES:
            mend(data, _VOICE_CHANNEL, known_channel)
        data["permission_overwrites"] = _overwrites(None if odd else data["permission_overwrites"], guild_id)
        for unread in ("available_tags", "default_reaction_emoji"):
            data.pop(unread, None)
        return data

    def thread(self, data: Payload, guild: discord.Guild | None) -> Payload:
        """Read a thread."""

        def known_thread() -> Payload | None:
            thread = guild.get_thread(int(data["id"])) if guild and is_id(data.get("id")) else None
            return known.known_thread(thread) if thread else None

        mend(data, _THREAD, known_thread)
        mend(data["thread_metadata"], _THREAD_METADATA)
        for unread in ("applied_tags", "member"):
            data.pop(unread, None)
        return data

    def event(self, data: Any, guild_id: int, guild: discord.Guild | None) -> Payload:
        """Read a scheduled event of a guild."""

        def known_event() -> Payload | None:
            event = guild.get_scheduled_event(int(data["id"])) if guild and is_id(data.get("id")) else None
            return known.known_event(event) if event else None

        told = mend(data, _EVENT, known_event)
        told["guild_id"] = guild_id
        location = (told.get("entity_metadata") or {}).get("location")
        told["entity_metadata"] = {"location": location} if type(location) is str else None
        for unread in _UNREAD_OF_EVENT:
            told.pop(unread, None)
        return told

    def voice(self, data: Payload) -> Payload:
        """Read the voice state of somebody who is in a channel."""
        mend(data, _VOICE)
        if data.get("channel_id") is None:
            raise Unreadable("channel_id")
        return data

    def voice_update(self, data: Payload) -> None:
        """Read a voice state that changed."""
        mend(data, _VOICE)
        self.companion(data, self.guild_of(data))

    def guild(self, event: str, data: Payload) -> None:
        """Read a guild without what lives in it, but for its roles."""
        guild_id = int(mend(data, {"id": shapes.ID})["id"])
        guild = self._state._get_guild(guild_id)
        mend(data, _GUILD, lambda: known.known_guild(guild) if guild else None)
        data["name"] = data["name"] or str(guild_id)
        if data["nsfw_level"] is None:
            data["nsfw_level"] = discord.NSFWLevel.age_restricted.value
        self.each(event, data, "roles", lambda role: self.role(role, guild))
        if not any(int(role["id"]) == guild_id for role in data["roles"]):
            # Everybody has it, and discord.py fails where it is missing.
            data["roles"].append(self.role({"id": guild_id, "name": "@everyone", "permissions": "0"}, guild))

    def whole_guild(self, data: Payload) -> None:
        """Read a guild with all that lives in it."""
        event = "GUILD_CREATE"
        self.guild(event, data)
        guild_id = int(data["id"])
        # Its entries may know each other by now, but the guild before an outage is no source for them.
        self.each(event, data, "channels", lambda channel: self.channel(channel, guild_id, None))
        self.each(event, data, "members", lambda member: self.member(member, None))
        self.each(event, data, "presences", self.presence)
        self.each(event, data, "voice_states", self.voice)
        self.each(event, data, "threads", lambda thread: self.thread(thread, None))
        if "guild_scheduled_events" in data:
            self.each(event, data, "guild_scheduled_events", lambda one: self.event(one, guild_id, None))
        data.setdefault("member_count", len(data["members"]) + 1)  # one more: they are to be asked for
        for unread in _UNREAD_OF_GUILD:
            data.pop(unread, None)

    def chunk(self, data: Payload) -> None:
        """Read some members of a guild."""
        event = "GUILD_MEMBERS_CHUNK"
        self.guild_of(data)
        mend(data, {"chunk_index": shapes.A_NUMBER, "chunk_count": shapes.A_NUMBER})
        self.each(event, data, "members", lambda member: self.member(member, None))
        self.each(event, data, "presences", self.presence)

    def message(self, data: Payload) -> None:
        """Read a message."""
        mend(data, _MESSAGE)
        guild = self.guild_of(data) if data.get(_GUILD_ID) is not None else None
        author = data["author"] = self.user(data["author"])
        if type(data.get("member")) is dict:
            self.part_of_member(data["member"], guild, int(author["id"]))
        else:
            data.pop("member", None)
        for unread in _UNREAD:
            data.pop(unread, None)
        if "poll" in data:
            mend(data["poll"], _POLL)
        self._parts(data, guild)

    def edit(self, data: Payload) -> None:
        """Read a message that changed; what didn't may be missing."""
        if not {"type", "content", "author"} <= data.keys() and is_id(data.get("id")):
            cached = self._state._get_message(int(data["id"]))
            if cached is not None:
                data.update(known.known_message(cached) | data)
        self.message(data)

    def bare(self, data: Payload) -> Payload:
        """Leave of a message who says what where."""
        return {key: value for key, value in data.items() if key in _BARE}

    def _parts(self, data: Payload, guild: discord.Guild | None) -> None:
        """Read what hangs on a message."""
        readers: dict[str, Read] = {
            "mentions": lambda user: self._mention(user, guild),
            "attachments": lambda attachment: mend(attachment, _ATTACHMENT),
            "sticker_items": lambda sticker: mend(sticker, _STICKER),
            "embeds": lambda embed: mend(embed, {}),
            "components": lambda component: mend(component, {}),
            "message_snapshots": lambda snapshot: mend(snapshot, {}),
        }
        for key, read in readers.items():
            if data.get(key):
                self.each("MESSAGE", data, key, read)
        if "mention_roles" in data:
            data["mention_roles"] = list(filter(is_id, data["mention_roles"]))
        if data.get("referenced_message"):
            try:
                self.message(data["referenced_message"])
            except Unreadable:
                del data["referenced_message"]

    def _mention(self, data: Any, guild: discord.Guild | None) -> Payload:
        user = self.user(data)
        if type(member := user.get("member")) is dict:
            self.part_of_member(member, guild, int(user["id"]))
        else:
            user.pop("member", None)
        return user

    def reaction(self, data: Payload) -> None:
        """Read a reaction; an emoji that was deleted has no name any more."""
        mend(data, {_GUILD_ID: _WHERE, "type": shapes.NUMBER, "message_author_id": shapes.MAYBE_ID})
        emoji = mend(data.get("emoji"), {"id": shapes.MAYBE_ID, "animated": shapes.SWITCH})
        if type(emoji.get("name")) is not str or not emoji["name"]:
            if emoji.get("id") is None:
                raise Unreadable("emoji")
            emoji["name"] = "emoji"
        self.companion(data, self.guild_of(data) if data.get(_GUILD_ID) is not None else None)

    def typing(self, data: Payload) -> None:
        """Read that somebody types; since when is nobody's interest."""
        data["timestamp"] = 0
        self.companion(data, self.guild_of(data) if data.get(_GUILD_ID) is not None else None)

    def partial_user(self, user: Payload) -> Payload:
        """Complete the account of a presence; an unknown one stays an id."""
        if self._known_user(user) is None:
            return {"id": user["id"]}
        return self._partial_user(user)

    def ready(self, data: Payload) -> None:
        """Read the beginning of a session."""
        me = self._state.user
        known_me = known.known_user(me) | {"id": me.id} if me else None
        mend(data, {"user": shapes.OBJECT}, lambda: {"user": known_me} if known_me else None)
        mend(data["user"], _USER, lambda: known_me)
        self.each("READY", data, "guilds", _stub)
        try:
            mend(data.get("application"), {"id": shapes.ID, "flags": shapes.A_NUMBER})
        except Unreadable:
            data.pop("application", None)


def _stub(data: Any) -> Payload:
    """Read a guild that is only announced."""
    return {"id": mend(data, {"id": shapes.ID})["id"], "unavailable": True}


def _colors(told: Payload) -> Payload:
    """Read a role's colours."""

    def color(name: str) -> int | None:
        value = told.get(name)
        return value if type(value) is int and 0 <= value <= _MAX_COLOR else None

    return {
        "primary_color": color("primary_color") or 0,
        "secondary_color": color("secondary_color"),
        "tertiary_color": color("tertiary_color"),
    }


def _overwrites(told: list[Any] | None, guild_id: int) -> list[Payload]:
    """Read who may do what in a channel; where that can't be read, @everyone doesn't see it."""
    kept = []
    for overwrite in told or ():
        try:
            kept.append(mend(overwrite, _OVERWRITE))
        except Unreadable:
            told = None
    if told is None:
        kept = [overwrite for overwrite in kept if int(overwrite["id"]) != guild_id]
        kept.append({"id": guild_id, "type": 0, "allow": "0", "deny": str(_VIEW)})
    return kept
