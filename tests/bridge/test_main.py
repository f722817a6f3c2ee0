"""`python -m bridge`, and scripts that use the library: real processes."""

import asyncio
import contextlib
import errno
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import __version__
from bridge.__main__ import main
from bridge.errors import CannotServe, cannot_listen
from tests.bridge.databases import ADA, BEPPO, Database, SqliteDatabase, furnish
from tests.bridge.watchers import PATIENCE, dialled, fetch, handshake, watching

ROOT = Path(__file__).parents[2]
LISTENING = re.compile(r"listening on http://[^ ]+:(\d+)")

# `python -m bridge` where a database may take its time, on a busy machine: usually it would begin without it.
PATIENT = (
    "-c",
    f"""
from bridge.providers import refresher, sql
sql.PATIENCE = sql.TIMEOUT = refresher.TIMEOUT = {PATIENCE}
from bridge.__main__ import start
start()
""",
)

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@contextlib.asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[Process]:
    """Run Python with these arguments; it ends with the test at the latest."""
    # What a person's settings add to a script's output is not under test here.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            try:
                await ended(started)
            except TimeoutError:
                started.kill()
                raise


async def port_of(started: Process) -> int:
    """Wait until a process says where it listens."""
    assert started.stderr
    said = ""
    async with asyncio.timeout(PATIENCE):
        while not (found := LISTENING.search(said)):
            line = await started.stderr.readline()
            assert line, said
            said += line.decode()
    return int(found[1])


async def ended(started: Process) -> tuple[int, str, str]:
    """Wait for the end of a process; return exit code, stdout and stderr."""
    async with asyncio.timeout(PATIENCE):
        out, err = await started.communicate()
    assert started.returncode is not None
    return started.returncode, out.decode(), err.decode()


async def run(*arguments: str) -> tuple[int, str, str]:
    async with process(*arguments) as started:
        return await ended(started)


# python -m bridge


async def test_it_serves_the_made_up_guilds() -> None:
    """The page's port is the socket's port."""
    async with process("-m", "bridge", "--port", "0") as started:
        port = await port_of(started)
        async with watching(port) as viewer:
            data = await viewer.enter(None)
        assert data["request"] == {"server": "dworld"}
        assert len(data["users"]) == 4


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """Viewers hear 1001; exit code 0; no traceback."""
    async with process("-m", "bridge", "--port", "0") as started:
        async with watching(await port_of(started)) as viewer:
            await viewer.enter(None)
            started.send_signal(number)
            assert await viewer.farewell() == (1001, "bridge restarting")
        code, _, err = await ended(started)
    assert code == 0
    assert "Traceback" not in err


@needs_posix
async def test_an_impatient_ctrl_c_leaves_no_traceback() -> None:
    """Pressed again while a viewer doesn't answer the goodbye."""
    async with process("-m", "bridge", "--port", "0") as started:
        port = await port_of(started)
        async with dialled(port) as deaf:
            await deaf.say(handshake())
            await deaf.hear_handshake()
            await deaf.hear()
            started.send_signal(signal.SIGINT)
            assert b"\x88" in await deaf.some()
            started.send_signal(signal.SIGINT)
            _, _, err = await ended(started)
    assert "Traceback" not in err


async def test_a_client_on_another_site() -> None:
    """On this machine a website's page doesn't get in, unless it is named."""
    async with process(
        "-m", "bridge", "--port", "0", "--allowed-origins", "https://named.example"
    ) as started:
        port = await port_of(started)
        for origin, status in (("https://named.example", b"101"), ("https://other.example", b"403")):
            async with dialled(port) as client:
                await client.say(handshake(f"Origin: {origin}"))
                assert (await client.some()).split()[1] == status
    code, _, err = await run("-m", "bridge", "--allowed-origins", "named.example")
    assert code == 2
    assert "has no origin" in err


async def test_another_page(tmp_path: Path) -> None:
    """`--static-dir`."""
    (tmp_path / "index.html").write_text("another page")
    async with process("-m", "bridge", "--port", "0", "--static-dir", str(tmp_path)) as started:
        answer = await fetch(await port_of(started))
        assert answer.body == b"another page"
        assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"


async def test_what_another_page_may_do(tmp_path: Path) -> None:
    """`--csp`."""
    (tmp_path / "index.html").write_text("another page")
    options = ("--static-dir", str(tmp_path), "--csp", "default-src 'self'; frame-ancestors *")
    async with process("-m", "bridge", "--port", "0", *options) as started:
        answer = await fetch(await port_of(started))
        assert answer.headers["content-security-policy"] == "default-src 'self'; frame-ancestors *"
    code, _, err = await run("-m", "bridge", "--csp", "Content-Security-Policy: default-src 'self'")
    assert code == 2
    assert "no directive" in err


async def test_what_a_database_holds_is_served(file: SqliteDatabase) -> None:
    """Without a line of code; and asked for its health."""
    async with process(*PATIENT, "--port", "0", "--database", file.url, "--health") as started:
        port = await port_of(started)
        async with watching(port) as viewer:
            assert (await viewer.enter(None))["users"].keys() == {ADA, BEPPO}
        assert (await fetch(port, "/readyz")).status == 200


@pytest.mark.timeout(300)  # three processes, one after the other
async def test_tables_are_made_and_then_served(empty: Database) -> None:
    """`--init` makes them, once or again; what it says names no password."""
    for _ in range(2):
        code, out, err = await run(*PATIENT, "--database", empty.url, "--init")
        assert (code, err) == (0, "")
        assert "tables" in out
    async with (
        process(*PATIENT, "--port", "0", "--database", empty.url) as started,
        watching(await port_of(started)) as viewer,
    ):
        assert (await viewer.enter(None))["serverName"] == "Waiting for a Discord server"


async def test_a_database_without_tables_is_one_line(empty: Database) -> None:
    """Which says how to make them."""
    empty.sql("CREATE TABLE other (id INTEGER)")
    code, _, err = await run(*PATIENT, "--port", "0", "--database", empty.url)
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "--init" in err


async def test_tables_that_can_not_be_made_are_one_line(tmp_path: Path) -> None:
    """With the reason."""
    url = f"sqlite:///{tmp_path}/nowhere/world.sqlite3"
    code, _, err = await run("-m", "bridge", "--database", url, "--init")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "No such file" in err


async def test_a_database_that_is_not_there_yet_is_waited_for(empty_file: SqliteDatabase) -> None:
    """It may start after the bridge."""
    async with (
        process(*PATIENT, "--port", "0", "--database", empty_file.url) as started,
        watching(await port_of(started)) as viewer,
    ):
        await viewer.ask(None)
        await viewer.hear_type("server-join")
        await furnish(empty_file)
        assert (await viewer.hear_type("server-join"))["data"]["users"].keys() == {ADA, BEPPO}


def test_an_address_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the password that may be in it."""
    with pytest.raises(SystemExit) as exited:
        main(["--database", "mysql://u:secret@h/d"])
    said = capsys.readouterr().err
    assert exited.value.code == 2
    assert "sqlite:///" in said
    assert "secret" not in said


def test_a_backplane_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps a password out of the list of processes. What is wrong is said without it."""
    for url in ("", "redis://:secret@h/name"):
        monkeypatch.setenv("BACKPLANE_URL", url)
        with pytest.raises(SystemExit) as exited:
            main(["--backplane"])
        said = capsys.readouterr().err
        assert exited.value.code == 2
        assert "BACKPLANE_URL" in said
        assert "secret" not in said


@needs_posix
async def test_workers_serve_what_a_database_holds(file: SqliteDatabase) -> None:
    """And what changes there, which nobody in the parent watches."""
    async with process(*PATIENT, "--port", "0", "--workers", "2", "--database", file.url) as started:
        port = await port_of(started)
        async with watching(port) as one, watching(port) as another:
            for viewer in (one, another):
                await viewer.ask(None)
                while (await viewer.hear_type("server-join"))["data"]["users"].keys() != {ADA, BEPPO}:
                    pass  # in the lobby, until the parent has read the database
            await asyncio.to_thread(
                file.sql, f"UPDATE users SET username = 'Countess' WHERE user_id = '{ADA}'"
            )
            for viewer in (one, another):
                assert (await viewer.hear_type("presence"))["data"]["username"] == "Countess"


def test_init_needs_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to make tables in."""
    with pytest.raises(SystemExit):
        main(["--init"])
    assert "--init needs --database" in capsys.readouterr().err


async def test_a_port_in_use_is_one_line() -> None:
    """Which says which, and what to do; exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, _, err = await run("-m", "bridge", "--host", "127.0.0.1", "--port", port)
    assert code == 1
    assert len(err.splitlines()) == 1
    assert port in err
    assert "--port" in err


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
async def test_a_host_that_is_not_this_machine_s_is_one_line(host: str) -> None:
    """Which says which; another port would not help; exit code 1."""
    code, _, err = await run("-m", "bridge", "--host", host, "--port", "0")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert host in err
    assert "--host" in err
    assert "--port" not in err


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EADDRINUSE, "another --port"),
        (errno.EACCES, "--port above 1023"),
        (errno.EADDRNOTAVAIL, "--host to localhost"),
    ],
)
def test_what_to_do_goes_by_what_is_wrong(number: int, remedy: str) -> None:
    """In one line, that names the setting to change."""
    said = cannot_listen("here", 80, OSError(number, "a long\nstory"), "--host", "--port")
    assert remedy in said
    assert "here" in said
    assert "80" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("platform", "remedy"), [("linux", "Set another --port."), ("win32", "excludedportrange")]
)
def test_a_port_that_is_kept(monkeypatch: pytest.MonkeyPatch, platform: str, remedy: str) -> None:
    """Windows keeps ranges of them, and one above 1023 may well be in one."""
    monkeypatch.setattr(sys, "platform", platform)
    said = cannot_listen("localhost", 3000, OSError(errno.EACCES, ""), "--host", "--port")
    assert remedy in said
    assert "above 1023" not in said


def test_what_else_a_server_lacks() -> None:
    """It is said as it is: no other port would help."""
    said = cannot_listen("here", 80, CannotServe("There is no backplane."), "--host", "--port")
    assert said == "There is no backplane."


async def test_the_version() -> None:
    """On stdout, exit code 0."""
    assert await run("-m", "bridge", "--version") == (0, f"d-zone bridge {__version__}\n", "")


async def test_the_help() -> None:
    """Names every option."""
    code, out, _ = await run("-m", "bridge", "--help")
    assert code == 0
    for option in (
        "--host",
        "--port",
        "--static-dir",
        "--csp",
        "--database",
        "--backplane",
        "--trusted-proxies",
        "--workers",
        "--init",
        "--health",
        "--metrics",
        "--max-viewers-per-guild",
        "--version",
    ):
        assert option in out


@pytest.mark.parametrize(
    "arguments",
    [["--port", "x"], ["--port", "65536"], ["--port", "-1"], ["--port", "1.5"], ["--static-dir", "/no/such"],
     ["--nonsense"], ["nonsense"], ["--workers", "x"], ["--workers", "257"], ["--metrics", "9464"],
     ["--trusted-proxies", "nobody"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with exit code 2."""
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


# Scripts with the library

SCRIPT = """
import asyncio
from bridge.server import WebSocketServer

async def main():
    server = WebSocketServer(port=0, host="127.0.0.1")
{body}

asyncio.run(main())
"""


def script(body: str, head: str = "") -> tuple[str, str]:
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return "-c", head + SCRIPT.format(body=lines)


async def test_a_script_that_ends_after_start_gets_one_line() -> None:
    """Which names run_forever(); nothing else is said, and the exit code is 0."""
    code, out, err = await run(*script("await server.start()"))
    assert (code, out) == (0, "")
    [line] = err.splitlines()
    assert "run_forever()" in line


async def test_a_script_that_ends_after_start_gets_one_line_with_warnings_on() -> None:
    """No forgotten socket or task adds to it."""
    # That something took long is no fault on a busy machine.
    body = "asyncio.get_running_loop().slow_callback_duration = 600\nawait server.start()"
    _, _, err = await run("-X", "dev", *script(body))
    [line] = err.splitlines()
    assert "run_forever()" in line


async def test_a_script_that_stops_gets_no_line() -> None:
    """It did everything right."""
    assert await run(*script("await server.start()\nawait server.stop()")) == (0, "", "")


async def test_a_script_that_fails_gets_its_own_error() -> None:
    """With the port in use there is nothing to warn of."""
    body = (
        "await server.start()\nother = WebSocketServer(server.port, '127.0.0.1')\nawait other.run_forever()"
    )
    code, _, err = await run(*script(body))
    assert code == 1
    assert "OSError" in err.splitlines()[-1]


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_run_forever_ends_with_a_signal(number: signal.Signals) -> None:
    """Cleanly: viewers hear 1001, what follows in the script runs, nothing is said."""
    body = (
        "await server.start()\nprint(server.port, flush=True)\nawait server.run_forever()\nprint('goodbye')"
    )
    async with process(*script(body)) as started:
        assert started.stdout
        async with asyncio.timeout(PATIENCE):
            port = int(await started.stdout.readline())
        async with watching(port) as viewer:
            await viewer.enter(None)
            started.send_signal(number)
            assert await viewer.farewell() == (1001, "bridge restarting")
        code, out, err = await ended(started)
    assert (code, out, err) == (0, "goodbye\n", "")


@needs_posix
async def test_run_forever_gives_signals_back() -> None:
    """Afterwards they mean what they meant before."""
    body = """
import signal
before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
running = asyncio.create_task(server.run_forever())
while not server.is_serving:
    await asyncio.sleep(0.01)
running.cancel()
await asyncio.wait([running])
print(before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])
"""
    assert await run(*script(body)) == (0, "True\n", "")


async def test_a_silent_library() -> None:
    """Without logging configured, viewers that come and go leave no word."""
    body = """
await server.start()
async with connect(f"ws://127.0.0.1:{server.port}", proxy=None) as viewer:
    await viewer.recv()
reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
writer.close()
await server.stop()
"""
    head = "from websockets.asyncio.client import connect\n"
    assert await run(*script(body, head)) == (0, "", "")


def test_a_host_that_is_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger is one line, and no traceback."""
    assert main(["--host", "a..b", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert "--host" in said
    assert len(said.splitlines()) == 1
