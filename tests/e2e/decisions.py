"""What people may decide, and how it shows on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.e2e.scene import Scene, leaks
from tests.e2e.viewer import ALL_EVENTS, truth

if TYPE_CHECKING:
    from tests.e2e.conftest import Watch
    from tests.e2e.process import BotProcess

OLDEST: dict[str, Any] = {}
NEWEST: dict[str, Any] = {"events": ALL_EVENTS, "batch": True, "cursor": "", "recent": True}
KINDS = (OLDEST, NEWEST)
"""What viewers ask for: nothing, or all there is."""

NO_SUCH_SERVER = "couldn't connect"
LOGIN_NEEDED = "requires Discord authentication"
WRONG_PASSWORD = "wrong password"
PASSWORD = "correct-horse-battery"

Decide = Callable[[Scene], Awaitable[object]]


@dataclass(frozen=True)
class Hiding:
    """A decision, and the bytes that are gone with it; what takes it back, and what goes before."""

    decide: Decide
    hides: Callable[[Scene], list[str]]
    undo: Decide
    prepare: Decide | None = None


@dataclass(frozen=True)
class Change:
    """A decision, a look at what has become of it, and what takes it back."""

    decide: Decide
    holds: Callable[[Scene, BotProcess, Watch], Awaitable[None]]
    undo: Decide


def _keeper(line: str, **options: str) -> Decide:
    return lambda scene: scene.command(scene.keeper, line, **options)


def _owner(line: str, **options: str) -> Decide:
    return lambda scene: scene.command(scene.owner, line, **options)


def _zed(line: str, /, **options: str) -> Decide:
    return lambda scene: scene.command(scene.zed, line, **options)


async def _hide_zed(scene: Scene) -> None:
    await scene.discord.choose(scene.warden, "Hide from d-zone", scene.zed)


async def _show_zed(scene: Scene) -> None:
    reply = await scene.discord.choose(scene.warden, "Hide from d-zone", scene.zed)
    await scene.discord.press(reply, "Show again")


async def _show_den(scene: Scene) -> None:
    warning = await scene.command(scene.owner, "dzone channels show", channel="den-of-thieves")
    await scene.discord.press(warning, "Show it to strangers")


async def _ask_all(scene: Scene) -> None:
    await scene.command(scene.ann, "myself show")
    await scene.command(scene.keeper, "dzone optin", mode="on")


async def _protect(scene: Scene) -> None:
    form = await scene.command(scene.keeper, "dzone protect password")
    await scene.discord.submit(form, PASSWORD)


def _all_of_zed(scene: Scene) -> list[str]:
    return [scene.zed.uid, "Zeb", "zed-words", "🦓"]


def _all_words(scene: Scene) -> list[str]:
    return ["ann-words", "zed-words", "beep-words", "cove-words", "map-words", "hall-words", "grotto-words"]


def _all_of_cove(scene: Scene) -> list[str]:
    thread = [str(scene.map.id), "treasure-map", "map-words"]
    return [str(scene.cove.id), "smugglers-cove", "cove-words", "🦪", *thread]


HIDING = {
    "hide": Hiding(_zed("myself hide"), _all_of_zed, _zed("myself show")),
    "mute": Hiding(_zed("myself mute"), lambda scene: ["zed-words", "🦓"], _zed("myself show")),
    "menu": Hiding(_hide_zed, _all_of_zed, _show_zed),
    "role": Hiding(
        _keeper("dzone role hide", role="Herd"), _all_of_zed, _keeper("dzone role show", role="Herd")
    ),
    "consent": Hiding(
        _ask_all,
        lambda scene: [*_all_of_zed(scene), scene.beep.uid, "beep-words", scene.dan.uid, "Danforth"],
        _keeper("dzone optin", mode="off"),
    ),
    "bots": Hiding(
        _keeper("dzone members", bots="hide"),
        lambda scene: [scene.beep.uid, "beepomatic", "beep-words"],
        _keeper("dzone members", bots="show"),
    ),
    "offline": Hiding(
        _keeper("dzone members", offline="hide"),
        lambda scene: [scene.dan.uid, "Danforth"],
        _keeper("dzone members", offline="auto"),
    ),
    "text channel": Hiding(
        _keeper("dzone channels hide", channel="smugglers-cove"),
        _all_of_cove,
        _keeper("dzone channels reset", channel="smugglers-cove"),
    ),
    "voice channel": Hiding(
        _keeper("dzone channels hide", channel="deep-grotto"),
        lambda scene: [str(scene.grotto.id), "deep-grotto", "grotto-words"],
        _keeper("dzone channels show", channel="deep-grotto"),
    ),
    "private channel": Hiding(
        _owner("dzone channels reset", channel="den-of-thieves"),
        lambda scene: [str(scene.den.id), "den-of-thieves", "den-words"],
        _show_den,
        prepare=_show_den,
    ),
    "bubble": Hiding(
        _keeper("dzone messages", mode="bubble"), _all_words, _keeper("dzone messages", mode="recap")
    ),
    "no messages": Hiding(
        _keeper("dzone messages", mode="off"),
        lambda scene: [*_all_words(scene), "🦓", "🦪", '"typing"'],
        _keeper("dzone messages", mode="full"),
    ),
    "name": Hiding(
        _keeper("dzone name", name="Somewhere Else"),
        lambda scene: [scene.name],
        _keeper("dzone reset-name"),
    ),
}


async def _is_gone(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    guild = str(scene.guild.id)
    for kind in KINDS:
        viewer = await watch(bot, **kind)
        assert guild not in viewer.servers
        for name in (guild, scene.slug):
            assert NO_SUCH_SERVER in (await viewer.knock(name, **kind) or "")
        assert not leaks(viewer.frames, [guild, scene.name, scene.ann.uid], known=False)


async def _is_unlisted(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    for kind in KINDS:
        for name in (str(scene.guild.id), scene.slug):
            viewer = await watch(bot, name, **kind)
            await viewer.sees(truth(scene.guild))
            assert str(scene.guild.id) not in viewer.servers
            assert not leaks(viewer.frames[:1], [str(scene.guild.id), scene.name], known=False)


async def _wants_password(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    guild = str(scene.guild.id)
    for kind in KINDS:
        viewer = await watch(bot, **kind)
        assert viewer.servers[guild]["passworded"] is True
        assert LOGIN_NEEDED in (await viewer.knock(guild, **kind) or "")
        assert WRONG_PASSWORD in (await viewer.knock(guild, password=PASSWORD.upper(), **kind) or "")
        assert not viewer.knows(scene.ann.uid)
        await viewer.join(guild, password=PASSWORD, **kind)
        await viewer.sees(truth(scene.guild))
        assert not viewer.knows("scrypt")


async def _wants_login(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    login = {"discordToken": "made-up", "discordUser": {"id": scene.ann.uid}, "password": PASSWORD}
    for kind in KINDS:
        viewer = await watch(bot, **kind)
        for shown in ({}, login):
            assert LOGIN_NEEDED in (await viewer.knock(str(scene.guild.id), **shown, **kind) or "")
        assert not viewer.knows(scene.ann.uid)


async def _is_yellow(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    for kind in KINDS:
        viewer = await watch(bot, scene.guild, **kind)
        assert viewer.users[scene.zed.uid]["roleColor"] == "#ffff00"


async def _has_a_line(scene: Scene, bot: BotProcess, watch: Watch) -> None:
    plain, curious = [await watch(bot, scene.guild, **kind) for kind in KINDS]
    assert "line" not in plain.users[scene.zed.uid]
    assert curious.users[scene.zed.uid]["line"] == "back at noon"


CHANGES = {
    "disabled": Change(_keeper("dzone disable"), _is_gone, _keeper("dzone enable")),
    "unlisted": Change(
        _keeper("dzone listed", state="off"), _is_unlisted, _keeper("dzone listed", state="on")
    ),
    "password": Change(_protect, _wants_password, _keeper("dzone protect off")),
    "login": Change(_keeper("dzone protect login"), _wants_login, _keeper("dzone protect off")),
    "color": Change(_zed("myself color", color="#ff0"), _is_yellow, _zed("myself undo", choice="color")),
    "line": Change(_zed("myself say", line="back at noon"), _has_a_line, _zed("myself undo", choice="say")),
}
