"""The pace of a room for old clients: what goes out when, by a clock of the test's own."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.rooms.playback import MAX_LAG, Playback, bubble_seconds
from bridge.wire.protocol import Event
from tests.bridge import old_client
from tests.bridge.old_client import OldClient
from tests.thorough import tries

HEAD = {"server": "1"}
BUBBLE = bubble_seconds("a")
PARTED = 2 * BUBBLE  # after that, who spoke so shortly may be taken away
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
    assert [event.data["message"] for _, event in later] == ["7", "8", "9"]
    assert [at for at, _ in later] == pytest.approx([BUBBLE, 2 * BUBBLE, 3 * BUBBLE])


def test_nothing_is_dropped_that_can_be_shown_in_time(playback: Playback) -> None:
    """Four short messages at once take less than the time there is."""
    out = said(playback.pace([words(str(number)) for number in range(4)], 0))
    assert out + [event.data["message"] for _, event in play_to_the_end(playback, 0)] == ["0", "1", "2", "3"]


# Each word as long as people write: most are short, and one is as long as Discord allows.
lengths = st.integers(0, 200) | st.integers(0, 4_000)
spoken = st.tuples(st.just("say"), st.floats(0, 12), st.sampled_from("12"), st.sampled_from("78"), lengths)
left = st.tuples(st.just("leave"), st.floats(0, 12), st.just(""), st.sampled_from("78"), st.just(0))


class Audience:
    """An old client behind a playback, and what it has seen."""

    def __init__(self, width: int) -> None:
        self.playback = Playback()
        self.client = OldClient(width)
        self.said_at: list[float] = []
        self.shown: list[int] = []
        self.gone: list[str] = []
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        """Come back whenever the playback asks for it."""
        until = self.now + seconds
        while (due := self.playback.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.see(self.playback.pace([], self.now))
        self.now = until

    def say(self, channel: str, uid: str, length: int) -> None:
        """Have somebody say something."""
        text = str(len(self.said_at)).ljust(length, ".")
        self.said_at.append(self.now)
        self.see(self.playback.pace([words(text, uid, channel)], self.now))

    def leave(self, uid: str) -> None:
        """Have somebody go."""
        self.see(self.playback.pace([removal(uid)], self.now))

    def see(self, events: list[Event]) -> None:
        """Show what goes out."""
        for event in events:
            uid = event.data["uid"]
            if event.type == "message":
                number = int(event.data["message"].rstrip("."))
                starts = self.client.show(uid, event.data["message"], event.data["channel"], self.now)
                assert starts == self.now, "two bubbles at once"
                assert starts - self.said_at[number] <= MAX_LAG + 1e-6, "words come too late"
                self.shown.append(number)
            elif event.data.get("delete"):
                assert not self.client.freezes_without(uid, self.now), "a removal in the middle of words"
                self.gone.append(uid)


@settings(max_examples=tries(300), deadline=None)
@given(st.lists(spoken | left, max_size=40), st.integers(12, 25))
def test_an_old_client_never_freezes_nor_falls_behind(script: list[Any], width: int) -> None:
    """Whatever is said, however long it is: in time, in order, and nobody goes in the middle of words."""
    audience = Audience(width)
    channels: list[str] = []
    for what, pause, channel, uid, length in script:
        audience.wait(pause)
        if what == "say":
            channels.append(channel)
            audience.say(channel, uid, length)
        else:
            audience.leave(uid)
    audience.wait(1_000)
    assert audience.playback.next_due() is None
    for channel in "12":
        here = [number for number in audience.shown if channels[number] == channel]
        assert here == sorted(set(here)), "each once, in order"


def test_a_bubble_is_over_before_the_next() -> None:
    """At every length a message can have, with a fifth to spare."""
    for text in ("." * length for length in range(4_001)):
        assert bubble_seconds(text) >= 1.2 * old_client.seconds(text)


@pytest.mark.parametrize(
    ("length", "seconds"), [(45, 6.0), (74, 7.5), (149, 8.4), (500, 11.6)], ids=["45", "74", "149", "500"]
)
def test_bubbles_take_as_long_as_was_seen(length: int, seconds: float) -> None:
    """In the TypeScript client; the playback adds a quarter, and no more than that again."""
    assert 1.2 * seconds <= bubble_seconds("." * length) <= 1.35 * seconds


def test_characters_are_counted_as_the_client_counts_them() -> None:
    """An emoji is two; half of one is one."""
    assert bubble_seconds("\N{CAT}" * 30) == bubble_seconds("." * 60)
    assert bubble_seconds("\ud83d" * 60) == bubble_seconds("." * 60)


def test_talk_without_end_stays_in_time() -> None:
    """A message of 74 characters each two seconds, for 150 seconds: that was 54 seconds late."""
    audience = Audience(width=20)
    for _ in range(75):
        audience.say("1", "7", 74)
        audience.wait(2)
    assert len(audience.shown) >= 14
    audience.leave("7")
    audience.wait(60)
    assert audience.gone == ["7"]


def test_words_that_could_only_come_too_late_are_dropped(playback: Playback) -> None:
    """Where a bubble is up for longer than that."""
    playback.pace([words("." * 4_000), words("well?")], 0)
    assert play_to_the_end(playback, 0) == []


def test_words_that_become_longer_keep_nobody_waiting(playback: Playback) -> None:
    """They are dropped like others: the oldest first."""
    playback.pace([words("a"), words("b"), words("c")], 0)
    playback.pace([corrected("b", "b" * 1_000)], 1)
    assert [event.data["message"] for _, event in play_to_the_end(playback, 1)] == ["c"]


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
    assert playback.next_due() == PARTED
    assert data(playback.pace([], PARTED)) == [{"uid": "7", "status": "offline", "delete": True}]
    assert playback.next_due() is None


def test_the_removal_waits_for_words_that_wait(playback: Playback) -> None:
    """A message in the queue keeps its member."""
    playback.pace([words("b", uid="8"), words("a")], 0)
    playback.pace([removal()], 1)
    later = [(at, dict(event.data).get("delete")) for at, event in play_to_the_end(playback, 1)]
    assert later == [(BUBBLE, None), (BUBBLE + PARTED, True)]


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
    playback.pace([words("a", channel="1"), words("c", uid="8", channel="2"), words("b", channel="2")], 0)
    playback.pace([removal()], 1)
    removals = [at for at, event in play_to_the_end(playback, 1) if event.data.get("delete")]
    assert removals == [BUBBLE + PARTED]


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
