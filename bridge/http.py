"""Files and small endpoints, on the same port as the WebSocket."""

import asyncio
import json
import logging
import mimetypes
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from bridge import __version__

log = logging.getLogger(__name__)

WEB_DIR: Final = Path(__file__).parent / "web"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
STATIC_TIMEOUT: Final = 5.0  # seconds on_static_request may take; the handshake as a whole has ten

# Fixed here because a system's own table may say otherwise (the Windows registry often does).
_TYPES: Final = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json",
    ".map": "application/json", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}  # fmt: skip
_TEXT_TYPES: Final = ("text/", "application/json", "application/manifest", "image/svg")

StaticHandler = Callable[[str], Awaitable[tuple[str, str | bytes] | Path | None]]


class Website:
    """Answers plain HTTP requests. A request to upgrade to WebSocket is left to the library."""

    def __init__(self, static_dir: Path = WEB_DIR) -> None:
        self.static_dir = static_dir
        self.handler: StaticHandler | None = None

    async def process_request(self, connection: ServerConnection, request: Request) -> Response | None:  # noqa: ARG002 - the library's signature
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
        return response

    async def _get(self, target: str) -> Response:
        try:
            path = unquote(target.partition("?")[0].partition("#")[0], errors="strict")
        except UnicodeDecodeError:
            return _not_found()
        try:
            return await self._from_handler(path) or await self._from_house(path)
        except Exception as error:
            log.warning("a page could not be served: %s", type(error).__name__)
            log.debug("the page's failure", exc_info=True)
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, "Sorry, this page can't be shown right now.\n")

    async def _from_handler(self, path: str) -> Response | None:
        if self.handler is None:
            return None
        async with asyncio.timeout(STATIC_TIMEOUT):
            answer = await self.handler(path)
        if isinstance(answer, Path):
            return await _file(answer)
        if answer is None:
            return None
        content_type, content = answer
        if isinstance(content, str):
            content = content.encode()
        return _response(HTTPStatus.OK, content_type, content)

    async def _from_house(self, path: str) -> Response:
        if path == "/api/version":
            return _response(HTTPStatus.OK, "application/json", json.dumps({"version": __version__}).encode())
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
    return _text(HTTPStatus.NOT_FOUND, "There is nothing here. The world is at /\n")


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
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
    )
    return Response(status.value, status.phrase, headers, body)
