"""The pace of a room for old clients: what goes out when, by a clock of the test's own."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.playback import BUBBLE, MAX_LAG, PARTING, Playback
from bridge.protocol import Event

HEAD = {"server": "1"}
_positions = itertools.count(1)


def words(text: str, uid: str = "7", channel: str = "9") -> Event:
    data = {"uid": uid, "message": text, "channel": channel}
    return Event("message", next(_positions), HEAD, data, {"id": f"id of {text}"})


def taken_back(text: str, channel: str = "9") -> Event:
    data = {"uid": "7", "channel": channel, "id": f"id of {text}", "message": None}
    return Event("edit", next(_positions), HEAD, data)


def corrected(text: str, to: str, channel: str = "9") -> Event:
    data = {"uid": "7", "channel": channel, "id": f"id of {text}", "message": to}
    return Event("edit", next(_positions), HEAD, data)


def removal(uid: str = "7") -> Event:
    return Event("presence", next(_positions), HEAD, {"uid": uid, "status": "offline", "delete": True})


def arrival(uid: str = "7") -> Event:
    return Event("presence", next(_positions), HEAD, {"uid": uid, "status": "online", "username": "Ada"})


def said(events: list[Event]) -> list[str]:
    return [event.data["message"] for event in events if event.type == "message"]


def data(events: list[Event]) -> list[dict[str, Any]]:
    return [dict(event.data) for event in events]


def play_to_the_end(playback: Playback, now: float) -> list[tuple[float, Event]]:
    """Come back whenever the playback asks for it; return what went out, and when."""
    out: list[tuple[float, Event]] = []
    for _ in range(1_000):
        due = playback.next_due()
        if due is None:
            return out
        now = max(now, due)
        out += [(now, event) for event in playback.pace([], now)]
    raise AssertionError("asks to come back without end")


@pytest.fixture
def playback() -> Playback:
    return Playback()


# Words


def test_words_in_a_silent_channel_go_out_at_once(playback: Playback) -> None:
    """Nothing is held back without need."""
    assert said(playback.pace([words("a")], 0)) == ["a"]


def test_words_in_a_busy_channel_wait_for_the_bubble(playback: Playback) -> None:
    """One bubble a channel at a time."""
    assert said(playback.pace([words("a"), words("b")], 0)) == ["a"]
    assert playback.next_due() == BUBBLE
    assert said(playback.pace([], BUBBLE)) == ["b"]


def test_channels_do_not_wait_for_each_other(playback: Playback) -> None:
    """Each has a bubble of its own."""
    assert said(playback.pace([words("a", channel="1"), words("b", channel="2")], 0)) == ["a", "b"]


def test_a_channel_is_silent_again_after_its_bubble(playback: Playback) -> None:
    """New words need not wait then."""
    playback.pace([words("a")], 0)
    assert said(playback.pace([words("b")], BUBBLE)) == ["b"]


def test_waiting_words_go_before_new_ones(playback: Playback) -> None:
    """Also when new words come in the moment the channel gets free."""
    playback.pace([words("a"), words("b")], 0)
    assert said(playback.pace([words("c")], BUBBLE)) == ["b"]
    assert said(playback.pace([], 2 * BUBBLE)) == ["c"]


def test_the_oldest_words_are_dropped(playback: Playback) -> None:
    """A burst leaves what can still be shown in time: the first, and the newest."""
    out = playback.pace([words(str(number)) for number in range(10)], 0)
    later = play_to_the_end(playback, 0)
    assert said(out) == ["0"]
    assert [(at, event.data["message"]) for at, event in later] == [(5, "7"), (10, "8"), (15, "9")]


def test_nothing_is_dropped_that_can_be_shown_in_time(playback: Playback) -> None:
    """Four messages at once take exactly the time there is."""
    out = said(playback.pace([words(str(number)) for number in range(4)], 0))
    assert out + [event.data["message"] for _, event in play_to_the_end(playback, 0)] == ["0", "1", "2", "3"]


@given(
    st.lists(
        st.tuples(st.floats(0, 12), st.sampled_from(["1", "2"]), st.sampled_from(["7", "8"])), max_size=40
    )
)
def test_words_come_in_order_in_time_and_apart(script: list[tuple[float, str, str]]) -> None:
    """In each channel: in order, never more than 15 s late, never two bubbles at once."""
    playback = Playback()
    now = 0.0
    spoken: dict[str, tuple[int, float, str]] = {}
    shown: list[tuple[float, Event]] = []
    for number, (pause, channel, uid) in enumerate(script):
        until = now + pause
        while (due := playback.next_due()) is not None and due <= until:
            now = due
            shown += [(now, event) for event in playback.pace([], now)]
        now = until
        spoken[str(number)] = (number, now, channel)
        shown += [(now, event) for event in playback.pace([words(str(number), uid, channel)], now)]
    shown += play_to_the_end(playback, now)
    for channel in ("1", "2"):
        here = [
            (at, *spoken[event.data["message"]]) for at, event in shown if event.data["channel"] == channel
        ]
        assert [number for _, number, _, _ in here] == sorted({number for _, number, _, _ in here})
        assert all(at - when <= MAX_LAG + 1e-6 for at, _, when, _ in here)
        assert all(later[0] - sooner[0] >= BUBBLE - 1e-6 for sooner, later in itertools.pairwise(here))


def test_words_taken_back_before_they_are_shown_are_not_shown(playback: Playback) -> None:
    """A deleted message that still waits never goes out."""
    playback.pace([words("a"), words("b"), words("c")], 0)
    playback.pace([taken_back("b")], 1)
    assert [event.data["message"] for _, event in play_to_the_end(playback, 1)] == ["c"]


def test_words_that_are_up_cannot_be_taken_back(playback: Playback) -> None:
    """Old clients know no deletion; nothing is sent."""
    playback.pace([words("a")], 0)
    assert playback.pace([taken_back("a")], 1) == []


def test_words_of_a_silent_channel_can_be_taken_back(playback: Playback) -> None:
    """A deletion in a channel where nothing waits is no error."""
    assert playback.pace([taken_back("a", channel="other")], 0) == []


def test_new_words_of_a_message_leave_what_waits(playback: Playback) -> None:
    """An edit is no deletion."""
    playback.pace([words("a"), words("b")], 0)
    edit = taken_back("b")
    playback.pace([edit.with_data({**edit.data, "message": "B"})], 1)
    assert len(play_to_the_end(playback, 1)) == 1


# Members


def test_a_silent_member_is_removed_at_once(playback: Playback) -> None:
    """There is nothing to wait for."""
    assert data(playback.pace([removal()], 0)) == [{"uid": "7", "status": "offline", "delete": True}]


def test_a_speaking_member_goes_offline_at_once(playback: Playback) -> None:
    """The removal comes when the bubble is over."""
    playback.pace([words("a")], 0)
    assert data(playback.pace([removal()], 1)) == [{"uid": "7", "status": "offline"}]


def test_the_removal_comes_after_the_bubble(playback: Playback) -> None:
    """With some time for slow pages."""
    playback.pace([words("a")], 0)
    playback.pace([removal()], 1)
    assert playback.next_due() == BUBBLE + PARTING
    assert data(playback.pace([], BUBBLE + PARTING)) == [{"uid": "7", "status": "offline", "delete": True}]
    assert playback.next_due() is None


def test_the_removal_waits_for_words_that_wait(playback: Playback) -> None:
    """A message in the queue keeps its member."""
    playback.pace([words("other", uid="8"), words("a")], 0)
    playback.pace([removal()], 1)
    later = [(at, dict(event.data).get("delete")) for at, event in play_to_the_end(playback, 1)]
    assert later == [(BUBBLE, None), (2 * BUBBLE + PARTING, True)]


def test_the_removal_comes_when_waiting_words_were_dropped(playback: Playback) -> None:
    """Words that will never be shown keep nobody."""
    playback.pace([words("other", uid="8"), words("mine")], 0)
    playback.pace([removal()], 0.1)
    playback.pace([words(str(number), uid="8") for number in range(8)], 0.2)
    removals = [at for at, event in play_to_the_end(playback, 0.2) if event.data.get("delete")]
    assert removals == [0.2]


def test_the_removal_comes_when_waiting_words_were_taken_back(playback: Playback) -> None:
    """Nor do words that were deleted."""
    playback.pace([words("other", uid="8"), words("mine")], 0)
    playback.pace([removal()], 1)
    out = playback.pace([taken_back("mine")], 2)
    later = [event for _, event in play_to_the_end(playback, 2)]
    assert data(out + later) == [{"uid": "7", "status": "offline", "delete": True}]


def test_the_removal_waits_for_the_slowest_channel(playback: Playback) -> None:
    """Words of a member may play in several channels."""
    playback.pace([words("a", channel="1"), words("other", uid="8", channel="2"), words("b", channel="2")], 0)
    playback.pace([removal()], 1)
    removals = [at for at, event in play_to_the_end(playback, 1) if event.data.get("delete")]
    assert removals == [2 * BUBBLE + PARTING]


def test_who_comes_back_is_not_removed(playback: Playback) -> None:
    """The removal that waited is forgotten."""
    playback.pace([words("a")], 0)
    playback.pace([removal()], 1)
    assert data(playback.pace([arrival()], 2)) == [{"uid": "7", "status": "online", "username": "Ada"}]
    assert play_to_the_end(playback, 2) == []


def test_a_removal_that_is_due_comes_before_who_comes_back(playback: Playback) -> None:
    """In this order the page ends with the member."""
    playback.pace([words("a")], 0)
    playback.pace([removal()], 1)
    out = data(playback.pace([arrival()], 20))
    assert [each.get("delete", False) for each in out] == [True, False]


def test_everything_else_goes_out_at_once(playback: Playback) -> None:
    """Only words and removals have a pace."""
    others = [arrival(), Event("refresh_data", next(_positions), {"serverId": "1"})]
    assert playback.pace(others, 0) == others


def test_nothing_held_back_is_nothing_due(playback: Playback) -> None:
    """A room that is silent sets no timer."""
    playback.pace([words("a")], 0)
    assert playback.next_due() is None


def test_words_that_wait_are_shown_as_they_were_corrected(playback: Playback) -> None:
    """Who corrects what nobody has seen yet is heard with the right words only, however often they do."""
    playback.pace([words("first"), words("wierd"), words("third")], 0.0)
    assert playback.pace([corrected("wierd", "weird"), corrected("wierd", "strange")], 1.0) == []
    assert said([event for _, event in play_to_the_end(playback, 1.0)]) == ["strange", "third"]


def test_a_channel_that_is_no_longer_shown_falls_silent(playback: Playback) -> None:
    """What waited to be said there is never said."""
    playback.pace([words("first"), words("second"), words("elsewhere", channel="10")], 0.0)
    playback.silence("9")
    playback.silence("11")
    assert play_to_the_end(playback, 1.0) == []
