"""What the scripts do that the page's modules are put into, and what is left of them, in Node.js."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
import rjsmin

from bridge.site.bundle import bundle
from bridge.site.http import WEB_DIR
from tests.bridge.site.test_bundle import write

CHECKS: Final = Path(__file__).parents[2] / "web"


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
