"""Discord's OAuth2 endpoints, as far as a login needs them.

https://discord.com/developers/docs/topics/oauth2
"""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from bot.running.values import DISCORD_API
from bridge import __version__
from bridge.running.rate import Rate

SCOPE: Final = "identify"
TIMEOUT: Final = 8.0  # seconds for one request
MAX_ANSWER: Final = 64 * 1024  # bytes
# Discord shuts out an address that makes 10,000 invalid requests in ten minutes, and with it the bot. Each
# wrong token is one: so many may be asked about at once, and so many a second in the long run.
ASKED_AT_ONCE: Final = 200
ASKED_PER_SECOND: Final = 5.0
# The same for those who log in on our own page: strangers' tokens leave them theirs.
RESERVED_AT_ONCE: Final = 100
RESERVED_PER_SECOND: Final = 4.0
LONGEST_REST: Final = 60.0  # seconds that nothing is asked after Discord said that it was too much
# It refuses a token with 401 and a code with 400; a 403 is of who stands before it and shuts out our address.
_NO_ANSWER: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)})
_AUTHORIZE: Final = "https://discord.com/oauth2/authorize"
_AGENT: Final = f"DiscordBot (https://github.com/d-zone-org/d-zone, {__version__})"


class OAuthError(Exception):
    """Discord said no, or nothing that could be understood. The message holds no secret."""


class Unanswered(OAuthError):
    """Discord didn't say: it can't be reached, is overloaded, or has been asked too often."""


@dataclass(frozen=True, slots=True)
class Application:
    """Which application people log in to."""

    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is good for: whose it is, for which application, and until when."""

    application_id: str
    scopes: frozenset[str]
    expires: datetime
    user_id: str
    user_name: str


class OAuth:
    """Asks Discord about tokens and codes, on connections that are kept."""

    def __init__(self, api_url: str, application: Application) -> None:
        self.application = application
        self._api_url = api_url
        self._authorize = _AUTHORIZE if api_url == DISCORD_API else f"{api_url}/oauth2/authorize"
        self._http: aiohttp.ClientSession | None = None
        self._tokens = _Budget(Rate(ASKED_PER_SECOND, ASKED_AT_ONCE))
        self._reserve = _Budget(Rate(RESERVED_PER_SECOND, RESERVED_AT_ONCE))
        self._rests_until = 0.0

    async def close(self) -> None:
        """Let the connections go."""
        if self._http is not None:
            await self._http.close()

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Name the page where somebody agrees to tell us who they are."""
        query = {
            "client_id": self.application.id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "prompt": "none",  # who has agreed before needn't again
        }
        return f"{self._authorize}?{urlencode(query)}"

    async def redeem(self, code: str, redirect_uri: str, verifier: str) -> str:
        """Trade a code for a token, which nobody keeps.

        It is not revoked either: Discord would end all that its user ever agreed to with it, the tokens of
        d-zone clients as well, and ask them again at their next login.

        Raises:
            OAuthError: if the code is none of ours.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = self._credentials()
        answer = await self._ask(self._reserve, "POST", "/oauth2/token", data=form, headers=headers)
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise OAuthError("Discord's answer has no token")
        return token

    async def inspect(self, token: str, *, redeemed: bool = False) -> Grant:
        """Ask what a token is good for; `redeemed` is one that `redeem` brought.

        Raises:
            OAuthError: if it is good for nothing.
        """
        budget = self._reserve if redeemed else self._tokens
        answer = await self._ask(budget, "GET", "/oauth2/@me", headers={"Authorization": f"Bearer {token}"})
        try:
            user = answer["user"]  # there only with the scope `identify`
            return Grant(
                application_id=str(answer["application"]["id"]),
                scopes=frozenset(answer["scopes"]),
                expires=datetime.fromisoformat(answer["expires"]),
                user_id=str(user["id"]),
                user_name=str(user.get("global_name") or user["username"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise OAuthError("Discord's answer doesn't say whose token this is") from None

    def _credentials(self) -> dict[str, str]:
        credentials = f"{self.application.id}:{self.application.secret}"
        return {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}

    async def _ask(self, budget: "_Budget", method: str, path: str, **request: Any) -> dict[str, Any]:
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            raise Unanswered("Discord answered 429")
        if not budget.spend(now):
            raise Unanswered("too many logins in a short time")
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT)
            self._http = aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": _AGENT})
        try:
            async with self._http.request(
                method, self._api_url + path, allow_redirects=False, **request
            ) as response:
                content = await _read(response.content)
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._rest(response.headers.get("Retry-After", ""))
                if response.status in _NO_ANSWER:
                    raise Unanswered(f"Discord answered {response.status}")
                if response.status != HTTPStatus.OK:
                    raise OAuthError(f"Discord answered {response.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(f"Discord can't be reached: {type(error).__name__}") from None
        try:
            answer = json.loads(content)
        except ValueError:
            raise OAuthError("Discord's answer is no JSON") from None
        return answer if isinstance(answer, dict) else {}

    def _rest(self, seconds: str) -> None:
        """Ask nothing for as long as Discord wants: what is asked meanwhile counts against the bot."""
        try:
            pause = min(max(float(seconds), 1.0), LONGEST_REST)
        except ValueError:
            pause = 1.0
        self._rests_until = max(self._rests_until, asyncio.get_running_loop().time() + pause)


class _Budget:
    """How much may be asked still."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = 0.0

    def spend(self, now: float) -> bool:
        """Take one question out, if there is one."""
        full_at = self._rate.spend(self._full_at, now)
        self._full_at = self._full_at if full_at is None else full_at
        return full_at is not None


async def _read(stream: aiohttp.StreamReader) -> bytes:
    """Read an answer, which may come in pieces; of one that is too long, no more than a piece beyond."""
    content = b""
    async for piece in stream.iter_any():
        content += piece
        if len(content) > MAX_ANSWER:
            raise OAuthError("Discord's answer is too long")
    return content
