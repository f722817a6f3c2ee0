"""The loopback Discord's application commands: what it knows, and what it refuses to be told."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.model import Payload, snowflake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SLASH, USER_MENU, MESSAGE_MENU, ENTRY_POINT = 1, 2, 3, 4
MOST: Final = {SLASH: 100, USER_MENU: 5, MESSAGE_MENU: 5, ENTRY_POINT: 1}
MOST_CREATED: Final = 200  # a day; here it is always the same day
MOST_OPTIONS: Final = 25
DEVANAGARI_AND_THAI: Final = ((0x0900, 0x097F), (0xA8E0, 0xA8FF), (0x0E01, 0x0E3A), (0x0E40, 0x0E5B))

Fault = tuple[str, str, str]  # what Discord objects to: the path to it, a code, a message
Answer = tuple[int, Any]  # a status, and what JSON holds


def _refused(code: int, message: str, **more: object) -> Answer:
    return 400, {"message": message, "code": code, **more}


class Commands:
    """The commands of one application, global ones and those of guilds, by the path they are put at."""

    def __init__(self, application_id: int) -> None:
        self.known: dict[str, list[Payload]] = {}
        self.told: set[str] = set()
        """Paths at which Discord was told of commands, and took them."""
        self.created = 0
        """How many commands were new today."""
        self.reserved: set[str] = set()
        """Names that no command may have, though they are well formed."""
        self._application_id = application_id

    @property
    def path(self) -> str:
        """Where the application puts the commands that it has in every guild."""
        return f"/applications/{self._application_id}/commands"

    def enable_activities(self) -> Payload:
        """Make the application one with an Activity: Discord creates the command that opens it."""
        entry_point = self._kept({
            "type": ENTRY_POINT, "name": "launch", "name_localizations": {"de": "starten"},
            "description": "Launch an activity", "description_localizations": {"de": "Aktivität starten"},
            "handler": 2, "integration_types": [0, 1], "contexts": [0, 1, 2],
        })  # fmt: skip
        self.known.setdefault(self.path, []).append(entry_point)
        return entry_point

    def take(self, method: str, path: str, query: Mapping[str, str], given: object) -> Answer:
        """Answer a request; `given` is what was sent with it."""
        known = self.known.get(path, [])
        if method == "GET":
            translated = query.get("with_localizations") in ("true", "1")
            return 200, known if translated else [_untranslated(command) for command in known]
        if method == "PUT":
            return self._replace(path, known, given)
        return 405, {"message": "405: Method Not Allowed", "code": 0}

    def _replace(self, path: str, known: list[Payload], given: object) -> Answer:
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            return _refused(50109, "The request body contains invalid JSON.")
        counts = Counter(command.get("type", SLASH) for command in given)
        if any(counts[kind] > most for kind, most in MOST.items()):
            return _refused(30032, "Maximum number of application commands reached (100).")
        has_activity = any(command["type"] == ENTRY_POINT for command in known)
        faults = [*_faults(given, has_activity=has_activity), *self._reserved_in(given)]
        if faults:
            return _refused(50035, "Invalid Form Body", errors=nested(faults))
        if has_activity and not counts[ENTRY_POINT]:
            return _refused(
                50240,
                "You cannot remove this app's Entry Point command in a bulk update operation. Please include "
                "the Entry Point command in your update request or delete it separately.",
            )
        before = {_key(command): command for command in known}
        new = sum(_key(command) not in before for command in given)
        if self.created + new > MOST_CREATED:
            return _refused(30034, "Max number of daily application command creates has been reached (200)")
        self.created += new
        self.known[path] = [self._kept(command, before.get(_key(command))) for command in given]
        self.told.add(path)
        return 200, self.known[path]

    def _reserved_in(self, given: list[Payload]) -> Iterator[Fault]:
        for number, command in enumerate(given):
            if command.get("name") in self.reserved:
                yield f"{number}.name", *BAD_NAME

    def _kept(self, given: Payload, before: Payload | None = None) -> Payload:
        kind = given.get("type", SLASH)
        kept: Payload = {
            "type": kind, "description": "", "default_member_permissions": None, "dm_permission": True,
            "contexts": None, "integration_types": [0], "nsfw": False, "name_localizations": None,
            "description_localizations": None,
        }  # fmt: skip
        if kind == SLASH:
            kept["options"] = []
        own = {
            "id": before["id"] if before else str(snowflake()),
            "application_id": str(self._application_id),
            "version": str(snowflake()),
        }
        return kept | given | own


def _key(command: Payload) -> tuple[int, str]:
    return command.get("type", SLASH), command["name"]


def _untranslated(command: Payload) -> Payload:
    """Return a command as who doesn't ask for all languages gets it."""
    shown = {field: value for field, value in command.items() if not field.endswith("_localizations")}
    for parts in ("options", "choices"):
        if parts in command:
            shown[parts] = [_untranslated(part) for part in command[parts]]
    return shown


REQUIRED: Final = "BASE_TYPE_REQUIRED", "This field is required"
BAD_NAME: Final = "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
TAKEN: Final = "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
NO_ACTIVITY: Final = "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}."


def _bad_length(least: int, most: int) -> tuple[str, str]:
    return "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."


def _faults(commands: list[Payload], *, has_activity: bool) -> Iterator[Fault]:
    seen = set()
    for number, command in enumerate(commands):
        kind = command.get("type", SLASH)
        if kind not in MOST or (kind == ENTRY_POINT and not has_activity):
            yield f"{number}.type", *NO_ACTIVITY
            continue
        yield from _faults_of_name(str(number), command, 32, strict=kind == SLASH)
        yield from _faults_of_description(str(number), command, 100 if kind in (SLASH, ENTRY_POINT) else 0)
        yield from _faults_of_options(str(number), command)
        if (kind, command.get("name")) in seen:
            yield f"{number}.name", *TAKEN
        seen.add((kind, command.get("name")))


def _texts(place: str, part: Payload, field: str) -> Iterator[tuple[str, object]]:
    """Yield a text and its translations, each with the path to it."""
    yield f"{place}.{field}", part.get(field)
    for locale, text in (part.get(f"{field}_localizations") or {}).items():
        yield f"{place}.{field}_localizations.{locale}", text


def _faults_of_name(place: str, part: Payload, most: int, *, strict: bool) -> Iterator[Fault]:
    for path, name in _texts(place, part, "name"):
        if not isinstance(name, str):
            yield path, *REQUIRED
        elif not 1 <= len(name) <= most:
            yield path, *_bad_length(1, most)
        elif strict and not _is_slash_name(name):
            yield path, *BAD_NAME


def _is_slash_name(name: str) -> bool:
    r"""Tell whether `[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]+` is all of it, with no capital letter."""
    return name == name.lower() and all(
        sign in "-_'"
        or unicodedata.category(sign)[0] in "LN"
        or any(first <= ord(sign) <= last for first, last in DEVANAGARI_AND_THAI)
        for sign in name
    )


def _faults_of_description(place: str, part: Payload, most: int) -> Iterator[Fault]:
    least = min(most, 1)
    for path, text in _texts(place, {"description": "", **part}, "description"):
        if not isinstance(text, str):
            yield path, *REQUIRED
        elif not least <= len(text) <= most:
            yield path, *(_bad_length(least, most) if text else REQUIRED)


def _faults_of_options(place: str, part: Payload) -> Iterator[Fault]:
    for parts in ("options", "choices"):
        if len(part.get(parts) or ()) > MOST_OPTIONS:
            yield f"{place}.{parts}", "BASE_TYPE_BAD_LENGTH", f"Must be {MOST_OPTIONS} or fewer in length."
    for number, option in enumerate(part.get("options") or ()):
        inner = f"{place}.options.{number}"
        yield from _faults_of_name(inner, option, 32, strict=True)
        yield from _faults_of_description(inner, option, 100)
        yield from _faults_of_options(inner, option)
    for number, choice in enumerate(part.get("choices") or ()):
        yield from _faults_of_name(f"{place}.choices.{number}", choice, 100, strict=False)


def nested(faults: Iterable[Fault]) -> Payload:
    errors: Payload = {}
    for path, code, message in faults:
        here = errors
        for step in path.split("."):
            here = here.setdefault(step, {})
        here.setdefault("_errors", []).append({"code": code, "message": message})
    return errors
