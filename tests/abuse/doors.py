"""Attacks on doors, while others come to them with what opens them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import Any, Final

from tests.abuse.forms import FOREIGN_ORIGINS
from tests.abuse.identity import OURS, SILENT, THEIRS
from tests.abuse.raid import Line, Raid
from tests.abuse.talk import OFTEN, answer, ask_for_users, connect, join, knock, make_gesture
from tests.abuse.victim import CLUB, ORIGIN, PASSWORD, SQUARE, VAULT
from tests.bench.guild import members

LINES: Final = 20
CROWD: Final = 300
GUESSERS: Final = 40
NEIGHBOURS: Final = 5  # people who come with what opens a door, each from an address of their own
FIRST_NEIGHBOUR: Final = 100  # their addresses come from here on
_TRIES: Final = 20
_AGAIN: Final = 0.5  # seconds until somebody tries to log in again

Visit = Callable[[Line], Awaitable[str]]


def ours(uid: str = "7") -> dict[str, Any]:
    """Bring a login that is good."""
    return {"discordToken": f"{OURS}{uid}", "discordUser": {"id": uid}}


def _made_up(kind: str = "made-up-token-") -> Callable[[], dict[str, Any]]:
    numbers = count()
    return lambda: {"discordToken": f"{kind}{next(numbers)}", "discordUser": {"id": "7"}}


# Who guesses


async def password_guessing(raid: Raid) -> None:
    """One password after the other."""
    await raid.again(10, partial(_guess, raid))


async def many_guessers(raid: Raid) -> None:
    """The same from many addresses, while people come with the right one."""
    guessing = raid.again(GUESSERS, partial(_guess, raid), doors=GUESSERS)
    await _beside(raid, guessing, lambda line: knock(line, VAULT.slug, password=PASSWORD))


async def _guess(raid: Raid, line: Line) -> None:
    await line.upgrade()
    for number in count():
        if not raid.goes_on:
            break
        raid.heard[await knock(line, VAULT.slug, password=f"guess-{number}")] += 1


async def _beside(raid: Raid, attack: Awaitable[None], visit: Visit) -> None:
    """Let people come while an attack goes on, once it is known; count who is let in, and who isn't."""

    async def come(headers: tuple[str, ...], line: Line) -> None:
        await line.upgrade(*headers)
        came = await visit(line)
        raid.heard["let in" if came == "in" else "kept out"] += 1

    async def neighbour(door: int) -> None:
        await asyncio.sleep(raid.seconds / 2)
        headers = (await _log_in(raid, door), f"Origin: {ORIGIN}") if visit is _by_page else ()
        await raid.call(partial(come, headers), door)

    await asyncio.gather(attack, *(neighbour(FIRST_NEIGHBOUR + number) for number in range(NEIGHBOURS)))


# Tokens


async def token_replay(raid: Raid) -> None:
    """The token that somebody gave to another application, with who that is."""
    login = {"discordToken": f"{THEIRS}7", "discordUser": {"id": "7", "username": "Somebody"}}

    async def replay(line: Line) -> None:
        await line.upgrade()
        while raid.goes_on:
            raid.heard[await knock(line, CLUB.slug, **login)] += 1

    await raid.again(10, replay)


async def token_flood(raid: Raid) -> None:
    """Tokens that nobody was given, as fast as frames may come; others come with good ones."""
    made_up = _made_up()
    flooding = raid.again(LINES, partial(_bring, raid, CLUB.slug, made_up))
    await _beside(raid, flooding, lambda line: knock(line, CLUB.slug, **ours()))


async def default_door(raid: Raid) -> None:
    """The same where nobody says which guild they mean; others log in on the page."""
    flooding = raid.again(LINES, partial(_bring, raid, "default", _made_up()))
    await _beside(raid, flooding, _by_page)


async def _bring(raid: Raid, server: str, login: Callable[[], dict[str, Any]], line: Line) -> None:
    await line.upgrade()
    while raid.goes_on:
        raid.heard[await knock(line, server, **login())] += 1
        await asyncio.sleep(OFTEN)


async def tokens_at_once(raid: Raid) -> None:
    """Three hundred of them in one moment, from one address."""
    made_up, here, all_here = _made_up(), [0], asyncio.Event()

    async def bring(line: Line) -> None:
        await line.upgrade()
        here[0] += 1
        if here[0] == CROWD:
            all_here.set()
        await all_here.wait()
        raid.heard[await knock(line, CLUB.slug, **made_up())] += 1

    visits = raid.once(CROWD, bring)
    await _beside(raid, visits, lambda line: knock(line, CLUB.slug, **ours()))


async def silent_discord(raid: Raid) -> None:
    """Logins of which Discord says nothing: they aren't wrong, and nobody has to wait for them."""

    async def bring(line: Line) -> None:
        unanswered = _made_up(SILENT)
        await line.upgrade()
        for _ in range(_TRIES):
            raid.heard[await knock(line, CLUB.slug, **unanswered())] += 1
        came = await knock(line, CLUB.slug, **ours())
        raid.heard["let in" if came == "in" else "kept out"] += 1

    await raid.once(2, bring)


# Logins on the page


async def cross_site(raid: Raid) -> None:
    """WebSockets of other sites' pages, with the cookie of somebody who is logged in."""
    cookie = await _log_in(raid)

    for origins in FOREIGN_ORIGINS:

        async def ask(line: Line, origins: tuple[str, ...] = origins) -> None:
            await line.upgrade(cookie, *(f"Origin: {origin}" for origin in origins))
            raid.heard[await knock(line, CLUB.slug)] += 1

        await raid.once(5, ask)


async def ended_login(raid: Raid) -> None:
    """Who has logged out asks for a guild's members on the connection that is still there."""

    async def stay(line: Line) -> None:
        cookie = await _log_in(raid)
        await line.upgrade(cookie, f"Origin: {ORIGIN}")
        assert await knock(line, SQUARE.slug) == "in"
        await line.say(ask_for_users(CLUB.id))
        raid.heard["told" if await answer(line) == "in" else "not told"] += 1
        await raid.call(partial(_request, [], f"POST /auth/logout HTTP/1.1\r\nOrigin: {ORIGIN}\r\n{cookie}"))
        while raid.goes_on:
            await line.say(ask_for_users(CLUB.id))
            came = await answer(line)
            raid.heard["leaked" if came == "in" else came] += 1
            await asyncio.sleep(OFTEN)

    await raid.once(5, stay)


async def gesture_flood(raid: Raid) -> None:
    """One member's figure is to move without end, by many connections of theirs, and by some of nobody's."""
    cookie = await _log_in(raid, uid=members(100)[0].uid)  # of the square

    async def wave(line: Line, *headers: str) -> None:
        await line.upgrade(*headers)
        await line.say(connect(SQUARE.slug, events=["gesture"]))
        await join(line)
        while True:  # whoever was late tries it, too
            raid.heard[await make_gesture(line)] += 1
            if not raid.goes_on:
                break
            await asyncio.sleep(OFTEN)

    async def wave_as_member(line: Line) -> None:
        await wave(line, cookie, f"Origin: {ORIGIN}")

    await asyncio.gather(raid.once(LINES, wave_as_member), raid.once(NEIGHBOURS, wave))


async def _by_page(line: Line) -> str:
    """Come as somebody who has logged in on the page: it is the cookie that opens the door."""
    return await knock(line, CLUB.slug)


async def _log_in(raid: Raid, door: int = 0, uid: str = "7") -> str:
    """Log somebody in at the victim's; return their cookie as a header.

    Where so many have logged in that they, or Discord, have to be left alone for now, they try again.
    """
    while True:
        heads: list[str] = []
        await raid.call(partial(_request, heads, "GET /auth/login HTTP/1.1"), door)
        if heads[0].startswith("HTTP/1.1 429"):
            await asyncio.sleep(_AGAIN)
            continue
        state = _find(r"state=([\w-]+)", heads[0])
        flow = _find(r"Set-Cookie: (dzone_flow=[^;]+)", heads[0])
        callback = f"GET /auth/callback?code={uid}&state={state} HTTP/1.1\r\nCookie: {flow}"
        await raid.call(partial(_request, heads, callback), door)
        if not re.match(r"HTTP/1.1 429|.*^Location: /\?login=silent", heads[1], re.DOTALL | re.MULTILINE):
            return "Cookie: " + _find(r"Set-Cookie: (dzone_login=[^;]+)", heads[1])
        await asyncio.sleep(_AGAIN)


async def _request(heads: list[str], request: str, line: Line) -> None:
    await line.request(f"{request}\r\nHost: zone.test\r\n\r\n".encode())
    heads.append(line.head)


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]
