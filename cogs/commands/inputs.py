"""What people type, read strictly: what can't be used is refused with a sentence that helps."""

import re
import unicodedata
from typing import Final

from cogs.commands.replies import Refused
from cogs.settings import MAX_LINE
from cogs.texts import Text

MAX_NAME: Final = 100  # characters, as at Discord
MIN_PASSWORD: Final = 4  # characters
MAX_PASSWORD: Final = 100

_JOINERS: Final = "\u200c\u200d"  # Persian and emoji need them
_BLANK: Final = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol that show nothing


def parse_name(text: str) -> str:
    """Read a public name.

    Raises:
        Refused: if it is empty, invisible, too long, or has characters that change how text runs.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(char) in _FORBIDDEN and char not in _JOINERS for char in name):
        raise Refused(
            Text("A name can't have line breaks, control characters or ones that turn text around.")
        )
    if not any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in name):
        raise Refused(Text("A name needs something visible: letters, digits or symbols."))
    if len(name) > MAX_NAME:
        raise Refused(
            Text(
                "A name may have {most} characters at most; yours has {count}.",
                most=MAX_NAME,
                count=len(name),
            )
        )
    return name


_FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def parse_line(text: str) -> str:
    """Read what somebody wants to say over their head.

    Raises:
        Refused: if it is empty, invisible, too long, a link, or can't be read on one line.
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if any(unicodedata.category(char) in _FORBIDDEN and char not in _JOINERS for char in line):
        raise Refused(Text("A line can't have control characters or ones that turn text around."))
    if _PILED.search("".join("m" if unicodedata.category(char) in _MARKS else "-" for char in line)):
        raise Refused(Text("A line can't have letters with so many marks on them."))
    if not any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in line):
        raise Refused(Text("A line needs something visible: letters, digits or symbols."))
    if _LINK.search(line):
        raise Refused(Text("A line can't have links or invitations."))
    if len(line) > MAX_LINE:
        raise Refused(
            Text(
                "A line may have {most} characters at most; yours has {count}.",
                most=MAX_LINE,
                count=len(line),
            )
        )
    return line


# More than any script piles up: Hebrew and Thai have three at most.
_PILED: Final = re.compile("m{4}")
_MARKS: Final = frozenset({"Mn", "Me"})
_LINK: Final = re.compile(
    r"://|\bwww\.|\b(?:discord|dsc|invite)\.(?:gg|me|io)\b|\bdiscord(?:app)?\.com\b", re.IGNORECASE
)


def check_password(password: str) -> None:
    """See that a password can be one.

    Raises:
        Refused: if it is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Refused(Text("A password has 4 to 100 characters. Nothing was changed; try again."))


def parse_color(text: str) -> str:
    """Read a colour such as `#7bd88f`, `7BD88F` or `#7d8`, and return it as `#7bd88f`.

    Raises:
        Refused: if it is none.
    """
    found = re.fullmatch(r"#?([0-9a-f]{6}|[0-9a-f]{3})", text.strip(), re.ASCII | re.IGNORECASE)
    if not found:
        raise Refused(Text("That is no colour. Write one such as `#7bd88f` or `#f80`."))
    digits = found[1].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)  # noqa: PLR2004
