"""The d-zone wire protocol: requests parsed into types, events and snapshots encoded once.

JSON over WebSocket, UTF-8. The frames are those of the d-zone web clients, with optional fields that
a client asks for in `connect`.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, Protocol

from bridge.errors import BadRequest
from bridge.model import Channel, GuildInfo, Happening, Member, Message, Voice
from bridge.problems import INVALID_JSON, UNKNOWN_TYPE, Problem, bad_request
from bridge.wire.crowd import level_of, read_crowd, read_text
from bridge.wire.framing import LongMessage, Quoting, deflated_frame, segment, text_frame, text_message
from bridge.wire.gestures import Gesture, read_gesture

MAX_NAME: Final = 100  # characters of a slug or a snowflake; Discord's own names end there too
MAX_SECRET: Final = 2048  # characters of a token or a password
_MAX_DIGITS: Final = 18  # of a position: enough for a million events a second for thousands of years

EventType = Literal[
    "presence", "message", "update-clientid", "refresh_data", "typing", "voice", "reaction", "edit",
    "activity", "channels", "servers", "notice", "neighbourhoods", "gesture", "happening",
]  # fmt: skip

# Every client gets these; the others have to be asked for. `channels` comes with any of them.
BASIC_EVENTS: Final = frozenset({"presence", "message", "update-clientid", "refresh_data"})
OPTIONAL_EVENTS: Final = frozenset(
    {"typing", "voice", "reaction", "edit", "activity", "servers", "notice", "gesture", "happening"}
)

# Fields of `connect` that no old client sends.
_ASKING: Final = frozenset({"batch", "events", "cursor", "crowd", "recent"})
_SPOKEN: Final = frozenset({"message", "edit", "reaction", "typing", "gesture"})
_SHORT: Final = 256  # characters of a message

# Where a cursor of those is good who know only some of the members: another process knows others of them.
_HERE: Final = secrets.token_hex(3)

# Made once: `json.dumps` makes an encoder for each call that wants other separators.
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_COMMA: Final = segment(b",")


class Goodbye(Enum):
    """Why the bridge closes a connection: the close code tells the browser whether to come back."""

    RESTART = 1001, "bridge restarting"
    REVOKED = 1008, "no longer shown"
    SLOW = 1013, "reading too slowly"
    FULL = 1013, "full"
    SILENT = 1013, "the bot doesn't answer"
    FLOOD = 1008, "too many requests"
    IDLE = 1008, "nothing was asked for"

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Wants:
    """What a client asked for beyond what every d-zone client knows.

    `cursor` tells that it sent any of the fields, if only an empty one. A client that sent none of them
    `asked_for_nothing`, and gets exactly the frames that the oldest clients know. `crowd` is there where few
    members are named to it: within how many events somebody must have acted to be known. The rest is not
    asked for: `deflate` tells that the client reads compressed frames, as agreed on in the handshake; `paced`
    that it is an old client in a browser, which has to be given words at the pace at which it can show them.
    """

    batch: bool = False
    events: frozenset[str] = frozenset()
    cursor: bool = False
    deflate: bool = False
    paced: bool = False
    crowd: int = 0

    @property
    def asked_for_nothing(self) -> bool:
        """Whether such a client knows no more than the oldest."""
        return not (self.batch or self.events or self.cursor or self.crowd)

    @property
    def is_plain(self) -> bool:
        """Whether this is a program that takes each frame as it comes, and keeps nothing of its own."""
        return self.asked_for_nothing and not self.paced

    def includes(self, event_type: str) -> bool:
        """Tell whether events of this type are for such a client."""
        if event_type == "channels":
            return bool(self.events)
        if event_type == "neighbourhoods":
            return self.crowd > 0
        return event_type in BASIC_EVENTS or event_type in self.events


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a viewer shows at the door. Never echoed, never logged."""

    token: str | None = field(default=None, repr=False)
    user: Mapping[str, Any] | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Connect:
    """A viewer wants to enter a room.

    `server` is a slug, a snowflake or `default`; `cursor` is where in a room's stream it was before; `crowd`
    is how many members it wants listed, if not all. With `recent` it wants to hear what was said lately.
    """

    server: str = "default"
    credentials: Credentials = Credentials()
    wants: Wants = Wants()
    cursor: str | None = None
    crowd: int = 0
    recent: bool = False


@dataclass(frozen=True, slots=True)
class GetUserData:
    """A viewer wants a guild's members again, without changing room."""

    server: str
    credentials: Credentials = Credentials()


@dataclass(frozen=True, slots=True)
class Find:
    """A viewer looks for somebody by their name, in the room where they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """A viewer wants their own figure to do something, in the room where they are."""

    gesture: Gesture


@dataclass(frozen=True, slots=True)
class Beat:
    """A viewer wants to know whether anybody is there."""


Request = Connect | GetUserData | Find | Act


def parse_request(frame: str | bytes) -> Request | Beat:
    """Read what a viewer sent.

    Raises:
        BadRequest: with the sentence to answer, for anything that is not a valid request.
    """
    try:
        request = json.loads(frame, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # ValueError covers bad JSON, bad UTF-8 and endless numbers
        raise BadRequest(INVALID_JSON) from None
    if not isinstance(request, dict):
        raise BadRequest(UNKNOWN_TYPE)
    match request.get("type"):
        case "connect":
            data = _object(request, "data")
            cursor = data.get("cursor")
            return Connect(
                _server(data, "server"),
                _credentials(data),
                _wants(data),
                cursor if isinstance(cursor, str) else None,
                read_crowd(data.get("crowd")),
                data.get("recent") is True,
            )
        case "get_user_data":
            return GetUserData(_server(request, "serverId"), _credentials(_object(request, "data")))
        case "find":
            return Find(read_text(_object(request, "data").get("text")))
        case "gesture":
            return Act(read_gesture(_object(request, "data").get("gesture")))
        case "beat":
            return Beat()
        case _:
            raise BadRequest(UNKNOWN_TYPE)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(request: dict[str, Any], key: str) -> dict[str, Any]:
    value = request.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(bad_request(f"{key} must be an object"))
    return value


def _text(data: dict[str, Any], key: str, limit: int) -> str | None:
    """Read an optional text. A number is read as text, as old clients and JavaScript's habits want."""
    return _checked_text(data.get(key), key, limit)


def _server(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    name = _checked_text(value.strip() if isinstance(value, str) else value, key, MAX_NAME)
    return name or "default"


def _checked_text(value: object, key: str, limit: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > limit:
        raise BadRequest(bad_request(f"{key} must be a text of at most {limit} characters"))
    return value


def _credentials(data: dict[str, Any]) -> Credentials:
    user = data.get("discordUser")
    return Credentials(
        token=_text(data, "discordToken", MAX_SECRET),
        user=user if isinstance(user, dict) else None,
        password=_text(data, "password", MAX_SECRET),
    )


def _wants(data: dict[str, Any]) -> Wants:
    events = data.get("events")
    if events is not None and not isinstance(events, list):
        raise BadRequest(bad_request("events must be a list"))
    asked = (event for event in events or () if isinstance(event, str))
    return Wants(
        batch=data.get("batch") is True,
        events=OPTIONAL_EVENTS.intersection(asked),
        cursor=not _ASKING.isdisjoint(data),
        crowd=level_of(read_crowd(data.get("crowd"))),
    )


def encode(value: Any) -> bytes:
    """Encode to compact JSON. Half of a surrogate pair, which UTF-8 cannot say, becomes a question mark."""
    return _to_json(value).encode(errors="replace")


def error_frame(problem: Problem) -> bytes:
    """Frame an error; the connection stays open."""
    data = {"message": problem.sentence, "code": problem.code}
    return text_frame(encode({"type": "error", "data": data}))


BEAT: Final = text_frame(encode({"type": "beat"}))


class Entries(Protocol):
    """The entries of an object, in pages: each with commas between its entries."""

    def plain(self) -> Iterator[bytes]:
        """Encode them as JSON."""

    def deflated(self) -> Iterator[bytes]:
        """Encode them as segments of a compressed message."""


class Said(NamedTuple):
    """When words were said that may be told to who arrives, in seconds since 1970; whether behind a door."""

    at: float
    guarded: bool


class Event:
    """A change in a room: encoded at most once for each kind of client.

    `data` is what every client may know, `extras` what a client that asked for events gets beside it,
    `repeated` what a plain one gets beside it although it was said before, `head` the fields beside `type`
    and `data`. A `quiet` event is news in its extras alone: nobody else hears of it. `entries` stand for
    data that is encoded already. `who` did it, as they were then, and how many events before they did
    something, is for clients that know only some of the members. Words that may be told to who arrives later
    were `said` at some time. What is `counted` is no news to clients that know only some: a number tells it.
    """

    __slots__ = (
        "_bare", "_full", "_has_data", "_head", "_plain", "counted", "data", "entries", "extras", "position",
        "quiet", "repeated", "said", "type", "who",
    )  # fmt: skip

    def __init__(
        self,
        type: str,  # noqa: A002 - the protocol's own word
        position: int,
        head: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
        extras: Mapping[str, Any] | None = None,
        *,
        quiet: bool = False,
        entries: Entries | None = None,
        repeated: Mapping[str, Any] | None = None,
    ) -> None:
        self.type = type
        self.position = position
        self.data: Mapping[str, Any] = {} if data is None else data
        self.extras: Mapping[str, Any] = {} if extras is None else extras
        self.quiet = quiet
        self.entries = entries
        self.repeated: Mapping[str, Any] = {} if repeated is None else repeated
        self.who: tuple[Member, int] | None = None
        self.said: Said | None = None
        self.counted = False
        self._head = head
        self._has_data = data is not None
        self._bare: bytes | None = None  # encoded, without the brace that closes it
        self._full: bytes | None = None  # with its extras
        self._plain: bytes | None = None  # with what is repeated

    @property
    def head(self) -> Mapping[str, Any]:
        """The fields beside `type` and `data`."""
        return self._head

    @property
    def has_data(self) -> bool:
        """Whether it says anything beside its type and its head."""
        return self._has_data

    @property
    def weight(self) -> int:
        """How many short events it takes as long to encode."""
        return 1 + len(self.data.get("message") or "") // _SHORT

    @property
    def has_words(self) -> bool:
        """Whether it says what somebody said or did, or shows that they are about to."""
        return self.type in _SPOKEN and (self.type != "edit" or self.data.get("message") is not None)

    @property
    def names(self) -> list[str]:
        """Whose it is, and whom it answers."""
        uids = (self.data.get("uid"), self.extras.get("replyTo"))
        return [uid for uid in uids if uid is not None]

    @property
    def quoted(self) -> list[str]:
        """Whose words it says that may be taken back: messages, polls, threads, channels, and members."""
        named: tuple[str | None, ...]
        match self.type:
            case "message":
                named = self.extras.get("id"), self.extras.get("channelName") and self.data["channel"]
            case "edit":
                named = (self.data["id"] if self.has_words else None,)
            case "happening":
                named = (None if "over" in self.data else self.data["id"],)
            case "presence":
                named = (self.extras.get("line") and self.data["uid"],)
            case "channels":
                named = tuple(name for name, channel in self.data.items() if channel.get("status"))
            case _:
                named = ()
        lined = self.who[0].uid if self.who is not None and self.who[0].line is not None else None
        return [one for one in (*named, lined) if one is not None]

    def with_data(self, data: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> "Event":
        """Say something else at the same position; what stands beside it stays, but for other `extras`."""
        event = Event(
            self.type, self.position, self._head, data, self.extras if extras is None else extras,
            quiet=self.quiet, repeated=self.repeated,
        )  # fmt: skip
        event.who, event.said, event.counted = self.who, self.said, self.counted
        return event

    def after(self, earlier: "Event") -> "Event":
        """Say at once what an earlier event said and this one doesn't contradict."""
        data = {**earlier.data, **self.data}
        extras = {**earlier.extras, **self.extras}
        quiet = earlier.quiet and self.quiet
        repeated = {**earlier.repeated, **self.repeated}
        event = Event(self.type, self.position, self._head, data, extras, quiet=quiet, repeated=repeated)
        event.counted = self.counted and earlier.counted
        if self.who is not None and earlier.who is not None:
            event.who = self.who[0], max(self.who[1], earlier.who[1])
        return event

    def stranger(self, wants: Wants) -> Member | None:
        """Name who did it, if such clients may not know them yet."""
        if not wants.crowd or self.who is None or self.who[1] < wants.crowd:
            return None
        return self.who[0]

    def introduction(self, member: Member, wants: Wants, cursor: bytes) -> bytes:
        """Encode who did it, whole, for clients that may know them otherwise or not at all."""
        user = member_basics(member)
        if wants.events:
            user |= member_extras(member) | {"roleColor2": member.role_color2, "line": member.line}
        body = encode({"type": "presence", **self._head, "data": user})[:-1]
        return body + b',"cursor":' + cursor + b"}"

    def leave_voice(self, channels: Collection[str]) -> bool:
        """Say no more that who did it talks in one of these channels; tell whether it was said."""
        if self.who is None or (voice := self.who[0].voice) is None or voice.channel not in channels:
            return False
        self.who = self.who[0]._replace(voice=None), self.who[1]
        return True

    def is_for(self, wants: Wants) -> bool:
        """Tell whether such clients hear of it."""
        if self.quiet and not wants.events:
            return wants.is_plain and bool(self.repeated)
        return wants.includes(self.type)

    def payload(self, wants: Wants, cursor: bytes) -> bytes:
        """Encode for clients that want this."""
        if wants.events and self.extras:
            body = self._with_extras()
        elif wants.is_plain and self.repeated:
            body = self._with_what_is_repeated()
        else:
            body = self._without_extras()
        return body + b"}" if wants.asked_for_nothing else body + b',"cursor":' + cursor + b"}"

    def frame_of_entries(self, entries: Entries, wants: Wants, cursor: bytes) -> bytes:
        """Frame it with the entries in place of data, for clients that want this."""
        before = self._without_extras() + b',"data":{'
        after = b"}}" if wants.asked_for_nothing else b'},"cursor":' + cursor + b"}"
        return _frame_with_entries(before, entries, after, deflate=wants.deflate)

    def _without_extras(self) -> bytes:
        if self._bare is None:
            body = {"type": self.type, **self._head}
            self._bare = encode(body | {"data": self.data} if self._has_data else body)[:-1]
        return self._bare

    def _with_extras(self) -> bytes:
        if self._full is None:
            self._full = self._encode_with(self.extras)
        return self._full

    def _with_what_is_repeated(self) -> bytes:
        if self._plain is None:
            self._plain = self._encode_with(self.repeated)
        return self._plain

    def _encode_with(self, more: Mapping[str, Any]) -> bytes:
        return encode({"type": self.type, **self._head, "data": {**self.data, **more}})[:-1]


def event_frames(events: Iterable[Event], wants: Wants, epoch: str) -> bytes:
    """Frame events for one kind of client: all in one batch where it wants that, else one frame each."""
    frames: list[bytes] = []
    payloads: list[bytes] = []
    quoted: list[str] = []
    cursor = b""
    stream = stream_name(epoch, wants)
    for event in events:
        if event.entries is None:
            if told := payloads_of(event, wants, stream):
                payloads += told
                quoted += event.quoted
                cursor = encode_cursor(stream, event.position)
        elif event.is_for(wants):
            # What is large and the same for many stays out of batches, which would be compressed anew.
            frames += _payload_frames(payloads, wants, cursor)
            cursor = encode_cursor(stream, event.position)
            frames.append(event.frame_of_entries(event.entries, wants, cursor))
            payloads = []
    framed = b"".join([*frames, *_payload_frames(payloads, wants, cursor)])
    return Quoting(framed, quoted) if quoted else framed


def payloads_of(event: Event, wants: Wants, stream: str) -> list[bytes]:
    """Encode an event for one kind of client, after who did it where they may be unknown to it."""
    if event.counted and wants.crowd:
        return []
    is_wanted, payloads = event.is_for(wants), []
    if (member := event.stranger(wants)) is not None:
        is_wanted = is_wanted and event.type != "presence"  # which says no more than that
        cursor = encode_cursor(stream, event.position - is_wanted)
        payloads.append(event.introduction(member, wants, cursor))
    if is_wanted:
        payloads.append(event.payload(wants, encode_cursor(stream, event.position)))
    return payloads


def _payload_frames(payloads: list[bytes], wants: Wants, cursor: bytes) -> list[bytes]:
    if wants.batch and len(payloads) > 1:
        batch = b'{"type":"batch","events":[' + b",".join(payloads) + b'],"cursor":' + cursor + b"}"
        return [text_frame(batch, deflate=wants.deflate)]
    return [text_frame(payload, deflate=wants.deflate) for payload in payloads]


def stream_name(epoch: str, wants: Wants) -> str:
    """Name what such clients get of a room in one of its lives.

    A letter for each type of event they asked for: who comes back and asks for others has gaps in what
    it knows. So has who knows some of the members, and comes back where others are known.
    """
    name = f"{epoch}.{''.join(sorted(event[0] for event in wants.events))}"
    return f"{name}{wants.crowd}{_HERE}" if wants.crowd else name


def encode_cursor(stream: str, position: int) -> bytes:
    """Encode a position in a stream, as JSON."""
    return b'"%b.%d"' % (stream.encode(), position)


def decode_cursor(stream: str, cursor: str) -> int | None:
    """Read the position that a cursor names. None if it is of another stream, or none at all."""
    name, _, position = cursor.rpartition(".")
    if name != stream or not position.isascii() or not position.isdecimal() or len(position) > _MAX_DIGITS:
        return None
    return int(position)


def member_json(member: Member, *, full: bool) -> bytes:
    """Encode one entry of a snapshot's `users`: `"<uid>":{...}`."""
    user = member_basics(member)
    if full:
        user |= member_extras(member)
    return encode(member.uid) + b":" + encode(user)


def member_basics(member: Member) -> dict[str, Any]:
    """Name what every client knows of a member."""
    return {
        "uid": member.uid,
        "username": member.username,
        "status": member.status,
        "roleColor": member.role_color,
    }


def member_extras(member: Member) -> dict[str, Any]:
    """Name what clients that asked for events know of a member beside the basics."""
    extras: dict[str, Any] = {
        "bot": member.bot,
        "avatar": member.avatar,
        "voice": voice_data(member.voice) if member.voice else None,
        "activity": member.activity,
    }
    if member.joined is not None:
        extras["joined"] = member.joined
    if member.role_color2 is not None:
        extras["roleColor2"] = member.role_color2
    if member.line is not None:
        extras["line"] = member.line
    return extras


def voice_data(voice: Voice | None) -> dict[str, Any]:
    """Name where somebody talks, or that they don't."""
    data = {
        "channel": voice.channel if voice else None,
        "channelName": voice.channel_name if voice else None,
        "muted": bool(voice and voice.muted),
        "deafened": bool(voice and voice.deafened),
        "streaming": bool(voice and voice.streaming),
    }
    return data | {"speaker": True} if voice and voice.speaker else data


def message_extras(message: Message) -> dict[str, Any]:
    """Name what clients that asked for events know of a message beside the words."""
    extras = {
        "id": message.id, "channelName": message.channel_name, "parent": message.parent,
        "replyTo": message.reply_to,
    }  # fmt: skip
    known: dict[str, Any] = {key: value for key, value in extras.items() if value is not None}
    return known | {"emoji": dict(message.emoji)} if message.emoji else known


def channel_data(channel: Channel) -> dict[str, Any]:
    """Describe a channel as an entry of `channels`."""
    data: dict[str, Any] = {
        "name": channel.name,
        "kind": channel.kind,
        "category": channel.category,
        "position": channel.position,
    }
    extras = {"status": channel.status, "plot": channel.plot}
    return data | {key: value for key, value in extras.items() if value is not None}


def happening_data(happening: Happening) -> dict[str, Any]:
    """Describe something that goes on, as a `happening` and as an entry of `happenings`."""
    told = {
        "id": happening.id, "kind": happening.kind, "uid": happening.uid, "channel": happening.channel,
        "parent": happening.parent, "text": happening.text, "location": happening.location,
        "until": happening.until,
    }  # fmt: skip
    return {key: value for key, value in told.items() if value is not None}


def listing_data(info: GuildInfo) -> dict[str, Any]:
    """Describe a guild as an entry of `server-list`. A password is not part of it."""
    entry: dict[str, Any] = {"id": info.slug, "name": info.name, "passworded": info.protected}
    return entry | {"default": True} if info.default else entry


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room at one moment, as a joining viewer gets it. `cursor` is encoded already.

    Without `users` the viewer has them: it resumes. `recent` is what was said lately, for who asked and may
    hear it.
    """

    info: GuildInfo
    users: Entries | None
    cursor: bytes
    channels: Mapping[str, Any]
    counts: Mapping[str, int]
    client_id: str | None = None
    neighbourhoods: Sequence[Mapping[str, Any]] | None = None
    happenings: Sequence[Mapping[str, Any]] | None = None
    recent: Sequence[Mapping[str, Any]] | None = None


def server_join_frame(snapshot: Snapshot, request: Connect) -> bytes | LongMessage:
    """Frame a viewer's entry into a room."""
    if snapshot.users is None:
        return rejoin_frame(snapshot, request)
    before = _join(snapshot, request) + b","
    return _frame_with_users(before, snapshot.users, b"}}", deflate=request.wants.deflate)


def rejoin_frame(snapshot: Snapshot, request: Connect) -> bytes:
    """Frame the entry of a viewer who has the users."""
    return text_frame(_join(snapshot, request) + b"}}", deflate=request.wants.deflate)


def _join(snapshot: Snapshot, request: Connect) -> bytes:
    """Encode an entry up to its users."""
    wants = request.wants
    echo = {"server": snapshot.info.slug}
    if request.credentials.password is not None:
        echo["password"] = request.credentials.password  # the v1 client builds its reconnect link from it
    data: dict[str, Any] = {"request": echo, "serverName": snapshot.info.name}
    if snapshot.client_id is not None:
        data["clientId"] = snapshot.client_id
    if wants.events:
        data |= {"serverId": snapshot.info.id, "channels": snapshot.channels, "counts": snapshot.counts}
    if "gesture" in wants.events:
        data["gestures"] = snapshot.info.gestures
    if snapshot.neighbourhoods is not None:
        data["neighbourhoods"] = snapshot.neighbourhoods
    if snapshot.happenings is not None:
        data["happenings"] = snapshot.happenings
    if snapshot.recent is not None:
        data["recent"] = snapshot.recent
    if snapshot.users is None:
        data["resumed"] = True
    body = b'{"type":"server-join","data":' + encode(data)[:-1]
    return body if wants.asked_for_nothing else body + b',"cursor":' + snapshot.cursor


def server_list_frame(listing: Entries, *, deflate: bool = False) -> bytes:
    """Frame the greeting."""
    return _frame_with_entries(b'{"type":"server-list","data":{', listing, b"}}", deflate=deflate)


def user_data_frame(guild_id: str, users: Entries, *, deflate: bool = False) -> bytes | LongMessage:
    """Frame the answer to `get_user_data`."""
    before = b'{"type":"user_data","serverId":' + encode(guild_id) + b","
    return _frame_with_users(before, users, b"}", deflate=deflate)


def found_frame(text: str, members: Iterable[Member], *, full: bool, deflate: bool = False) -> bytes:
    """Frame the answer to `find`."""
    users = b",".join(member_json(member, full=full) for member in members)
    body = b'{"type":"found","data":{"text":' + encode(text) + b',"users":{' + users + b"}}}"
    return text_frame(body, deflate=deflate)


def _frame_with_users(before: bytes, users: Entries, after: bytes, *, deflate: bool) -> bytes | LongMessage:
    parts = _parts_with_entries(before + b'"users":{', users, b"}" + after, deflate=deflate)
    return text_message(parts, deflated=deflate)


def _frame_with_entries(before: bytes, entries: Entries, after: bytes, *, deflate: bool) -> bytes:
    parts = _parts_with_entries(before, entries, after, deflate=deflate)
    return deflated_frame(parts) if deflate else text_frame(b"".join(parts))


def _parts_with_entries(before: bytes, entries: Entries, after: bytes, *, deflate: bool) -> list[bytes]:
    comma = _COMMA if deflate else b","
    parts = [segment(before) if deflate else before]
    for page in entries.deflated() if deflate else entries.plain():
        parts += page, comma
    if len(parts) > 1:
        parts.pop()
    return [*parts, segment(after) if deflate else after]
