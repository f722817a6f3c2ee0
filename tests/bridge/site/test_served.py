"""The page's tests once more, against the script that browsers get: what is served is what is tested."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Final

import pytest
import rjsmin

from bridge.server import WebSocketServer
from bridge.site.bundle import declared
from bridge.site.http import WEB_DIR
from tests.bridge.conftest import Start
from tests.bridge.site.test_bundle import CHECKS, find_node
from tests.bridge.watchers import fetch

_ENTRY: Final = "main.js"
_IMPORTS: Final = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORTS: Final = re.compile(r"^export (.*\n)", re.MULTILINE)
_AT_HOME: Final = "globalThis.navigator ??= { languages: [] };\n"  # as for the older Node.js
_OF_SOURCES: Final = shutil.ignore_patterns("node_modules", "wings.test.js", "*.actual.png")


def exports(module: Path) -> list[str]:
    """Name what a module exports."""
    return declared("".join(_EXPORTS.findall(module.read_text("utf-8"))))


async def write(server: WebSocketServer, folder: Path) -> None:
    """Fetch the page's scripts into a folder; each module in it is what the one script makes of it."""
    script = (await fetch(server, f"/{_ENTRY}")).body.decode()
    own = rjsmin.jsmin(_IMPORTS.sub("", (WEB_DIR / _ENTRY).read_text("utf-8")))
    assert script.endswith(own)  # what needs a document
    names = []
    for source in sorted(WEB_DIR.rglob("*.js")):
        path = source.relative_to(WEB_DIR)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if path.parts[0] == "i18n" and path.name != "tools.js":
            (folder / path).write_bytes((await fetch(server, f"/{path.as_posix()}")).body)
        elif path.name != _ENTRY:
            exported = ", ".join(exports(source))
            names.append(exported)
            back = "./" + "../" * (len(path.parts) - 1)
            (folder / path).write_text(f"export {{ {exported} }} from '{back}{_ENTRY}';\n", "utf-8")
    script = f"{_AT_HOME}{script.removesuffix(own)}\nexport {{ {', '.join(names)} }};\n"
    (folder / _ENTRY).write_text(script, "utf-8")


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
