"""One direction only: bot -> cogs -> bridge, and no Discord in the bridge."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"bot", "cogs", "discord", "simcord"}
MODULES = sorted((ROOT / "bridge").rglob("*.py"))


def imported(module: Path) -> set[str]:
    """Name the packages that a module imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_of_the_bridge_knows_nothing_of_discord(module: Path) -> None:
    """Nor of the packages above it, not even inside a function."""
    assert not imported(module) & FORBIDDEN


@pytest.mark.parametrize("module", ["bridge.server", "bridge.__main__"])
def test_importing_the_bridge_loads_no_discord(module: str) -> None:
    """It works alone as a library."""
    script = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert not {name.partition(".")[0] for name in loaded.stdout.split()} & FORBIDDEN


@pytest.mark.parametrize("module", ["bridge.server", "bridge.__main__", "bridge.providers"])
def test_who_has_no_database_loads_none(module: str) -> None:
    """Nor a client for web services: each is loaded by the provider that needs it."""
    script = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    packages = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert not packages & {"sqlalchemy", "asyncpg", "aiosqlite", "aiohttp"}


@pytest.mark.parametrize(
    "module",
    [
        "bridge/rooms/acceptance.py",
        "bridge/rooms/audience.py",
        "bridge/rooms/changes.py",
        "bridge/rooms/entrance.py",
        "bridge/rooms/guild.py",
        "bridge/rooms/memory.py",
        "bridge/rooms/room.py",
        "bridge/rooms/state.py",
        "bridge/rooms/stream.py",
        "bridge/rooms/playback.py",
        "bridge/model.py",
        "bridge/providers/records.py",
        "bridge/rooms/newcomers.py",
    ],
)
def test_pure_modules_do_no_io(module: str) -> None:
    """State is kept where nothing waits and nothing is sent."""
    assert not imported(ROOT / module) & {"asyncio", "websockets", "socket", "time"}


@pytest.mark.parametrize("package", ["bot", "bridge", "cogs"])
def test_a_package_is_no_heap_of_modules(package: str) -> None:
    """What belongs together has a folder."""
    assert len(list((ROOT / package).glob("*.py"))) <= 12


def test_the_contracts_of_the_project_are_kept() -> None:
    """Those that import-linter reads from pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    linted = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "7 kept, 0 broken" in linted.stdout
