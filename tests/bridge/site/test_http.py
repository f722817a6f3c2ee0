"""Plain HTTP on the bridge's port: files, small endpoints, and no way out of the folder."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Request

from bridge import __version__
from bridge.exposure import OPEN, Exposure
from bridge.limits import DEFAULT_LIMITS
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.site.http import WEB_DIR, Website, find_file
from bridge.viewers.connection import Connection
from tests.bridge.clock import Clock
from tests.bridge.conftest import Start
from tests.bridge.source import SECRET
from tests.bridge.viewers.test_strays import heard
from tests.bridge.watchers import Answer, dialled, fetch, handshake, until, watching

OUTSIDE = b"what nobody may read"
POLICY = OPEN.headers["Content-Security-Policy"]
HOSTED = OPEN.hosted_headers["Content-Security-Policy"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files, with secrets beside it whose names begin like its own, and links to them."""
    folder = tmp_path_factory.mktemp("web") / "site"
    (folder / "sub").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Hällo</title>")
    (folder / "app.js").write_text("export {}")
    (folder / "module.mjs").write_text("export {}")
    (folder / "style.css").write_text("body {}")
    (folder / "data.json").write_text("{}")
    (folder / "logo.svg").write_text("<svg/>")
    (folder / "pixel.png").write_bytes(b"\x89PNG")
    (folder / "sprites.wasm").write_bytes(b"\0asm")
    (folder / "notes.txt").write_text("notes")
    (folder / "app.webmanifest").write_text("{}")
    (folder / "unknown.zzzz").write_bytes(b"\0")
    (folder / "a b ü.txt").write_text("spaces and umlauts")
    (folder / "sub" / "page.html").write_text("sub page")
    (folder / ".env").write_bytes(OUTSIDE)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_bytes(OUTSIDE)
    (folder.parent / "secret.txt").write_bytes(OUTSIDE)
    sibling = folder.parent / "site-secret"
    sibling.mkdir()
    (sibling / "secret.txt").write_bytes(OUTSIDE)
    (folder / "link-to-file.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "link-to-folder").symlink_to(sibling)
    (folder / "link-to-parent").symlink_to("..")
    (folder / "link-inside.html").symlink_to("sub/page.html")
    (folder / "link-to-nothing").symlink_to("nothing")
    (folder / "link-loop").symlink_to("link-loop")
    return folder


@pytest.fixture
async def web(start: Start, site: Path) -> WebSocketServer:
    """A running bridge that serves the site."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    server.static_dir = site
    return await start(server)


async def test_what_is_in_memory_needs_no_thread(
    web: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change between threads costs more than such an answer."""
    work: list[object] = []
    to_thread = asyncio.to_thread

    async def noted(function: Callable[..., Any], *args: Any) -> Any:
        work.append(function)
        return await to_thread(function, *args)

    monkeypatch.setattr("asyncio.to_thread", noted)
    assert (await fetch(web.port, "/api/version")).status == 200
    assert work == []
    assert (await fetch(web.port, "/notes.txt")).status == 200
    assert work


# Files


async def test_the_index_is_at_the_root(web: WebSocketServer) -> None:
    """`GET /` is the page."""
    answer = await fetch(web)
    assert answer.status == 200
    assert "Hällo" in answer.body.decode()


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/module.mjs", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/data.json", "application/json; charset=utf-8"),
        ("/logo.svg", "image/svg+xml; charset=utf-8"),
        ("/notes.txt", "text/plain; charset=utf-8"),
        ("/app.webmanifest", "application/manifest+json; charset=utf-8"),
        ("/pixel.png", "image/png"),
        ("/sprites.wasm", "application/wasm"),
        ("/unknown.zzzz", "application/octet-stream"),
        ("/sub/page.html", "text/html; charset=utf-8"),
        ("/link-inside.html", "text/html; charset=utf-8"),
    ],
)
async def test_types_go_by_extension(web: WebSocketServer, path: str, content_type: str) -> None:
    """Whatever the system's own table says."""
    answer = await fetch(web, path)
    assert answer.status == 200
    assert answer.headers["content-type"] == content_type


async def test_a_query_is_no_part_of_a_file_s_name(web: WebSocketServer) -> None:
    """`/?socketURL=...` is the page as well."""
    assert (await fetch(web, "/?socketURL=ws://localhost:3000")).status == 200
    assert (await fetch(web, "/notes.txt?x=/../..")).body == b"notes"


async def test_names_may_be_percent_encoded(web: WebSocketServer) -> None:
    """Spaces and umlauts."""
    assert (await fetch(web, "/" + quote("a b ü.txt"))).body == b"spaces and umlauts"


@pytest.mark.parametrize(
    "path", ["/nothing", "/index.html/", "/sub", "/sub/", "/nothing/index.html", "/index"]
)
async def test_what_is_not_there_is_a_404(web: WebSocketServer, path: str) -> None:
    """Folders are not listed."""
    assert (await fetch(web, path)).status == 404


async def test_the_length_is_told(web: WebSocketServer) -> None:
    """In bytes, not in characters."""
    answer = await fetch(web)
    assert int(answer.headers["content-length"]) == len(answer.body)


async def test_head_is_get_without_a_body(web: WebSocketServer) -> None:
    """With the same headers."""
    got, head = await fetch(web), await fetch(web, method="HEAD")
    assert head.status == 200
    assert head.body == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FROBNICATE"])
async def test_other_methods_are_not_allowed(web: WebSocketServer, method: str) -> None:
    """405, and which are."""
    answer = await fetch(web, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_large_file_reaches_a_slow_reader_whole(
    start: Start, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow line takes its time: the limit for handshakes is none for downloads."""
    (tmp_path / "large.bin").write_bytes(bytes(20_000_000))

    def impatient(*args: Any, **options: Any) -> Any:
        return serve(*args, **{"open_timeout": 0.3, **options})

    monkeypatch.setattr("bridge.viewers.listening.serve", impatient)
    monkeypatch.setattr("bridge.viewers.listening.STOP_GRACE", 0.3)
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    server.static_dir = tmp_path
    await start(server)
    async with dialled(server, receive_buffer=65_536) as reader:
        await reader.say(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(0.6)  # reads nothing for longer than a handshake, or a goodbye, may take
        head, _, body = (await reader.end()).partition(b"\r\n\r\n")
    assert b"Content-Length: 20000000" in head
    assert len(body) == 20_000_000


async def test_a_reader_that_hangs_up_in_the_middle_is_no_news(
    web: WebSocketServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """People close pages while they load: nothing is logged, nothing is left."""
    (tmp_path / "large.bin").write_bytes(bytes(50_000_000))
    web.static_dir = tmp_path
    before = asyncio.all_tasks()
    async with dialled(web, receive_buffer=4096) as reader:
        await reader.say(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.some()
    await until(lambda: asyncio.all_tasks() <= before, "the download has ended")
    assert caplog.records == []


async def test_a_reader_that_stands_still_is_let_go(
    web: WebSocketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download may be slow, but it has to move."""
    monkeypatch.setattr("bridge.viewers.connection.STALL_TIMEOUT", 0.1)
    (tmp_path / "large.bin").write_bytes(bytes(50_000_000))
    web.static_dir = tmp_path
    before = asyncio.all_tasks()
    async with dialled(web, receive_buffer=4096) as reader:
        await reader.say(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.some()
        await until(lambda: asyncio.all_tasks() <= before, "the download has ended")


async def test_an_answer_that_nobody_fetches_is_let_go(
    web: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads its answer and then keeps the connection."""
    monkeypatch.setattr("bridge.viewers.connection.STALL_TIMEOUT", 0.1)
    before = asyncio.all_tasks()
    async with dialled(web) as reader:
        await reader.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await reader.end()
        await until(lambda: asyncio.all_tasks() <= before, "the connection has ended")


async def test_a_request_that_never_comes_is_let_go(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody keeps a connection with half a line."""
    clock = Clock(monkeypatch)
    server = await start(provider=EmptyProvider())
    async with dialled(server) as silent, dialled(server) as slow:
        await slow.say(b"GET / HT")
        await until(lambda: len(server._gate.alive) == 2 and heard(server) == 8, "both are at the door")
        await clock.jump(DEFAULT_LIMITS.handshake_seconds)
        assert await silent.end() == b""
        assert b" 408 " in await slow.end()
    assert dict(server.refusals) == {"no word in time": 1, "no request in time": 1}


async def test_the_limit_for_a_request_is_none_for_a_viewer(
    web: WebSocketServer,
) -> None:
    """Once its request has come in, a viewer may be silent for ever."""
    async with watching(web):
        [connection] = web.connections
        assert isinstance(connection, Connection)
        assert connection._time_limit is None


# Headers that every answer has


def is_guarded(answer: Answer, policy: str = POLICY) -> bool:
    return (
        answer.headers.get("content-security-policy") == policy
        and answer.headers.get("x-content-type-options") == "nosniff"
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "policy"),
    [
        ("GET", "/", 200, HOSTED),
        ("HEAD", "/", 200, HOSTED),
        ("GET", "/pixel.png", 200, HOSTED),
        ("GET", "/nothing", 404, POLICY),
        ("GET", "/%ff", 404, POLICY),
        ("HEAD", "/nothing", 404, POLICY),
        ("GET", "/api/version", 200, POLICY),
        ("POST", "/", 405, POLICY),
    ],
)
async def test_every_answer_is_guarded(
    web: WebSocketServer, method: str, path: str, status: int, policy: str
) -> None:
    """`Content-Security-Policy` and `X-Content-Type-Options`; not alike for the owner's files."""
    answer = await fetch(web, path, method)
    assert answer.status == status
    assert is_guarded(answer, policy)


async def test_our_own_page_is_guarded(start: Start) -> None:
    """Strictly, whatever is said of others."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(csp="default-src *"))
    await start(server)
    for path in ("/", "/main.js", "/style.css"):
        assert is_guarded(await fetch(server, path))


@pytest.mark.parametrize("content", [("text/html", "<p>"), Path(__file__)], ids=["content", "path"])
async def test_a_page_of_the_owner_s_has_the_owner_s_policy(start: Start, content: object) -> None:
    """`on_static_request` makes pages that we know nothing of."""
    policy = "script-src 'self' 'unsafe-inline'; frame-ancestors https://blog.example"
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(csp=policy))

    async def serve_page(path: str) -> Any:
        if path == "/broken":
            raise ValueError
        return content if path == "/theirs" else None

    server.on_static_request(serve_page)
    await start(server)
    assert is_guarded(await fetch(server, "/theirs"), policy)
    assert is_guarded(await fetch(server, "/"))
    assert is_guarded(await fetch(server, "/broken"))


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        (["Upgrade: websocket", "Connection: Upgrade"], "/"),
        (["Upgrade: websocket"], "/"),
        (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"], "/"),
        ([], "/" + "x" * 9_000),
        (["X: " + "x" * 9_000], "/"),
        ([f"X-{number}: x" for number in range(200)], "/"),
    ],
    ids=["no key", "no connection", "bad key", "long path", "long header", "many headers"],
)
async def test_answers_to_broken_handshakes_are_guarded(
    web: WebSocketServer, headers: list[str], path: str
) -> None:
    """They are answers, too."""
    answer = await fetch(web, path, headers=headers)
    assert 400 <= answer.status < 500
    assert is_guarded(answer)


def test_the_policy_keeps_strangers_out() -> None:
    """Scripts come from the bridge alone; sockets may go anywhere, as `?socketURL=` wants."""
    assert "default-src 'self'" in POLICY
    assert "connect-src 'self' ws: wss:" in POLICY
    assert "unsafe" not in POLICY


async def test_no_answer_tells_the_software(web: WebSocketServer) -> None:
    """Its version is nobody's business but `/api/version`'s."""
    assert "server" not in (await fetch(web)).headers


# Endpoints


async def test_the_version(web: WebSocketServer) -> None:
    """As JSON."""
    answer = await fetch(web, "/api/version")
    assert answer.headers["content-type"].startswith("application/json")
    assert json.loads(answer.body) == {"version": __version__}


@pytest.mark.parametrize(
    "request_bytes", [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET / HTTP/9\r\n\r\n"]
)
async def test_what_is_no_http_ends_the_connection(web: WebSocketServer, request_bytes: bytes) -> None:
    """And only that one."""
    async with dialled(web) as viewer:
        await viewer.say(request_bytes)
        await viewer.end()
    assert (await fetch(web)).status == 200


async def test_an_upgrade_to_something_else_is_a_page(web: WebSocketServer) -> None:
    """Browsers offer HTTP/2 this way."""
    assert (await fetch(web, headers=["Connection: Upgrade", "Upgrade: h2c"])).status == 200


async def test_a_websocket_on_a_file_s_path(web: WebSocketServer) -> None:
    """Any path is accepted for the upgrade."""
    async with dialled(web) as viewer:
        await viewer.say(handshake().replace(b"GET /", b"GET /index.html"))
        await viewer.hear_handshake()


# No way out

ESCAPES = [
    "/../secret.txt",
    "/../site-secret/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/.%2e/secret.txt",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/sub/../../secret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/./../secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/sub\\..\\..\\secret.txt",
    "//../secret.txt",
    "/%00/../secret.txt",
    "/index.html%00",
    "/index.html%00.txt",
    "/..%00/secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/../site-secret",
    "-secret/secret.txt",
    "../secret.txt",
    "..",
    "/..",
    "/.",
    "/...",
    "/~/secret.txt",
    "/link-to-file.txt",
    "/link-to-folder/secret.txt",
    "/link-to-parent/secret.txt",
    "/link-to-parent/site-secret/secret.txt",
    "/link-to-nothing",
    "/link-loop",
    "/link-loop/secret.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/sub/../.env",
    "/file:///etc/passwd",
    "file:///etc/passwd",
    "http://test/../secret.txt",
    "//etc/passwd",
    "///etc/passwd",
    "/etc/passwd",
    "/%2fetc%2fpasswd",
    "/C:/Windows/win.ini",
    "/C:%5cWindows%5cwin.ini",
    "/index.html::$DATA",
    "/index.html%20%20/",
    "*",
    "?",
    "#",
    "%",
    "/%",
    "/%zz",
    "/%ff%fe",
    "/" + "a" * 300,
    "/" + "a/" * 2_000,
]


@pytest.mark.parametrize("target", ESCAPES, ids=lambda target: target[:40])
async def test_no_target_leads_out_of_the_folder(web: WebSocketServer, target: str) -> None:
    """By no encoding, separator, sibling or link: there is nothing there."""
    answer = await fetch(web, target)
    assert answer.status == 404
    assert OUTSIDE not in answer.body


async def test_an_absolute_file_is_not_served(web: WebSocketServer, site: Path) -> None:
    """Not by its real path, however it is written."""
    for path in (site / "index.html", site.parent / "secret.txt"):
        for target in (str(path), "/" + str(path), "/" + quote(str(path), safe="")):
            assert (await fetch(web, target)).status == 404


segments = st.sampled_from(
    ["..", ".", "", "sub", "index.html", "page.html", "secret.txt", "site-secret", "site", "..\\", "~",
     "C:", "\\..\\", "link-to-file.txt", "link-to-folder", "link-to-parent", "link-loop", "link-inside.html",
     ".env", "\0", "index.html\0", "..\0", "%2e%2e", "%2f", "\u2024\u2024", "\uff0e\uff0e"]
) | st.text(max_size=6)  # fmt: skip
paths = st.lists(segments, max_size=6).map("/".join) | st.text(max_size=20)


def is_inside(file: Path, root: Path) -> bool:
    return os.path.commonpath([os.path.realpath(file), os.path.realpath(root)]) == os.path.realpath(root)


@given(paths, st.sampled_from(["", "/", "//"]))
@example("site-secret/secret.txt", "/../")
def test_no_path_leads_out_of_the_folder(site: Path, path: str, prefix: str) -> None:
    """Whatever is asked for: a plain file inside, or nothing."""
    file = find_file(site, prefix + path)
    if file is not None:
        assert is_inside(file, site)
        assert file.is_file()
        assert file.read_bytes() != OUTSIDE


@given(paths, st.integers(0, 3))
def test_no_encoding_leads_out_of_the_folder(site: Path, path: str, times: int) -> None:
    """Nor when it is percent-encoded once, twice or three times."""
    target = "/" + path
    for _ in range(times):
        target = "".join(f"%{byte:02x}" for byte in target.encode(errors="surrogatepass"))
    answer = asyncio.run(Website(site).answer("", Request(target, Headers())))
    assert answer.status in (200, 404)
    with answer.open()[1] as body:
        assert body.read() != OUTSIDE


def test_a_short_name_shows_no_hidden_file(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows gives each file a second name; here a link stands for it."""
    (site / ".secrets").write_bytes(OUTSIDE)
    (site / "SECRET~1").symlink_to(site / ".secrets")
    monkeypatch.setattr(sys, "platform", "win32")
    assert find_file(site, "/SECRET~1") is None
    assert find_file(site, "/index.html") is not None


def test_a_relative_folder_is_a_folder(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--static-dir site`."""
    monkeypatch.chdir(site.parent)
    assert find_file(Path("site"), "/index.html") == (site / "index.html").resolve()
    assert find_file(Path("site"), "/../secret.txt") is None


def test_a_folder_that_is_a_link_is_a_folder(site: Path, tmp_path: Path) -> None:
    """Deployments switch versions by one."""
    (tmp_path / "current").symlink_to(site)
    assert find_file(tmp_path / "current", "/index.html") is not None


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    """404 for everything."""
    assert find_file(tmp_path / "nothing", "/index.html") is None


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading it would never end."""
    os.mkfifo(tmp_path / "pipe")
    assert find_file(tmp_path, "/pipe") is None


def test_the_bridge_brings_a_page_of_its_own() -> None:
    """In its own package."""
    assert WebSocketServer().static_dir == WEB_DIR


def test_a_folder_may_be_given_as_text(site: Path) -> None:
    """As most scripts do."""
    server = WebSocketServer()
    server.static_dir = str(site)
    assert server.static_dir == site


# on_static_request

Page = Callable[[str], Awaitable[Any]]


def page(content: Any) -> Page:
    async def callback(path: str) -> Any:
        if isinstance(content, BaseException):
            raise content
        return content

    return callback


async def test_a_page_of_text(web: WebSocketServer) -> None:
    """In UTF-8."""
    web.on_static_request(page(("text/html", "<p>Hällo")))
    answer = await fetch(web)
    assert (answer.status, answer.body.decode()) == (200, "<p>Hällo")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert is_guarded(answer, HOSTED)


async def test_a_page_of_bytes(web: WebSocketServer) -> None:
    """As they are."""
    web.on_static_request(page(("image/png", b"\x89PNG")))
    answer = await fetch(web)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"\x89PNG", "image/png")


async def test_a_charset_that_is_named_stays(web: WebSocketServer) -> None:
    """The callback knows what it encoded."""
    web.on_static_request(page(("text/html; charset=latin-1", b"\xe4")))
    assert (await fetch(web)).headers["content-type"] == "text/html; charset=latin-1"


async def test_a_page_from_a_file(web: WebSocketServer, site: Path) -> None:
    """A path to anywhere the owner likes; the type goes by extension."""
    web.on_static_request(page(site.parent / "secret.txt"))
    answer = await fetch(web, "/whatever")
    assert (answer.status, answer.body) == (200, OUTSIDE)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_none_leaves_the_request_to_the_folder(web: WebSocketServer) -> None:
    """Found there, or a 404."""
    web.on_static_request(page(None))
    assert (await fetch(web)).status == 200
    assert (await fetch(web, "/nothing")).status == 404


async def test_the_callback_goes_before_the_folder(web: WebSocketServer) -> None:
    """Also where there is a file."""
    web.on_static_request(page(("text/plain", "mine")))
    assert (await fetch(web, "/index.html")).body == b"mine"


async def test_the_callback_gets_the_decoded_path(web: WebSocketServer) -> None:
    """Without the query."""
    asked: list[str] = []

    async def callback(path: str) -> None:
        asked.append(path)

    web.on_static_request(callback)
    await fetch(web, "/a%20b/%C3%BC?x=1#y")
    assert asked == ["/a b/ü"]


async def test_a_head_request_of_a_page(web: WebSocketServer) -> None:
    """Has its length and no body."""
    web.on_static_request(page(("text/plain", "four")))
    answer = await fetch(web, method="HEAD")
    assert (answer.body, answer.headers["content-length"]) == (b"", "4")


RUBBISH = [
    7, "text", b"bytes", [], {}, (), ("text/html",), ("text/html", None), ("text/html", 7), (None, "x"),
    (7, b"x"), ("text/html", "x", "y"), ("text/html", ["x"]), True,
]  # fmt: skip


@pytest.mark.parametrize("rubbish", RUBBISH, ids=repr)
async def test_a_page_of_rubbish_is_a_500(web: WebSocketServer, rubbish: object) -> None:
    """The server lives."""
    web.on_static_request(page(rubbish))
    answer = await fetch(web)
    assert answer.status == 500
    assert is_guarded(answer)


@pytest.mark.parametrize(
    "content_type", ["text/plain\r\nX-Injected: yes", "text/plain\n\n<p>", "ü🎉", "\x00"]
)
async def test_a_content_type_that_breaks_headers_is_a_500(web: WebSocketServer, content_type: str) -> None:
    """It doesn't become a header of its own."""
    web.on_static_request(page((content_type, "x")))
    answer = await fetch(web)
    assert answer.status == 500
    assert "x-injected" not in answer.headers


@pytest.mark.parametrize(
    "fault", [RuntimeError(SECRET), KeyError(SECRET), TimeoutError(), asyncio.CancelledError()], ids=repr
)
async def test_a_page_that_raises_is_a_500(
    web: WebSocketServer, fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the exception's text; one line in the log."""
    web.on_static_request(page(fault))
    answer = await fetch(web)
    assert answer.status == 500
    assert is_guarded(answer)
    assert SECRET.encode() not in answer.body
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


async def test_a_page_that_hangs_is_a_500(web: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the timeout."""
    monkeypatch.setattr("bridge.site.http.STATIC_TIMEOUT", 0.05)

    async def callback(path: str) -> None:
        await asyncio.Event().wait()

    web.on_static_request(callback)
    assert (await fetch(web)).status == 500


async def test_a_page_from_a_file_that_is_not_there(web: WebSocketServer, tmp_path: Path) -> None:
    """Is an error of the owner's, and no reason to hang."""
    web.on_static_request(page(tmp_path / "nothing"))
    assert (await fetch(web)).status in (404, 500)


async def test_a_page_that_fails_is_no_end_of_the_world(web: WebSocketServer) -> None:
    """The next request is answered as ever."""
    web.on_static_request(page(RuntimeError(SECRET)))
    await fetch(web)
    web.on_static_request(page(None))
    assert (await fetch(web)).status == 200
