"""Which room a name means, where several may have the same."""

from bisect import insort

from bridge.rooms.room import Room


class Names:
    """Rooms by a name that they have, of those with the same the one that was opened first.

    Where several processes opened them, two may have the same number.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, list[tuple[int, str, Room]]] = {}

    def add(self, name: str | None, number: int, room: Room) -> None:
        """Know that the room that was opened as this number is called so, if it is."""
        if name is not None:
            entry = number, room.info.id, room
            insort(self._rooms.setdefault(name, []), entry, key=lambda entry: entry[:2])

    def drop(self, name: str | None, room: Room) -> None:
        """Know that it isn't any more."""
        if name is None:
            return
        kept = [entry for entry in self._rooms[name] if entry[2] is not room]
        if kept:
            self._rooms[name] = kept
        else:
            del self._rooms[name]

    def find(self, name: str) -> Room | None:
        """Find the room that a name means."""
        found = self._rooms.get(name)
        return found[0][2] if found else None
