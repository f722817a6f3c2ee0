"""The same for applications of aiohttp, as a handler of requests."""

import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import WSMsgType, web
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from bridge.site.mount import NO_ANSWER, Bring, ask, between, cookies, farewell, open_viewer


class Handler:
    """Brings everybody to a bridge's door. What is asked for there is in the route's `{tail:.*}`."""

    def __init__(self, bring: Bring) -> None:
        self._bring = bring

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or serve one viewer."""
        socket = web.WebSocketResponse(compress=False, autoping=True)
        try:
            if socket.can_prepare(request).ok:
                return await self._serve_viewer(request, socket)
            return await self._serve_page(request)
        except (OSError, *NO_ANSWER, InvalidHandshake, InvalidURI):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        asked = ask(self._bring, request.remote, request.method, _target(request), request.raw_headers)
        async with asked as got:
            answer = web.StreamResponse(status=got.status)
            for name, value in got.headers:
                answer.headers.add(name.decode("latin-1"), value.decode("latin-1"))
            await answer.prepare(request)
            async for piece in got.body:
                await answer.write(piece)
            await answer.write_eof()
            return answer

    async def _serve_viewer(self, request: web.Request, socket: web.WebSocketResponse) -> web.StreamResponse:
        opened = open_viewer(self._bring, request.remote, _target(request), request.raw_headers)
        try:
            async with opened as viewer:
                for name, value in cookies(viewer):
                    socket.headers.add(name.decode(), value.decode("latin-1"))
                await socket.prepare(request)

                async def say(frame: str | bytes) -> None:
                    await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))

                await between(viewer, _frames(socket), say)
                code, reason = farewell(viewer)
                with contextlib.suppress(OSError):  # they may be gone already
                    await socket.close(code=code, message=reason.encode())
        except InvalidStatus as refusal:
            said = refusal.response
            return web.Response(status=said.status_code, text=bytes(said.body).decode(errors="replace"))
        return socket


async def _frames(socket: web.WebSocketResponse) -> AsyncIterator[str | bytes]:
    async for message in socket:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            yield message.data


def _target(request: web.Request) -> bytes:
    path = f"/{request.match_info.get('tail', '')}"
    query = request.rel_url.raw_query_string
    return (quote(path) + (f"?{query}" if query else "")).encode()
