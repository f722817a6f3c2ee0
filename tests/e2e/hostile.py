"""Events as Discord should never send them: real ones, with fields left out, null or of another type."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.e2e.guild import answering, changed, written
from tests.e2e.interactions import COMMAND, COMPONENT, SUBMIT, Reply
from tests.e2e.model import (
    ACTIVE,
    BOOSTED,
    POLL,
    POLL_CLOSED,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    VOICE,
    Emoji,
    Planned,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.guild import Member
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload

Path = tuple[str | int, ...]

LEFT_OUT = "left out"
ODD: list[Any] = [
    LEFT_OUT,
    None,
    True,
    7,
    -1,
    2**70,
    1.5,
    "",
    "odd",
    "²",
    "99999999999999999999",
    [],
    [None],
    ["odd", 7],
    {},
    {"id": None},
    {"odd": {"odd": []}},
]
"""What a field may be instead."""

FRAMES = [
    "no JSON",
    "7",
    "null",
    "[]",
    '"READY"',
    "{}",
    '{"op": 0}',
    '{"op": 0, "t": null, "s": null, "d": null}',
    '{"op": 0, "t": ["MESSAGE_CREATE"], "s": null, "d": {}}',
    '{"op": 0, "t": {"a": 1}, "s": null, "d": {}}',
    '{"op": 99, "t": null, "s": null, "d": {}}',
    '{"op": "0", "t": "MESSAGE_CREATE", "s": null, "d": {}}',
    '{"op": null, "t": "MESSAGE_CREATE", "s": null, "d": {}}',
]
"""What is no event at all."""


class Target:
    """A guild that odd events are about, with one of everything in it; zed is hidden there."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self.discord = discord
        self.guild = guild = discord.guild("Target", "ann", "bob", "zed")
        self.ann, self.bob, self.zed = map(guild.member, ("ann", "bob", "zed"))
        self.role = guild.role("Red", 0xFF0000)
        self.ann.roles = [self.role]
        self.den = guild.channel("den", hidden=True)
        self.lounge = guild.channel("Lounge", VOICE)
        self.thread = guild.channel("thread", PUBLIC_THREAD, parent=guild.public)
        self.cellar = guild.channel("cellar", PRIVATE_THREAD, parent=guild.public)
        self.event = Planned("Quiz", guild, self.ann.user, self.lounge, status=ACTIVE)
        self.outing = Planned("Picnic", guild, self.zed.user, location="The park", status=ACTIVE)
        guild.events = {event.id: event for event in (self.event, self.outing)}
        self.emoji = Emoji("party")
        self.stranger = User("stranger")
        for member in (self.ann, self.zed):
            member.user.activities = [{"name": "Factorio", "type": 0}, {"name": "Custom Status", "type": 4}]
        self.said = written(guild.public, self.ann, "hello")

    def whole(self) -> Payload:
        """Return the guild as it is."""
        return self.guild.payload(self.discord.bot) | {"unavailable": False}

    def events(self) -> Iterator[tuple[str, Payload]]:
        """Yield one or more of every event that the bot listens to, as Discord would send them."""
        yield from self._of_guilds()
        yield from self._of_channels()
        for member in (self.ann, self.zed):
            yield from self._of_members(member)
            yield from self._of_messages(member)
        yield from self._of_interactions()

    def _of_guilds(self) -> Iterator[tuple[str, Payload]]:
        where = {"guild_id": str(self.guild.id)}
        yield "GUILD_CREATE", self.whole()
        yield "GUILD_UPDATE", self.guild.properties()
        yield "GUILD_DELETE", self.guild.stub()
        for event in ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"):
            yield event, where | {"role": self.role.payload()}
        yield "GUILD_ROLE_UPDATE", where | {"role": self.guild.roles[self.guild.id].payload()}
        yield "GUILD_ROLE_DELETE", where | {"role_id": str(self.role.id)}
        yield "GUILD_BAN_ADD", where | {"user": self.zed.user.payload()}
        yield "RATE_LIMITED", {"opcode": 8, "retry_after": 0.1, "meta": where | {"nonce": "n"}}
        channel = {"id": str(self.lounge.id), "status": "words"}
        yield "VOICE_CHANNEL_STATUS_UPDATE", where | channel
        yield "VOICE_CHANNEL_START_TIME_UPDATE", where | {"id": channel["id"], "voice_start_time": 1}
        yield "CHANNEL_INFO", where | {"channels": [channel]}
        yield "NOTHING_THAT_IS_KNOWN", where
        for planned in (self.event, self.outing):
            for kind in ("CREATE", "UPDATE", "DELETE"):
                yield f"GUILD_SCHEDULED_EVENT_{kind}", planned.payload()

    def _of_channels(self) -> Iterator[tuple[str, Payload]]:
        for channel in (self.guild.public, self.den, self.lounge):
            for event in ("CHANNEL_CREATE", "CHANNEL_UPDATE"):
                yield event, channel.payload()
        yield "CHANNEL_DELETE", self.lounge.payload()
        where = {"guild_id": str(self.guild.id)}
        yield "CHANNEL_PINS_UPDATE", where | {"channel_id": str(self.den.id), "last_pin_timestamp": None}
        for thread in (self.thread, self.cellar):
            for event in ("THREAD_CREATE", "THREAD_UPDATE"):
                yield event, thread.payload() | {"newly_created": True}
        gone = {key: self.thread.payload()[key] for key in ("id", "guild_id", "parent_id", "type")}
        yield "THREAD_DELETE", gone
        yield "THREAD_LIST_SYNC", where | {"threads": [self.thread.payload()], "members": []}

    def _of_members(self, member: Member) -> Iterator[tuple[str, Payload]]:
        where = {"guild_id": str(self.guild.id)}
        yield "GUILD_MEMBER_ADD", member.payload() | where
        yield "GUILD_MEMBER_ADD", member.payload() | where | {"user": self.stranger.payload()}
        yield "GUILD_MEMBER_UPDATE", member.payload() | where
        yield "GUILD_MEMBER_REMOVE", where | {"user": member.user.payload()}
        chunk = {
            "members": [each.payload() for each in self.guild.members.values()],
            "presences": [member.presence(), self.bob.presence(full=True)],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
            "nonce": "n",
        }
        yield "GUILD_MEMBERS_CHUNK", where | chunk
        yield "PRESENCE_UPDATE", member.presence()
        yield "PRESENCE_UPDATE", member.presence(full=True)
        voice = {
            "channel_id": str(self.lounge.id),
            "user_id": member.uid,
            "member": member.payload(),
            "session_id": "0" * 32,
            "request_to_speak_timestamp": None,
        }
        states = ("deaf", "mute", "self_deaf", "self_mute", "self_video", "suppress")
        yield "VOICE_STATE_UPDATE", where | voice | dict.fromkeys(states, False)
        yield (
            "TYPING_START",
            where
            | {
                "channel_id": str(self.guild.public.id),
                "user_id": member.uid,
                "timestamp": 1_700_000_000,
                "member": member.payload(),
            },
        )

    def _of_messages(self, member: Member) -> Iterator[tuple[str, Payload]]:
        public = self.guild.public
        snapshot = {key: self.said[key] for key in ("type", "content", "timestamp", "flags", "attachments")}
        picture = {"id": "1", "filename": "a.png", "size": 1, "url": "https://e.org/a"}
        message = written(
            public,
            member,
            f"{self.bob.mention} <@&{self.role.id}> {self.emoji}",
            attachments=[picture | {"proxy_url": "https://e.org/b", "content_type": "image/png"}],
            embeds=[{"type": "rich", "title": "a", "fields": [{"name": "a", "value": "b"}]}],
            sticker_items=[{"id": "2", "name": "wave", "format_type": 1}],
            message_snapshots=[{"message": snapshot | {"edited_timestamp": None, "embeds": []}}],
            components=[{"type": 10, "id": 1, "content": "a"}],
            poll=POLL,
            **answering(self.said),
        )
        yield "MESSAGE_CREATE", message
        yield "MESSAGE_CREATE", written(self.thread, member, "in a thread")
        yield "MESSAGE_CREATE", written(public, member, "", type=BOOSTED)
        yield "MESSAGE_CREATE", written(public, member, "", **answering(self.said) | {"type": POLL_CLOSED})
        yield "MESSAGE_UPDATE", changed(public, message, content="else")
        where = {"channel_id": str(public.id), "guild_id": str(self.guild.id)}
        yield "MESSAGE_DELETE", where | {"id": message["id"]}
        yield "MESSAGE_DELETE_BULK", where | {"ids": [message["id"], self.said["id"]]}
        reaction = where | {
            "user_id": member.uid,
            "message_id": self.said["id"],
            "message_author_id": self.ann.uid,
            "member": member.payload(),
            "emoji": {"id": str(self.emoji.id), "name": None},
            "burst": False,
            "type": 0,
        }
        yield "MESSAGE_REACTION_ADD", reaction
        yield "MESSAGE_REACTION_ADD", reaction | {"emoji": {"id": None, "name": "🦓"}}
        yield "MESSAGE_REACTION_REMOVE", reaction
        yield "MESSAGE_REACTION_REMOVE_ALL", where | {"message_id": self.said["id"]}

    def _of_interactions(self) -> Iterator[tuple[str, Payload]]:
        reply = Reply(self.guild.member("owner"), self.guild.public)
        data: dict[int, Payload] = {
            COMMAND: {"id": "1", "name": "dzone", "type": 1, "options": [{"name": "status", "type": 1}]},
            COMPONENT: {"custom_id": "a", "component_type": 2, "id": 2},
            SUBMIT: {"custom_id": "a", "components": []},
        }
        for kind, what in data.items():
            yield "INTERACTION_CREATE", self.discord.interactions.payload(reply, kind, what, "en-US")


@st.composite
def mutations(draw: st.DrawFn, payload: Payload) -> object:
    """Change up to three places of a payload, or put something else in place of all of it."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.sampled_from([each for each in ODD if each != LEFT_OUT]))
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        if found := list(places(payload)):
            change(payload, draw(st.sampled_from(found)), draw(st.sampled_from(ODD)))
    return payload


def places(thing: object, path: Path = ()) -> Iterator[Path]:
    """Find every place in a payload."""
    entries: list[tuple[str | int, object]] = []
    if isinstance(thing, dict):
        entries = list(thing.items())
    elif isinstance(thing, list):
        entries = list(enumerate(thing))
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def change(payload: Payload, path: Path, odd: object) -> None:
    """Put something odd into a place, or leave out what is there."""
    thing: Any = payload
    for key in path[:-1]:
        thing = thing[key]
    if odd == LEFT_OUT:
        del thing[path[-1]]
    else:
        thing[path[-1]] = copy.deepcopy(odd)
