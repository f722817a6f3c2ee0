"""Logging in on our own page: the authorization code flow (RFC 6749) with state and PKCE (RFC 7636).

All of it happens on the server: the page never sees a token, only a signed cookie that it can't read.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request

from bridge.access.cookies import SignedCookie
from bridge.access.guesses import Guesses
from bridge.access.login import Account, Authority, Login
from bridge.access.patience import shares
from bridge.access.visitor import Papers
from bridge.errors import NoAnswer
from bridge.exposure import Exposure
from bridge.problems import too_many_tries
from bridge.providers import owner
from bridge.site.answers import Answer, as_json, not_found, redirect, text

PREFIX: Final = "/auth/"
LIFETIME: Final = 7 * 86_400  # seconds that a login is good for
KNOWN_FOR: Final = 30 * 86_400  # seconds that a browser is known in which somebody logged in
FLOW_TIME: Final = 600  # seconds that somebody may take at the door
TIMEOUT: Final = 15.0  # seconds that finding out who somebody is may take
MAX_LOGOUTS: Final = 10_000  # remembered, of logins that would be good otherwise
_MAX_PATH: Final = 500  # characters of where to go afterwards


class LoginDesk(Protocol):
    """Answers what is below `/auth/`, and reads who comes logged in: here, or where another process does."""

    async def answer(self, path: str, address: str, request: Request) -> Answer:
        """Answer a request below `/auth/`."""

    def who_opens(self, headers: Headers) -> Login | None:
        """Read who opens a WebSocket."""

    def papers(self, headers: Headers) -> Papers | None:
        """Take what says so, where nobody here can read it."""


class WebLogin:
    """What is below `/auth/`: `login`, `callback`, `logout` and `me`.

    A cookie says itself whose it is, and until when; nothing is kept of who is logged in but the keys of
    logins that were ended before their time. `secret` signs the cookie; `ended` is called with the key of a
    login that ends, `count` with why somebody could not log in.

    Raises:
        ValueError: if the exposure has no `public_url`, to which people come back.
    """

    def __init__(
        self, authority: Authority, secret: bytes, exposure: Exposure, guesses: Guesses,
        ended: Callable[[str], None], count: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        if exposure.public_url is None:
            raise ValueError("a login needs a public_url to come back to")
        self.authority = authority
        self._origin = exposure.origin
        self._redirect_uri = exposure.public_url + PREFIX + "callback"
        self._home = urlsplit(exposure.public_url).path + "/"
        self._guesses = guesses
        self._ended = ended
        self._count = count
        self._shares = shares()
        self._sessions = SignedCookie(
            "login", secret, LIFETIME, secure=exposure.is_secure, kept_for=KNOWN_FOR
        )
        self._flows = SignedCookie("flow", secret, FLOW_TIME, secure=exposure.is_secure)
        self._logouts: dict[str, float] = {}  # until when each login would have been good

    def who(self, headers: Headers) -> Login | None:
        """Read from the cookies who is logged in."""
        found = self._sessions.read(headers)
        if found is None:
            return None
        data, since = found
        login = Login(Account(str(data["uid"]), str(data["name"])), str(data["key"]), since + LIFETIME)
        return None if login.key in self._logouts else login

    def who_opens(self, headers: Headers) -> Login | None:
        """Read who opens a WebSocket.

        Browsers send our cookie along whichever page opens it: only for a page of ours does it count.
        """
        return self.who(headers) if headers.get_all("Origin") == [self._origin] else None

    def papers(self, headers: Headers) -> Papers | None:  # noqa: ARG002 - we can read them
        """Take no papers of who opens a WebSocket."""
        return None

    @property
    def ended(self) -> Mapping[str, float]:
        """The logins that were ended before their time, and until when each would have been good."""
        return self._logouts

    def end(self, logins: Mapping[str, float]) -> None:
        """Know of logins that were ended before their time, here or elsewhere."""
        new = logins.keys() - self._logouts.keys()
        if new:
            now = time.time()
            self._logouts.update((key, logins[key]) for key in new)
            good = [(key, until) for key, until in self._logouts.items() if until > now]
            self._logouts = dict(good[-MAX_LOGOUTS:])

    async def answer(self, path: str, address: str, request: Request) -> Answer:
        """Answer a request below `/auth/`."""
        match request.method, path.removeprefix(PREFIX):
            case "GET", "me":
                return self._me(request)
            case "GET", "login":
                return self._begin(_query(request))
            case "GET", "callback":
                return await self._finish(_query(request), address, request)
            case "POST", "logout":
                return self._log_out(request)
            case _, "me" | "login" | "callback":
                return text(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered here.\n", ("Allow", "GET"))
            case _, "logout":
                return text(HTTPStatus.METHOD_NOT_ALLOWED, "Only POST is answered here.\n", ("Allow", "POST"))
            case _:
                return not_found()

    def _me(self, request: Request) -> Answer:
        login = self.who(request.headers)
        user = login and {"id": login.account.uid, "name": login.account.name}
        return as_json({"login": True, "user": user})

    def _begin(self, query: Mapping[str, str]) -> Answer:
        flow = {
            "state": secrets.token_urlsafe(),
            "verifier": secrets.token_urlsafe(48),
            "to": self._way_back(query),
        }
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow["verifier"].encode()).digest()).rstrip(b"=")
        url = self.authority.login_url(self._redirect_uri, flow["state"], challenge.decode())
        return redirect(url, self._flows.bake(flow))

    async def _finish(self, query: Mapping[str, str], address: str, request: Request) -> Answer:
        flow = self._flows.read(request.headers)
        if flow is None or not hmac.compare_digest(
            flow[0]["state"].encode(), query.get("state", "").encode()
        ):
            # Another browser's, an old one, or a link that somebody was tricked into.
            return redirect(_with(self._home, "failed"), self._flows.drop())
        way_back = flow[0]["to"]
        if "code" not in query:
            return redirect(_with(way_back, "denied"), self._flows.drop())
        now = asyncio.get_running_loop().time()
        whose = self._who_tries(request.headers, address)
        wait = self._guesses.wait(whose, now)
        if wait > 0 or not self._shares.allow(whose, now):
            sorry = too_many_tries(max(1, round(wait))).sentence
            return text(HTTPStatus.TOO_MANY_REQUESTS, sorry + "\n", ("Retry-After", str(max(1, round(wait)))))
        self._guesses.count(whose, now)
        try:
            coming = self.authority.identify(query["code"], self._redirect_uri, flow[0]["verifier"])
            account = await owner.ask(coming, TIMEOUT)
        except (NoAnswer, OSError) as error:  # also TimeoutError
            self._guesses.forgive(whose)
            return self._fail(way_back, type(error).__name__, "silent")
        except Exception as error:  # noqa: BLE001 - an edge: whatever the authority's code raises, nobody is logged in
            return self._fail(way_back, f"{type(error).__name__}{owner.where(error)}")
        self._guesses.forgive(whose)
        session = {"uid": account.uid, "name": account.name, "key": secrets.token_urlsafe()}
        return redirect(way_back, self._sessions.bake(session), self._flows.drop())

    def _who_tries(self, headers: Headers, address: str) -> str:
        """Name whose try a code is: an account's that logged in with this browser before, else its address's.

        So nobody waits for what others try behind the same address who was here before. Only we write that.
        """
        found = self._sessions.read(headers, KNOWN_FOR)
        return f"account {found[0]['uid']}" if found else address

    def _fail(self, way_back: str, why: str, outcome: str = "failed") -> Answer:
        """Send somebody back who could not be logged in. `why` is a name: a text may repeat the code."""
        self._count(f"a login failed: {why}")
        return redirect(_with(way_back, outcome), self._flows.drop())

    def _log_out(self, request: Request) -> Answer:
        if request.headers.get_all("Origin") != [self._origin]:
            return text(HTTPStatus.FORBIDDEN, "Only our own page may do this.\n")
        login = self.who(request.headers)
        if login is not None:
            self.end({login.key: login.until})
            self._ended(login.key)
        return Answer(HTTPStatus.NO_CONTENT, headers=(self._sessions.drop(),))

    def _way_back(self, query: Mapping[str, str]) -> str:
        """Read where to go afterwards: a place of ours, or the page."""
        to = query.get("to", "")
        is_ours = to.startswith("/") and to[1:2] not in ("/", "\\") and to.isascii() and to.isprintable()
        return to if is_ours and len(to) <= _MAX_PATH else self._home


def _query(request: Request) -> dict[str, str]:
    """Read the query of a request; of what stands there twice, nothing."""
    query = request.path.partition("?")[2].partition("#")[0]
    try:
        pairs = parse_qs(query, max_num_fields=20, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in pairs.items() if len(values) == 1}


def _with(path: str, outcome: str) -> str:
    """Have the page say how a login ended that did not succeed."""
    base, hash_, fragment = path.partition("#")
    return base + ("&" if "?" in base else "?") + urlencode({"login": outcome}) + hash_ + fragment
