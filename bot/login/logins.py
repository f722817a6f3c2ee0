"""Who may watch a guild that asks for a login: checked against Discord, and against the guild's members."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from weakref import WeakValueDictionary

import aiohttp
import discord

from bot.internals import is_loaded
from bot.login.oauth import SCOPE, Grant, OAuth, OAuthError, Unanswered
from bot.policy import Policy
from bridge.access.login import Account, Denied
from bridge.access.tally import Tally
from bridge.errors import NoAnswer, NotAMember
from bridge.running.rate import Rate, Rates

REMEMBERED_FOR: Final = 300.0  # seconds that what Discord said of a token is believed
MAX_REMEMBERED: Final = 10_000
STRANGER_FOR: Final = 10.0  # seconds that somebody is known to be no member, where Discord had to be asked
# How often Discord may be asked who is a member, where not all are loaded: about one account, and about all.
FETCHED_PER_ACCOUNT: Final = Rate(1.0, at_once=30)
FETCHED: Final = Rate(10.0, at_once=300)
# What Discord says of who is no member, or of a guild that isn't the bot's; a mere 403 or 404 may come from
# whatever is in between.
_STRANGER: Final = (10004, 10007, 10013, 50001)
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
        self._asking: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._strangers: dict[tuple[int, int], float] = {}  # by guild and uid, until when
        self._fetched_by = Rates(FETCHED_PER_ACCOUNT)
        self._fetched = Rates(FETCHED)
        self._tally = Tally("no login")

    async def validate(self, token: str, user: Mapping[str, Any], server_id: str) -> bool | datetime:
        """Tell until when a token lets its user watch a guild; False if it is none of theirs.

        Raises:
            NotAMember: if it is, and they may not.
            NoAnswer: if Discord doesn't say.
        """
        grant = await self._grant(token)
        if grant is None or not self._is_good(grant) or grant.user_id != str(user.get("id")):
            return False
        if not await self.may_watch(grant.user_id, server_id):
            raise NotAMember
        return grant.expires

    async def may_watch(self, uid: str, server_id: str) -> bool:
        """Tell whether somebody is a member of the guild, with the role that it asks for.

        Raises:
            NoAnswer: if Discord has to be asked, and doesn't say.
        """
        guild = self._client.get_guild(int(server_id))
        if guild is None:
            return False
        member = guild.get_member(int(uid))
        # As long as not all members are loaded; or for good, where the gateway tells of none who changes.
        if (member is None and not is_loaded(guild)) or not self._client.intents.members:
            member = await self._fetch(guild, int(uid))
        return member is not None and self._policy.admits(member)

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Name where somebody logs in."""
        return self._oauth.login_url(redirect_uri, state, challenge)

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        """Find out who came back with a code.

        Raises:
            Denied: if the code is none of ours.
            NoAnswer: if Discord doesn't say.
        """
        try:
            token = await self._oauth.redeem(code, redirect_uri, verifier)
            grant = await self._oauth.inspect(token, redeemed=True)
        except OAuthError as error:
            self._note(f"a login failed: {error}")
            raise (NoAnswer if isinstance(error, Unanswered) else Denied) from None
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
        digest = hashlib.sha256(token.encode()).digest()
        async with self._asking.setdefault(digest, asyncio.Lock()):  # several windows of one viewer ask once
            now = asyncio.get_running_loop().time()
            until, grant = self._seen.get(digest, (0.0, None))
            return grant if until > now else await self._inspect(token, digest)

    async def _inspect(self, token: str, digest: bytes) -> Grant | None:
        now = asyncio.get_running_loop().time()
        grant = None
        try:
            grant = await self._oauth.inspect(token)
        except Unanswered as error:
            self._note(f"a token could not be checked: {error}")
            raise NoAnswer from None
        except OAuthError as error:
            self._note(f"a token was refused: {error}")
        self._seen.pop(digest, None)
        if len(self._seen) >= MAX_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = (now + REMEMBERED_FOR, grant)
        return grant

    async def _fetch(self, guild: discord.Guild, uid: int) -> discord.Member | None:
        """Ask Discord for a member, unless it has just said that there is none."""
        now, who = asyncio.get_running_loop().time(), (guild.id, uid)
        if self._strangers.get(who, 0.0) > now:
            return None
        if not (self._fetched_by.allow(str(uid), now) and self._fetched.allow("", now)):
            self._note("a member could not be fetched: too many in a short time")
            raise NoAnswer
        try:
            return await guild.fetch_member(uid)
        except discord.HTTPException as error:
            if error.code in _STRANGER:
                self._remember_stranger(who, now)
                return None
            self._note(f"a member could not be fetched: Discord answered {error.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._note(f"a member could not be fetched: {type(error).__name__}")
        raise NoAnswer

    def _remember_stranger(self, who: tuple[int, int], now: float) -> None:
        self._strangers.pop(who, None)
        if len(self._strangers) >= MAX_REMEMBERED:
            del self._strangers[next(iter(self._strangers))]
        self._strangers[who] = now + STRANGER_FOR

    def _note(self, what: str) -> None:
        self._tally.count(what, asyncio.get_running_loop().time())
