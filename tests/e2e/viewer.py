"""A viewer: a real WebSocket client that keeps the same model of the room as a browser does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.waiting import PATIENCE, Bell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.guild import Guild
    from tests.e2e.model import Payload

ALL_EVENTS = ["typing", "voice", "reaction", "edit", "activity", "servers", "happening"]

Person = tuple[str, str, str]
"""A name, a status and a colour: what every client shows of somebody."""


def truth(guild: Guild, *, offline: bool = True) -> dict[str, Person]:
    """Return what a viewer of a guild should see: everybody, or everybody who isn't offline."""
    return {
        member.uid: (member.name, member.user.status if member.is_online() else "offline", member.color)
        for member in guild.members.values()
        if offline or member.is_online()
    }


class Viewer:
    """One connection. Frames that no client could make sense of fail the test that waits next."""

    def __init__(self, connection: ClientConnection) -> None:
        self.servers: dict[str, Payload] = {}
        """The guilds of the `server-list`, kept up to date by `servers` events."""
        self.joined: list[Payload] = []
        """The data of every `server-join`."""
        self.users: dict[str, Payload] = {}
        self.events: list[Payload] = []
        """All that happened in the rooms this viewer was in, batches opened, in order."""
        self.errors: list[str] = []
        self.cursor = ""
        """Where in the room's stream this viewer is; empty for one who asked for nothing."""
        self.frames: list[str] = []
        """Every frame as it came."""
        self._connection = connection
        self._asked: set[str] = set()
        self._fault: BaseException | None = None
        self._bell = Bell()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str, **options: Any) -> Self:
        """Connect, and wait for the greeting; `options` are those of the library's client."""
        # What a browser does: it offers compression, and takes frames of any size.
        viewer = cls(await connect(url, proxy=None, max_size=None, **options))
        await viewer.until(lambda: bool(viewer.frames))
        return viewer

    async def join(self, server: str | None, **fields: Any) -> Payload:
        """Enter a room and return the `server-join` data; `fields` are those a client may add."""
        assert await self.knock(server, **fields) is None, self.errors
        return self.joined[-1]

    async def knock(self, server: str | None, **fields: Any) -> str | None:
        """Ask to enter a room, and return why not; None if the door opened."""
        joins, errors = len(self.joined), len(self.errors)
        self._asked = {*fields.get("events", ()), *(["neighbourhoods"] if "crowd" in fields else ())}
        await self._connection.send(json.dumps({"type": "connect", "data": {"server": server, **fields}}))
        await self.until(lambda: len(self.joined) > joins or len(self.errors) > errors)
        return self.errors[-1] if len(self.errors) > errors else None

    async def ask_for_users(self, server: str) -> Payload:
        """Ask for a guild's members once more, and return them."""
        before = len(self.frames)
        await self._connection.send(json.dumps({"type": "get_user_data", "serverId": server}))
        answer = '{"type":"user_data"'
        await self.until(lambda: any(frame.startswith(answer) for frame in self.frames[before:]))
        frame = next(frame for frame in self.frames[before:] if frame.startswith(answer))
        users: Payload = json.loads(frame)["users"]
        return users

    async def until(self, sight: Callable[[], bool], within: float = PATIENCE) -> None:
        """Wait until a look at this viewer satisfies; fail at once where nothing more can come."""
        await self._wait(sight, self._state, within)

    async def sees(self, people: dict[str, Person]) -> None:
        """Wait until exactly these people are in the room, as they are described."""
        # Compared only when the sizes match: rooms of thousands fill up one by one.
        await self._wait(
            lambda: len(self.users) == len(people) and self.people() == people,
            lambda: f"{_difference(self.people(), people)}\n{self._state()}",
        )

    async def _wait(
        self, sight: Callable[[], bool], hoped: Callable[[], str], within: float = PATIENCE
    ) -> None:
        await self._bell.until(lambda: sight() or self._reading.done(), hoped, within=within)
        if self._fault is not None:
            raise self._fault
        assert sight(), f"the connection was closed: {hoped()}"

    async def hears_or_ends(self, text: str, within: float = 2 * PATIENCE) -> None:
        """Wait until somebody says something, or nothing more can come."""
        looked_at = 0

        def has_heard() -> bool:
            # Each event once: where much is said, all of it again and again would take all the time there is.
            nonlocal looked_at
            for event in self.events[looked_at:]:
                looked_at += 1
                if event["type"] == "message" and event["data"]["message"] == text:
                    return True
            return self._reading.done()

        await self._bell.until(has_heard, self._state, within=within)
        if self._fault is not None:
            raise self._fault

    async def closed(self, within: float = PATIENCE) -> int | None:
        """Wait until the other side closes, and return its close code."""
        await self._bell.until(self._reading.done, self._state, within=within)
        return self._connection.close_code

    async def close(self) -> None:
        """Leave."""
        self._connection.transport.resume_reading()
        await self._connection.close()
        await self._reading

    def freeze(self) -> None:
        """Read nothing more, as a page does that its browser has put to sleep."""
        self._connection.transport.pause_reading()

    def is_open(self) -> bool:
        """Tell whether this viewer has been connected all the time."""
        return not self._reading.done()

    def people(self) -> dict[str, Person]:
        """Return who is in the room, as every client would show them."""
        return {
            uid: (user["username"], user["status"], user["roleColor"]) for uid, user in self.users.items()
        }

    def of(self, kind: str) -> list[Payload]:
        """Return the data of all events of a type."""
        return [event["data"] for event in self.events if event["type"] == kind]

    def words(self) -> list[str]:
        """Return the texts of all messages."""
        return [data["message"] for data in self.of("message")]

    async def happens(self, kind: str, times: int = 1) -> None:
        """Wait until there have been so many events of a type in all."""
        await self.until(lambda: len(self.of(kind)) >= times)

    async def hears(self, text: str) -> None:
        """Wait until somebody says something."""
        await self.until(lambda: text in self.words())

    def knows(self, text: str) -> bool:
        """Tell whether a text is in any frame that came."""
        return any(text in frame for frame in self.frames)

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._connection.recv()
                assert isinstance(frame, str), "a binary frame"
                self.frames.append(frame)
                self._take(json.loads(frame))
                self._bell.ring()
        except ConnectionClosed:
            pass
        except (AssertionError, LookupError, TypeError, ValueError) as fault:
            fault.add_note(f"in the frame {self.frames[-1][:2000]}")
            self._fault = fault
        finally:
            self._bell.ring()

    def _take(self, frame: Payload) -> None:
        kind = frame["type"]
        if kind == "server-list":
            assert not self.servers, "a second server-list"
            self.servers = frame["data"]
        elif kind == "error":
            self.errors.append(frame["data"]["message"])
        elif kind == "server-join":
            self.joined.append(frame["data"])
            if not frame["data"].get("resumed"):  # else a viewer keeps what they know
                self.users = frame["data"]["users"]
            self.cursor = frame["data"].get("cursor", "")
        elif kind == "batch":
            for event in frame["events"]:
                self._happen(event)
        elif kind != "user_data":
            self._happen(frame)
        self.cursor = frame.get("cursor", self.cursor)

    def _happen(self, event: Payload) -> None:
        kind, data = event["type"], event["data"]
        known = {"presence", "message"} | self._asked | ({"channels"} if self._asked else set())
        assert kind in known, f"nobody asked for {kind}"
        self.events.append(event)
        if kind == "servers":
            self.servers = data
        elif kind == "presence":
            self._presence(data)

    def _presence(self, data: Payload) -> None:
        uid = data["uid"]
        if uid not in self.users:
            # Clients make an actor of whatever they don't know: one for a deletion, a nameless one.
            assert not data.get("delete"), "a deletion of somebody who isn't there"
            assert {"username", "roleColor"} <= data.keys(), "an addition without name and colour"
        if data.get("delete"):
            del self.users[uid]
        else:
            self.users.setdefault(uid, {}).update(data)

    def _state(self) -> str:
        recent = "\n".join(frame[:300] for frame in self.frames[-5:])
        return (
            f"{len(self.joined)} joins, {len(self.users)} users, {len(self.events)} events, "
            f"errors {self.errors}, close code {self._connection.close_code}; the last frames:\n{recent}"
        )


def _difference(seen: dict[str, Person], hoped: dict[str, Person]) -> str:
    wrong = {uid: (seen.get(uid), hoped.get(uid)) for uid in seen.keys() | hoped.keys()}
    wrong = {uid: pair for uid, pair in wrong.items() if pair[0] != pair[1]}
    return f"{len(wrong)} of {len(hoped)} people are wrong, such as (seen, hoped): {list(wrong.items())[:5]}"
