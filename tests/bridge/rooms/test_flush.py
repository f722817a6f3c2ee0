"""When a room's events go out, on a loop whose time passes only when a test says so."""

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.rooms.flush import LONGEST_WINDOW, WINDOW, FlushWindow
from tests.bridge.clock import StillLoop

HAIR = 1e-6  # seconds: times are sums of floats


class Traffic:
    """A window that is woken at certain times, and when it flushed."""

    def __init__(self, loop: StillLoop) -> None:
        self.flushes: list[float] = []
        self.again: list[float | None] = []  # seconds after which it wants to be called again
        self.cost = 0.0  # seconds that a flush takes
        self.window = FlushWindow(self._flush)
        self._loop = loop

    def _flush(self, now: float) -> float | None:
        self.flushes.append(now)
        self._loop.now += self.cost
        again = self.again.pop(0) if self.again else None
        return None if again is None else now + again

    def wake(self, times: int = 1) -> float:
        """Wake the window, so often in one turn of the loop; return when."""
        now = self._loop.now
        for _ in range(times):
            self.window.wake()
        self.rest(0.0)
        return now

    def rest(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self._loop.run_until(self._loop.now + seconds)

    def run(self, rate: int) -> int:
        """Let a second pass with so many events; return how often they were flushed."""
        before = len(self.flushes)
        for _ in range(rate):
            self.wake()
            self.rest(1 / rate)
        return len(self.flushes) - before


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    return on_a_still_loop(monkeypatch)


def on_a_still_loop(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    loop = StillLoop()
    monkeypatch.setattr("bridge.rooms.flush.asyncio", SimpleNamespace(get_running_loop=lambda: loop))
    return Traffic(loop)


def test_the_first_event_after_silence_goes_at_once(traffic: Traffic) -> None:
    """Nobody waits without need."""
    assert traffic.flushes == [traffic.wake()]


def test_what_happens_in_one_turn_of_the_loop_goes_together(traffic: Traffic) -> None:
    """Also the first of it: a burst costs one flush."""
    assert traffic.flushes == [traffic.wake(100)]
    traffic.rest()
    assert len(traffic.flushes) == 1


def test_what_follows_inside_the_window_goes_together(traffic: Traffic) -> None:
    """One more flush, and not before the window is over."""
    start = traffic.wake()
    for _ in range(10):
        traffic.rest(WINDOW / 20)
        traffic.wake()
    assert len(traffic.flushes) == 1
    traffic.rest()
    assert traffic.flushes[1:] == [pytest.approx(start + WINDOW)]


def test_it_comes_back_when_it_was_asked_to(traffic: Traffic) -> None:
    """Words held back have their time."""
    traffic.again = [0.5, 0.25]
    start = traffic.wake()
    traffic.rest()
    assert traffic.flushes == pytest.approx([start, start + 0.5, start + 0.75])


@pytest.mark.parametrize("impatience", [0.0, -1.0])
def test_it_comes_back_no_sooner_than_the_window(traffic: Traffic, impatience: float) -> None:
    """However impatient the room."""
    traffic.again = [impatience]
    start = traffic.wake()
    traffic.rest()
    assert traffic.flushes == pytest.approx([start, start + WINDOW])


def test_an_earlier_wish_goes_before_a_later_one(traffic: Traffic) -> None:
    """A new event doesn't wait for words that are due in a while."""
    traffic.again = [3_600.0]
    start = traffic.wake()
    traffic.wake()
    traffic.rest()
    assert traffic.flushes == pytest.approx([start, start + WINDOW])


def test_a_later_wish_does_not_put_off_an_earlier_one(traffic: Traffic) -> None:
    """Waking leaves a flush that is planned already; it serves both."""
    traffic.again = [0.0]
    start = traffic.wake()
    traffic.wake()
    traffic.rest()
    assert traffic.flushes == pytest.approx([start, start + WINDOW])


def test_what_was_put_off_by_a_flush_between_is_still_done(traffic: Traffic) -> None:
    """A room that is woken while words wait for their time asks for that time again."""
    traffic.again = [0.5, 0.4]
    start = traffic.wake()
    traffic.rest(0.1)
    traffic.wake()
    traffic.rest()
    assert traffic.flushes == pytest.approx([start, start + 0.1, start + 0.5])


def test_a_flush_by_hand_takes_everything(traffic: Traffic) -> None:
    """What was planned is done by it."""
    traffic.wake()
    traffic.wake()
    traffic.window.flush()
    assert len(traffic.flushes) == 2
    traffic.rest()
    assert len(traffic.flushes) == 2


def test_a_stopped_window_plans_nothing(traffic: Traffic) -> None:
    """What was planned is forgotten."""
    traffic.wake()
    traffic.wake()
    traffic.window.stop()
    traffic.rest()
    assert len(traffic.flushes) == 1


def test_a_stopped_window_can_be_woken(traffic: Traffic) -> None:
    """It begins anew."""
    traffic.wake()
    traffic.wake()
    traffic.window.stop()
    traffic.rest()
    assert traffic.wake() == traffic.flushes[-1]


def test_flushes_that_take_long_leave_time_for_others(traffic: Traffic) -> None:
    """The window begins when a flush is over."""
    traffic.cost = 0.3
    start = traffic.wake()
    traffic.wake()
    traffic.rest()
    assert traffic.flushes[1] >= start + 0.3 + WINDOW - HAIR


# How the window grows


@pytest.mark.parametrize("interval", [0.05, 0.2, 1.0])
def test_a_quiet_room_s_events_go_at_once(traffic: Traffic, interval: float) -> None:
    """Each of them: nobody waits where nothing is saved by it."""
    times = []
    for _ in range(100):
        times.append(traffic.wake())
        traffic.rest(interval)
    assert traffic.flushes == times


@pytest.mark.parametrize(("rate", "most"), [(100, 21), (200, 11), (2_000, 11)])
def test_the_more_happens_the_fewer_are_the_writes(traffic: Traffic, rate: int, most: int) -> None:
    """Once the window has grown: at 200 events a second and more there are ten in a second."""
    traffic.run(rate)
    assert most / 2 < traffic.run(rate) <= most


def test_a_burst_is_no_rate(traffic: Traffic) -> None:
    """What follows a thousand events of one moment waits two short windows at most."""
    start = traffic.wake(1_000)
    traffic.wake()
    traffic.rest()
    assert traffic.flushes[0] == start
    assert traffic.flushes[1] <= start + 2 * WINDOW + HAIR


def test_after_a_storm_the_window_is_short_again(traffic: Traffic) -> None:
    """The first event after silence goes at once, and the next soon."""
    traffic.run(1_000)
    traffic.rest()
    first, second = traffic.wake(), traffic.wake()
    traffic.rest()
    assert traffic.flushes[-2] == first
    assert traffic.flushes[-1] - second <= WINDOW + HAIR


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from([0.0, 0.001, 0.005, 0.016, 0.05, 0.3]) | st.floats(0, 0.5), max_size=100))
def test_nothing_waits_longer_than_a_person_notices(
    monkeypatch: pytest.MonkeyPatch, gaps: list[float]
) -> None:
    """Whatever the traffic; no two flushes are closer than a window, and there is none for nothing."""
    traffic = on_a_still_loop(monkeypatch)
    times = []
    for gap in gaps:
        times.append(traffic.wake())
        traffic.rest(gap)
    traffic.rest()
    for woken in times:
        assert any(woken <= flush <= woken + LONGEST_WINDOW + HAIR for flush in traffic.flushes)
    for earlier, later in zip(traffic.flushes, traffic.flushes[1:], strict=False):
        assert later - earlier >= WINDOW - HAIR
    assert len(traffic.flushes) <= len(times)
