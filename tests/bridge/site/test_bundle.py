"""The page's modules as one script."""

import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from bridge.site.assets import minify
from bridge.site.bundle import NotBundled, bundle, declared, join, shorten, shorten_calls
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


def test_the_page_says_the_same_without_its_comments() -> None:
    """To a parser that is not the minifier's."""
    node = find_node()
    script = bundle(WEB_DIR / "main.js")
    first, second = (
        subprocess.run([node, CHECKS / "tokens.js"], input=source, capture_output=True, text=True, check=True)
        for source in (join(script), minify(script))
    )
    pairs = list(zip(first.stdout.splitlines(), second.stdout.splitlines(), strict=True))
    assert len(pairs) > 30_000
    renamed = {pair for pair in pairs if pair[0] != pair[1]}
    known = {f'"{name}"' for name in declared(script)}
    assert all(one.startswith('"#') or one in known for one, _ in renamed)
    assert len({one for one, _ in renamed}) == len({other for _, other in renamed}) == len(renamed) > 500
    left = {one for (before, _), (one, other) in pairwise(pairs) if one == other and before != '"."'}
    assert not {one for one, _ in renamed} & left
    assert not {other for _, other in renamed} & {one for one, _ in pairs if not one.startswith('"#')}


def test_constants_get_other_names_where_they_are_meant() -> None:
    """Not where one is a word, nor as something's property."""
    script = """const LIMIT = 3;
const PAIR = [1, 2];
const [FIRST, SECOND] = [1, LIMIT];
const limits = { of: LIMIT, all: [...PAIR] };
console.log(`${LIMIT}`, `LIMIT`, 'LIMIT', limits.LIMIT, LIMIT ? FIRST : SECOND, limits);
"""
    assert run(shorten(script)) == run(script)
    assert "LIMIT = 3" not in shorten(script)


def test_only_what_is_private_to_a_class_gets_another_name() -> None:
    """And the same one everywhere."""
    script = """class One {
  #count = 0;
  get #next() { return this.#count + 1; }
  async #wait() {}
  add() {
    this.#wait();
    this.#count = this.#next;
    return `#count ${this.#count} #next ${'#next'}`;
  }
}
const one = new One();
console.log(one.add(), one.add(), '#wait');
"""
    assert run(shorten(script)) == run(script) == "#count 1 #next #next #count 2 #next #next #wait\n"
    assert "this.#count" not in shorten(script)


def test_what_is_only_called_gets_another_name() -> None:
    """Where it is a property, a local or a word as well it stays."""
    script = """function greet(name){return `greet ${name}`}
function* count(){yield 1}
class Greeter{greet=1;hear(){return hear("hear")}}
class Loud extends Greeter{}
const hear=(what)=>what,shout=(what)=>greet(what)+"!";
const wave=async(what)=>what;
const counting=3;
console.log(shout("you"),new Loud().hear(),count().next().value,counting,await wave("w"),"Greeter".length);
"""
    names = declared(script)
    short = shorten_calls(script, [*names, "shout"])
    assert run(short) == run(script) == "greet you! hear 1 3 w 7\n"
    for gone in ("Loud", "shout", "count(", "wave"):
        assert gone not in short
    for kept in ("function greet(", "class Greeter", "const hear", "counting=3"):
        assert kept in short


def test_declarations_that_follow_each_other_become_one() -> None:
    """Each that is whole on its line, with those of its own kind and place."""
    script = """const one = 1;
const two = [one, 2];
let three = `${two}`;
let four = '(';
let five = 5;
const add = (a, b) => {
  const sum = a + b;
  const twice = 2 * sum; // and not thrice
  const all = [sum,
    twice];
  const last = all;
  if (last)
    for (const each of last) three += each;
  return last;
};
console.log(one, two, three, four, five, add(1, 2));
"""
    assert run(join(script)) == run(script)
    assert join(script).count("const ") == script.count("const ") - 2
    assert join(script).count("let ") == script.count("let ") - 1
