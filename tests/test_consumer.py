"""The bridge's types, as a program of somebody else sees them."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.docs.pages import read
from tests.examples import ROOT

# Everything that the documentation offers, used as it says. No name may be of an unknown type.
PROGRAM = """
import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, assert_type

from bridge import __version__
from bridge.errors import BadRequest, BridgeError, NoAnswer, NotAMember, ProviderError, Refused
from bridge.exposure import Exposure, parse_origins
from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice
from bridge.network.peers import parse_networks
from bridge.providers import CachedProvider, EmptyProvider, HybridProvider, MockDataProvider, Provider
from bridge.providers.changes import AllOutdated, Change, Said, UserChanged, UserLeft, UsersOutdated
from bridge.providers.http import HttpProvider
from bridge.providers.provider import Unavailable
from bridge.providers.sql import SqlProvider
from bridge.server import WebSocketServer

WORLD = "232769614004748288"


class Library:
    async def servers(self) -> Mapping[str, Any]:
        return {WORLD: {"name": "The Library"}}

    async def users(self, server_id: str) -> Mapping[str, Any]:
        raise Unavailable("closed on Sundays")

    async def changes(self) -> AsyncIterator[Change]:
        yield UserChanged(WORLD, "1", {"status": "idle"})
        yield Said(WORLD, Message("1", "Hush!", "general"))
        yield UserLeft(WORLD, "1")
        yield UsersOutdated(WORLD)
        yield AllOutdated()


async def may_watch(token: str, user: Mapping[str, Any], server_id: str) -> bool:
    if token == "-":
        raise NoAnswer("nobody answers")
    return bool(user["id"] == "1")


def providers() -> list[Provider]:
    kept = CachedProvider(HttpProvider("https://example.org"), ttl=30)
    stored = SqlProvider("sqlite:///world.sqlite3")
    return [HybridProvider(kept, fallback=stored), MockDataProvider(), Library()]


async def main() -> None:
    server = WebSocketServer(
        port=0,
        host="localhost",
        provider=EmptyProvider(),
        limits=Limits(viewers=200),
        exposure=Exposure(trusted_proxies=parse_networks("127.0.0.1"), allowed_origins=parse_origins("")),
    )
    server.static_dir = Path("page")
    server.on_validate_discord_user(may_watch)
    status: Status = "online"
    ada = Member("1", "Ada", status, voice=Voice("6", "Campfire"))
    server.show_guild(GuildInfo(WORLD, "library", "The Library"), [ada], [Channel("6", "Campfire", "voice")])
    await server.start()
    await server.broadcast_presence(WORLD, "1", "idle", username="Ada", role_color="#e06c75")
    await server.broadcast_message(WORLD, "1", "Hello, world!", "general")
    await server.broadcast_message({"type": "refresh_data", "serverId": WORLD})
    assert_type(server.member(WORLD, "1"), Member | None)
    assert_type(server.is_serving, bool)
    await server.stop()


kinds: tuple[type[BridgeError], ...] = (BadRequest, NotAMember, ProviderError, Refused)
print(__version__, kinds, providers())
asyncio.run(main())
"""


SLIP = """
from bridge.server import WebSocketServer

WebSocketServer(port="http")
"""


@pytest.mark.timeout(600)  # the checker begins with nothing that it knew before
def test_a_strict_program_of_somebody_else(tmp_path: Path) -> None:
    """It has types for all that it takes from us; a slip is told, so that they aren't just unknown."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "slip.py").write_text(SLIP, encoding="utf-8")
    strictly = ("--strict", "--config-file=", "--cache-dir=cache", "--no-error-summary")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *strictly, "program.py", "slip.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    [error] = checked.stdout.splitlines()
    assert error.startswith('slip.py:4: error: Argument "port" to "WebSocketServer" has incompatible type')


@pytest.mark.parametrize("package", ["bot", "bridge", "cogs"])
def test_our_packages_say_that_they_have_types(package: str) -> None:
    """Or nobody's checker would look at them."""
    assert (ROOT / package / "py.typed").is_file()


def documented() -> list[str]:
    """Name what the reference has, as it stands behind `:::`."""
    return [line.removeprefix("::: ") for line in read("api", "en").splitlines() if line.startswith("::: ")]


@pytest.mark.parametrize("path", documented())
def test_a_documented_module_says_what_is_public(path: str) -> None:
    """In `__all__`, with all that the reference has of it."""
    name, _, member = path.rpartition(".") if path.rpartition(".")[2][0].isupper() else (path, "", "")
    module = import_module(name)
    assert set(module.__all__) >= ({member} if member else members_of(path))
    assert all(hasattr(module, each) for each in module.__all__)


def members_of(path: str) -> set[str]:
    """Name the members of a module that the reference shows."""
    options = read("api", "en").split(f"::: {path}\n")[1].split(":::")[0]
    [names] = [line for line in options.splitlines() if "members:" in line]
    return set(names.partition("[")[2].rstrip("]").split(", "))
