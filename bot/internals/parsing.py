"""Every event that Discord sends is read as far as it can be, or skipped: none ends the bot or a shard."""

import json
from collections.abc import Callable
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.internals.loading import answers_for_all, brings_all, forget_loaded, mark_loaded
from bot.internals.mending import Mender
from bot.internals.presences import Waiting, read_presence, user_of
from bot.internals.shapes import ID, Payload, is_id, mend
from bot.internals.skips import Skips, Unreadable
from bridge.running.turns import Pauses

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for

Parser = Callable[[Any], object]

_receive: Final = DiscordWebSocket.received_message


def expect_anything(client: commands.AutoShardedBot) -> Skips:
    """Read odd events as far as possible, skip the others, and return the count of what was skipped.

    Call this after all else that changes the parsers: what goes wrong there ends here as well.
    """
    skips = Skips()
    reader = _Reader(client, skips)
    parsers = client._connection.parsers
    reader.add_to(parsers)
    reader.watch_requests()
    _expect_odd_commands(client, skips)
    for event, parse in parsers.items():
        parsers[event] = _guarded(event, parse, skips)
    vars(client._connection)["_skips"] = skips  # where a socket finds it
    DiscordWebSocket.received_message = _receive_anything  # type: ignore[method-assign]
    return skips


def _guarded(event: str, parse: Parser, skips: Skips) -> Callable[[Any], None]:
    def parse_or_skip(data: Any) -> None:
        try:
            if type(data) is not dict:
                raise Unreadable("an object")  # noqa: TRY301 - counted like all that is wrong with an event
            parse(data)
        except Exception as error:  # noqa: BLE001 - an edge: discord.py would end the shard
            skips.unreadable(event, error)

    return parse_or_skip


def _expect_odd_commands(client: commands.AutoShardedBot, skips: Skips) -> None:
    """Skip commands that can't be read: discord.py reads them in a task that nobody waits for."""
    call = client.tree._call

    async def call_or_skip(interaction: discord.Interaction[Any]) -> None:
        try:
            await call(interaction)
        except app_commands.AppCommandError:
            raise  # the tree's own, which answers whoever asked
        except Exception as error:  # noqa: BLE001 - an edge; what a command raises comes as an AppCommandError
            skips.unreadable("INTERACTION_CREATE", error)

    client.tree._call = call_or_skip  # type: ignore[method-assign]


class _Reader:
    """Makes events readable before the parsers get them, and keeps what these would drop."""

    def __init__(self, client: commands.AutoShardedBot, skips: Skips) -> None:
        self._state = client._connection
        self._skips = skips
        self._mender = Mender(self._state, skips)
        self._waiting = Waiting(self._state)

    def add_to(self, parsers: dict[str, Callable[[Any], None]]) -> None:
        """Put it before the parsers of the events that the bot listens to."""
        mender, parse = self._mender, dict(parsers)
        before: dict[str, Parser] = {
            "GUILD_UPDATE": lambda data: mender.guild("GUILD_UPDATE", data),
            "GUILD_ROLE_CREATE": self._role,
            "GUILD_ROLE_UPDATE": self._role,
            "GUILD_ROLE_DELETE": self._role_delete,
            "GUILD_BAN_ADD": lambda data: mender.user_who_left(data.get("user")),
            "CHANNEL_CREATE": self._channel,
            "CHANNEL_UPDATE": self._channel,
            "THREAD_CREATE": self._thread,
            "THREAD_UPDATE": self._thread,
            "THREAD_LIST_SYNC": self._threads,
            "MESSAGE_REACTION_ADD": mender.reaction,
            "MESSAGE_REACTION_REMOVE": mender.reaction,
            "MESSAGE_DELETE_BULK": self._bulk,
            "TYPING_START": mender.typing,
        }
        for event, read in before.items():
            parsers[event] = _then(read, parse[event])
        parsers["PRESENCE_UPDATE"] = self._presence(parse["PRESENCE_UPDATE"])
        parsers["READY"] = self._ready(parse["READY"])
        parsers["GUILD_CREATE"] = self._guild_create(parse["GUILD_CREATE"])
        parsers["GUILD_DELETE"] = self._guild_delete(parse["GUILD_DELETE"])
        parsers["GUILD_MEMBERS_CHUNK"] = self._chunk(parse["GUILD_MEMBERS_CHUNK"])
        add, change = parse["GUILD_MEMBER_ADD"], parse["GUILD_MEMBER_UPDATE"]
        parsers["GUILD_MEMBER_ADD"] = self._member_add(add, change)
        parsers["GUILD_MEMBER_UPDATE"] = self._member_update(change)
        parsers["GUILD_MEMBER_REMOVE"] = self._member_remove(parse["GUILD_MEMBER_REMOVE"])
        parsers["VOICE_STATE_UPDATE"] = self._voice(parse["VOICE_STATE_UPDATE"])
        begin, change = parse["GUILD_SCHEDULED_EVENT_CREATE"], parse["GUILD_SCHEDULED_EVENT_UPDATE"]
        parsers["GUILD_SCHEDULED_EVENT_CREATE"] = _then(self._event, begin)
        parsers["GUILD_SCHEDULED_EVENT_UPDATE"] = self._event_update(begin, change)
        parsers["GUILD_SCHEDULED_EVENT_DELETE"] = _then(self._event, parse["GUILD_SCHEDULED_EVENT_DELETE"])
        for event, read_message in (("MESSAGE_CREATE", mender.message), ("MESSAGE_UPDATE", mender.edit)):
            parsers[event] = self._message(event, read_message, parse[event])

    def watch_requests(self) -> None:
        """Note when a guild's members are asked for."""
        ask = self._state.chunker

        async def chunker(guild_id: int, *args: Any, **kwargs: Any) -> None:
            self._waiting.request(guild_id)
            await ask(guild_id, *args, **kwargs)

        self._state.chunker = chunker  # type: ignore[method-assign]

    def _presence(self, parse: Parser) -> Callable[[Payload], None]:
        keep, partial_user = self._waiting.keep, self._mender.partial_user

        def read(data: Payload) -> None:
            user = user_of(data)
            if len(user) > 1:
                data["user"] = partial_user(user)
            read_presence(data)
            keep(data)
            parse(data)

        return read

    def _ready(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            self._mender.ready(data)
            for guild in data["guilds"]:
                self._forget(int(guild["id"]))
            parse(data)

        return read

    def _guild_create(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            if data.get("unavailable") is not True:
                self._mender.whole_guild(data)
            parse(data)
            if data.get("unavailable") is not True:
                self._forget(int(data["id"]))
                guild = self._state._get_guild(int(data["id"]))
                if guild is not None and brings_all(self._state, data):
                    mark_loaded(guild)

        return read

    def _guild_delete(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            self._forget(int(data["id"]))
            parse(data)

        return read

    def _forget(self, guild_id: int) -> None:
        self._waiting.forget(guild_id)
        forget_loaded(self._state, guild_id)

    def _chunk(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            self._mender.chunk(data)
            complete = answers_for_all(self._state, data)
            guild_id = int(data["guild_id"])
            known = self._known_of(data["members"], guild_id)
            parse(data)
            told = {int(presence["user"]["id"]) for presence in data["presences"]}
            for member in data["members"] if self._waiting.has_any_of(guild_id) else ():
                user_id = int(member["user"]["id"])
                if user_id in told and self._waiting.is_old(guild_id, user_id):
                    self._waiting.forget(guild_id, user_id)
                else:
                    self._waiting.settle(guild_id, user_id)
            guild = self._state._get_guild(guild_id)
            if known and guild is not None:
                self._waiting.correct(guild, data["presences"], known)
            if complete and guild is not None:
                mark_loaded(guild)
                self._waiting.forget(guild_id)

        return read

    def _known_of(self, members: list[Payload], guild_id: int) -> set[int]:
        """Name those of some members whom the cache knows."""
        guild = self._state._get_guild(guild_id)
        cached = guild._members if guild is not None else {}
        return {user_id for member in members if (user_id := int(member["user"]["id"])) in cached}

    def _member_add(self, parse: Parser, change: Parser) -> Callable[[Payload], None]:
        """Take for an update what tells anew of somebody who is there: discord.py drops it."""

        def read(data: Payload) -> None:
            guild = self._mender.guild_of(data)
            user_id = int(self._mender.member(data, guild)["user"]["id"])
            known = guild.get_member(user_id) if guild else None
            if known is None:
                parse(data)
                self._waiting.settle(int(data["guild_id"]), user_id)
            else:
                known.joined_at = discord.utils.parse_time(data.get("joined_at"))
                change(data)

        return read

    def _member_update(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            member = self._mender.member(data, self._mender.guild_of(data))
            parse(data)
            self._waiting.settle(int(data["guild_id"]), int(member["user"]["id"]))

        return read

    def _member_remove(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            self._mender.guild_of(data)
            user = self._mender.user_who_left(data.get("user"))
            self._waiting.forget(int(data["guild_id"]), int(user["id"]))
            parse(data)

        return read

    def _voice(self, parse: Parser) -> Callable[[Payload], None]:
        def read(data: Payload) -> None:
            self._mender.voice_update(data)
            parse(data)
            self._waiting.settle(int(data["guild_id"]), int(data["user_id"]))

        return read

    def _message(self, event: str, read: Parser, parse: Parser) -> Callable[[Payload], None]:
        """Read of a message at least who says what, where discord.py fails at what hangs on it."""

        def read_message(data: Payload) -> None:
            read(data)
            bare = self._mender.bare(data)
            try:
                parse(data)
            except Exception as error:  # noqa: BLE001 - an edge, like the one around it
                self._skips.unreadable(f"{event}'s parts", error)
                parse(bare)

        return read_message

    def _role(self, data: Payload) -> None:
        self._mender.role(data.get("role") or {}, self._mender.guild_of(data))

    def _role_delete(self, data: Payload) -> None:
        mend(data, {"guild_id": ID, "role_id": ID})
        if int(data["guild_id"]) == int(data["role_id"]):
            raise Unreadable("role_id")  # everybody's role can't go: discord.py fails without it

    def _channel(self, data: Payload) -> None:
        guild = self._mender.guild_of(data)
        self._mender.channel(data, int(data["guild_id"]), guild)

    def _thread(self, data: Payload) -> None:
        self._mender.thread(data, self._mender.guild_of(data))

    def _event(self, data: Payload) -> None:
        guild = self._mender.guild_of(data)
        self._mender.event(data, int(data["guild_id"]), guild)

    def _event_update(self, begin: Parser, change: Parser) -> Callable[[Payload], None]:
        """Take for a new one what changes of an event that was never told: discord.py drops it."""

        def read(data: Payload) -> None:
            guild = self._mender.guild_of(data)
            event = self._mender.event(data, int(data["guild_id"]), guild)
            is_known = guild is not None and guild.get_scheduled_event(int(event["id"])) is not None
            (change if is_known else begin)(data)

        return read

    def _threads(self, data: Payload) -> None:
        guild = self._mender.guild_of(data)
        self._mender.each(
            "THREAD_LIST_SYNC", data, "threads", lambda thread: self._mender.thread(thread, guild)
        )
        data.pop("members", None)

    def _bulk(self, data: Payload) -> None:
        ids = data.get("ids")
        data["ids"] = list(filter(is_id, ids)) if type(ids) is list else []


def _then(read: Parser, parse: Parser) -> Callable[[Any], None]:
    def read_and_parse(data: Any) -> None:
        read(data)
        parse(data)

    return read_and_parse


async def _receive_anything(socket: DiscordWebSocket, frame: Any, /) -> None:
    """Receive a frame; one that is nothing that discord.py could make sense of is skipped.

    Of many that are there at once, as after a start, some wait for the next turn of the loop.
    """
    pauses = _pauses_of(socket)
    pauses.begin()
    if type(frame) is bytes:
        frame = socket._decompressor.decompress(frame)
        if frame is None:
            return  # there is more to come
    if '"READY"' in frame or '"RESUMED"' in frame:
        frame = _session_begun(socket, frame)
    try:
        await _receive(socket, frame)
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # discord.py's own way with frames
        _skips_of(socket).unreadable("frame", error)
    await pauses.take()


def _session_begun(socket: DiscordWebSocket, frame: str) -> str:
    """Say what discord.py needs at the beginning of a session, where Discord left it out."""
    try:
        told = mend(json.loads(frame), {})
    except (ValueError, Unreadable):
        return frame
    if told.get("t") == "RESUMED" and type(told.get("d")) is not dict:
        return json.dumps(told | {"d": {}})
    if told.get("t") != "READY" or type(data := told.get("d")) is not dict:
        return frame
    shard, count = socket.shard_id or 0, socket.shard_count or 1
    if type(data.get("session_id")) is not str:
        data["session_id"] = ""  # nothing to resume by: the next connection begins anew
    if type(data.get("resume_gateway_url")) is not str:
        data["resume_gateway_url"] = str(socket.gateway)
    data["shard"] = [shard, count]
    return json.dumps(told)


def _skips_of(socket: DiscordWebSocket) -> Skips:
    found: Skips = vars(socket._connection).setdefault("_skips", Skips())
    return found


def _pauses_of(socket: DiscordWebSocket) -> Pauses:
    found: Pauses = vars(socket._connection).setdefault("_pauses", Pauses())  # one for all shards
    return found
