"""Several providers as one: the first that answers, and what another adds."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from bridge.providers import owner
from bridge.providers.changes import Change, UserChanged, UserLeft, UsersOutdated
from bridge.providers.provider import EmptyProvider, Provider, client_id_of, close
from bridge.providers.records import check_mapping
from bridge.providers.stream import Streams, closing

__all__ = ["HybridProvider"]

log = logging.getLogger(__name__)

PATIENCE: Final = 3.0  # seconds: three times as much is less than the bridge waits

Records = Mapping[str, Any]
Ask = Callable[[Provider], Awaitable[Records]]


class HybridProvider:
    """Asks `primary`, and where that fails or is slow, `fallback`; then `overlay` for what it adds.

    An overlay's fields take the place of those in a record of the same id, unless they are None. It adds
    nobody: whom only the overlay knows may have left long ago. That an overlay fails costs what it adds.

    While one of the two answers, all is well: that another doesn't is in the log.

    Args:
        primary: The provider to ask first.
        fallback: The provider to ask where `primary` doesn't answer.
        overlay: A provider of records that may be parts, such as `{"status": "idle"}`; a cache of presences,
            for example.
        patience: Seconds that each of them has to answer.
    """

    def __init__(
        self,
        primary: Provider,
        fallback: Provider,
        overlay: Provider | None = None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._sources = (primary, fallback)
        self._overlay = overlay or EmptyProvider()
        self._all = (primary, fallback, self._overlay)
        self._is_plain = overlay is None
        self._patience = patience
        self._streams = Streams(*self._all)
        self._failing: set[int] = set()  # places of providers that failed when they were asked last

    async def servers(self) -> Records:
        """Name the guilds.

        Raises:
            Exception: what `fallback` raised, if neither answers.
        """
        return await self._merged(lambda provider: provider.servers())

    async def users(self, server_id: str) -> Records:
        """Name a guild's members.

        Raises:
            Exception: what `fallback` raised, if neither answers.
        """
        return await self._merged(lambda provider: provider.users(server_id))

    async def client_id(self, server_id: str) -> str | None:
        """Name the first application that one of them knows."""
        for provider in self._sources:
            client_id = await client_id_of(provider, server_id)
            if client_id is not None:
                return client_id
        return None

    async def changes(self) -> AsyncIterator[Change]:
        """Tell what each of them tells.

        What a change of one member means depends on the others, unless it is of `primary` and that is all
        there is: else the guild is read again.
        """
        async with closing(self._streams.changes()) as changes:
            async for place, change in changes:
                if isinstance(change, UserChanged | UserLeft) and not (self._is_plain and place == 0):
                    yield UsersOutdated(change.server_id)
                else:
                    yield change

    async def close(self) -> None:
        """Let all of them go."""
        for provider in self._all:
            await close(provider)

    async def _merged(self, ask: Ask) -> Records:
        try:
            base = await self._answer(0, ask)
        except Exception:  # noqa: BLE001 - whatever it is: the other is asked, and the failure noted
            base = await self._answer(1, ask)
        else:
            self._failing.discard(1)  # nobody asks it now
        try:
            extra = await self._answer(2, ask)
        except Exception:  # noqa: BLE001 - noted; without what it adds the world still works
            return base
        return _overlaid(base, extra) if extra else base

    async def _answer(self, place: int, ask: Ask) -> Records:
        try:
            records = check_mapping(await owner.ask(ask(self._all[place]), self._patience))
        except Exception as error:
            if place not in self._failing:  # once until it recovers
                self._failing.add(place)
                log.warning("%s failed: %s", _NAMES[place], owner.describe(error))
            raise
        if place in self._failing:
            self._failing.discard(place)
            log.info("%s answers again", _NAMES[place])
        return records


_NAMES: Final = ("the primary provider", "the fallback", "the overlay")


def _overlaid(base: Records, extra: Records) -> Records:
    """Put the fields of `extra` over those of `base`. Ids may be texts in one and numbers in the other."""
    added = {str(key): record for key, record in extra.items() if isinstance(record, Mapping)}
    return {key: _overlaid_one(record, added.get(str(key), {})) for key, record in base.items()}


def _overlaid_one(base: object, extra: Mapping[str, Any]) -> object:
    if not isinstance(base, Mapping):
        return base  # whoever reads the records will say that it is none
    return {**base, **{field: value for field, value in extra.items() if value is not None}}
