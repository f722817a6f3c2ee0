"""The loopback Discord's REST side: as much as the bot asks for."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from aiohttp import web

from tests.e2e.commands import Commands
from tests.e2e.oauth import OAuth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tests.e2e.guild import Guild
    from tests.e2e.interactions import Interactions
    from tests.e2e.model import Payload, User
    from tests.e2e.posts import Posts
    from tests.e2e.waiting import Bell

BASE = "/api/v10"
OWN_GUILD = re.compile(r"/users/@me/guilds/(?P<guild>\d+)")
MEMBER = re.compile(r"/guilds/(?P<guild>\d+)/members/(?P<user>\d+)")

# As an unverified application has them: the intent is on in the developer portal.
FLAGS = {"presences": 1 << 13, "members": 1 << 15, "message_content": 1 << 19}


def _json(content: object, status: int = 200) -> web.Response:
    # discord.py reads JSON only where the type has no charset with it, as Discord's hasn't.
    return web.Response(body=json.dumps(content).encode(), status=status, content_type="application/json")


def _limited(told: Payload) -> web.Response:
    """Say that something came too often, as Discord itself does: what has no `Via` comes from before it."""
    body: Payload = {"message": "You are being rate limited.", "global": False} | told
    answer = _json(body, status=429)
    answer.headers["Via"] = "1.1 google"
    answer.headers["Retry-After"] = str(math.ceil(body["retry_after"]))
    answer.headers["X-RateLimit-Scope"] = "global" if body["global"] else "user"
    return answer


class Rest:
    """Answers REST requests and remembers them."""

    def __init__(
        self, me: User, owner: User, guilds: Mapping[int, Guild], allowed: set[str],
        interactions: Interactions, posts: Posts, bell: Bell,
    ) -> None:  # fmt: skip
        self.token = ""
        self.gateway_url = ""
        self.shards = 1
        self.start_limit: Callable[[], Payload] = dict
        self.requests: list[str] = []
        """Every request as `METHOD /path`, in order, the base left out."""
        self.unknown: list[str] = []
        """Those among them that nothing here answers."""
        self.broken: dict[str, int] = {}
        """What is answered with an error, and its status; discord.py tries again after a 500.

        A path, or `METHOD /path` for one of its methods.
        """
        self.limits: dict[str, list[Payload]] = {}
        """What requests, as `METHOD /path`, are told when they come too often: each of these once."""
        self.blocked = False
        """Whether who stands before Discord shuts this address out, whatever is asked."""
        self.garbled: dict[str, str] = {}
        """Requests, as `METHOD /path`, that something between answers with this in place of JSON."""
        self.trouble: Callable[[web.Request], Awaitable[web.Response | None]] | None = None
        """What becomes of answers to interactions in place of `take`."""
        self.leave: Callable[[Guild], None]
        """What becomes of a guild that the bot leaves."""
        self.commands = Commands(me.id)
        self.oauth = OAuth(str(me.id))
        self._me = me
        self._owner = owner
        self._guilds = guilds
        self._interactions = interactions
        self._posts = posts
        self._bell = bell
        self._allowed = allowed

    def route(self, app: web.Application) -> None:
        """Take over every path of an application below the base."""
        answers: dict[tuple[str, str], Callable[[], Payload]] = {
            ("GET", "/gateway/bot"): self._gateway,
            ("GET", "/users/@me"): self._user,
            ("GET", "/oauth2/applications/@me"): self._application,
            ("GET", "/applications/@me"): self._application,
        }
        logins = self.oauth.answers()

        async def answer(request: web.Request) -> web.Response:
            path = request.path.removeprefix(BASE)
            self.requests.append(f"{request.method} {path}")
            self._bell.ring()
            if path.startswith(("/interactions/", "/webhooks/")):  # their token is in the path
                taken = await (self.trouble or self.take)(request)
                if taken is not None:
                    return taken
            if trouble := self._trouble(request.method, path):
                return trouble
            if (request.method, path) in logins:
                return await logins[request.method, path](request)
            if request.headers.get("Authorization") != f"Bot {self.token}":
                return _json({"message": "401: Unauthorized", "code": 0}, status=401)
            if given := answers.get((request.method, path)):
                return _json(given())
            if request.method == "GET" and (place := MEMBER.fullmatch(path)):
                return self._member(int(place["guild"]), int(place["user"]))
            if path.startswith(f"/applications/{self._me.id}/") and path.endswith("/commands"):
                return await self._commands(request, path)
            return await self._post(request, path)

        app.router.add_route("*", BASE + "/{path:.*}", answer)

    async def take(self, request: web.Request) -> web.Response | None:
        """Take an answer to an interaction; None if it is no such thing."""
        body = await request.json() if request.can_read_body else {}
        taken = self._interactions.take(request.method, request.path.removeprefix(BASE), body)
        return _json(taken[1], status=taken[0]) if taken else None

    async def _post(self, request: web.Request, path: str) -> web.Response:
        if request.method == "DELETE" and (place := OWN_GUILD.fullmatch(path)):
            return self._leave(int(place["guild"]))
        body = await request.json() if request.can_read_body else {}
        if answered := self._posts.take(request.method, path, body):
            status, content = answered
            return web.Response(status=status) if content is None else _json(content, status=status)
        self.unknown.append(f"{request.method} {path}")
        return _json({"message": "404: Not Found", "code": 0}, status=404)

    def _trouble(self, method: str, path: str) -> web.Response | None:
        request = f"{method} {path}"
        if self.blocked:
            return _json({"message": "internal network error", "code": 40333}, status=403)
        if self.limits.get(request):
            return _limited(self.limits[request].pop(0))
        if status := self.broken.get(path) or self.broken.get(request):
            return _json({"message": "an outage", "code": 0}, status=status)
        if request in self.garbled:
            return web.Response(body=self.garbled[request].encode(), content_type="application/json")
        return None

    def _leave(self, guild_id: int) -> web.Response:
        """Let the bot leave a guild, which the gateway tells it then."""
        if guild_id not in self._guilds:
            return _json({"message": "Unknown Guild", "code": 10004}, status=404)
        self.leave(self._guilds[guild_id])
        return web.Response(status=204)

    def _gateway(self) -> Payload:
        return {"url": self.gateway_url, "shards": self.shards, "session_start_limit": self.start_limit()}

    def _user(self) -> Payload:
        return self._me.payload() | {"verified": True, "mfa_enabled": True, "email": None, "flags": 0}

    def _application(self) -> Payload:
        return {
            "id": str(self._me.id),
            "name": self._me.username,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": sum(flag for name, flag in FLAGS.items() if name in self._allowed),
            "owner": self._owner.payload(),
            "team": None,
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "bot": self._me.payload(),
        }

    def _member(self, guild_id: int, user_id: int) -> web.Response:
        guild = self._guilds.get(guild_id)
        if guild is None or user_id not in guild.members:
            return _json({"message": "Unknown Member", "code": 10007}, status=404)
        return _json(guild.members[user_id].payload())

    async def _commands(self, request: web.Request, path: str) -> web.Response:
        given = await request.json() if request.can_read_body else None
        status, answer = self.commands.take(request.method, path, request.query, given)
        self._bell.ring()
        return _json(answer, status=status)
