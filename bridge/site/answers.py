"""What an HTTP request gets: a status, a type, a body, and what else the browser should know."""

import io
import json
import os
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final

from websockets.datastructures import Headers
from websockets.http11 import Response

_TEXT_TYPES: Final = ("text/", "application/json", "application/manifest", "image/svg")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an HTTP request. A body that is a path is read while it is sent.

    `is_hosted` is whether somebody else wrote what is answered: then it is up to them what it may do. A
    document is theirs as well, and may do nothing but be read.
    """

    status: HTTPStatus
    content_type: str = "text/plain"
    body: bytes | Path = b""
    headers: tuple[tuple[str, str], ...] = ()
    is_hosted: bool = False
    is_document: bool = False

    def open(self) -> tuple[Response, BinaryIO]:
        """Make the head, and open the body for reading.

        Raises:
            OSError: if the file can't be read.
        """
        body: BinaryIO = io.BytesIO(self.body) if isinstance(self.body, bytes) else self.body.open("rb")
        size = len(self.body) if isinstance(self.body, bytes) else os.fstat(body.fileno()).st_size
        head = Headers({"Date": formatdate(usegmt=True), "Connection": "close"})
        if self.status is not HTTPStatus.NOT_MODIFIED:
            charset = self.content_type.startswith(_TEXT_TYPES) and "charset" not in self.content_type
            head["Content-Type"] = self.content_type + ("; charset=utf-8" if charset else "")
            head["Content-Length"] = str(size)
        for name, value in self.headers:
            head[name] = value
        head.setdefault("Cache-Control", "no-cache")
        return Response(self.status.value, self.status.phrase, head), body


def text(status: HTTPStatus, words: str, *headers: tuple[str, str]) -> Answer:
    """Answer with a sentence."""
    return Answer(status, "text/plain", words.encode(), headers)


def as_json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """Answer with data; bytes are JSON already."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status, "application/json", body)


def redirect(url: str, *headers: tuple[str, str]) -> Answer:
    """Send the browser elsewhere."""
    return Answer(HTTPStatus.SEE_OTHER, headers=(("Location", url), *headers))


def not_found() -> Answer:
    """Say that there is no such thing."""
    return text(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
