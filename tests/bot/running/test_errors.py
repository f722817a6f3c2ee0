"""What stops the program is told in one or two lines, with what to do."""

import dataclasses
import errno
import ssl
from typing import Any, cast

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.client import DZoneBot
from bot.config import Config
from bot.running.errors import AGAIN, MEND, explain
from tests.bot.memory import MemorySettings

TOKEN = "an.invented.token"


@dataclasses.dataclass
class Answer:
    """As much of an HTTP answer as discord.py's errors look at."""

    status: int
    reason: str


@dataclasses.dataclass
class Closed:
    """As much of a closed gateway connection as discord.py's errors look at."""

    close_code: int | None


@pytest.fixture
def bot() -> DZoneBot:
    """A bot that could not start."""
    bot = DZoneBot(Config(TOKEN), MemorySettings())
    bot._connection.application_flags = discord.ApplicationFlags()  # as known since the login
    return bot


def explained(error: BaseException, bot: DZoneBot, code: int = MEND) -> str:
    """Explain an error that has an explanation, and ends the program with `code`."""
    ending = explain(error, bot)
    assert ending is not None
    sentence = ending.sentence
    assert ending.code == code
    assert TOKEN not in sentence
    assert 1 <= len(sentence.splitlines()) <= 2
    return sentence


def http_error(
    kind: type[discord.HTTPException], status: int, reason: str, message: str
) -> discord.HTTPException:
    """Make the error that discord.py makes of an HTTP answer."""
    return kind(cast("Any", Answer(status, reason)), message)


def connection_closed(code: int | None) -> discord.ConnectionClosed:
    """Make the error that discord.py makes of a close frame."""
    return discord.ConnectionClosed(Closed(code), shard_id=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [discord.LoginFailure("Improper token"), connection_closed(4004)], ids=["http", "gateway"]
)
def test_a_rejected_token(bot: DZoneBot, error: Exception) -> None:
    """A wrong token: which setting, and where to get a right one."""
    said = explained(error, bot)
    assert "DISCORD_TOKEN" in said
    assert "https://discord.com/developers/applications" in said
    assert ".env" in said


@pytest.mark.parametrize(
    ("on", "missing"),
    [
        ({}, ["Presence Intent", "Server Members Intent", "Message Content Intent"]),
        ({"gateway_presence": True}, ["Server Members Intent", "Message Content Intent"]),
        ({"gateway_presence_limited": True, "gateway_guild_members": True}, ["Message Content Intent"]),
        (
            {"gateway_message_content_limited": True, "gateway_guild_members_limited": True},
            ["Presence Intent"],
        ),
    ],
    ids=["none", "one", "two", "limited"],
)
def test_missing_intents(bot: DZoneBot, on: dict[str, bool], missing: list[str]) -> None:
    """Intents that are switched off are named as the portal calls them; those that are on aren't."""
    bot._connection.application_flags = discord.ApplicationFlags(**on)
    said = explained(discord.PrivilegedIntentsRequired(0), bot)
    assert ", ".join(missing) in said
    assert said.count("Intent") == len(missing) + 1  # and the heading of the portal's page


def test_intents_refused_although_all_seem_on(bot: DZoneBot) -> None:
    """Where Discord contradicts itself, all three are named."""
    bot._connection.application_flags = discord.ApplicationFlags(
        gateway_presence=True, gateway_guild_members=True, gateway_message_content=True
    )
    said = explained(discord.PrivilegedIntentsRequired(0), bot)
    assert "Presence Intent, Server Members Intent, Message Content Intent" in said


def test_where_to_switch_intents_on(bot: DZoneBot) -> None:
    """The link leads to the page of this very application."""
    bot._connection.application_id = 4711
    said = explained(discord.PrivilegedIntentsRequired(0), bot)
    assert "https://discord.com/developers/applications/4711/bot" in said


@pytest.mark.parametrize(
    "error",
    [
        http_error(discord.DiscordServerError, 503, "Service Unavailable", "upstream connect error"),
        http_error(discord.HTTPException, 429, "Too Many Requests", "You are being rate limited."),
        discord.GatewayNotFound(),  # type: ignore[no-untyped-call]
    ],
    ids=["down", "rate limit", "no gateway"],
)
def test_discord_in_trouble(bot: DZoneBot, error: Exception) -> None:
    """What goes wrong at Discord's end is told, with the advice to wait."""
    said = explained(error, bot, AGAIN)
    assert said.startswith("Discord can't log the bot in right now")
    assert "Try again in a few minutes" in said


def test_a_whole_page_as_an_answer(bot: DZoneBot) -> None:
    """A proxy that answers with a page of its own doesn't fill the screen."""
    page = "<!doctype html>\n" + "<p>Error 1015: you are being rate limited</p>\n" * 500
    said = explained(http_error(discord.HTTPException, 429, "Too Many Requests", page), bot, AGAIN)
    assert "429 Too Many Requests" in said
    assert len(said) < 500


def test_a_connection_closed_for_good(bot: DZoneBot) -> None:
    """What the gateway doesn't want to hear again is told with its code."""
    assert "code 4013" in explained(connection_closed(4013), bot)


def unreachable(number: int, text: str) -> aiohttp.ClientConnectorError:
    """Make the error that aiohttp makes of a connection that can't be opened."""
    key = ConnectionKey(
        "discord.com", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    )
    return aiohttp.ClientConnectorError(key, OSError(number, text))


@pytest.mark.parametrize(
    "error",
    [
        unreachable(errno.ECONNREFUSED, "Connection refused"),
        unreachable(-3, "Temporary failure in name resolution"),
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
    ],
    ids=["refused", "no name", "cut off", "no answer", "no network"],
)
def test_no_network(bot: DZoneBot, error: Exception) -> None:
    """Who can't be reached is told, with what may be the matter."""
    said = explained(error, bot, AGAIN)
    assert said.startswith("Discord can't be reached at https://discord.com/api/v10: ")
    assert "network" in said.splitlines()[1]
    assert "DISCORD_API_URL" in said.splitlines()[1]


def test_no_certificates(bot: DZoneBot) -> None:
    """Python of python.org knows none on macOS until it is told to."""
    why = ssl.SSLCertVerificationError("unable to get local issuer certificate")
    error = aiohttp.ClientConnectorCertificateError(unreachable(0, "")._conn_key, why)
    said = explained(error, bot, AGAIN)
    assert said.startswith("The certificate at https://discord.com/api/v10 can't be verified: ")
    assert "Install Certificates.command" in said


def test_an_error_without_a_text(bot: DZoneBot) -> None:
    """An error that says nothing is called by its name."""
    assert ": TimeoutError." in explained(TimeoutError(), bot, AGAIN)


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), KeyError("a bug"), discord.ClientException("a bug")]
)
def test_a_bug(bot: DZoneBot, error: Exception) -> None:
    """For our own mistakes there is no excuse: they keep their traceback."""
    assert explain(error, bot) is None


def test_an_api_that_is_somewhere_else(bot: DZoneBot) -> None:
    """An address where there is no Discord is a setting to check, and nothing to wait for."""
    said = explained(http_error(discord.NotFound, 404, "Not Found", "nothing here"), bot)
    assert "DISCORD_API_URL" in said
