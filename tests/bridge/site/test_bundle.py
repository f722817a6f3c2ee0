"""The page's modules as one script."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
import rjsmin

from bridge.site.bundle import NotBundled, bundle
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
    assert run(bundle(entry)) == "once\nHello, Ada AdaBo2\n"


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
    assert bundle(write(tmp_path, main=source)) == source


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
    script = bundle(WEB_DIR / "main.js") + "".join(
        file.read_text("utf-8") for file in sorted((WEB_DIR / "i18n").glob("??.js"))
    )
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
