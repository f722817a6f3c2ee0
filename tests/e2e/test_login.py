"""Who logs in watches what only members may; nobody else does, and nobody longer than they may."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e.browser import Browser
from tests.e2e.conftest import assert_discreet, settings_for
from tests.e2e.decisions import LOGIN_NEEDED, PASSWORD
from tests.e2e.loopback import LoopbackDiscord
from tests.e2e.model import User
from tests.e2e.oauth import CLIENT_SECRET, ME
from tests.e2e.process import BotProcess
from tests.e2e.scene import Scene
from tests.e2e.viewer import ALL_EVENTS, truth
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Member
    from tests.e2e.model import Payload

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCENES = 50  # more than there are tests that use one up
NO_ANSWER = "Discord doesn't answer right now. Please try again in a moment."
NOT_A_MEMBER = "may not watch this server"
LOGIN_ENDED = "login has ended"


class Theatre:
    """One Discord for this file, with guilds, and a bot that can be started again where it was."""

    def __init__(self, discord: LoopbackDiscord, folder: Path) -> None:
        self.discord = discord
        self.harbour = discord.guild("Harbour", "eve")
        """A guild that everybody may watch."""
        self.bot: BotProcess
        self._folder = folder
        self._port = free_port()
        self._scenes = [Scene(discord) for _ in range(SCENES)]
        self._cookies: set[str] = set()

    async def start(self) -> None:
        """Start the bot, and have it tell all it would ever tell."""
        settings = settings_for(self.discord, self._port)
        settings |= {"DISCORD_CLIENT_SECRET": CLIENT_SECRET, "LOG_LEVEL": "DEBUG", "MAX_WRONG_TRIES": "1000"}
        settings |= {"ALLOWED_ORIGINS": "https://evil.example, null"}  # or they don't get as far as the door
        begun = len(self.discord.gateway.identifies)
        self.bot = await BotProcess.start(folder=self._folder, port=self._port, settings=settings)
        await self.bot.listening()
        await self.discord.heard(begun + 1)

    async def stop(self) -> None:
        """Stop the bot, and see that it told nobody what logs people in."""
        await self.bot.stop()
        assert_discreet(self.bot)
        oauth = self.discord.oauth
        secrets = {CLIENT_SECRET, oauth.basic, *oauth.secrets, *self._cookies}
        assert not [secret for secret in secrets if secret in self.bot.output]

    async def scene(self, role: bool = False) -> Scene:
        """Return a guild that only its members may watch, or only those with zed's role."""
        scene = self._scenes.pop()
        await protect(scene, **({"role": str(scene.zebras.id)} if role else {}))
        return scene

    def forget(self, browser: Browser) -> None:
        """Remember the cookies of a browser that is closed."""
        self._cookies |= browser.seen


async def protect(scene: Scene, **options: str) -> str:
    """Let only those watch who log in."""
    return (await scene.command(scene.keeper, "dzone protect login", **options)).text


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    """A bot that is up and running, on whose page people can log in."""
    async with LoopbackDiscord() as discord:
        theatre = Theatre(discord, tmp_path_factory.mktemp("theatre"))
        await theatre.start()
        yield theatre
        await theatre.stop()
        assert not discord.rest.unknown


@pytest_asyncio.fixture(loop_scope="session")
async def open_browser(theatre: Theatre) -> AsyncIterator[Callable[[User | Member | None], Browser]]:
    """Open somebody's browser."""
    browsers: list[Browser] = []

    def open_one(who: User | Member | None) -> Browser:
        user = who if who is None or isinstance(who, User) else who.user
        browsers.append(Browser(theatre.discord, theatre.bot, user))
        return browsers[-1]

    yield open_one
    for browser in browsers:
        await browser.close()
        theatre.forget(browser)


Open = Any  # Callable[[User | Member | None], Browser], which pytest can't look up


def login(theatre: Theatre, who: Member | User, **grant: Any) -> Payload:
    """Return what a d-zone client sends after somebody's login."""
    user = who if isinstance(who, User) else who.user
    token = theatre.discord.oauth.issue(user, **grant)
    return {"discordToken": token, "discordUser": {"id": str(user.id), "username": user.username}}


# d-zone clients: the implicit grant


async def test_a_member_gets_in(theatre: Theatre, watch: Watch) -> None:
    """Who shows a token that Discord gave them for the bot's own application."""
    scene = await theatre.scene()
    viewer = await watch(theatre.bot, scene.guild, **login(theatre, scene.ann))
    await viewer.sees(truth(scene.guild))
    assert viewer.joined[0]["clientId"] == str(theatre.discord.bot.id)


async def test_a_role_gets_in(theatre: Theatre, watch: Watch) -> None:
    """Where the guild asks for a role, members without it don't."""
    scene = await theatre.scene(role=True)
    await watch(theatre.bot, scene.guild, **login(theatre, scene.zed))
    viewer = await watch(theatre.bot)
    assert LOGIN_NEEDED in (await viewer.knock(str(scene.guild.id), **login(theatre, scene.ann)) or "")


async def test_the_role_may_come_later(theatre: Theatre, watch: Watch) -> None:
    """Who gets it gets in, with the token that was refused before."""
    scene = await theatre.scene(role=True)
    viewer, shown = await watch(theatre.bot), login(theatre, scene.ann)
    assert await viewer.knock(str(scene.guild.id), **shown) is not None
    scene.discord.set_roles(scene.ann, scene.zebras)
    witness = await watch(theatre.bot, scene.guild, **login(theatre, scene.zed))
    await witness.sees(truth(scene.guild))  # the role's colour, too
    await viewer.join(str(scene.guild.id), **shown)


TOKENS: dict[str, Callable[[Theatre, Scene], Payload]] = {
    "for another application": lambda theatre, scene: login(theatre, scene.ann, application_id="1" * 18),
    "that doesn't identify": lambda theatre, scene: login(theatre, scene.ann, scopes=("guilds",)),
    "expired": lambda theatre, scene: login(theatre, scene.ann, lasts=timedelta(seconds=-1)),
    "of another member": lambda theatre, scene: (
        login(theatre, scene.zed) | {"discordUser": {"id": scene.ann.uid}}
    ),
    "of no member": lambda theatre, scene: login(theatre, theatre.harbour.member("eve")),
    "of no member who says they are one": lambda theatre, scene: (
        login(theatre, theatre.harbour.member("eve")) | {"discordUser": {"id": scene.ann.uid}}
    ),
    "of a member who doesn't say so": lambda theatre, scene: (
        login(theatre, scene.ann) | {"discordUser": {"username": "ann"}}
    ),
    "invented": lambda theatre, scene: login(theatre, scene.ann) | {"discordToken": "x" * 30},
    "the bot's own": lambda theatre, scene: (
        login(theatre, scene.ann) | {"discordToken": theatre.discord.rest.token}
    ),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_opens_nothing(theatre: Theatre, watch: Watch, name: str) -> None:
    """Whoever stole, replays or makes up one stays outside, and learns nothing of the guild."""
    scene = await theatre.scene()
    viewer = await watch(theatre.bot)
    refusal = await viewer.knock(str(scene.guild.id), **TOKENS[name](theatre, scene))
    assert LOGIN_NEEDED in (refusal or "")
    assert not viewer.knows(scene.ann.uid)


async def test_a_revoked_token_opens_nothing(theatre: Theatre, watch: Watch) -> None:
    """Who told Discord that the application may no longer know them."""
    scene = await theatre.scene()
    shown = login(theatre, scene.ann)
    theatre.discord.oauth.revoke(shown["discordToken"])
    viewer = await watch(theatre.bot)
    assert LOGIN_NEEDED in (await viewer.knock(str(scene.guild.id), **shown) or "")


async def test_no_token_goes_back(theatre: Theatre, watch: Watch) -> None:
    """No frame has in it what a viewer showed."""
    scene = await theatre.scene()
    shown = login(theatre, scene.ann)
    viewer = await watch(theatre.bot, scene.guild, **shown)
    assert not viewer.knows(shown["discordToken"])


async def test_discord_is_asked_once(theatre: Theatre, watch: Watch) -> None:
    """Whoever comes with the same token soon after is let in without asking again."""
    scene = await theatre.scene()
    shown = login(theatre, scene.ann)
    before = theatre.discord.rest.requests.count(f"GET {ME}")
    for _ in range(3):
        await watch(theatre.bot, scene.guild, **shown)
    assert theatre.discord.rest.requests.count(f"GET {ME}") == before + 1


async def test_an_outage_is_over_when_it_is(theatre: Theatre, watch: Watch) -> None:
    """Who can't be let in while Discord answers nothing hears so, and is let in as soon as it does."""
    scene = await theatre.scene()
    shown, viewer = login(theatre, scene.ann), await watch(theatre.bot)
    theatre.discord.rest.broken[ME] = 503
    try:
        for _ in range(20):
            assert await viewer.knock(str(scene.guild.id), **shown) == NO_ANSWER
    finally:
        del theatre.discord.rest.broken[ME]
    await viewer.join(str(scene.guild.id), **shown)


# Our own page: the authorization code grant


async def test_a_login_on_the_page(theatre: Theatre, open_browser: Open) -> None:
    """It ends where it began, the page knows who is there, and its WebSocket gets in."""
    scene = await theatre.scene()
    browser = open_browser(scene.zed)
    assert await browser.me() == {"login": True, "user": None}
    where = f"/%3Fserver={scene.guild.id}"
    assert await browser.log_in(where) == f"/?server={scene.guild.id}"
    assert await browser.me() == {"login": True, "user": {"id": scene.zed.uid, "name": "Zeb"}}
    viewer = await browser.watch()
    await viewer.join(str(scene.guild.id))
    await viewer.sees(truth(scene.guild))


async def test_a_role_on_the_page(theatre: Theatre, open_browser: Open) -> None:
    """Who lacks it is told that it isn't the login that is missing; who has it gets in."""
    scene = await theatre.scene(role=True)
    for who, refusal in ((scene.ann, NOT_A_MEMBER), (scene.zed, None)):
        browser = open_browser(who)
        await browser.log_in()
        said = await (await browser.watch()).knock(str(scene.guild.id))
        assert (said is None) if refusal is None else refusal in (said or "")


async def test_a_stranger_on_the_page(theatre: Theatre, open_browser: Open) -> None:
    """A login is not a membership."""
    scene = await theatre.scene()
    browser = open_browser(User("stranger"))
    await browser.log_in()
    viewer = await browser.watch()
    assert NOT_A_MEMBER in (await viewer.knock(str(scene.guild.id)) or "")
    assert not viewer.knows(scene.ann.uid)


async def test_who_denies_is_not_logged_in(theatre: Theatre, open_browser: Open) -> None:
    """They return to the page, which can say so."""
    browser = open_browser(None)
    assert await browser.log_in() == "/?login=denied"
    assert (await browser.me())["user"] is None


@pytest.mark.parametrize("path", ["/oauth2/token", ME])
async def test_nobody_logs_in_during_an_outage(theatre: Theatre, open_browser: Open, path: str) -> None:
    """They return to the page, and can try again."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    theatre.discord.rest.broken[path] = 503
    try:
        assert await browser.log_in() == "/?login=silent"
    finally:
        del theatre.discord.rest.broken[path]
    assert (await browser.me())["user"] is None
    assert await browser.log_in() == "/"
    assert (await browser.me())["user"] is not None


async def test_a_callback_in_another_browser(theatre: Theatre, open_browser: Open) -> None:
    """Nobody is logged in as somebody else by a link."""
    scene = await theatre.scene()
    attacker, victim = open_browser(scene.zed), open_browser(scene.ann)
    link = await attacker.callback()
    assert await victim.go(link) == "/?login=failed"
    assert (await victim.me())["user"] is None


async def test_a_callback_in_the_middle_of_another_login(theatre: Theatre, open_browser: Open) -> None:
    """Nor while they are logging in themselves."""
    scene = await theatre.scene()
    attacker, victim = open_browser(scene.zed), open_browser(scene.ann)
    link = await attacker.callback()
    await victim.callback()
    assert await victim.go(link) == "/?login=failed"
    assert (await victim.me())["user"] is None


async def test_a_callback_is_good_once(theatre: Theatre, open_browser: Open) -> None:
    """Who finds one in a history finds nothing."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    link = await browser.callback()
    assert await browser.go(link) == "/"
    await browser.log_out()
    assert await browser.go(link) == "/?login=failed"
    assert (await browser.me())["user"] is None


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_a_cookie_on_somebody_else_s_page(
    theatre: Theatre, open_browser: Open, origin: str | None
) -> None:
    """A page of another origin opens a WebSocket with the victim's cookie: it counts for nothing."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    await browser.log_in()
    viewer = await browser.watch(Origin=origin)
    assert LOGIN_NEEDED in (await viewer.knock(str(scene.guild.id)) or "")
    assert not viewer.knows(scene.ann.uid)


async def test_another_page_logs_nobody_out(theatre: Theatre, open_browser: Open) -> None:
    """Not even where the browser sent the cookie along."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    await browser.log_in()
    origin, browser.origin = browser.origin, "https://evil.example"
    headers = {"Origin": browser.origin}
    async with browser._http.post(f"{origin}/auth/logout", headers=headers) as response:
        assert response.status == 403
    browser.origin = origin
    assert (await browser.me())["user"] is not None


async def test_a_login_leaves_other_logins_alone(theatre: Theatre, open_browser: Open, watch: Watch) -> None:
    """Discord ends all tokens of an authorization with one of them: those of d-zone clients as well."""
    scene = await theatre.scene()
    shown = login(theatre, scene.ann)
    browser = open_browser(scene.ann)
    await browser.log_in()
    await browser.log_out()
    await watch(theatre.bot, scene.guild, **shown)


async def test_a_login_outlives_the_bot(theatre: Theatre, open_browser: Open) -> None:
    """Who was logged in on the page still is after a restart."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    await browser.log_in()
    await theatre.stop()
    await theatre.start()
    browser = _moved(browser, theatre)
    assert (await browser.me())["user"] == {"id": scene.ann.uid, "name": "ann"}
    await (await browser.watch()).join(str(scene.guild.id))


def _moved(browser: Browser, theatre: Theatre) -> Browser:
    """The same browser, on the bot that runs now."""
    browser._bot = theatre.bot
    return browser


# The end of it


async def _leave(scene: Scene) -> None:
    scene.discord.remove_member(scene.zed)


async def _lose_role(scene: Scene) -> None:
    scene.discord.set_roles(scene.zed)


async def _delete_role(scene: Scene) -> None:
    scene.discord.delete_role(scene.guild, scene.zebras)


async def _ask_for_another_role(scene: Scene) -> None:
    await protect(scene, role=str(scene.keeper.roles[0].id))


async def _ask_for_a_password(scene: Scene) -> None:
    form = await scene.command(scene.keeper, "dzone protect password")
    await scene.discord.submit(form, PASSWORD)


async def _leave_during_an_outage(scene: Scene) -> None:
    scene.discord.fail(scene.guild)
    del scene.guild.members[scene.zed.id]
    scene.discord.recover(scene.guild)


async def _leave_unnoticed(scene: Scene) -> None:
    discord, times = scene.discord, len(scene.discord.gateway.identifies)
    discord.lose_sessions()
    discord.remove_member(scene.zed)
    discord.drop()
    await discord.identified(times + 1)


ENDS = {
    "leaves": _leave,  # or is kicked, or banned: Discord says it in the same words
    "loses the role": _lose_role,
    "role deleted": _delete_role,
    "another role": _ask_for_another_role,
    "password": _ask_for_a_password,
    "leaves during an outage": _leave_during_an_outage,
    "leaves unnoticed": _leave_unnoticed,
}


@pytest.mark.parametrize("end", ENDS)
async def test_access_ends_with_its_reason(
    theatre: Theatre, open_browser: Open, watch: Watch, end: str
) -> None:
    """Whichever way they came in: they hear why, are closed with 1008, and stay outside."""
    scene = await theatre.scene(role=True)
    shown, browser = login(theatre, scene.zed), open_browser(scene.zed)
    await browser.log_in()
    viewers = [await watch(theatre.bot, scene.guild, **shown), await browser.watch()]
    await viewers[1].join(str(scene.guild.id))
    await ENDS[end](scene)
    for viewer in viewers:
        assert await viewer.closed() == 1008
        assert len(viewer.errors) == 1
    again = [(await watch(theatre.bot), shown), (await browser.watch(), {})]
    for viewer, credentials in again:
        assert await viewer.knock(str(scene.guild.id), **credentials) is not None
        assert not viewer.knows(scene.ann.uid)


@pytest.mark.parametrize("end", ["leaves", "loses the role", "leaves unnoticed"])
async def test_others_stay(theatre: Theatre, watch: Watch, end: str) -> None:
    """What ends for one goes on for others."""
    scene = await theatre.scene(role=True)
    scene.discord.set_roles(scene.ann, scene.zebras)
    gone = await watch(theatre.bot, scene.guild, **login(theatre, scene.zed))
    stays = await watch(theatre.bot, scene.guild, **login(theatre, scene.ann))
    await ENDS[end](scene)
    assert await gone.closed() == 1008
    scene.discord.say(scene.guild.public, scene.ann, "still here")
    await stays.hears("still here")


async def test_a_role_that_doesn_t_matter(theatre: Theatre, watch: Watch) -> None:
    """Who loses another one goes on watching."""
    scene = await theatre.scene()
    viewer = await watch(theatre.bot, scene.guild, **login(theatre, scene.zed))
    await _lose_role(scene)
    await _delete_role(scene)
    scene.discord.say(scene.guild.public, scene.ann, "still here")
    await viewer.hears("still here")


async def test_an_open_guild_asks_for_no_reason(theatre: Theatre, watch: Watch) -> None:
    """Where everybody may watch now, nobody has to go because of how they came in."""
    scene = await theatre.scene(role=True)
    viewer = await watch(theatre.bot, scene.guild, **login(theatre, scene.zed))
    await scene.command(scene.keeper, "dzone protect off")
    await _lose_role(scene)
    await _leave(scene)
    scene.discord.say(scene.guild.public, scene.ann, "still here")
    await viewer.hears("still here")


async def test_what_was_said_behind_a_door_stays_there(theatre: Theatre, watch: Watch) -> None:
    """Who comes back when everybody may watch isn't sent it."""
    scene = await theatre.scene()
    shown = login(theatre, scene.zed)
    before = await watch(theatre.bot, scene.guild, events=ALL_EVENTS, batch=True, **shown)
    witness = await watch(theatre.bot, scene.guild, events=ALL_EVENTS, batch=True, **shown)
    await before.close()
    scene.discord.say(scene.guild.public, scene.ann, "the secret plan")
    await witness.hears("the secret plan")
    await scene.command(scene.keeper, "dzone protect off")
    back = await watch(theatre.bot, scene.guild, like=before, events=ALL_EVENTS, batch=True)
    scene.discord.say(scene.guild.public, scene.ann, "the public plan")
    await back.hears("the public plan")
    assert not back.knows("the secret plan")


async def test_access_ends_with_the_token(theatre: Theatre, watch: Watch) -> None:
    """When Discord said it would expire, and no earlier."""
    scene = await theatre.scene()
    shown = login(theatre, scene.ann)
    theatre.discord.oauth.unasked[shown["discordToken"]] = timedelta(seconds=3)
    viewer = await watch(theatre.bot, scene.guild, **shown)
    assert await viewer.closed() == 1008
    late = datetime.now(UTC) - theatre.discord.oauth.tokens[shown["discordToken"]].expires
    assert late > timedelta(seconds=-0.05)
    assert LOGIN_ENDED in viewer.errors[0]
    again = await watch(theatre.bot)
    assert await again.knock(str(scene.guild.id), **shown) is not None


async def test_access_ends_with_the_login(theatre: Theatre, open_browser: Open) -> None:
    """Who logs out has all windows closed, and a copy of their cookie is worth nothing."""
    scene = await theatre.scene()
    browser, other = open_browser(scene.ann), open_browser(scene.ann)
    await browser.log_in()
    await other.log_in()
    cookie = browser.cookie
    windows, elsewhere = [await browser.watch() for _ in range(2)], await other.watch()
    for window in (*windows, elsewhere):
        await window.join(str(scene.guild.id))
    await browser.log_out()
    for window in windows:
        assert await window.closed() == 1008
        assert LOGIN_ENDED in window.errors[0]
    assert browser.cookie == ""
    late = await browser.watch(Cookie=cookie)
    assert LOGIN_NEEDED in (await late.knock(str(scene.guild.id)) or "")
    scene.discord.say(scene.guild.public, scene.ann, "still here")
    await elsewhere.hears("still here")


async def test_who_logs_out_may_go_on_watching_the_rest(theatre: Theatre, open_browser: Open) -> None:
    """A window on a guild that everybody may watch stays; it opens no other any more."""
    scene = await theatre.scene()
    browser = open_browser(scene.ann)
    await browser.log_in()
    window = await browser.watch()
    await window.join(str(theatre.harbour.id))
    await browser.log_out()
    assert LOGIN_NEEDED in (await window.knock(str(scene.guild.id)) or "")
    theatre.discord.say(theatre.harbour.public, theatre.harbour.member("eve"), "ahoy")
    await window.hears("ahoy")


# Members who are not there yet


async def test_members_that_are_still_on_their_way(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """In a large guild that has just begun to load, each is asked for; access ends when that is known."""
    guild = discord.guild("Large", *(f"member{number}" for number in range(300)))
    for number in range(300):
        guild.member(f"member{number}").user.status = "offline"
    boss, late, gone = guild.member("owner"), guild.member("member298"), guild.member("member299")
    role = guild.role("Insiders")
    late.roles = gone.roles = [role]
    discord.gateway.withhold_members()
    bot = await launch()
    await discord.command(boss, "dzone protect login", role=str(role.id))
    viewers = {}
    for member in (late, gone):
        token = discord.oauth.issue(member.user)
        shown: Payload = {"discordToken": token, "discordUser": {"id": member.uid}}
        viewers[member] = await watch(bot, guild, **shown)
    stranger = await watch(bot)
    plain = guild.member("member297")
    for who in (plain.user, User("stranger")):
        shown = {"discordToken": discord.oauth.issue(who), "discordUser": {"id": str(who.id)}}
        assert LOGIN_NEEDED in (await stranger.knock(str(guild.id), **shown) or "")
    gone.roles = []
    discord.gateway.release_members()
    assert await viewers[gone].closed() == 1008
    discord.say(guild.public, late, "still here")
    await viewers[late].hears("still here")


# Without what a login needs


async def test_without_a_secret(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Nobody logs in on the page, and managers are told what is missing; d-zone clients need none."""
    scene = Scene(discord)
    bot = await launch()
    said = await protect(scene)
    assert "DISCORD_CLIENT_SECRET" in said
    assert f"http://127.0.0.1:{bot.port}/auth/callback" in said
    browser = Browser(discord, bot, scene.ann.user)
    assert await browser.me() == {"login": False, "user": None}
    async with browser._http.get(f"{browser.origin}/auth/login") as response:
        assert response.status == 404
    await browser.close()
    token = discord.oauth.issue(scene.ann.user)
    await watch(bot, scene.guild, discordToken=token, discordUser={"id": scene.ann.uid})


async def test_with_a_secret_nothing_is_missing(theatre: Theatre) -> None:
    """Then managers read nothing about it."""
    assert "DISCORD_CLIENT_SECRET" not in await protect(await theatre.scene())


async def test_another_application(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Where DISCORD_CLIENT_ID names one, clients log in to that, and the bot's own counts no more."""
    scene = Scene(discord)
    application = "123456789012345678"
    discord.guild("Harbour", "eve")
    bot = await launch(DISCORD_CLIENT_ID=application)
    await protect(scene)
    viewer = await watch(bot)
    assert viewer.joined[0]["clientId"] == application
    for application_id, opens in ((None, False), (application, True)):
        token = discord.oauth.issue(scene.ann.user, application_id=application_id)
        shown = {"discordToken": token, "discordUser": {"id": scene.ann.uid}}
        assert (await viewer.knock(str(scene.guild.id), **shown) is None) is opens


async def test_made_up_tokens(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Of all that one address makes up ten are asked about, at any door; the log says it in a few lines."""
    scene = Scene(discord)
    bot = await launch()
    await protect(scene)
    good: Payload = {
        "discordToken": discord.oauth.issue(scene.ann.user),
        "discordUser": {"id": scene.ann.uid},
    }
    member = await watch(bot, scene.guild, **good)
    viewers = [await watch(bot) for _ in range(10)]
    before, said = discord.rest.requests.count(f"GET {ME}"), len(bot.stdout.splitlines())
    began = time.monotonic()
    for turn in range(10):
        made_up: list[Payload] = [
            {"discordToken": f"made-up-token-{turn}-{number}", "discordUser": {"id": scene.ann.uid}}
            for number in range(len(viewers))
        ]
        doors = [str(scene.guild.id) if number % 2 else "default" for number in range(len(viewers))]
        await asyncio.gather(
            *(viewer.knock(door, **one) for viewer, door, one in zip(viewers, doors, made_up, strict=True))
        )
    more = int(time.monotonic() - began) + 1  # one for each second that went by
    assert discord.rest.requests.count(f"GET {ME}") <= before + 10 + more
    assert await member.knock(str(scene.guild.id), **good) is None
    assert len(bot.stdout.splitlines()) <= said + 5, bot.stdout
