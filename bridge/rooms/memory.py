"""What a room remembers of what was said, and how it forgets: everywhere it may still be on its way. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import replace
from functools import partial
from typing import Any

from bridge.model import Channel, Member, Message
from bridge.rooms.audience import Audience
from bridge.rooms.changes import (
    Called,
    corrected,
    happened_in,
    happening_of,
    is_deed,
    message_of,
    renamed,
    without_line,
)
from bridge.rooms.state import State
from bridge.rooms.stream import Stream
from bridge.wire.protocol import Event


class Memory:
    """Forgets in a room's state, its stream and on the way to its audience at once. It tells nobody."""

    def __init__(self, state: State, stream: Stream, audience: Audience) -> None:
        self._state = state
        self._stream = stream
        self._audience = audience

    def remembers(self, uid: str) -> bool:
        """Tell whether anything that is kept here is of somebody, or answers them."""
        return (
            uid in self._state.members
            or self._stream.names(uid)
            or any(words.uid == uid for words in self._state.said.values())
            or any(one.uid == uid for one in self._state.happenings.values())
        )

    def with_threads(self, channels: Collection[str]) -> set[str]:
        """Name channels, and the threads in them in which something was said."""
        threads = (words.channel for words in self._state.said.values() if words.parent in channels)
        return {*channels, *threads}

    def forget_past(self) -> None:
        """Let nothing of the past leave any more. Who comes back gets a snapshot.

        Words that wait to be handed out are dropped. Whatever else waits goes to those who are here: without
        it they would see members as they are no more.
        """
        self._stream.forget_past()
        self._audience.forget_words()

    def forget_words(self, uid: str | None) -> bool:
        """Forget the past, if there is anything of somebody in it; tell whether there was."""
        if uid is not None and not self.remembers(uid):
            return False
        self.forget_past()
        # Also those of which there are so many that the room knows nothing of them any more.
        self._forget_waiting(lambda event: happening_of(event) is not None and is_deed(event, uid))
        return True

    def forget_channels(self, channels: Collection[str]) -> None:
        """Forget what was said in channels, what names them, and the past.

        Who talks there still does, and is seen to. What was said elsewhere still goes to those who are here.
        """
        names = self._names_of(channels)
        self._audience.silence(channels)
        self._forget(lambda event: event.has_words and (happened_in(event, channels) or names(event)))
        self._stream.keep_no_past()
        self._forget_waiting(lambda event: happening_of(event) is not None and happened_in(event, channels))

    def forget_threads(self, threads: Collection[str]) -> None:
        """Forget what was said in threads that are gone, that they were opened, and what names them."""
        names = self._names_of(threads)
        self._audience.silence(threads)
        self._forget(
            lambda event: (
                names(event)
                or ((event.has_words or happening_of(event) is not None) and happened_in(event, threads))
            )
        )

    def forget_messages(self, message_ids: Collection[str]) -> None:
        """Forget what messages said, all of them in one look."""
        self._forget(lambda event: message_of(event) in message_ids)
        self._audience.forget_what_waits(frozenset(message_ids))

    def forget_happenings(self, happening_keys: Set[str], known: Set[str]) -> None:
        """Forget that these happened, or went on, all of them in one look.

        Somebody may have been told of those that are `known`, and of what is still to be told.
        """

        def is_meant(event: Event) -> bool:
            return happening_of(event) in happening_keys

        if not happening_keys:
            return
        was_told = not known.isdisjoint(happening_keys) or self._stream.holds(is_meant)
        self._forget(is_meant)
        if was_told:
            # A key is a kind and an id, by which what waits is known.
            self._audience.forget_what_waits({key.partition(" ")[2] for key in happening_keys})

    def hush(self, channels: Collection[str]) -> None:
        """Let nothing that happened in these channels leave any more."""
        if channels:
            names = self._names_of(channels)
            self._audience.silence(channels)
            self._stream.leave_voice(channels)
            self._forget(lambda event: happened_in(event, channels) or names(event))

    def revise(self, edit: Mapping[str, Any]) -> None:
        """Have a message say something else from the beginning, or nothing, as an edit's data tell."""
        message_id, words = edit["id"], edit["message"]
        if words is None:
            self._state.drop_words(message_id)
            self._forget(lambda event: message_of(event) == message_id or _takes_back(event, message_id))
        else:
            self._forget(lambda event: event.type == "edit" and message_of(event) == message_id)
            emoji = edit.get("emoji", {})
            self._stream.correct(message_id, words, emoji)
            self._audience.amend(partial(corrected, message_id=message_id, words=words, emoji=emoji))
        self._audience.forget_what_waits({message_id})

    def mind_line(self, member: Member, known: Member | None) -> None:
        """Know that somebody is like this now; what stood over their head before is told nobody any more."""
        if known is not None and known.line not in (None, member.line):
            self._stream.forget_line(member.uid)
            self._audience.amend(partial(without_line, uid=member.uid))
            self._audience.forget_what_waits({member.uid})

    def mind_channels(self, now: Mapping[str, Channel]) -> None:
        """Know that channels are like this now; what they were called, or what stood over them, is over."""
        known = self._state.channels
        stay = [(known[name], channel) for name, channel in now.items() if name in known]
        names = {after.id: Called(after.name) for before, after in stay if before.name != after.name}
        if names:
            self.rename(names)
        lines = {after.id for before, after in stay if before.status not in (None, after.status)}
        if names or lines:
            self._audience.forget(lambda event: event.type == "channels")
        if lines:
            self._audience.forget_what_waits(lines)

    def rename(self, names: Mapping[str, Called]) -> None:
        """Know that channels or threads are called this now; what they were called before is told no more."""
        for one in list(self._state.happenings.values()):
            if one.kind == "thread" and one.id in names:
                self._state.note_happening(replace(one, text=names[one.id].title))
        self._stream.rename(names)
        self._audience.amend(partial(renamed, names=names))
        self._audience.forget_what_waits(names.keys())

    def drop(self, unwanted: Callable[[Message], bool]) -> list[Message]:
        """Know nothing of such messages any more; return them, the oldest first."""
        dropped = [words for words in self._state.said.values() if unwanted(words)]
        for words in dropped:
            if words.id is not None:
                self._state.drop_words(words.id)
        return dropped

    def _names_of(self, channels: Collection[str]) -> Callable[[Event], bool]:
        """Make what tells of words whether one of these channels is named in them."""
        known = {channel.name for channel in self._state.channels.values() if channel.id in channels}
        said = {words.channel_name for words in self._state.said.values() if words.channel in channels}
        names = "|".join(re.escape(name) for name in sorted({*known, *said}, key=str) if name)
        # Of a longer name that begins like it, it is no part.
        named = re.compile(rf"#(?:{names})(?![\w-])").search if names else None
        return lambda event: event.has_words and named is not None and bool(named(_text(event)))

    def _forget_waiting(self, unwanted: Callable[[Event], bool]) -> None:
        """Forget such of what is on its way, where there is no past."""
        if any(map(unwanted, self._stream.pending.values())):
            self._stream.forget(unwanted)
        self._audience.forget(unwanted)

    def _forget(self, unwanted: Callable[[Event], bool]) -> None:
        self._stream.forget(unwanted)
        self._audience.forget(unwanted)


def _text(event: Event) -> str:
    return str(event.data.get("message") or "")


def _takes_back(event: Event, message_id: str) -> bool:
    return event.type == "edit" and event.data["id"] == message_id and event.data["message"] is None
