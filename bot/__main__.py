"""`python -m bot`: the bot; `python -m bot --demo`: made-up guilds, without Discord."""

from bot.running import footing  # noqa: F401 - it looks whether the others can be imported

# isort: split

from bridge.running import loading

# isort: split

import argparse
import asyncio
import contextlib
import logging
import math
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.client import DZoneBot
from bot.config import Config, read_database_url, read_env
from bot.demo.garden import CELLAR
from bot.demo.life import Life
from bot.running import handover, logs, share
from bot.running.changing import changing, nothing_changes
from bot.running.errors import AGAIN, MEND, Ending, explain
from bot.running.values import ConfigError
from bot.running.waiting import until_there
from bot.storage import claim, transfer
from bot.storage.database import CannotOpen
from bot.store import Store
from bridge import __version__
from bridge.errors import cannot_listen
from bridge.providers import EmptyProvider
from bridge.running.interpreter import command
from bridge.running.lines import Lines
from bridge.running.loopwatch import watched
from bridge.running.process import leave, run
from bridge.running.signals import stop_signal
from bridge.running.tasks import Tasks
from bridge.server import WebSocketServer
from bridge.storage import address
from bridge.storage.database import reason

loading.done()

log = logging.getLogger(__name__)

World = Callable[[Config], Coroutine[Any, Any, Ending | None]]
T = TypeVar("T")

CLOSE_TIMEOUT: Final = 4.0  # seconds; hosting platforms kill what takes longer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 after a clean stop, 1 where another try may help, else 78."""
    options = _parser().parse_args(arguments)
    try:
        env = read_env(Path.cwd(), os.environ)
        if options.command == "settings":
            return _transfer(options, read_database_url(env))
        config = Config.read(env | {"DISCORD_TOKEN": "demo"} if options.demo else env)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return MEND
    try:
        before = None if options.take_over is None else handover.inherited(options.take_over)
    except handover.CannotTakeOver as error:
        print(error, file=sys.stderr)
        return MEND
    lines = logs.configure(config.log_level, config.log_format)
    live = partial(_live, force_sync=options.sync, before=before, shares=options.share)
    world = partial(_demo, lines=lines) if options.demo else live
    if options.share:
        world = partial(_shared, world)
    trouble = run(world(config), viewers=config.limits.viewers)
    if trouble is not None:
        print(trouble.sentence, file=sys.stderr)
        return trouble.code
    return 0


def _transfer(options: argparse.Namespace, url: str) -> int:
    """Export or import what is stored. All that is said goes to stderr: stdout may be the file."""
    try:
        if options.action == "export":
            done = transfer.export_settings(url, options.file)
        else:
            agrees = (lambda _: True) if options.yes else transfer.ask
            done = transfer.import_settings(url, options.file, agrees)
    except (CannotOpen, transfer.CannotTransfer) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was changed.", file=sys.stderr)
        return 1
    print(done, file=sys.stderr)
    return 0


async def _shared(world: World, config: Config) -> Ending | None:
    """Run a world that everybody reaches through a tunnel; return what is wrong, if anything is."""
    if config.port == 0:
        return Ending("--share needs to know the port: set PORT.", MEND)
    try:
        async with contextlib.AsyncExitStack() as stack:
            with stop_signal() as stopped:
                opening = asyncio.create_task(stack.enter_async_context(share.tunnel(config.here)))
                await _until_either(opening, stopped)
                if not opening.done():
                    opening.cancel()
                    await asyncio.wait({opening})
                    return None
                return await _run_shared(world, config, await opening)
    except share.NoTunnel as error:
        return Ending(str(error), AGAIN)


async def _run_shared(world: World, config: Config, tunnel: share.Tunnel) -> Ending | None:
    log.info("everybody reaches this bot at %s for as long as it runs", tunnel.address)
    running = asyncio.create_task(world(config.reached_at(tunnel.address)))
    ending = asyncio.create_task(tunnel.ended())
    await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        running.cancel()
        await asyncio.wait({running})
        error = None if running.cancelled() else running.exception()
        if error:
            log.error("the bot did not end well", exc_info=error)
        raise ending.result()
    ending.cancel()
    return running.result()


async def _demo(config: Config, lines: Lines) -> Ending | None:
    """Serve made-up guilds until stopped; return what is wrong, if anything is."""
    server = WebSocketServer(
        config.port, config.host, limits=config.limits, exposure=config.exposure, health=config.health,
        publish_to=config.backplane_url if config.workers else None, workers=config.workers,
        provider=EmptyProvider(),
        metrics=config.metrics,
    )  # fmt: skip
    server.documents = config.documents
    life, tasks = Life(server), Tasks(log, "the demo")
    life.open()
    try:
        with stop_signal() as stopped, watched(config.debug_loop / 1000):
            await server.start()
            tasks.start(life.go_on(), "the life of the made-up servers")
            lines.write(f"Three made-up servers: watch them at {config.public_url} (Ctrl-C stops)")
            lines.write(f"{CELLAR.name} is locked. Its password is: {CELLAR.password}")
            await stopped.wait()
            await tasks.stop()
            await server.stop()
    except OSError as error:
        return _cannot_listen(config, error)
    return None


async def _live(
    config: Config, *, force_sync: bool, before: handover.Inherited | None, shares: bool
) -> Ending | None:
    """Run the bot with what is stored until it is stopped; return what is wrong, if anything is.

    It takes over from the process `before`, if there is one, and lets the next one do so.
    """
    with stop_signal() as stopped, nothing_changes(workers=bool(config.workers)):
        async with contextlib.AsyncExitStack() as held:
            try:
                store = await _open_store(config, stopped, held, takes_over=before is not None)
            except CannotOpen as error:
                return Ending(str(error), MEND if isinstance(error, claim.InUse) else AGAIN)
            if store is None:
                return None
            doors = before.doors if before else ()
            async with DZoneBot(config, store, force_sync=force_sync, doors=doors) as bot:
                with watched(config.debug_loop / 1000):
                    async with changing(bot, store, stopped, before, shares=shares):
                        return await _run_bot(bot, stopped)


async def _open_store(
    config: Config, stopped: asyncio.Event, held: contextlib.AsyncExitStack, *, takes_over: bool
) -> Store | None:
    """Read what is stored, unless somebody stops the bot before that succeeds; it is `held` until the end.

    Raises:
        CannotOpen: if it can't be read.
    """
    opening = asyncio.create_task(_claim_and_open(config, held, takes_over=takes_over))
    await _until_either(opening, stopped)
    if opening.done():
        return await opening
    opening.cancel()
    await asyncio.wait({opening})
    return None


async def _claim_and_open(config: Config, held: contextlib.AsyncExitStack, *, takes_over: bool) -> Store:
    is_shared = config.shards is not None and not config.shards.is_whole
    # A backplane tells viewers' processes what is shown, but no bot what another one decides.
    await _claim(config.database_url, held, alone=not is_shared, later=takes_over)
    opening = partial(Store.open, config.database_url, shared=is_shared, first_shown=config.first_shown)
    store = await _when_there(config.database_url, opening)
    held.push_async_callback(store.close)
    return store


async def _claim(database_url: str, held: contextlib.AsyncExitStack, *, alone: bool, later: bool) -> None:
    """Claim what is stored, or do so `later`: when the process that this one takes over from has ended."""

    async def take(patience: float | None = None) -> None:
        claiming = partial(claim.take, address.parse(database_url), alone=alone, patience=patience)
        claimed = await _when_there(database_url, claiming)
        held.push_async_callback(claimed.release)

    if not later:
        return await take()
    tasks = Tasks(log, "the settings")
    held.push_async_callback(tasks.stop)
    tasks.start(take(math.inf), "claiming them")
    return None


async def _when_there(database_url: str, use: Callable[[], Awaitable[T]]) -> T:
    """Use the database; wait for its server while that isn't there yet.

    Raises:
        CannotOpen: if it can't be used.
    """
    where = address.parse(database_url)
    name = f"the database at {where.host}" if isinstance(where, address.PostgresAddress) else "the database"

    def missing(error: BaseException) -> str:
        return reason(error.__cause__ or error) if isinstance(error, CannotOpen) and error.passes else ""

    return await until_there(name, use, missing)


async def _run_bot(bot: DZoneBot, stopped: asyncio.Event) -> Ending | None:
    config = bot.config
    running = asyncio.create_task(bot.start(config.token))
    running.add_done_callback(_note_end)
    try:
        await _until_either(running, stopped)
        if running.done():
            await running
    except Exception as error:
        ending = explain(error, bot)
        if ending is None:
            raise
        return ending
    finally:
        await _close(bot)
        running.cancel()
    return _cannot_listen(config, bot.failure) if bot.failure else None


def _cannot_listen(config: Config, error: OSError) -> Ending:
    """Say why; whoever has the port may give it up."""
    return Ending(cannot_listen(config.host, config.port, error, "HOST", "PORT"), AGAIN)


def _note_end(running: asyncio.Task[None]) -> None:
    """Look at how it ended: while the bot stops, nobody else does."""
    error = None if running.cancelled() else running.exception()
    if error is not None:
        log.debug("the connection to Discord ended: %s", type(error).__name__)


async def _close(bot: DZoneBot) -> None:
    """Close the bot, before its task is cancelled: discord.py swallows a cancellation while it reconnects."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await bot.close()


async def _until_either(running: asyncio.Task[Any], stopped: asyncio.Event) -> None:
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _parser() -> argparse.ArgumentParser:
    prog = command("bot")
    parser = argparse.ArgumentParser(
        prog=prog,
        usage="%(prog)s [-h] [--demo] [--share] [--sync] [--version]"
        "\n       %(prog)s settings {export,import} ...",
        description="Shows Discord servers as living worlds. Settings come from the file .env in the folder"
        " where it is started: it needs DISCORD_TOKEN=your-token, and nothing else.",
    )
    parser.add_argument("--demo", action="store_true", help="show made-up servers; no token needed")
    parser.add_argument(
        "--share", action="store_true", help="have a public address meanwhile, through cloudflared or ngrok"
    )
    parser.add_argument("--sync", action="store_true", help="tell Discord of the slash commands once more")
    # What a running bot starts its successor with; see `bot.running.handover`.
    parser.add_argument(handover.OPTION, nargs="?", const="", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"d-zone bot {__version__}")
    _add_settings(parser.add_subparsers(dest="command", prog=prog, title="commands"))
    return parser


def _add_settings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    settings = commands.add_parser(
        "settings",
        help="export or import what is stored; no token needed",
        description="Moves what is stored in the database that DATABASE_URL names.",
    )
    actions = settings.add_subparsers(dest="action", required=True)
    export = actions.add_parser("export", help="write everything into a file; the bot may run")
    export.add_argument("file", help="a new file, readable by you alone; - for stdout")
    load = actions.add_parser(
        "import", help="replace everything by what a file holds; not while the bot runs"
    )
    load.add_argument("file", help="what export wrote; - for stdin, with --yes")
    load.add_argument("--yes", action="store_true", help="don't ask before replacing what is stored")


def start() -> None:
    """Run the command of this process, and end with its code."""
    leave(main())


if __name__ == "__main__":
    start()
