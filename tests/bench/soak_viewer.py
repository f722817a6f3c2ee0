"""A viewer of the soak: it understands every frame, and knows what it must never hear.

Its view of the room is built from its own frames alone. Viewers get the same bytes, so what a payload
means is worked out once, and remembered; what a viewer does with it is its own.
"""

import errno
import json
import socket
import struct
import zlib
from collections.abc import Callable  # noqa: TC003 - nothing here is imported for types alone
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from tests.bench.soak_server import SCRIBE, guild_of
from tests.bench.wire import PING, PONG, TEXT, client_frame, upgrade_request

Json = dict[str, Any]

CLOSE: Final = 0x8
BASICS: Final = frozenset({"uid", "username", "status", "roleColor"})
EXTRAS: Final = frozenset({"bot", "avatar", "voice", "activity"})
ALL_EVENTS: Final = ("typing", "voice", "reaction", "edit", "activity", "servers")
UNKNOWN: Final = {"type": "error", "data": {"message": "Unknown event type", "code": "unknown-type"}}
IS_THERE_MORE: Final = client_frame(b'{"type":"is there more?"}')  # its answer comes after everything else
_BUFFER: Final = bytearray(1 << 18)
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER
_REMEMBERED: Final = 4_000  # payloads
_SHORT: Final = 1 << 14  # bytes; a longer payload is hardly the same for two


class Fault(Exception):
    """Something that a viewer must never hear."""


class CutOff(Fault):
    """The connection ended though nobody had said goodbye, or there was none."""


class NotNow(Fault):
    """The server says no to what is right."""


@dataclass(frozen=True)
class Kind:
    """What a viewer's browser can, and what it asks for."""

    name: str
    batch: bool = False
    events: tuple[str, ...] = ()
    cursor: bool = False
    offer: str | None = "client_max_window_bits"  # parameters of permessage-deflate
    eager: bool = False  # speaks before it is greeted

    @property
    def is_old(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.batch or self.events or self.cursor)

    @property
    def inflates(self) -> bool:
        """Whether it can read what is compressed for everybody."""
        return self.offer is not None and "server_max_window_bits" not in self.offer

    @property
    def tracked(self) -> frozenset[str]:
        """Which fields of a member it hears of."""
        extras = {"bot", "avatar"} | EXTRAS.intersection(self.events) if self.events else set()
        return BASICS | extras

    def hears(self, event: str) -> bool:
        """Tell whether such events are for it."""
        if event in {"presence", "message", "update-clientid", "refresh_data"}:
            return True
        return event in self.events or (event == "channels" and bool(self.events))

    def request(self, slug: str, cursor: str | None) -> bytes:
        """Ask for a room."""
        data: Json = {"server": slug}
        if self.batch:
            data["batch"] = True
        if self.events:
            data["events"] = self.events
        if self.cursor or cursor is not None:
            data["cursor"] = cursor or ""
        return client_frame(json.dumps({"type": "connect", "data": data}).encode())


KINDS: Final = (
    Kind("old"),
    Kind("old, no deflate", offer=None, eager=True),
    Kind("old, small window", offer="server_max_window_bits=10; client_max_window_bits"),
    Kind("batch", batch=True),
    Kind("batch, no deflate", batch=True, offer=None),
    Kind("cursor", cursor=True, eager=True),
    Kind("some events", events=("typing", "servers")),
    Kind("events", events=ALL_EVENTS, offer=None),
    Kind("events, batch", events=ALL_EVENTS, batch=True),
    Kind("voice, batch, cursor", events=("activity", "voice"), batch=True, cursor=True, eager=True),
)


@dataclass
class View:
    """What a viewer sees, and the cursor that it would come back with."""

    slug: str = ""
    guild: str = ""
    users: dict[str, Json] = field(default_factory=dict)
    number: int = 0  # of the last message
    missed: set[int] = field(default_factory=set)  # messages before it that were never heard of
    spoken: dict[str, int] = field(default_factory=dict)  # the last message's number by channel
    cursor: str | None = None
    channels: Json = field(default_factory=dict)
    client: str | None = None

    def copy(self) -> "View":
        """Remember it: members are replaced, never changed."""
        return View(
            self.slug, self.guild, dict(self.users), self.number, set(self.missed), dict(self.spoken),
            self.cursor, self.channels, self.client,
        )  # fmt: skip


@dataclass
class Tally:
    """What all viewers heard."""

    bytes: int = 0
    frames: int = 0
    events: int = 0
    messages: int = 0
    snapshots: int = 0
    resumed: int = 0
    renewed: int = 0  # snapshots that nobody asked for
    answers: int = 0  # to `get_user_data`


class Phrasebook:
    """What payloads mean. Two generations: what was not heard for a while is forgotten."""

    def __init__(self) -> None:
        self._young: dict[tuple[bool, bytes], Json] = {}
        self._old: dict[tuple[bool, bytes], Json] = {}

    def read(self, payload: bytes, *, compressed: bool) -> Json:
        """Work out what a payload means, or remember."""
        key = compressed, payload
        known = self._young.get(key) or self._old.get(key)
        if known is None:
            inflater = zlib.decompressobj(wbits=-15)
            text = inflater.decompress(payload + b"\x00\x00\xff\xff") if compressed else payload
            known = json.loads(text)
            if not isinstance(known, dict):
                raise Fault(f"no object: {text[:100]!r}")
            if len(payload) > _SHORT:
                return known
        if len(self._young) >= _REMEMBERED:
            self._old, self._young = self._young, {}
        self._young[key] = known
        return known


class Stage(Enum):
    """How far a connection is."""

    CALLING = auto()
    UPGRADING = auto()
    OPEN = auto()
    CLOSING = auto()  # said goodbye, waits for the answer
    ENDED = auto()


class Viewer:
    """One person's connection.

    `view` is None until there is a snapshot. `presented` is what it would be back in, if the room has all
    that was missed. `has_everything` tells that nothing was said that is not here.
    """

    def __init__(
        self, kind: Kind, slug: str, back: View | None, book: Phrasebook, tally: Tally, *, narrow: bool
    ) -> None:
        self.kind = kind
        self.stage = Stage.CALLING
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if narrow:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.fd = self.sock.fileno()
        self.port = 0
        self.view: View | None = None
        self.presented = back
        self.wanted: str | None = slug  # the room that was asked for, until there is an answer
        self.narrow = narrow  # whether the system buffers next to nothing for it
        self.foreign: str | None = None  # a cursor that must not be taken
        self.listing: Json | None = None
        self.renewals = 0
        self.has_everything = False
        self.close_code: int | None = None
        self._book = book
        self._tally = tally
        self._rest = b""
        self._parts: list[bytes] = []  # of a long message
        self._is_compressed = False  # that message
        self._tracked = kind.tracked
        self._whole = kind.tracked == BASICS or kind.tracked == BASICS | EXTRAS
        self._handlers: dict[str, Callable[[Json], None]] = {
            "presence": self._presence,
            "message": self._message,
            "voice": self._voice,
            "activity": self._activity,
            "channels": self._channels,
            "servers": self._servers,
            "update-clientid": self._application,
        }

    # What it does

    def call(self, port: int) -> None:
        """Connect."""
        code = self.sock.connect_ex(("127.0.0.1", port))
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, errno.errorcode.get(code, "cannot connect"))

    def upgrade(self, server_port: int) -> None:
        """Ask for a WebSocket; who is eager asks for the room in the same breath."""
        if code := self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise CutOff(f"could not connect: {errno.errorcode.get(code, code)}")
        self.port = self.sock.getsockname()[1]
        request = upgrade_request(server_port, deflate=self.kind.offer is not None)
        if self.kind.offer is not None:
            request = request.replace(b"client_max_window_bits", self.kind.offer.encode())
        self.stage = Stage.UPGRADING
        self.sock.send(request + (self._entry() if self.kind.eager else b""))

    def say(self, frame: bytes) -> None:
        """Say something; what the system has no room for would be a fault of this program's."""
        self.has_everything = False
        if self.sock.send(frame) != len(frame):
            raise RuntimeError("a viewer could not say what it had to")

    def change_room(self, slug: str, back: View | None = None) -> None:
        """Ask for another room."""
        self.wanted, self.presented = slug, back
        self.say(self._entry())

    def say_goodbye(self) -> None:
        """Begin the closing handshake."""
        self.stage = Stage.CLOSING
        self.sock.send(client_frame(struct.pack("!H", 1000), CLOSE))

    def hang_up(self, *, reset: bool) -> None:
        """End the connection without a word."""
        self.stage = Stage.ENDED
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.sock.close()

    def _entry(self) -> bytes:
        assert self.wanted is not None
        cursor = self.presented.cursor if self.presented else self.foreign
        return self.kind.request(self.wanted, cursor)

    # What it hears

    def hear(self) -> None:
        """Read what there is.

        Raises:
            Fault: for what must never be heard.
        """
        try:
            size = self.sock.recv_into(_BUFFER)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            if self.stage is not Stage.CLOSING:
                raise CutOff(
                    f"the connection ended unexpectedly, code {self.close_code}, rest {self._rest[:200]!r}"
                )
            if self.close_code != 1000:
                raise Fault(f"goodbye was answered with {self.close_code}")
            self.hang_up(reset=False)
            return
        self._tally.bytes += size
        data = self._rest + _BUFFER[:size] if self._rest else bytes(_BUFFER[:size])
        if self.stage is Stage.UPGRADING:
            head, blank, rest = data.partition(b"\r\n\r\n")
            if not blank:
                self._rest = data
                return
            self._be_upgraded(head)
            data = rest
        self._read(data)

    def _be_upgraded(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Fault(f"no WebSocket: {head[:100]!r}")
        agreed = b"permessage-deflate" in head
        if agreed != (self.kind.offer is not None):
            raise Fault("compression was agreed on that was not offered, or not though it was")
        if agreed and b"server_no_context_takeover" not in head:
            raise Fault("the server keeps a compressor")
        self.stage = Stage.OPEN

    def _read(self, data: bytes) -> None:
        """Walk over the frames. This is the load generator's hot loop."""
        position, end = 0, len(data)
        while end - position >= 2:
            first, size, start = data[position], data[position + 1], position + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[position + 2 : start])
            elif size == 127:
                start += 8
                size = int.from_bytes(data[position + 2 : start])
            if end < start + size:
                break
            position = start + size
            if self.close_code is not None:
                raise Fault("something followed the close frame")
            if first in {0x81, 0xC1}:
                self._take_whole(data[start:position], compressed=first == 0xC1)
            elif first & 0xF <= TEXT:
                self._take_fragment(first, data[start:position])
            else:
                self._control(first, data[start:position])
        self._rest = data[position:]

    def _take_fragment(self, first: int, payload: bytes) -> None:
        """Take a part of a long message."""
        begins, ends = bool(first & 0xF), bool(first & 0x80)
        if begins == bool(self._parts):
            raise Fault(f"a fragment of kind {first:#x} after {len(self._parts)}")
        if begins:
            self._is_compressed = first == 0x41
        self._parts.append(payload)
        if ends:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._take_whole(whole, compressed=self._is_compressed)

    def _take_whole(self, payload: bytes, *, compressed: bool) -> None:
        if compressed and not self.kind.inflates:
            raise Fault("compressed for a viewer that cannot read it")
        if self._parts:
            raise Fault("a message between the fragments of another")
        self._tally.frames += 1
        self._take(self._book.read(payload, compressed=compressed))

    def _control(self, first: int, payload: bytes) -> None:
        if first == 0x80 | PING:
            if self.stage is Stage.OPEN:
                self.sock.send(client_frame(payload, PONG))
        elif first == 0x80 | CLOSE:
            self.close_code = int.from_bytes(payload[:2])
        else:
            raise Fault(f"a frame of kind {first:#x}")

    def _take(self, frame: Json) -> None:
        match frame["type"]:
            case "server-list":
                self._be_greeted(frame["data"])
            case "server-join":
                self._be_seated(frame["data"])
            case "error" if frame == UNKNOWN:
                self.has_everything = True
            case "error":
                raise NotNow(f"an error: {frame}")
            case "user_data":
                self._tally.answers += 1
                if SCRIBE not in frame["users"]:
                    raise Fault("user_data without the scribe")
            case "batch":
                self._follow_all(frame)
            case _:
                self._follow(frame)

    def _be_greeted(self, listing: Json) -> None:
        if self.listing is not None:
            raise Fault("greeted twice")
        self.listing = listing
        if self.wanted is not None and not self.kind.eager:
            self.say(self._entry())

    def _follow_all(self, batch: Json) -> None:
        if not self.kind.batch or len(batch["events"]) < 2:
            raise Fault("a batch that is none, or not wanted")
        for event in batch["events"]:
            self._follow(event)
        if batch["cursor"] != batch["events"][-1]["cursor"]:
            raise Fault("a batch's cursor is not its last event's")

    def _be_seated(self, data: Json) -> None:
        slug = data["request"]["server"]
        asked = slug == self.wanted
        if data.get("resumed"):
            self._tally.resumed += 1
            if not asked or self.presented is None or self.presented.slug != slug or "users" in data:
                raise Fault("resumed what was not to be resumed")
            if data["cursor"] != self.presented.cursor:
                raise Fault("resumed somewhere else")
            self.view = self.presented
        else:
            self._tally.snapshots += 1
            users = data["users"]
            if not self._whole:
                users = {uid: self._keep(user) for uid, user in users.items()}
            number = int(users[SCRIBE]["roleColor"][1:], 16)
            if not asked:
                self._tally.renewed += 1
                self.renewals += 1
                if self.view is None or self.view.slug != slug:
                    raise Fault(f"a snapshot of {slug}, which was not asked for")
            # A copy: another viewer may have heard the very same frame, and what that means is remembered.
            self.view = View(slug, guild_of(slug), dict(users), number)
        if asked:
            self.wanted = self.presented = self.foreign = None
        if ("cursor" in data) == self.kind.is_old:
            raise Fault("a cursor for who asked for none, or none for who did")
        if bool(self.kind.events) != ("channels" in data) or bool(self.kind.events) != ("counts" in data):
            raise Fault("channels for who asked for none, or none for who did")
        self.view.cursor = data.get("cursor")
        self.view.channels = data.get("channels", {})
        self.view.client = data.get("clientId")

    def _follow(self, event: Json) -> None:
        view, type_ = self.view, event["type"]
        self._tally.events += 1
        if view is None or event["server"] != view.guild:
            raise Fault(f"an event of another room: {event}")
        if not self.kind.hears(type_):
            raise Fault(f"an event that was not asked for: {event}")
        if handler := self._handlers.get(type_):
            handler(event["data"])
        if ("cursor" in event) == self.kind.is_old:
            raise Fault("a cursor for who asked for none, or none for who did")
        view.cursor = event.get("cursor")

    def _keep(self, user: Json) -> Json:
        return {key: value for key, value in user.items() if key in self._tracked}

    def _known(self, uid: str, event: str) -> Json:
        assert self.view is not None
        if (known := self.view.users.get(uid)) is None:
            raise Fault(f"{event} of somebody who is not here: {uid}")
        return known

    def _presence(self, data: Json) -> None:
        assert self.view is not None
        uid, users = data["uid"], self.view.users
        if data.get("delete"):
            self._known(uid, "removal")
            del users[uid]
            return
        known = users.get(uid)
        if known is None:
            if "username" not in data or "roleColor" not in data:
                raise Fault(f"somebody new without a name or colour: {data}")
            known = dict.fromkeys(self._tracked)
        users[uid] = {**known, **(data if self._whole else self._keep(data))}

    def _message(self, data: Json) -> None:
        view = self.view
        assert view is not None
        self._tally.messages += 1
        number = int(data["message"].partition(" ")[0])
        self._known(data["uid"], f"message {number}")
        if self.kind.is_old:
            channel = data["channel"]
            if number <= view.spoken.get(channel, view.number):
                raise Fault(f"message {number} after {view.spoken.get(channel, view.number)} in a channel")
            view.spoken[channel] = number
        elif number <= view.number:
            raise Fault(f"message {number} after {view.number}")
        else:
            view.missed.update(range(view.number + 1, number))  # which must have been taken back
            view.number = number

    def _voice(self, data: Json) -> None:
        assert self.view is not None
        uid = data["uid"]
        known = self._known(uid, "voice")
        voice = {key: value for key, value in data.items() if key != "uid"} if data["channel"] else None
        self.view.users[uid] = {**known, "voice": voice}

    def _activity(self, data: Json) -> None:
        assert self.view is not None
        uid = data["uid"]
        self.view.users[uid] = {**self._known(uid, "activity"), "activity": data["text"]}

    def _channels(self, data: Json) -> None:
        assert self.view is not None
        self.view.channels = data

    def _servers(self, data: Json) -> None:
        self.listing = data

    def _application(self, data: Json) -> None:
        assert self.view is not None
        self.view.client = data["clientId"]
