"""A room's last events: bounded in number and in age, and it knows from where on it has all."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.rooms.history import History
from bridge.wire.protocol import Event

AGE = 60.0


def event(position: int) -> Event:
    return Event("typing", position, {"server": "1"}, {"uid": "7", "channel": str(position)})


def history(*positions: int, now: float = 0.0, max_events: int = 5) -> History:
    kept = History(max_events, AGE)
    kept.add(map(event, positions), now)
    return kept


def after(kept: History, position: int) -> list[int]:
    return [each.position for each in kept.after(position)]


def test_it_tells_what_happened_after_a_position() -> None:
    """In order, and without what happened at it."""
    kept = history(1, 2, 3)
    assert [after(kept, position) for position in (0, 1, 3)] == [[1, 2, 3], [2, 3], []]


def test_positions_may_be_missing() -> None:
    """Presences collapse: a position that nothing is left of is no gap."""
    kept = history(2, 5)
    assert kept.since == 0
    assert [after(kept, position) for position in (0, 1, 2, 3, 5)] == [[2, 5], [2, 5], [5], [5], []]


def test_only_the_last_are_kept() -> None:
    """It then holds everything after the last that it forgot."""
    kept = history(1, 2, 4, 7, 8, 9, 12)
    assert (kept.since, after(kept, kept.since)) == (2, [4, 7, 8, 9, 12])


def test_only_the_young_are_kept() -> None:
    """What is as old as may be is too old."""
    kept = history(1, 2)
    kept.add([event(3)], AGE / 2)
    kept.add([], AGE - 1)
    assert kept.since == 0
    kept.add([], AGE)
    assert (kept.since, after(kept, 2)) == (2, [3])


def words(position: int, uid: str, reply_to: str | None = None) -> Event:
    extras = {} if reply_to is None else {"replyTo": reply_to}
    return Event(
        "message", position, {"server": "1"}, {"uid": uid, "message": "hello", "channel": "9"}, extras
    )


def test_it_knows_whom_it_names() -> None:
    """Who said something, and who was answered, until nothing of that is kept any more."""
    kept = history(max_events=3)
    kept.add([words(1, "7"), words(2, "8", reply_to="9"), words(3, "7")], 0.0)
    assert [kept.names(uid) for uid in "789"] == [True, True, True]
    kept.forget(lambda event: event.position == 2)
    assert [kept.names(uid) for uid in "789"] == [True, False, False]
    kept.add([words(4, "1"), words(5, "1")], 0.0)
    assert kept.names("7")
    kept.add([words(6, "1")], 0.0)
    assert not kept.names("7")
    kept.start_at(6)
    assert not kept.names("1")


def test_it_tells_when_something_gets_too_old() -> None:
    """So that nothing stays because nobody came by."""
    kept = history()
    assert kept.next_due() is None
    kept.add([event(1)], 10.0)
    kept.add([event(2)], 20.0)
    assert kept.next_due() == 10.0 + AGE
    kept.add([], 10.0 + AGE)
    assert kept.next_due() == 20.0 + AGE
    kept.add([], 20.0 + AGE)
    assert kept.next_due() is None


def test_it_starts_anywhere() -> None:
    """Nobody was there: what happened until then is not held."""
    kept = history(1, 2)
    kept.start_at(9)
    assert (kept.since, after(kept, 9), kept.next_due()) == (9, [], None)


def test_it_may_keep_nothing() -> None:
    """Then it knows just where the stream is."""
    kept = history(1, 2, max_events=0)
    assert (kept.since, after(kept, 2)) == (2, [])


def test_what_may_not_be_told_any_more_is_forgotten() -> None:
    """Without a gap for who comes back: nobody gets it."""
    kept = history(1, 2, 3)
    kept.forget(lambda each: each.data["channel"] == "2")
    assert (kept.since, after(kept, 0)) == (0, [1, 3])


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 40)), max_size=30), st.integers(0, 6))
def test_it_never_tells_a_story_with_a_gap(steps: list[tuple[int, float]], max_events: int) -> None:
    """From `since` on it has every event; the last ones, within the bounds, are always among them."""
    kept = History(max_events, AGE)
    now, happened = 0.0, list[tuple[int, float]]()
    for count, seconds in steps:
        now += seconds
        new = [len(happened) + 1 + number for number in range(count)]
        kept.add(map(event, new), now)
        happened += [(position, now) for position in new]
        assert after(kept, kept.since) == [position for position, _ in happened if position > kept.since]
        young = [position for position, at in happened if at > now - AGE]
        last = young[max(0, len(young) - max_events) :]
        assert after(kept, kept.since) == last
