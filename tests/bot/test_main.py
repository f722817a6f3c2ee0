"""The command line: what it takes, what it answers, and with which exit code it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from discord.http import Route

from bot.__main__ import main
from bot.config import SETTINGS
from bot.running import waiting
from bot.running.errors import AGAIN, MEND
from bot.storage import claim
from bridge import __version__
from bridge.storage.address import SqliteAddress
from tests.bridge.watchers import PATIENCE
from tests.certificates import Pem, trusting
from tests.ports import free_port
from tests.postgres import Cluster

ROOT = Path(__file__).parents[2]
TOKEN = "an.invented.token"
# `python -m bot`, which doesn't give up its database while a busy machine has us wait.
PATIENT_BOT = (
    "import runpy; from bot.storage import claim; claim.ANSWER = 600.0; "
    "runpy.run_module('bot', run_name='__main__', alter_sys=True)"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logging_restored: None) -> Path:
    """An empty folder to run in, with no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Route, "BASE", Route.BASE)  # restored, whatever a run makes of it
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port on which nobody listens."""
    return free_port()


def failing(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = MEND) -> str:
    """Run a command that can't work and ends with a code; return what it says on stderr."""
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert 1 <= len(said.splitlines()) <= 2
    assert "Traceback" not in said
    assert TOKEN not in said
    return said


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says which one this is."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"d-zone bot {__version__}\n"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` names every option and the file with the settings."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: python -m bot ")
    assert all(word in out for word in ("--demo", "--version", ".env", "DISCORD_TOKEN"))


@pytest.mark.parametrize("arguments", [["--dmeo"], ["demo"], ["--demo", "x"]])
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """What nobody knows is answered with how it is used, and with code 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m bot ")


def test_without_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """Who just starts the bot learns what it needs."""
    assert failing(capsys).startswith("DISCORD_TOKEN is missing")


def test_a_setting_in_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's settings are read."""
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("PORT", "http")
    assert failing(capsys).startswith("PORT is 'http'")


def test_a_setting_in_the_file(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Those of `.env` in the folder where the bot is started are, too."""
    (folder / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nPORT=http\n", encoding="utf-8")
    assert failing(capsys).startswith("PORT is 'http'")


def test_an_unknown_setting(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A slip of the pen stops the start."""
    (folder / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nPROT=80\n", encoding="utf-8")
    assert "Did you mean PORT?" in failing(capsys)


def test_the_demo_reads_the_settings_as_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo needs no token; the other settings are its own, too."""
    monkeypatch.setenv("PORT", "http")
    assert failing(capsys, "--demo").startswith("PORT is 'http'")


def test_the_demo_on_a_port_in_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    """A port in use is told, with what to do."""
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", str(taken))
    said = failing(capsys, "--demo", code=AGAIN)
    assert said.startswith(f"Can't listen on 127.0.0.1 port {taken}: ")
    assert "another PORT" in said


def test_the_demo_on_a_host_of_somebody_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that isn't this machine's is told as well."""
    monkeypatch.setenv("HOST", "192.0.2.1")
    assert failing(capsys, "--demo", code=AGAIN).startswith("Can't listen on 192.0.2.1 port 3000: ")


def test_discord_out_of_reach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, closed: int
) -> None:
    """Where nobody answers in time, the address is told, and what may be wrong with it."""
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DISCORD_API_URL", f"http://127.0.0.1:{closed}")
    assert failing(capsys, code=AGAIN).startswith(f"Discord can't be reached at http://127.0.0.1:{closed}: ")


def test_a_database_out_of_reach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, closed: int
) -> None:
    """A bot that can't read who is hidden doesn't start; it says why, without the password."""
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DATABASE_URL", f"postgres://user:hunter2@127.0.0.1:{closed}/settings")
    said = failing(capsys, code=AGAIN)
    assert said.startswith("The database in which the settings are can't be used: ")
    assert "Check that it runs, and DATABASE_URL." in said
    assert "hunter2" not in said


@pytest.mark.parametrize("more", [{}, {"BACKPLANE_URL": "redis://127.0.0.1:1"}, {"SHARDS": "0-15/16"}])
def test_a_second_bot_with_the_same_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path, more: dict[str, str]
) -> None:
    """It doesn't start, and a supervisor doesn't try again. Only who shares the shards knows of another."""
    for name, value in {"DISCORD_TOKEN": TOKEN, **more}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(claim, "PATIENCE", 0)

    other = asyncio.run(claim.take(SqliteAddress(folder / "dzone.sqlite3"), alone=False))
    said = failing(capsys, code=MEND)
    asyncio.run(other.release())
    assert said.startswith("Another bot runs with the same settings")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_stopped_before_the_database_answers(folder: Path) -> None:
    """Whoever gives up waiting for the database ends the bot."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://user:hunter2@127.0.0.1:{silent.getsockname()[1]}/settings"
        env = os.environ | {"PYTHONPATH": str(ROOT), "DISCORD_TOKEN": TOKEN, "DATABASE_URL": url}
        bot = subprocess.Popen(
            [sys.executable, "-c", PATIENT_BOT], cwd=folder, env=env, stderr=subprocess.PIPE, text=True
        )
        with bot:
            silent.settimeout(PATIENCE)
            connection, _ = silent.accept()
            with connection:
                bot.send_signal(signal.SIGTERM)
                assert bot.wait(timeout=PATIENCE) == 0
            assert bot.stderr is not None
            assert bot.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_up_before_its_database_and_its_network(folder: Path, cluster: Cluster, closed: int) -> None:
    """It waits for them, whoever starts all at once, and ends at once when it is stopped meanwhile."""
    url = cluster.empty_database()
    env = os.environ | {"PYTHONPATH": str(ROOT), "DISCORD_TOKEN": TOKEN, "DATABASE_URL": url}
    env["DISCORD_API_URL"] = f"http://127.0.0.1:{closed}"
    cluster.stop()
    try:
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot"], cwd=folder, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with bot:
            assert bot.stdout is not None
            assert bot.stderr is not None
            assert any("the database at 127.0.0.1 can't be reached yet" in line for line in bot.stdout)
            cluster.start()
            assert any("the database at 127.0.0.1 can be reached now" in line for line in bot.stdout)
            assert any("Discord can't be reached yet" in line for line in bot.stdout)
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(timeout=60) == 0
            assert bot.stderr.read() == ""
    finally:
        if not cluster.is_running:
            cluster.start()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_asked_too_early_to_be_replaced(folder: Path) -> None:
    """`systemctl reload` right after a start ends nobody: systemd would take it for wanted."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://user:hunter2@127.0.0.1:{silent.getsockname()[1]}/settings"
        more = {"DISCORD_TOKEN": TOKEN, "DATABASE_URL": url, "WORKERS": "1", "PYTHONPATH": str(ROOT)}
        bot = subprocess.Popen(
            [sys.executable, "-c", PATIENT_BOT], cwd=folder, env=os.environ | more, start_new_session=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with bot:
            silent.settimeout(PATIENCE)
            connection, _ = silent.accept()
            with connection:
                assert bot.stdout is not None
                for number in (signal.SIGUSR2, signal.SIGHUP):
                    bot.send_signal(number)
                    assert "nothing takes over" in bot.stdout.readline()
                bot.terminate()
                assert bot.wait(timeout=PATIENCE) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_asked_while_it_is_loaded(folder: Path) -> None:
    """Nothing hears a SIGUSR2 then, and it ends nobody."""
    code = (
        "import os, signal; from bot.running import footing; os.kill(os.getpid(), signal.SIGUSR2); print(1)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, check=True)
    assert done.stdout == b"1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_until_it_is_stopped(folder: Path, closed: int, number: signal.Signals) -> None:
    """The demo says where to look, runs until somebody stops it, and ends well."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PORT": str(closed)}
    demo = subprocess.Popen(
        [sys.executable, "-m", "bot", "--demo"],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        line = next((line for line in demo.stdout if "made-up" in line), "")
        assert f"http://localhost:{closed}" in line
        demo.send_signal(number)
        assert demo.wait(timeout=PATIENCE) == 0
        assert demo.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_the_demo_over_https(folder: Path, closed: int) -> None:
    """It faces the network as the bot would: where it says that it is, it is."""
    pem = Pem(folder)
    tls = {"TLS_CERT": str(pem.chain), "TLS_KEY": str(pem.key)}
    demo = subprocess.Popen(
        [sys.executable, "-m", "bot", "--demo"], cwd=folder, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PORT": str(closed), **tls},
    )  # fmt: skip
    with demo:
        assert demo.stdout is not None
        line = next((line for line in demo.stdout if "made-up" in line), "")
        url = f"https://localhost:{closed}"
        assert url in line
        with urllib.request.urlopen(f"{url}/api/version", context=trusting(), timeout=PATIENCE) as answer:
            assert "Strict-Transport-Security" in answer.headers
        demo.terminate()
        assert demo.wait(timeout=PATIENCE) == 0
