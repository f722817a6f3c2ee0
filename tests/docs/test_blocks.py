"""Every example of the documentation runs as it stands, in every language version."""

import ast
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import Mock

import pytest
from aiohttp import web

from tests.docs.pages import LANGUAGES, NAMES, Block, blocks
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.examples import adapted, first_join, said, start, watch
from tests.ports import free_port

if TYPE_CHECKING:
    from tests.postgres import Cluster

DATABASE: Final = "postgresql://dzone:secret@localhost:5432/dzone"
SERVICE: Final = "http://localhost:8000"
LIBRARY: Final = "232769614004748288"

ALL: Final = [block for name in NAMES for language in LANGUAGES for block in blocks(name, language)]
PYTHON: Final = [block for block in ALL if block.kind == "python"]
# What is the same but for its comments runs once: of several, the first.
BY_MEANING: Final = {(block.page, block.title, block.meaning): block for block in reversed(PYTHON)}
DIFFERENT: Final = [block for block in PYTHON if block in BY_MEANING.values()]

# What makes discord.py take another Discord than the real one.
ELSEWHERE: Final = """
import runpy, signal, sys, yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv[1], yarl.URL(sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
runpy.run_path(sys.argv[3], run_name="__main__")
"""


def lay_out(block: Block, folder: Path, places: dict[str, str]) -> Path:
    """Write a block into a folder, and with it the others of its page: it may import them."""
    for other in blocks(block.page, block.language):
        if other.kind == "python":
            (folder / other.title).write_text(adapted(other.text, places), encoding="utf-8")
    return folder / block.title


def titled(title: str, near: Block) -> str:
    """Find the text of another block on the same page."""
    return next(block.text for block in blocks(near.page, near.language) if block.title == title)


def of_kind(sign: str) -> list[Block]:
    """Find the blocks with something in them, each under the first sign that it has."""
    signs = (
        "/zone",
        "IFrame",
        "def test_",
        "discord.Client",
        "SqlProvider",
        SERVICE,
        "DATABASE",
        "run_forever",
        "",
    )
    return [block for block in DIFFERENT if next(each for each in signs if each in block.text) == sign]


@pytest.mark.parametrize("name", NAMES)
def test_translations_have_the_same_code(name: str) -> None:
    """But for comments and docstrings."""
    versions = [
        [(block.title, block.meaning) for block in blocks(name, language) if block.kind == "python"]
        for language in LANGUAGES
    ]
    assert versions[1:] == versions[:1] * (len(LANGUAGES) - 1)


def test_each_example_has_a_name_of_its_own() -> None:
    """Under which a reader saves it."""
    names = [block.title for block in PYTHON if block.language == "en"]
    assert all(name.endswith(".py") for name in names)
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize("block", of_kind("run_forever"), ids=str)
async def test_a_server_serves_and_stops_cleanly(block: Block, tmp_path: Path) -> None:
    """It lets a viewer in, who sees somebody, and ends with Ctrl-C, without a complaint."""
    port = free_port()
    script = lay_out(block, tmp_path, {"port=3000": f"port={port}"})
    _, errors = await watch(await start(script), port)
    assert errors == ""


@pytest.mark.parametrize("block", of_kind("/zone"), ids=str)
async def test_an_application_has_it_below_a_path(block: Block, tmp_path: Path) -> None:
    """Beside what is the application's own, and ends with Ctrl-C as it should."""
    port = free_port()
    script = lay_out(block, tmp_path, {"port=3000": f"port={port}"})
    _, errors = await watch(await start(script), port, "zone/")
    assert errors == ""


@pytest.mark.parametrize("block", of_kind("IFrame"), ids=str)
async def test_a_cell_of_a_notebook(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the server running for the next cells, and the page may be shown in the notebook's frame."""
    shown = Mock()
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    port = free_port()
    text = adapted(block.text, {"port=3000": f"port={port}"})
    cell = compile(text, block.title, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}
    await FunctionType(cell, names)()
    try:
        assert (await first_join(port))["users"]
        [frame] = shown.IFrame.mock_calls
        assert frame.args[0] == "http://localhost:3000/"
        assert (
            "frame-ancestors http://localhost:*" in names["server"]._gate.headers["Content-Security-Policy"]
        )
    finally:
        await names["server"].stop()


@pytest.mark.parametrize("block", of_kind(""), ids=str)
async def test_a_script_runs_to_its_end(block: Block, tmp_path: Path) -> None:
    """Without a complaint."""
    assert await said(await start(lay_out(block, tmp_path, {}))) == ""


@pytest.mark.parametrize("block", of_kind("def test_"), ids=str)
async def test_a_test_passes(block: Block, tmp_path: Path) -> None:
    """It is the only one that pytest finds."""
    script = lay_out(block, tmp_path, {"watch(), 10)": "watch(), 100)"})  # on a busy machine
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:cov")
    process = await start("-m", "pytest", *options, script, PYTEST_ADDOPTS="")
    output, _ = await process.communicate()
    assert "1 passed" in output.decode(), output.decode()


@pytest.mark.parametrize("block", of_kind("DATABASE"), ids=str)
async def test_a_database_is_served(block: Block, tmp_path: Path, cluster: "Cluster") -> None:
    """With the tables that the page tells to make."""
    address = cluster.empty_database("docs")
    cluster.sql(titled("tables.sql", block), "docs")
    port = free_port()
    script = lay_out(block, tmp_path, {"port=3000": f"port={port}", DATABASE: address})
    joined, errors = await watch(await start(script), port)
    assert (joined["serverName"], errors) == ("The Library", "")
    assert [user["username"] for user in joined["users"].values()] == ["Ada"]


@pytest.mark.parametrize("block", of_kind("SqlProvider"), ids=str)
async def test_tables_of_ours_are_served(block: Block, tmp_path: Path) -> None:
    """Those that the command made, with what the page tells to put in."""
    port = free_port()
    script = lay_out(block, tmp_path, {"port=3000": f"port={port}"})
    url = "sqlite:///world.sqlite3"
    assert url in script.read_text(encoding="utf-8")
    await said(await start("-m", "bridge", "--init", "--database", url, folder=tmp_path))
    with closing(sqlite3.connect(tmp_path / "world.sqlite3")) as database:
        database.executescript(titled("people.sql", block))
    joined, errors = await watch(await start(script), port)
    assert (joined["serverName"], errors) == ("The Library", "")


@pytest.fixture
async def service() -> AsyncIterator[str]:
    """A web service that tells of one server and one user."""

    async def servers(request: web.Request) -> web.Response:
        return web.json_response({LIBRARY: {"name": "The Library", "default": True}})

    async def users(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return web.json_response({"86913608335773696": {"username": "Ada"}})

    app = web.Application()
    app.router.add_get("/servers", servers)
    app.router.add_get(f"/servers/{LIBRARY}/users", users)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("block", of_kind(SERVICE), ids=str)
async def test_a_web_service_is_served(block: Block, tmp_path: Path, service: str) -> None:
    """By the paths that the page names."""
    port = free_port()
    script = lay_out(block, tmp_path, {"port=3000": f"port={port}", SERVICE: service})
    joined, errors = await watch(await start(script), port)
    assert (joined["serverName"], errors) == ("The Library", "")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("block", of_kind("discord.Client"), ids=str)
async def test_a_bot_shows_its_server(block: Block, tmp_path: Path) -> None:
    """On a Discord of our own, with everybody who is there."""
    port = free_port()
    async with LoopbackDiscord() as discord:
        discord.guild("D-World", "ann", "bob")
        script = lay_out(block, tmp_path, {"port=3000": f"port={port}"})
        there = (discord.api_url, discord.gateway.url)
        process = await start("-c", ELSEWHERE, *there, script, DISCORD_TOKEN=TOKEN)
        joined, errors = await watch(process, port)
    assert joined["serverName"] == "D-World"
    assert {"ann", "bob"} <= {user["username"] for user in joined["users"].values()}
    assert "Traceback" not in errors
