"""The loopback Discord's OAuth2 endpoints: somebody agrees, an application gets a code, and a token for it.

As https://discord.com/developers/docs/topics/oauth2 describes them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tests.e2e.model import Payload, User

AUTHORIZE, TOKEN, REVOKE, ME = "/oauth2/authorize", "/oauth2/token", "/oauth2/token/revoke", "/oauth2/@me"
WEEK = timedelta(days=7)
CLIENT_SECRET = "loopback-secret-it-must-never-be-seen-anywhere"  # opens nothing
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Grant:
    """What somebody agreed to, for one application."""

    user: User
    application_id: str
    scopes: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True)
class Request:
    """What a code was made for."""

    grant: Grant
    redirect_uri: str
    challenge: str | None


@dataclass
class OAuth:
    """Answers below `/oauth2/`, for the application `application_id`.

    `visitor` is who sits at the browser that comes to agree; None says no. `redirect_uris` are those that
    the application registered.
    """

    application_id: str
    client_secret: str = CLIENT_SECRET
    visitor: User | None = None
    redirect_uris: set[str] = field(default_factory=set)
    tokens: dict[str, Grant] = field(default_factory=dict)
    """Those that are good, or have expired."""
    unasked: dict[str, timedelta] = field(default_factory=dict)
    """Tokens whose time begins when somebody first asks about them, and how long they last."""
    codes: dict[str, Request] = field(default_factory=dict)
    """Those that nobody has used yet."""
    secrets: list[str] = field(default_factory=list)
    """Every code and every token there has been, and the verifiers that came with codes."""

    @property
    def basic(self) -> str:
        """What the application shows to prove that it is itself."""
        return base64.b64encode(f"{self.application_id}:{self.client_secret}".encode()).decode()

    def issue(
        self,
        user: User,
        *,
        application_id: str | None = None,
        scopes: tuple[str, ...] = ("identify",),
        lasts: timedelta = WEEK,
    ) -> str:
        """Make a token as the implicit grant does: it is in the page that asked for it, at once."""
        grant = Grant(user, application_id or self.application_id, scopes, datetime.now(UTC) + lasts)
        return self._issue(grant)

    def revoke(self, token: str) -> None:
        """End an authorization: with one token go all that somebody has for the same application."""
        ended = self.tokens[token]
        for other, grant in list(self.tokens.items()):
            if (grant.user, grant.application_id) == (ended.user, ended.application_id):
                del self.tokens[other]

    def answers(self) -> Mapping[tuple[str, str], Callable[[web.Request], Awaitable[web.Response]]]:
        """Return who answers which request."""
        return {
            ("GET", AUTHORIZE): self._authorize,
            ("POST", TOKEN): self._redeem,
            ("POST", REVOKE): self._revoke,
            ("GET", ME): self._tell,
        }

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        known = query.get("client_id") == self.application_id
        if not known or query.get("redirect_uri") not in self.redirect_uris:
            return _json({"message": "Invalid Form Body", "code": 50035}, status=400)
        assert query["response_type"] == "code"
        assert query.get("code_challenge_method", "S256") == "S256", "Discord knows no other"
        outcome = {"state": query["state"]} if "state" in query else {}
        if self.visitor is None:
            outcome |= {
                "error": "access_denied",
                "error_description": "The resource owner denied the request",
            }
        else:
            grant = Grant(
                self.visitor, self.application_id, tuple(query["scope"].split()), datetime.now(UTC) + WEEK
            )
            code = self._keep(secrets.token_urlsafe(24))
            self.codes[code] = Request(grant, query["redirect_uri"], query.get("code_challenge"))
            outcome |= {"code": code}
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(outcome)}"})

    async def _redeem(self, request: web.Request) -> web.Response:
        if (trouble := self._look_at_client(request)) is not None:
            return trouble
        form = await request.post()
        verifier = str(form.get("code_verifier", ""))
        self.secrets += [verifier] if verifier else []
        asked = self.codes.pop(str(form.get("code")), None)  # good for one try
        if (
            form.get("grant_type") != "authorization_code"
            or asked is None
            or form.get("redirect_uri") != asked.redirect_uri
            or (asked.challenge is not None and _challenge(verifier) != asked.challenge)
        ):
            return _json(
                {"error": "invalid_grant", "error_description": 'Invalid "code" in request.'}, status=400
            )
        return _json(
            {
                "token_type": "Bearer",
                "access_token": self._issue(asked.grant),
                "expires_in": int(WEEK.total_seconds()),
                "refresh_token": self._keep(secrets.token_urlsafe(24)),
                "scope": " ".join(asked.grant.scopes),
            }
        )

    async def _revoke(self, request: web.Request) -> web.Response:
        if (trouble := self._look_at_client(request)) is not None:
            return trouble
        token = str((await request.post()).get("token"))
        if token in self.tokens and self.tokens[token].application_id == self.application_id:
            self.revoke(token)
        return _json({})

    async def _tell(self, request: web.Request) -> web.Response:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self.tokens.get(token)
        if grant is not None and token in self.unasked:
            expires = datetime.now(UTC) + self.unasked.pop(token)
            grant = self.tokens[token] = replace(grant, expires=expires)
        if kind != "Bearer" or grant is None or grant.expires <= datetime.now(UTC):
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        told: Payload = {
            "application": {
                "id": grant.application_id,
                "name": "An application",
                "icon": None,
                "description": "",
                "hook": True,
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
            },
            "scopes": list(grant.scopes),
            "expires": grant.expires.isoformat(),
        }
        return _json(told | ({"user": grant.user.payload()} if "identify" in grant.scopes else {}))

    def _look_at_client(self, request: web.Request) -> web.Response | None:
        """Refuse who is not the application, or speaks another language than forms."""
        if request.content_type != FORM:
            return _json({"error": "invalid_request"}, status=400)
        given = request.headers.get("Authorization", "")
        if given != f"Basic {self.basic}":
            return _json({"error": "invalid_client"}, status=401)
        return None

    def _issue(self, grant: Grant) -> str:
        token = self._keep(secrets.token_urlsafe(24))
        self.tokens[token] = grant
        return token

    def _keep(self, secret: str) -> str:
        self.secrets.append(secret)
        return secret


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _json(content: Payload, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(content).encode(), status=status, content_type="application/json")
