"""Hands on the world: they point at where something has come to rest, and click as fast as they would."""

from typing import Final

from playwright.async_api import Locator, Page

_BOX_AT_REST: Final = """(node) => new Promise((resolve) => {
    let [before, frames] = ['', 0];
    const look = () => {
        const { x, y, width, height } = node.getBoundingClientRect();
        frames = `${[x, y, width]}` === before ? frames + 1 : 0;
        before = `${[x, y, width]}`;
        if (!node.isConnected) resolve(null);
        else if (frames > 4) resolve([x, y, width, height]);
        else requestAnimationFrame(look);
    };
    look();
})"""
_ART: Final = """() => {
    const { style, width } = document.querySelector('#world');
    return parseFloat(style.width) / width;
}"""
_NOTE_POINTER: Final = """() => {
    if (globalThis.pointer) return;
    globalThis.pointer = {};
    addEventListener('pointermove', ({ clientX: x, clientY: y }) => { globalThis.pointer = { x, y }; }, true);
}"""
# Whether the page knows where the pointer is, and has shown what is there.
_IS_POINTED_AT: Final = """([x, y]) => new Promise((resolve) => {
    let [frames, shown] = [0, 0];
    const look = () => {
        const isThere = Math.abs(globalThis.pointer.x - x) < 1 && Math.abs(globalThis.pointer.y - y) < 1;
        [frames, shown] = [frames + 1, isThere ? shown + 1 : 0];
        if (shown > 2 || frames > 600) resolve(shown > 2);
        else requestAnimationFrame(look);
    };
    look();
})"""


async def middle_of(node: Locator) -> tuple[float, float]:
    """Where something is, as soon as it has stayed there for some frames."""
    x, y, width, height = await _box_at_rest(node)
    return x + width / 2, y + height / 2


async def figure_of(name: Locator) -> tuple[float, float]:
    """Where the middle of somebody is whose name is below them, who stands still."""
    x, y, width, _ = await _box_at_rest(name)
    art: float = await name.page.evaluate(_ART)
    return x + width / 2, y - 12 * art


async def _box_at_rest(node: Locator) -> tuple[float, float, float, float]:
    while not (box := await node.evaluate(_BOX_AT_REST)):
        pass  # it was another node's turn meanwhile
    x, y, width, height = box
    return x, y, width, height


async def point_at(page: Page, x: float, y: float) -> None:
    """Move the mouse, and wait until the page knows of it, and has shown what is there."""
    await page.evaluate(_NOTE_POINTER)
    await page.mouse.move(x, y)
    assert await page.evaluate(_IS_POINTED_AT, [x, y])


async def double_click(page: Page, x: float, y: float) -> None:
    """Click twice as one does on a machine that has nothing else to do: no time passes meanwhile."""
    await page.evaluate("Object.defineProperty(Event.prototype, 'timeStamp', { get: () => 0 })")
    await page.mouse.dblclick(x, y)
