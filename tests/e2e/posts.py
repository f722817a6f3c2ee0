"""Messages that the bot itself writes into channels of the loopback Discord, if it may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.e2e import components
from tests.e2e.guild import changed, written
from tests.e2e.interactions import permissions_in
from tests.e2e.model import EMBED_LINKS, JOINED_AT, SEND_MESSAGES, VIEW_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.gateway import Gateway
    from tests.e2e.guild import Guild
    from tests.e2e.model import Channel, Payload, User
    from tests.e2e.waiting import Bell

PATH: Final = re.compile(r"/channels/(?P<channel>\d+)/messages(?:/(?P<message>\d+))?")
KEPT: Final = ("content", "embeds", "components", "flags")

Answer = tuple[int, Any]  # a status, and what JSON holds


def _no(status: int, code: int, message: str) -> Answer:
    return status, {"message": message, "code": code}


class Posts:
    """The messages that the bot has written, by their ids."""

    def __init__(self, me: User, guilds: Mapping[int, Guild], gateway: Gateway, bell: Bell) -> None:
        self.known: dict[int, Payload] = {}
        self.edits: list[int] = []
        """The ids of messages that were changed, in order."""
        self._me = me
        self._guilds = guilds
        self._gateway = gateway
        self._bell = bell

    def take(self, method: str, path: str, body: Payload) -> Answer | None:
        """Answer a request; None if it is about something else."""
        place = PATH.fullmatch(path)
        if place is None:
            return None
        channel = self._channel(int(place["channel"]))
        if channel is None:
            answer = _no(404, 10003, "Unknown Channel")
        elif not self._may(channel, VIEW_CHANNEL):
            answer = _no(403, 50001, "Missing Access")
        elif method == "POST" and place["message"] is None:
            answer = self._write(channel, body)
        else:
            answer = self._touch(method, channel, int(place["message"] or 0), body)
        self._bell.ring()
        return answer

    def of(self, channel: Channel) -> list[Payload]:
        """Return what the bot has written in a channel, and is there still."""
        return [message for message in self.known.values() if message["channel_id"] == str(channel.id)]

    def tell(self, message: Payload) -> None:
        """Tell that a message was changed."""
        channel = self._channel(int(message["channel_id"]))
        if channel is not None and int(message["id"]) in self.known:
            now = changed(channel, message, edited_timestamp=JOINED_AT)
            self._gateway.dispatch(channel.guild, "MESSAGE_UPDATE", now)

    def _write(self, channel: Channel, body: Payload) -> Answer:
        needed = SEND_MESSAGES | (EMBED_LINKS if body.get("embeds") else 0)
        if not self._may(channel, needed):
            return _no(403, 50013, "Missing Permissions")
        if fault := components.refused(body):
            return fault
        assert channel.guild is not None
        author = channel.guild.members[self._me.id]
        said = {name: body[name] for name in KEPT if body.get(name)}
        message = written(channel, author, "", **said)
        self.known[int(message["id"])] = message
        self._gateway.dispatch(channel.guild, "MESSAGE_CREATE", message)
        return 200, {name: value for name, value in message.items() if name != "member"}

    def _touch(self, method: str, channel: Channel, message_id: int, body: Payload) -> Answer:
        message = self.known.get(message_id)
        if message is None or message["channel_id"] != str(channel.id):
            return _no(404, 10008, "Unknown Message")
        if method == "DELETE":
            self.remove(message)
            return 204, None
        if method != "PATCH":
            return _no(405, 0, "405: Method Not Allowed")
        if fault := components.refused(body, message):
            return fault
        message |= {name: body[name] for name in KEPT if name in body and body[name] is not None}
        self.edits.append(message_id)
        self.tell(message)
        return 200, message

    def remove(self, message: Payload) -> None:
        """Delete a message; whoever does it."""
        del self.known[int(message["id"])]
        channel = self._channel(int(message["channel_id"]))
        assert channel is not None
        assert channel.guild is not None
        where = {"channel_id": str(channel.id), "guild_id": str(channel.guild.id)}
        self._gateway.dispatch(channel.guild, "MESSAGE_DELETE", where | {"id": message["id"]})

    def _channel(self, channel_id: int) -> Channel | None:
        found = (guild.channels.get(channel_id) for guild in self._guilds.values())
        return next((channel for channel in found if channel is not None), None)

    def _may(self, channel: Channel, needed: int) -> bool:
        assert channel.guild is not None
        me = channel.guild.members[self._me.id]
        may = 0 if channel.unseen else permissions_in(me, channel)
        return may & needed == needed
