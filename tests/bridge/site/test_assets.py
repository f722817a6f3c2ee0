"""The page's own files: light on the way, and not sent again to who has them."""

import gzip
import os
import re
import time
from http import HTTPStatus
from pathlib import Path

import pytest

from bridge.server import WebSocketServer
from bridge.site.answers import Answer
from tests.bridge.conftest import Start
from tests.bridge.watchers import fetch

SCRIPT = """
/**
 * What nobody needs on the way.
 * @param {string} name
 */
export function greet(name) {
  // said aloud
  return `Hello,  ${name}  // really`;
}
"""


@pytest.fixture
async def page(start: Start) -> WebSocketServer:
    """A running bridge with the page it comes with."""
    return await start()


@pytest.fixture
async def small_page(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WebSocketServer:
    """A running bridge whose own page is one script."""
    monkeypatch.setattr("bridge.site.http.WEB_DIR", tmp_path)
    (tmp_path / "greet.js").write_text(SCRIPT)
    server = WebSocketServer(0, "127.0.0.1")
    server.static_dir = tmp_path
    return await start(server)


async def test_comments_stay_at_home(small_page: WebSocketServer) -> None:
    """What a string says stays as it is."""
    body = (await fetch(small_page, "/greet.js")).body.decode()
    assert "nobody needs" not in body
    assert "said aloud" not in body
    assert "`Hello,  ${name}  // really`" in body


async def test_an_owner_s_own_files_are_left_alone(start: Start, tmp_path: Path) -> None:
    """Byte for byte, whoever asks."""
    (tmp_path / "greet.js").write_text(SCRIPT)
    server = WebSocketServer(0, "127.0.0.1")
    server.static_dir = tmp_path
    await start(server)
    answer = await fetch(server, "/greet.js", headers=["Accept-Encoding: gzip"])
    assert answer.body == SCRIPT.encode()
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("wish", ["gzip", "deflate, gzip, br", "GZIP"])
async def test_browsers_get_it_compressed(page: WebSocketServer, wish: str) -> None:
    """The same content."""
    plain = await fetch(page, "/main.js")
    small = await fetch(page, "/main.js", headers=[f"Accept-Encoding: {wish}"])
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) == len(small.body)
    assert len(small.body) < len(plain.body) * 0.6
    assert gzip.decompress(small.body) == plain.body
    assert {plain.headers["vary"], small.headers["vary"]} == {"Accept-Encoding"}


@pytest.mark.parametrize("wish", ["", "identity", "br", "gzip;q=0", "x-gzipped"])
async def test_who_reads_no_gzip_gets_none(page: WebSocketServer, wish: str) -> None:
    """Old clients and simple tools."""
    answer = await fetch(page, "/main.js", headers=[f"Accept-Encoding: {wish}"])
    assert "content-encoding" not in answer.headers
    assert b"import" in answer.body


@pytest.mark.parametrize("path", ["/", "/main.js", "/style.css", "/favicon.svg"])
async def test_who_has_it_is_told_so(page: WebSocketServer, path: str) -> None:
    """304, in either form, without a body or a word about its length."""
    tag = (await fetch(page, path)).headers["etag"]
    for more in ([], ["Accept-Encoding: gzip"]):
        answer = await fetch(page, path, headers=[f"If-None-Match: {tag}", *more])
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == tag
        assert "content-length" not in answer.headers
    assert (await fetch(page, path, headers=['If-None-Match: W/"other"'])).status == 200


def name_chunk(script: str) -> str:
    """Find the address that a script has its panels from."""
    [address] = re.findall(r"import\(`\.(/ui/later\.\w+\.js)\$", script)
    return str(address)


async def test_what_comes_later_is_kept_for_good(page: WebSocketServer) -> None:
    """Its address has its content's hash. In both forms, and again to who asks nevertheless."""
    path = name_chunk((await fetch(page, "/main.js")).body.decode())
    plain = await fetch(page, path)
    small = await fetch(page, f"{path}?2", headers=["Accept-Encoding: gzip"])
    assert gzip.decompress(small.body) == plain.body
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["x-content-type-options"] == "nosniff"
    for answer in (
        plain,
        small,
        await fetch(page, path, headers=[f"If-None-Match: {plain.headers['etag']}"]),
    ):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.status == 304


@pytest.mark.parametrize(
    "path", ["/ui/later.0123456789abcdef.js", "/later.0123456789abcdef.js", "/0123456789abcdef.js"]
)
async def test_what_came_later_before_an_update_is_gone(page: WebSocketServer, path: str) -> None:
    """Nobody keeps that in mind."""
    answer = await fetch(page, path)
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-cache")


def test_how_long_it_may_be_kept_is_said_once() -> None:
    """Whoever says it twice leaves it to the browser."""
    head, _ = Answer(HTTPStatus.OK, headers=(("Cache-Control", "max-age=1"),)).open()
    assert head.headers.get_all("Cache-Control") == ["max-age=1"]


async def test_an_owner_s_own_page_has_no_chunks_of_ours(start: Start, tmp_path: Path) -> None:
    """Not even where it is made of the same files."""
    server = WebSocketServer(0, "127.0.0.1")
    path = name_chunk((await fetch(await start(server), "/main.js")).body.decode())
    other = WebSocketServer(0, "127.0.0.1")
    other.static_dir = tmp_path
    assert (await fetch(await start(other), path)).status == 404


async def test_a_change_is_noticed(
    small_page: WebSocketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update under a running bot, also to an older file; within a second."""
    before = await fetch(small_page, "/greet.js")
    file = tmp_path / "greet.js"
    changed_at = file.stat().st_mtime_ns
    file.write_text("export const hello = 1;")
    os.utime(file, ns=(changed_at - 1, changed_at - 1))
    later = time.monotonic() + 1
    monkeypatch.setattr("bridge.site.assets.time.monotonic", lambda: later)
    after = await fetch(small_page, "/greet.js", headers=[f"If-None-Match: {before.headers['etag']}"])
    assert (after.status, after.body) == (200, b"export const hello=1;")


async def test_a_module_of_the_script_is_a_part_of_it(
    small_page: WebSocketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one changes, or is gone, the script is another."""
    (tmp_path / "main.js").write_text("import { one } from './one.js';\nconsole.log(one);\n")
    (tmp_path / "one.js").write_text("export const one = 1;\n")
    assert b"const one=1" in (await fetch(small_page, "/main.js")).body
    (tmp_path / "one.js").write_text("export const one = 22;\n")
    later = time.monotonic() + 1
    monkeypatch.setattr("bridge.site.assets.time.monotonic", lambda: later)
    assert b"const one=22" in (await fetch(small_page, "/main.js")).body
