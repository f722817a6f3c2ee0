"""The made-up guilds: all there is to see happens there, and soon."""

import asyncio
from typing import Any

import pytest

from bot.demo.garden import CELLAR, GARDEN, HARBOUR, NEWCOMER, uid_of
from bot.demo.life import Life
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer


class Watched(WebSocketServer):
    """Notes what is told of, and when."""

    def __init__(self) -> None:
        super().__init__(0, provider=EmptyProvider())
        self.now = 0.0
        self.told: list[tuple[float, str, dict[str, Any]]] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > 60:
            raise asyncio.CancelledError

    def note(self, name: str) -> Any:
        tell = getattr(super(), name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            self.told.append((self.now, name.removeprefix("broadcast_"), kwargs | {"args": args}))
            return tell(*args, **kwargs)

        return noted


async def test_a_minute_in_the_garden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who watches it has seen everything: words, threads, replies, reactions, voice, a stage."""
    server = Watched()
    kinds = ("message", "edit", "reaction", "typing", "presence", "voice", "activity")
    for kind in kinds:
        monkeypatch.setattr(server, f"broadcast_{kind}", server.note(f"broadcast_{kind}"))
    shows = ("show_members", "show_happening", "show_events", "end_happening")
    for name in shows:
        monkeypatch.setattr(server, name, server.note(name))
    world = Life(server, sleep=server.sleep)
    world.open()
    assert [server.guild(guild.id) for guild in (GARDEN, HARBOUR, CELLAR)]
    assert 38 <= len(server.shown(GARDEN.id)) <= 45
    assert len(server.shown(HARBOUR.id)) > 100  # a town
    with pytest.raises(asyncio.CancelledError):
        await world.go_on()
    assert {name for _, name, _ in server.told} == {*kinds, *shows}
    said = [told for _, name, told in server.told if name == "message"]
    assert {told["parent"] for told in said if told.get("parent")} == {"32", "39"}
    assert any(told.get("reply_to") for told in said)
    assert any(told.get("speaker") for told in said)
    assert any(told["args"][2] == "👋" for told in said)  # a gesture
    assert sum(told["args"][0] == HARBOUR.id for told in said) > 5
    assert {told["args"][-1] is None for _, name, told in server.told if name == "edit"} == {True, False}
    happened = {told["args"][1].kind for _, name, told in server.told if name == "show_happening"}
    assert happened == {"poll", "thread", "boost"}
    stage = [told["args"][2] for _, name, told in server.told if name == "voice"]
    assert None in stage
    assert any(voice and voice.speaker for voice in stage)
    assert (
        max(after - before for (before, *_), (after, *_) in zip(server.told, server.told[1:], strict=False))
        < 4
    )


async def test_everybody_has_an_id_of_their_own() -> None:
    """Also those who come later."""
    server = Watched()
    Life(server).open()
    shown = server.shown(GARDEN.id)
    assert uid_of(NEWCOMER) not in shown
    assert len({member.username for member in shown.values()}) == len(shown)
