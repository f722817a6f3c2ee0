"""Interactions: what people do with an application's commands, buttons and forms, and what it answers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tests.e2e import components
from tests.e2e.guild import Member, written
from tests.e2e.model import (
    ADMINISTRATOR,
    CONNECT,
    DIRECT,
    EVERYONE_MAY,
    VIEW_CHANNEL,
    Payload,
    User,
    snowflake,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.e2e.model import Channel, Role
    from tests.e2e.waiting import Bell

    Thing = TypeVar("Thing", Channel, Role)

COMMAND, COMPONENT, SUBMIT = 2, 3, 5  # kinds of interactions
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, FORM = 4, 5, 6, 7, 9  # ways to answer one
SLASH, USER_MENU = 1, 2  # kinds of commands
IN_GUILDS, IN_DIRECT_MESSAGES = 0, 1  # where commands are offered
CHANNEL, ROLE = 7, 8  # types of options
BUTTON, TEXT_INPUT, LABEL = 2, 4, 18  # kinds of components
EPHEMERAL, LOADING = 1 << 6, 1 << 7  # flags of a message
ANSWER, ANSWER_TO_MESSAGE = 20, 19  # types of messages

UNKNOWN: tuple[int, Payload] = (404, {"message": "Unknown interaction", "code": 10062})
ANSWERED: tuple[int, Payload] = (
    400,
    {"message": "Interaction has already been acknowledged.", "code": 40060},
)


@dataclass(eq=False)
class Reply:
    """What the bot answered to somebody: a message, which may change, or a form."""

    who: Member
    channel: Channel
    message: Payload | None = None
    form: Payload | None = None
    done: bool = False
    """Whether there is an answer, and not only the promise of one."""
    acknowledged: bool = False
    source: Payload | None = None
    """The message whose button or menu was used: an answer may change it."""
    changes_source: bool = False
    id: str = field(default_factory=lambda: str(snowflake()))
    token: str = field(default_factory=lambda: secrets.token_hex(32))

    @property
    def text(self) -> str:
        """What the message says, also where it is laid out."""
        assert self.message is not None, "there is no message"
        shown = components.parts(self.message["components"])
        return "\n".join(
            [self.message["content"], *(part["content"] for part in shown if part.get("content"))]
        )

    @property
    def private(self) -> bool:
        """Whether nobody else reads the message."""
        assert self.message is not None, "there is no message"
        return bool(self.message["flags"] & EPHEMERAL)

    def button(self, label: str) -> str:
        """Return the custom id of the button with this label."""
        assert self.message is not None, "there is no message"
        return button(self.message, label)


def button(message: Payload, label: str) -> str:
    """Return the custom id of a message's button with this label."""
    shown = list(components.parts(message["components"]))
    found = [part["custom_id"] for part in shown if part["type"] == BUTTON and part.get("label") == label]
    assert found, f"no button {label!r} in {shown}"
    return str(found[0])


def chosen_from(message: Payload, what: str, member: Member, values: Iterable[str]) -> Payload:
    """Return the data of a menu from which somebody chose, who sees what Discord offers."""
    [menu] = [
        part
        for part in components.parts(message["components"])
        if part["type"] in components.MENUS and part["custom_id"].endswith(f":{what}")
    ]
    data: Payload = {"custom_id": menu["custom_id"], "component_type": menu["type"], "id": 3}
    if menu["type"] == components.SELECT:
        ids = list(values)
        assert set(ids) <= {option["value"] for option in menu["options"]}, "Discord offers no such thing"
    elif menu["type"] == components.CHANNELS:
        channels = [_chosen(member.guild.channels.values(), value) for value in values]
        assert all(channel.type in menu["channel_types"] for channel in channels)
        ids = [str(channel.id) for channel in channels]
        data["resolved"] = {"channels": {str(one.id): _resolved(one, member) for one in channels}}
    else:
        roles = [_chosen(member.guild.roles.values(), value) for value in values]
        ids = [str(role.id) for role in roles]
        data["resolved"] = {"roles": {str(role.id): role.payload() for role in roles}}
    assert menu.get("min_values", 1) <= len(ids) <= menu.get("max_values", 1)
    return data | {"values": ids}


class Interactions:
    """Makes interactions as the gateway tells of them, and takes the answers that come by REST."""

    def __init__(
        self,
        me: User,
        bell: Bell,
        changed: Callable[[Payload], None],
        written: Callable[[str, Channel, Payload], None],
    ) -> None:
        self._me = me
        self._changed = changed
        self._written = written
        self._bell = bell
        self._open: dict[str, Reply] = {}

    def payload(self, reply: Reply, kind: int, data: Payload, locale: str) -> Payload:
        """Return the interaction that a reply will be the answer to."""
        self._open[reply.token] = reply
        reply.source = reply.message
        told: Payload = {
            "id": reply.id,
            "application_id": str(self._me.id),
            "type": kind,
            "data": data,
            "channel_id": str(reply.channel.id),
            "token": reply.token,
            "version": 1,
            "locale": locale,
            "app_permissions": EVERYONE_MAY,
            "entitlements": [],
            "attachment_size_limit": 10 << 20,
        }
        told |= _in_private(reply) if reply.channel.guild is None else _in_guild(reply)
        return told | ({"message": reply.message} if reply.message else {})

    def take(self, method: str, path: str, body: Payload) -> tuple[int, Payload | None] | None:
        """Take what the bot sent to a path; return status and content, or None if nothing here answers."""
        match method, path.strip("/").split("/"):
            case "POST", ["interactions", _, token, "callback"]:
                take = self._callback
            case "POST", ["webhooks", _, token]:
                take = self._follow_up
            case "PATCH", ["webhooks", _, token, "messages", "@original"]:
                take = self._edit_original
            case _:
                return None
        reply = self._open.get(token)
        answer = take(reply, body) if reply else UNKNOWN
        self._bell.ring()
        return answer

    def _callback(self, reply: Reply, body: Payload) -> tuple[int, Payload]:
        if reply.acknowledged:
            return ANSWERED
        reply.acknowledged = True
        kind, data = body["type"], body.get("data") or {}
        if kind in {MESSAGE, UPDATE} and (fault := self._fault(reply, data, new=kind == MESSAGE)):
            reply.acknowledged = False
            return fault
        reply.done = kind not in {DEFERRED, DEFERRED_UPDATE}
        reply.changes_source = kind in {UPDATE, DEFERRED_UPDATE}
        if kind == FORM:
            reply.form = data
        elif kind == UPDATE:
            self._write(reply, data)
            self._changed(reply.message or {})
        elif kind == MESSAGE:
            reply.message = None
            self._write(reply, data)
        elif kind == DEFERRED:
            reply.message = None
            self._write(reply, {"flags": data.get("flags", 0) | LOADING})
        interaction = {"id": reply.id, "type": COMMAND}
        if reply.message is None:
            return 200, {"interaction": interaction}
        interaction["response_message_id"] = reply.message["id"]
        return 200, {"interaction": interaction, "resource": {"type": kind, "message": reply.message}}

    def _follow_up(self, reply: Reply, body: Payload) -> tuple[int, Payload]:
        loading = reply.message is not None and reply.message["flags"] & LOADING
        if fault := self._fault(reply, body, new=not loading):
            return fault
        if not loading:
            reply.message = None  # another one, below
        return self._edit(reply, body)

    def _edit(self, reply: Reply, body: Payload) -> tuple[int, Payload]:
        reply.done = True
        return 200, self._write(reply, body)

    def _edit_original(self, reply: Reply, body: Payload) -> tuple[int, Payload]:
        if fault := self._fault(reply, body, new=False):
            return fault
        if not reply.changes_source or reply.source is None or reply.message is reply.source:
            answer = self._edit(reply, body)
        else:  # another message has followed
            latest, reply.message = reply.message, reply.source
            answer = self._edit(reply, body)
            reply.message = latest
        if reply.source is not None and reply.changes_source:
            self._changed(reply.source)
        return answer

    def _fault(self, reply: Reply, body: Payload, *, new: bool) -> tuple[int, Payload] | None:
        before = reply.source if reply.changes_source else reply.message
        return components.refused(body, None if new else before)

    def _write(self, reply: Reply, body: Mapping[str, Any]) -> Payload:
        """Write the message, or over it; who may read it is settled when it begins."""
        is_new = reply.message is None
        if reply.message is None:
            hook = {"webhook_id": str(self._me.id), "application_id": str(self._me.id)}
            kind = ANSWER if reply.source is None else ANSWER_TO_MESSAGE
            reply.message = written(
                reply.channel, self._me, "", type=kind, flags=body.get("flags", 0), **hook
            )
        told = {key: body[key] for key in ("content", "embeds", "components") if body.get(key) is not None}
        reply.message |= told | {"flags": reply.message["flags"] & ~LOADING | body.get("flags", 0)}
        if "components" in body and not body["components"]:
            reply.message["components"] = []
        if reply.message is not reply.source or reply.message["flags"] & EPHEMERAL:
            self._written("MESSAGE_CREATE" if is_new else "MESSAGE_UPDATE", reply.channel, reply.message)
        return reply.message


def slash(
    commands: Iterable[Payload],
    member: Member,
    line: str,
    options: Mapping[str, str],
    *,
    place: int = IN_GUILDS,
) -> Payload:
    """Return the data of a slash command, such as `dzone channels hide`, as it was made known.

    A channel and a role may be given by name or by id.
    """
    first, *path = line.split()
    known = _named(commands, first, SLASH)
    contexts = known.get("contexts")
    assert contexts is None or place in contexts, f"Discord offers no /{first} there"
    data: Payload = {"id": known["id"], "name": first, "type": SLASH, "guild_id": str(member.guild.id)}
    step = data
    for word in path:
        known = _named(known["options"], word)
        step["options"] = [{"name": word, "type": known["type"]}]
        step = step["options"][0]
    step["options"] = []
    resolved: dict[str, Payload] = {"channels": {}, "roles": {}}
    for name, given in options.items():
        option = _named(known.get("options", []), name)
        value = given
        if option["type"] == CHANNEL:
            channel = _chosen(member.guild.channels.values(), given)
            assert channel.type in option["channel_types"], f"Discord offers no channel as {given!r}"
            value = str(channel.id)
            resolved["channels"][value] = _resolved(channel, member)
        elif option["type"] == ROLE:
            role = _chosen(member.guild.roles.values(), given)
            value = str(role.id)
            resolved["roles"][value] = role.payload()
        step["options"].append({"name": name, "type": option["type"], "value": value})
    return data | {"resolved": {kind: some for kind, some in resolved.items() if some}}


def _chosen(some: Iterable[Thing], value: str) -> Thing:
    """Find what somebody chose from what Discord offers."""
    return next(one for one in some if value in {one.name, str(one.id)})


def _resolved(channel: Channel, member: Member) -> Payload:
    """Return a channel as a command's option brings it: with its real name, whatever the bot may view."""
    told = {
        "id": str(channel.id),
        "name": channel.name,
        "type": channel.type,
        "parent_id": str(channel.parent.id) if channel.parent else None,
        "permissions": str(permissions_in(member, channel)),
        "app_permissions": str(int(EVERYONE_MAY) & ~(VIEW_CHANNEL if channel.unseen else 0)),
    }
    return told | {"position": channel.position, "nsfw": channel.nsfw, "topic": None, "flags": 0}


def permissions_in(member: Member, channel: Channel) -> int:
    """Return what a member may do in a channel."""
    permissions = member.permissions()
    if permissions & ADMINISTRATOR:
        return permissions
    if channel.locked:
        permissions &= ~CONNECT
    if channel.hidden and channel.allows not in member.roles:
        permissions &= ~VIEW_CHANNEL
    return permissions


def menu(commands: Iterable[Payload], name: str, target: Member) -> Payload:
    """Return the data of a command that was chosen from a member's menu."""
    resolved = {
        "users": {target.uid: target.user.payload()},
        "members": {target.uid: target.partial() | {"permissions": str(target.permissions())}},
    }
    known = _named(commands, name, USER_MENU)
    return {
        "id": known["id"],
        "name": name,
        "type": USER_MENU,
        "target_id": target.uid,
        "resolved": resolved,
    }


def filled_in(form: Payload, value: str) -> Payload:
    """Return the data of a form with one field, filled in."""
    (label,) = form["components"]
    assert label["type"] == LABEL
    answer = {"type": TEXT_INPUT, "id": 2, "custom_id": label["component"]["custom_id"], "value": value}
    return {"custom_id": form["custom_id"], "components": [{"type": LABEL, "id": 1, "component": answer}]}


def _named(some: Iterable[Payload], name: str, kind: int | None = None) -> Payload:
    """Find what was made known under a name: Discord offers nothing else."""
    for one in some:
        if one["name"] == name and kind in {None, one["type"]}:
            return one
    raise AssertionError(f"the bot made no {name!r} known")


def _in_guild(reply: Reply) -> Payload:
    guild, member = reply.who.guild, reply.who
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "channel": reply.channel.payload() | {"permissions": str(member.permissions())},
        "member": member.payload() | {"permissions": str(member.permissions())},
        "authorizing_integration_owners": {"0": str(guild.id)},
        "context": 0,
    }


def _in_private(reply: Reply) -> Payload:
    """Say what is told of a command in a direct message: nothing of any guild."""
    return {
        "channel": {"id": str(reply.channel.id), "type": DIRECT, "flags": 0, "last_message_id": None},
        "user": reply.who.user.payload(),
        "authorizing_integration_owners": {"0": "0"},
        "context": 1,
    }
