"""Guilds of which something of another program is in the way: only they aren't written."""

import logging
from typing import Final

from bridge.backplane.trouble import Trouble

log: Final = logging.getLogger(__name__)


class Strangers:
    """Knows which guilds can't be written, and says so once: there may be thousands."""

    def __init__(self) -> None:
        self._guilds: dict[str, None] = {}

    def __contains__(self, guild_id: str) -> bool:
        return guild_id in self._guilds

    def __len__(self) -> int:
        return len(self._guilds)

    @property
    def guilds(self) -> list[str]:
        """Which they are."""
        return list(self._guilds)

    def note(self, guild_id: str, trouble: Trouble) -> None:
        """Know that a guild can't be written."""
        if not self._guilds:
            log.warning("guild %s isn't written, and perhaps others: %s", guild_id, trouble)
        self._guilds[guild_id] = None

    def drop(self, guild_id: str) -> None:
        """Know that a guild is gone, or can be written."""
        if self._guilds.pop(guild_id, guild_id) is None and not self._guilds:
            log.info("nothing of another program is in the way of any guild any more")
