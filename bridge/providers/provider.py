"""What the bridge asks of a source of data."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, runtime_checkable

from bridge.providers.changes import Change

__all__ = [
    "Closable",
    "EmptyProvider",
    "KnowsTrouble",
    "NamesApplication",
    "Provider",
    "TellsChanges",
    "Unavailable",
]


class Unavailable(Exception):
    """A source can't be reached for now, which passes: what was read before still stands.

    The message says why, in one line and without secrets. It is for the log, and never for a viewer.
    """


class Provider(Protocol):
    """A source of guilds and members: an object with these two methods.

    Ids are Discord snowflakes, as text or as numbers. Both methods may raise, and their records may be
    incomplete: the bridge repairs what can be repaired, skips the rest, and tells viewers about failures.
    It gives up after 10 seconds.

    A provider may also have any of `NamesApplication.client_id`, `TellsChanges.changes`,
    `KnowsTrouble.trouble` and `Closable.close`; who has none of them need not say so.

    Raises:
        Unavailable: from either method, if the source can't be reached for now. Viewers are then let in to
            what was read before, if that was less than an hour ago. Any other exception is an error for
            who wants to enter, and for nobody else.
    """

    async def servers(self) -> Mapping[str, Any]:
        """Name the guilds: snowflake -> `{"id": slug, "name", "passworded", "default", "enabled"}`.

        All fields but `name` may be left out: the slug then is the snowflake, the guild is open to all, not
        the default, and enabled. A `password` opens a guild's door, and is never sent to anybody.
        """

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Name a guild's members: uid -> `{"username", "status", "roleColor", "bot"}`.

        `status` is online, idle, dnd or offline, and offline if it is left out; `roleColor` is `#rrggbb`,
        and so may be `roleColor2`, the colour that it runs into.
        A guild that the source doesn't know has no members; that is no error.
        """


@runtime_checkable
class NamesApplication(Protocol):
    """A provider that knows which Discord application viewers log in with."""

    async def client_id(self, server_id: str) -> str | None:
        """Name the application (a snowflake) for this guild, if there is one."""


@runtime_checkable
class TellsChanges(Protocol):
    """A provider that tells by itself what changes, so that viewers see it at once."""

    def changes(self) -> AsyncIterator[Change]:
        """Tell what changes from now on, in order.

        It is followed while somebody watches. When it raises, it is asked for anew, after a pause that
        grows from 0.2 to 30 seconds; when it ends, there are no more changes. It must not grow while
        nobody takes what it has to tell: what is too much is told as `AllOutdated`.
        """


@runtime_checkable
class KnowsTrouble(Protocol):
    """A provider that may answer although something is wrong."""

    @property
    def trouble(self) -> str | None:
        """Say in one line, without secrets, what is wrong at this moment. None if nothing is."""


@runtime_checkable
class Closable(Protocol):
    """A provider that holds connections."""

    async def close(self) -> None:
        """Let them go. Who is asked again afterwards opens them anew.

        A server that stops closes its provider.
        """


async def client_id_of(provider: Provider, server_id: str) -> str | None:
    """Ask a provider for a guild's application. One that doesn't know of such things has none."""
    return await provider.client_id(server_id) if isinstance(provider, NamesApplication) else None


def trouble_of(provider: Provider) -> str | None:
    """Ask a provider what is wrong."""
    return provider.trouble if isinstance(provider, KnowsTrouble) else None


async def close(provider: Provider) -> None:
    """Let go what a provider holds."""
    if isinstance(provider, Closable):
        await provider.close()


class EmptyProvider:
    """Offers nothing: for a bridge whose rooms are all opened by its owner, as the bot does."""

    async def servers(self) -> Mapping[str, Any]:
        """Name no guild."""
        return {}

    async def users(self, server_id: str) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's
        """Name nobody."""
        return {}
