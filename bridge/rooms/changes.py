"""What may change in a room, as its events say it: from state to event, and back to state. Pure.

A room tells its viewers of each change with an event. Another room that holds the same guild learns from
these events, and from a few more that no viewer ever gets: those are the `CONTROL` events.

| event | what it changes |
|---|---|
| `presence` | a member comes, changes or leaves |
| `voice`, `activity` | where a member talks, what they do |
| `message`, `edit` | what was said last, and what is told of it |
| `typing`, `reaction`, `gesture`, `refresh_data` | nothing that lasts |
| `happening` | what goes on beside words, or that it is over |
| `channels`, `update-clientid` | the channels, the application that one logs in with |
| `info` | what the guild is called, and who may enter: the fields of a `GuildInfo` |
| `newcomer` | since when somebody is here: `uid`, `joined` |
| `roles` | what the roles are called that give members a colour: see `Roles` |
| `said` | what was said last: a message whose words were forgotten before they left |
| `forget` | nothing: of what happened it may not be told any more: see `Forget` |
| `withdraw` | who watches by a login: those of `uids`, or with None all, may not any more |
| `review` | the same: whether they still may is to be asked again |
| `revoke`, `close` | who watches: all hear `goodbye`, `code` and `sentence`, and go; `close` is the end |
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypedDict, get_args

from bridge.model import Channel, GuildInfo, Happening, Member, Message, Voice
from bridge.wire.protocol import Event, member_extras

ControlType = Literal[
    "info", "newcomer", "roles", "said", "forget", "withdraw", "review", "revoke", "close"
]  # fmt: skip
CONTROL: Final[frozenset[str]] = frozenset(get_args(ControlType))

# A member's fields by how a presence calls them; what it leaves out stays.
_BASICS: Final = {"username": "username", "status": "status", "roleColor": "role_color"}
_EXTRAS: Final = {
    "bot": "bot", "avatar": "avatar", "activity": "activity", "joined": "joined", "roleColor2": "role_color2",
    "line": "line",
}  # fmt: skip
_QUIET: Final = frozenset({"roleColor2", "line"})  # no old client is told of a change of these alone


class Forget(TypedDict, total=False):
    """What may not be told any more.

    `past` is everything that was said up to here. `words` are those of one member, or with None everybody's,
    and where any are known the past with them; `channels` name theirs, and take the past along; `threads` and
    `messages` name theirs alone. What is `renamed` was called something else; what happened there stays.
    """

    past: bool
    words: str | None
    channels: list[str]
    threads: list[str]
    messages: list[str]
    renamed: Mapping[str, "Called"]


# With one of these, all that isn't named is still told.
PRECISE: Final = frozenset({"threads", "messages", "renamed"})


class Called(NamedTuple):
    """What a channel or thread is called where it is a place, and where it is a new thread with a title."""

    place: str | None
    title: str | None = None


class Roles(TypedDict):
    """What the roles of some colours are called, or with `whole` of all: no other may be told then."""

    names: Mapping[str, Sequence[str]]
    whole: bool


# From state to event


def looks(member: Member) -> tuple[object, ...]:
    """Name what a presence tells. That somebody isn't new any more is no news: the page sees it by itself."""
    _, username, status, role_color, is_bot, avatar, _, _, _, color2, line, _ = member
    return username, status, role_color, is_bot, avatar, color2, line


def presence(member: Member, known: Member | None) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Say what a viewer cannot know yet: for everybody, beside it for who asked for events.

    The third tells whether it is quiet: news in what is beside it alone.
    """
    data: dict[str, Any] = {"uid": member.uid, "status": member.status}
    if known is None or known.username != member.username:
        data["username"] = member.username
    if known is None or known.role_color != member.role_color:
        data["roleColor"] = member.role_color
    extras = _extras(member, known)
    quiet = known is not None and _basics(member) == _basics(known) and not _QUIET.isdisjoint(extras)
    return data, extras, quiet


def _extras(member: Member, known: Member | None) -> dict[str, Any]:
    """Name what clients that asked for events can't know yet, and no event of its own tells them.

    That is, of who is known, only their `bot`, `avatar`, second colour and line.
    """
    if known is None:
        return {key: value for key, value in member_extras(member).items() if value is not None}
    extras: dict[str, Any] = {}
    if member.bot != known.bot:
        extras["bot"] = member.bot
    if member.avatar != known.avatar:
        extras["avatar"] = member.avatar
    if member.role_color2 != known.role_color2:
        extras["roleColor2"] = member.role_color2
    if member.line != known.line:
        extras["line"] = member.line
    return extras


def _basics(member: Member) -> tuple[object, ...]:
    """Name what every client knows of somebody."""
    return member.username, member.status, member.role_color


def info_data(info: GuildInfo) -> dict[str, Any]:
    """Say what a guild is called, and who may enter; what its roles are called is told apart."""
    return {each.name: getattr(info, each.name) for each in fields(info) if each.name != "role_names"}


def deletion(words: Message) -> dict[str, Any]:
    """Say that a message is taken back."""
    return {"uid": words.uid, "channel": words.channel, "id": words.id, "message": None}


def trace(event: Event) -> Event | None:
    """Say of a message that is dropped that there was one: it counts, and may be taken back."""
    if event.type != "message" or "id" not in event.extras:
        return None
    told = {**event.data, **event.extras}
    unsaid = {"message", "emoji", "channelName"}  # where it was said may be hidden as well
    return Event("said", event.position, {}, {key: told[key] for key in told.keys() - unsaid})


# Of what an event is


def message_of(event: Event) -> str | None:
    """Name the message of which an event says what it said, or was changed into.

    What takes it back says neither, and has to go out.
    """
    if event.type == "message":
        return event.extras.get("id")
    if event.type == "happening":  # a poll has its message's id, and so has a thread that begins with one
        return None if "over" in event.data else event.data["id"]
    return event.data["id"] if event.type == "edit" and event.data["message"] is not None else None


def happening_of(event: Event) -> str | None:
    """Name the key of what goes on, if an event says that it does.

    What says that it is over says nothing of it, and has to go out.
    """
    return happening_key(event) if event.type == "happening" and "over" not in event.data else None


def happening_key(event: Event) -> str:
    """Name the key of what goes on, or is over; see `Happening.key`."""
    return f"{event.data['kind']} {event.data['id']}"


def is_deed(event: Event, uid: str | None) -> bool:
    """Tell whether what goes on is of somebody, or with None of anybody; a scheduled event is the guild's."""
    return event.data["kind"] != "event" and uid in (None, event.data.get("uid"))


def corrected(event: Event, message_id: str, words: str, emoji: Mapping[str, str]) -> Event:
    """Be the same, but for a message: that has said something else from the beginning."""
    if event.type != "message" or message_of(event) != message_id:
        return event
    extras = {**event.extras, "emoji": emoji}
    if not emoji:
        del extras["emoji"]
    return event.with_data({**event.data, "message": words}, extras)


def happened_in(event: Event, channels: Collection[str]) -> bool:
    """Tell whether something was said or done in these channels; what takes words back has to go out."""
    if event.type == "edit" and event.data["message"] is None:
        return False
    parent = event.extras.get("parent") or event.data.get("parent")
    return event.data.get("channel") in channels or (parent is not None and parent in channels)


# Of what happened earlier


Left = Callable[[Event], Event | None]  # names what of an earlier event may still be told, if anything may


def left_after(event: Event, shown: Collection[str]) -> Left | None:
    """Tell what may be told of earlier events once this one has happened; None if that is all of it.

    `shown` are the channels that were shown until then.
    """
    data: Any = event.data
    match event.type:
        case "forget":
            return partial(_unless_forgotten, data)
        case "edit":
            return partial(_edited, data)
        case "happening" if "over" not in data or "gone" in data:
            return lambda earlier: None if happening_of(earlier) == happening_key(event) else earlier
        case "channels":
            return partial(_without_channels, frozenset(shown) - data.keys(), names_in(data))
        case "roles" if data["whole"]:
            return lambda earlier: None if earlier.type == "roles" else earlier
        case "presence" if "line" in event.extras:
            return lambda earlier: without_line(earlier, data["uid"])
    return None


def names_in(channels: Mapping[str, Any]) -> dict[str, Called]:
    """Read what channels are called in what a channels event tells."""
    return {name: Called(data["name"]) for name, data in channels.items()}


def without_line(event: Event, uid: str) -> Event:
    """Be the same, but for what stood over somebody's head: that is what they have taken back, or changed."""
    if event.data.get("uid") != uid:
        return event
    if event.who is not None and event.who[0].line is not None:
        event.who = event.who[0]._replace(line=None), event.who[1]
    if event.type != "presence" or event.extras.get("line") is None:
        return event
    return event.with_data(event.data, _without(event.extras, "line"))


def called(told: Mapping[str, Iterable[str | None]]) -> dict[str, Called]:
    """Read what channels and threads are called."""
    return {name: Called(*names) for name, names in told.items()}


def _without(extras: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in extras.items() if name != key}


def renamed(event: Event, names: Mapping[str, Called]) -> Event:
    """Be the same, but for what channels and threads are called: they were called this from the beginning.

    Whoever talks in a voice channel says so anew when it is called something else.
    """
    data, extras = event.data, event.extras
    if event.type == "happening" and data["kind"] == "thread" and data["id"] in names:
        data = _without(data, "text") | _if_any(text=names[data["id"]].title)
    elif event.type == "message" and data["channel"] in names and "channelName" in extras:
        extras = _without(extras, "channelName") | _if_any(channelName=names[data["channel"]].place)
    return event if data == event.data and extras == event.extras else event.with_data(data, extras)


def _if_any(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _unless_forgotten(forget: Forget, event: Event) -> Event | None:
    if "renamed" in forget:
        return renamed(event, called(forget["renamed"]))
    if "messages" in forget:
        is_gone = message_of(event) in forget["messages"]
    elif "channels" in forget or "threads" in forget:
        is_there = happened_in(event, forget.get("channels") or forget.get("threads") or ())
        # Words may name a channel; by which name is known no more.
        is_named = event.has_words and "#" in str(event.data.get("message") or "")
        is_gone = (is_there and (event.has_words or happening_of(event) is not None)) or is_named
    else:
        is_deed_of = "words" in forget and happening_of(event) is not None and is_deed(event, forget["words"])
        is_gone = event.has_words or is_deed_of
    return trace(event) if is_gone else event


def _edited(edit: Mapping[str, Any], event: Event) -> Event | None:
    message_id, words = edit["id"], edit["message"]
    if message_of(event) != message_id:
        return event
    if words is None:
        return trace(event)
    return None if event.type == "edit" else corrected(event, message_id, words, edit.get("emoji", {}))


def _without_channels(gone: Collection[str], names: Mapping[str, Called], event: Event) -> Event | None:
    if event.type == "channels":
        return None  # it named all of them
    if happened_in(event, gone):
        return trace(event)
    voice = event.extras.get("voice")
    if voice is not None and voice["channel"] in gone:
        return event.with_data(event.data, _without(event.extras, "voice"))
    return renamed(event, names)


# From event to state


def member_after(event: Event, known: Member | None) -> Member | None:
    """Be who somebody is after a presence, a voice or an activity event; None if nobody knows their name."""
    data, extras = event.data, event.extras
    if event.type == "voice":
        return known and known._replace(voice=_voice(data))
    if event.type == "activity":
        return known and known._replace(activity=data["text"])
    if known is None:
        if "username" not in data:
            return None
        known = Member(data["uid"], data["username"])
    told = {_BASICS[key]: data[key] for key in _BASICS if key in data}
    told |= {_EXTRAS[key]: extras[key] for key in _EXTRAS if key in extras}
    if "voice" in extras:
        told["voice"] = _voice(extras["voice"])
    return known._replace(**told)


def _voice(data: Mapping[str, Any]) -> Voice | None:
    if data["channel"] is None:
        return None
    return Voice(
        data["channel"], data["channelName"], data["muted"], data["deafened"], data["streaming"],
        data.get("speaker", False),
    )  # fmt: skip


def words_of(event: Event) -> Message:
    """Be what was said, without the words, after a message or what is left of it."""
    data = {**event.data, **event.extras}
    return Message(
        data["uid"], "", data["channel"], data.get("id"), data.get("channelName"), data.get("replyTo"),
        parent=data.get("parent"),
    )  # fmt: skip


def channels_of(event: Event) -> Iterable[Channel]:
    """Be the channels that a channels event names."""
    return [
        Channel(
            name,
            data["name"],
            data["kind"],
            data["category"],
            data["position"],
            data.get("status"),
            data.get("plot"),
        )
        for name, data in event.data.items()
    ]


def happening_after(event: Event) -> Happening:
    """Be what goes on, after an event that says so."""
    return Happening(**event.data)


def info_of(event: Event) -> GuildInfo:
    """Be what an info event says of a guild."""
    return GuildInfo(**event.data)
