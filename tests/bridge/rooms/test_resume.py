"""Coming back with a cursor: what was missed, once and in order, or a snapshot."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.limits import Limits
from bridge.model import Channel, Member, Message
from bridge.problems import WRONG_PASSWORD
from bridge.providers import EmptyProvider
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Credentials, Wants
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.watchers import Json, Watcher, read_frames, unpacked, until, watching

AGE = 60.0
LIMITS = Limits(history_events=5, history_age=AGE)
CURSOR = Wants(cursor=True)
EVERYTHING = Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True)


class Returner(FakeViewer):
    """Somebody who follows a room, leaves it and comes back."""

    def __init__(self, room: Room, wants: Wants = CURSOR) -> None:
        super().__init__(wants)
        self.room = room
        self.cursor = ""
        self.enter()

    def enter(self, cursor: str | None = None) -> Json:
        """Take a seat, as a session does; return the join."""
        frames = read_frames(self.room.entry(Connect("dworld", wants=self.wants, cursor=cursor)))
        self.frames = frames[1:]
        self.room.seat(self)
        join = frames[0]["data"]
        assert isinstance(join, dict)
        self.cursor = join["cursor"]
        return join

    def leave(self) -> None:
        self.room.unseat(self)
        self.cursor = self.frames[-1]["cursor"] if self.frames else self.cursor

    def come_back(self) -> Json:
        return self.enter(self.cursor)

    def returns_to_everything(self) -> bool:
        """Come back; tell whether the room held everything."""
        return "resumed" in self.come_back()

    @property
    def words(self) -> list[str]:
        return [event["data"]["message"] for event in self.events if event["type"] == "message"]


@pytest.fixture
def room() -> Room:
    room = Room(DWORLD, limits=LIMITS)
    room.put_all([ADA, BEPPO])
    return room


def say(room: Room, *words: str) -> None:
    for word in words:
        room.say(Message("111", word, "9"))


# What a room holds


def test_who_missed_nothing_gets_nothing(room: Room) -> None:
    """A join without users, and the cursor they came with."""
    viewer = Returner(room)
    viewer.leave()
    before = viewer.cursor
    join = viewer.come_back()
    assert join.keys() == {"request", "serverName", "cursor", "resumed"}
    assert (join["resumed"], join["cursor"], viewer.frames) == (True, before, [])


def test_who_missed_something_gets_it_in_order(room: Room) -> None:
    """Also what is not flushed yet, and that only once."""
    viewer = Returner(room)
    say(room, "heard")
    room.flush(0)
    viewer.leave()
    say(room, "a", "b")
    room.flush(1)
    say(room, "c")
    join = viewer.come_back()
    assert join["resumed"] is True
    assert viewer.words == ["a", "b", "c"]
    say(room, "d")
    room.flush(2)
    assert viewer.words == ["a", "b", "c", "d"]


def test_the_join_s_cursor_is_that_of_before(room: Room) -> None:
    """The connection may break again before the events are through."""
    viewer = Returner(room)
    viewer.leave()
    say(room, "a", "b")
    room.flush(0)
    assert viewer.come_back()["cursor"] == viewer.cursor
    viewer.room.unseat(viewer)
    assert viewer.enter(viewer.cursor)["resumed"] is True
    assert viewer.words == ["a", "b"]


def test_somebody_may_leave_in_the_middle_of_a_batch(room: Room) -> None:
    """Each of its events has a cursor to come back with."""
    viewer = Returner(room, EVERYTHING)
    say(room, "a", "b", "c")
    room.flush(0)
    [batch] = viewer.frames
    viewer.room.unseat(viewer)
    assert viewer.enter(batch["events"][0]["cursor"])["resumed"] is True
    assert viewer.words == ["b", "c"]


@pytest.mark.parametrize("batch", [False, True])
def test_what_was_missed_comes_as_asked(room: Room, batch: bool) -> None:
    """In one frame or in several; and in another form than before, if the client wants that now."""
    viewer = Returner(room, Wants(batch=not batch, cursor=True))
    viewer.leave()
    say(room, "a", "b", "c")
    room.flush(0)
    viewer.wants = Wants(batch=batch, cursor=True)
    assert viewer.returns_to_everything()
    assert len(viewer.frames) == (1 if batch else 3)
    assert viewer.words == ["a", "b", "c"]


def test_only_what_was_asked_for_comes(room: Room) -> None:
    """As in a room that was never left."""
    viewer = Returner(room, Wants(events=frozenset({"typing"})))
    viewer.leave()
    room.publish("typing", {"uid": "111", "channel": "9"})
    room.publish("reaction", {"uid": "111", "channel": "9", "emoji": "!"})
    room.flush(0)
    assert viewer.returns_to_everything()
    assert [event["type"] for event in viewer.events] == ["typing"]


def test_the_rest_of_the_join_is_as_it_is_now(room: Room) -> None:
    """The room's name, its channels and its counts."""
    viewer = Returner(room, EVERYTHING)
    viewer.leave()
    room.describe(replace(room.info, name="Renamed"))
    room.set_channels([Channel("9", "general")])
    room.remove("222")
    join = viewer.come_back()
    assert join["serverName"] == "Renamed"
    assert join["channels"].keys() == {"9"}
    assert join["counts"]["shown"] == 1


def test_a_state_that_changed_often_is_told_as_it_is(room: Room) -> None:
    """Presences collapse inside a window, also for who was away."""
    viewer = Returner(room)
    viewer.leave()
    for status in ("idle", "dnd"):
        room.put(ADA._replace(status=status))
    room.flush(0)
    assert viewer.returns_to_everything()
    assert viewer.data == [{"uid": "111", "status": "dnd"}]


def test_what_collapses_after_the_return_is_told_to_who_returned(room: Room) -> None:
    """They know the earlier state from what they missed, and get the later."""
    viewer = Returner(room)
    viewer.leave()
    room.put(Member("333", "Cedar", "idle"))
    assert viewer.returns_to_everything()
    room.put(Member("333", "Cedar", "dnd"))
    room.flush(0)
    assert [data["status"] for data in viewer.data] == ["idle", "dnd"]


# What it does not hold


def test_too_much_happened(room: Room) -> None:
    """As many events as are kept can be missed, and not one more."""
    for count, held in ((5, True), (6, False)):
        viewer = Returner(room)
        viewer.leave()
        say(room, *"123456"[:count])
        room.flush(0)
        assert viewer.returns_to_everything() is held
        assert len(viewer.words) == (5 if held else 0)
        viewer.leave()


@pytest.mark.parametrize(("away", "held"), [(AGE - 1, True), (AGE, False)])
def test_it_is_too_long_ago(room: Room, away: float, held: bool) -> None:
    """Events get old, also in a room where nothing else happens: it wants to be flushed for that."""
    viewer = Returner(room)
    say(room, "first")
    assert room.flush(100.0) == 100.0 + AGE
    viewer.leave()
    say(room, "missed")
    assert room.flush(101.0) == 100.0 + AGE
    room.flush(101.0 + away)
    assert viewer.returns_to_everything() is held


def test_what_is_old_is_no_loss_for_who_heard_it(room: Room) -> None:
    """Nothing happened since."""
    viewer = Returner(room)
    say(room, "heard")
    room.flush(0)
    viewer.leave()
    room.flush(AGE / 2)
    assert viewer.returns_to_everything()


def test_a_room_records_for_a_while_for_those_who_may_return(room: Room) -> None:
    """Then it stops, so that rooms nobody watches cost nothing."""
    viewer = Returner(room)
    viewer.leave()
    say(room, "a")
    room.flush(0)
    say(room, "b")
    room.flush(AGE - 1)
    assert viewer.returns_to_everything()
    assert viewer.words == ["a", "b"]
    viewer.leave()
    room.flush(AGE)
    room.flush(2 * AGE)
    say(room, "c")
    assert room.flush(2 * AGE + 1) is None
    assert not viewer.returns_to_everything()


def test_what_nobody_watched_is_no_part_of_the_stream(room: Room) -> None:
    """Who comes after a pause gets a snapshot, and can come back to that."""
    viewer = Returner(room)
    viewer.leave()
    room.flush(0)
    room.flush(AGE)
    say(room, "unheard")
    newcomer = Returner(room)
    say(room, "heard")
    room.flush(AGE + 1)
    newcomer.cursor = newcomer.cursor.rpartition(".")[0] + "." + str(room.position - 2)
    newcomer.room.unseat(newcomer)
    assert not newcomer.returns_to_everything()
    assert not viewer.returns_to_everything()


def test_another_watcher_keeps_the_record(room: Room) -> None:
    """However long somebody is away: it is the events that get old."""
    Returner(room)
    viewer = Returner(room)
    viewer.leave()
    for now in (0, AGE, 2 * AGE, 3 * AGE):
        room.flush(now)
    say(room, "late")
    room.flush(3 * AGE + 1)
    assert viewer.returns_to_everything()
    assert viewer.words == ["late"]


def test_another_life_of_the_room(room: Room) -> None:
    """A bridge that started again, or a guild that was closed and opened again."""
    viewer = Returner(room)
    viewer.leave()
    viewer.room = Room(DWORLD, limits=LIMITS)
    join = viewer.come_back()
    assert "resumed" not in join
    assert join["users"] == {}


def test_other_events_than_before(room: Room) -> None:
    """Who asks for more, or for others, has gaps in what they know."""
    viewer = Returner(room, Wants(events=frozenset({"typing"})))
    viewer.leave()
    for wants in (CURSOR, EVERYTHING, Wants(events=frozenset({"voice"}), cursor=True)):
        viewer.wants = wants
        assert not viewer.returns_to_everything()
        viewer.room.unseat(viewer)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: "",
        lambda cursor: "rubbish",
        lambda cursor: cursor + "0" * 15,
        lambda cursor: cursor.rpartition(".")[0],
        lambda cursor: cursor.rpartition(".")[0] + ".-1",
        lambda cursor: cursor.rpartition(".")[0] + "." + "9" * 5_000,
        lambda cursor: cursor.rpartition(".")[0] + "." + str(int(cursor.rpartition(".")[2]) + 1),
        lambda cursor: cursor.rpartition(".")[0] + "." + str(int(cursor.rpartition(".")[2]) - 1),
        lambda cursor: cursor.upper() + "x",
        lambda cursor: " " + cursor,
        lambda cursor: "f" + cursor[1:] if cursor[0] != "f" else "e" + cursor[1:],
    ],
    ids=["empty", "rubbish", "far future", "no position", "negative", "huge", "future", "before it recorded",
         "more", "blank", "another life"],
)  # fmt: skip
def test_a_cursor_that_means_nothing_here(room: Room, spoil: Callable[[str], str]) -> None:
    """Gets a snapshot, and with it a cursor that does."""
    viewer = Returner(room)
    viewer.leave()
    good, viewer.cursor = viewer.cursor, spoil(viewer.cursor)
    join = viewer.come_back()
    assert "resumed" not in join
    assert join["users"].keys() == {"111", "222"}
    assert join["cursor"] == good


def test_a_history_of_nothing_is_enough_for_who_missed_nothing() -> None:
    """And for nobody else."""
    room = Room(DWORLD, limits=Limits(history_events=0))
    viewer = Returner(room)
    viewer.leave()
    assert viewer.returns_to_everything()
    viewer.leave()
    say(room, "a")
    room.flush(0)
    assert not viewer.returns_to_everything()


def test_a_password_is_echoed_to_who_returns(room: Room) -> None:
    """As to anybody who joins."""
    room.describe(replace(room.info, protected=True, password="p"))
    viewer = Returner(room)
    request = Connect("dworld", Credentials(password="p"), CURSOR, viewer.cursor)
    [join] = read_frames(room.entry(request))
    assert join["data"]["request"] == {"server": "dworld", "password": "p"}
    assert join["data"]["resumed"] is True


# What it costs


def test_what_was_missed_is_encoded_once_for_all_who_ask_alike(room: Room) -> None:
    """However often they ask, while nothing happens."""
    viewer = Returner(room)
    say(room, "a", "b")
    room.flush(0)
    request = Connect("dworld", wants=CURSOR, cursor=viewer.cursor)
    first = room.entry(request)
    assert room.entry(request) is first
    say(room, "c")
    assert len(read_frames(room.entry(request))) == 4
    assert len(read_frames(first)) == 3


@pytest.mark.parametrize("how", ["words", "channel", "past"])
def test_what_was_encoded_is_forgotten_with_what_it_says(room: Room, how: str) -> None:
    """Also where nothing happened since that has a position."""
    viewer = Returner(room)
    say(room, "secret")
    request = Connect("dworld", wants=CURSOR, cursor=viewer.cursor)
    assert b"secret" in first_bytes(room.entry(request))
    match how:
        case "words":
            room.forget_words("111")
        case "channel":
            room.forget_channels(["9"])
        case _:
            room.forget_past()
    assert b"secret" not in first_bytes(room.entry(request))


def first_bytes(entry: object) -> bytes:
    assert isinstance(entry, bytes)
    return entry


def test_who_missed_very_long_words_gets_a_snapshot() -> None:
    """To encode a thousand of them takes longer than others may be kept waiting."""
    room = Room(DWORLD, limits=Limits(history_events=1_000))
    room.put_all([ADA])
    viewer = Returner(room)
    viewer.leave()
    say(room, *["x" * 4_000] * 150)
    room.flush(0)
    assert "resumed" not in viewer.come_back()


# What may not be told any more


def test_words_of_a_hidden_channel_are_not_told_to_who_returns(room: Room) -> None:
    """They may not be shown any more; the rest is."""
    room.set_channels([Channel("8", "secret"), Channel("9", "general")])
    viewer = Returner(room)
    viewer.leave()
    room.say(Message("111", "secret", "8"))
    room.flush(0)
    room.say(Message("111", "also secret", "8"))
    say(room, "open")
    room.set_channels([Channel("9", "general")])
    assert viewer.returns_to_everything()
    assert viewer.words == ["open"]


def speak(room: Room, words: str) -> None:
    room.say(Message("111", words, "9", id="5", emoji={":old:": "https://images.example.org/old.png"}))


@pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "pending"])
def test_a_deleted_message_is_not_told_to_who_returns(room: Room, *, flushed: bool) -> None:
    """Neither what it said nor what it was changed into; only that it is gone."""
    viewer = Returner(room, EVERYTHING)
    viewer.leave()
    speak(room, "oops :old:")
    room.edit("111", "9", "5", "oops again", {})
    say(room, "open")
    if flushed:
        room.flush(0)
    room.edit("111", "9", "5", None, {})
    assert viewer.returns_to_everything()
    assert "oops" not in repr(viewer.frames)
    assert viewer.words == ["open"]
    assert viewer.data[-1] == {"uid": "111", "channel": "9", "id": "5", "message": None}
    assert "5" not in room.said


def test_messages_that_are_deleted_together(room: Room) -> None:
    """One look at what is kept takes all of them away, and no other."""
    viewer = Returner(room, EVERYTHING)
    viewer.leave()
    for number in range(4):
        room.say(Message("111", f"words {number}", "9", id=str(number)))
    room.forget_messages({"0", "2", "77"})
    assert viewer.returns_to_everything()
    assert viewer.words == ["words 1", "words 3"]
    assert [event["data"]["id"] for event in viewer.events if event["type"] == "edit"] == ["0", "2"]
    assert room.said.keys() == {"1", "3"}


@pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "pending"])
def test_of_a_changed_message_only_the_new_words_are_told_to_who_returns(
    room: Room, *, flushed: bool
) -> None:
    """And that it was changed, as whoever was there saw."""
    viewer = Returner(room, EVERYTHING)
    viewer.leave()
    speak(room, "oops :old:")
    room.edit("111", "9", "5", "oops again", {})
    if flushed:
        room.flush(0)
    room.edit("111", "9", "5", "sorry :new:", {":new:": "https://images.example.org/new.png"})
    assert viewer.returns_to_everything()
    assert viewer.words == ["sorry :new:"]
    assert [event["type"] for event in viewer.events] == ["message", "edit"]
    assert not {"oops", ":old:"} & set(repr(viewer.frames).replace("'", " ").split())


def test_who_took_their_words_back_is_still_seen_as_they_are(room: Room) -> None:
    """Words are forgotten; what must be known of the member is not, or there is a snapshot."""
    viewer = Returner(room, EVERYTHING)
    viewer.leave()
    room.put(ADA._replace(status="dnd"))
    room.flush(0)
    room.forget_words("111")
    join = viewer.come_back()
    if "resumed" in join:
        presences = [data for data in viewer.data if "status" in data]
        assert presences == [{"uid": "111", "status": "dnd"}]
    else:
        assert join["users"]["111"]["status"] == "dnd"


# Through real sockets


async def come_and_go(bridge: WebSocketServer, **wishes: object) -> str:
    """Enter `dworld`, hear one event, and leave; return the cursor."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", **wishes)
        await bridge.broadcast_message(DWORLD.id, "111", "heard", "9")
        cursor = (await viewer.hear())["cursor"]
    await until(lambda: not bridge.connections, "it has left")
    assert isinstance(cursor, str)
    return cursor


async def hear_words(viewer: Watcher, count: int) -> list[str]:
    """Hear so many messages."""
    frames: list[Json] = []
    while len(unpacked(frames)) < count:
        frames.append(await viewer.hear())
    return [event["data"]["message"] for event in unpacked(frames)]


@pytest.mark.parametrize("wishes", [{"batch": True}, {"cursor": ""}, {"events": ["typing"]}], ids=str)
async def test_who_lost_the_connection_gets_what_they_missed(bridge: WebSocketServer, wishes: Json) -> None:
    """And then what follows, over the new one."""
    cursor = await come_and_go(bridge, **wishes)
    for number in range(20):
        await bridge.broadcast_message(DWORLD.id, "222", f"missed {number}", "9")
    async with watching(bridge) as viewer:
        join = await viewer.enter("dworld", **{**wishes, "cursor": cursor})
        assert join["resumed"] is True
        assert "users" not in join
        await bridge.broadcast_message(DWORLD.id, "222", "new", "9")
        assert await hear_words(viewer, 21) == [f"missed {number}" for number in range(20)] + ["new"]
        assert await viewer.has_heard_everything()


async def test_a_cursor_is_of_its_room(bridge: WebSocketServer) -> None:
    """In another one it means nothing."""
    cursor = await come_and_go(bridge, batch=True)
    async with watching(bridge) as viewer:
        assert "users" in await viewer.enter("repos", batch=True, cursor=cursor)
        assert "resumed" in await viewer.enter("dworld", batch=True, cursor=cursor)


async def test_a_guild_that_was_hidden_and_shown_again_starts_anew(bridge: WebSocketServer) -> None:
    """What happened meanwhile nobody knows."""
    cursor = await come_and_go(bridge, batch=True)
    bridge.hide_guild(DWORLD.id)
    bridge.show_guild(DWORLD, [ADA])
    async with watching(bridge) as viewer:
        join = await viewer.enter("dworld", batch=True, cursor=cursor)
        assert join["users"].keys() == {"111"}


async def test_a_cursor_opens_no_door(bridge: WebSocketServer) -> None:
    """Who was in a protected guild is asked again."""
    async with watching(bridge) as viewer:
        cursor = (await viewer.enter("vault", password="sesame", batch=True))["cursor"]
        await bridge.broadcast_message(VAULT.id, "444", "secret", "9")
        await viewer.hear()
    async with watching(bridge) as viewer:
        await viewer.ask("vault", password="open", batch=True, cursor=cursor)
        assert await viewer.hear_error() == WRONG_PASSWORD
        assert await viewer.has_heard_everything()
        join = await viewer.enter("vault", password="sesame", batch=True, cursor=cursor)
        assert join["resumed"] is True
        assert (await viewer.hear())["data"]["message"] == "secret"


async def test_a_room_changed_to_and_back_can_be_resumed(bridge: WebSocketServer) -> None:
    """On one connection as well."""
    async with watching(bridge) as viewer:
        cursor = (await viewer.enter("dworld", batch=True))["cursor"]
        await viewer.enter("repos", batch=True)
        await bridge.broadcast_message(DWORLD.id, "111", "missed", "9")
        await bridge.broadcast_message(REPOS.id, "333", "elsewhere", "9")
        assert (await viewer.hear())["data"]["message"] == "elsewhere"
        assert (await viewer.enter("dworld", batch=True, cursor=cursor))["resumed"] is True
        assert (await viewer.hear())["data"]["message"] == "missed"


async def test_a_bridge_keeps_as_much_as_it_is_told(start: Start) -> None:
    """Its limits are those of its rooms."""
    server = await start(provider=EmptyProvider(), limits=Limits(history_events=2))
    server.show_guild(DWORLD, [ADA, BEPPO])
    for missed, held in ((2, True), (3, False)):
        cursor = await come_and_go(server, batch=True)
        for number in range(missed):
            await server.broadcast_message(DWORLD.id, "111", str(number), "9")
        server._directory.flush()
        async with watching(server) as viewer:
            assert ("resumed" in await viewer.enter("dworld", batch=True, cursor=cursor)) is held
        await until(lambda: not server.connections, "it has left")


async def test_an_old_server_list_does_not_follow_a_new_one(bridge: WebSocketServer) -> None:
    """The greeting tells the list of now; what was missed may hold an earlier one."""
    wishes: Json = {"events": ["servers"], "batch": True}
    async with watching(bridge) as other:
        await other.enter("dworld", **wishes)
        async with watching(bridge) as viewer:
            cursor = (await viewer.enter("dworld", **wishes))["cursor"]
        await until(lambda: len(bridge.connections) == 1, "it has left")
        bridge.show_guild(replace(REPOS, name="Between"))
        await other.hear_type("servers")
    await until(lambda: not bridge.connections, "nobody is there")
    bridge.show_guild(replace(REPOS, name="Now"))
    async with watching(bridge, greeted=False) as viewer:
        heard = [await viewer.hear()]
        await viewer.enter("dworld", **{**wishes, "cursor": cursor})
        await viewer.say("was that all?")
        while heard[-1]["type"] != "error":
            heard += unpacked([await viewer.hear()])
        lists = [event["data"] for event in heard if event["type"] in {"server-list", "servers"}]
        assert lists[-1][REPOS.id]["name"] == "Now"
