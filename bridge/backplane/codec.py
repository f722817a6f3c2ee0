"""Members, facts and events as they are kept in Redis, and back. Pure."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, replace
from sys import intern
from typing import Any, Final, NamedTuple, cast

from bridge.model import WORD_LOCK, Channel, GuildInfo, Happening, Member, Message, Status, Voice
from bridge.rooms.rolenames import Names
from bridge.wire.protocol import Event, Said, encode

SAID: Final = "said."  # and the id of a message
_SECRETS: Final = frozenset({"password", "password_hash", "role"})  # only the bot can check them
_APART: Final = frozenset({"role_names"})  # told of those roles alone that are to be read: see `write_roles`
# What a process of an older version couldn't read as part of a guild itself.
_BESIDE: Final = frozenset({"gestures", "recent"})

# What reading raises where something is of another version, or a stranger's.
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)

_KEY: Final = secrets.token_bytes(32)


class Entry(NamedTuple):
    """What happened in one flush, as it is told: everything after `before` and up to `offset`."""

    generation: str
    before: int
    offset: int
    events: bytes

    def told(self) -> bytes:
        """Write it for a channel."""
        return b"%b %d %d %b" % (self.generation.encode(), self.before, self.offset, self.events)


def read_entry(told: bytes) -> Entry | None:
    """Read what a channel told. None if it is nothing of ours."""
    try:
        generation, before, offset, events = told.split(b" ", 3)
        return Entry(generation.decode(), int(before), int(offset), events)
    except ValueError:
        return None


# Members


def write_member(member: Member) -> bytes:
    """Write somebody down; without a line as before there were any, for processes of an older version.

    From which role they have their colour is nobody else's business: see `write_roles`.
    """
    voice = member.voice
    others = member[7:11] if member.line is not None else member[7:10]
    return encode([*member[:6], None if voice is None else astuple(voice), *others])


def read_members(texts: Iterable[bytes]) -> list[Member]:
    """Read who some are, all in one go: to begin with each anew would take longer than to read it."""
    return [_member(*fields) for fields in json.loads(b"[" + b",".join(texts) + b"]")]


def _member(
    uid: str, name: str, status: str, color: str, bot: bool, avatar: str | None,  # noqa: FBT001 - as in a list
    voice: list[Any] | None, *others: Any,
) -> Member:  # fmt: skip
    told = cast("Status", intern(status))  # of these and of colours there are few, among many thousands
    return Member(
        uid, name, told, intern(color), bot, avatar, None if voice is None else Voice(*voice), *others
    )


# Facts


def write_channels(channels: Mapping[str, Channel]) -> bytes:
    """Write down which channels there are."""
    return encode([astuple(channel) for channel in channels.values()])


def read_channels(text: bytes | None) -> dict[str, Channel]:
    """Read which channels there are."""
    return {fields[0]: Channel(*fields) for fields in json.loads(text or b"[]")}


def write_roles(names: Mapping[str, Names]) -> bytes | None:
    """Write down what the roles are called that give members their colour; nothing if none is to be read."""
    return encode(names) if names else None


def read_roles(text: bytes | None) -> dict[str, Names]:
    """Read what roles are called; processes of an older version write nothing of it."""
    return {color: tuple(names) for color, names in json.loads(text or b"{}").items()}


def write_happenings(happenings: Mapping[str, Happening]) -> bytes:
    """Write down what goes on beside words."""
    return encode([astuple(one) for one in happenings.values()])


def read_happenings(text: bytes | None) -> dict[str, Happening]:
    """Read what goes on beside words; processes of an older version write nothing of it."""
    return {one.key: one for one in (Happening(*fields) for fields in json.loads(text or b"[]"))}


def write_words(position: int, words: Message) -> bytes:
    """Write down that something was said, without what, nor what a thread is called: those are words too."""
    place = words.channel_name if words.parent is None else None
    return encode([position, words.uid, words.channel, words.id, place, words.reply_to, words.parent])


def read_said(facts: Mapping[bytes, bytes]) -> dict[str, Message]:
    """Read what was said last, in its order."""
    said = sorted(json.loads(text) for name, text in facts.items() if name.startswith(SAID.encode()))
    return {
        message_id: Message(uid, "", channel, message_id, name, reply_to, parent=parent)
        for _, uid, channel, message_id, name, reply_to, parent in said
    }


# Guilds


def lock_of(info: GuildInfo) -> str:
    """Name a guild's door, without anything that opens it.

    A hash of a password has a salt that nobody can guess. A password as it is could be guessed from its
    digest: that has a key of this process, and is another one after a restart.
    """
    opens = encode([info.protected, info.password_hash, info.password, info.role])
    digest = hashlib.blake2b(opens, key=b"" if info.password is None else _KEY, digest_size=16).hexdigest()
    return (WORD_LOCK if info.has_password else "login.") + digest


def write_info(info: GuildInfo, counts: Mapping[str, int], number: int) -> bytes:
    """Write down what is told of a guild, the `number`th that was opened: nothing of what opens its door."""
    told = {name: value for name, value in asdict(info).items() if name not in _SECRETS | _BESIDE | _APART}
    if info.protected:
        told["lock"] = lock_of(info)
    beside = {name: getattr(info, name) for name in _BESIDE}
    return encode({"info": told, "counts": counts, "number": number} | beside)


def read_info(text: bytes) -> tuple[GuildInfo, dict[str, int], int]:
    """Read what is told of a guild. Where it is protected, no password opens it here."""
    told = json.loads(text)
    beside: Any = {name: told.get(name) is True for name in _BESIDE}  # whoever doesn't say so has none of it
    return (
        replace(GuildInfo(**told["info"]), password=None, password_hash=None, role=None, **beside),
        told["counts"],
        told["number"],
    )


# Events


def write_events(events: Iterable[Event]) -> bytes:
    """Write down what happened. What a guild is called is told elsewhere."""
    return encode([_fields(event) for event in events if event.type != "info"])


def _fields(event: Event) -> list[Any]:
    fields: list[Any] = [event.type, event.position, event.data if event.has_data else None]
    more = {"head": event.head} if "server" not in event.head else {}
    if event.extras:
        more["extras"] = event.extras
    if event.repeated:
        more["repeated"] = event.repeated
    if event.quiet:
        more["quiet"] = {}
    if event.said is not None:
        more["said"] = event.said._asdict()
    return [*fields, more] if more else fields


def read_events(guild_id: str, text: bytes) -> list[Event]:
    """Read what happened in a guild."""
    head = {"server": guild_id}  # one for all of them: there are a thousand in a burst
    return [
        Event(kind, position, head, data) if not more else _event(head, kind, position, data, *more)
        for kind, position, data, *more in json.loads(text)
    ]


def _event(
    head: Mapping[str, Any], kind: str, position: int, data: Mapping[str, Any] | None,
    more: Mapping[str, Mapping[str, Any]],
) -> Event:  # fmt: skip
    event = Event(
        kind, position, more.get("head", head), data, more.get("extras"),
        quiet="quiet" in more, repeated=more.get("repeated"),
    )  # fmt: skip
    if "said" in more:
        event.said = Said(**more["said"])
    return event


def read_stream(generation: str, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Entry]:
    """Read the entries of a stream."""
    return [
        Entry(generation, int(fields[b"before"]), int(name.partition(b"-")[0]), fields[b"events"])
        for name, fields in entries
    ]
