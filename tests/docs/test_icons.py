"""The page as an app: what its manifest names is there, and drawn from the favicon."""

import json

import pytest

from bridge.site.http import WEB_DIR

from .icons import APPLE_S, ICONS, KINDS, pixels, read, rows


@pytest.mark.parametrize("kind", KINDS, ids=[name for name, *_ in KINDS])
def test_icons_show_what_the_favicon_shows(kind: tuple[str, int, int, tuple[int, int, int, int]]) -> None:
    """After a change: `python -m tests.docs.icons`."""
    name, size, scale, behind = kind
    assert read((ICONS / name).read_bytes()) == b"".join(rows(size, scale, behind))


def test_the_favicon_is_read_as_it_is_drawn() -> None:
    drawn = pixels((WEB_DIR / "favicon.svg").read_text("utf-8"))
    assert drawn[6, 6] == (0x12, 0x20, 0x1A, 0xFF)  # an eye
    assert drawn[5, 8] == (0xFF, 0xFF, 0xFF, 0xFF)  # and its white
    assert (0, 0) not in drawn


def test_the_manifest_names_what_is_there() -> None:
    manifest = json.loads((WEB_DIR / "manifest.webmanifest").read_text("utf-8"))
    named = {(WEB_DIR / icon["src"]): icon["sizes"] for icon in manifest["icons"]}
    assert f'"apple-touch-icon" href="icons/{APPLE_S}"' in (WEB_DIR / "index.html").read_text("utf-8")
    named[ICONS / APPLE_S] = "180x180"
    assert named == {ICONS / name: f"{size}x{size}" for name, size, *_ in KINDS}
