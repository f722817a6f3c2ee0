"""`python -m tests.docs.icons`: draw the page's icons anew, after its favicon has changed.

They are what a phone shows of a page that somebody has put among their apps.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from bridge.site.http import WEB_DIR

ICONS: Final = WEB_DIR / "icons"
GRID: Final = 16  # pixels of the favicon
SEA: Final = (0x40, 0x80, 0xA6, 0xFF)
APPLE_S: Final = "180-full.png"  # Firefox fetches it as well: no larger than it has to be
# Name, pixels across, how many of those are for one of the favicon, and what is behind it.
KINDS: Final = (
    ("192.png", 192, 12, (0, 0, 0, 0)),
    ("512.png", 512, 32, (0, 0, 0, 0)),
    (APPLE_S, 180, 9, SEA),  # systems cut its corners off
    ("512-full.png", 512, 26, SEA),
)

_PATH: Final = re.compile(r'<path fill="#(?P<fill>[0-9a-f]+)" d="(?P<way>[^"]+)"')
_STEP: Final = re.compile(r"([MhvHVz])([-\d ]*)")

Pixel = tuple[int, int, int, int]
Corners = list[tuple[int, int]]


def _color(fill: str) -> Pixel:
    whole = fill if len(fill) == 6 else "".join(2 * digit for digit in fill)
    red, green, blue = bytes.fromhex(whole)
    return red, green, blue, 0xFF


def _shapes(way: str) -> Iterator[Corners]:
    """Walk along a path of horizontal and vertical steps."""
    x = y = 0
    corners: Corners = []
    for step, numbers in _STEP.findall(way):
        if step == "z":
            yield corners
            corners = []
            continue
        values = [int(number) for number in re.findall(r"-?\d+", numbers)]
        if step == "M":
            x, y = values
        elif step in "hH":
            x = values[0] + (x if step == "h" else 0)
        else:
            y = values[0] + (y if step == "v" else 0)
        corners.append((x, y))


def _is_inside(corners: Corners, x: float, y: float) -> bool:
    """Tell whether an odd number of sides is to the right of a point."""
    sides = zip(corners, corners[1:] + corners[:1], strict=True)
    return sum((a[1] > y) != (b[1] > y) and x < a[0] for a, b in sides) % 2 == 1


def pixels(svg: str) -> dict[tuple[int, int], Pixel]:
    """Tell which pixels of the favicon have a colour."""
    drawn: dict[tuple[int, int], Pixel] = {}
    for path in _PATH.finditer(svg):
        for shape in _shapes(path["way"]):
            inside = ((x, y) for x in range(GRID) for y in range(GRID) if _is_inside(shape, x + 0.5, y + 0.5))
            drawn |= dict.fromkeys(inside, _color(path["fill"]))
    return drawn


def rows(size: int, scale: int, behind: Pixel) -> list[bytes]:
    """Draw an icon: its rows of pixels, each after a 0 that says so."""
    drawn = pixels((WEB_DIR / "favicon.svg").read_text("utf-8"))
    edge = (size - GRID * scale) // 2
    empty = b"\0" + bytes(behind) * size
    lines = [empty] * edge
    for y in range(GRID):
        inner = b"".join(bytes(drawn.get((x, y), behind)) * scale for x in range(GRID))
        lines += [b"\0" + bytes(behind) * edge + inner + bytes(behind) * edge] * scale
    return lines + [empty] * edge


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(size: int, lines: list[bytes]) -> bytes:
    """Write a picture with eight bits for each of red, green, blue and opacity."""
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(lines), 9)
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def read(picture: bytes) -> bytes:
    """Read back what `png` has packed: other versions of zlib pack the same in another way."""
    start = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    return zlib.decompress(picture[start + 4 : start + 4 + length])


if __name__ == "__main__":
    ICONS.mkdir(exist_ok=True)
    for name, size, scale, behind in KINDS:
        (ICONS / name).write_bytes(png(size, rows(size, scale, behind)))
