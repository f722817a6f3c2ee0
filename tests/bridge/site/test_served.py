"""The page's tests once more, against the script that browsers get: what is served is what is tested."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Final

import pytest
import rjsmin

from bridge.server import WebSocketServer
from bridge.site.bundle import bundle, declared, exported
from bridge.site.http import WEB_DIR
from tests.bridge.conftest import Start
from tests.bridge.site.test_scripts import CHECKS, find_node
from tests.bridge.watchers import fetch

_ENTRY: Final = "main.js"
_IMPORTS: Final = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORTS: Final = re.compile(r"export\{[\w,]+\};\s*$")
_EXPORT: Final = re.compile(r"\bexport (?=(?:const|let|class|async|function)\b)")
_CHUNKS: Final = re.compile(r"import\(`\./([\w/-]+\.\w+\.js)\$")
_AT_HOME: Final = (  # what a browser has
    "globalThis.navigator ??= { languages: [] };\nglobalThis.location = new URL('http://localhost/');\n"
    "globalThis.addEventListener = () => {};\n"
)
_OF_SOURCES: Final = shutil.ignore_patterns("node_modules", "wings.test.js", "*.actual.png")


async def write(server: WebSocketServer, folder: Path) -> None:
    """Fetch the page's scripts into a folder; each module in it is what they make of it."""
    scripts = {_ENTRY: (await fetch(server, f"/{_ENTRY}")).body.decode()}
    for address in _CHUNKS.findall(scripts[_ENTRY]):
        scripts[address] = (await fetch(server, f"/{address}")).body.decode()
    served = {stem(address): address for address in scripts}
    chunks = bundle(WEB_DIR / _ENTRY).chunks
    homes = {name: served[stem(address)] for address in chunks for name in declared(chunks[address])}
    names: dict[str, list[str]] = {address: [] for address in scripts}
    for source in sorted(set(WEB_DIR.rglob("*.js")) - {WEB_DIR / _ENTRY}):
        path = source.relative_to(WEB_DIR)
        own = exported(source.read_text("utf-8"))
        home = homes.get(own[0], _ENTRY)
        names[home] += own
        back = "../" * (len(path.parts) - 1) or "./"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"export {{ {', '.join(own)} }} from '{back}{home}';\n", "utf-8")
    scripts[_ENTRY] = _AT_HOME + without_entry(_EXPORT.sub("", scripts[_ENTRY]))
    for address, script in scripts.items():
        body = _EXPORTS.sub("", script)
        (folder / address).write_text(f"{body}\nexport {{ {', '.join(names[address])} }};\n", "utf-8")


def stem(address: str) -> str:
    """Take the content's hash away from an address."""
    return address.rsplit(".", 2)[0]


def without_entry(script: str) -> str:
    """Take away what needs a document."""
    own = rjsmin.jsmin(_IMPORTS.sub("", (WEB_DIR / _ENTRY).read_text("utf-8")))
    parts = map(re.escape, re.split(r"(?<=import\(`)(\./[\w/-]+)\.js", own))
    served = "".join(rf"{part}\.\w+\.js" if i % 2 else part for i, part in enumerate(parts))
    found = re.fullmatch(rf"(.+){served}\s*", script, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.timeout(240)
async def test_the_served_script_passes_the_tests_of_its_modules(start: Start, tmp_path: Path) -> None:
    """All of them, in Node.js."""
    node = find_node()
    await write(await start(), tmp_path / "bridge" / "web")
    tests = shutil.copytree(CHECKS, tmp_path / "tests" / "web", ignore=_OF_SOURCES)
    program = await asyncio.create_subprocess_exec(node, "--test", cwd=tests, stdout=asyncio.subprocess.PIPE)
    said = (await program.communicate())[0].decode()
    assert program.returncode == 0, said[-5000:]
    assert int(re.findall(r"^# pass (\d+)", said, re.MULTILINE)[0]) > 200
