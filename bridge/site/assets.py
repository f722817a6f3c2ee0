"""The page's own files as browsers like them: few, without what only readers need, and compressed.

So the page needs no build, and its sources may be many and explain themselves at any length.
"""

import gzip
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

import rcssmin
import rjsmin
from websockets.datastructures import Headers

from bridge.site.answers import Answer
from bridge.site.bundle import Bundle, bundle

# Comments and white space go; what the code says stays as it was tested.
_MINIFIERS: Final[Mapping[str, Callable[[str], str]]] = {
    ".css": rcssmin.cssmin,
    ".html": partial(re.compile(r"^\s+", re.MULTILINE).sub, ""),
    ".js": rjsmin.jsmin,
}
_ENTRY: Final = "main.js"  # the module that imports all others
_PAGE: Final = "index.html"
_LINKS: Final = "<!-- documents -->"
_CHUNK: Final = re.compile(r"/(?P<address>.+\.[0-9a-f]{16}\.js)")
_FOR_GOOD: Final = ("Cache-Control", "public, max-age=31536000, immutable")
_MOST: Final = 256  # files kept; the page has some seventy


@dataclass(frozen=True, slots=True)
class _Asset:
    """A file's content in both forms. `tag` changes when it does."""

    plain: bytes
    gzipped: bytes
    tag: str


def answer(file: Path, content_type: str, headers: Headers, documents: tuple[str, ...] = ()) -> Answer:
    """Answer a request for one of the page's files: in the form that it takes, or that it has it already.

    The page leads to `documents`, by their names.

    Raises:
        OSError: if the file can't be read.
    """
    return _in_a_form(_load(file, _now(file), documents), content_type, headers)


def answer_chunk(root: Path, path: str, headers: Headers) -> Answer | None:
    """Answer a request for a part of the script that comes later. None if there is none at this address.

    The address has its content's hash: whoever has it never asks again. After an update the old one is gone.

    Raises:
        OSError: if the script can't be read.
    """
    found = _CHUNK.fullmatch(path)
    entry = root / _ENTRY
    if found is None or not entry.is_file():
        return None
    chunk = _bundled(entry, _now(entry)).chunks.get(found["address"])
    return None if chunk is None else _in_a_form(_packed(chunk), "text/javascript", headers, _FOR_GOOD)


def _in_a_form(asset: _Asset, content_type: str, headers: Headers, *more: tuple[str, str]) -> Answer:
    known = (("ETag", asset.tag), ("Vary", "Accept-Encoding"), *more)
    if asset.tag in headers.get_all("If-None-Match"):
        return Answer(HTTPStatus.NOT_MODIFIED, headers=known)
    if _takes_gzip(headers):
        return Answer(HTTPStatus.OK, content_type, asset.gzipped, (*known, ("Content-Encoding", "gzip")))
    return Answer(HTTPStatus.OK, content_type, asset.plain, known)


def _now(file: Path) -> int:
    return _stamp(file, int(time.monotonic()))


@lru_cache(_MOST)
def _stamp(file: Path, second: int) -> int:  # noqa: ARG001 - in each second it is looked at once
    """Tell a file, with all modules that it is made of, from what it was before."""
    parts = sorted(file.parent.rglob("*.js")) if file.name == _ENTRY else [file]
    return hash(tuple((part, (about := part.stat()).st_mtime_ns, about.st_size) for part in parts))


@lru_cache(_MOST)
def _load(file: Path, stamp: int, documents: tuple[str, ...] = ()) -> _Asset:
    if file.name == _ENTRY:
        return _packed(_bundled(file, stamp).script)
    shrink = _MINIFIERS.get(file.suffix)
    if file.name == _PAGE and shrink:
        return _packed(shrink(file.read_text("utf-8")).replace(_LINKS, _links_to(documents)))
    return _packed(shrink(file.read_text("utf-8")) if shrink else file.read_bytes())


def _links_to(documents: tuple[str, ...]) -> str:
    links = [f'<a href="{name}" target="_blank" data-t="{name}"></a>' for name in documents]
    return f'<nav class="documents plate">{"".join(links)}</nav>' if links else ""


@lru_cache(1)
def _bundled(entry: Path, stamp: int) -> Bundle:  # noqa: ARG001 - another script at another time
    return bundle(entry, _MINIFIERS[".js"])


@lru_cache(_MOST)
def _packed(content: str | bytes) -> _Asset:
    plain = content.encode() if isinstance(content, str) else content
    # Weak, for it stands for both forms.
    tag = f'W/"{hashlib.sha256(plain).hexdigest()[:16]}"'
    return _Asset(plain, gzip.compress(plain, mtime=0), tag)


def _takes_gzip(headers: Headers) -> bool:
    codings = ",".join(headers.get_all("Accept-Encoding")).replace(" ", "").lower().split(",")
    return "gzip" in codings  # who says how much it likes it (`gzip;q=0`) gets the plain one
