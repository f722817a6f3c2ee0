"""Who may watch a guild that asks for a login: checked against Discord, and against the guild's members."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import discord

from bot.internals import is_loaded
from bot.oauth import SCOPE, Grant, OAuth, OAuthError, Unanswered
from bot.policy import Policy
from bridge.access.login import Account, Denied

log = logging.getLogger(__name__)

REMEMBERED_FOR: Final = 300.0  # seconds that what Discord said of a token is believed
MAX_REMEMBERED: Final = 10_000
_TOKEN: Final = re.compile(r"[A-Za-z0-9._-]{10,200}")


class Logins:
    """Says who people are, and whether they may watch; see `bridge.access.login.Authority`.

    Discord is asked about a token once in a few minutes. Only its digest is kept, and never stored.
    """

    def __init__(self, client: discord.Client, oauth: OAuth, policy: Policy) -> None:
        self._client = client
        self._oauth = oauth
        self._policy = policy
        self._seen: dict[bytes, tuple[float, Grant | None]] = {}  # until when, and what

    async def validate(self, token: str, user: Mapping[str, Any], server_id: str) -> bool | datetime:
        """Tell until when a token lets its user watch a guild; False if it doesn't."""
        grant = await self._grant(token)
        if grant is None or not self._is_good(grant) or grant.user_id != str(user.get("id")):
            return False
        return grant.expires if await self.may_watch(grant.user_id, server_id) else False

    async def may_watch(self, uid: str, server_id: str) -> bool:
        """Tell whether somebody is a member of the guild, with the role that it asks for."""
        guild = self._client.get_guild(int(server_id))
        if guild is None:
            return False
        member = guild.get_member(int(uid))
        # As long as not all members are loaded; or for good, where the gateway tells of none who changes.
        if (member is None and not is_loaded(guild)) or not self._client.intents.members:
            try:
                member = await guild.fetch_member(int(uid))
            except discord.HTTPException:  # also where there is no such member
                return False
        return member is not None and self._policy.admits(member)

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Name where somebody logs in."""
        return self._oauth.login_url(redirect_uri, state, challenge)

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        """Find out who came back with a code.

        Raises:
            Denied: if the code is none of ours.
        """
        try:
            token = await self._oauth.redeem(code, redirect_uri, verifier)
            grant = await self._oauth.inspect(token)
        except OAuthError as error:
            log.warning("a login failed: %s", error)
            raise Denied from None
        if not self._is_good(grant):
            raise Denied
        return Account(grant.user_id, grant.user_name)

    def _is_good(self, grant: Grant) -> bool:
        """Tell whether a token was given to us, to learn who somebody is, and still counts."""
        return (
            grant.application_id == self._oauth.application.id
            and SCOPE in grant.scopes
            and grant.expires > datetime.now(UTC)
        )

    async def _grant(self, token: str) -> Grant | None:
        if not _TOKEN.fullmatch(token):
            return None
        now = asyncio.get_running_loop().time()
        digest = hashlib.sha256(token.encode()).digest()
        until, grant = self._seen.get(digest, (0.0, None))
        if until > now:
            return grant
        try:
            grant = await self._oauth.inspect(token)
        except Unanswered as error:
            log.warning("a token could not be checked: %s", error)
            return None
        except OAuthError as error:
            log.info("a token was refused: %s", error)
            grant = None
        self._seen.pop(digest, None)
        if len(self._seen) >= MAX_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = (now + REMEMBERED_FOR, grant)
        return grant
