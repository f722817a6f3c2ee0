"""Words that are taken back, and channels that are hidden: nothing of it leaves any more."""

from dataclasses import replace

import pytest

from bridge.limits import Limits
from bridge.model import Channel, Happening, Message, Voice
from bridge.rooms.history import History
from bridge.rooms.memory import Memory
from bridge.rooms.playback import bubble_seconds
from bridge.rooms.room import Room
from bridge.rooms.state import MAX_SAID
from bridge.wire.protocol import Connect, Event, encode_cursor, stream_name
from tests.bridge.rooms.seats import ADA, BEPPO, EVERYTHING, GUILD, OLD, PLAIN, FakeViewer, seated, users
from tests.bridge.watchers import Json, read_frames, unpacked


def test_only_rooms_that_remember_somebody_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody hides in two thousand guilds: where nothing is of them, no history is looked through."""
    rooms = [
        Room(replace(GUILD, id=str(number)), limits=Limits(history_events=1_000)) for number in range(20)
    ]
    for number, each in enumerate(rooms):
        each.seat(FakeViewer(EVERYTHING))
        for _ in range(50):
            each.say(Message("8", "hello", "9"))
        each.say(Message("8", "you", "9", reply_to="7" if number == 3 else None))
        each.flush(0)
    touched: list[Memory] = []
    looked_through = 0

    def after(history: History, position: int) -> list[Event]:
        nonlocal looked_through
        looked_through += 1
        return []

    def forget_past(memory: Memory) -> None:
        touched.append(memory)

    monkeypatch.setattr(History, "after", after)
    monkeypatch.setattr(Memory, "forget_past", forget_past)
    for each in rooms:
        each.forget_words("7")
    assert touched == [rooms[3]._memory]
    assert looked_through == 0


def test_words_are_taken_back(room: Room) -> None:
    """Somebody's words vanish where they are seen; what others said stays there."""
    room.put_all([ADA, BEPPO])
    viewer = seated(room, EVERYTHING)
    for uid in ("7", "8"):
        room.say(Message(uid, "hello", "9", id=f"1{uid}"))
    room.flush(0)
    room.forget_words("7")
    room.flush(1)
    assert viewer.data[2:] == [{"uid": "7", "channel": "9", "id": "17", "message": None}]
    assert list(room.said) == ["18"]


def test_everybody_s_words_are_taken_back(room: Room) -> None:
    """All that are remembered."""
    viewer = seated(room, EVERYTHING)
    for number in range(3):
        room.say(Message("7", "hello", "9", id=str(number)))
    room.flush(0)
    room.forget_words()
    room.flush(1)
    assert [data["id"] for data in viewer.data[3:]] == ["0", "1", "2"]


def test_words_taken_back_do_not_wait_for_old_clients(room: Room) -> None:
    """They have not been said yet, and never are."""
    viewer = seated(room)
    for words in ("first", "second"):
        room.say(Message("7", words, "9"))
    room.flush(0)
    room.forget_words("7")
    room.flush(bubble_seconds("first") + 1)
    assert [data["message"] for data in viewer.data] == ["first"]


@pytest.mark.parametrize("how", ["words", "channel", "past", "hidden channel"])
def test_what_waits_in_a_slow_line_is_forgotten_too(room: Room, how: str) -> None:
    """There the words are frames already, whoever hears of what takes them back."""
    room.set_channels([Channel("9", "lobby")])
    room.put_all([ADA])
    viewers = [seated(room, wants) for wants in (OLD, PLAIN, EVERYTHING)]
    room.say(Message("7", "hello", "9", id="5"))
    room.flush(0)
    match how:
        case "words":
            room.forget_words("7")
        case "channel":
            room.forget_channels(["9"])
        case "past":
            room.forget_past()
        case _:
            room.set_channels([])
    assert all(viewer.forgot for viewer in viewers)


@pytest.mark.parametrize("how", ["edited", "edited again", "deleted", "deleted with others", "line", "poll"])
def test_only_what_was_given_to_a_slow_line_is_forgotten(room: Room, how: str) -> None:
    """A bot that edits what it said each second would else cost each slow reader all they wait for."""
    room.put_all([ADA._replace(line="to let"), BEPPO])
    early, late = seated(room, EVERYTHING), FakeViewer(EVERYTHING)
    room.put_all([ADA._replace(line="oops")])
    room.say(Message("7", "oops", "9", id="5"))
    room.happen(Happening("50", "poll", "7", "9", text="oops?"))
    room.flush(0)
    if how == "edited again":
        room.edit("7", "9", "5", "oops!", {})
        room.flush(1)
        early.forgot = 0
    room.seat(late)
    room.say(Message("8", "hello", "9", id="6"))
    room.flush(2)
    match how:
        case "edited" | "edited again":
            room.edit("7", "9", "5", "better", {})
        case "deleted":
            room.edit("7", "9", "5", None, {})
        case "deleted with others":
            room.forget_messages(["4", "5"])
        case "line":
            room.put_all([ADA])
        case _:
            room.happen(Happening("50", "poll", "7", "9", text="better?"))
    assert (early.forgot, late.forgot) == (1, 0)


@pytest.mark.parametrize("how", ["message", "edit", "line"])
def test_what_is_changed_while_it_is_handed_out_goes_on_changed(
    room: Room, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To thousands of viewers it takes more than one turn."""
    monkeypatch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 1)
    room.put_all([ADA])
    viewers = [seated(room, EVERYTHING) for _ in range(3)]
    room.say(Message("7", "oops" if how == "message" else "fine", "9", id="5"))
    if how == "edit":
        room.flush(0)
        while room.flush(0) is not None and not room.is_through:
            pass
        room.edit("7", "9", "5", "oops", {})
    elif how == "line":
        room.put_all([ADA._replace(line="oops")])
    room.flush(1)
    before = sum("oops" in str(viewer.frames) for viewer in viewers)
    assert before < len(viewers)
    if how == "line":
        room.put_all([ADA._replace(line="better")])
    else:
        room.edit("7", "9", "5", "better", {})
    while not room.is_through:
        room.flush(2)
    assert sum("oops" in str(viewer.frames) for viewer in viewers) == before
    assert all("better" in str(viewer.frames) for viewer in viewers)


def returning(room: Room, since: str) -> list[Json]:
    """Read what somebody is told who comes back."""
    told = read_frames(room.entry(Connect("one", wants=EVERYTHING, cursor=since)))
    assert told[0]["data"].get("resumed"), "the past is forgotten"
    return unpacked(told[1:])


def test_what_a_thread_was_called_is_told_nobody_who_comes_back(room: Room) -> None:
    """A title is somebody's words; and so may be a channel's name."""
    room.put_all([ADA])
    room.set_channels([Channel("9", "oops-lobby")])
    seated(room, EVERYTHING)
    room.publish("typing", {"uid": "7", "channel": "9"})
    room.flush(0)
    cursor = encode_cursor(stream_name(room.epoch, EVERYTHING), room.position).decode().strip('"')
    room.happen(Happening("50", "thread", "7", "50", parent="9", text="oops!"))
    room.say(Message("7", "hello", "50", "51", "oops!", parent="9"))
    room.say(Message("7", "hello", "9", "52", "oops-lobby"))
    room.flush(1)
    slow = seated(room, EVERYTHING)
    room.say(Message("7", "again", "50", "53", "oops!", parent="9"))
    room.flush(2)
    assert "oops" in str(returning(room, cursor))
    room.rename_thread("50", "better", "better")
    room.set_channels([Channel("9", "lobby")])
    told = returning(room, cursor)
    assert "oops" not in str(told)
    assert [one["data"]["text"] for one in told if one["type"] == "happening"] == ["better"]
    said = [one["data"]["channelName"] for one in told if one["type"] == "message"]
    assert said == ["better", "lobby", "better"]
    assert slow.forgot == 1
    room.rename_thread("50", None, "lobby")
    told = returning(room, cursor)
    assert [one["data"].get("text") for one in told if one["type"] == "happening"] == [None]
    assert "better" not in str(told)


def test_the_end_of_a_thread_takes_nothing_else(room: Room) -> None:
    """Who arrives still reads what was said elsewhere, and who comes back is told what happened there."""
    room.describe(replace(GUILD, recent=True))
    room.set_channels([Channel("9", "lobby")])
    room.put_all([ADA, BEPPO])
    viewer = seated(room, EVERYTHING)
    room.flush(0)
    cursor = encode_cursor(stream_name(room.epoch, EVERYTHING), room.position).decode().strip('"')
    room.say(Message("8", "elsewhere", "9", "60", "lobby"))
    room.happen(Happening("50", "thread", "7", "50", parent="9", text="oops"))
    room.say(Message("7", "oops", "50", "51", "oops", parent="9"))
    room.say(Message("8", "see #oops", "9", "61", "lobby"))
    room.flush(1)
    room.forget_threads(["50"])
    room.flush(2)
    told = returning(room, cursor)
    assert [one["data"]["message"] for one in told if one["type"] == "message"] == ["elsewhere"]
    assert "oops" not in str(told)
    [frame] = read_frames(room.entry(Connect("one", wants=EVERYTHING, recent=True)))
    assert [words["message"] for words in frame["data"]["recent"]] == ["elsewhere"]
    assert [one["data"]["id"] for one in viewer.events if one["type"] == "edit"] == ["51"]
    assert list(room.said) == ["60", "61"]


@pytest.mark.parametrize("how", ["taken back", "corrected", "many", "long ago"])
def test_words_changed_just_before_their_turn_are_not_said_as_they_were(room: Room, how: str) -> None:
    """An old client's bubble may be over before the next flush, which then tells of both."""
    viewer = seated(room)
    room.say(Message("7", "first", "9", id="1"))
    room.say(Message("7", "oops", "9", id="2"))
    room.flush(0)
    match how:
        case "taken back":
            room.edit("7", "9", "2", None, {})
        case "corrected":
            room.edit("7", "9", "2", "better", {})
        case "many":
            room.forget_messages(["2"])
        case _:
            for number in range(MAX_SAID):
                room.say(Message("8", "spam", str(100 + number), id=str(100 + number)))
            room.forget_messages(["2"])
    room.flush(bubble_seconds("first") + 1)
    heard = [data["message"] for data in viewer.data if data["channel"] == "9"]
    assert heard == ["first", *(["better"] if how == "corrected" else [])]


@pytest.mark.parametrize("how", ["together", "edited", "again"])
def test_that_a_message_is_taken_back_is_told_whatever_follows(room: Room, how: str) -> None:
    """Also where the news of it still waits for its window."""
    room.put_all([ADA])
    viewer = seated(room, EVERYTHING)
    room.say(Message("7", "oops", "9", id="5"))
    room.flush(0)
    room.edit("7", "9", "5", None, {})
    match how:
        case "together":
            room.forget_messages(["4", "5"])
        case "edited":  # Discord says nothing about the order
            room.edit("7", "9", "5", "late", {})
        case _:
            room.edit("7", "9", "5", None, {})
    room.flush(1)
    assert [event["type"] for event in viewer.events[:2]] == ["message", "edit"]
    assert viewer.data[1]["message"] is None
    assert len(viewer.events) == (3 if how == "edited" else 2)


def test_who_talks_where_words_are_taken_back_is_still_heard_of(room: Room) -> None:
    """A voice channel has a chat of its own: who came to talk there is there, whatever was written."""
    room.put_all([ADA])
    viewer = seated(room, EVERYTHING)
    room.revise([ADA._replace(voice=Voice("9", "Lounge"))])
    room.say(Message("7", "secret", "9", id="5"))
    room.forget_channels(["9"])
    room.flush(0)
    assert [event["type"] for event in viewer.events] == ["voice", "edit"]
    assert users(room, full=True)["7"]["voice"]["channel"] == viewer.data[0]["channel"] == "9"


def test_who_talks_in_a_channel_that_becomes_hidden(room: Room) -> None:
    """Viewers don't see it any more, now or on entering."""
    room.set_channels([Channel("10", "Lounge", "voice")])
    room.put(ADA)
    viewer = seated(room, EVERYTHING)
    room.put_all([ADA._replace(voice=Voice("10", "Lounge"))])
    room.set_channels([])
    room.flush(0)
    assert [data["channel"] for data in viewer.data if "muted" in data] == [None]
    assert users(room, full=True)["7"]["voice"] is None
