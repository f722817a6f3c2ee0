"""Who may watch a guild that asks for a login."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import discord
import pytest

from bot.client import INTENTS
from bot.gateway.abilities import Abilities
from bot.login import logins
from bot.login.logins import MAX_REMEMBERED, REMEMBERED_FOR, Logins
from bot.login.oauth import Application, Grant, OAuth, OAuthError, Unanswered
from bot.policy import Policy
from bridge.access.login import Denied
from bridge.errors import NoAnswer, NotAMember
from cogs.settings import GuildSettings
from tests.bot.memory import MemorySettings
from tests.bot.world import Member, User, World
from tests.bridge.clock import StillClock

OURS = "900000000000000001"
TOKEN = "a.token-that_is.never.kept"
LATER = timedelta(hours=1)


class Script(OAuth):
    """A Discord that says of each token and code what it is told to."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", Application(OURS, "secret"))
        self.says: dict[str, Grant | OAuthError] = {}
        self.asked: list[str] = []

    async def inspect(self, token: str, *, redeemed: bool = False) -> Grant:
        self.asked.append(token)
        found = self.says.get(token, OAuthError("Discord answered 401"))
        if isinstance(found, OAuthError):
            raise found
        return found

    async def redeem(self, code: str, redirect_uri: str, verifier: str) -> str:
        if (code, redirect_uri, verifier) != ("code", "uri", "verifier"):
            raise OAuthError("Discord answered 400")
        return TOKEN


class Door:
    """A guild that asks for a login, with ann and bob in it, who has the role `Insiders`."""

    def __init__(self) -> None:
        self.world = World()
        self.world.written.miscount = 0  # else nobody knows when all have come
        self.role = self.world.written.role("Insiders")
        self.world.bob.roles = [self.role]
        self.settings = MemorySettings()
        self.discord = Script()
        self.logins = Logins(self.world.client, self.discord, Policy(self.settings))
        self.protect("login")
        self.world.learn()

    def protect(self, protection: Any, role_id: int | None = None) -> None:
        self.settings.guilds[self.world.written.id] = GuildSettings(protection=protection, role_id=role_id)

    def grant(self, who: Member | User, **changes: Any) -> Grant:
        """Let Discord say that the token is somebody's."""
        told = {
            "application_id": OURS,
            "scopes": frozenset({"identify"}),
            "expires": datetime.now(UTC) + LATER,
            "user_id": str(who.id),
            "user_name": "somebody",
        }
        made = Grant(**cast("Any", told | changes))
        self.discord.says[TOKEN] = made
        return made

    async def knock(self, who: Member | User | str, token: str = TOKEN) -> bool | datetime:
        """Ask as a viewer does who says that they are somebody."""
        uid = who if isinstance(who, str) else str(who.id)
        try:
            return await self.logins.validate(token, {"id": uid, "username": "x"}, str(self.world.written.id))
        except NotAMember:
            return False


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> StillClock:
    """The loop's time, which stands still until a test moves it on."""
    loop = asyncio.get_running_loop()
    clock = StillClock(loop.time())
    monkeypatch.setattr(loop, "time", clock)
    return clock


# Tokens


async def test_a_member(door: Door) -> None:
    """They may watch until their token expires."""
    grant = door.grant(door.world.ann)
    assert await door.knock(door.world.ann) == grant.expires


CONDITIONS = ("ours", "identifies", "lasts", "claimed", "member", "role", "protected")


async def test_every_reason_is_needed() -> None:
    """Whatever else is as it should be: one that is missing keeps the door shut."""
    for holds in itertools.product((True, False), repeat=len(CONDITIONS)):
        case = dict(zip(CONDITIONS, holds, strict=True))
        assert bool(await _opens(case)) is all(holds), case


async def _opens(case: Mapping[str, bool]) -> bool | datetime:
    door = Door()
    world = door.world
    who: Member | User = world.bob if case["role"] else world.ann
    if not case["member"]:
        who = User("stranger")
    door.protect("login" if case["protected"] else "off", role_id=door.role.id)
    door.grant(
        who,
        application_id=OURS if case["ours"] else "1",
        scopes=frozenset({"identify" if case["identifies"] else "guilds"}),
        expires=datetime.now(UTC) + (LATER if case["lasts"] else -LATER),
    )
    return await door.knock(who if case["claimed"] else "1")


@pytest.mark.parametrize("uid", [None, 0, "", "ann", True, [], {}, 1.5], ids=repr)
async def test_who_says_nothing_sensible(door: Door, uid: object) -> None:
    """It is not the token's user, whatever it is."""
    door.grant(door.world.ann)
    guild = str(door.world.written.id)
    assert await door.logins.validate(TOKEN, {"id": uid}, guild) is False
    assert await door.logins.validate(TOKEN, {}, guild) is False


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 201, "with space in it", "line\nbreak-in-it", "Ünïcödé-tokens",
              "a" * 20 + "\n"],
    ids=["empty", "short", "long", "space", "line break", "no ASCII", "line end"],
)  # fmt: skip
async def test_what_is_no_token(door: Door, token: str) -> None:
    """Discord isn't asked about it."""
    assert await door.knock(door.world.ann, token) is False
    assert door.discord.asked == []


async def test_a_guild_that_the_bot_is_not_in(door: Door) -> None:
    """Nobody is a member there."""
    door.grant(door.world.ann)
    with pytest.raises(NotAMember):
        await door.logins.validate(TOKEN, {"id": str(door.world.ann.id)}, "1")


async def test_a_good_token_of_no_member(door: Door) -> None:
    """It is no wrong one: nobody made it up."""
    stranger = User("stranger")
    door.grant(stranger)
    with pytest.raises(NotAMember):
        await door.logins.validate(TOKEN, {"id": str(stranger.id)}, str(door.world.written.id))


# The guild


async def test_a_role(door: Door) -> None:
    """Only members with it, for as long as they have it and it exists."""
    world, guild = door.world, str(door.world.written.id)
    door.protect("login", role_id=door.role.id)
    assert not await door.logins.may_watch(str(world.ann.id), guild)
    assert await door.logins.may_watch(str(world.bob.id), guild)
    world.hear("GUILD_ROLE_DELETE", {"guild_id": guild, "role_id": str(door.role.id)})
    assert not await door.logins.may_watch(str(world.bob.id), guild)


async def test_who_leaves(door: Door) -> None:
    """The token is as good as before; the guild is not theirs any more."""
    door.grant(door.world.ann)
    assert await door.knock(door.world.ann)
    gone = {"guild_id": str(door.world.written.id), "user": door.world.ann.user.payload()}
    door.world.hear("GUILD_MEMBER_REMOVE", gone)
    assert await door.knock(door.world.ann) is False


class Fetching:
    """Answers when a guild is asked for a member that it doesn't know yet."""

    def __init__(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[int] = []
        self.answer: Exception | discord.Member | None = None
        fetching = self

        async def fetch_member(guild: discord.Guild, user_id: int, /) -> discord.Member:
            fetching.asked.append(user_id)
            if isinstance(fetching.answer, discord.Member):
                return fetching.answer
            assert fetching.answer is not None
            raise fetching.answer

        monkeypatch.setattr(discord.Guild, "fetch_member", fetch_member)


class Response:
    def __init__(self, status: int = 404, reason: str = "Not Found") -> None:
        self.status, self.reason = status, reason


UNKNOWN = discord.NotFound(cast("Any", Response()), {"code": 10007, "message": "Unknown Member"})
BLOCKED = discord.Forbidden(cast("Any", Response(403)), {"code": 40333, "message": "internal network error"})


def unloaded(door: Door) -> str:
    """Let the guild be one whose members haven't all come; return its id."""
    door.world._differs["member_count"] = 300
    door.world.learn()
    return str(door.world.written.id)


@pytest.mark.parametrize(
    "trouble",
    [
        discord.DiscordServerError(cast("Any", Response(503, "x")), "x"),
        BLOCKED,
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_member_whom_discord_doesn_t_tell_of(
    door: Door, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """That is no answer; it isn't remembered."""
    guild, fetching = unloaded(door), Fetching(door, monkeypatch)
    fetching.answer = trouble
    for _ in range(2):
        with pytest.raises(NoAnswer):
            await door.logins.may_watch("7", guild)
    assert fetching.asked == [7, 7]


async def test_who_is_no_member_is_asked_about_once_in_a_while(
    door: Door, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A viewer may ask ten times a second."""
    guild, fetching = unloaded(door), Fetching(door, monkeypatch)
    fetching.answer = UNKNOWN
    for _ in range(10):
        assert not await door.logins.may_watch("7", guild)
    assert fetching.asked == [7]
    clock.now += logins.STRANGER_FOR + 1
    assert not await door.logins.may_watch("7", guild)
    assert fetching.asked == [7, 7]


@pytest.mark.usefixtures("clock")
async def test_one_account_doesn_t_ask_for_all(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a share of what Discord may be asked."""
    guild, fetching = unloaded(door), Fetching(door, monkeypatch)
    fetching.answer = discord.DiscordServerError(cast("Any", Response(503, "x")), "x")
    for uid in ("7", "8"):
        for _ in range(50):
            with pytest.raises(NoAnswer):
                await door.logins.may_watch(uid, guild)
    assert fetching.asked.count(7) == fetching.asked.count(8) == 30


async def test_a_member_who_has_not_been_loaded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as members are missing, Discord is asked about this one."""
    world, fetching = door.world, Fetching(door, monkeypatch)
    fetching.answer = world.member(world.bob)
    world._differs["member_count"] = 300
    del world.written.members[world.bob.id]
    world.learn()
    assert await door.logins.may_watch(str(world.bob.id), str(world.written.id))
    assert fetching.asked == [world.bob.id]
    fetching.answer = UNKNOWN
    assert not await door.logins.may_watch("7", str(world.written.id))


async def test_a_guild_that_is_loaded_asks_nobody(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who isn't there is no member."""
    fetching = Fetching(door, monkeypatch)
    assert not await door.logins.may_watch("7", str(door.world.written.id))
    assert fetching.asked == []


async def test_without_the_intent_discord_is_asked(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gateway tells of no member who changes, what is cached of them may be long gone."""
    world, fetching = door.world, Fetching(door, monkeypatch)
    world.learn()
    world.client._connection._intents = Abilities(members=False).within(INTENTS)
    fetching.answer = UNKNOWN
    assert not await door.logins.may_watch(str(world.ann.id), str(world.written.id))
    assert fetching.asked == [world.ann.id]


# What is remembered


async def test_discord_is_asked_once_in_a_while(door: Door, clock: StillClock) -> None:
    """Also about a token that is none."""
    for answer in (door.grant(door.world.ann), OAuthError("Discord answered 401")):
        door.discord.says[TOKEN] = answer
        for _ in range(3):
            await door.knock(door.world.ann)
        clock.now += REMEMBERED_FOR + 1
    assert len(door.discord.asked) == 2


async def test_a_revoked_token_is_refused_in_the_end(door: Door, clock: StillClock) -> None:
    """After as long as it is believed."""
    door.grant(door.world.ann)
    assert await door.knock(door.world.ann)
    door.discord.says.clear()
    clock.now += REMEMBERED_FOR - 1
    assert await door.knock(door.world.ann)
    clock.now += 2
    assert await door.knock(door.world.ann) is False


async def test_a_remembered_token_expires(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it said that it would."""
    door.grant(door.world.ann, expires=datetime.now(UTC) + timedelta(seconds=60))
    assert await door.knock(door.world.ann)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Tomorrow":
            return cls.fromtimestamp(datetime.now(tz).timestamp() + 86_400, tz)

    monkeypatch.setattr(logins, "datetime", Tomorrow)
    assert await door.knock(door.world.ann) is False
    assert len(door.discord.asked) == 1


async def test_the_lack_of_an_answer_is_not_remembered(door: Door) -> None:
    """As soon as Discord answers again, tokens are good again."""
    door.discord.says[TOKEN] = Unanswered("Discord answered 503")
    for _ in range(2):
        with pytest.raises(NoAnswer):
            await door.knock(door.world.ann)
    door.grant(door.world.ann)
    assert await door.knock(door.world.ann)


async def test_several_windows_ask_once(door: Door) -> None:
    """They come with the same token at once."""
    door.grant(door.world.ann)
    told = await asyncio.gather(*(door.knock(door.world.ann) for _ in range(20)))
    assert all(told)
    assert door.discord.asked == [TOKEN]
    assert not door.logins._asking


async def test_refusals_are_summed_up(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever makes up tokens fills no log."""
    for number in range(200):
        await door.knock(door.world.ann, f"made-up-token-{number}")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO] == [
        "no login: a token was refused: Discord answered 401 (1)"
    ]


async def test_no_token_is_kept(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Nor logged, whatever becomes of it."""
    with caplog.at_level(logging.DEBUG):
        for answer in (door.grant(door.world.ann), OAuthError("no"), Unanswered("not now")):
            door.discord.says[TOKEN] = answer
            with contextlib.suppress(NoAnswer):
                await door.knock(door.world.ann)
            with contextlib.suppress(NoAnswer):
                await door.knock("1")
            door.logins._seen.clear()
        with contextlib.suppress(NoAnswer):
            await door.knock(door.world.ann)
    assert TOKEN not in repr(door.logins._seen)
    assert TOKEN not in caplog.text


async def test_memory_is_bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up tokens push out the oldest, and no more are remembered."""
    monkeypatch.setattr(logins, "MAX_REMEMBERED", 3)
    for number in range(10):
        await door.knock(door.world.ann, f"made-up-token-{number}")
    assert len(door.logins._seen) == 3
    await door.knock(door.world.ann, "made-up-token-9")
    assert len(door.discord.asked) == 10
    assert MAX_REMEMBERED >= 10_000


# The page's logins


async def test_who_comes_back_with_a_code(door: Door) -> None:
    """It is whom Discord names."""
    door.grant(door.world.ann, user_name="Ann ♥")
    account = await door.logins.identify("code", "uri", "verifier")
    assert (account.uid, account.name) == (str(door.world.ann.id), "Ann ♥")


@pytest.mark.parametrize(
    "trouble",
    [
        {"application_id": "1"},
        {"scopes": frozenset({"guilds"})},
        {"expires": datetime(2020, 1, 1, tzinfo=UTC)},
        OAuthError("no"),
    ],
    ids=["another application", "no identify", "expired", "refused"],
)
async def test_who_comes_back_with_a_bad_one(door: Door, trouble: Any) -> None:
    """Nobody is logged in."""
    if isinstance(trouble, OAuthError):
        door.discord.says[TOKEN] = trouble
    else:
        door.grant(door.world.ann, **trouble)
    with pytest.raises(Denied):
        await door.logins.identify("code", "uri", "verifier")


async def test_who_comes_back_while_discord_is_silent(door: Door) -> None:
    """It is no wrong code."""
    door.discord.says[TOKEN] = Unanswered("Discord answered 503")
    with pytest.raises(NoAnswer):
        await door.logins.identify("code", "uri", "verifier")


async def test_a_code_that_is_none(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """The log says that it was refused, and not what it was."""
    with pytest.raises(Denied):
        await door.logins.identify("a-guessed-code", "uri", "verifier")
    assert "a login failed: Discord answered 400" in caplog.text
    assert "a-guessed-code" not in caplog.text


def test_where_people_log_in(door: Door) -> None:
    """At Discord, as our application."""
    assert f"client_id={OURS}" in door.logins.login_url("uri", "state", "challenge")
