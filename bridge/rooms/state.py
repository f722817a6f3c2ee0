"""What is true of a guild now: who is there, what it is called, what was said last. Pure.

Whatever shows the state keeps what it made as long as `edition` stays the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from bridge.model import Channel, GuildInfo, Happening, Member, Message, Status
from bridge.rooms.listing import Listing
from bridge.rooms.neighbourhoods import Neighbourhoods
from bridge.rooms.newcomers import Newcomers
from bridge.rooms.pages import Pages
from bridge.rooms.recency import Recency
from bridge.rooms.rolenames import Names
from bridge.rooms.visitors import Visitors

MAX_SAID: Final = 200  # messages; an older one no viewer still shows


@dataclass(frozen=True, slots=True)
class Copy:
    """All that another room needs to carry on from here, by what it `accept`s."""

    epoch: str
    position: int
    info: GuildInfo
    client_id: str | None
    members: Mapping[str, Member]
    channels: Mapping[str, Channel]
    said: Mapping[str, Message]
    happenings: Mapping[str, Happening] = field(default_factory=dict)
    role_names: Mapping[str, Names] = field(default_factory=dict)  # by colour


class State:
    """What a room knows. To be read by everybody, and changed by the methods here alone."""

    def __init__(self, info: GuildInfo, clock: Callable[[], float]) -> None:
        self.edition = 0
        self._facts: dict[str, Any] = {"info": info, "channels": {}}
        self._members: dict[str, Member] = {}
        self._said: dict[str, Message] = {}
        self._happenings: dict[str, Happening] = {}
        self._clock = clock
        self._talking: dict[str, None] = {}  # who sits in a voice channel
        self._online = 0  # members who are not offline
        self._told_counts: Mapping[str, int] | None = None  # of a guild whose members aren't here
        self.members: Final = MappingProxyType(self._members)
        self.said: Final = MappingProxyType(self._said)  # the last messages with an id, without their words
        self.happenings: Final = MappingProxyType(
            self._happenings
        )  # the last moments, and what goes on, by key
        self.newcomers: Final = Newcomers(clock)
        self.visitors: Final = Visitors()
        self.neighbourhoods: Final = Neighbourhoods(info.role_names)
        self.recency: Final = Recency(self._members, clock)
        self.pages: Final = tuple(Pages(self._members, full=full) for full in (False, True))
        self.listings: Final = tuple(
            Listing(self._members, self._talking, self.recency, full=full) for full in (False, True)
        )

    @property
    def info(self) -> GuildInfo:
        """What the guild is called, and who may enter."""
        info: GuildInfo = self._facts["info"]
        return info

    @property
    def client_id(self) -> str | None:
        """The application that viewers log in with."""
        return self._facts.get("client_id")

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that are shown, by id; other ones are another mapping."""
        channels: Mapping[str, Channel] = self._facts["channels"]
        return channels

    def counts(self) -> dict[str, int]:
        """Count everybody, who is not offline, and who is shown."""
        if self._told_counts is not None and not self._members:
            return dict(self._told_counts)
        shown = len(self._members)
        total = self.info.member_count
        return {
            "members": shown if total is None else max(total, shown),
            "online": self._online,
            "shown": shown,
        }

    def copied(self, epoch: str, position: int) -> Copy:
        """Take everything down, for another room."""
        return Copy(
            epoch, position, self.info, self.client_id, dict(self._members), self.channels, dict(self._said),
            dict(self._happenings), self.neighbourhoods.names,
        )  # fmt: skip

    def start_as(self, copy: Copy) -> None:
        """Know what another room knew."""
        for member in copy.members.values():
            self.bring(member)
        for words in copy.said.values():
            self.note_words(words)
            self.recency.recall(words.uid)
        for happening in copy.happenings.values():
            self.note_happening(happening)
        self.set_channels(copy.channels.values())
        self.name_roles(copy.role_names, whole=True)
        if copy.client_id is not None:
            self.set_client_id(copy.client_id)

    # What changes it

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Have as many members, as long as none of them are here."""
        self._told_counts = counts
        self.edition += 1

    def set_info(self, info: GuildInfo) -> None:
        """Have the guild, and its roles, be called this."""
        before = self.info.role_names
        self._write(self._facts, "info", info)
        if info.role_names != before:
            self.neighbourhoods.call(info.role_names)

    def name_roles(self, names: Mapping[str, Names], *, whole: bool) -> None:
        """Have the roles of some colours be called this, or with `whole` of all."""
        self.edition += 1
        self.neighbourhoods.tell(names, whole=whole)

    def set_client_id(self, client_id: str) -> None:
        """Have viewers log in with this application."""
        self._write(self._facts, "client_id", client_id)

    def set_channels(self, channels: Iterable[Channel]) -> None:
        """Have these channels and no others."""
        self._write(self._facts, "channels", {channel.id: channel for channel in channels})

    def bring(self, member: Member) -> Member | None:
        """Have somebody be like this; return what they were."""
        known: Member | None = self._write(self._members, member.uid, member)
        self.newcomers.note(member)
        return known

    def present(self, uid: str, status: Status, activity: str | None) -> Member | None:
        """Give somebody who is here another status and activity; return who they were.

        With no look at anything else: nothing is as frequent. A visitor is here to stay.
        """
        known = self._members.get(uid)
        if known is not None:
            self.visitors.forget(uid)
            if status != known.status or activity != known.activity:
                self._write(self._members, uid, known.with_presence(status, activity))
        return known

    def remove(self, uid: str) -> Member | None:
        """Have somebody be gone; return who they were."""
        known = self._members.get(uid)
        if known is not None:
            self._write(self._members, uid, None)
            self.newcomers.forget(uid)
            self.visitors.forget(uid)
        return known

    def settle(self, most: int | None = None) -> None:
        """Tell no longer when those came who aren't new any more, so many at most; nor what is over."""
        for uid in self.newcomers.settled(most):
            self.bring(self._members[uid]._replace(joined=None))
        now = self._clock()
        for one in [one for one in self._happenings.values() if one.until is not None and one.until <= now]:
            self.drop_happening(one.key)

    def note_words(self, message: Message) -> None:
        """Know that a message was said, if it has an id, but not what it said."""
        if message.id is not None:
            self._write(self._said, message.id, replace(message, message="", emoji={}))
            if len(self._said) > MAX_SAID:
                self.drop_words(next(iter(self._said)))

    def drop_words(self, message_id: str) -> None:
        """Know nothing of a message any more."""
        self._write(self._said, message_id, None)

    def note_happening(self, happening: Happening) -> None:
        """Know that something happens, or goes on."""
        self._write(self._happenings, happening.key, happening)

    def drop_happening(self, key: str) -> None:
        """Know nothing of it any more."""
        self._write(self._happenings, key, None)

    def _write(self, part: dict[str, Any], key: str, value: Any) -> Any:
        """Change something: nothing else here does. Return what it was; None is nothing."""
        self.edition += 1
        before = part.get(key)
        if value is not None:
            part[key] = value
        elif before is not None:
            del part[key]
        if part is self._members:  # without a call, for nothing is as frequent
            self._online += value is not None and value.status != "offline"
            self._online -= before is not None and before.status != "offline"
            for pages in self.pages:
                pages.touch(key)
            self.neighbourhoods.move(before, value)
            if value is not None and value.voice is not None:
                self._talking[key] = None
            elif before is not None and before.voice is not None:
                del self._talking[key]
        return before
