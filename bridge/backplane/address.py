"""Where the backplane is: its address, such as `BACKPLANE_URL`, checked.

The address may hold a password. It stands in no complaint.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from bridge.running.interpreter import to_install

HOW_TO_WRITE: Final = (
    "write redis://user:password@host:6379/0, rediss:// with TLS, or unix:///run/redis.sock for a socket"
)
_ESCAPE: Final = "Write # / ? @ : and % in a password as %23 %2F %3F %40 %3A %25"
_MAX_DATABASE: Final = 5  # digits
# What may follow a question mark, as redis-py and others write it: whom to trust with TLS, and who we are.
_FILES: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def parse(text: str) -> str:
    """Check an address, and return it.

    Raises:
        ValueError: if it is none that we know. The message says what to write, after "it".
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
    except ValueError:  # its text has pieces of the address
        raise ValueError(f"can't be read. {_ESCAPE}, and {HOW_TO_WRITE}") from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError(f"is no address of Redis or Valkey: {HOW_TO_WRITE}")
    if parts.fragment or not text.isprintable():
        raise ValueError(f"can't be read. {_ESCAPE}, and {HOW_TO_WRITE}")
    _check_options(parts)
    if parts.scheme == "unix":
        if len(parts.path) <= 1:
            raise ValueError(f"names no socket: {HOW_TO_WRITE}")
        return text
    if not parts.hostname:
        raise ValueError(f"names no server. {_ESCAPE}, and {HOW_TO_WRITE}")
    _check_database(parts.path.removeprefix("/"))
    return text


def _check_options(parts: SplitResult) -> None:
    known = {"rediss": _FILES, "unix": ("db",)}.get(parts.scheme, ())
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not options.keys() <= set(known) or (parts.query and not options):
        raise ValueError(f"can't be read. {_ESCAPE}, and {HOW_TO_WRITE}")
    for option in _FILES:
        if option in options and not Path(options[option]).is_file():
            raise ValueError(f"has in {option} no file that is there")
    _check_database(options.get("db", ""))


def _check_database(number: str) -> None:
    if number and not (number.isascii() and number.isdecimal() and len(number) <= _MAX_DATABASE):
        raise ValueError(f"names no number of a database. {_ESCAPE}, and {HOW_TO_WRITE}")


def without_password(url: str) -> str:
    """Name the server that an address means, as far as it may stand in a log."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}"


def missing() -> str:
    """Say what has to be installed for a backplane; nothing if nothing has."""
    if find_spec("redis") is not None and find_spec("cryptography") is not None:
        return ""
    return f"A backplane needs redis and cryptography. {to_install('backplane')}"
