"""What the log says while Discord's gateway can't be reached: once that it is so, then each further try."""

import logging
from http import HTTPStatus
from typing import Final

import aiohttp

from bridge.running import words

TOLD_FROM: Final = 3  # the try from which on each is told

log = logging.getLogger(__name__)


class Outages:
    """Remembers which shards are without a connection, and how often each has tried to get one."""

    def __init__(self) -> None:
        self._tries: dict[int, int] = {}
        self._refused: set[int] = set()
        self._known: set[int] = set()  # those that had a connection before

    def lose(self, shard_id: int) -> None:
        """Note that a shard lost its connection; say so once, and not at each try to get it back."""
        if shard_id not in self._tries:
            self._tries[shard_id] = 0
            log.warning("the connection to Discord is lost; viewers keep what they see; reconnecting")

    def fail(self, shard_id: int, error: Exception, pause: float) -> None:
        """Note that a shard tried in vain to connect, and tries again after so many seconds."""
        if shard_id in self._known:
            self.lose(shard_id)
        tries = self._tries[shard_id] = self._tries.get(shard_id, 0) + 1
        if isinstance(error, aiohttp.WSServerHandshakeError) and shard_id not in self._refused:
            self._refused.add(shard_id)
            hint = _hint(error.status)
            log.warning("Discord's gateway refuses shard %d (HTTP %d): %s", shard_id, error.status, hint)
        elif tries == 1 and shard_id not in self._known:
            log.warning(
                "Discord takes no connection of shard %d (%s); its servers appear when it does; trying again",
                shard_id,
                _why(error),
            )
        elif tries >= TOLD_FROM:
            log.warning(
                "shard %d still has no connection to Discord: try %d failed (%s); the next is in %.0f s",
                shard_id,
                tries,
                _why(error),
                pause,
            )

    def end(self, shard_id: int) -> None:
        """Note that a shard is connected; say so if it was not."""
        self._known.add(shard_id)
        self._refused.discard(shard_id)
        if self._tries.pop(shard_id, None) is not None:
            log.info("the connection to Discord is back")


def _why(error: Exception) -> str:
    """Say what went wrong; a refused handshake would tell all of its URL."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"HTTP {error.status}"
    return words.name(error)


def _hint(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "too many connections come from this address; is another bot running on this machine?"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "it has troubles of its own; see https://discordstatus.com"
    return "does a proxy or a firewall between here and Discord forbid WebSockets?"
