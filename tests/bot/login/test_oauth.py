"""What Discord is asked about tokens and codes, and what becomes of its answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from bot.login import oauth
from bot.login.oauth import LONGEST_REST, Application, OAuth, OAuthError, Unanswered
from bot.running.values import DISCORD_API
from tests.bridge.clock import StillClock
from tests.bridge.watchers import PATIENCE
from tests.e2e.loopback import LoopbackDiscord
from tests.e2e.model import User
from tests.e2e.oauth import CLIENT_SECRET

HERE = "https://zone.example.org/auth/callback"
VERIFIER = "v" * 64
CHALLENGE = "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM"  # its SHA-256
TOKEN = "a.token.that-is-in-no-message"
GOOD: dict[str, Any] = {
    "application": {"id": "1"},
    "scopes": ["identify"],
    "expires": "2021-01-23T02:33:17.017000+00:00",
    "user": {"id": "2", "username": "ada", "global_name": None},
}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Discord the time that a busy machine takes."""
    monkeypatch.setattr(oauth, "TIMEOUT", PATIENCE)


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as discord:
        discord.oauth.redirect_uris.add(HERE)
        discord.oauth.visitor = User("ada", "Ada ♥")
        yield discord


@pytest.fixture
async def asking(discord: LoopbackDiscord) -> AsyncIterator[OAuth]:
    """Asks the loopback Discord."""
    asking = OAuth(discord.api_url, Application(str(discord.bot.id), CLIENT_SECRET))
    yield asking
    await asking.close()


async def agree(asking: OAuth, state: str = "s") -> str:
    """Let somebody open the login's address and agree; return the code that they come back with."""
    url = URL(asking.login_url(HERE, state, CHALLENGE), encoded=True)
    async with ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
        assert answer.status == 302
        came_back = URL(answer.headers["Location"])
    assert came_back.query["state"] == state
    return came_back.query["code"]


# With Discord


async def test_a_code_is_traded_for_a_token(asking: OAuth, discord: LoopbackDiscord) -> None:
    """Whose it is, for which application, and until when."""
    grant = await asking.inspect(
        await asking.redeem(await agree(asking, "a state/with&odd=signs"), HERE, VERIFIER)
    )
    user = discord.oauth.visitor
    assert user is not None
    assert (grant.user_id, grant.user_name) == (str(user.id), "Ada ♥")
    assert (grant.application_id, grant.scopes) == (str(discord.bot.id), frozenset({"identify"}))
    assert timedelta(days=6) < grant.expires - datetime.now(UTC) < timedelta(days=8)


async def test_a_code_is_good_once(asking: OAuth) -> None:
    """Who sees it in a log is too late."""
    code = await agree(asking)
    await asking.redeem(code, HERE, VERIFIER)
    with pytest.raises(OAuthError):
        await asking.redeem(code, HERE, VERIFIER)


@pytest.mark.parametrize(
    ("redirect_uri", "verifier"),
    [("https://evil.example/auth/callback", VERIFIER), (HERE, "w" * 64), (HERE, "")],
    ids=["elsewhere", "another verifier", "no verifier"],
)
async def test_a_stolen_code(asking: OAuth, redirect_uri: str, verifier: str) -> None:
    """It is worth nothing without the verifier, which never left us."""
    with pytest.raises(OAuthError):
        await asking.redeem(await agree(asking), redirect_uri, verifier)


async def test_a_wrong_secret(asking: OAuth, discord: LoopbackDiscord) -> None:
    """Only the application itself is told."""
    other = OAuth(discord.api_url, Application(str(discord.bot.id), "another"))
    with pytest.raises(OAuthError, match="401"):
        await other.redeem(await agree(asking), HERE, VERIFIER)
    await other.close()


async def test_a_token_without_identify(asking: OAuth, discord: LoopbackDiscord) -> None:
    """Discord doesn't say whose it is."""
    token = discord.oauth.issue(User("ada"), scopes=("guilds",))
    with pytest.raises(OAuthError, match="whose"):
        await asking.inspect(token)


@pytest.mark.parametrize("fate", ["expired", "revoked", "invented"])
async def test_a_token_that_is_none(asking: OAuth, discord: LoopbackDiscord, fate: str) -> None:
    """That is an answer, not the lack of one."""
    token = discord.oauth.issue(User("ada"), lasts=timedelta(seconds=-1 if fate == "expired" else 60))
    if fate == "revoked":
        discord.oauth.revoke(token)
    with pytest.raises(OAuthError, match="401") as refused:
        await asking.inspect("x" * 30 if fate == "invented" else token)
    assert not isinstance(refused.value, Unanswered)


# Addresses


def test_where_people_log_in() -> None:
    """Discord's own page, where its own API is asked; else one beside the API."""
    for api, page in (
        (DISCORD_API, "https://discord.com/oauth2/authorize"),
        ("http://proxy.example/api", "http://proxy.example/api/oauth2/authorize"),
    ):
        url = OAuth(api, Application("1")).login_url(HERE, "the state", "the-challenge")
        assert url.partition("?")[0] == page
        assert parse_qs(urlsplit(url).query) == {
            "client_id": ["1"],
            "response_type": ["code"],
            "redirect_uri": [HERE],
            "scope": ["identify"],
            "state": ["the state"],
            "code_challenge": ["the-challenge"],
            "code_challenge_method": ["S256"],
            "prompt": ["none"],
        }


def test_a_secret_is_not_shown() -> None:
    """Whoever prints an application doesn't print what proves to be it."""
    assert "secret" not in repr(Application("1", "the secret"))


# Answers that are none

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[OAuth]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Be a Discord that answers everything in one way."""
    runners: list[web.AppRunner] = []
    asking: list[OAuth] = []

    async def start(handler: Handler) -> OAuth:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        asking.append(OAuth(f"http://127.0.0.1:{runners[-1].addresses[0][1]}", Application("1", "secret")))
        return asking[-1]

    yield start
    for one in asking:
        await one.close()
    for runner in runners:
        await runner.cleanup()


def answering(status: int = 200, body: bytes | str = b"{}", **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return answer


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503, 504])
async def test_no_answer(serve: Serve, status: int) -> None:
    """Discord has an outage, or enough of us: nothing is known of the token."""
    with pytest.raises(Unanswered, match=str(status)):
        await (await serve(answering(status))).inspect(TOKEN)


async def test_a_discord_that_can_t_be_reached(serve: Serve, discord: LoopbackDiscord) -> None:
    """Nothing is known then either."""

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    with pytest.raises(Unanswered):
        await (await serve(hang_up)).inspect(TOKEN)


async def test_a_discord_that_hangs(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it for long."""
    monkeypatch.setattr(oauth, "TIMEOUT", 0.05)

    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    with pytest.raises(Unanswered, match="TimeoutError"):
        await (await serve(hang)).inspect(TOKEN)


async def test_no_redirect_is_followed(serve: Serve) -> None:
    """A token goes to Discord alone."""
    asked = []

    async def lead_astray(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    with pytest.raises(OAuthError, match="307"):
        await (await serve(lead_astray)).inspect(TOKEN)
    assert asked == ["/oauth2/@me"]


async def test_an_answer_in_pieces(serve: Serve) -> None:
    """Networks cut answers up as they like."""

    async def dribble(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        whole = json.dumps(GOOD).encode()
        for start in range(0, len(whole), 40):
            await response.write(whole[start : start + 40])
            await asyncio.sleep(0)
        return response

    assert (await (await serve(dribble)).inspect(TOKEN)).user_id == "2"


async def test_an_endless_answer(serve: Serve) -> None:
    """Nobody fills our memory."""

    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)

    with pytest.raises(OAuthError, match="too long"):
        await (await serve(pour)).inspect(TOKEN)


def changed(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (GOOD | fields).items() if value is not ...}


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"no JSON", b"\xff\xfe", b"[]", b"null", b"{}", b'"text"',
        *(json.dumps(one) for one in (
            changed(user=...), changed(user=None), changed(user={}), changed(user={"id": "2"}),
            changed(application=...), changed(application="1"), changed(scopes=None), changed(scopes=[["a"]]),
            changed(expires=...), changed(expires=None), changed(expires="tomorrow"), changed(expires=5),
        )),
    ],
    ids=range(19),
)  # fmt: skip
async def test_an_answer_that_says_nothing(serve: Serve, answer: bytes | str) -> None:
    """It is a refusal, and no failure of ours; its message repeats nothing."""
    asking = await serve(answering(body=answer))
    for ask in (asking.inspect(TOKEN), asking.redeem(TOKEN, HERE, VERIFIER)):
        with pytest.raises(OAuthError) as refused:
            await ask
        assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("scopes", [["identify"], ["guilds", "identify", "email"]], ids=["one", "three"])
async def test_a_good_answer(serve: Serve, scopes: list[str]) -> None:
    """Where there is no name of their choice, the account's counts."""
    grant = await (await serve(answering(body=json.dumps(changed(scopes=scopes))))).inspect(TOKEN)
    assert (grant.user_name, grant.scopes) == ("ada", frozenset(scopes))
    assert grant.expires.tzinfo is not None


async def test_discord_is_not_flooded(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong tokens may not have our address shut out: beyond some, Discord isn't even asked."""
    asked = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=401)

    monkeypatch.setattr(oauth, "ASKED_AT_ONCE", 5)
    monkeypatch.setattr(oauth, "ASKED_PER_SECOND", 0.001)
    asking = await serve(refuse)
    refusals = []
    for number in range(8):
        with pytest.raises(OAuthError) as refused:
            await asking.inspect(f"{TOKEN}{number}")
        refusals.append(isinstance(refused.value, Unanswered))
    assert refusals == [False] * 5 + [True] * 3
    assert len(asked) == 5
    # Those who log in on our own page have a share of their own.
    for ask in (asking.redeem(TOKEN, HERE, VERIFIER), asking.inspect(TOKEN, redeemed=True)):
        with pytest.raises(OAuthError) as refused:
            await ask
        assert not isinstance(refused.value, Unanswered)
    assert len(asked) == 7


@pytest.mark.parametrize(("header", "rest"), [("3.5", 3.5), ("86400", LONGEST_REST), ("soon", 1), ("-5", 1)])
async def test_when_it_is_too_much_for_discord(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, header: str, rest: float
) -> None:
    """It says for how long: until then it isn't asked, neither about tokens nor about codes."""
    asked = []

    async def limit(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429, headers={"Retry-After": header})

    asking = await serve(limit)
    clock = StillClock(asyncio.get_running_loop().time())
    monkeypatch.setattr(asyncio.get_running_loop(), "time", clock)
    for _ in range(2):
        for ask in (asking.inspect(TOKEN), asking.redeem(TOKEN, HERE, VERIFIER)):
            with pytest.raises(Unanswered):
                await ask
    assert len(asked) == 1
    assert asking._rests_until == clock.now + rest


def test_the_flood_stays_below_what_discord_takes() -> None:
    """10,000 invalid requests in ten minutes."""
    per_second = oauth.ASKED_PER_SECOND + oauth.RESERVED_PER_SECOND
    assert oauth.ASKED_AT_ONCE + oauth.RESERVED_AT_ONCE + 600 * per_second < 10_000


async def test_closing_what_never_asked() -> None:
    """There is nothing to close."""
    await OAuth(DISCORD_API, Application("1")).close()
