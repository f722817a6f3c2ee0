"""Settings, read once from `.env` and the environment into a frozen value."""

import difflib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from dotenv.parser import Binding, parse_stream

from bot.running.values import (
    DISCORD_API,
    DISCORD_CDN,
    EXAMPLE,
    ConfigError,
    local_url,
    read_certificate,
    read_client_id,
    read_client_secret,
    read_format,
    read_host,
    read_level,
    read_list,
    read_number,
    read_switch,
    read_token,
    read_url,
    shown,
)
from bridge.backplane import address as backplane
from bridge.backplane.parts import Part
from bridge.exposure import Exposure, parse_ancestors, parse_origins
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.peers import parse_networks
from bridge.site import documents, metrics
from bridge.site.documents import Document
from bridge.storage import address
from bridge.workers import crew

LOCAL: Final = "http://localhost:3000"
LOCAL_EXPOSURE: Final = Exposure(public_url=LOCAL)
DATABASE: Final = "sqlite:///dzone.sqlite3"
HOW_TO_WRITE: Final = "Write NAME=value, such as DISCORD_TOKEN=your-token, and close every quote."
_MAX_PORT: Final = 65535
_MAX_HOLD: Final = 60_000  # milliseconds
_MAX_WORKERS: Final = 256

# Which bound each setting is, and what it may be.
LIMITS: Final = {
    "MAX_VIEWERS": ("viewers", 1, 1_000_000),
    "MAX_VIEWERS_PER_ADDRESS": ("viewers_per_address", 1, 1_000_000),
    "MAX_VIEWERS_PER_GUILD": ("viewers_per_guild", 0, 1_000_000),
    "MAX_HANDSHAKES_PER_MINUTE": ("handshakes_per_minute", 1, 1_000_000),
    "MAX_REQUESTS_PER_MINUTE": ("requests_per_minute", 1, 1_000_000),
    "MAX_WRONG_TRIES": ("wrong_tries", 0, 1_000),
    "MAX_FRAMES_PER_SECOND": ("frames_per_second", 1, 10_000),
    "MAX_BYTES_PER_SECOND": ("bytes_per_second", 16 * 1024, 100_000_000),
    "MAX_FRAME_BYTES": ("frame_bytes", 4 * 1024, 1024 * 1024),  # a request with a token takes about 2 KB
    "HANDSHAKE_SECONDS": ("handshake_seconds", 1, 600),
    "CONNECT_SECONDS": ("connect_seconds", 1, 86_400),
    "HISTORY_EVENTS": ("history_events", 0, 100_000),  # of each guild, about 1 KB each
    "HISTORY_SECONDS": ("history_age", 0, 86_400),
}
SETTINGS: Final = (
    "DISCORD_TOKEN",
    "DISCORD_CLIENT_SECRET",
    "DISCORD_CLIENT_ID",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "TLS_CERT",
    "TLS_KEY",
    "TRUSTED_PROXIES",
    "ALLOWED_ORIGINS",
    "FRAME_ANCESTORS",
    "PRIVACY_FILE",
    "TERMS_FILE",
    "EMOJI_IMAGES",
    "FIRST_SHOWN",
    "OWNER_GUILD",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "HEALTH",
    "METRICS",
    "DEBUG_LOOP",
    "DATABASE_URL",
    "BACKPLANE_URL",
    "WORKERS",
    "SHARDS",
    "DISCORD_API_URL",
    *LIMITS,
)


@dataclass(frozen=True, slots=True)
class Config:
    """How this bot runs.

    `host` and `port` are where the bridge listens, `public_url` is how people reach it, `exposure` how it
    faces the network, `limits` how much it takes on, `database_url` is where settings are stored,
    `backplane_url` where rooms are written to for other processes, `workers` how many of those there are that
    serve viewers in its place, `shards` which part of the gateway is this process's, `api_url` the base of
    Discord's REST API.
    With the `client_secret` of the application people can log in on our own page; `client_id` names another
    application for logins than the bot's own. With `emoji_images` viewers see custom emoji as pictures, which
    their browsers load from Discord. With `first_shown` a new guild is shown until its managers decide
    otherwise, else it isn't until they do. `documents` are the operator's own privacy policy and terms.
    `log_format` is `text` or `json`; with `health` the bridge answers `/healthz` and `/readyz`. `metrics` is
    where `/metrics` is answered, if anywhere. `debug_loop` is from how many milliseconds on it is logged that
    something held everybody up, 0 for never. `owner_guild` is the only guild in which who runs the bot uses
    their own commands, in place of a direct message.
    """

    token: str = field(repr=False)
    host: str = "localhost"
    port: int = 3000
    public_url: str = LOCAL
    log_level: str = "INFO"
    log_format: str = "text"
    health: bool = False
    metrics: tuple[str, int] | None = None
    limits: Limits = DEFAULT_LIMITS
    exposure: Exposure = LOCAL_EXPOSURE
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    database_url: str = field(default=DATABASE, repr=False)  # it may hold a password
    backplane_url: str | None = field(default=None, repr=False)  # so may this
    workers: int = 0
    shards: Part | None = None
    api_url: str = DISCORD_API
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False, hash=False)
    emoji_images: bool = False
    first_shown: bool = True
    debug_loop: int = 0
    owner_guild: int | None = None

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Read the settings from a mapping; what is empty counts as missing.

        Raises:
            ConfigError: for the first setting that is missing or malformed.
        """
        values = {name: env.get(name, "").strip() for name in SETTINGS}
        token = read_token(values["DISCORD_TOKEN"])
        host = read_host(values["HOST"] or "localhost")
        port = read_number("PORT", values["PORT"], 3000, 0, _MAX_PORT)
        scheme = "https" if values["TLS_CERT"] else "http"
        public_url = read_url("PUBLIC_URL", values["PUBLIC_URL"] or local_url(host, port, scheme))
        emoji_images = read_switch("EMOJI_IMAGES", values["EMOJI_IMAGES"])
        backplane_url = read_backplane_url(values["BACKPLANE_URL"])
        return cls(
            token=token,
            host=host,
            port=port,
            public_url=public_url,
            log_level=read_level(values["LOG_LEVEL"] or "INFO"),
            log_format=read_format(values["LOG_FORMAT"] or "text"),
            health=read_switch("HEALTH", values["HEALTH"]),
            metrics=read_metrics(values["METRICS"]),
            limits=_limits(values),
            exposure=_exposure(values, public_url, image_sources=(DISCORD_CDN,) if emoji_images else ()),
            client_id=read_client_id(values["DISCORD_CLIENT_ID"]),
            client_secret=read_client_secret(values["DISCORD_CLIENT_SECRET"]),
            database_url=read_database_url(values),
            backplane_url=backplane_url,
            workers=read_workers(values["WORKERS"], backplane_url),
            shards=read_shards(values["SHARDS"], read_database_url(values)),
            api_url=read_url("DISCORD_API_URL", values["DISCORD_API_URL"] or DISCORD_API),
            documents=read_documents({name: values[name] for name in ("PRIVACY_FILE", "TERMS_FILE")}),
            emoji_images=emoji_images,
            first_shown=read_switch("FIRST_SHOWN", values["FIRST_SHOWN"] or "on"),
            owner_guild=read_owner_guild(values["OWNER_GUILD"]),
            debug_loop=read_number("DEBUG_LOOP", values["DEBUG_LOOP"], 0, 0, _MAX_HOLD),
        )

    @property
    def here(self) -> str:
        """Where a program on this machine reaches the bot."""
        scheme = "http" if self.exposure.certificate is None else "https"
        return local_url(self.host, self.port, scheme)

    def reached_at(self, address: str) -> Self:
        """Return this for a bot that is reached through a tunnel which ends on this machine."""
        proxies = (*self.exposure.trusted_proxies, *parse_networks("127.0.0.1, ::1"))
        exposure = replace(self.exposure, public_url=address, trusted_proxies=proxies)
        return replace(self, public_url=address, exposure=exposure)


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


def read_backplane_url(text: str) -> str | None:
    """Read where rooms are written to for other processes, if anywhere.

    Raises:
        ConfigError: if it is no address of such a server, or what is needed for it isn't installed. The
            address itself is not shown.
    """
    if not text:
        return None
    try:
        backplane.parse(text)
    except ValueError as error:
        raise ConfigError(f"BACKPLANE_URL {error}.") from None
    if said := backplane.missing():
        raise ConfigError(f"BACKPLANE_URL is set. {said}")
    return text


def read_workers(text: str, backplane_url: str | None) -> int:
    """Read how many processes serve viewers; 0 is none but the bot itself.

    Raises:
        ConfigError: if it is no number, or there can be no such processes.
    """
    workers = read_number("WORKERS", text, 0, 0, _MAX_WORKERS)
    if workers and (said := crew.trouble(backplane_url)):
        raise ConfigError(f"WORKERS is set. {said}")
    return workers


def read_metrics(text: str) -> tuple[str, int] | None:
    """Read where metrics are served, if anywhere.

    Raises:
        ConfigError: if it is no address with a port, or what is needed for it isn't installed.
    """
    if not text:
        return None
    try:
        place = metrics.parse_place(text)
    except ValueError as error:
        raise ConfigError(f"METRICS is {shown(text)}; {error}.") from None
    if said := metrics.missing():
        raise ConfigError(f"METRICS is set. {said}")
    return place


def read_owner_guild(text: str) -> int | None:
    """Read in which guild the owner's commands are, if not in direct messages.

    Raises:
        ConfigError: if it is no id of Discord's.
    """
    if not text:
        return None
    if not re.fullmatch(r"[1-9][0-9]{14,18}", text, re.ASCII):
        raise ConfigError(f"OWNER_GUILD is {shown(text)}; it must be a server's id, as Discord copies it.")
    return int(text)


def read_shards(text: str, database_url: str) -> Part | None:
    """Read which shards are this process's, if others have the rest.

    Raises:
        ConfigError: if it is no range of shards, or if the others couldn't share the settings.
    """
    if not text:
        return None
    try:
        part = Part.parse(text)
    except ValueError as error:
        raise ConfigError(f"SHARDS is {shown(text)}; it {error}.") from None
    if not part.is_whole and isinstance(address.parse(database_url), address.SqliteAddress):
        raise ConfigError(
            f"SHARDS={part} leaves shards to other processes, which need the same settings: name a PostgreSQL"
            " database of all of them with DATABASE_URL."
        )
    return part


def read_documents(files: Mapping[str, str]) -> dict[str, Document]:
    """Read the documents that files hold, those that are named.

    Raises:
        ConfigError: if one of them can't be served as it is.
    """
    found: dict[str, Document] = {}
    for setting, path in files.items():
        try:
            if path:
                found[setting.removesuffix("_FILE").lower()] = documents.read(Path(path))
        except documents.Unreadable as error:
            raise ConfigError(f"{setting}: {error}") from error
    return found


def read_env(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Read `.env` in `folder`, if there is one; the real environment wins.

    Raises:
        ConfigError: if the file can't be read or has another name, or holds a line that is no setting.
    """
    file, misnamed = (
        folder / ".env",
        folder / ".env.txt",
    )  # as Windows, which hides the ending, lets it be saved
    written: dict[str, str] = {}
    try:
        # utf-8-sig: Windows editors put a mark at the beginning.
        if not file.is_file() and misnamed.is_file():
            raise ConfigError(f"{misnamed} has to be called .env, without .txt: rename it.")
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} can't be read: {error}. Save it as UTF-8 text.") from error
    except PermissionError as error:
        raise ConfigError(f"{file} belongs to another user. Let the one who runs the bot read it.") from error
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}.") from error
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


def _suggestion(name: str) -> str:
    similar = difflib.get_close_matches(name.upper(), SETTINGS, n=1)
    return f" Did you mean {similar[0]}?" if similar else f" The settings are {', '.join(SETTINGS)}."


def _limits(values: Mapping[str, str]) -> Limits:
    bounds: dict[str, Any] = {}
    for name, (bound, least, most) in LIMITS.items():
        default = int(getattr(DEFAULT_LIMITS, bound))
        bounds[bound] = read_number(name, values[name], default, least, most)
    return Limits(**bounds)


def _exposure(values: Mapping[str, str], public_url: str, image_sources: tuple[str, ...]) -> Exposure:
    proxies, origins = values["TRUSTED_PROXIES"], values["ALLOWED_ORIGINS"]
    ancestors = values["FRAME_ANCESTORS"] or "self"
    return Exposure(
        public_url=public_url,
        trusted_proxies=read_list("TRUSTED_PROXIES", proxies, parse_networks, "127.0.0.1, 10.0.0.0/8"),
        allowed_origins=read_list("ALLOWED_ORIGINS", origins, parse_origins, EXAMPLE) or None,
        frame_ancestors=read_list("FRAME_ANCESTORS", ancestors, parse_ancestors, f"self {EXAMPLE}"),
        certificate=read_certificate(values["TLS_CERT"], values["TLS_KEY"]),
        image_sources=image_sources,
    )
