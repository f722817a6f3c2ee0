"""What everybody asks first: a page, a small endpoint, or to become a viewer. All answers go out here."""

import asyncio
import io
import logging
from http import HTTPStatus
from typing import Final

from websockets.http11 import Request, Response
from websockets.protocol import State

from bridge.access.devices import Devices
from bridge.access.gate import Gate
from bridge.access.login import Login
from bridge.access.visitor import Papers, Visitor
from bridge.providers import owner
from bridge.rooms.directory import Directory
from bridge.site.answers import Answer, text
from bridge.site.http import Website
from bridge.viewers.connection import NO_REQUEST, Connection

log = logging.getLogger(__name__)

_SORRY: Final = text(HTTPStatus.INTERNAL_SERVER_ERROR, "Sorry, this page can't be shown right now.\n")


class Reception:
    """Answers requests as far as the gate lets them through, and tells who opens a WebSocket."""

    def __init__(self, gate: Gate, website: Website, devices: Devices, directory: Directory) -> None:
        self._gate = gate
        self._website = website
        self._devices = devices
        self._directory = directory

    async def answer(self, connection: Connection, request: Request) -> Response | None:
        """Answer what is no handshake, and handshakes that are refused."""
        # Of those whom a proxy brings, each address has turns of its own, too.
        whose = connection.address or self._gate.whose(connection.peer, request)
        await self._gate.budgets.turnstile.turn(whose)
        if connection.state is State.CLOSED:
            return None  # nobody waits for an answer, and nothing would end what is counted from here on
        address = self._gate.recognise(connection.address, connection.peer, request)
        connection.address = address
        if not _is_clear(request):
            return connection.respond(HTTPStatus.BAD_REQUEST, NO_REQUEST)
        refusal = self._gate.check_host(request.headers.get("Host"))
        if refusal:
            return connection.refuse(refusal)
        if not _wants_websocket(request):
            refusal = self._gate.check_request(address)
            return connection.refuse(refusal) if refusal else await self._send_page(connection, request)
        origins = request.headers.get_all("Origin")
        refusal = self._gate.check_handshake(address, origins[0] if origins else None)
        return connection.refuse(refusal) if refusal else None

    def meet(self, connection: Connection, request: Request, response: Response) -> None:  # noqa: ARG002
        """Give the device of a new viewer a number, if there is a password that somebody may guess."""
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and self._directory.asks_for_passwords:
            self._devices.meet(request.headers, response.headers)

    def recognise(self, connection: Connection) -> Visitor:
        """Tell who opened a WebSocket, by its handshake."""
        login, papers = self._login_of(connection)
        return Visitor(connection.address, login, self._device_of(connection), papers)

    async def _send_page(self, connection: Connection, request: Request) -> Response:
        try:
            answer = await self._website.answer(connection.address, request)
            in_memory = isinstance(answer.body, bytes)
            head, body = answer.open() if in_memory else await asyncio.to_thread(answer.open)
        except Exception as error:  # noqa: BLE001 - an edge: the owner's code makes pages
            connection.named(log).warning("a page could not be served: %s", owner.describe(error))
            connection.named(log).debug("the page's failure", exc_info=True)
            answer = _SORRY
            head, body = answer.open()
        head.headers.update(self._guard(answer))
        with body:
            await connection.send_page(head, io.BytesIO() if request.method == "HEAD" else body)
        return head

    def _guard(self, answer: Answer) -> dict[str, str]:
        """Say what a browser may do with an answer."""
        if answer.is_document:
            return self._gate.document_headers
        return self._gate.hosted_headers if answer.is_hosted else self._gate.headers

    def _login_of(self, connection: Connection) -> tuple[Login | None, Papers | None]:
        if self._website.login is None or connection.request is None:
            return None, None
        headers = connection.request.headers
        return self._website.login.who_opens(headers), self._website.login.papers(headers)

    def _device_of(self, connection: Connection) -> str | None:
        if connection.request is None or connection.response is None:
            return None
        return self._devices.recognise(connection.request.headers, connection.response.headers)


def comes_from_browser(connection: Connection) -> bool:
    """Tell whether a browser opened a connection: it always says for which page."""
    return connection.request is not None and "Origin" in connection.request.headers


def _is_clear(request: Request) -> bool:
    """Tell whether a request says once what everybody on its way has to understand alike (RFC 9112, 3.2)."""
    hosts, cookies = (len(request.headers.get_all(name)) for name in ("Host", "Cookie"))
    return cookies <= 1 and (hosts == 1 or (hosts == 0 and request.protocol == "HTTP/1.0"))


def _wants_websocket(request: Request) -> bool:
    return any("websocket" in value.lower() for value in request.headers.get_all("Upgrade"))
