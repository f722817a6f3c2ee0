"""What is in the air for a moment: a test sees it, however seldom it has its turn, or the page has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Page, expect

from bridge.server import WebSocketServer

from .conftest import GARDEN, address
from .scene import feed, label

# Words that stand in the air for as long as any do: for who looks at several things while they are there.
LASTING: Final = ("All work and no play makes Ada a dull girl. " * 4).strip()

_MOST_READ: Final = 180  # signs of a bubble, by whose number it is known how long it takes to read
_UNSEEN: Final = "\u2060"  # a sign that has neither ink nor width

# No time passes within a frame, and little from one to the next. So a page that seldom has its turn does with
# each frame what it does elsewhere, and draws the world at once as it shall be, not at half the size first.
_IN_STEP: Final = """{
    const clock = performance.now.bind(performance);
    let [time, before] = [clock(), clock()];
    const tick = () => {
        const now = clock();
        time += Math.min(now - before, 50);
        before = now;
        requestAnimationFrame(tick);
    };
    tick();
    performance.now = () => time;
}"""
_HOLD: Final = """(later) => {
    const [time, date] = [performance.now() + later, Date.now() + later];
    performance.now = () => time;
    Date.now = () => date;
}"""
_IS_KEPT: Final = "() => (localStorage['d-zone islands'] ?? '').includes('garden')"
_SOME_FRAMES: Final = """() => new Promise((done) => {
    const wait = (frames) => (frames ? requestAnimationFrame(() => wait(frames - 1)) : done());
    wait(2);
})"""
_BEGIN_TO_LOOK: Final = """(arg) => {{
    const isThere = {look};
    globalThis.seen = new Promise((resolve) => {{
        const look = () => (isThere(arg) ? resolve(true) : requestAnimationFrame(look));
        setTimeout(() => resolve(false), 60_000);
        look();
    }});
}}"""


def lasting(words: str) -> str:
    """These words, with as much behind them that nobody sees as lets them stand there for twelve seconds."""
    return words + _UNSEEN * (_MOST_READ - len(words))


async def open_world(page: Page, bridge: WebSocketServer, query: str = "") -> None:
    """Go to a page whose time goes with its frames: however busy the machine is, none of it is missed."""
    await page.add_init_script(_IN_STEP)
    await page.goto(address(bridge, query))


async def open_garden(page: Page, bridge: WebSocketServer, query: str = "") -> None:
    """Like `open_world`; wait until Ada stands on her island."""
    await open_world(page, bridge, query)
    await expect(label(page, "Ada")).to_have_count(1)


async def come_to_life(page: Page, bridge: WebSocketServer) -> None:
    """Wait until people can move and the line is watched over: what tells of words comes with that."""
    await expect(page.locator("body[data-link=live]")).to_have_count(1)
    await bridge.broadcast_message(GARDEN.id, "12", "Hello?", "31", id="hello")
    await expect(feed(page)).to_contain_text("Hello?")
    await bridge.broadcast_edit(GARDEN.id, "12", "31", "hello", None)
    await expect(feed(page)).not_to_contain_text("Hello?")
    await some_frames(page)


async def all_there(page: Page) -> None:
    """Wait until what comes after the first picture is there: it keeps what the island looks like."""
    await page.wait_for_function(_IS_KEPT)


async def hold_time(page: Page, later: int = 0) -> None:
    """Let so many milliseconds have passed for words, reactions and who types, and none from then on."""
    await page.evaluate(_HOLD, later)


async def some_frames(page: Page) -> None:
    """Wait until what has happened can be seen."""
    await page.evaluate(_SOME_FRAMES)


@asynccontextmanager
async def coming_to_be_seen(page: Page, look: str, arg: object = None) -> AsyncIterator[None]:
    """Look with each frame, from before something happens: it may be over before a test can ask for it."""
    await page.evaluate(_BEGIN_TO_LOOK.format(look=look), arg)
    yield
    assert await page.evaluate("seen")
