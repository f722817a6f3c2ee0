"""What a provider's record must be: the one place where its data becomes the bridge's types.

What can be repaired is repaired, the rest is skipped; both are counted by field, for one warning.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from bridge.model import DEFAULT_COLOR, RESERVED_SLUGS, GuildInfo, Member, Status
from bridge.wire.protocol import MAX_NAME

MAX_TEXT: Final = 200  # characters of a name that reaches viewers; Discord's longest is 100
_YEAR_3000: Final = 32_503_680_000  # in seconds since 1970; in milliseconds it was early in 1971

_STATUSES: Final[dict[str, Status]] = {
    "online": "online", "idle": "idle", "dnd": "dnd", "offline": "offline", "invisible": "offline",
}  # fmt: skip
NO_COLOR: Final = "#000000"  # as Discord and its libraries write that a role has none
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")

Complaints = Counter[str]
_Record = TypeVar("_Record", GuildInfo, Member)


class Rubbish(TypeError):
    """A provider returned something that holds no records at all."""


def parse_servers(raw: object, complaints: Complaints) -> list[GuildInfo]:
    """Read server records, in both documented forms; those that are not `enabled` are left out.

    Raises:
        Rubbish: if `raw` is not a mapping of records.
    """
    guilds: dict[str, GuildInfo] = {}
    slugs: set[str] = set()
    for key, record in _records(raw, complaints):
        if not record.get("enabled", True):
            continue
        guild = _parse_server(key, record, complaints)
        if guild is None:
            continue
        if guild.slug in slugs:
            complaints["id is used twice"] += 1
            continue
        slugs.add(guild.slug)
        guilds[guild.id] = guild
    return list(guilds.values())


def parse_users(raw: object, complaints: Complaints) -> list[Member]:
    """Read user records.

    Raises:
        Rubbish: if `raw` is not a mapping of records.
    """
    members = (_parse_user(key, record, complaints) for key, record in _records(raw, complaints))
    return list({member.uid: member for member in members if member}.values())


def parse_change(uid: str, record: object, known: Member | None, complaints: Complaints) -> Member | None:
    """Read what has changed of somebody; fields that are left out are as they were. None if it is skipped."""
    if known is not None and isinstance(record, Mapping):
        color: dict[str, str | None] = {} if "role_color" in record else {"roleColor": known.role_color}
        if "role_color2" not in record:
            color["roleColor2"] = known.role_color2
        before = {
            "username": known.username, "status": known.status, "bot": known.bot, "joined": known.joined,
        }  # fmt: skip
        record = before | color | dict(record)
    return next(iter(parse_users({uid: record}, complaints)), None)


def parse_status(value: object) -> Status | None:
    """Read a status; invisible people are offline. None if it is no status."""
    return _STATUSES.get(str(value))


def parse_color(value: object) -> str | None:
    """Read a colour of the form `#rrggbb`. None if it is not of that form."""
    return value.lower() if isinstance(value, str) and _COLOR.fullmatch(value) else None


def parse_role_color(value: object) -> str | None:
    """Read the colour of somebody's name. None for another form, and for black: Discord calls that none."""
    color = parse_color(value)
    return None if color == NO_COLOR else color


def parse_time(value: object) -> int | None:
    """Read seconds since 1970. None if it is no whole number, or one of milliseconds."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < _YEAR_3000 else None


def parse_id(value: object, limit: int = MAX_NAME) -> str | None:
    """Read an id: a text, or a number as many libraries have it. None if it is neither."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**limit:
        value = str(value)
    if not isinstance(value, str):
        return None
    value = value.strip()
    return value if 0 < len(value) <= limit else None


def check_mapping(raw: object) -> Mapping[str, Any]:
    """Return what holds records, if it does.

    Raises:
        Rubbish: if `raw` is not a mapping.
    """
    if not isinstance(raw, Mapping):
        raise Rubbish(f"a mapping of records was expected, not {type(raw).__name__}")
    return raw


def _records(raw: object, complaints: Complaints) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, record in check_mapping(raw).items():
        name = parse_id(key)
        if name is None or not isinstance(record, Mapping):
            complaints["record is no mapping or its key no id, skipped"] += 1
        else:
            yield name, record


def _parse_server(key: str, record: Mapping[str, Any], complaints: Complaints) -> GuildInfo | None:
    slug = parse_id(record.get("id", key))
    if slug is None or slug in RESERVED_SLUGS:
        if key in RESERVED_SLUGS:
            complaints["id means no server in particular, skipped"] += 1
            return None
        complaints["id repaired"] += 1
        slug = key
    name = record.get("name")
    if not isinstance(name, str) or not name.strip():
        complaints["name repaired"] += 1
        name = slug
    password = record.get("password")
    has_password = isinstance(password, str) and bool(password)
    return GuildInfo(
        id=key,
        slug=slug,
        name=name[:MAX_TEXT],
        protected=has_password or bool(record.get("passworded", False)),
        default=bool(record.get("default", record.get("is_default", False))),
        password=password if has_password else None,
    )


def _parse_user(key: str, record: Mapping[str, Any], complaints: Complaints) -> Member | None:
    username = record.get("username")
    if not isinstance(username, str) or not username.strip():
        complaints["username missing, skipped"] += 1
        return None
    uid = parse_id(record.get("uid", key))
    if uid is None:
        complaints["uid repaired"] += 1
        uid = key
    status = parse_status(record.get("status", "offline"))
    if status is None:
        complaints["status repaired"] += 1
    color = _color(record, "roleColor", "role_color", complaints)
    joined = parse_time(record.get("joined"))
    if joined is None and record.get("joined") is not None:
        complaints["joined left out"] += 1
    return Member(
        uid=uid,
        username=username[:MAX_TEXT],
        status=status or "offline",
        role_color=color if color and color != NO_COLOR else DEFAULT_COLOR,
        bot=record.get("bot") is True,
        joined=joined,
        role_color2=_color(record, "roleColor2", "role_color2", complaints),
    )


def _color(record: Mapping[str, Any], name: str, other_name: str, complaints: Complaints) -> str | None:
    """Read a colour under either of its names."""
    given = record.get(name, record.get(other_name))
    color = parse_color(given)
    if color is None and given is not None:
        complaints[f"{name} repaired"] += 1
    return color
