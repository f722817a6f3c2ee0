"""The page's modules as few scripts."""

import re
from pathlib import Path

import pytest
import rjsmin

from bridge.site.bundle import Bundle, NotBundled, bundle
from bridge.site.http import WEB_DIR


def write(folder: Path, **modules: str) -> Path:
    """Write modules; return the one that is the entry."""
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        ("const one = 1;\n", "main.js and other.js both declare one"),
        ("export const { one, two } = {};\n", "main.js and other.js both declare one"),
        ("export function one() {}\n", "main.js and other.js both declare one"),
        ("export default 1;\n", "other.js: export default 1;"),
        ("import * as all from './all.js';\n", "other.js: import * as all from './all.js';"),
        ("import { a as b } from './all.js';\n", "other.js: import { a as b } from './all.js';"),
        ("import { a } from 'somewhere';\n", "other.js: import { a } from 'somewhere';"),
    ],
)
def test_what_has_no_place_in_one_scope_is_refused(tmp_path: Path, other: str, complaint: str) -> None:
    """And not sent to anybody."""
    entry = write(tmp_path, main="import { two } from './other.js';\nconst one = two;\n", other=other)
    with pytest.raises(NotBundled) as refusal:
        bundle(entry)
    assert str(refusal.value) == complaint


def test_what_looks_like_an_import_in_a_text_or_a_comment_is_left_alone(tmp_path: Path) -> None:
    """As far as it doesn't stand at the beginning of a line."""
    source = "/** @typedef {import('./x.js').X} X */\nconst words = \"import { a } from './a.js';\";\n"
    assert bundle(write(tmp_path, main=source)) == Bundle(source, {})


def test_an_address_is_another_one_when_its_content_is(tmp_path: Path) -> None:
    """And the same where only the script changed that asks for it."""
    entry = write(
        tmp_path, main="load((again) => import(`./late.js${again}`));\n", late="export const one = 1;\n"
    )
    before = bundle(entry)
    entry.write_text("load(1, (again) => import(`./late.js${again}`));\n")
    assert bundle(entry).chunks == before.chunks
    write(tmp_path, late="export const one = 22;\n")
    assert bundle(entry).chunks.keys() != before.chunks.keys()


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        (
            {
                "main": "import { a } from './a.js';\n() => import(`./a.js${again}`);\n",
                "a": "export const a = 1;\n",
            },
            "a.js is imported later, and by main.js at once",
        ),
        (
            {
                "main": "() => import(`./a.js${again}`);\n() => import(`./b.js${again}`);\n",
                "a": "import { c } from './c.js';\n",
                "b": "import { c } from './c.js';\n",
                "c": "export const c = 1;\n",
            },
            "c.js is needed by two chunks: let the script import it at once",
        ),
        (
            {"main": "() => import(`./a.js${again}`);\n", "a": "() => import(`./b.js${again}`);\n"},
            "a.js comes later itself, and imports ./b.js later still",
        ),
        (
            {"main": "const a = 1;\n() => import(`./a.js${again}`);\n", "a": "export const a = 1;\n"},
            "a.js and main.js both declare a",
        ),
    ],
    ids=["at once too", "by two", "later still", "a name"],
)
def test_what_cannot_come_later_is_refused(tmp_path: Path, modules: dict[str, str], complaint: str) -> None:
    """Rather than run twice, or not at all."""
    with pytest.raises(NotBundled) as refusal:
        bundle(write(tmp_path, **modules))
    assert str(refusal.value) == complaint


def test_the_page_imports_nothing_later_but_chunks() -> None:
    """A module by its own address would come with the modules of the script once more."""
    page = bundle(WEB_DIR / "main.js", rjsmin.jsmin)
    asked = re.findall(r"\bimport\(`\./(.+?)\$\{again\}`\)", page.script)
    assert sorted(asked) == sorted(page.chunks)
    assert len(asked) == page.script.count("import(")
