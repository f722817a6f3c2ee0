"""Which guilds Discord still owes the bot: those of shards that aren't there, and those it only named."""

from collections.abc import Iterable


class Arrivals:
    """Keeps account of shards that have no session, and of guilds of which nothing but the id is known."""

    def __init__(self) -> None:
        self._shards: set[int] | None = None  # without a session; None before it is known how many there are
        self._guilds: set[int] = set()  # named since the start, and never told
        self._told: set[int] = set()

    @property
    def are_owed(self) -> bool:
        """Whether there may be guilds of which the bot hasn't heard."""
        return self._shards is None or bool(self._shards or self._guilds)

    def has(self, shard_id: int) -> bool:
        """Tell whether a shard has a session."""
        return self._shards is not None and shard_id not in self._shards

    def expect(self, shards: Iterable[int]) -> None:
        """Wait for these shards, unless that was said before."""
        if self._shards is None:
            self._shards = set(shards)

    def name(self, guilds: Iterable[int]) -> None:
        """Wait for guilds that a shard has; once told they are known, whatever befalls them."""
        self._guilds.update(set(guilds) - self._told)

    def tell(self, guild_id: int) -> None:
        """Know a guild, or know that there is none."""
        self._told.add(guild_id)
        self._guilds.discard(guild_id)

    def find(self, shard_id: int) -> None:
        """A shard has a session, and has told of its guilds."""
        if self._shards is not None:
            self._shards.discard(shard_id)

    def lose(self, shard_id: int) -> None:
        """A shard has no session any more, perhaps for a moment."""
        if self._shards is not None:
            self._shards.add(shard_id)
