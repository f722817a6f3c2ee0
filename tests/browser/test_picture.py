"""The picture of the world, in each browser as it was.

Where it shall look otherwise, run this file with `UPDATE=1` in the environment, and look at the pictures in
`references` before they are kept. They are of the world alone: letters are the system's. There is no
sea, which never stands still, and people don't walk.
"""

import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import expect

from bridge.server import WebSocketServer
from tests.bench import town

from .conftest import OpenPage
from .moments import open_world, some_frames

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFERENCES: Final = Path(__file__).parent / "references"
DESKTOP: Final = {"width": 1280, "height": 720}
PHONE: Final = {"width": 390, "height": 844}
# Of the pixels: people breathe, eyes blink, fires burn, the lighthouse turns.
# Another island is 15 % at the least.
TOLERANCE: Final = 0.12
TRIES: Final = 200  # huts come after the first picture

_TAKE: Final = "() => document.querySelector('#world').toDataURL()"
# Which share of the pixels of two pictures is not the same.
_DIFFERENCE: Final = """async (urls) => {
    const [one, other] = await Promise.all(urls.map(async (url) => {
        const picture = new Image();
        picture.src = url;
        await picture.decode();
        const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
        canvas.drawImage(picture, 0, 0);
        return new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
    }));
    if (one.length !== other.length) return 1;
    return one.filter((color, i) => color !== other[i]).length / one.length;
}"""


@pytest.mark.parametrize(
    ("name", "members", "size", "hour"),
    [
        ("few-by-day", 4, DESKTOP, "day"),
        ("some-at-night", 21, DESKTOP, "night"),
        ("many-at-dusk", 300, DESKTOP, "dusk"),
        ("some-on-a-phone", 21, PHONE, "day"),
    ],
)
async def test_the_world_looks_as_it_did(
    bare_bridge: WebSocketServer, new_page: OpenPage, name: str, members: int, size: Any, hour: str
) -> None:
    """Whatever frames there were before: nobody has gone anywhere."""
    bare_bridge.show_guild(town.TOWN, town.members(members), town.channels(members))
    chosen = {"panel": "none", "hour": hour, "season": "summer"}
    page = await new_page(chosen, viewport=size, reduced_motion="reduce")
    await open_world(page, bare_bridge, "?embed=1&background=transparent")
    await expect(page.locator("#world.awake")).to_have_css("opacity", "1")
    await expect(page.locator("body[data-link=live]")).to_have_count(1)
    reference = REFERENCES / f"{name}.png"
    if os.environ.get("UPDATE"):
        taken = await page.evaluate(_TAKE)
        reference.write_bytes(b64decode(taken.partition(",")[2]))
    kept = f"data:image/png;base64,{b64encode(reference.read_bytes()).decode()}"
    for _ in range(TRIES):
        difference = await page.evaluate(_DIFFERENCE, [await page.evaluate(_TAKE), kept])
        if difference < TOLERANCE:
            break
        await some_frames(page)
    assert difference < TOLERANCE
