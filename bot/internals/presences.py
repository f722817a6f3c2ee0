"""Presences: made readable, and kept for members whom the cache doesn't know yet."""

from collections.abc import Iterable, Set
from typing import Any, Final

import discord
from discord.presences import RawPresenceUpdateEvent
from discord.state import ConnectionState

from bot.internals.shapes import Payload, is_id
from bot.internals.skips import Unreadable

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for

MAX_WAITING: Final = 5_000  # people of one guild whose presence is kept

_STATUSES: Final = frozenset({"online", "idle", "dnd", "offline"})
_STREAMING: Final = discord.ActivityType.streaming.value
_CUSTOM: Final = discord.ActivityType.custom.value
_NO_DEVICES: Final[Payload] = {}


def read_presence(data: Payload) -> None:
    """Leave of a presence what is shown: discord.py fails at much of the rest, or keeps it for nothing."""
    status = data.get("status")
    if type(status) is not str or status not in _STATUSES:
        data["status"] = "offline"
    data["client_status"] = _NO_DEVICES
    told = data.get("activities")
    data["activities"] = [_doing(each) for each in told if type(each) is dict] if type(told) is list else []


def _doing(told: Payload) -> Payload:
    kind, name = told.get("type"), told.get("name")
    doing: Payload = {
        "type": kind if type(kind) is int else -1,
        "name": name if type(name) is str else None,
    }
    if kind == _CUSTOM:
        _keep_words(doing, told, "state")
    elif kind == _STREAMING:
        _keep_words(doing, told, "details")
        _keep_words(doing, told, "url")
    return doing


def _keep_words(doing: Payload, told: Payload, key: str) -> None:
    if type(words := told.get(key)) is str:
        doing[key] = words


class Waiting:
    """Presences of people who aren't in the cache yet, until they are: discord.py drops them.

    It drops as well what an answer about members says of those who are in the cache before it.
    """

    def __init__(self, state: ConnectionState[Any]) -> None:
        self._state = state
        self._presences: dict[int, dict[int, Payload]] = {}
        self._before_request: dict[
            int, set[int]
        ] = {}  # those that came before their guild's members were asked for
        self._since_request: dict[int, set[int]] = {}  # whom the cache knows better than the answer

    def keep(self, data: Payload) -> None:
        """Keep a presence if its member is unknown; who is offline is so without being told."""
        guild = self._state._guilds.get(int(data["guild_id"]))
        user_id = int(data["user"]["id"])
        if guild is None:
            return
        if user_id in guild._members:
            self._note_newer(guild.id, user_id)
            return
        waiting = self._presences.setdefault(guild.id, {})
        self.forget(guild.id, user_id)
        if data["status"] == "offline":
            return
        if len(waiting) >= MAX_WAITING:
            del waiting[next(iter(waiting))]  # the oldest
        waiting[user_id] = data

    def request(self, guild_id: int) -> None:
        """Note that a guild's members are asked for: the answer is newer than what waits now."""
        self._before_request[guild_id] = set(self._presences.get(guild_id, ()))
        self._since_request[guild_id] = set()

    def is_old(self, guild_id: int, user_id: int) -> bool:
        """Tell whether what waits for somebody is older than the request for members."""
        return user_id in self._before_request.get(guild_id, ())

    def has_any_of(self, guild_id: int) -> bool:
        """Tell whether anything waits for a guild's members."""
        return bool(self._presences.get(guild_id))

    def settle(self, guild_id: int, user_id: int) -> None:
        """Give somebody who is in the cache by now the presence that waits for them."""
        waiting = self._presences.get(guild_id)
        if waiting is None or user_id not in waiting:
            return
        guild = self._state._get_guild(guild_id)
        if guild is not None and (member := guild.get_member(user_id)) is not None:
            self._give(member, waiting.pop(user_id))
            if not self.is_old(guild_id, user_id):
                self._note_newer(guild_id, user_id)

    def correct(self, guild: discord.Guild, presences: Iterable[Payload], known: Set[int]) -> None:
        """Give members whom the cache has `known` before an answer the presences that came with it.

        Whoever is first heard of in voice, or by a new nickname, seems offline until then.
        """
        newer = self._since_request.get(guild.id, set())
        for presence in presences:
            user_id = int(presence["user"]["id"])
            member = guild.get_member(user_id) if user_id in known and user_id not in newer else None
            if member is not None:
                self._give(member, presence)

    def _give(self, member: discord.Member, presence: Payload) -> None:
        raw = RawPresenceUpdateEvent(data=presence, state=self._state)  # type: ignore[arg-type]
        member._presence_update(raw, {})  # type: ignore[typeddict-item]

    def _note_newer(self, guild_id: int, user_id: int) -> None:
        if (newer := self._since_request.get(guild_id)) is not None:
            newer.add(user_id)

    def forget(self, guild_id: int, user_id: int | None = None) -> None:
        """Drop what waits for somebody, or for everybody of a guild."""
        if user_id is None:
            self._presences.pop(guild_id, None)
            self._before_request.pop(guild_id, None)
            self._since_request.pop(guild_id, None)
        elif waiting := self._presences.get(guild_id):
            waiting.pop(user_id, None)
            self._before_request.get(guild_id, set()).discard(user_id)


def user_of(data: Payload) -> Payload:
    """Return the account that a presence is of, perhaps no more than its id."""
    user = data.get("user")
    if type(user) is not dict or not is_id(user.get("id")):
        raise Unreadable("user")
    return user
