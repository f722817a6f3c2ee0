"""What a bridge's owner says of guilds: what happens there, and rooms that the owner keeps."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import EllipsisType, MappingProxyType
from typing import Any, Final, get_args, overload

from bridge.model import DEFAULT_COLOR, Channel, GuildInfo, Happening, HappeningKind, Member, Message, Voice
from bridge.providers.records import MAX_TEXT, parse_color, parse_id, parse_role_color, parse_status
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.misses import Misses
from bridge.rooms.notice import Notice
from bridge.rooms.room import Room
from bridge.wire.crowd import check_roles
from bridge.wire.pictures import check_emoji, check_picture

__all__ = ["Broadcasts"]

log = logging.getLogger(__name__)

MAX_NOTICE: Final = 300  # characters
NOTICE_SECONDS: Final = 600.0  # that a notice stands, if nobody says for how long
MAX_NOTICE_SECONDS: Final = 86_400
_KINDS: Final = get_args(HappeningKind)
_TEXTUAL: Final = (str, int)


class Broadcasts:
    """Passes on what its owner says to the rooms of a directory. Nothing here waits for anybody.

    `tells_of_misses` is whether the log says, once for each, which guilds are broadcast for and aren't there.
    An owner who hides guilds, and then doesn't ask before each broadcast, switches that off.
    """

    tells_of_misses: bool = True

    def __init__(self, directory: Directory, refresher: Refresher) -> None:
        self._directory = directory
        self._refresher = refresher
        self._misses = Misses(directory)

    # Broadcasts: field for field the protocol's own names. None of them waits for anybody.

    @overload
    async def broadcast_message(self, server: Mapping[str, Any], /) -> None: ...

    @overload
    async def broadcast_message(
        self,
        server: str | int,
        uid: str | int,
        message: str,
        channel: str | int,
        *,
        id: str | None = None,
        channel_name: str | None = None,
        reply_to: str | None = None,
        emoji: Mapping[str, str] | None = None,
        parent: str | None = None,
        speaker: Member | None = None,
    ) -> None: ...

    async def broadcast_message(
        self,
        server: str | int | Mapping[str, Any],
        uid: str | int = "",
        message: str = "",
        channel: str | int = "",
        *,
        id: str | None = None,  # noqa: A002 - the protocol's word
        channel_name: str | None = None,
        reply_to: str | None = None,
        emoji: Mapping[str, str] | None = None,
        parent: str | None = None,
        speaker: Member | None = None,
    ) -> None:
        """Show what somebody said. `emoji` tells where pictures for parts of it are: `":turnip:"` -> a URL.

        `parent` is the channel that a thread belongs to, where `channel` is a thread. A `speaker` whom
        viewers don't see comes for a visit, which ends five minutes after their last words.

        With `{"type": "refresh_data", "serverId": ...}` alone, viewers are asked to request their data again.

        Raises:
            TypeError: if `emoji` is no mapping of texts to texts.
            ValueError: for another kind of mapping in place of a server; for `emoji` of more than 20, with
                names of more than 40 characters, or with URLs that aren't HTTPS or have more than 300.
        """
        if isinstance(server, Mapping):
            self._ask_to_refresh(server)
        elif room := self._addressed(server):
            pictures = check_emoji(emoji)
            words = Message(
                _text(uid), _text(message), _text(channel), id, channel_name, reply_to, pictures, parent
            )
            room.say(words, speaker)

    async def broadcast_presence(
        self,
        server: str | int,
        uid: str | int,
        status: str,
        username: str | None = None,
        role_color: str | None = None,
        delete: bool = False,  # noqa: FBT001, FBT002 - documented as positional
        *,
        activity: str | EllipsisType | None = ...,
        role_color2: str | EllipsisType | None = ...,
        role: str | int | EllipsisType | None = ...,
    ) -> bool:
        """Show somebody's status, let them in, or with `delete` take them away.

        What is None stays as it was; `activity` and `role_color2`, which None clears, if they are left out.
        A `role_color` of `#000000` is none, as in Discord; `#000001` is black. `role_color2` is what it runs
        into, where a role has a gradient; viewers who asked for events see it. `role` is the id of the one
        that gives them their colour; with another colour it is none, if it is left out. Old clients and our
        page hear only the news in a name and a colour, plain programs what is passed. With an activity alone,
        viewers hear only what is news. Somebody new needs a `username`: without one nothing is shown.

        Returns:
            Whether viewers see this member now.
        """
        room = self._addressed(server)
        if room is None:
            return False
        uid = _text(uid)
        if delete:
            room.remove(uid)
            return False
        left_out = isinstance(role_color2, EllipsisType) and isinstance(role, EllipsisType)
        if username or role_color is not None or not left_out or isinstance(activity, EllipsisType):
            return self._put(room, uid, status, username, role_color, role_color2, activity, role)
        return room.present(uid, parse_status(status) or "offline", activity)

    async def broadcast_client_id_update(self, server: str | int, client_id: str | int) -> None:
        """Tell viewers which Discord application they log in with from now on."""
        if room := self._addressed(server):
            room.set_client_id(_text(client_id))

    async def broadcast_typing(self, server: str | int, uid: str | int, channel: str | int) -> None:
        """Show that somebody is typing. Reaches viewers who asked for `typing`."""
        if room := self._addressed(server):
            room.publish("typing", {"uid": _text(uid), "channel": _text(channel)})

    async def broadcast_reaction(
        self, server: str | int, uid: str | int, channel: str | int, emoji: str, *, image: str | None = None
    ) -> None:
        """Show somebody's reaction to a message. Reaches viewers who asked for `reaction`.

        `image` is where a picture of the emoji is.

        Raises:
            TypeError: if `image` is no text.
            ValueError: if it is no URL of HTTPS, or has more than 300 characters.
        """
        if room := self._addressed(server):
            data = {"uid": _text(uid), "channel": _text(channel), "emoji": _text(emoji)}
            room.publish("reaction", data if image is None else data | {"image": check_picture(image)})

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
        """Show the new words of a message; None takes it back. Reaches viewers who asked for `edit`.

        Who comes back later is not told what the message said before.

        `emoji` are those of the new words, as in `broadcast_message`.

        Raises:
            TypeError: if `emoji` is no mapping of texts to texts.
            ValueError: if there are too many, or what `broadcast_message` doesn't take either.
        """
        if room := self._addressed(server):
            words = None if message is None else _text(message)
            room.edit(_text(uid), _text(channel), _text(id), words, check_emoji(emoji))

    async def broadcast_voice(self, server: str | int, uid: str | int, voice: Voice | None) -> None:
        """Show where somebody talks; None if they don't any more. Reaches viewers who asked for `voice`."""
        if (room := self._addressed(server)) and (member := room.members.get(str(uid))):
            room.revise([member._replace(voice=voice)])

    async def broadcast_activity(self, server: str | int, uid: str | int, text: str | None) -> None:
        """Show what somebody does; None clears it. Reaches viewers who asked for `activity`."""
        if (room := self._addressed(server)) and (member := room.members.get(str(uid))):
            activity = None if text is None else _text(text)
            room.revise([member.with_presence(member.status, activity)])

    async def broadcast_notice(
        self, text: str | None, *, seconds: float = NOTICE_SECONDS, at: float | None = None
    ) -> None:
        """Tell everybody who watches something, such as that there will be a restart.

        It stands for so many seconds: whoever comes until then is told as well. None takes it back. Reaches
        viewers who asked for `notice`. White space becomes single spaces. `at` is when it was said first, in
        seconds since 1970, if that isn't now: a page that has closed it knows it by that.

        Raises:
            TypeError: if it is no text.
            ValueError: if it is empty, has more than 300 characters, or is to stand for longer than a day.
        """
        now = time.time()
        if text is None:
            if (notice := self._directory.notice) is not None:
                await self._directory.announce(Notice("", self._later(now), notice.until))
            return
        said = " ".join(_text(text).split())
        if not 0 < len(said) <= MAX_NOTICE:
            raise ValueError(f"a notice has 1 to {MAX_NOTICE} characters")
        if not 0 < seconds <= MAX_NOTICE_SECONDS:
            raise ValueError(f"a notice stands for up to {MAX_NOTICE_SECONDS} seconds")
        since = at if at is not None and 0 < at < now else now
        if (notice := self._directory.notice) is not None and notice.text != said:
            since = self._later(since)
        await self._directory.announce(Notice(said, since, max(since, now + seconds)))

    def _later(self, at: float) -> float:
        """Be later than what stands, which may be of a machine whose clock is ahead: the latest counts."""
        notice = self._directory.notice
        return at if notice is None else max(at, notice.at + 1)  # pages know it by the second

    # Rooms that an owner feeds, as the bot does

    def show_guild(
        self,
        guild: GuildInfo,
        members: Iterable[Member] | None = None,
        channels: Iterable[Channel] | None = None,
    ) -> None:
        """Open a guild's room, or bring it to this state; viewers see the difference.

        `members` and `channels` are all there are; None leaves them as they are. With very many members it
        takes long: `shown`, `show_members` and `hide_members` do the same in parts.

        Raises:
            TypeError: if the guild's `role_names` are no mapping of texts to texts.
            ValueError: if there are more than 250 of them.
        """
        if guild.role_names:
            guild = replace(guild, role_names=check_roles(guild.role_names))
        self._directory.open(guild, members, channels)

    def show_members(self, server: str | int, members: Iterable[Member]) -> None:
        """Bring these members to this state, and leave the others; what is news goes out together."""
        if room := self._room(server):
            room.put_all(members)

    def show_happening(self, server: str | int, happening: Happening) -> None:
        """Show that somebody boosts the guild or opens a thread, that a poll is open or an event is on.

        Reaches viewers who asked for `happening`; polls and events also those who come while they go on. Of
        a boost that is told twice within a minute viewers hear once. Texts are cut to 300 characters.

        Raises:
            ValueError: for another kind.
        """
        if room := self._room(server):
            room.happen(_checked(happening))

    def end_happening(self, server: str | int, id: str | int) -> None:  # noqa: A002 - the protocol's word
        """Show that a poll is closed, or an event over."""
        if room := self._room(server):
            room.end_happening(str(id))

    def show_events(self, server: str | int, events: Iterable[Happening]) -> None:
        """Show that these scheduled events are on; of any other viewers forget that it was.

        Raises:
            ValueError: for another kind.
        """
        if room := self._room(server):
            room.set_events(map(_checked, events))

    def happenings(self, server: str | int) -> tuple[Happening, ...]:
        """Return what viewers of a guild see going on beside words."""
        room = self._room(server)
        return tuple(room.happenings.values()) if room else ()

    def hide_members(self, server: str | int, uids: Iterable[str | int]) -> None:
        """Take members away, as far as viewers see them."""
        if room := self._room(server):
            for uid in uids:
                room.remove(str(uid))

    def member(self, server: str | int, uid: str | int) -> Member | None:
        """Return what viewers see of somebody now. None if they don't see them."""
        room = self._room(server)
        return room.members.get(str(uid)) if room else None

    def shown(self, server: str | int) -> Mapping[str, Member]:
        """Return everybody whom viewers of a guild see, by uid: a view that follows what happens there."""
        room = self._room(server)
        return MappingProxyType(room.members if room else {})

    def channels(self, server: str | int) -> Mapping[str, Channel]:
        """Return the channels of a guild that viewers see, by id."""
        room = self._room(server)
        return MappingProxyType(room.channels if room else {})

    def author_of(self, server: str | int, message_id: str | int) -> str | None:
        """Return the uid of whoever said one of a guild's last messages. None if viewers haven't seen it."""
        room = self._room(server)
        return room.author_of(str(message_id)) if room else None

    def viewer_count(self, server: str | int) -> int:
        """Count who watches a guild now."""
        room = self._room(server)
        return room.viewer_count if room else 0

    def guild(self, server: str | int) -> GuildInfo | None:
        """Return what viewers are told of a guild itself. None if it isn't shown."""
        room = self._room(server)
        return room.info if room else None

    def guild_ids(self) -> list[str]:
        """Name the guilds that are shown."""
        return list(self._directory.rooms)

    def is_visiting(self, server: str | int, uid: str | int) -> bool:
        """Tell whether viewers see somebody only because they said something."""
        room = self._room(server)
        return room is not None and room.is_visiting(str(uid))

    def places_of_words(self, server: str | int) -> set[str]:
        """Name the channels and threads of the last messages, polls and new threads that viewers saw."""
        room = self._room(server)
        return room.places_of_words() if room else set()

    def forget_channels(self, server: str | int, channels: Iterable[str | int]) -> None:
        """Take back what was said in channels or threads of a guild, and in the threads of these channels.

        Viewers who asked for `edit` see it vanish, and nobody who comes back later gets words of the past.
        """
        if room := self._room(server):
            room.forget_channels(set(map(str, channels)))

    def forget_threads(self, server: str | int, threads: Iterable[str | int]) -> None:
        """Take back what was said in threads of a guild that are gone, and that they were opened.

        Viewers who asked for `edit` see it vanish, and nobody who comes back later is told of it.
        """
        if room := self._room(server):
            room.forget_threads(set(map(str, threads)))

    def rename_thread(
        self, server: str | int, thread: str | int, title: str | None, place: str | None = None
    ) -> None:
        """Have a thread be called something else: who comes back is told nothing of what it was called.

        `title` may be None, where viewers may not read it; then `place` says where it is.
        """
        if room := self._room(server):
            room.rename_thread(str(thread), title and title[:MAX_NOTICE], place if title is None else title)

    def forget_messages(self, server: str | int, ids: Iterable[str | int]) -> None:
        """Take back some of a guild's last messages.

        Viewers who asked for `edit` see them vanish, and nobody who comes back later is told them.
        """
        if room := self._room(server):
            room.forget_messages(set(map(str, ids)))

    def forget_words(self, server: str | int, uid: str | int | None = None) -> None:
        """Take back what somebody said in a guild, or everybody.

        Viewers who asked for `edit` see it vanish, and nobody who comes back later gets words of the past.
        """
        if room := self._room(server):
            room.forget_words(None if uid is None else str(uid))

    def forget_past(self, server: str | int) -> None:
        """Tell nobody any more who comes, or comes back, what anybody said: they may have named somebody."""
        if room := self._room(server):
            room.forget_past()

    def hide_guild(self, server: str | int) -> None:
        """Close a guild's room: its viewers are told, and their connections closed with 1008."""
        self._directory.close(str(server))

    # Inside

    def _room(self, server: str | int) -> Room | None:
        return self._directory.rooms.get(str(server))

    def _addressed(self, server: str | int) -> Room | None:
        """Find the room that a broadcast is for. Where guilds are known and it is none of them, say so."""
        room = self._room(server)
        if (
            room is None
            and self.tells_of_misses
            and (self._directory.rooms or self._refresher.has_read_servers)
        ):
            self._misses.note(str(server))
        return room

    def _put(
        self, room: Room, uid: str, status: str, username: str | None, role_color: str | None,
        role_color2: str | EllipsisType | None, activity: str | EllipsisType | None,
        role: str | int | EllipsisType | None,
    ) -> bool:  # fmt: skip
        known = room.members.get(uid)
        name = _text(username) if username else known.username if known else None
        if name is None:
            if room.is_watched:
                guild_id = room.info.id
                log.warning(
                    "presence of %s in guild %s not shown: somebody new needs a username", uid, guild_id
                )
            return False
        before = known or Member(uid, name)
        member = before._replace(
            username=name[:MAX_TEXT],
            status=parse_status(status) or "offline",
            role_color=_new_color(role_color, before.role_color),
            role_color2=before.role_color2
            if isinstance(role_color2, EllipsisType)
            else parse_color(role_color2),
            activity=before.activity if isinstance(activity, EllipsisType) else activity,
        )
        member = member._replace(role=_new_role(role, before, member))
        said = {"username": member.username} if username else {}
        room.put(member, said if role_color is None else said | {"roleColor": member.role_color})
        return True

    def _ask_to_refresh(self, frame: Mapping[str, Any]) -> None:
        if frame.get("type") != "refresh_data":
            raise ValueError("broadcast_message takes a mapping only of type refresh_data")
        guild_id = parse_id(frame.get("serverId"))
        if guild_id is not None and (room := self._addressed(guild_id)):
            self._refresher.expire(guild_id)
            room.ask_to_refresh()


def _text(value: str | int) -> str:
    """Check what is broadcast where it is said, not where it is encoded: ids may be numbers.

    Raises:
        TypeError: for anything else than text or a number.
    """
    if not isinstance(value, _TEXTUAL):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return str(value)


def _checked(happening: Happening) -> Happening:
    """Cut what is too long.

    Raises:
        ValueError: for a kind that there isn't.
    """
    if happening.kind not in _KINDS:
        raise ValueError(f"a happening is one of {', '.join(_KINDS)}, not {happening.kind!r}")
    text, location = happening.text, happening.location
    return replace(happening, text=text and text[:MAX_NOTICE], location=location and location[:MAX_NOTICE])


def _new_role(given: str | int | EllipsisType | None, before: Member, after: Member) -> str | None:
    if isinstance(given, EllipsisType):
        return before.role if after.role_color == before.role_color else None
    return None if given is None else _text(given)


def _new_color(given: str | None, before: str) -> str:
    return before if given is None else parse_role_color(given) or DEFAULT_COLOR
