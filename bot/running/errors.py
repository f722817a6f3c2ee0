"""What stops the program, in the words of somebody who can mend it."""

from http import HTTPStatus
from typing import Final, NamedTuple

import aiohttp
import discord

from bot.client import DZoneBot
from bot.gateway.abilities import NAMES, Abilities
from bot.internals import NO_SENSE, StrangeAnswer
from bot.running.values import PORTAL
from bridge.running.words import one_line

AGAIN: Final = 1  # an exit code: to be started again
MEND: Final = 78  # EX_CONFIG of sysexits.h: a new start is of no use before somebody has mended something

# What stays as it is however often one tries; a 4004 says that the token is none.
_LASTING: Final = (
    discord.LoginFailure,
    discord.ConnectionClosed,
    discord.PrivilegedIntentsRequired,
    discord.NotFound,
)


class Ending(NamedTuple):
    """What ends the program: a sentence or two for people, an exit code for whoever restarts it."""

    sentence: str
    code: int


def explain(error: BaseException, bot: DZoneBot) -> Ending | None:
    """Say in one or two lines what is wrong and what to do. None if it is a bug of ours."""
    sentence = _sentence(error, bot)
    return None if sentence is None else Ending(sentence, MEND if isinstance(error, _LASTING) else AGAIN)


def _sentence(error: BaseException, bot: DZoneBot) -> str | None:
    if _is_of_somebody_else(error, bot):
        return (
            f"What answers at {bot.config.api_url} isn't Discord.\n"
            "Does this network want a login in the browser first, or is there a proxy in between? Check "
            "that, and DISCORD_API_URL if you set it."
        )
    match error:
        case discord.LoginFailure() | discord.ConnectionClosed(code=4004):
            return (
                "Discord rejected DISCORD_TOKEN. Copy it again from "
                f"{PORTAL} (your application, Bot, Reset Token) into .env."
            )
        case discord.PrivilegedIntentsRequired():
            names = ", ".join(_missing_intents(bot))
            return (
                f"Discord refused the bot because these are switched off: {names}.\n"
                f"Switch them on under Privileged Gateway Intents at {PORTAL}/{bot.application_id}/bot "
                "and start the bot again."
            )
        case discord.NotFound():
            return f"There is no Discord API at {bot.config.api_url}. Check DISCORD_API_URL in .env."
        case discord.HTTPException() | discord.GatewayNotFound():
            return f"Discord can't log the bot in right now: {_one_line(error)}. Try again in a few minutes."
        case discord.ConnectionClosed(code=4010 | 4011):
            return (
                f"Discord doesn't take these shards (code {error.code}): it asks for others, or for more.\n"
                "Choose a larger total in SHARDS, one shard for about 1,000 servers, for all processes alike."
            )
        case discord.ConnectionClosed():
            return f"Discord closed the connection for good (code {error.code}). See the log above."
        case aiohttp.ClientError() | TimeoutError() | OSError():
            return _unreachable(error, bot.config.api_url)
        case _:
            return None


def _unreachable(error: BaseException, url: str) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"The certificate at {url} can't be verified: {_one_line(error)}.\n"
            "On macOS, start Install Certificates.command in Applications, Python; else check the clock, and"
            " whether a proxy is in between."
        )
    return (
        f"Discord can't be reached at {url}: {_one_line(error)}.\n"
        "Check the network connection, and DISCORD_API_URL if you set it."
    )


def _is_of_somebody_else(error: BaseException, bot: DZoneBot) -> bool:
    """Tell whether somebody answered in Discord's place, such as a network that wants a login first."""
    if isinstance(error, discord.HTTPException):
        return error.status == HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED
    if isinstance(error, StrangeAnswer):
        return True
    # Later than at the login, or elsewhere than in discord.py, what makes no sense is ours.
    return bot.application is None and isinstance(error, NO_SENSE) and _place(error) in {"discord", "json"}


def _place(error: BaseException) -> str:
    """Name the package in which something was raised; nothing if it wasn't."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place, trace = str(trace.tb_frame.f_globals.get("__name__", "")), trace.tb_next
    return place.partition(".")[0]


def _missing_intents(bot: DZoneBot) -> list[str]:
    """Name the privileged intents that the application has not switched on, as the portal calls them."""
    missing = Abilities.granted(bot.application_flags).missing
    return [NAMES[name] for name in missing] or list(NAMES.values())


def _one_line(error: BaseException) -> str:
    return one_line(str(error)) or type(error).__name__  # it may be a whole page
