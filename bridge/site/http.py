"""Files and small endpoints, on the same port as the WebSocket."""

import asyncio
import mimetypes
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from websockets.http11 import Request

from bridge import __version__
from bridge.providers import owner
from bridge.site import assets, documents
from bridge.site.answers import Answer, as_json, not_found, text
from bridge.site.login import PREFIX, LoginDesk

WEB_DIR: Final = Path(__file__).parents[1] / "web"
STATIC_TIMEOUT: Final = 10.0  # seconds on_static_request may take

# Fixed here because a system's own table may say otherwise (the Windows registry often does).
_TYPES: Final = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json",
    ".map": "application/json", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}  # fmt: skip

_HEADER: Final = re.compile(r"[ -~]{1,200}")  # what may stand in a content type

# Answers a path with JSON; bytes are encoded already.
Probe = Callable[[], Awaitable[tuple[HTTPStatus, Mapping[str, object] | bytes]]]
StaticHandler = Callable[[str], Awaitable[tuple[str, str | bytes] | Path | None]]


class Website:
    """Answers plain HTTP requests. `login` is who answers those below `/auth/`, if people can log in here.

    `documents` are those of whoever runs the bridge, by their paths without the slash.
    """

    def __init__(self, static_dir: Path = WEB_DIR, probes: Mapping[str, Probe] | None = None) -> None:
        self.static_dir = static_dir
        self.handler: StaticHandler | None = None
        self.login: LoginDesk | None = None
        self.probes = probes or {}
        self.documents: Mapping[str, documents.Document] = {}

    async def answer(self, address: str, request: Request) -> Answer:
        """Answer a request from an address. What the owner's handler raises is the caller's to catch."""
        try:
            path = unquote(request.path.partition("?")[0].partition("#")[0], errors="strict")
        except UnicodeDecodeError:
            return not_found()
        if path.startswith(PREFIX):
            if self.login is not None:
                return await self.login.answer(path, address, request)
            if path == f"{PREFIX}me":
                return as_json({"login": False, "user": None})
        if request.method not in ("GET", "HEAD"):
            sorry = "Only GET and HEAD are answered here.\n"
            return text(HTTPStatus.METHOD_NOT_ALLOWED, sorry, ("Allow", "GET, HEAD"))
        return await self._from_handler(path) or await self._from_house(path, request)

    async def _from_handler(self, path: str) -> Answer | None:
        if self.handler is None:
            return None
        answer: object = await owner.ask(self.handler(path), STATIC_TIMEOUT)
        match answer:
            case None:
                return None
            case Path():
                return _file(answer)
            case str(content_type), str() | bytes() as content if _HEADER.fullmatch(content_type):
                body = content.encode() if isinstance(content, str) else content
                return Answer(HTTPStatus.OK, content_type, body, is_hosted=True)
            case _:
                raise TypeError("on_static_request returns (content_type, content), a Path or None")

    async def _from_house(self, path: str, request: Request) -> Answer:
        if path == "/api/version":
            return as_json({"version": __version__})
        if path in self.probes:
            status, about = await self.probes[path]()
            return as_json(about, status)
        if (document := self.documents.get(path.removeprefix("/"))) is not None:
            return documents.answer(document, request)
        file = await asyncio.to_thread(find_file, self.static_dir, path)
        if file is None:
            return await self._chunk(path, request) or not_found()
        if self.static_dir == WEB_DIR:
            named = tuple(self.documents)
            return await asyncio.to_thread(assets.answer, file, _type_of(file), request.headers, named)
        return _file(file)

    async def _chunk(self, path: str, request: Request) -> Answer | None:
        if self.static_dir != WEB_DIR:
            return None
        return await asyncio.to_thread(assets.answer_chunk, self.static_dir, path, request.headers)


def find_file(root: Path, path: str) -> Path | None:
    """Find the file that a decoded URL path names below `root`. None if there is none to show.

    Hidden files are not shown, and nothing that a link leads to outside of `root`.
    """
    segments = (path if path != "/" else "/index.html").lstrip("/").split("/")
    if not all(map(_is_plain, segments)):
        return None
    try:
        root = root.resolve(strict=True)
        file = root.joinpath(*segments).resolve(strict=True)
    except (OSError, RuntimeError):  # not there, or a loop of links
        return None
    if not file.is_relative_to(root) or not file.is_file():
        return None
    if sys.platform == "win32" and not all(map(_is_plain, file.relative_to(root).parts)):
        return None  # each file has a second name there: `ENV~1` may be `.env`
    return file


def _is_plain(segment: str) -> bool:
    """Tell a file's name from what a system may read as something else (`..`, `C:`, NUL)."""
    return (
        bool(segment) and segment.isprintable() and segment[0] != "." and not set(segment) & set('\\:*?"<>|')
    )


def _file(file: Path) -> Answer:
    return Answer(HTTPStatus.OK, _type_of(file), file, is_hosted=True)


def _type_of(file: Path) -> str:
    content_type = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    return content_type or "application/octet-stream"
