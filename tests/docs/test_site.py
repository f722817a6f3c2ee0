"""The site is built as readers get it: without warnings, and with nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cogs.texts import Language
from tests.docs.pages import DOCS, LANGUAGES, NAMES

_FETCHED = re.compile(r"<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=\"?(?:https?:)?//[^>]*>")
_DOCUMENTED = ("WebSocketServer.broadcast_presence", "SqlProvider", "CachedProvider", "UserChanged", "Limits")

# One builds for all: on a busy machine that takes longer than a test may.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Build the site once; return where it is, and what was said meanwhile."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", DOCS / "mkdocs.yml", "-d", folder],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},  # what its maintainers announce is no fault of a page
        capture_output=True,
        text=True,
        check=False,
    )
    return folder, built.stdout + built.stderr


def file_of(site: Path, name: str, language: Language) -> Path:
    """Tell where the site has a page."""
    folder = site if language == "en" else site / language
    return folder / "index.html" if name == "index" else folder / name / "index.html"


def test_it_is_built_without_warnings(build: tuple[Path, str]) -> None:
    """Also links to pages and anchors that don't exist would be warnings."""
    _, said = build
    assert "Documentation built" in said, said
    assert [line for line in said.splitlines() if not line.startswith("INFO")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_in_its_language(build: tuple[Path, str], language: Language) -> None:
    """And leads to the same page in the others."""
    site, _ = build
    for name in NAMES:
        html = file_of(site, name, language).read_text(encoding="utf-8")
        assert f'<html lang="{language}"' in html
        assert all(f'hreflang="{other}"' in html for other in LANGUAGES)


def test_every_picture_is_there(build: tuple[Path, str]) -> None:
    """Where each language's page looks for it."""
    site, _ = build
    for name in NAMES:
        for language in LANGUAGES:
            file = file_of(site, name, language)
            shown = re.findall(r"<img[^>]* src=\"?([^\s\">]+)", file.read_text(encoding="utf-8"))
            assert [source for source in shown if not (file.parent / source).is_file()] == []


def test_nothing_is_fetched_from_elsewhere(build: tuple[Path, str]) -> None:
    """No font, script, picture or style: the site works without a network, and tells nobody who reads it."""
    site, _ = build
    pages = [file.read_text(encoding="utf-8") for file in site.rglob("*.html")]
    foreign = {tag for html in pages for tag in _FETCHED.findall(html) if 'rel="canonical"' not in tag}
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert (len(pages) > len(NAMES), foreign) == (True, set())
    assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles)


def test_the_reference_has_the_docstrings(build: tuple[Path, str]) -> None:
    """Those of the server and the providers, in every language's menu."""
    site, _ = build
    for language in LANGUAGES:
        html = file_of(site, "api", language).read_text(encoding="utf-8")
        assert [name for name in _DOCUMENTED if f'.{name}"' not in html] == []
