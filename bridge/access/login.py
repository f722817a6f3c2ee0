"""Who somebody is that logged in on our page, and who says so."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """Who somebody is. `uid` is a Discord snowflake."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who logged in on our page. `key` names this login, `until` is when it ends (Unix time)."""

    account: Account
    key: str
    until: float


class Denied(Exception):
    """Nobody could be logged in: a code that is none, or not ours. It counts as a wrong try."""


class Authority(Protocol):
    """Tells who people are, and what they may watch: Discord, for the bot."""

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Name where somebody logs in; `challenge` is PKCE's, of the method S256."""

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        """Find out who came back with a code.

        Raises:
            Denied: if it is none.
            NoAnswer: if that can't be said just now.
        """

    async def may_watch(self, uid: str, server_id: str) -> bool:
        """Tell whether somebody may watch a protected guild.

        Raises:
            NoAnswer: if that can't be said just now.
        """
