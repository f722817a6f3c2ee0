"""`python -m bot`: the bot; `python -m bot --demo`: made-up guilds, without Discord."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot import logs
from bot.client import DZoneBot
from bot.config import Config, ConfigError, read_env
from bot.errors import explain
from bridge import __version__
from bridge.errors import cannot_listen
from bridge.process import run
from bridge.server import WebSocketServer
from bridge.signals import stop_signal

CLOSE_TIMEOUT: Final = 4.0  # seconds; hosting platforms kill what takes longer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 after a clean stop, 1 for a trouble somebody can mend."""
    options = _parser().parse_args(arguments)
    try:
        env = read_env(Path.cwd(), os.environ)
        config = Config.read(env | {"DISCORD_TOKEN": "demo"} if options.demo else env)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    logs.configure(config.log_level)
    trouble = run(_demo(config) if options.demo else _live(config), viewers=config.limits.viewers)
    if trouble is not None:
        print(trouble, file=sys.stderr)
        return 1
    return 0


async def _demo(config: Config) -> str | None:
    """Serve made-up guilds until stopped; return what is wrong, if anything is."""
    server = WebSocketServer(config.port, config.host, limits=config.limits)
    try:
        with stop_signal() as stopped:
            await server.start()
            print(f"Four made-up servers: watch them at {config.public_url} (Ctrl-C stops)", flush=True)
            await stopped.wait()
            await server.stop()
    except OSError as error:
        return cannot_listen(config.host, config.port, error, "HOST", "PORT")
    return None


async def _live(config: Config) -> str | None:
    """Run the bot until it is stopped; return what is wrong, if anything is."""
    with stop_signal() as stopped:
        async with DZoneBot(config) as bot:
            running = asyncio.create_task(bot.start(config.token))
            try:
                await _until_either(running, stopped)
                if running.done():
                    await running
            except Exception as error:
                sentence = explain(error, bot)
                if sentence is None:
                    raise
                return sentence
            finally:
                await _close(bot)
                running.cancel()
    return cannot_listen(config.host, config.port, bot.failure, "HOST", "PORT") if bot.failure else None


async def _close(bot: DZoneBot) -> None:
    """Close the bot, before its task is cancelled: discord.py swallows a cancellation while it reconnects."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await bot.close()


async def _until_either(running: asyncio.Task[None], stopped: asyncio.Event) -> None:
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Shows Discord servers as living worlds. Settings come from .env; see .env.example.",
    )
    parser.add_argument("--demo", action="store_true", help="show four made-up servers; no token needed")
    parser.add_argument("--version", action="version", version=f"d-zone bot {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
