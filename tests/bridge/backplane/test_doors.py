"""Who may enter a protected guild is asked where it is known, whichever process shows it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.backplane import asking
from bridge.errors import NoAnswer
from bridge.model import Member
from bridge.problems import (
    BOT_SILENT,
    LOGIN_NEEDED,
    NO_ANSWER,
    NOT_A_MEMBER,
    SERVER_HIDDEN,
    WRONG_PASSWORD,
    too_many_tries,
)
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.backplane.conftest import Follow
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.watchers import until, watching
from tests.redis import RedisServer

CLUB = replace(VAULT, id="5", slug="club", name="Club", password=None)
TOKEN = {"discordToken": "a-token", "discordUser": {"id": "7", "username": "Ada"}}


async def test_a_password_opens_the_door_elsewhere(
    origin: WebSocketServer, follow: Follow, redis: RedisServer
) -> None:
    """The right one; no other, and none at all. It stands nowhere."""
    there = await follow()
    async with watching(there) as viewer:
        await viewer.ask("vault")
        assert await viewer.hear_error() == LOGIN_NEEDED
        await viewer.ask("vault", password="open")
        assert await viewer.hear_error() == WRONG_PASSWORD
        joined = await viewer.enter("vault", password="sesame")
        assert joined["users"].keys() == {ADA.uid}
        await origin.broadcast_message(VAULT.id, "111", "hello", "9")
        assert (await viewer.hear_type("message"))["data"]["message"] == "hello"
        assert origin._directory.rooms[VAULT.id].position == there._directory.rooms[VAULT.id].position
    for name in redis.ask("KEYS", "*").split():
        if name.startswith("dzone:"):
            for command in (("HGETALL",), ("XRANGE", "-", "+")):
                assert "sesame" not in redis.ask(command[0], name, *command[1:])
