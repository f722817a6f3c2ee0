"""`python -m bot settings export` and `import`: everything that is stored, as a file, between databases."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from sqlalchemy import delete
from tqdm import tqdm

from bot import migrations, plots
from bot.storage import claim, dump, opening, rows, tables
from bot.storage.claim import Claim, InUse
from bot.storage.database import CannotOpen
from bot.storage.rows import BLOCKED, DEFAULT_GUILD, Changes, Contents
from bridge.storage import address
from bridge.storage.address import Address

STDIO: Final = "-"
MAX_SIZE: Final = 64 * 1024 * 1024  # bytes of a file to import: more than a million people
_BATCH: Final = 500  # guilds or people written at a time


class CannotTransfer(Exception):
    """Nothing was exported or imported. The message says what is wrong and what to do."""


def export_settings(url: str, file: str) -> str:
    """Write everything that is stored into a new file that only its owner may read, or to stdout.

    Reads what is stored at one moment; the bot may run meanwhile. Returns what was done, for who called it.

    Raises:
        CannotOpen: if the database can't be read.
        CannotTransfer: if the file is there already, or can't be written.
    """
    contents = asyncio.run(_read(address.parse(url)))
    try:
        if file == STDIO:
            for line in _progress(dump.lines(contents), "exporting", len(contents)):
                sys.stdout.buffer.write(line.encode())
            sys.stdout.buffer.flush()
        else:
            _write_file(Path(file), _progress(dump.lines(contents), "exporting", len(contents)))
    except FileExistsError as error:
        raise CannotTransfer(f"{file} is there already: it stays as it is. Name a new file.") from error
    except OSError as error:
        raise CannotTransfer(f"{file} can't be written: {error.strerror}.") from error
    return (
        f"Exported {_sum(contents)}.\n"
        "Keep it to yourself: it says who is hidden, and holds the hashes of passwords."
    )


def import_settings(url: str, file: str, agrees: Callable[[str], bool]) -> str:
    """Put what `export_settings` wrote in the place of everything that is stored.

    The file is checked as a whole before; then all is written, or nothing. `agrees` is asked whether what is
    stored may go, if there is something. Returns what was done, for who called it.

    Raises:
        CannotOpen: if the database can't be used.
        CannotTransfer: if the file is none of settings, if a bot runs with what is stored, or if it was not
            agreed.
    """
    contents = _read_file(file)
    where = address.parse(url)
    with (
        asyncio.Runner() as runner
    ):  # one loop for all, in which the claim lives; it doesn't run while we ask
        claimed = runner.run(_claim(where))
        try:
            stored = runner.run(opening.prepare(where))
            something = (
                len(stored)
                or DEFAULT_GUILD in stored.notes
                or any(map(partial(rows.blocked, stored), BLOCKED))
            )
            if something and not agrees(f"This replaces {_sum(stored)} by {_sum(contents)}. Go on? [y/N] "):
                raise CannotTransfer("Nothing was changed.")
            runner.run(_replace(where, contents))
        finally:
            runner.run(claimed.release())
    return f"Imported {_sum(contents)}. The bot shows it when you start it."


def ask(question: str) -> bool:
    """Ask who sits at the terminal. Where nobody does, the answer is no."""
    if not sys.stdin.isatty():
        sys.stderr.write(f"{question}\nNobody is there to answer: say --yes to go on.\n")
        return False
    with contextlib.suppress(EOFError):
        return input(question).strip().lower() in ("y", "yes")
    return False


async def _claim(where: Address) -> Claim:
    """Have what is stored for ourselves: a bot that runs wouldn't notice the change, and write over it."""
    try:
        return await claim.take(where, alone=True, patience=0)
    except InUse as error:
        raise CannotTransfer(
            "A bot runs with these settings. Stop it, import them, and start it again.\nNothing was changed."
        ) from error


async def _read(where: Address) -> Contents:
    async with opening.opened(where) as engine:
        async with engine.connect() as connection:
            current = await connection.run_sync(migrations.is_current)
        if not current:
            raise CannotOpen(
                "The database holds no settings of this version of the bot.\n"
                "Start the bot once, which brings them to this version, or check DATABASE_URL."
            )
        return await opening.read(engine)


async def _replace(where: Address, contents: Contents) -> None:
    async with opening.opened(where) as engine, engine.begin() as connection:
        await connection.execute(delete(tables.guilds))  # what refers to them goes with them
        await connection.execute(delete(tables.members))
        for prefix in (*BLOCKED.values(), plots.NOTE):
            await connection.execute(
                delete(tables.notes).where(tables.notes.c.key.startswith(prefix, autoescape=True))
            )
        notes = {DEFAULT_GUILD: None, **contents.notes}
        await rows.write(connection, Changes(notes=notes))
        with _bar("importing", len(contents)) as bar:
            for changes in _batches(contents):
                await rows.write(connection, changes)
                bar.update(len(changes.guilds) + len(changes.members))


def _batches(contents: Contents) -> Iterator[Changes]:
    guilds, members = list(contents.guilds.items()), list(contents.members.items())
    for start in range(0, len(guilds), _BATCH):
        yield Changes(guilds=dict(guilds[start : start + _BATCH]))
    for start in range(0, len(members), _BATCH):
        yield Changes(members=dict(members[start : start + _BATCH]))


def _read_file(file: str) -> Contents:
    try:
        with sys.stdin.buffer if file == STDIO else Path(file).open("rb") as opened:
            text = opened.read(MAX_SIZE + 1)
    except OSError as error:
        raise CannotTransfer(f"{file} can't be read: {error.strerror}.") from error
    if len(text) > MAX_SIZE:
        raise CannotTransfer(f"{file} is larger than {MAX_SIZE >> 20} MB: that is no export of settings.")
    try:
        return dump.parse(text)
    except dump.Fault as error:
        raise CannotTransfer(f"{file}: {error}.\nNothing was changed.") from error


def _write_file(file: Path, lines: Iterable[str]) -> None:
    opened = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(opened, "w", encoding="utf-8", newline="\n") as writer:  # noqa: PTH123 - of a descriptor
            writer.writelines(lines)
    except BaseException:
        file.unlink()  # half of the settings would look like all of them
        raise


def _progress(lines: Iterable[str], what: str, total: int) -> Iterator[str]:
    with _bar(what, total) as bar:
        for line in lines:
            yield line
            bar.update(min(1, total - bar.n))  # a few lines stand around those that count


def _bar(what: str, total: int) -> "tqdm[NoReturn]":
    return tqdm(desc=what, total=total, unit="", file=sys.stderr, disable=None)  # none without a terminal


def _sum(contents: Contents) -> str:
    guilds, members = len(contents.guilds), len(contents.members)
    servers = "1 server" if guilds == 1 else f"{guilds} servers"
    return f"the settings of {servers} and {'1 person' if members == 1 else f'{members} people'}"
