"""Files and small endpoints, on the same port as the WebSocket."""

import asyncio
import json
import logging
import mimetypes
import re
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from bridge import __version__, owner
from bridge.connection import SECURITY_HEADERS, Connection

log = logging.getLogger(__name__)

WEB_DIR: Final = Path(__file__).parent / "web"
STATIC_TIMEOUT: Final = 10.0  # seconds on_static_request may take

# Fixed here because a system's own table may say otherwise (the Windows registry often does).
_TYPES: Final = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json",
    ".map": "application/json", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}  # fmt: skip
_TEXT_TYPES: Final = ("text/", "application/json", "application/manifest", "image/svg")

_HEADER: Final = re.compile(r"[ -~]{1,200}")  # what may stand in a content type

Probe = Callable[[], Awaitable[tuple[HTTPStatus, Mapping[str, object]]]]  # answers a path with JSON
StaticHandler = Callable[[str], Awaitable[tuple[str, str | bytes] | Path | None]]


class Website:
    """Answers plain HTTP requests. A request to upgrade to WebSocket is left to the library."""

    def __init__(self, static_dir: Path = WEB_DIR, probes: Mapping[str, Probe] | None = None) -> None:
        self.static_dir = static_dir
        self.handler: StaticHandler | None = None
        self._probes = probes or {}

    async def process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request, or return None for a WebSocket handshake."""
        if "websocket" in request.headers.get("Upgrade", "").lower():
            return None
        if request.method not in ("GET", "HEAD"):
            response = _text(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.\n")
            response.headers["Allow"] = "GET, HEAD"
        else:
            response = await self._get(request.path)
        if request.method == "HEAD":
            response.body = b""
        if isinstance(connection, Connection):
            await connection.send_page(response)
        return response

    async def _get(self, target: str) -> Response:
        try:
            path = unquote(target.partition("?")[0].partition("#")[0], errors="strict")
        except UnicodeDecodeError:
            return _not_found()
        try:
            return await self._from_handler(path) or await self._from_house(path)
        except Exception as error:
            log.warning("a page could not be served: %s", owner.describe(error))
            log.debug("the page's failure", exc_info=True)
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, "Sorry, this page can't be shown right now.\n")

    async def _from_handler(self, path: str) -> Response | None:
        if self.handler is None:
            return None
        answer: object = await owner.ask(self.handler(path), STATIC_TIMEOUT)
        match answer:
            case None:
                return None
            case Path():
                return await _file(answer)
            case str(content_type), str() | bytes() as content if _HEADER.fullmatch(content_type):
                body = content.encode() if isinstance(content, str) else content
                return _response(HTTPStatus.OK, content_type, body)
            case _:
                raise TypeError("on_static_request returns (content_type, content), a Path or None")

    async def _from_house(self, path: str) -> Response:
        if path == "/api/version":
            return _response(HTTPStatus.OK, "application/json", json.dumps({"version": __version__}).encode())
        if path in self._probes:
            status, about = await self._probes[path]()
            return _response(status, "application/json", json.dumps(about).encode())
        file = await asyncio.to_thread(find_file, self.static_dir, path)
        return _not_found() if file is None else await _file(file)


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
    return file if file.is_relative_to(root) and file.is_file() else None


def _is_plain(segment: str) -> bool:
    """Tell a file's name from what a system may read as something else (`..`, `C:`, NUL)."""
    return (
        bool(segment) and segment.isprintable() and segment[0] != "." and not set(segment) & set('\\:*?"<>|')
    )


async def _file(file: Path) -> Response:
    content_type = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    content = await asyncio.to_thread(file.read_bytes)
    return _response(HTTPStatus.OK, content_type or "application/octet-stream", content)


def _not_found() -> Response:
    return _text(HTTPStatus.NOT_FOUND, "There is nothing here.\n")


def _text(status: HTTPStatus, text: str) -> Response:
    return _response(status, "text/plain", text.encode())


def _response(status: HTTPStatus, content_type: str, body: bytes) -> Response:
    if content_type.startswith(_TEXT_TYPES) and "charset" not in content_type:
        content_type += "; charset=utf-8"
    headers = Headers(
        {
            "Date": formatdate(usegmt=True),
            "Connection": "close",
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-cache",
            **SECURITY_HEADERS,
        }
    )
    return Response(status.value, status.phrase, headers, body)
