"""Doors, who knocks there, and what they bring."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bridge.access.admission import Admission
from bridge.access.visitor import Visitor
from bridge.errors import Refused
from bridge.model import GuildInfo
from bridge.problems import Problem
from bridge.wire.protocol import Credentials

OPEN = GuildInfo("1", "open", "Open")
VAULT = GuildInfo("2", "vault", "Vault", protected=True)
NOBODY = Credentials()
LOGIN = Credentials(token="token", user={"id": "7", "username": "Ada"})


class Validator:
    """Answers as it is told, and notes what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, Any], str]] = []

    async def __call__(self, token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        self.asked.append((token, user, guild_id))
        if isinstance(self.answer, BaseException):
            raise self.answer
        if isinstance(self.answer, asyncio.Event):
            await self.answer.wait()
        return self.answer


async def refusal(admission: Admission, server: str, credentials: Credentials = NOBODY) -> Problem:
    with pytest.raises(Refused) as raised:
        await admission.admit(server, credentials)
    return raised.value.problem


HERE, THERE = Visitor("203.0.113.1"), Visitor("203.0.113.2")
LOCKED = replace(VAULT, password="sesame")
RIGHT, WRONG = Credentials(password="sesame"), Credentials(password="guess")


async def answer(
    admission: Admission, credentials: Credentials, visitor: Visitor = HERE, server: str = "vault"
) -> Problem | None:
    """Knock; return what is said, or None if the door opened."""
    try:
        await admission.admit(server, credentials, lambda: visitor)
    except Refused as refused:
        return refused.problem
    return None


def login(token: str) -> Credentials:
    return Credentials(token=token, user={"id": "7"})


async def refused(admission: Admission, password: str, visitor: Visitor) -> Problem:
    with pytest.raises(Refused) as raised:
        await admission.admit("vault", Credentials(password=password), lambda: visitor)
    return raised.value.problem
