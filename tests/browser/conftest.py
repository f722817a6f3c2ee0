"""Browsers, a bridge, and pages that tell when something goes wrong in them.

Every test runs in Chromium and in Firefox, unless it says otherwise. Each browser serves all tests, each in a
context of its own; so they share one event loop.
"""

import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, async_playwright, expect

from bridge.model import Channel, GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer

GARDEN: Final = GuildInfo(id="100000000000000001", slug="garden", name="The Garden", default=True)
HARBOUR: Final = GuildInfo(id="100000000000000002", slug="harbour", name="The Harbour")
CHANNELS: Final = [Channel(id="31", name="beds"), Channel(id="32", name="Greenhouse", kind="voice")]
GARDENERS: Final = [
    Member(uid="11", username="Ada", status="online", role_color="#e06c75"),
    Member(uid="12", username="Beppo", status="idle", role_color="#5b8dd9"),
    Member(uid="13", username="Chiara", status="dnd"),
    Member(uid="14", username="Dmitri", status="offline", bot=True),
]

LAUNCH_ARGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LAUNCH: Final = 90_000  # milliseconds: several browsers may start at the same time
expect.set_options(timeout=30_000)  # a machine that does other things besides is slow to draw

OpenPage = Callable[..., Awaitable[Page]]

SIZE: Final = {
    "width": 1_000,
    "height": 640,
}  # smaller than most screens: every pixel is drawn by the processor

# What a viewer has chosen before. Most tests look at the members; messages are there without being seen.
MEMBERS_OPEN: Final = {"panel": "members"}

# How either browser says that nobody listens.
REFUSED: Final = ("net::ERR_CONNECTION_REFUSED", "Firefox can\u2019t establish a connection to the server")


# For a test that needs what Firefox can't be asked for, or lets the clock run: each frame of that is drawn,
# which takes Firefox too long.
only_chromium = pytest.mark.parametrize("browser", ["chromium"], indirect=True)

# For a test of the page in light and dark: Firefox can't be asked for the dark.
in_each_scheme = pytest.mark.parametrize(
    ("browser", "scheme"),
    [("chromium", "light"), ("chromium", "dark"), ("firefox", "light")],
    indirect=["browser"],
)


def find_chromium() -> str:
    """Find the system's Chromium.

    Raises:
        LookupError: if there is none.
    """
    return _find("chromium", "chromium-browser", "google-chrome")


def find_firefox() -> str:
    """Find the system's Firefox; like Chromium."""
    return _find("firefox-esr", "firefox")


def _find(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise LookupError(f"no browser on the PATH: install the package `{names[0]}`")


def need(find: Callable[[], str]) -> str:
    """Find a browser for a test. Without one a developer skips it; a CI run must not."""
    try:
        return find()
    except LookupError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


async def _start(playwright: Playwright, name: str) -> Browser:
    if name == "chromium":
        return await playwright.chromium.launch(
            executable_path=need(find_chromium), args=LAUNCH_ARGS, timeout=LAUNCH
        )
    return await playwright.firefox.launch(
        channel="moz-firefox",  # speaks WebDriver BiDi, as every Firefox does
        executable_path=need(find_firefox),
        timeout=LAUNCH,
        firefox_user_prefs={"media.cubeb.force_mock_context": True},  # a machine may have no sound
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers() -> AsyncIterator[Callable[[str], Awaitable[Browser]]]:
    """Start each browser when a test wants it; both stay until the end, for a start takes many seconds."""
    started: dict[str, Browser] = {}

    async def find(name: str) -> Browser:
        if name not in started or not started[name].is_connected():
            started[name] = await _start(playwright, name)
        return started[name]

    async with async_playwright() as playwright:
        yield find
        for browser in started.values():
            await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["chromium", "firefox"])
async def browser(request: pytest.FixtureRequest, browsers: Callable[[str], Awaitable[Browser]]) -> Browser:
    return await browsers(request.param)


def is_firefox(browser: Browser | None) -> bool:
    return browser is not None and browser.browser_type.name == "firefox"


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Make pages, with a viewer's earlier choices and the options of a browser context.

    No page may have had anything to complain about, but for what `may_miss` is a part of the address of.
    """
    complaints: list[str] = []
    pages: list[Page] = []

    def note(complaint: str, may_miss: str | None) -> None:
        if may_miss is None or may_miss not in complaint:
            complaints.append(complaint)

    def note_message(message: ConsoleMessage, may_miss: str | None) -> None:
        # Where a test stops its bridge, a late request may be refused: what counts is what the page shows.
        is_refused = any(words in message.text for words in REFUSED)
        if message.type in ("error", "warning") and not is_refused:
            note(f"{message.text} {message.location}", may_miss)

    async def make(
        choices: dict[str, str] | None = None, *, may_miss: str | None = None, **options: object
    ) -> Page:
        chosen = dict(MEMBERS_OPEN if choices is None else choices)
        if is_firefox(browser) and options.get("reduced_motion") == "reduce":
            chosen["motion"] = "less"  # the page's own word for it, as this one Firefox can't be told
        context = await browser.new_context(**{"locale": "en-GB", "viewport": SIZE, **options})  # type: ignore[arg-type]
        # Firefox runs it also before there is a page, where there is no storage.
        keep = f"localStorage['d-zone'] ??= {json.dumps(json.dumps(chosen))}"
        await context.add_init_script(f"if (location.protocol === 'http:') {keep}")
        page = await context.new_page()
        page.on("console", lambda message: note_message(message, may_miss))
        page.on("pageerror", lambda error: note(str(error), may_miss))
        pages.append(page)
        return page

    yield make
    for page in pages:
        if not page.is_closed():
            await page.unroute_all(behavior="ignoreErrors")  # whoever answers may be at it still
        await page.context.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def bare_bridge() -> AsyncIterator[WebSocketServer]:
    """A bridge that has no guild to show yet."""
    server = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider())
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bridge(bare_bridge: WebSocketServer) -> WebSocketServer:
    """A bridge with two guilds: a garden, the default, and an empty harbour."""
    bare_bridge.show_guild(GARDEN, GARDENERS, CHANNELS)
    bare_bridge.show_guild(HARBOUR, [])
    return bare_bridge


@pytest_asyncio.fixture(loop_scope="session")
async def mock_bridge() -> AsyncIterator[WebSocketServer]:
    """A bridge as it comes: with four made-up guilds, of which `oauth` is protected."""
    server = WebSocketServer(port=0, host="127.0.0.1")
    await server.start()
    yield server
    await server.stop()


def address(server: WebSocketServer, query: str = "") -> str:
    """Where the page of a bridge is."""
    return f"http://{server.host}:{server.port}/{query}"
