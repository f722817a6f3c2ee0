"""What a bridge reads off itself for `/metrics`: numbers that are kept anyway, or a sum over its rooms."""

from collections.abc import Callable, Iterator

from bridge.access.gate import Gate
from bridge.rooms.directory import Directory
from bridge.site import measures
from bridge.site.measures import Reading, Steps
from bridge.workers.crew import Crew
from bridge.workers.muster import Counted
from bridge.workers.plane import Plane


class Readings:
    """Reads them, of this process and of its workers."""

    def __init__(
        self, directory: Directory, gate: Gate, viewers: Callable[[], int], plane: Plane, crew: Crew | None
    ) -> None:
        self._directory = directory
        self._gate = gate
        self._viewers = viewers
        self._plane = plane
        self._crew = crew

    def counted(self) -> Counted:
        """Tell what this process counts of those it serves."""
        handed_out = self._directory.handed_out
        return Counted(
            self._viewers(), self._gate.ledger.size, dict(self._gate.tally.total),
            tuple(handed_out.durations.counts), handed_out.durations.sum,
        )  # fmt: skip

    def read(self) -> Iterator[Reading]:
        """Read all of it."""
        rooms = self._directory.rooms
        whole = self.counted()
        if self._crew is not None:
            whole += self._crew.muster.sum()
            yield measures.WORKERS, len(self._crew.muster)
        yield measures.GUILDS, len(rooms)
        yield measures.MEMBERS, sum(len(room.members) for room in rooms.values())
        yield measures.VIEWERS, whole.viewers
        yield measures.EVENTS, self._directory.handed_out.events
        yield measures.FLUSH, Steps(whole.flushes, whole.seconds)
        yield measures.BACKLOG, whole.backlog
        yield measures.REFUSALS, whole.refusals
        if self._plane.url is not None:
            yield measures.BACKPLANE, not self._plane.is_troubled
            yield measures.UNWRITTEN, self._plane.unwritten
