"""Settings, read once from `.env` and the environment into a frozen value."""

import difflib
import io
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from dotenv.parser import Binding, parse_stream

from bridge import address
from bridge.limits import DEFAULT_LIMITS, Limits

PORTAL: Final = "https://discord.com/developers/applications"
DISCORD_API: Final = "https://discord.com/api/v10"
DATABASE: Final = "sqlite:///dzone.sqlite3"
SETTINGS: Final = (
    "DISCORD_TOKEN",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "LOG_LEVEL",
    "MAX_VIEWERS",
    "HISTORY_EVENTS",
    "HISTORY_SECONDS",
    "DATABASE_URL",
    "DISCORD_API_URL",
)
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOW_TO_WRITE: Final = "Write NAME=value, such as DISCORD_TOKEN=your-token, and close every quote."
_PLAIN_URL: Final = re.compile(r"[!\"$->@-~]+")  # printable ASCII without query and fragment
EXAMPLES: Final = {"PUBLIC_URL": "https://zone.example.org", "DISCORD_API_URL": DISCORD_API}
MAX_SHOWN: Final = 40  # characters; a token is longer, and its first half is no secret
_MAX_PORT: Final = 65535
_MAX_VIEWERS: Final = 1_000_000
_MAX_EVENTS: Final = 100_000  # of each guild, about 1 KB each
_MAX_SECONDS: Final = 86_400


class ConfigError(Exception):
    """A setting that is missing, malformed or unknown. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """How this bot runs.

    `host` and `port` are where the bridge listens, `public_url` is how people reach it, `limits` how much
    it takes on, `database_url` is where settings are stored, `api_url` the base of Discord's REST API.
    """

    token: str = field(repr=False)
    host: str = "localhost"
    port: int = 3000
    public_url: str = "http://localhost:3000"
    log_level: str = "INFO"
    limits: Limits = DEFAULT_LIMITS
    database_url: str = field(default=DATABASE, repr=False)  # it may hold a password
    api_url: str = DISCORD_API

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Read the settings from a mapping; what is empty counts as missing.

        Raises:
            ConfigError: for the first setting that is missing or malformed.
        """
        values = {name: env.get(name, "").strip() for name in SETTINGS}
        host = _host(values["HOST"] or "localhost")
        port = _number("PORT", values["PORT"], 3000, 0, _MAX_PORT)
        return cls(
            token=_token(values["DISCORD_TOKEN"]),
            host=host,
            port=port,
            public_url=_url("PUBLIC_URL", values["PUBLIC_URL"] or _local_url(host, port)),
            log_level=_level(values["LOG_LEVEL"] or "INFO"),
            limits=_limits(values),
            database_url=read_database_url(values),
            api_url=_url("DISCORD_API_URL", values["DISCORD_API_URL"] or DISCORD_API),
        )


def read_database_url(env: Mapping[str, str]) -> str:
    """Read where settings are stored, which is all that moving them needs to know.

    Raises:
        ConfigError: if it is no address of a database. The address itself is not shown.
    """
    url = env.get("DATABASE_URL", "").strip() or DATABASE
    try:
        address.parse(url)
    except ValueError as error:
        raise ConfigError(f"DATABASE_URL {error}.") from None
    return url


def read_env(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Read `.env` in `folder`, if there is one; the real environment wins.

    Raises:
        ConfigError: if the file can't be read, or holds a line that is no setting.
    """
    file = folder / ".env"
    written: dict[str, str] = {}
    try:
        # utf-8-sig: Windows editors put a mark at the beginning.
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} can't be read: {error}. Save it as UTF-8 text.") from error
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise ConfigError(f"{file}, line {_line(binding)}: that is no setting. {HOW_TO_WRITE}")
        if binding.key is not None and binding.key not in SETTINGS:
            raise ConfigError(f"{file}, line {_line(binding)}: {_unknown(binding.key)}")
        if binding.key is not None and binding.value is not None:
            written[binding.key] = binding.value
    return written | dict(environment)


def _line(binding: Binding) -> int:
    """Tell where a setting stands: the parser counts from the empty lines before it."""
    text = binding.original.string
    return binding.original.line + len(text[: len(text) - len(text.lstrip())].splitlines())


def _unknown(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]{1,40}", name):
        return f"that is no setting. {HOW_TO_WRITE}"  # it may be a token: not shown
    return f"unknown setting {name}.{_suggestion(name)}"


def _shown(text: str) -> str:
    """Quote a value in a complaint; of a long one, which may be a token gone astray, only the beginning."""
    return repr(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN // 2] + "…")


def _suggestion(name: str) -> str:
    similar = difflib.get_close_matches(name.upper(), SETTINGS, n=1)
    return f" Did you mean {similar[0]}?" if similar else f" The settings are {', '.join(SETTINGS)}."


def _token(text: str) -> str:
    if not text:
        raise ConfigError(
            "DISCORD_TOKEN is missing: put your bot's token into .env in this folder (see .env.example).\n"
            f"You get one at {PORTAL}; or try the bot without one, with --demo."
        )
    token = text.removeprefix("Bot ").strip()
    if not re.fullmatch(r"[!#-&(-~]+", token):  # printable ASCII without quotes and spaces
        raise ConfigError("DISCORD_TOKEN is no token: copy it again, without spaces or quotes around it.")
    return token


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text):
            raise ConfigError(
                f"HOST is {_shown(text)}; it must be a name or an address, such as 0.0.0.0."
            ) from None
    return text


def _limits(values: Mapping[str, str]) -> Limits:
    default = DEFAULT_LIMITS
    events, seconds = values["HISTORY_EVENTS"], values["HISTORY_SECONDS"]
    return Limits(
        viewers=_number("MAX_VIEWERS", values["MAX_VIEWERS"], default.viewers, 1, _MAX_VIEWERS),
        history_events=_number("HISTORY_EVENTS", events, default.history_events, 0, _MAX_EVENTS),
        history_age=_number("HISTORY_SECONDS", seconds, int(default.history_age), 0, _MAX_SECONDS),
    )


def _number(name: str, text: str, default: int, least: int, most: int) -> int:
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise ConfigError(
        f"{name} is {_shown(text)}; it must be a number from {least} to {most}, such as {default}."
    )


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ConfigError(f"LOG_LEVEL is {_shown(text)}; it must be one of {', '.join(_LEVELS)}.")
    return text.upper()


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
        valid = bool(parts.scheme in ("http", "https") and parts.hostname and _PLAIN_URL.fullmatch(text))
    except ValueError:  # a port that is no number, an unclosed bracket
        valid = False
    if not valid:
        raise ConfigError(f"{name} is {_shown(text)}; it must be an address such as {EXAMPLES[name]}.")
    return text.rstrip("/")


def _local_url(host: str, port: int) -> str:
    """Guess how a browser on this machine reaches the bridge."""
    name = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
