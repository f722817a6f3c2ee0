"""The bot's door, at which tokens are shown: with a Discord that knows one of them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import discord

from bot.login.logins import Logins
from bot.login.oauth import SCOPE, Application, Grant, OAuth, OAuthError

GOOD: Final = "good-token"
WHOSE: Final = "7"
_OURS: Final = "900000000000000001"


class _Discord(OAuth):
    """Knows whose one token is."""

    async def inspect(self, token: str, *, redeemed: bool = False) -> Grant:
        if token != GOOD:
            raise OAuthError("Discord answered 401")
        later = datetime.now(UTC) + timedelta(hours=1)
        return Grant(_OURS, frozenset({SCOPE}), later, WHOSE, "Somebody")


@lru_cache
def logins() -> Logins:
    """Make a door to a guild in which nobody is."""
    client = discord.Client(intents=discord.Intents.none())
    nothing: Any = None
    return Logins(client, _Discord("http://discord.test", Application(_OURS)), nothing)
