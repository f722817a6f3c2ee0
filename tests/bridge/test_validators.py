"""Logins that a callback checks: who gets in, and who has to go when their reason ends."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.model import GuildInfo
from bridge.problems import LOGIN_ENDED, LOGIN_NEEDED, NO_ANSWER
from bridge.server import WebSocketServer
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA
from tests.bridge.source import SECRET, Source
from tests.bridge.watchers import Json, until, watching


async def test_a_valid_login_enters(fed: WebSocketServer) -> None:
    """The callback learns token, user and guild."""
    asked: list[tuple[str, Mapping[str, Any], str]] = []

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        asked.append((token, user, guild_id))
        return True

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.enter("three", discordToken="t", discordUser={"id": "7", "username": "Ada"})
    assert asked == [("t", {"id": "7", "username": "Ada"}, "3")]


@pytest.mark.parametrize(
    "answer", [False, None, 1, "yes", {"ok": True}, RuntimeError(SECRET), asyncio.CancelledError()], ids=repr
)
async def test_any_other_answer_keeps_the_door_shut(fed: WebSocketServer, answer: Any) -> None:
    """Truthy, raising, cancelled: the same sentence for all."""

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.ask("three", discordToken="t", discordUser={"id": "7"})
        assert await viewer.hear_error() == LOGIN_NEEDED
        await viewer.enter("one")


@pytest.fixture
async def guarded(fed: WebSocketServer) -> WebSocketServer:
    """The bridge whose third guild asks for a login; every login may watch, until it is told otherwise."""

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        return token != "bad"

    fed.on_validate_discord_user(validate)
    return fed


def login(uid: str, token: str = "good") -> Json:
    return {"discordToken": token, "discordUser": {"id": uid, "username": "Somebody"}}


@pytest.mark.parametrize("uid", ["7", 7, None], ids=repr)
@pytest.mark.parametrize("guild_id", ["3", 3], ids=repr)
async def test_who_loses_their_reason_is_let_go(
    guarded: WebSocketServer, guild_id: str | int, uid: str | int | None
) -> None:
    """They hear why, at once; ids may be numbers, and no uid means everybody."""
    async with watching(guarded) as viewer:
        await viewer.enter("three", **login("7"))
        assert guarded.logged_in(guild_id) == {"7"}
        guarded.revoke(guild_id, uid)
        assert guarded.viewer_count("3") == 0
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008
    assert guarded.logged_in(guild_id) == set()


async def test_a_crowd_loses_its_reason(guarded: WebSocketServer) -> None:
    """All are out at once, and who asks on the way out gets nothing that they were let in for."""
    async with contextlib.AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(watching(guarded)) for _ in range(5)]
        for number, viewer in enumerate(viewers):
            await viewer.enter("three", **login(str(number)))
        guarded.revoke("3")
        assert guarded.viewer_count("3") == 0
        for viewer in viewers:
            assert await viewer.hear_error() == LOGIN_NEEDED
            assert (await viewer.farewell())[0] == 1008


async def test_others_watch_on(guarded: WebSocketServer) -> None:
    """Of the same guild, in another room, or with a password, which nobody's kick takes away."""
    guarded.show_guild(GuildInfo("9", "vault", "Vault", protected=True, password="sesame"), [ADA])
    async with watching(guarded) as other, watching(guarded) as elsewhere, watching(guarded) as knowing:
        await other.enter("three", **login("8"))
        await elsewhere.enter("one", **login("7"))
        await knowing.enter("vault", password="sesame")
        guarded.revoke("3", "7")
        guarded.revoke("9")
        guarded.revoke("1")
        guarded.revoke("unknown", "7")
        for viewer in (other, elsewhere, knowing):
            assert await viewer.has_heard_everything()
        assert [guarded.viewer_count(guild_id) for guild_id in ("1", "3", "9")] == [1, 1, 1]


async def test_a_kick_while_somebody_enters_leaves_nobody_seated(
    guarded: WebSocketServer, source: Source
) -> None:
    """They were let in, and lost their reason before they had their seat."""
    asked: list[str] = []

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        asked.append(token)
        return len(asked) == 1

    guarded.on_validate_discord_user(validate)
    async with watching(guarded) as viewer:
        source.hold("3")
        await viewer.ask("three", **login("7"))
        await source.was_asked("3")
        guarded.revoke("3", "7")
        source.release("3")
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert len(asked) == 2
        assert guarded.viewer_count("3") == 0


async def test_a_kick_while_somebody_enters_again_leaves_nobody_seated(
    guarded: WebSocketServer, source: Source
) -> None:
    """They sit there already, ask once more, and are let go in the middle of it."""
    async with watching(guarded) as viewer:
        await viewer.enter("three", **login("7"))
        source.hold("3")
        await viewer.ask("three", **login("7"))
        await source.was_asked("3", 2)
        guarded.revoke("3", "7")
        source.release("3")
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008
        await until(lambda: not guarded.connections, "it is gone")
        assert guarded.viewer_count("3") == 0
        assert not guarded._directory.rooms["3"].viewers


async def test_a_login_ends_when_it_said(guarded: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is good until then, and its viewer no longer."""
    clock = Clock(monkeypatch)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)

    guarded.on_validate_discord_user(validate)
    async with watching(guarded) as viewer, watching(guarded) as moved:
        await viewer.enter("three", **login("7"))
        await moved.enter("three", **login("8"))
        await moved.enter("one")
        await clock.jump(3_000)  # not up to its end: the machine may take its time as well
        assert await viewer.has_heard_everything()
        await clock.jump(601)
        assert await viewer.hear_error() == LOGIN_ENDED
        assert (await viewer.farewell())[0] == 1008
        assert await moved.has_heard_everything()


async def test_a_refused_change_does_not_make_a_login_last(
    guarded: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for another room and is refused sits where they sat, and as long."""
    clock = Clock(monkeypatch)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        return token == "good" and datetime.now(UTC) + timedelta(seconds=600)

    guarded.on_validate_discord_user(validate)
    async with watching(guarded) as viewer:
        await viewer.enter("three", **login("7"))
        for server, token in (("three", "bad"), ("nowhere", "good")):
            await viewer.ask(server, **login("7", token))
            await viewer.hear_sentence()
        await clock.jump(601.0)
        assert await viewer.hear_error() == LOGIN_ENDED


async def test_a_validator_that_hangs_keeps_the_door_shut(
    fed: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout, which is no answer."""
    monkeypatch.setattr("bridge.access.doorkeeper.TIMEOUT", 0.05)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        await asyncio.Event().wait()
        return True

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.ask("three", discordToken="t", discordUser={"id": "7"})
        assert await viewer.hear_error() == NO_ANSWER
