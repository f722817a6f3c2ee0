"""`python -m bridge`: the bridge alone with made-up guilds, for client developers."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge import __version__
from bridge.errors import cannot_listen
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.process import run
from bridge.server import WebSocketServer

MAX_PORT: Final = 65535
MAX_DIGITS: Final = 7


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    limits = Limits(viewers=options.max_viewers)
    server = WebSocketServer(port=options.port, host=options.host, limits=limits)
    if options.static_dir is not None:
        server.static_dir = options.static_dir
    try:
        run(server.run_forever(), viewers=options.max_viewers)
    except OSError as error:
        print(cannot_listen(server.host, server.port, error, "--host", "--port"), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bridge",
        description="The d-zone bridge with four made-up guilds, for trying out and for developing clients.",
    )
    parser.add_argument(
        "--host",
        default="localhost",
        help="address to listen on; 0.0.0.0 for every one (default: %(default)s)",
    )
    parser.add_argument("--port", type=_port, default=3000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--max-viewers",
        type=_count,
        default=DEFAULT_LIMITS.viewers,
        help="how many may watch at once (default: %(default)s)",
    )
    parser.add_argument(
        "--static-dir", type=_folder, help="folder with another page to serve at / (default: its own)"
    )
    parser.add_argument("--version", action="version", version=f"d-zone bridge {__version__}")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_PORT)) or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text[:20]} is no port (0 to {MAX_PORT})")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > MAX_DIGITS or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text[:20]} is no number of viewers")
    return int(text)


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return Path(text)


if __name__ == "__main__":
    sys.exit(main())
