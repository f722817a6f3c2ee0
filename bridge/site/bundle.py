"""One script out of the page's modules: by itself, each of them would cost every visit a request.

The modules are written, typed and tested as such, and a browser takes them as they are. Here they are put one
after the other into one scope. So what they declare at their top has names that are unique on the page, and
an import never renames.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r"^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from '(?P<path>\.[^']+)';\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:const|let|class|(?:async )?function)\b)", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^(?:const|let|class|(?:async )?function\*?) (\w+|\[[\w, ]+\]|\{[^}]+\})", re.MULTILINE
)
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


def _in_order(file: Path, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    """Read a module, after those that it imports and nobody has read yet."""
    seen.add(file)
    source = file.read_text("utf-8")
    for found in _IMPORT.finditer(source):
        imported = (file.parent / found["path"]).resolve()
        if imported not in seen:
            yield from _in_order(imported, seen)
    yield file, source
