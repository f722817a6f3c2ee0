"""`python .ci/release.py`: build the wheel, and check it as somebody gets it. It uploads nothing.

The wheel stays in `dist/`. It is installed into an environment of its own, and started in an empty folder:
nothing of this repository may be needed.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DIST: Final = ROOT / "dist"
PATIENCE: Final = 60.0  # seconds until something that was started answers, or ends
SCRIPTS: Final = "Scripts" if sys.platform == "win32" else "bin"

# A file of settings as the first version made it, in which somebody is hidden.
HIDDEN: Final = 9007199254740993
OLD_DATABASE: Final = f"""
CREATE TABLE dzone_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO dzone_version VALUES ('0001');
CREATE TABLE dzone_guilds (
    guild_id BIGINT NOT NULL PRIMARY KEY, shown BOOLEAN NOT NULL, listed BOOLEAN NOT NULL, name TEXT,
    messages TEXT NOT NULL, offline TEXT NOT NULL, bots BOOLEAN NOT NULL, protection TEXT NOT NULL,
    role_id BIGINT, password_hash TEXT, left_at BIGINT
);
CREATE TABLE dzone_channels (
    guild_id BIGINT NOT NULL REFERENCES dzone_guilds (guild_id) ON DELETE CASCADE, channel_id BIGINT NOT NULL,
    shown BOOLEAN NOT NULL, PRIMARY KEY (guild_id, channel_id)
);
CREATE TABLE dzone_hidden (
    guild_id BIGINT NOT NULL REFERENCES dzone_guilds (guild_id) ON DELETE CASCADE, user_id BIGINT NOT NULL,
    PRIMARY KEY (guild_id, user_id)
);
CREATE TABLE dzone_members (
    user_id INTEGER NOT NULL PRIMARY KEY, hidden BOOLEAN NOT NULL, muted BOOLEAN NOT NULL, color TEXT
);
CREATE TABLE dzone_notes (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO dzone_members VALUES ({HIDDEN}, 1, 0, NULL);
"""

PROGRAM: Final = """
from bridge.server import WebSocketServer
port: int = WebSocketServer(port=0).port
print(port)
"""


def main() -> int:
    """Build, check, and say what is left to do."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--tag", action="store_true", help="the version has to be a new one, with a date")
    wanted = options.parse_args()
    version = read_version()
    if wanted.tag:
        check_changelog(version)
    wheel = build(version)
    check_contents(wheel)
    with tempfile.TemporaryDirectory(prefix="dzone-release-") as name:
        installed = install(wheel, Path(name) / "environment")
        empty = Path(name) / "empty"
        empty.mkdir()
        check_commands(installed, empty, version)
        check_demo(installed, empty)
        check_migration(installed, empty)
    print(f"{wheel.relative_to(ROOT)} is good.")
    return 0


def step(what: str) -> None:
    """Say what is checked."""
    print(f"== {what}", flush=True)


def read_version() -> str:
    """Read the version, which stands in one place."""
    text = (ROOT / "bridge" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return found[1] if found else sys.exit("bridge/__init__.py has no __version__")


def check_changelog(version: str) -> None:
    """A version that is released has a section of its own, and was not released before."""
    step("the changelog")
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        sys.exit(f"CHANGELOG.md has no section `## [{version}] - <date>`")
    tags = subprocess.run(
        ["git", "tag", "--list", f"v{version}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if tags.stdout.strip():
        sys.exit(f"v{version} was released before: set another __version__ in bridge/__init__.py")


def build(version: str) -> Path:
    """Build the wheel from what is in the folder."""
    step("build")
    shutil.rmtree(DIST, ignore_errors=True)
    call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", DIST, ROOT)
    return DIST / f"dzone_bot-{version}-py3-none-any.whl"


def check_contents(wheel: Path) -> None:
    """All that is no Python is there as well, and nothing that isn't ours to give."""
    step("contents")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = call("git", "ls-files", "bot", "bridge", "cogs", folder=ROOT).split()
    missing = sorted(set(tracked) - names)
    others = sorted(name for name in names - set(tracked) if ".dist-info/" not in name)
    if missing or others:
        sys.exit(f"missing in the wheel: {missing}; not of the repository: {others}")


def install(wheel: Path, folder: Path) -> Path:
    """Install it as `pip install` and `pipx` do; return where its programs are."""
    step("install")
    venv.create(folder, with_pip=True)
    programs = folder / SCRIPTS
    call(programs / "python", "-m", "pip", "install", "--quiet", wheel)
    return programs


def check_commands(programs: Path, empty: Path, version: str) -> None:
    """Both programs are there, whatever files are in the folder, and a script finds the library."""
    step("commands")
    own = empty.with_name("own")
    own.mkdir()
    for name in ("bot.py", "bridge.py", "discord.py"):
        (own / name).write_text("raise SystemExit('this is not ours')\n", encoding="utf-8")
    for package in ("bot", "bridge"):
        said = call(programs / f"dzone-{package}", "--version", folder=own)
        if said != f"d-zone {package} {version}\n":
            sys.exit(f"dzone-{package} --version says {said!r}")
        call(programs / "python", "-m", package, "--help", folder=empty)
    call(programs / "python", "-c", PROGRAM, folder=empty)


def check_demo(programs: Path, empty: Path) -> None:
    """It serves its page, and what the page needs, from a folder without files; and it stops."""
    step("demo")
    port = free_port()
    with running(programs / "dzone-bot", "--demo", folder=empty, PORT=str(port), HOST="127.0.0.1"):
        page = fetch(f"http://127.0.0.1:{port}/").decode()
        parts = [part for part in re.findall(r'(?:src|href)="([^"#:]+)"', page) if part not in ("", "/")]
        if not parts:
            sys.exit("the page names no file")
        for part in parts:
            fetch(f"http://127.0.0.1:{port}/{part.removeprefix('./').removeprefix('/')}")


def check_migration(programs: Path, empty: Path) -> None:
    """A bot brings the first version's file to this one, and what it held is still there."""
    step("migration")
    with closing(sqlite3.connect(empty / "old.sqlite3")) as database:
        database.executescript(OLD_DATABASE)
    settings = {"DATABASE_URL": "sqlite:///old.sqlite3"}
    nobody = {"DISCORD_TOKEN": "an.invented.token", "DISCORD_API_URL": f"http://127.0.0.1:{free_port()}"}
    started = attempt(programs / "dzone-bot", folder=empty, **settings, **nobody)
    if "Discord can't be reached" not in started.stderr:
        sys.exit(f"the bot doesn't start with an old file:\n{started.stderr}")
    exported = call(programs / "dzone-bot", "settings", "export", "-", folder=empty, **settings)
    if str(HIDDEN) not in json.loads(exported)["members"]:
        sys.exit(f"what the old file held is gone:\n{exported}")


@contextmanager
def running(*command: str | Path, folder: Path, **settings: str) -> Iterator[None]:
    """Run a program until the block ends; then it has to end by itself, and well."""
    with subprocess.Popen(command, cwd=folder, env=environment(settings)) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    if code and sys.platform != "win32":
        sys.exit(f"{command[0]} ended with {code}")


def fetch(url: str) -> bytes:
    """Read what a server answers, which may still be starting."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                body: bytes = answer.read()
                return body
        except ConnectionError as error:
            refused = error
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            refused = error
        if time.monotonic() > deadline:
            raise refused
        time.sleep(0.1)


def free_port() -> int:
    """Find a port on which nobody listens, and that no system gives away by itself meanwhile."""
    while True:
        port = random.randrange(10_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Leave out what would lead back to this repository, or to a developer's own bot."""
    ours = ("PYTHON", "DISCORD_", "DATABASE_URL", "HOST", "PORT", "PUBLIC_URL", "TLS_", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | settings


def attempt(*command: str | Path, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        command, cwd=folder, env=environment(settings), capture_output=True, text=True, check=False
    )  # fmt: skip


def call(*command: str | Path, folder: Path = ROOT, **settings: str) -> str:
    """Run a program that has to end well; return what it says."""
    ended = attempt(*command, folder=folder, **settings)
    if ended.returncode:
        sys.exit(
            f"{' '.join(map(str, command))} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        )
    return ended.stdout


if __name__ == "__main__":
    sys.exit(main())
