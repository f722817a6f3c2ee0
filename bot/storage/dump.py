"""All settings as a text that people can read: JSON, one line for each guild and person.

A text may come from anywhere. Everything in it is checked, and nothing is left to defaults: what is missing
might be what hides somebody.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from bot import plots
from bot.storage.checks import MAX_ID, check_guild, check_member
from bot.storage.rows import BLOCKED, DEFAULT_GUILD, UPGRADED, Contents, StoredGuild, blocked
from cogs.settings import Blockable, GuildSettings, MemberSettings

FORMAT: Final = "d-zone settings"
VERSION: Final = 7
FIRST_WITH_ALL: Final = 3  # the version from which on each guild that the bot is in is there
Object = dict[str, Any]

_BLOCKED: Final = "blocked"
_TOP: Final = ("format", "version", "default_guild", "guilds", "members")
_GUILD: Final = (
    "shown", "listed", "name", "messages", "offline", "bots", "protection", "role_id", "password_hash",
    "audience", "live_channel", "live_message", "live_ended", "channels", "proxies", "hidden",
    "hidden_roles", "optin", "gestures", "role_names", "left", "plots",
)  # fmt: skip
_IDS: Final = ("role_id", "audience", "live_channel", "live_message")
# What each older version didn't have, and what stands for it: nobody could decide on it.
_LATER: Final[dict[int, Object]] = {
    1: {"audience": None, "proxies": []},
    2: {"live_channel": None, "live_message": None, "live_ended": None},
    3: {"hidden_roles": [], "optin": False},
    4: {"gestures": True},
    5: {"plots": []},
    6: {"role_names": False},
}
_MEMBER_LATER: Final[dict[int, Object]] = {3: {"agreed": False, "line": None}}
_MEMBER: Final = ("hidden", "muted", "color", "agreed", "line")
_MAX_SHOWN: Final = 40  # characters


class Fault(Exception):
    """Something is wrong with a text of settings. The message says where, and what."""


def lines(contents: Contents) -> Iterator[str]:
    """Write everything, a line for each guild and person.

    Of notes, what somebody decided, and where a guild's channels are; whom who runs the bot has blocked, if
    they have blocked anybody.
    """
    yield "{\n"
    yield f'  "format": {json.dumps(FORMAT)},\n'
    yield f'  "version": {VERSION},\n'
    yield f'  "default_guild": {json.dumps(contents.notes.get(DEFAULT_GUILD))},\n'
    yield '  "guilds": {'
    yield from _entries({key: _guild_object(key, contents) for key in contents.guilds})
    yield '  },\n  "members": {'
    yield from _entries({key: asdict(member) for key, member in contents.members.items()})
    yield "  }"
    if shut_out := {kind: ids for kind in BLOCKED if (ids := _blocked(contents, kind))}:
        yield f',\n  "{_BLOCKED}": {json.dumps(shut_out)}'
    yield "\n}\n"


def parse(text: bytes) -> Contents:
    """Read what `lines` wrote.

    Raises:
        Fault: if it is anything else.
    """
    read = _json(text)
    shut_out = read.pop(_BLOCKED, {}) if isinstance(read, dict) else {}
    top = _object("the file", read, _TOP)
    if top["format"] != FORMAT or type(top["version"]) is not int:
        raise Fault(f'that is no export of settings: it has no "format": "{FORMAT}"')
    version = top["version"]
    if not 1 <= version <= VERSION:
        raise Fault(f"this bot knows the format up to version {VERSION}, and not {version}")
    contents = Contents()
    if top["default_guild"] is not None:
        contents.notes[DEFAULT_GUILD] = str(_id("default_guild", top["default_guild"]))
    if version < FIRST_WITH_ALL:
        contents.notes[UPGRADED] = str(int(time.time()))
    contents.notes |= _shut_out(shut_out)
    for key, value in _object("guilds", top["guilds"]).items():
        guild_id = _id("guilds", key)
        contents.guilds[guild_id], held = _guild(f"guilds, {key}", value, version)
        if held:
            contents.notes[f"{plots.NOTE}{guild_id}"] = plots.written(held)
    for key, value in _object("members", top["members"]).items():
        user_id = _id("members", key)
        contents.members[user_id] = _member(f"members, {key}", value, version)
    return contents


def _shut_out(value: object) -> dict[str, str]:
    prefixes = {str(kind): prefix for kind, prefix in BLOCKED.items()}
    notes: dict[str, str] = {}
    for kind, snowflakes in _object(_BLOCKED, value).items():
        if kind not in prefixes:
            raise Fault(f"{_BLOCKED}: {_shown(kind)} is unknown")
        notes |= {f"{prefixes[kind]}{snowflake}": "" for snowflake in _ids(f"{_BLOCKED}, {kind}", snowflakes)}
    return notes


def _blocked(contents: Contents, kind: Blockable) -> list[str]:
    return [str(snowflake) for snowflake in blocked(contents, kind)]


def _entries(objects: dict[int, Object]) -> Iterator[str]:
    comma = "\n"
    for key in sorted(objects):
        yield f'{comma}    "{key}": {json.dumps(objects[key], ensure_ascii=False)}'
        comma = ",\n"
    yield "\n"


def _guild_object(guild_id: int, contents: Contents) -> Object:
    guild = contents.guilds[guild_id]
    settings = guild.settings
    plain = {name: getattr(settings, name) for name in _GUILD if hasattr(settings, name)}
    ids = {name: getattr(settings, name) for name in _IDS}
    return plain | {
        **{name: None if snowflake is None else str(snowflake) for name, snowflake in ids.items()},
        "channels": {str(key): settings.channels[key] for key in sorted(settings.channels)},
        "proxies": [str(key) for key in sorted(settings.proxies)],
        "hidden": [str(key) for key in sorted(settings.hidden)],
        "hidden_roles": [str(key) for key in sorted(settings.hidden_roles)],
        "left": None if guild.left is None else guild.left.astimezone(UTC).isoformat(timespec="seconds"),
        "plots": plots.read(contents.notes.get(f"{plots.NOTE}{guild_id}")),
    }


def _guild(place: str, value: object, version: int) -> tuple[StoredGuild, plots.Held]:
    fields = _completed(place, value, _GUILD, _LATER, version)
    left, held = fields.pop("left"), _plots(f"{place}, plots", fields.pop("plots"))
    channels = _object(f"{place}, channels", fields.pop("channels"))
    for name in ("proxies", "hidden", "hidden_roles"):
        fields[name] = frozenset(_ids(f"{place}, {name}", fields[name]))
    for name in _IDS:
        fields[name] = None if fields[name] is None else _id(f"{place}, {name}", fields[name])
    fields["channels"] = MappingProxyType({_id(f"{place}, channels", key): channels[key] for key in channels})
    settings = GuildSettings(**fields)
    try:
        check_guild(settings)
    except ValueError as error:
        raise Fault(f"{place}: {error}") from error
    return StoredGuild(settings, None if left is None else _time(f"{place}, left", left)), held


def _plots(place: str, value: object) -> plots.Held:
    """Read which channel has each plot; null is a free one."""
    if not isinstance(value, list):
        raise Fault(f"{place}: must be a list")
    _ids(place, [each for each in value if each is not None])
    return value


def _member(place: str, value: object, version: int) -> MemberSettings:
    settings = MemberSettings(**_completed(place, value, _MEMBER, _MEMBER_LATER, version))
    try:
        check_member(settings)
    except ValueError as error:
        raise Fault(f"{place}: {error}") from error
    return settings


def _completed(
    place: str, value: object, names: Sequence[str], later: Mapping[int, Object], version: int
) -> Object:
    """Return an object that has the named fields; what its version didn't have is what stands for it."""
    missing: Object = {}
    for older in range(version, VERSION):
        missing |= later.get(older, {})
    return _object(place, value, [name for name in names if name not in missing]) | missing


def _ids(place: str, value: object) -> Sequence[int]:
    if not isinstance(value, list):
        raise Fault(f"{place}: must be a list")
    ids = [_id(place, item) for item in value]
    if len(set(ids)) < len(ids):
        raise Fault(f"{place}: an id stands there twice")
    return ids


def _id(place: str, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,18}", value) and int(value) <= MAX_ID:
        return int(value)
    raise Fault(f'{place}: {_shown(value)} is no id, such as "1234", in quotes')


def _time(place: str, value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not 1970 <= time.year < 9999:  # noqa: PLR2004
        raise Fault(f"{place}: {_shown(value)} is no time such as 2030-01-31T12:00:00+00:00")
    return time.astimezone(UTC).replace(microsecond=0)


def _object(place: str, value: object, names: Sequence[str] | None = None) -> Object:
    """Return an object that has exactly the named fields, where names are given."""
    if not isinstance(value, dict):
        raise Fault(f"{place}: must be an object, in braces")
    for name in names or ():
        if name not in value:
            raise Fault(f'{place}: "{name}" is missing')
    for name in value:
        if names is not None and name not in names:
            raise Fault(f"{place}: {_shown(name)} is unknown")
    return dict(value)


def _json(text: bytes) -> object:
    try:
        return json.loads(text.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Fault("that is no UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise Fault(f"line {error.lineno}, column {error.colno}: that is no JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:  # nested without end, or a number without end
        raise Fault("that is no export of settings") from error


def _once(pairs: list[tuple[str, object]]) -> Object:
    made: Object = {}
    for name, value in pairs:
        if name in made:
            raise Fault(f"{_shown(name)} stands twice in the same object")
        made[name] = value
    return made


def _no_number(name: str) -> object:
    raise Fault(f"{name} is no number")


def _shown(value: object) -> str:
    text = json.dumps(value) if isinstance(value, str | int | float | bool) or value is None else "that"
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
