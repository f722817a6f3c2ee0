"""One script out of the page's modules: by itself, each of them would cost every visit a request.

The modules are written, tested and typed as they are, and a folder of them works without this. What it reads
is not all of JavaScript, but the few forms in which they import and export.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(
    r"^import (?:\{(?P<some>[^}]*)\}|\* as (?P<all>\w+)) from '(?P<path>\.[^']+)';$", re.MULTILINE
)
_EXPORT: Final = re.compile(
    r"^export (?=(?:const|class|(?:async )?function) (?P<names>\w+|\[[\w, ]+\]))", re.MULTILINE
)
_OTHERS: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class Unknown(ValueError):
    """A module says something that a bundle can't be made of."""


def bundle(entry: Path) -> str:
    """Write a module and all that it imports as one script. Each becomes a function that is run once.

    Raises:
        OSError: if a module can't be read.
        Unknown: for another form of import or export, and for modules that import each other.
    """
    order: dict[Path, int | None] = {}  # None while what a module needs is being written
    return "".join(_written(entry.resolve(), order))


def _written(file: Path, order: dict[Path, int | None]) -> Iterator[str]:
    """Write a module, after those that it imports and nobody has written yet."""
    order[file] = None
    source = file.read_text("utf-8")
    for found in _IMPORT.finditer(source):
        imported = _resolve(file, found)
        if imported not in order:
            yield from _written(imported, order)
        elif order[imported] is None:
            raise Unknown(f"{file.name} and {imported.name} import each other")
    exports = [name for found in _EXPORT.finditer(source) for name in re.findall(r"\w+", found["names"])]
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _constants(found, order[_resolve(file, found)]), source))
    if other := _OTHERS.search(body):
        raise Unknown(f"{file.name}: {other[0]}")
    order[file] = number = len(order) - list(order.values()).count(None)
    yield f"const $${number} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"


def _resolve(file: Path, found: re.Match[str]) -> Path:
    return (file.parent / found["path"]).resolve()


def _constants(found: re.Match[str], number: int | None) -> str:
    """Take out of another module what is imported."""
    names = found["all"] or "{" + found["some"].replace(" as ", ": ") + "}"
    return f"const {names} = $${number};"
