"""What keeps rooms true to where their data comes from, as those ask it who let viewers in."""

from typing import Protocol

from bridge.rooms.room import Room


class Keeper(Protocol):
    """A feed that asks a provider, or what follows another process."""

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the data at this moment, each in a line without secrets."""

    async def check(self) -> None:
        """Look whether it is so still."""

    async def refresh_servers(self) -> None:
        """Bring the list of rooms up to date.

        Raises:
            ProviderError: if it can't be read.
        """

    async def refresh_room(self, room: Room) -> None:
        """Bring a room up to date that somebody is about to enter.

        Raises:
            ProviderError: if it can't be read. What is known is shown then.
            Refused: if it can't be read, and nothing is known.
        """

    async def refresh_lobby(self) -> None:
        """Let the lobby know with which application one logs in."""
