"""How each kind of setting is read: a text becomes a value, or a sentence that says what is wrong with it."""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from bridge.network.tls import Certificate

PORTAL: Final = "https://discord.com/developers/applications"
DISCORD_API: Final = "https://discord.com/api/v10"
DISCORD_CDN: Final = "https://cdn.discordapp.com"  # where pictures are
EXAMPLE: Final = "https://zone.example.org"
EXAMPLES: Final = {"PUBLIC_URL": EXAMPLE, "DISCORD_API_URL": DISCORD_API}
MAX_SHOWN: Final = 40  # characters; a token is longer, and its first half is no secret
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_PLAIN_URL: Final = re.compile(r"[!\"$->@-~]+")  # printable ASCII without query and fragment
_SECRET: Final = re.compile(r"[!#-&(-~]+")  # printable ASCII without quotes and spaces
_SNOWFLAKE: Final = re.compile(r"\d{15,20}", re.ASCII)

T = TypeVar("T")


class ConfigError(Exception):
    """A setting that is missing, malformed or unknown. The message says what to do."""


def _where_to_write() -> str:
    """Say into which file settings belong; whoever has one may have started the bot in another folder."""
    if os.environ.get("DISCORD_TOKEN") == "":  # as Docker gives it
        return (
            "it is empty in the environment. Write DISCORD_TOKEN=your-token there;"
            " with Docker, into the .env beside compose.yaml."
        )
    file = Path.cwd() / ".env"
    if file.exists():
        return f"write DISCORD_TOKEN=your-token into the file {file}"
    return (
        f"there is no file {file}. Write DISCORD_TOKEN=your-token into it,"
        " or start the bot in the folder where yours is."
    )


def read_token(text: str) -> str:
    """Read the bot's token."""
    if not text:
        raise ConfigError(
            f"DISCORD_TOKEN is missing: {_where_to_write()}\n"
            f"You get one at {PORTAL}; or try the bot without one, with --demo."
        )
    token = text.removeprefix("Bot ").strip()
    if not _SECRET.fullmatch(token):
        raise ConfigError(
            "DISCORD_TOKEN isn't a valid token: copy it again, without spaces or quotes around it."
        )
    return token


def read_client_secret(text: str) -> str | None:
    """Read the application's secret, if there is one."""
    if text and not _SECRET.fullmatch(text):
        raise ConfigError(
            "DISCORD_CLIENT_SECRET isn't a valid secret: copy it again, without spaces or quotes around it."
        )
    return text or None


def read_client_id(text: str) -> str | None:
    """Read the id of another application than the bot's own."""
    if text and not _SNOWFLAKE.fullmatch(text):
        raise ConfigError(
            f"DISCORD_CLIENT_ID is {shown(text)}; it must be the application's id, a number of 17 digits or "
            "more. Without it, the bot's own application counts."
        )
    return text or None


def read_host(text: str) -> str:
    """Read the address to listen on."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text):
            raise ConfigError(
                f"HOST is {shown(text)}; it must be a name or an address, such as 0.0.0.0."
            ) from None
    return text


def read_number(name: str, text: str, default: int, least: int, most: int) -> int:
    """Read a whole number."""
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise ConfigError(
        f"{name} is {shown(text)}; it must be a number from {least} to {most}, such as {default}."
    )


def read_switch(name: str, text: str) -> bool:
    """Read whether something is switched on; where nothing is said, it isn't."""
    if text.lower() not in ("on", "off", ""):
        raise ConfigError(f"{name} is {shown(text)}; it must be on or off.")
    return text.lower() == "on"


def read_level(text: str) -> str:
    """Read how much is logged."""
    if text.upper() not in _LEVELS:
        raise ConfigError(f"LOG_LEVEL is {shown(text)}; it must be one of {', '.join(_LEVELS)}.")
    return text.upper()


def read_format(text: str) -> str:
    """Read what a line of the log looks like."""
    if text.lower() not in ("text", "json"):
        raise ConfigError(f"LOG_FORMAT is {shown(text)}; it must be text or json.")
    return text.lower()


def read_url(name: str, text: str) -> str:
    """Read the address of a page, or of an API."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
        valid = bool(parts.scheme in ("http", "https") and parts.hostname and _PLAIN_URL.fullmatch(text))
    except ValueError:  # a port that is no number, an unclosed bracket
        valid = False
    if not valid:
        raise ConfigError(f"{name} is {shown(text)}; it must be an address such as {EXAMPLES[name]}.")
    return text.rstrip("/")


def read_list(name: str, text: str, parse: Callable[[str], T], example: str) -> T:
    """Read several values, as `parse` does, which raises ValueError for what it doesn't know."""
    try:
        return parse(text)
    except ValueError:
        raise ConfigError(f"{name} is {shown(text)}; write it as in: {example}") from None


def read_certificate(chain: str, key: str) -> Certificate | None:
    """Read the files for TLS, if they are named."""
    if not chain and not key:
        return None
    if not chain or not key:
        raise ConfigError("TLS_CERT and TLS_KEY belong together: name both files, or none.")
    try:
        return Certificate(Path(chain), Path(key))
    except ssl.SSLError as error:
        raise ConfigError(
            f"TLS_CERT and TLS_KEY are no certificate and its key ({error.reason or 'unreadable'}). "
            "Both are PEM files; TLS_CERT holds the whole chain."
        ) from None
    except OSError as error:
        raise ConfigError(f"TLS_CERT or TLS_KEY can't be read: {error}.") from None


def local_url(host: str, port: int, scheme: str) -> str:
    """Guess how a browser on this machine reaches the bridge."""
    name = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def shown(text: str) -> str:
    """Quote a value in a complaint; of a long one, which may be a token gone astray, only the beginning."""
    return repr(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN // 2] + "…")
