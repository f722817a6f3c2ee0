"""What the targets act on: a website, a login, and a whole bridge with lines that are no sockets."""

import asyncio
import atexit
import gc
import json
import logging
import shutil
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, TypeVar, get_args

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.streams import StreamReader

from bridge.access.devices import Devices
from bridge.access.guesses import Guesses
from bridge.access.login import Account, Denied
from bridge.errors import NoAnswer, NotAMember
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import GuildInfo, Member
from bridge.network.peers import parse_networks
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.site.http import Website
from bridge.site.login import WebLogin
from bridge.wire.protocol import EventType
from tests.bridge.watchers import masked, parse_frame

T = TypeVar("T")

ORIGIN: Final = "http://zone.test"
AUTHORITY: Final = "http://discord.test/"
SECRET: Final = "not for the world"  # in files that nobody may see
HUSH: Final = "among ourselves"  # said behind doors
PASSWORD: Final = "sesame"  # of the vault
TOKEN: Final = "good-token"  # of a member of the club
FACING: Final = Exposure(
    public_url="http://localhost:3000",
    allowed_origins=frozenset({ORIGIN}),
    trusted_proxies=parse_networks("192.0.2.0/24"),
).bound_to("127.0.0.1")
PATIENCE: Final = (
    60.0  # seconds until a connection that doesn't end, or an answer that doesn't come, is a defect
)
UPGRADE: Final = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
)
_HANDSHAKE: Final = b"GET / HTTP/1.1\r\nHost: zone.test\r\n" + UPGRADE + b"\r\n"
# All else is an answer, also to requests that there aren't yet.
_UNASKED: Final = frozenset({"server-list", "batch", *get_args(EventType)})
_PATIENT: Final = Limits(
    handshakes_per_minute=10**9, requests_per_minute=10**9, wrong_tries=10**9,
    frames_per_second=10**6, bytes_per_second=10**9,
    cpu_per_viewer=1e9, cpu_per_address=1e9, cpu_in_all=1e9,
)  # fmt: skip


@lru_cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def run(work: Awaitable[T]) -> T:
    """Do work to its end."""

    async def do() -> T:
        async with asyncio.timeout(PATIENCE):
            return await work

    return _loop().run_until_complete(do())


class Authority:
    """Somebody to log in with. Whoever comes back with a code is who the code says, or what."""

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        return AUTHORITY

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        match code:
            case "denied":
                raise Denied
            case "silent":
                raise NoAnswer
            case "broken":
                raise RuntimeError(code)
        return Account(code, "Somebody")

    async def may_watch(self, uid: str, server_id: str) -> bool:
        return True


@lru_cache
def web_login() -> WebLogin:
    """Make a login of our own page."""
    exposure = Exposure(public_url=ORIGIN)
    return WebLogin(Authority(), b"secret", exposure, Guesses(10**9, 1), lambda key: None)


def good_cookie(name: str) -> str:
    """Bake one of the login's cookies."""
    web = web_login()
    if name == "flow":
        header = web._flows.bake({"state": "state", "verifier": "verifier", "to": "/"})
    else:
        header = web._sessions.bake({"uid": "7", "name": "Somebody", "key": "key"})
    return header[1].partition(";")[0]


@lru_cache
def website() -> Website:
    """Lay out a web folder with secrets in it and beside it."""
    folder = Path(mkdtemp()).resolve()
    atexit.register(shutil.rmtree, folder)
    root = folder / "web"
    (root / "sub").mkdir(parents=True)
    for shown in (root / "index.html", root / "sub" / "a.js"):
        shown.write_text("a page")
    for hidden in (folder / "secret", root / ".env", root / "sub" / ".env"):
        hidden.write_text(SECRET)
    (root / "link").symlink_to(folder / "secret")
    (root / "loop").symlink_to(root / "loop")
    site = Website(root)
    site.login = web_login()
    return site


def parse_head(data: bytes) -> Request | None:
    """Read a request as the library does. None if it is none."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    parsing = Request.parse(reader.read_line)
    try:
        next(parsing)
    except StopIteration as parsed:
        request = parsed.value
        assert isinstance(request, Request)
        return request
    except Exception:  # noqa: BLE001 - the library's own refusals, of many kinds
        return None
    return None


class Line(asyncio.Transport):
    """A connection without a socket: takes what is written, and never has enough."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 7)})
        self.written = b""
        self.ended = False
        self._closed = False
        self.protocol: Any = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "written after the end"
        if not self._closed:
            self.written += bytes(data)

    def get_protocol(self) -> Any:
        return self.protocol

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self._closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close


class Stage:
    """A bridge, on which connections are played from their first byte to their end."""

    def __init__(self) -> None:
        self._errors: list[str] = []
        gc.collect()  # what others left behind complains now, or of us
        logging.getLogger().addHandler(_Errors(self._errors))
        self._server = WebSocketServer(
            0, "127.0.0.1", provider=EmptyProvider(), limits=_PATIENT, exposure=FACING, health=True
        )
        self._server.use_login(Authority(), b"secret")
        self._server.on_validate_discord_user(self._validate)
        self._server.static_dir = website().static_dir
        run(self._start())
        atexit.register(lambda: run(self._server.stop()))

    async def _start(self) -> None:
        await self._server.start()
        self._server.show_guild(GuildInfo("1", "dworld", "D-World", default=True), [Member("7", "Ada")])
        secret = [Member("8", HUSH)]
        self._server.show_guild(GuildInfo("2", "vault", "Vault", protected=True, password=PASSWORD), secret)
        self._server.show_guild(GuildInfo("3", "club", "Club", protected=True), secret)

    async def _validate(self, token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        match token:
            case "silent":
                raise NoAnswer
            case "stranger":
                raise NotAMember
            case "broken":
                raise RuntimeError(token)
        return token == TOKEN and guild_id == "3"

    def play(self, data: bytes) -> None:
        """Send these bytes in pieces, then hang up; see that the bridge takes it well."""
        size, with_handshake, said = 1 + (data[0] if data else 0), bool(data[1:2] > b"\x7f"), data[2:]
        line = Line()
        run(self._talk(line, (_HANDSHAKE if with_handshake else b"") + said, size * 8))
        assert not self._errors, self._errors.pop()
        check_answers(line.written)

    def ask(self, request: bytes) -> bytes:
        """Make a request, or open a WebSocket; return all that is said."""
        line = Line()
        run(self._talk(line, request, len(request) or 1))
        assert not self._errors, self._errors.pop()
        check_answers(line.written)
        return line.written

    def converse(self, requests: Sequence[bytes]) -> list[dict[str, Any]]:
        """Say these one after the other on a WebSocket; meanwhile people talk. Return what was heard.

        In a request, `CURSOR` stands for the last that was heard.
        """
        line = Line()
        run(self._converse(line, requests))
        assert not self._errors, self._errors.pop()
        check_answers(line.written)
        return heard(line.written)

    async def _converse(self, line: Line, requests: Sequence[bytes]) -> None:
        self._connect(line)
        try:
            line.protocol.data_received(_HANDSHAKE)
            for number, request in enumerate(requests, 1):
                if line.is_closing():
                    break
                line.protocol.data_received(masked(request.replace(b"CURSOR", _last_cursor(line.written))))
                await self._until_answered(line, number)
                for guild in ("1", "2", "3"):
                    await self._server.broadcast_message(guild, "8", "hello" if guild == "1" else HUSH, "5")
        finally:
            await self._hang_up(line)  # one that stayed would have the next ones fail as well

    async def _until_answered(self, line: Line, number: int) -> None:
        while True:
            for _ in range(10):
                await asyncio.sleep(0)
            answers = [frame for frame in heard(line.written) if frame["type"] not in _UNASKED]
            if len(answers) >= number or line.is_closing() or line.protocol.protocol.close_sent:
                return
            await asyncio.sleep(0.001)

    def _connect(self, line: Line) -> None:
        [server] = self._server._servers
        line.protocol = server.server._protocol_factory()  # type: ignore[attr-defined]
        line.protocol.connection_made(line)

    async def _talk(self, line: Line, said: bytes, size: int) -> None:
        self._connect(line)
        for start in range(0, len(said), size):
            if not line.is_closing():
                line.protocol.data_received(said[start : start + size])
            for _ in range(4):
                await asyncio.sleep(0)
        await self._hang_up(line)

    async def _hang_up(self, line: Line) -> None:
        [server] = self._server._servers
        if not line.is_closing():
            line.protocol.eof_received()
        line.close()
        while server.handler_tasks or self._server._gate.alive:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0)


def check_answers(written: bytes) -> None:
    """See that all the bridge says is one HTTP answer, and then whole frames if it is a WebSocket's."""
    if not written:
        return
    head, blank, rest = written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), written
    assert blank
    assert SECRET.encode() not in rest
    if head.startswith(b"HTTP/1.1 101 "):
        reader = StreamReader()
        reader.feed_data(rest)
        reader.feed_eof()
        while reader.buffer:
            with suppress(StopIteration):
                next(parse_frame(reader))


def heard(written: bytes) -> list[dict[str, Any]]:
    """Read what was said on a WebSocket."""
    head, _, rest = written.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101 "):
        return []
    reader = StreamReader()
    reader.feed_data(rest)
    reader.feed_eof()
    said = []
    message = b""
    while reader.buffer:
        try:
            next(parse_frame(reader))
        except StopIteration as parsed:
            frame = parsed.value
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                message += frame.data
                if frame.fin:
                    said.append(json.loads(message))
                    message = b""
    return said


def _last_cursor(written: bytes) -> bytes:
    cursors = [frame["cursor"] for frame in heard(written) if "cursor" in frame]
    return str(cursors[-1]).encode() if cursors else b""


def devices() -> Devices:
    """Make what gives numbers to devices."""
    return Devices(secure=False)


def headers_of(lines: Iterable[tuple[str, str]]) -> Headers:
    """Make headers, without those lines that the library refuses."""
    headers = Headers()
    for name, value in lines:
        with suppress(InvalidHeaderValue):
            headers[name] = value
    return headers


class _Errors(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))


@lru_cache
def stage() -> Stage:
    """Build it once."""
    return Stage()
