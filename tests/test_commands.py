"""How the two programs are started: by which Python, from which folder, under which name. Real processes."""

import ast
import os
import re
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.running import footing as bot_footing
from bot.running.errors import MEND
from bridge.running import footing as bridge_footing
from bridge.running import interpreter
from tests.examples import ROOT

PACKAGES = ("bot", "bridge")
STRANGER = "print('this is not ours')\n"
# Python takes a module's version for its own: what a Python of that version would do, as far as it gets.
OLDER = """
import runpy, sys
sys.version_info = (3, 9, 2, "final", 0)
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
"""
# What an installer makes of a line in [project.scripts].
SCRIPT = """
import sys
from {package}.__main__ import start
sys.exit(start())
"""


def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with our packages where installed ones would be."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def refusal(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence with which a program ended. Nothing else may have been said or done."""
    assert (ended.returncode in {1, MEND}, ended.stdout) == (True, ""), ended.stderr
    [line] = ended.stderr.splitlines()
    assert line.endswith(".")
    return line


@pytest.mark.parametrize("package", PACKAGES)
def test_another_python(package: str, tmp_path: Path) -> None:
    """One without our packages: it is named, and the one to take."""
    ended = run("-S", "-m", package, folder=tmp_path)
    said = refusal(ended)
    assert ended.returncode == (MEND if package == "bot" else 1)  # a service isn't started again and again
    assert said.startswith(f"This Python ({sys.executable}) has no ")
    assert re.search(rf"\.venv.+python -m {package}\.$", said)


def test_a_stop_from_the_first_moment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's first process hears no SIGTERM that it hasn't asked for."""
    asked: list[int] = []
    monkeypatch.setattr("signal.signal", lambda number, _: asked.append(number))
    interpreter.heed_stop()
    assert asked == []
    monkeypatch.setattr("os.getpid", lambda: 1)
    interpreter.heed_stop()
    assert asked == [signal.SIGTERM]


@pytest.mark.parametrize("package", PACKAGES)
def test_an_old_python(package: str, tmp_path: Path) -> None:
    """It learns which one is needed."""
    said = refusal(run("-c", OLDER, package, folder=tmp_path))
    assert said == f"The {package} needs Python 3.11 or newer; this one is 3.9.2 ({sys.executable})."


@pytest.mark.parametrize("package", PACKAGES)
def test_an_old_python_can_read_as_far_as_that(package: str) -> None:
    """What comes first is written as Python 3.7 has it."""
    modules = (f"{package}/__init__", f"{package}/running/__init__", f"{package}/running/footing")
    for module in (*modules, "bridge/running/interpreter", "bridge/running/loading", f"{package}/__main__"):
        ast.parse((ROOT / f"{module}.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    main = ast.parse((ROOT / package / "__main__.py").read_text(encoding="utf-8"))
    assert ast.unparse(main.body[1]) == f"from {package}.running import footing"


@pytest.mark.parametrize(
    ("package", "file"),
    [
        ("bot", "bridge.py"),
        ("bot", "cogs/__init__.py"),
        ("bot", "discord.py"),
        ("bot", "discord/__init__.py"),
        ("bridge", "websockets.py"),
    ],
)
def test_a_file_of_ones_own_in_the_way(package: str, file: str, tmp_path: Path) -> None:
    """It is named, and not run."""
    stranger = tmp_path / file
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text(STRANGER, encoding="utf-8")
    said = refusal(run("-m", package, folder=tmp_path))
    name = file.split("/", maxsplit=1)[0].removesuffix(".py")
    assert said.startswith(f"{stranger} stands in the way of the package {name}: rename it")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_without_code_is_not_in_the_way(package: str, tmp_path: Path) -> None:
    """Many have a folder `cogs`; ours is found before one without an `__init__.py`."""
    for name in ("cogs", "bridge", "discord"):
        (tmp_path / name).mkdir()
    assert run("-m", package, "--version", folder=tmp_path).stdout.startswith(f"d-zone {package} ")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
@pytest.mark.parametrize("package", PACKAGES)
def test_everything_in_one_folder(package: str, tmp_path: Path) -> None:
    """Some hosters are given our packages with all that they need beside them: nothing is in the way."""
    for place in (Path(pytest.__file__).parents[1], ROOT):
        for entry in place.iterdir():
            if not (tmp_path / entry.name).exists():
                (tmp_path / entry.name).symlink_to(entry)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    said = subprocess.check_output(
        [sys.executable, "-S", "-m", package, "--version"], cwd=tmp_path, env=env, text=True, timeout=60
    )
    assert said.startswith(f"d-zone {package} ")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_command(package: str, tmp_path: Path) -> None:
    """It calls itself as it was called, and minds no files of the folder."""
    for name in ("bot", "bridge", "cogs", "discord"):
        (tmp_path / f"{name}.py").write_text(STRANGER, encoding="utf-8")
    command = tmp_path / "bin" / f"dzone-{package}"
    command.parent.mkdir()
    command.write_text(SCRIPT.format(package=package), encoding="utf-8")
    assert run(command, "--help", folder=tmp_path).stdout.startswith(f"usage: dzone-{package} ")
    assert run("-m", package, "--help", folder=ROOT).stdout.startswith(f"usage: python -m {package} ")


def test_advice_names_the_command(tmp_path: Path) -> None:
    """Where it says what to type."""
    command = tmp_path / "dzone-bridge"
    command.write_text(SCRIPT.format(package="bridge"), encoding="utf-8")
    empty = tmp_path / "world.sqlite3"
    run(
        "-c",
        f"import sqlite3; sqlite3.connect({str(empty)!r}).execute('CREATE TABLE t (id)')",
        folder=tmp_path,
    )
    said = refusal(run(command, "--port", "0", "--database", "sqlite:///world.sqlite3", folder=tmp_path))
    assert "`dzone-bridge --database ... --init` makes tables" in said


def test_the_commands_are_installed() -> None:
    """Both, as the tests above make them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {f"dzone-{package}": f"{package}.__main__:start" for package in PACKAGES}


def modules_of_dependencies() -> set[str]:
    """Tell how what we depend on is called where it is imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\[<>=~ ]", each)[0].lower() for each in project["dependencies"]}
    return {
        module
        for module, owners in packages_distributions().items()
        if names & {owner.lower() for owner in owners} and not module.startswith("_")
    }


def test_the_bot_looks_for_all_that_it_needs() -> None:
    """Every dependency."""
    assert set(bot_footing.NEEDED) == modules_of_dependencies()


def test_the_bridge_looks_for_all_that_it_needs(tmp_path: Path) -> None:
    """What it loads when it starts."""
    loaded = run("-c", "import sys, bridge.__main__; print(*sys.modules)", folder=tmp_path).stdout.split()
    assert set(bridge_footing.NEEDED) == modules_of_dependencies() & set(loaded)
