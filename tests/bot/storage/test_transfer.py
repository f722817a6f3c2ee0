"""Moving what is stored: as a file, between databases, and whatever somebody may put into such a file."""

import asyncio
import contextlib
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.__main__ import main
from bot.config import SETTINGS
from bot.running.errors import MEND
from bot.storage import claim, dump, transfer
from bot.storage.dump import Fault
from bot.storage.rows import DEFAULT_GUILD, UPGRADED, Contents, StoredGuild
from bot.store import Store
from bridge.storage.address import parse
from cogs.settings import GuildSettings, MemberSettings
from tests.bot.stored import (
    FULL,
    HASH,
    HIDDEN,
    LONG_AGO,
    guild_settings,
    ids,
    member_settings,
    sqlite_url,
    times,
)

EVERYTHING = Contents(
    guilds={1: StoredGuild(FULL), 2: StoredGuild(GuildSettings(), LONG_AGO)},
    members={4: HIDDEN, 5: MemberSettings(muted=True)},
    notes={
        DEFAULT_GUILD: "2",
        "blocked_guild:8": "",
        "blocked_user:9": "",
        "blocked_user:7": "",
        "plots 1": '["11", null, "12"]',
    },
)
contents = st.builds(
    Contents,
    guilds=st.dictionaries(ids, st.builds(StoredGuild, guild_settings, st.none() | times), max_size=4),
    members=st.dictionaries(ids, member_settings, max_size=4),
    notes=st.just({}) | st.builds(lambda guild: {DEFAULT_GUILD: str(guild)}, ids),
)


def text(written: Contents = EVERYTHING) -> bytes:
    """Write everything."""
    return "".join(dump.lines(written)).encode()


def changed(change: Callable[[Any], object]) -> bytes:
    """Write everything, but for a change."""
    made = json.loads(text())
    change(made)
    return json.dumps(made).encode()


def at(*path: str, put: object) -> Callable[[Any], None]:
    """Put something somewhere."""

    def change(made: Any) -> None:
        *way, last = path
        for name in way:
            made = made[name]
        made[last] = put

    return change


# The text


def test_the_text() -> None:
    """People can read it: a line for each guild and person, and ids as they copy them from Discord."""
    written = Contents(
        guilds={20: StoredGuild(GuildSettings(name="Grüße")), 3: StoredGuild(FULL)},
        members={7: HIDDEN},
        notes={DEFAULT_GUILD: "20", "tree": "about this bot alone"},
    )
    lines = text(written).decode().splitlines()
    assert lines[:5] == [
        "{", '  "format": "d-zone settings",', '  "version": 7,', '  "default_guild": "20",', '  "guilds": {',
    ]  # fmt: skip
    assert lines[5].startswith('    "3": {"shown": false, ')
    assert lines[6].startswith('    "20": {"shown": true, "listed": true, "name": "Grüße", ')
    assert lines[7:] == [
        "  },",
        '  "members": {',
        '    "7": {"hidden": true, "muted": true, "color": "#5865F2", "agreed": true, "line": "Grüße 👋🏽"}',
        "  }",
        "}",
    ]


@given(contents)
def test_a_text_is_read_as_it_was_written(written: Contents) -> None:
    """Whatever is stored comes back."""
    assert dump.parse(text(written)) == written


def before_consent(version: int) -> Any:
    """Be an export of an older version, in which nobody could agree to anything."""
    old = json.loads(text()) | {"version": version}
    for guild in old["guilds"].values():
        del guild["hidden_roles"], guild["optin"], guild["gestures"], guild["plots"], guild["role_names"]
    for member in old["members"].values():
        del member["agreed"], member["line"]
    return old


def test_an_export_of_the_third_version() -> None:
    """Nobody had agreed to anything."""
    read = dump.parse(json.dumps(before_consent(3)).encode())
    assert not any(guild.settings.optin or guild.settings.hidden_roles for guild in read.guilds.values())
    assert {member.agreed for member in read.members.values()} == {False}


def test_an_export_of_the_first_version() -> None:
    """It says nothing of what could not be decided then."""
    old = before_consent(1)
    for guild in old["guilds"].values():
        del guild["audience"], guild["proxies"]
        del guild["live_channel"], guild["live_message"], guild["live_ended"]
    read = dump.parse(json.dumps(old).encode())
    assert {guild.settings.audience for guild in read.guilds.values()} == {None}
    assert {guild.settings.proxies for guild in read.guilds.values()} == {frozenset()}
    assert {member.hidden for member in read.members.values()} == {True, False}


def test_an_export_of_the_second_version() -> None:
    """There was no live message."""
    old = before_consent(2)
    for guild in old["guilds"].values():
        del guild["live_channel"], guild["live_message"], guild["live_ended"]
    read = dump.parse(json.dumps(old).encode())
    assert {guild.settings.live_message for guild in read.guilds.values()} == {None}
    assert UPGRADED in read.notes  # of a guild that isn't there nothing was decided: it is no new one
    assert UPGRADED not in dump.parse(text()).notes
    assert {guild.settings.audience for guild in read.guilds.values()} == {None, FULL.audience}


def test_a_text_that_windows_touched() -> None:
    """An editor's mark and line ends change nothing."""
    assert dump.parse(b"\xef\xbb\xbf" + text().replace(b"\n", b"\r\n")) == EVERYTHING


GUILD = ("guilds", "1")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "line 1, column 1: that is no JSON"),
        (b'{"format":\n nothing}', "line 2, column 2: that is no JSON"),
        (text()[:-9], "that is no JSON"),
        (b"\xff\xfe", "that is no UTF-8 text"),
        (b"[" * 100_000, "that is no export"),
        (b'{"format": ' + b"1" * 5_000 + b"}", "that is no export"),
        (b"NaN", "NaN is no number"),
        (b"[]", "the file: must be an object"),
        (b"{}", 'the file: "format" is missing'),
        (b'{"a": 1, "a": 1}', '"a" stands twice'),
        (changed(at("format", put="settings")), "no export of settings"),
        (changed(at("version", put=8)), "up to version 7, and not 8"),
        (changed(at("version", put=0)), "up to version 7, and not 0"),
        (changed(at("blocked", put={"channel": ["1"]})), 'blocked: "channel" is unknown'),
        (changed(at("blocked", put={"user": [1]})), "blocked, user: 1 is no id"),
        (changed(at("version", put="1")), "no export of settings"),
        (changed(at("version", put=True)), "no export of settings"),
        (changed(at("more", put=1)), 'the file: "more" is unknown'),
        (changed(at("default_guild", put=1)), "default_guild: 1 is no id"),
        (changed(at("guilds", put=[])), "guilds: must be an object"),
        (changed(at("guilds", put={"0": {}})), 'guilds: "0" is no id'),
        (changed(at("guilds", put={"01": {}})), 'guilds: "01" is no id'),
        (changed(at("guilds", put={"9223372036854775808": {}})), "is no id"),
        (changed(at("guilds", put={"9" * 99: {}})), "is no id"),
        (changed(at("guilds", put={"\u0661": {}})), "is no id"),
        (changed(at("guilds", put={"1": None})), "guilds, 1: must be an object"),
        (changed(at(*GUILD, "shown", put="yes")), "guilds, 1: shown must be true or false"),
        (changed(at(*GUILD, "shown", put=1)), "guilds, 1: shown must be true or false"),
        (changed(at(*GUILD, "messages", put="loud")), "guilds, 1: messages must be one of full, recap"),
        (changed(at(*GUILD, "messages", put={})), "guilds, 1: messages must be one of"),
        (changed(at(*GUILD, "name", put="a" * 101)), "guilds, 1: name must have 1 to 100"),
        (changed(at(*GUILD, "name", put="\ud800")), "guilds, 1: name must have"),
        (changed(at(*GUILD, "role_id", put=5)), "guilds, 1, role_id: 5 is no id"),
        (changed(at(*GUILD, "password_hash", put="hunter2")), "guilds, 1: password_hash must be"),
        (changed(at(*GUILD, "channels", put=["1"])), "guilds, 1, channels: must be an object"),
        (changed(at(*GUILD, "channels", "x", put=True)), 'guilds, 1, channels: "x" is no id'),
        (changed(at(*GUILD, "channels", "5", put=None)), "guilds, 1: channels must be true or false"),
        (changed(at(*GUILD, "hidden", put={})), "guilds, 1, hidden: must be a list"),
        (changed(at(*GUILD, "hidden", put=["5", "5"])), "guilds, 1, hidden: an id stands there twice"),
        (changed(at(*GUILD, "hidden", put=[["5"]])), "guilds, 1, hidden: that is no id"),
        (changed(at(*GUILD, "plots", put={})), "guilds, 1, plots: must be a list"),
        (changed(at(*GUILD, "plots", put=["5", None, "5"])), "guilds, 1, plots: an id stands there twice"),
        (changed(at(*GUILD, "left", put="yesterday")), 'guilds, 1, left: "yesterday" is no time'),
        (changed(at(*GUILD, "left", put="2026-01-01")), "is no time"),
        (changed(at(*GUILD, "left", put="9999-12-31T23:59:59-23:59")), "is no time"),
        (changed(at(*GUILD, "left", put=0)), "guilds, 1, left: 0 is no time"),
        (changed(at(*GUILD, "colour", put=0)), 'guilds, 1: "colour" is unknown'),
        (changed(lambda made: made["guilds"]["1"].pop("hidden")), 'guilds, 1: "hidden" is missing'),
        (changed(at("members", "4", "color", put="red")), "members, 4: color must be a colour"),
        (changed(lambda made: made["members"]["4"].pop("hidden")), 'members, 4: "hidden" is missing'),
        (changed(at("members", "me", put={})), 'members: "me" is no id'),
        (text().replace(b'"5"', b'"4"'), '"4" stands twice'),
    ],
)  # fmt: skip
def test_what_is_no_export(written: bytes, said: str) -> None:
    """What can't be is told, with the place where it stands; and never what stands in place of a hash."""
    with pytest.raises(Fault) as caught:
        dump.parse(written)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value)) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("1"), inner, max_size=3),
    max_leaves=5,
)


@given(st.data(), json_values)
def test_whatever_stands_anywhere(data: st.DataObject, value: object) -> None:
    """Any value in any place is read, or is a fault that is told."""
    made = json.loads(text())
    place = made
    while True:
        key = data.draw(st.sampled_from(list(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = value
    with contextlib.suppress(Fault):
        dump.parse(json.dumps(made).encode())


@given(st.binary())
def test_any_bytes(written: bytes) -> None:
    """Any file at all is read, or is a fault that is told."""
    with contextlib.suppress(Fault):
        dump.parse(written)


# The command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, without a token and any other setting."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database of each kind, which DATABASE_URL names."""
    url = sqlite_url(Path("other.sqlite3"))
    if request.param == "postgresql":
        url = request.getfixturevalue("cluster").empty_database()
    monkeypatch.setenv("DATABASE_URL", url)
    return url


async def _fill(url: str, everything: Contents) -> None:
    stored = await Store.open(url)
    for guild_id, guild in everything.guilds.items():
        await stored.save_guild(guild_id, guild.settings)
        if guild.left:
            await stored.note_left(guild_id, guild.left)
    for user_id, member in everything.members.items():
        await stored.save_member(user_id, member)
    for key, value in everything.notes.items():
        await stored.save_note(key, value)
    await stored.close()


def fill(url: str, everything: Contents = EVERYTHING) -> None:
    """Store everything."""
    asyncio.run(_fill(url, everything))


def found(url: str) -> Contents:
    """Read everything."""

    async def read() -> Contents:
        stored = await Store.open(url)
        await stored.close()
        return stored._contents

    return asyncio.run(read())


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run the command; return what it says on stderr."""
    assert main(["settings", *arguments]) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert "Traceback" not in written.err
    return written.err


def test_from_one_database_to_another(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was exported from one is imported into another of either kind, without a Discord token."""
    fill(url)
    said_first = said(capsys, "export", "all.json")
    assert said_first.startswith("Exported the settings of 2 servers and 2 people.\nKeep it to yourself")
    if sys.platform != "win32":  # which has other rights
        assert stat.S_IMODE((folder / "all.json").stat().st_mode) == 0o600
    assert HASH in (folder / "all.json").read_text(encoding="utf-8")
    monkeypatch.delenv("DATABASE_URL")
    assert said(capsys, "import", "all.json").startswith("Imported the settings of 2 servers and 2 people.")
    assert found("sqlite:///dzone.sqlite3") == EVERYTHING
    said(capsys, "export", "again.json")
    assert (folder / "again.json").read_bytes() == (folder / "all.json").read_bytes()
    monkeypatch.setenv("DATABASE_URL", url)
    said(capsys, "import", "--yes", "again.json")
    assert found(url) == EVERYTHING


def test_to_stdout(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A minus sign stands for stdout, on which there is nothing else."""
    fill(url)
    assert main(["settings", "export", "-"]) == 0
    assert dump.parse(capsysbinary.readouterr().out) == EVERYTHING


def test_from_stdin(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is handed into a container; nobody can be asked then."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text())))
    said(capsys, "import", "--yes", "-")
    assert found(url) == EVERYTHING


def test_while_the_bot_runs(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """An export disturbs nobody, and sees what was saved before."""

    async def run() -> None:
        stored = await Store.open(url)
        await stored.save_member(4, HIDDEN)
        await asyncio.gather(
            asyncio.to_thread(said, capsys, "export", "all.json"),
            *(stored.save_guild(n, FULL) for n in range(1, 20)),
        )
        await stored.close()

    asyncio.run(run())
    exported = dump.parse((folder / "all.json").read_bytes())
    assert exported.members == {4: HIDDEN}
    assert all(guild == StoredGuild(FULL) for guild in exported.guilds.values())


def test_no_import_while_the_bot_runs(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """It wouldn't notice, and write what it believes over it; whoever imports is told what to do."""
    fill(url)
    (folder / "all.json").write_bytes(text(Contents()))
    for alone in (True, False):  # whether or not it knows of others
        with asyncio.Runner() as runner:
            running = runner.run(claim.take(parse(url), alone=alone))
            assert said(capsys, "import", "--yes", "all.json", code=1) == (
                "A bot runs with these settings. Stop it, import them, and start it again.\n"
                "Nothing was changed.\n"
            )
            runner.run(running.release())
    assert found(url) == EVERYTHING
    said(capsys, "import", "--yes", "all.json")


def test_guilds_that_an_older_export_does_not_name(
    url: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """Nobody decided on them, and the bot was there: they stay shown, also where new ones aren't."""
    old = before_consent(2)
    for guild in old["guilds"].values():
        del guild["live_channel"], guild["live_message"], guild["live_ended"]
    (folder / "old.json").write_text(json.dumps(old), encoding="utf-8")
    said(capsys, "import", "--yes", "old.json")

    async def run() -> None:
        stored = await Store.open(url, first_shown=False)
        await stored.meet({9: LONG_AGO, 10: None})
        assert stored.guild(9).shown
        assert not stored.guild(10).shown
        await stored.close()

    asyncio.run(run())


def test_an_import_replaces_everything(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Nothing stays of what was there, except what is noted about the bot itself."""
    notes = {DEFAULT_GUILD: "9", "tree": "a hash", "blocked_user:9": "", "plots 9": '["11"]'}
    fill(url, Contents({9: StoredGuild(FULL)}, {9: HIDDEN}, notes))
    (folder / "all.json").write_bytes(text(Contents(members={4: HIDDEN})))
    said(capsys, "import", "--yes", "all.json")
    assert found(url) == Contents(members={4: HIDDEN}, notes={"tree": "a hash"})


def test_many(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """More than are written at once."""
    many = Contents(
        {n: StoredGuild(FULL) for n in range(1, 1_202)}, dict.fromkeys(range(1, 1_502), HIDDEN), {}
    )
    (folder / "all.json").write_bytes(text(many))
    assert "1201 servers and 1501 people" in said(capsys, "import", "all.json")
    assert found(url) == many


def test_a_fault_changes_nothing(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A file with a mistake in its last line is imported no bit, and the mistake is told."""
    fill(url)
    (folder / "all.json").write_bytes(text().replace(b'"#5865F2"', b'"blue"'))
    complaint = said(capsys, "import", "--yes", "all.json", code=1)
    assert (
        complaint == "all.json: members, 4: color must be a colour such as #5865f2.\nNothing was changed.\n"
    )
    assert found(url) == EVERYTHING


def test_a_failure_in_the_middle_changes_nothing(
    url: str, capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is written, or nothing."""
    fill(url)
    (folder / "all.json").write_bytes(text(Contents(members={1: HIDDEN, 2: HIDDEN})))
    batches = transfer._batches

    def breaking(written: Contents) -> Iterator[Any]:
        yield from batches(written)
        raise ConnectionResetError("broken")

    monkeypatch.setattr(transfer, "_batches", breaking)
    assert "broken" in said(capsys, "import", "--yes", "all.json", code=1)
    assert found(url) == EVERYTHING


class Terminal(io.StringIO):
    """Somebody sits there and answers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "goes"), [("y\n", True), ("Yes\n", True), ("\n", False), ("", False)])
def test_somebody_is_asked(
    url: str, capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch,
    answer: str, goes: bool,
) -> None:  # fmt: skip
    """What is there is only replaced by who says so."""
    fill(url)
    (folder / "all.json").write_bytes(text(Contents()))
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["settings", "import", "all.json"]) == (0 if goes else 1)
    asked = "This replaces the settings of 2 servers and 2 people by the settings of 0 servers and 0 people."
    assert capsys.readouterr().out.startswith(asked)
    assert found(url) == (Contents() if goes else EVERYTHING)


def test_nobody_is_there_to_be_asked(
    url: str, capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script says that it knows what it does."""
    fill(url)
    (folder / "all.json").write_bytes(text(Contents()))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "say --yes" in said(capsys, "import", "all.json", code=1)
    assert found(url) == EVERYTHING


def test_ctrl_c(
    url: str, capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops an import or an export leaves nothing half done."""
    fill(url)

    def stop(*_: object) -> Iterator[Any]:
        yield "{"
        raise KeyboardInterrupt

    monkeypatch.setattr(dump, "lines", stop)
    assert "nothing was changed" in said(capsys, "export", "all.json", code=1)
    assert not (folder / "all.json").exists()


def test_an_export_replaces_no_file(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A slip of the pen costs nobody their database."""
    fill(url)
    (folder / ".env").write_text("", encoding="utf-8")
    assert "is there already" in said(capsys, "export", ".env", code=1)
    assert (folder / ".env").read_text(encoding="utf-8") == ""


def test_files_that_are_not_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said which, and why."""
    fill(url)
    assert said(capsys, "import", "no.json", code=1) == "no.json can't be read: No such file or directory.\n"
    assert said(capsys, "export", "no/a", code=1) == "no/a can't be written: No such file or directory.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_a_file_without_end(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than an export can hold."""
    monkeypatch.setattr(transfer, "MAX_SIZE", 1 << 20)
    assert "larger than 1 MB" in said(capsys, "import", "/dev/zero", code=1)


def test_a_database_without_settings(url: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """An export makes no database where none is: probably it is the wrong one."""
    complaint = said(capsys, "export", "all.json", code=1)
    assert "can't be read" in complaint or "holds no settings of this version" in complaint
    assert list(folder.iterdir()) == []


def test_a_wrong_address(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong DATABASE_URL is told, without the password in it."""
    monkeypatch.setenv("DATABASE_URL", "mysql://u:hunter2@h/d")
    complaint = said(capsys, "export", "all.json", code=MEND)
    assert complaint.startswith("DATABASE_URL is no address")
    assert "hunter2" not in complaint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_the_progress_bar(
    url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Who looks at a terminal sees how far it is; who doesn't gets nothing of it."""
    import pty  # noqa: PLC0415 - Windows has neither
    import termios  # noqa: PLC0415

    fill(url)
    assert main(["settings", "export", "all.json"]) == 0
    assert "exporting" not in capfd.readouterr().err
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal, os.fdopen(ours, "rb") as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["settings", "export", "again.json"]) == 0
        assert main(["settings", "import", "--yes", "again.json"]) == 0
        terminal.flush()
        shown = ""
        while not ("exporting: 100%" in shown and "importing: 100%" in shown):  # it comes in pieces
            shown += os.read(screen.fileno(), 65_536).decode(errors="replace")


@pytest.mark.parametrize("arguments", [[], ["export"], ["import"], ["exprot", "x"], ["export", "a", "b"]])
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """What nobody knows is answered with how it is used."""
    with pytest.raises(SystemExit) as ended:
        main(["settings", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m bot ")
