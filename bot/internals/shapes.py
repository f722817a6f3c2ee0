"""What a thing that Discord sends must look like for discord.py to read it, and how it is made so."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.internals.skips import Unreadable

Payload = dict[str, Any]


NEVER: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)  # what ends then is to last
MAX_KNOWN: Final = 256  # ways in which a thing of one shape may look


class _Absent:
    """What a field that isn't there has in place of a value."""


ABSENT: Final = _Absent()
NEEDED: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Field:
    """What a field may hold; `otherwise` stands in for anything else.

    `ABSENT` leaves the field out, and `NEEDED` makes the whole thing unreadable.
    """

    types: frozenset[type]
    otherwise: Any = ABSENT
    check: Callable[[Any], bool] | None = None


Shape = Mapping[str, Field]


def is_id(value: object) -> bool:
    """Tell whether something is a snowflake, as JSON has it."""
    if type(value) is str:
        return len(value) < 20 and value.isdecimal()  # noqa: PLR2004 - digits of what 64 bits hold
    return type(value) is int and 0 <= value < 1 << 63


def is_time(value: object) -> bool:
    """Tell whether something is a moment, or none."""
    if value is None:
        return True
    try:
        datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _field(*types: type, otherwise: Any = ABSENT, check: Callable[[Any], bool] | None = None) -> Field:
    allowed = {*types, _Absent} if otherwise is ABSENT else set(types)
    return Field(frozenset(allowed), otherwise, check)


_PERMISSIONS: Final = re.compile(r"\d{1,30}", re.ASCII)

ID: Final = _field(str, int, otherwise=NEEDED, check=is_id)
MAYBE_ID: Final = _field(str, int, type(None), check=lambda value: value in (None, ABSENT) or is_id(value))
NAME: Final = _field(str, otherwise=NEEDED)
WORDS: Final = _field(str, otherwise="")
MAYBE_WORDS: Final = _field(str, type(None))
NUMBER: Final = _field(int, otherwise=0)
A_NUMBER: Final = _field(int, otherwise=NEEDED)
SWITCH: Final = _field(bool)
TIME: Final = _field(str, type(None), check=lambda value: value is ABSENT or is_time(value))
THINGS: Final = _field(list)
OBJECT: Final = _field(dict, otherwise=NEEDED)
MAYBE_OBJECT: Final = _field(dict)
OBJECT_OR_NULL: Final = _field(dict, type(None))
PERMISSIONS: Final = _field(
    str, int, otherwise="0", check=lambda value: bool(_PERMISSIONS.fullmatch(str(value)))
)


class Usual:
    """Tells at a glance what looks as things of a shape usually do: there are many members, and few are odd.

    It looks at all types at once, and remembers which together are good.
    """

    def __init__(self, shape: Shape) -> None:
        self._fields = tuple(shape.values())
        self._names = tuple(shape)
        self._absent = (ABSENT,) * len(shape)
        self._checks = tuple((name, field.check) for name, field in shape.items() if field.check)
        self._known: dict[tuple[type, ...], bool] = {}

    def fits(self, data: Payload) -> bool:
        """Tell whether there is nothing to mend; what may be left out may be."""
        types = tuple(map(type, map(data.get, self._names, self._absent)))
        good = self._known.get(types)
        if good is None:
            good = all(kind in field.types for kind, field in zip(types, self._fields, strict=True))
            if len(self._known) < MAX_KNOWN:
                self._known[types] = good
        if not good:
            return False
        for name, check in self._checks:
            value = data.get(name)
            if value is not None and not check(value):
                return False
        return True


def mend(data: object, shape: Shape, known: Callable[[], Payload | None] = lambda: None) -> Payload:
    """Make a thing readable where it can be, in place, and return it.

    What it lacks, or has as something else, is taken from what is `known` of it, else it becomes what its
    shape says.

    Raises:
        Unreadable: if it lacks what is needed.
    """
    if type(data) is not dict:
        raise Unreadable("an object")
    before: Payload | None = None
    for name, field in shape.items():
        value = data.get(name, ABSENT)
        fits = type(value) in field.types and (field.check is None or field.check(value))
        if fits and value is not ABSENT:
            continue
        if before is None:
            before = known() or {}
        if name in before:
            data[name] = before[name]
        elif not fits:
            _replace(data, name, field)
    return data


def _replace(data: Payload, name: str, field: Field) -> None:
    if field.otherwise is NEEDED:
        raise Unreadable(name)
    if field.otherwise is ABSENT:
        data.pop(name, None)
    else:
        data[name] = field.otherwise
