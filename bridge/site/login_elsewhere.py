"""Logging in where another process has the secret: what is below `/auth/` is asked there, and passed on.

So who shows rooms to viewers can forge no login. What cookies say is only read by whoever made them.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from websockets.datastructures import Headers
from websockets.http11 import Request

from bridge.access.cookies import is_plain, login_cookies
from bridge.access.login import Login
from bridge.access.visitor import Papers
from bridge.errors import Silence
from bridge.problems import BOT_SILENT
from bridge.site.answers import Answer, text
from bridge.site.login import PREFIX

GOOD_FOR: Final = 10.0  # seconds that it is known whether one can log in at all
MAX_TARGET: Final = 8 * 1024  # characters of a path with its query
MAX_BODY: Final = 64 * 1024  # characters
_METHOD: Final = re.compile(r"[A-Z]{1,10}")
_PRINTABLE: Final = re.compile(r"[ -~]{0,8192}")
_PASSED_ON: Final = frozenset({"Allow", "Location", "Retry-After", "Set-Cookie"})
_MAX_HEADERS: Final = 10

AskAnybody = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]  # takes a kind and a body
Pages = Callable[[str, Request], Awaitable[Answer]]  # takes whose request it is, and answers


class LoginElsewhere:
    """Passes requests on to whoever has the secret, by `ask`, which raises `Silence`."""

    def __init__(self, ask: AskAnybody) -> None:
        self._ask = ask
        self._to_nobody: Answer | None = None  # what `me` says to who isn't logged in
        self._good_until = -math.inf

    def who_opens(self, headers: Headers) -> Login | None:  # noqa: ARG002 - only others can read it
        """Tell nobody who opens a WebSocket: they have their papers."""
        return None

    def papers(self, headers: Headers) -> Papers | None:
        """Take the papers of who opens a WebSocket, if they have any."""
        origins, cookies = headers.get_all("Origin"), login_cookies(headers)
        return Papers(cookies, origins[0]) if cookies and len(origins) == 1 else None

    async def answer(self, path: str, address: str, request: Request) -> Answer:
        """Pass a request on."""
        cookies, origins = login_cookies(request.headers), request.headers.get_all("Origin")
        is_nobody = request.method == "GET" and path.endswith("/me") and not cookies
        now = asyncio.get_running_loop().time()
        if is_nobody and self._to_nobody is not None and now < self._good_until:
            return self._to_nobody
        said = {"method": request.method, "target": request.path, "address": address, "cookies": cookies}
        if len(origins) == 1:
            said["origin"] = origins[0]
        try:
            answer = read_answer(await self._ask("page", said))
        except Silence:
            return _sorry()
        if is_nobody and answer.status is HTTPStatus.OK:
            self._to_nobody, self._good_until = answer, now + GOOD_FOR
        return answer


class LoginPages:
    """Answers what others pass on, by `pages`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def answer(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Answer a request; None if it is none."""
        match body:
            case {"method": str() as method, "target": str() as target, "address": str() as address}:
                headers = Headers()
                for name, key in (("Cookie", "cookies"), ("Origin", "origin")):
                    value = body.get(key)
                    if isinstance(value, str) and value and is_plain(value):
                        headers[name] = value
                is_ours = target.startswith(PREFIX) and target.isascii() and len(target) <= MAX_TARGET
                if not is_ours or not _METHOD.fullmatch(method):
                    return None
                answer = await self._pages(address, Request(target, headers, method))
                return write_answer(answer)
        return None


def write_answer(answer: Answer) -> dict[str, Any]:
    """Write an answer down; one of ours is short, and a text."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    return {
        "status": answer.status.value, "type": answer.content_type, "body": body.decode(),
        "headers": [list(pair) for pair in answer.headers],
    }  # fmt: skip


def read_answer(said: Mapping[str, Any]) -> Answer:
    """Read an answer.

    Raises:
        Silence: if it is none.
    """
    match said:
        case {
            "status": int() as status,
            "type": str() as kind,
            "body": str() as body,
            "headers": list() as pairs,
        }:
            headers = tuple((name, value) for name, value in map(_read_header, pairs) if name)
            is_fine = len(pairs) <= _MAX_HEADERS and len(body) <= MAX_BODY and _PRINTABLE.fullmatch(kind)
            if is_fine and status in HTTPStatus._value2member_map_:
                return Answer(HTTPStatus(status), kind, body.encode(errors="replace"), headers)
    raise Silence


def _read_header(pair: object) -> tuple[str, str]:
    """Read a header that may be passed on; of any other nothing."""
    match pair:
        case [str() as name, str() as value] if name in _PASSED_ON and _PRINTABLE.fullmatch(value):
            return name, value
    return "", ""


def _sorry() -> Answer:
    return text(HTTPStatus.SERVICE_UNAVAILABLE, BOT_SILENT.sentence + "\n", ("Retry-After", "5"))
