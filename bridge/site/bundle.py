"""The page's modules as few scripts: by itself, each of them would cost every visit a request.

The modules are written, typed and tested as such, and a browser takes them as they are. Here they are put one
after the other into one scope. So what they declare at their top has names that are unique on the page, and
an import never renames.

What is imported later, as ``import(`./panel.js${again}`)``, becomes a script of its own, a chunk, with all
that nobody else needs. Its address has its content's hash: a browser keeps it for good, and never gets one
that doesn't fit the script that asks for it. `again` makes the address another one for the next try.

A chunk has what it shares with the script from the script, and so runs only when that has run to its end:
what the script waits for at its top must share nothing.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(
    r"^import \{(?P<names>\s*\w+(?:,\s*\w+)*,?\s*)\} from '(?P<path>\.[^']+)';\n", re.MULTILINE
)
_LATER: Final = re.compile(r"(?<=\bimport\(`)(?P<path>\.[^`$]+)(?=\$\{again\}`\))")
_EXPORT: Final = re.compile(r"^export (?=(?:const|let|class|(?:async )?function)\b)", re.MULTILINE)
_EXPORT_LINE: Final = re.compile(r"^export (.*\n)", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^(?:export )?(?:const|let|class|(?:async )?function\*?) (\w+|\[[\w, ]+\]|\{[^}]+\})", re.MULTILINE
)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)

Shrink = Callable[[str], str]


class NotBundled(ValueError):
    """The modules can't be put together like this. The message says which one, and why."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The script that comes at once, and the chunks by their addresses, which start where the script is."""

    script: str
    chunks: Mapping[str, str]


def declared(script: str) -> list[str]:
    """Name what a script declares at its top."""
    return re.findall(r"\w+", " ".join(_DECLARED.findall(script)))


def exported(module: str) -> list[str]:
    """Name what a module exports."""
    return declared("".join(_EXPORT_LINE.findall(module)))


def bundle(entry: Path, shrink: Shrink = str) -> Bundle:
    """Put a module and all that it imports, those first, into one script; what it imports later, into chunks.

    `shrink` makes each of them smaller.

    Raises:
        OSError: if a module can't be read.
        NotBundled: for a name that two of them declare, for a module that two scripts would have, and for
            other forms of import and export.
    """
    return _Bundler(entry.resolve(), shrink).bundle()


class _Bundler:
    """Puts the scripts of one page together."""

    def __init__(self, entry: Path, shrink: Shrink) -> None:
        self._entry = entry
        self._shrink = shrink
        self._owners: dict[str, Path] = {}  # of names
        self._homes: dict[Path, Path] = {}  # of modules: the entry of their script
        self._lent: set[str] = set()  # names of the script that chunks import from it

    def bundle(self) -> Bundle:
        parts = [(file, self._body(file, source)) for file, source in self._modules(self._entry)]
        later = {file.parent / found["path"] for file, body in parts for found in _LATER.finditer(body)}
        chunks = {file: self._chunk(file) for file in sorted(one.resolve() for one in later)}
        addresses = {file: self._address(file, script) for file, script in chunks.items()}
        script = "".join(_with_addresses(file, _lending(body, self._lent), addresses) for file, body in parts)
        return Bundle(self._shrink(script), {addresses[file]: chunk for file, chunk in chunks.items()})

    def _chunk(self, file: Path) -> str:
        if file in self._homes:
            raise NotBundled(f"{file.name} is imported later, and by {self._homes[file].name} at once")
        parts, borrowed = [], set()
        for module, source in self._modules(file):
            parts.append(self._body(module, source))
            borrowed |= self._borrowed(module, source)
            if later := _LATER.search(source):
                raise NotBundled(f"{module.name} comes later itself, and imports {later['path']} later still")
        self._lent |= borrowed
        script = "".join(parts) + _export(exported(file.read_text("utf-8")))
        if borrowed:
            back = "../" * (len(file.relative_to(self._entry.parent).parts) - 1) or "./"
            names = ", ".join(sorted(borrowed))
            script = f"import {{ {names} }} from '{back}{self._entry.name}';\n{script}"
        return self._shrink(script)

    def _borrowed(self, file: Path, source: str) -> set[str]:
        """Name what a chunk's module imports from the script; nobody else may have it."""
        borrowed = set()
        for found in _IMPORT.finditer(source):
            imported = (file.parent / found["path"]).resolve()
            if self._homes[imported] == self._entry:
                borrowed |= set(re.findall(r"\w+", found["names"]))
            elif self._homes[imported] != self._homes[file]:
                raise NotBundled(f"{imported.name} is needed by two chunks: let the script import it at once")
        return borrowed

    def _modules(self, file: Path) -> Iterator[tuple[Path, str]]:
        """Read a script's modules, each after those that it imports, but for those of other scripts."""
        for module, source in _in_order(file, set(self._homes)):
            self._homes[module] = file
            yield module, source

    def _body(self, file: Path, source: str) -> str:
        body = _EXPORT.sub("", _IMPORT.sub("", source))
        if left := _LEFT.search(body):
            raise NotBundled(f"{file.name}: {left[0]}")
        for one in declared(body):
            if self._owners.setdefault(one, file) != file:
                raise NotBundled(f"{file.name} and {self._owners[one].name} both declare {one}")
        return body

    def _address(self, file: Path, script: str) -> str:
        tag = hashlib.sha256(script.encode()).hexdigest()[:16]
        return file.relative_to(self._entry.parent).with_suffix(f".{tag}.js").as_posix()


def _with_addresses(file: Path, body: str, addresses: Mapping[Path, str]) -> str:
    """Write what a module imports later as it is found from the script."""

    def address(found: re.Match[str]) -> str:
        return f"./{addresses[(file.parent / found['path']).resolve()]}"

    return _LATER.sub(address, body)


def _lending(body: str, names: set[str]) -> str:
    """Export some of what a module declares where it does so: a list of them at the end is far longer."""

    def mark(found: re.Match[str]) -> str:
        return f"export {found[0]}" if names.intersection(re.findall(r"\w+", found[1])) else found[0]

    return _DECLARED.sub(mark, body)


def _export(names: list[str]) -> str:
    return f"export {{ {', '.join(names)} }};\n" if names else ""


def _in_order(file: Path, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    """Read a module, after those that it imports and nobody has read yet."""
    seen.add(file)
    source = file.read_text("utf-8")
    for found in _IMPORT.finditer(source):
        imported = (file.parent / found["path"]).resolve()
        if imported not in seen:
            yield from _in_order(imported, seen)
    yield file, source
