"""What an event of another room of the same guild changes here. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bridge.model import Channel
from bridge.problems import Problem
from bridge.rooms import changes
from bridge.rooms.audience import Audience
from bridge.rooms.memory import Memory
from bridge.rooms.state import State
from bridge.wire.protocol import Event, Goodbye

# What an event says of somebody who is known that is a status or an activity and nothing else.
_FREQUENT: Final = frozenset({"uid", "status", "text"})


class Acceptance:
    """Brings a room to where another one was when it told of something."""

    def __init__(self, state: State, memory: Memory, audience: Audience) -> None:
        self._state = state
        self._memory = memory
        self._audience = audience

    def apply(self, event: Event) -> None:
        """Change what the event says; some say nothing that lasts."""
        data: Any = event.data
        match event.type:
            case "presence" if "delete" in data:
                self._state.remove(data["uid"])
            case "presence" | "voice" | "activity":
                self._bring(event)
            case "newcomer":
                if (known := self._state.members.get(data["uid"])) is not None:
                    self._state.bring(known._replace(joined=data["joined"]))
            case "message" | "said":
                self._state.note_words(changes.words_of(event))
            case "edit":
                self._memory.revise(data)
            case "happening":
                self._happen(event)
            case _:
                self._apply_to_guild(event)

    def is_void(self, event: Event) -> bool:
        """Tell whether somebody leaves who never came: of who has withdrawn meanwhile nothing is told."""
        return (
            event.type == "presence"
            and "delete" in event.data
            and event.data["uid"] not in self._state.members
        )

    def review(self, event: Event, past: list[Event]) -> list[Event]:
        """Add what happened to what happened before, as far as that may still be told after it."""
        if event.type == "forget":
            left = changes.left_after(event, ())
            if left is None or changes.PRECISE.isdisjoint(event.data):
                return []
            return [one for one in map(left, past) if one is not None]
        if event.type == "happening" and ("over" not in event.data or "gone" in event.data):
            key = changes.happening_key(event)
            past = [one for one in past if changes.happening_of(one) != key]
        elif event.type == "edit":
            past = _edited(past, event.data)
        elif event.type == "presence" and "line" in event.extras:
            past = [changes.without_line(one, event.data["uid"]) for one in past]
        elif event.type == "channels":
            called = changes.names_in(event.data)
            past = [changes.renamed(one, called) for one in past if _may_be_heard(one, event.data)]
        return [*past, event] if event.type not in changes.CONTROL else past

    def _happen(self, event: Event) -> None:
        data: Any = event.data
        key = changes.happening_key(event)
        if "over" not in data or "gone" in data:
            self._memory.forget_happenings({key}, self._state.happenings.keys())
        if "over" in data:
            self._state.drop_happening(key)
        else:
            self._state.note_happening(changes.happening_after(event))

    def _bring(self, event: Event) -> None:
        data: Any = event.data
        known = self._state.members.get(data["uid"])
        if known is not None and event.type != "voice" and not event.extras and data.keys() <= _FREQUENT:
            self._state.present(known.uid, data.get("status", known.status), data.get("text", known.activity))
        elif (member := changes.member_after(event, known)) is not None:
            self._state.bring(member)
            self._memory.mind_line(member, known)

    def _apply_to_guild(self, event: Event) -> None:
        data: Any = event.data
        match event.type:
            case "channels":
                gone = self._state.channels.keys() - data.keys()
                self._memory.hush(self._memory.with_threads(gone))
                self._bring_channels(changes.channels_of(event))
            case "update-clientid":
                self._state.set_client_id(data["clientId"])
            case "info":
                self._state.set_info(changes.info_of(event))
            case "roles":
                self._state.name_roles(data["names"], whole=data["whole"])
            case "forget":
                self._forget(data)
            case "revoke" | "close":
                self._audience.dismiss(Goodbye[data["goodbye"]], Problem(data["code"], data["sentence"]))

    def _bring_channels(self, channels: Iterable[Channel]) -> None:
        now = {channel.id: channel for channel in channels}
        self._memory.mind_channels(now)
        self._state.set_channels(now.values())

    def _forget(self, data: changes.Forget) -> None:
        if "renamed" in data:
            self._memory.rename(changes.called(data["renamed"]))
        elif "messages" in data:
            self._memory.forget_messages(data["messages"])
        elif "threads" in data:
            self._memory.forget_threads(data["threads"])
        elif "channels" in data:
            self._memory.forget_channels(data["channels"])
        elif "words" in data:
            self._memory.forget_words(data["words"])
        else:
            self._memory.forget_past()


def _edited(past: list[Event], edit: Mapping[str, Any]) -> list[Event]:
    """Have a message have said something else from the beginning, or nothing."""
    message_id, words = edit["id"], edit["message"]
    if words is None:
        return [one for one in past if changes.message_of(one) != message_id]
    return [
        changes.corrected(one, message_id, words, edit.get("emoji", {}))
        for one in past
        if one.type != "edit" or changes.message_of(one) != message_id
    ]


def _may_be_heard(event: Event, channels: Mapping[str, Any]) -> bool:
    """Tell whether something happened in one of these channels, or in none."""
    channel = event.data.get("channel")
    parent = event.extras.get("parent") or event.data.get("parent")
    return channel is None or channel in channels or parent in channels
