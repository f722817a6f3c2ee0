"""What waits for viewers who read slowly, counted for all of them together."""

from dataclasses import dataclass, field

from bridge.access.ledger import Ledger, Thing
from bridge.wire.framing import LongMessage

MOST = 1_000


@dataclass(eq=False)
class Waiting:
    """Somebody for whom things wait."""

    ledger: Ledger
    address: str = "a"
    things: list[Thing] = field(default_factory=list)
    gave_way: bool = False

    def hold(self, *things: Thing) -> None:
        for thing in things:
            self.things.append(thing)
            self.ledger.hold(self, self.address, thing)

    def give_way(self) -> None:
        self.gave_way = True
        for thing in self.things:
            self.ledger.release(thing)
        self.things.clear()
        self.ledger.leave(self, self.address)


def test_what_many_wait_for_is_counted_once() -> None:
    """Until nobody waits for it any more."""
    ledger = Ledger(MOST)
    frame = b"x" * 600
    viewers = [Waiting(ledger) for _ in range(10)]
    for viewer in viewers:
        viewer.hold(frame)
        assert ledger.size == 600
    for viewer in viewers:
        assert ledger.size == 600
        viewer.give_way()
    assert (ledger.size, len(ledger)) == (0, 0)


def test_versions_share_their_parts() -> None:
    """A snapshot of a moment later has one other page."""
    ledger = Ledger(MOST)
    first, second, third = (bytes([65 + number]) * 300 for number in range(3))
    one, other = Waiting(ledger), Waiting(ledger)
    one.hold(LongMessage([first, second], 0x81))
    other.hold(LongMessage([first, third], 0x81))
    assert ledger.size == 900
    one.give_way()
    assert ledger.size == 600


def test_who_has_waited_longest_gives_way() -> None:
    """As many as it takes, and not those who hold what others need anyway."""
    ledger = Ledger(MOST)
    viewers = [Waiting(ledger) for _ in range(4)]
    for number, viewer in enumerate(viewers):
        viewer.hold(bytes([65 + number]) * 400)
    assert [viewer.gave_way for viewer in viewers] == [True, True, False, False]
    assert ledger.size <= MOST


def test_many_addresses_of_one_network_are_crowded_together() -> None:
    """Whoever has a wide one takes another for each."""
    ledger = Ledger(MOST)
    slow = Waiting(ledger, "203.0.113.9")
    slow.hold(b"s" * 400)
    crowd = [Waiting(ledger, f"2001:db8:1:{number:x}::/64") for number in range(4)]
    for number, viewer in enumerate(crowd):
        viewer.hold(bytes([65 + number]) * 250)
    assert not slow.gave_way
    assert [viewer.gave_way for viewer in crowd] == [True, True, False, False]
    for viewer in (slow, *crowd):
        viewer.give_way()
    assert (ledger.size, len(ledger)) == (0, 0)


def test_those_of_a_crowded_address_come_first() -> None:
    """Somebody with a slow line is not let go for what others do."""
    ledger = Ledger(MOST)
    slow = Waiting(ledger, "b")
    slow.hold(b"s" * 400)
    crowd = [Waiting(ledger) for _ in range(10)]
    for number, viewer in enumerate(crowd):
        viewer.hold(bytes([65 + number]) * 250)
        assert ledger.size <= MOST
    assert not slow.gave_way
    assert [viewer.gave_way for viewer in crowd] == [True] * 8 + [False] * 2


def test_one_alone_may_hold_more() -> None:
    """A snapshot that is larger than that still goes out."""
    ledger = Ledger(MOST)
    viewer = Waiting(ledger)
    viewer.hold(b"x" * 2 * MOST)
    assert not viewer.gave_way
