"""The page's modules as one script."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
import rjsmin

from bridge.site.bundle import Bundle, NotBundled, bundle
from bridge.site.http import WEB_DIR

CHECKS: Final = Path(__file__).parents[2] / "web"


def write(folder: Path, **modules: str) -> Path:
    """Write modules; return the one that is the entry."""
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


def run(script: str) -> str:
    """Run a script in Node.js, which the tests of the page need as well."""
    node = find_node()
    command = [node, "--input-type=module"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout


def find_node() -> str:
    node = shutil.which("node")
    if node is None or not (CHECKS / "node_modules").is_dir():
        reason = "no Node.js, or not `npm --prefix tests/web install` yet"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return node


def test_what_is_imported_comes_first_and_once(tmp_path: Path) -> None:
    """Constants, lists, functions and classes."""
    entry = write(
        tmp_path,
        main="import { Greeter, greet } from './greet.js';\nimport { NAMES } from './names.js';\n"
        "console.log(greet(NAMES[0]), new Greeter().who);\n",
        greet="import { NAMES, ada, bo } from './names.js';\n"
        "export async function wait() {}\nexport const greet = (name) => `Hello, ${name}`;\n"
        "export class Greeter { who = ada + bo + NAMES.length; }\n",
        names="export const NAMES = ['Ada', 'Bo'];\nexport const [ada, bo] = NAMES;\nconsole.log('once');\n",
    )
    assert run(bundle(entry).script) == "once\nHello, Ada AdaBo2\n"


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


def test_what_comes_later_is_a_script_of_its_own(tmp_path: Path) -> None:
    """With the modules that only it needs; the others it has from the script that asked for it."""
    entry = write(
        tmp_path,
        main="import { count } from './count.js';\ncount();\n"
        "const again = '?2';\n"
        "void import(`./panels/list.js${again}`).then(({ shown }) => console.log(shown()));\n",
        count="export let counted = 0;\nexport function count() {\n  counted += 1;\n}\n",
    )
    panels = tmp_path / "panels"
    panels.mkdir()
    write(
        panels,
        list="import { count, counted } from '../count.js';\nimport { row } from './row.js';\n"
        "export function shown() {\n  count();\n  return row(counted);\n}\n",
        row="import { counted } from '../count.js';\n"
        "export const row = (number) => `${number} of ${counted}`;\n",
    )
    page = bundle(entry, rjsmin.jsmin)
    [address] = page.chunks
    assert re.fullmatch(r"panels/list\.[0-9a-f]{16}\.js", address)
    assert f"import(`./{address}${{again}}`)" in page.script
    served = tmp_path / "served"
    (served / "panels").mkdir(parents=True)
    (served / address).write_text(page.chunks[address])
    (served / "main.js").write_text(page.script)
    (served / "package.json").write_text('{"type": "module"}')
    command = [find_node(), str(served / "main.js")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2 of 2\n"


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


def tokens(script: str) -> list[str]:
    """Take a script apart, by a parser that is not the minifier's."""
    command = [find_node(), str(CHECKS / "tokens.js")]
    ran = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def test_the_page_says_the_same_without_its_comments() -> None:
    """Each token of the script and of the words is the one that was written.

    The minifier knows no template within a template, and no pattern right after an arrow: a module that has
    one fails here.
    """
    page = bundle(WEB_DIR / "main.js")
    script = page.script + "".join(page.chunks.values())
    written = tokens(script)
    assert len(written) > 30_000
    assert tokens(rjsmin.jsmin(script)) == written


TRICKY: Final = r"""const name = 'Ada', limit = 3, out = { LIMIT: limit };
const text = `LIMIT  // no comment ${limit  +  1} /* none */ {{
    two   lines`;
const isPath = (what) => (/^[/"'`]  \/\/ [^/\]]*\/$/).test(what);
const half = (limit + 1) / 2 / 1; // half, not a pattern
const words = [text].map((one) => one.split(/  /)), more = limit+ +limit - -1;
const either = name ?? /`/; /* a ` in a comment */ const last = '// text';
console.log(name, out, text, isPath('/  // x/'), half, words, more, either, last);
"""


def test_what_looks_like_a_comment_or_a_pattern_stays() -> None:
    """Templates, patterns with quotes, divisions."""
    assert tokens(rjsmin.jsmin(TRICKY)) == tokens(TRICKY)
    assert run(rjsmin.jsmin(TRICKY)) == run(TRICKY)
    assert "half, not a pattern" not in rjsmin.jsmin(TRICKY)
