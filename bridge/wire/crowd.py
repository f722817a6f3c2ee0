"""What a client asks for of a crowd: to be told of few by name and of all by number, and to find somebody."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bridge.errors import BadRequest
from bridge.problems import bad_request

FEWEST: Final = 50  # members that a client may ask to be listed
MOST: Final = 5_000
MAX_TEXT: Final = 100  # characters of what is looked for
MOST_FOUND: Final = 20
MOST_ROLES: Final = 250  # of a guild, as Discord has it
MAX_ROLE_NAME: Final = 100  # characters, the same

# Which of them a client surely knows: those who have done something in the last so many events. Others come
# whole when they act. There are few such levels, for each is a kind of client.
_LEVELS: Final = (2_500, 500, 100, 25)
FAR: Final = 1 << 60  # events ago: nobody knows when


def read_crowd(value: object) -> int:
    """Read how many members a client wants listed; zero for all.

    Raises:
        BadRequest: for what is no whole number.
    """
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(bad_request("crowd must be a whole number"))
    return max(FEWEST, min(value, MOST))


def level_of(crowd: int) -> int:
    """Tell within how many events somebody must have acted to be known to a client that wants so many."""
    return next((level for level in _LEVELS if 2 * level <= crowd), 0)


def read_text(value: object) -> str:
    """Read what somebody looks for.

    Raises:
        BadRequest: for what no name can have in it.
    """
    if not isinstance(value, str) or len(value) > MAX_TEXT or not fold(value.strip()):
        raise BadRequest(bad_request(f"text must be a text of 1 to {MAX_TEXT} characters"))
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise BadRequest(bad_request("text has characters in it that no name has"))
    return value


def fold(name: str) -> str:
    """Write a name as it is compared: without case and accents, as the page does."""
    if name.isascii():
        return name.lower()
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if unicodedata.category(letter)[0] != "M").lower()


def neighbourhood(role_color: str | None, counts: Any, names: Sequence[str] = ()) -> dict[str, Any]:
    """Say how many of a colour are there, by their status, and what the roles are called that give it."""
    online, idle, dnd, offline = counts
    told = {"roleColor": role_color, "online": online, "idle": idle, "dnd": dnd, "offline": offline}
    return told | {"roleNames": list(names)} if names else told


def check_roles(names: Mapping[str, str]) -> dict[str, str]:
    """Return what roles are called by their ids, cut to the longest that Discord takes; empty is no name.

    Raises:
        TypeError: if it is no mapping of texts to texts.
        ValueError: if there are more than a guild may have.
    """
    if not isinstance(names, Mapping):
        raise TypeError(f"role_names is a mapping of ids to names, not {type(names).__name__}")
    if len(names) > MOST_ROLES:
        raise ValueError(f"a guild has no more than {MOST_ROLES} roles")
    for name in names.values():
        if not isinstance(name, str):
            raise TypeError(f"a role's name is a text, not {type(name).__name__}")
    return {str(role): name[:MAX_ROLE_NAME] for role, name in names.items() if name.strip()}
