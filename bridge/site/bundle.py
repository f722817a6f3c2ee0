"""One script out of the page's modules: by itself, each of them would cost every visit a request.

The modules are written, typed and tested as such, and a browser takes them as they are. Here they are put one
after the other into one scope. So what they declare at their top has names that are unique on the page, and
an import never renames.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, product
from pathlib import Path
from string import ascii_letters
from typing import Final

_IMPORT: Final = re.compile(r"^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from '(?P<path>\.[^']+)';\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:const|let|class|(?:async )?function)\b)", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^(?:const|let|class|(?:async )?function\*?) (\w+|\[[\w, ]+\]|\{[^}]+\})", re.MULTILINE
)
# As it is declared, and as it is used.
_PRIVATE: Final = re.compile(
    r"(?<=\.#)\w+|(?<=^  #)\w+|(?<=^  get #)\w+|(?<=^  set #)\w+|(?<=^  async #)\w+|(?<=^  \*#)\w+",
    re.MULTILINE,
)
# Not as a property, nor as a word; but spread.
_CONSTANT: Final = re.compile(r"(?:(?<![\w.#$'\"`])|(?<=\.\.\.))[A-Z][A-Z0-9_]{2,}(?![\w'\"`])")
# In a script without comments: where functions and classes are declared or used as such, and every word.
_CALL: Final = re.compile(
    r"(?<![\w.#$'\"`])(?:(?<=new )\w+|(?<=class )\w+|(?<=extends )\w+|\w+(?=\()"
    r"|(?:(?<=const )|(?<=,))\w+(?==(?:async)?\())"
)
# How a declaration begins.
_ROW: Final = re.compile(r" *(?:const|let) ")
_WORD: Final = re.compile(r"(?<![\w$])\w+(?![\w$])")
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class NotBundled(ValueError):
    """The modules can't be put into one scope. The message says which one, and why."""


def declared(script: str) -> list[str]:
    """Name what a script declares at its top."""
    return re.findall(r"\w+", " ".join(_DECLARED.findall(script)))


def bundle(entry: Path) -> str:
    """Put a module and all that it imports, those first, into one script.

    Raises:
        OSError: if a module can't be read.
        NotBundled: for a name that two of them declare, and for other forms of import and export.
    """
    owners: dict[str, Path] = {}
    parts = []
    for file, source in _in_order(entry.resolve(), set()):
        body = _EXPORT.sub("", _IMPORT.sub("", source))
        if left := _LEFT.search(body):
            raise NotBundled(f"{file.name}: {left[0]}")
        for one in declared(body):
            if owners.setdefault(one, file) != file:
                raise NotBundled(f"{file.name} and {owners[one].name} both declare {one}")
        parts.append(body)
    return "".join(parts)


def shorten(script: str) -> str:
    """Give what is private to classes, and constants, short names: the shortest to what is named most.

    Nobody outside of a class, or of the script, can tell the difference.
    """
    constants = {name for name in declared(script) if _CONSTANT.fullmatch(name)}
    script = _rename(_CONSTANT, script, "$", constants)
    return _rename(_PRIVATE, script, "", set(_PRIVATE.findall(script)))


def join(script: str) -> str:
    """Make one declaration of those that follow each other, each whole on a line of its own."""
    lines: list[str] = []
    before = ""  # how such a declaration begins, if the line before is one
    for line in script.split("\n"):
        found = _ROW.match(line)
        start = found[0] if found else ""
        if start and start == before:
            lines[-1] = lines[-1].removesuffix(";") + ","
            lines.append(line.removeprefix(start))
        else:
            lines.append(line)
        before = start if line.endswith(";") and _is_whole(line) else ""
    return "\n".join(lines)


def _is_whole(line: str) -> bool:
    """Tell whether what a line opens is closed on it; when in doubt it isn't."""
    pairs = all(line.count(one) == line.count(other) for one, other in ("()", "[]", "{}"))
    return pairs and line.count("`") % 2 == 0 and "//" not in line


def shorten_calls(script: str, names: Iterable[str]) -> str:
    """Give short names also to those functions and classes of a minified script that are nothing but called.

    Where such a name stands for anything else as well (a property, a local, a word), it is left alone.
    """
    calls, words = Counter(_CALL.findall(script)), Counter(_WORD.findall(script))
    return _rename(_CALL, script, "_", {name for name in names if calls[name] == words[name]})


def _rename(pattern: re.Pattern[str], script: str, prefix: str, names: set[str]) -> str:
    counted = Counter(name for name in pattern.findall(script) if name in names).most_common()
    letters = chain(ascii_letters, map("".join, product(ascii_letters, repeat=2)))
    short = {name: prefix + letter for (name, _), letter in zip(counted, letters, strict=False)}
    return pattern.sub(lambda found: short.get(found[0], found[0]), script)


def _in_order(file: Path, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    """Read a module, after those that it imports and nobody has read yet."""
    seen.add(file)
    source = file.read_text("utf-8")
    for found in _IMPORT.finditer(source):
        imported = (file.parent / found["path"]).resolve()
        if imported not in seen:
            yield from _in_order(imported, seen)
    yield file, source
