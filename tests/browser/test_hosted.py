"""A page of the owner's on the bridge's port: it may do what its owner wants, as a d-zone client has to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bridge.exposure import Exposure
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer

from .conftest import OpenPage, address

pytestmark = pytest.mark.asyncio(loop_scope="session")

# As the d-zone client does after a login: a script in the page asks another origin whose token it has.
PAGE: Final = """<!doctype html>
<title>A client</title>
<link rel="icon" href="data:,">
<style>p {{ color: rgb(1, 2, 3) }}</style>
<p>Nobody yet</p>
<script>
fetch('{elsewhere}/users/@me', {{headers: {{Authorization: 'Bearer token'}}}})
  .then(answer => answer.json())
  .then(user => {{ document.querySelector('p').textContent = 'Hello, ' + user.username }})
  .catch(() => {{ document.querySelector('p').textContent = 'Blocked' }})
</script>
"""
ALLOWED: Final = (
    "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization\r\nConnection: close\r\n"
)


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[str]:
    """Another origin, which answers pages of any."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = '{"username": "Ada"}'
        writer.write(f"HTTP/1.1 200 OK\r\n{ALLOWED}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def shown(page: Page, folder: Path, elsewhere: str, *, handled: bool, csp: str | None = None) -> None:
    """Show the page, from a folder or as `on_static_request` has it."""
    exposure = Exposure(csp=csp)
    server = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider(), exposure=exposure)
    source = PAGE.format(elsewhere=elsewhere)

    async def answer(path: str) -> tuple[str, str] | None:
        return ("text/html", source) if path == "/" else None

    if handled:
        server.on_static_request(answer)
    else:
        (folder / "index.html").write_text(source)
        server.static_dir = folder
    await server.start()
    try:
        await page.goto(address(server))
        await expect(page.locator("p")).not_to_have_text("Nobody yet")
    finally:
        await server.stop()


@pytest.mark.parametrize("handled", [False, True], ids=["static_dir", "on_static_request"])
async def test_a_hosted_client_logs_in(
    new_page: OpenPage, tmp_path: Path, elsewhere: str, handled: bool
) -> None:
    """Its script stands in the page, and asks Discord."""
    page = await new_page()
    await shown(page, tmp_path, elsewhere, handled=handled)
    await expect(page.locator("p")).to_have_text("Hello, Ada")
    await expect(page.locator("p")).to_have_css("color", "rgb(1, 2, 3)")


async def test_a_hosted_page_may_do_what_its_owner_says(
    new_page: OpenPage, tmp_path: Path, elsewhere: str
) -> None:
    """A policy of theirs may be strict, and still let it do what it has to."""
    page = await new_page()
    policy = f"script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src {elsewhere}"
    await shown(page, tmp_path, elsewhere, handled=False, csp=policy)
    await expect(page.locator("p")).to_have_text("Hello, Ada")
