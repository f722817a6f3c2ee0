"""Commands as Discord's REST API has them: discord.py knows neither entry points nor some answers."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import discord
from discord import app_commands
from discord.http import Route

# discord.py takes it for granted that JSON is JSON, and that answers are as they are documented.
NO_SENSE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


T = TypeVar("T")


class StrangeAnswer(Exception):
    """An answer that isn't what Discord's documentation says."""


def heed_commands(client: discord.Client, when: Callable[[], bool]) -> None:
    """Take up commands and buttons only at times: of two sessions, Discord tells each of them."""
    parsers = client._connection.parsers  # noqa: SLF001 - discord.py's private parts are what this package is for
    parse = parsers["INTERACTION_CREATE"]

    def heed(data: Any) -> None:
        if when():
            parse(data)

    parsers["INTERACTION_CREATE"] = heed


async def sensible(request: Awaitable[T]) -> T:
    """Wait for what discord.py makes of an answer.

    Raises:
        StrangeAnswer: if it can make nothing of it.
    """
    try:
        return await request
    except NO_SENSE as error:
        raise StrangeAnswer(f"{type(error).__name__}: {error}") from error


async def fetch_commands(client: discord.Client) -> list[dict[str, Any]]:
    """Ask Discord for the application's commands, with their translations.

    discord.py's own request leaves those out, and its models know no entry points.

    Raises:
        StrangeAnswer: if the answer is no list of commands.
    """
    route = Route("GET", "/applications/{application_id}/commands", application_id=_application_id(client))
    return await _commands(client.http.request(route, params={"with_localizations": "true"}))


async def replace_commands(
    client: discord.Client, payloads: list[dict[str, Any]], guild_id: int | None = None
) -> list[dict[str, Any]]:
    """Put commands in the place of all that Discord knows, or has in one guild, and return its answer.

    `CommandTree.sync` takes none but the tree's own; it keeps nothing of the answer either.

    Raises:
        StrangeAnswer: if the answer is no list of commands.
    """
    application_id = _application_id(client)
    if guild_id is not None:
        return await _commands(client.http.bulk_upsert_guild_commands(application_id, guild_id, payloads))
    return await _commands(client.http.bulk_upsert_global_commands(application_id, payloads))


def _application_id(client: discord.Client) -> int:
    if client.application_id is None:
        raise app_commands.MissingApplicationID
    return client.application_id


async def _commands(request: Awaitable[Any]) -> list[dict[str, Any]]:
    answer = await sensible(request)
    if isinstance(answer, list) and all(isinstance(one, dict) and "name" in one for one in answer):
        return answer
    raise StrangeAnswer(f"no list of commands: {answer!r}")


def errors_in(error: discord.HTTPException) -> object:
    """Return what Discord objects to in a request, nested as the request is. None if it doesn't say."""
    return getattr(error, "_errors", None)
