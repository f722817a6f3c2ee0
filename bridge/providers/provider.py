"""What the bridge asks of a source of data."""

from collections.abc import Mapping
from typing import Any, Protocol


class Provider(Protocol):
    """A source of guilds and members.

    Both methods may raise, and their records may be incomplete: the bridge repairs what can be repaired
    and tells viewers about the rest.
    """

    async def servers(self) -> Mapping[str, Any]:
        """Name the guilds: snowflake -> `{"id": slug, "name", "passworded", "default", "enabled"}`."""

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Name a guild's members: uid -> `{"uid", "username", "status", "roleColor"}`."""

    async def client_id(self, server_id: str) -> str | None:
        """Name the Discord application that viewers of this guild log in with, if there is one."""


class EmptyProvider:
    """Offers nothing: for a bridge whose rooms are all opened by its owner, as the bot does."""

    async def servers(self) -> Mapping[str, Any]:
        """Name no guild."""
        return {}

    async def users(self, server_id: str) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's
        """Name nobody."""
        return {}

    async def client_id(self, server_id: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Name no application."""
        return None
