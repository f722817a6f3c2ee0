"""The service of systemd that the documentation gives: systemd understands it, and finds it well locked."""

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from bot.running.errors import MEND
from cogs.texts import Language
from tests.docs.pages import LANGUAGES, blocks

EXPOSED: Final = 30  # tenths, of what `systemd-analyze security` calls exposure


def services() -> list[str]:
    """Read it from the page in each language."""
    found = [
        block.text
        for language in LANGUAGES
        for block in blocks("deployment", language)
        if "[Service]" in block.text
    ]
    assert len(found) == len(LANGUAGES)
    return found


def test_it_is_the_same_in_every_language() -> None:
    """But for what people read."""
    assert len({re.sub("Description=.*", "", service) for service in services()}) == 1


def test_it_stops_where_somebody_has_to_mend_something() -> None:
    """With the exit code that the bot has for that."""
    assert f"RestartPreventExitStatus={MEND}\n" in services()[0]


def test_a_new_process_may_take_over() -> None:
    """A reload asks for one, and systemd is told which it is."""
    assert "ExecReload=/bin/kill -USR2 $MAINPID\n" in services()[0]
    assert "NotifyAccess=main\n" in services()[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_launchd_can_read_its_file(language: Language) -> None:
    """It starts the bot, and again after a failure, and keeps all that it says."""
    [file] = [block.text for block in blocks("running", language) if block.kind == "xml"]
    told = plistlib.loads(file.encode())
    assert told["ProgramArguments"][-2:] == ["-m", "bot"]
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert told["ProgramArguments"][0].startswith(told["WorkingDirectory"])
    assert told["StandardOutPath"] == told["StandardErrorPath"]  # the log, and what ends the bot


def test_systemd_finds_it_well_locked(tmp_path: Path) -> None:
    """And warns of nothing."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert not os.environ.get("CI"), "no systemd-analyze: install the package `systemd`"
        pytest.skip("no systemd-analyze")
    unit = tmp_path / "dzone.service"
    text = re.sub("ExecStart=.*", "ExecStart=/bin/true", services()[0])
    unit.write_text(text, encoding="utf-8")
    for words in (["verify", "--man=no"], ["security", "--offline=true", f"--threshold={EXPOSED}"]):
        done = subprocess.run([analyze, *words, str(unit)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "dzone.service:" not in done.stderr, done.stderr
