"""`python -m bridge`: the bridge alone, with made-up guilds or those in a database."""

from bridge.running import footing  # noqa: F401 - it looks whether the others can be imported

# isort: split

from bridge.running import loading

# isort: split

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge import __version__
from bridge.backplane import address as backplane
from bridge.errors import cannot_listen
from bridge.exposure import Exposure, parse_csp, parse_origins
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.peers import Network, parse_networks
from bridge.providers import Unavailable
from bridge.running.calm import Calm
from bridge.running.interpreter import command
from bridge.running.lines import Lines
from bridge.running.process import leave, run
from bridge.server import WebSocketServer
from bridge.site import metrics
from bridge.storage import address
from bridge.workers import crew

if TYPE_CHECKING:
    from bridge.providers.sql import SqlProvider

loading.done()

log = logging.getLogger(__name__)

MAX_PORT: Final = 65535
MAX_DIGITS: Final = 7
MAX_WORKERS: Final = 256


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.init and options.database is None:
        parser.error("--init needs --database")
    if options.backplane is True:
        try:
            options.backplane = backplane.parse(os.environ.get("BACKPLANE_URL", ""))
        except ValueError as error:  # which has nothing of a password
            parser.error(f"argument --backplane: BACKPLANE_URL {error}")
    if options.backplane is not None and options.database is not None:
        parser.error("servers come either from --backplane or from --database")
    lines = Lines(sys.stderr)
    lines.addFilter(Calm())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[lines])
    provider = None if options.database is None else _sql_provider(options.database)
    try:
        if provider is not None and options.init:
            asyncio.run(_make_tables(provider))
            print("The tables are there. Without --init they are served.")
        else:
            _serve(options, provider)
    except _Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


class _Trouble(Exception):
    """Something that keeps us from serving. The message says what, and what to do."""


def _sql_provider(url: str) -> "SqlProvider":
    from bridge.providers.sql import SqlProvider  # noqa: PLC0415 - who has no database needs no SQLAlchemy

    return SqlProvider(url)


async def _make_tables(provider: "SqlProvider") -> None:
    try:
        await provider.create_tables()
    except Unavailable as error:
        raise _Trouble(f"The tables can't be made: {error}. Check --database.") from error
    finally:
        await provider.close()


def _serve(options: argparse.Namespace, provider: "SqlProvider | None") -> None:
    missing = None if options.metrics is None else metrics.missing()
    if options.backplane is not None and not missing:
        missing = backplane.missing()
    if options.workers and not missing:
        missing = crew.trouble(options.backplane)
    if missing:
        raise _Trouble(missing)
    server = WebSocketServer(
        port=options.port,
        host=options.host,
        provider=provider,
        limits=Limits(viewers=options.max_viewers, viewers_per_guild=options.max_viewers_per_guild),
        exposure=Exposure(
            trusted_proxies=options.trusted_proxies, allowed_origins=options.allowed_origins, csp=options.csp
        ),
        health=options.health,
        follow=options.backplane,
        workers=options.workers,
        metrics=options.metrics,
    )
    if options.static_dir is not None:
        server.static_dir = options.static_dir

    async def serve() -> None:
        if provider is not None:
            await _check(provider)
        if options.backplane is not None:
            await _check_backplane(options.backplane)
        await server.run_forever()

    try:
        run(serve(), viewers=options.max_viewers)
    except OSError as error:
        raise _Trouble(cannot_listen(server.host, server.port, error, "--host", "--port")) from error


async def _check(provider: "SqlProvider") -> None:
    """Look once before somebody asks: who starts the bridge is still there to read what is wrong."""
    from bridge.providers.sql import NoTables  # noqa: PLC0415 - as above

    try:
        await provider.servers()
    except NoTables as error:
        await provider.close()
        raise _Trouble(f"Can't serve the database: {error}.") from error
    except Unavailable as error:
        log.warning("the database can't be read yet: %s; trying again when somebody joins", error)


async def _check_backplane(url: str) -> None:
    """The same for a backplane. One that only can't be reached yet is no reason to stop."""
    from bridge.backplane.lines import Lines  # noqa: PLC0415 - who has no backplane needs no redis
    from bridge.backplane.trouble import Trouble  # noqa: PLC0415

    lines = Lines(url)
    try:
        await lines.check(writes=False)
    except Trouble as trouble:
        if not trouble.passes:
            raise _Trouble(f"{trouble} See --backplane.") from trouble
    finally:
        await lines.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=command("bridge"),
        description="The d-zone bridge with four made-up guilds, for trying out and for developing clients;"
        " or with those in a database.",
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
        "--max-viewers-per-guild",
        type=_count,
        default=DEFAULT_LIMITS.viewers_per_guild,
        help="how many may watch one server at once, here and elsewhere (default: any number)",
    )
    parser.add_argument(
        "--allowed-origins",
        type=_origins,
        metavar="ORIGINS",
        help="which web pages may connect, such as https://client.example, with commas between"
        " (default: any; on localhost those that were opened on this machine)",
    )
    parser.add_argument(
        "--trusted-proxies",
        type=_networks,
        default=(),
        metavar="ADDRESSES",
        help="your own proxies, such as 127.0.0.1,10.0.0.0/8: what they say of a viewer's address is believed"
        " (default: nobody's)",
    )
    parser.add_argument(
        "--database",
        type=_database,
        metavar="URL",
        help="database with the tables servers and users: sqlite:///file or postgresql://user@host/database;"
        " its password may also stand in PGPASSWORD",
    )
    parser.add_argument(
        "--backplane",
        type=_backplane,
        nargs="?",
        const=True,
        metavar="URL",
        help="Redis or Valkey to which a bot writes its servers: redis://host:6379/0, rediss:// with TLS, or"
        " unix:///path; without one, what BACKPLANE_URL in the environment says, which nobody sees",
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=0,
        metavar="COUNT",
        help="how many processes serve viewers, on the same port (default: this one alone)",
    )
    parser.add_argument(
        "--init", action="store_true", help="make tables and triggers in the database where they are missing"
    )
    parser.add_argument(
        "--health", action="store_true", help="answer /healthz and /readyz, for load balancers"
    )
    parser.add_argument(
        "--metrics",
        type=_place,
        metavar="ADDRESS:PORT",
        help="answer /metrics for Prometheus there, such as 127.0.0.1:9464; whoever gets there may read it",
    )
    parser.add_argument(
        "--static-dir", type=_folder, help="folder with another page to serve at / (default: its own)"
    )
    parser.add_argument(
        "--csp",
        type=_csp,
        metavar="POLICY",
        help="Content-Security-Policy of the page in --static-dir (default: without limits, but in no"
        " other site's frame)",
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


def _workers(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_WORKERS)) or int(text) > MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"{text[:20]} is no number of processes (0 to {MAX_WORKERS})")
    return int(text)


def _origins(text: str) -> frozenset[str] | None:
    try:
        return parse_origins(text) or None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return parse_networks(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _csp(text: str) -> str:
    try:
        return parse_csp(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _database(text: str) -> str:
    try:
        address.parse(text)
    except ValueError as error:  # which has nothing of a password
        raise argparse.ArgumentTypeError(f"it {error}") from None
    return text


def _backplane(text: str) -> str:
    try:
        return backplane.parse(text)
    except ValueError as error:  # as above
        raise argparse.ArgumentTypeError(f"it {error}") from None


def _place(text: str) -> tuple[str, int]:
    try:
        return metrics.parse_place(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:40]}: {error}") from None


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return Path(text)


def start() -> None:
    """Run the command of this process, and end with its code."""
    leave(main())


if __name__ == "__main__":
    start()
