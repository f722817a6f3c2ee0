"""Requests in, frames out."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.errors import BadRequest
from bridge.model import Channel, GuildInfo, Member, Message, Voice
from bridge.problems import Problem
from bridge.wire.framing import segment
from bridge.wire.protocol import (
    MAX_NAME,
    MAX_SECRET,
    OPTIONAL_EVENTS,
    Beat,
    Connect,
    Credentials,
    Event,
    GetUserData,
    Goodbye,
    Snapshot,
    Wants,
    channel_data,
    decode_cursor,
    encode,
    encode_cursor,
    error_frame,
    event_frames,
    listing_data,
    member_json,
    message_extras,
    parse_request,
    server_join_frame,
    server_list_frame,
    stream_name,
    user_data_frame,
    voice_data,
)
from tests.bridge.watchers import Json, read_frames

DWORLD = GuildInfo("232769614004748288", "dworld", "D-World")
EVERYTHING = Wants(batch=True, events=OPTIONAL_EVENTS)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ("server", "password", "discordToken", "discordUser", "batch", "events", "cursor", "serverId")
request_like = st.fixed_dictionaries(
    {"type": st.sampled_from(["connect", "get_user_data"]) | json_values},
    optional={
        "data": st.dictionaries(st.sampled_from(FIELDS), json_values) | json_values,
        "serverId": json_values,
    },
)


def connect(**data: Any) -> Connect:
    request = parse_request(json.dumps({"type": "connect", "data": data}))
    assert isinstance(request, Connect)
    return request


def complaint(frame: str | bytes) -> str:
    with pytest.raises(BadRequest) as raised:
        parse_request(frame)
    return str(raised.value)


def outcome(frame: str | bytes) -> object:
    try:
        return parse_request(frame)
    except BadRequest as error:
        return str(error)


# Whatever comes in


def check_is_request_or_bad(frame: str | bytes) -> None:
    try:
        request = parse_request(frame)
    except BadRequest:
        return
    assert isinstance(request, Connect | GetUserData)
    assert 0 < len(request.server) <= MAX_NAME
    assert request.server == request.server.strip()


@given(st.text())
def test_any_text_is_a_request_or_a_bad_one(frame: str) -> None:
    """Nothing but BadRequest ever escapes, whatever text comes."""
    check_is_request_or_bad(frame)


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example(b"\xff\xfe{\x00}\x00")
@example(b"\x00\x00\x00{")
@example(b"\xed\xa0\x80")
def test_any_bytes_are_a_request_or_a_bad_one(frame: bytes) -> None:
    """Nothing but BadRequest ever escapes, whatever bytes come."""
    check_is_request_or_bad(frame)


@given(json_values)
def test_any_json_is_a_request_or_a_bad_one(value: object) -> None:
    """Nothing but BadRequest ever escapes, whatever JSON comes."""
    check_is_request_or_bad(json.dumps(value))


@given(request_like)
def test_any_types_in_the_fields_are_a_request_or_a_bad_one(value: object) -> None:
    """Nothing but BadRequest ever escapes, whatever is in the known fields."""
    check_is_request_or_bad(json.dumps(value))


@given(request_like)
def test_a_request_reads_the_same_from_text_and_bytes(value: object) -> None:
    """The oldest client sends binary frames: they mean the same."""
    text = json.dumps(value)
    assert outcome(text.encode()) == outcome(text)


@pytest.mark.parametrize(
    "frame",
    [
        "", " ", "{", "connect", "{'type':'connect'}", '{"type":"connect"', "\ufeff{}", "undefined",
        "NaN", '{"type":"connect","data":{"server":NaN}}', '{"type":"connect","data":{"server":-Infinity}}',
        "1" * 5_000, "[" * 16_000, '{"a":' * 3_000, b"\xff\xfe\xfd", b'{"type":"connect\xff"}', b"\xc3\x28",
        b"",
    ],
)  # fmt: skip
def test_what_is_not_json_says_so(frame: str | bytes) -> None:
    """Broken text, broken UTF-8, NaN, endless numbers and endless depth are no JSON."""
    assert complaint(frame) == "Invalid JSON"


@pytest.mark.parametrize(
    "frame",
    [
        "null", "1", "[]", '"connect"', "{}", '{"type":null}', '{"type":"Connect"}', '{"type":["connect"]}',
        '{"type":{"connect":1}}', '{"type":0}', '{"type":"server-join"}', '{"data":{"server":"dworld"}}',
    ],
)  # fmt: skip
def test_a_type_nobody_knows_says_so(frame: str) -> None:
    """JSON that isn't an object of a known type is of an unknown one."""
    assert complaint(frame) == "Unknown event type"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"server": True}, "server"),
        ({"server": ["dworld"]}, "server"),
        ({"server": {"id": "dworld"}}, "server"),
        ({"server": "x" * (MAX_NAME + 1)}, "server"),
        ({"server": 10**MAX_NAME}, "server"),
        ({"password": ["x"]}, "password"),
        ({"password": "x" * (MAX_SECRET + 1)}, "password"),
        ({"discordToken": {}}, "discordToken"),
        ({"discordToken": "x" * (MAX_SECRET + 1)}, "discordToken"),
        ({"events": "typing"}, "events"),
        ({"events": {"typing": True}}, "events"),
        ("dworld", "data"),
        (["dworld"], "data"),
        (0, "data"),
    ],
)
def test_a_wrong_type_names_the_field(data: object, field: str) -> None:
    """A client's author reads which field is wrong."""
    said = complaint(json.dumps({"type": "connect", "data": data}))
    assert said.startswith("Invalid request: ")
    assert field in said


@pytest.mark.parametrize("secret", ["discordToken", "password"])
def test_a_complaint_does_not_repeat_a_secret(secret: str) -> None:
    """A token that is too long stays out of what is said about it."""
    said = complaint(json.dumps({"type": "connect", "data": {secret: "hunter2" * MAX_SECRET}}))
    assert "hunter2" not in said


# connect: which server


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "connect"},
        {"type": "connect", "data": None},
        {"type": "connect", "data": {}},
        {"type": "connect", "data": {"server": None}},
        {"type": "connect", "data": {"server": ""}},
        {"type": "connect", "data": {"server": "default"}},
        {"type": "connect", "data": {"server": " default\n"}},
    ],
)
def test_no_server_means_the_default(frame: Json) -> None:
    """Missing, null and empty mean `default`."""
    assert parse_request(json.dumps(frame)) == Connect("default")


@given(st.text(st.sampled_from(" \t\r\n\u00a0\u2003"), max_size=500))
@example(" " * (MAX_NAME + 1))
def test_a_blank_server_means_the_default(blank: str) -> None:
    """White space alone means `default`, however much of it there is."""
    assert connect(server=blank).server == "default"


@given(
    st.text(min_size=1, max_size=MAX_NAME).filter(lambda name: bool(name.strip())),
    st.text(" \t\n", max_size=50),
)
@example("x" * MAX_NAME, " ")
def test_space_around_a_server_is_dropped(name: str, space: str) -> None:
    """A pasted name comes with blanks; they don't count."""
    assert connect(server=space + name + space).server == name.strip()


@given(st.integers(0, 2**64 - 1))
def test_a_number_is_read_as_text(number: int) -> None:
    """Snowflakes come as numbers from some clients."""
    assert connect(server=number).server == str(number)


# connect: the rest


def test_credentials_are_read() -> None:
    """Token, user and password are what the door looks at."""
    request = connect(discordToken="t", discordUser={"id": "1"}, password="p")
    assert request.credentials == Credentials(token="t", user={"id": "1"}, password="p")


def test_a_numeric_password_is_read_as_text() -> None:
    """A password of digits may come as a number."""
    assert connect(password=1234).credentials.password == "1234"


@pytest.mark.parametrize("user", [None, "Ada", 7, ["Ada"], True])
def test_a_user_that_is_no_object_is_no_user(user: object) -> None:
    """Only an object says who somebody is."""
    assert connect(discordUser=user).credentials.user is None


def test_credentials_stay_out_of_repr() -> None:
    """A request that ends up in a log takes no secret along."""
    request = connect(discordToken="secret-t", discordUser={"id": "secret-u"}, password="secret-p")
    assert "secret" not in repr(request)


def test_a_guild_stays_out_of_repr_with_its_password() -> None:
    """A guild that ends up in a log takes no password along."""
    assert "sesame" not in repr(GuildInfo("1", "one", "One", password="sesame"))


def test_an_old_client_asks_for_nothing() -> None:
    """Without one of the fields, a client is of the old kind."""
    assert connect(server="dworld").wants.asked_for_nothing


@pytest.mark.parametrize(
    "field",
    [{"batch": True}, {"events": ["typing"]}, {"cursor": "x"}, {"cursor": ""}, {"batch": False}, {"batch": 1},
     {"events": []}, {"events": None}, {"cursor": None}, {"cursor": 7}, {"events": ["dancing"]}],
)  # fmt: skip
def test_one_field_is_enough_to_ask_for_something(field: Json) -> None:
    """With any of the fields, if only an empty one, a client is of the new kind."""
    assert not connect(**field).wants.asked_for_nothing


@pytest.mark.parametrize(
    "field", [{"batch": False}, {"batch": 1}, {"batch": "true"}, {"events": None}, {"events": ["dancing"]}]
)
def test_other_values_ask_for_no_more_than_cursors(field: Json) -> None:
    """Only what the protocol names counts as asked for."""
    assert connect(**field).wants == Wants(cursor=True)


def test_unknown_events_are_left_out() -> None:
    """Events that this bridge doesn't know, and what isn't text, are ignored."""
    assert connect(events=["typing", "dancing", 7, None, [], {}]).wants.events == {"typing"}


def test_unknown_fields_are_ignored() -> None:
    """That is how the protocol grows."""
    assert connect(server="dworld", colour="blue") == Connect("dworld")


def test_a_beat() -> None:
    """Whatever comes with it is ignored."""
    assert parse_request('{"type":"beat"}') == parse_request('{"type":"beat","data":7}') == Beat()


# get_user_data


def test_get_user_data_names_a_server() -> None:
    """`serverId` stands beside the type."""
    assert parse_request('{"type":"get_user_data","serverId":"1"}') == GetUserData("1")


def test_get_user_data_takes_credentials() -> None:
    """The same admission rules as for `connect` need the same fields."""
    request = parse_request('{"type":"get_user_data","serverId":1,"data":{"password":"p"}}')
    assert request == GetUserData("1", Credentials(password="p"))


def test_get_user_data_refuses_a_server_of_a_wrong_type() -> None:
    """The complaint names the field."""
    assert "serverId" in complaint('{"type":"get_user_data","serverId":[]}')


# Frames


@given(json_values)
def test_what_is_encoded_can_be_decoded(value: object) -> None:
    """Encoding is JSON in UTF-8, and compact."""
    decoded = json.loads(encode(value).decode())
    assert repr(decoded) == repr(value)


@given(st.text(st.characters(codec=None)))
@example("half a pair: \ud83d")
def test_any_text_becomes_utf8(text: str) -> None:
    """What UTF-8 can't say doesn't break a frame."""
    decoded = json.loads(encode(text).decode())
    assert len(decoded) == len(text)


def test_json_is_compact() -> None:
    """No byte is spent on blanks or on escapes that UTF-8 doesn't need."""
    assert encode({"a": [1, "ü"]}) == '{"a":[1,"ü"]}'.encode()


def test_error_frame() -> None:
    """A sentence for people, and a code for programs."""
    assert read_frames(error_frame(Problem("oh", "Oh"))) == [
        {"type": "error", "data": {"message": "Oh", "code": "oh"}}
    ]


class Pages:
    """The entries of `users` as they are given, a page each."""

    def __init__(self, *pages: bytes) -> None:
        self._pages = pages

    def plain(self) -> Iterator[bytes]:
        return iter(self._pages)

    def deflated(self) -> Iterator[bytes]:
        return map(segment, self._pages)


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("uids", ["", "7", "789"])
def test_user_data_frame(uids: str, deflate: bool) -> None:
    """The answer to `get_user_data` has its data beside the type, however many pages there are."""
    pages = Pages(*(f'"{uid}":{{"uid":"{uid}"}}'.encode() for uid in uids))
    frame = user_data_frame("1", pages, deflate=deflate)
    assert read_frames(frame) == [
        {"type": "user_data", "serverId": "1", "users": {uid: {"uid": uid} for uid in uids}}
    ]


def test_server_list_frame() -> None:
    """The greeting carries the listing as it is."""
    assert read_frames(server_list_frame(Pages(b'"1":{"id":"one"}'))) == [
        {"type": "server-list", "data": {"1": {"id": "one"}}}
    ]


def test_a_listed_guild_has_exactly_these_fields() -> None:
    """A password is none of them."""
    guild = GuildInfo("1", "one", "One", protected=True, password="sesame", alias="x")
    assert listing_data(guild) == {"id": "one", "name": "One", "passworded": True}


def test_the_default_guild_is_marked() -> None:
    """`default` is there only where it is true."""
    guild = GuildInfo("1", "one", "One", default=True)
    assert listing_data(guild) == {"id": "one", "name": "One", "passworded": False, "default": True}


@pytest.mark.parametrize(
    ("goodbye", "code"), [(Goodbye.RESTART, 1001), (Goodbye.REVOKED, 1008), (Goodbye.SLOW, 1013)]
)
def test_goodbyes_have_the_codes_of_the_protocol(goodbye: Goodbye, code: int) -> None:
    """The code tells the browser whether to come back."""
    assert goodbye.code == code


# Members, messages, channels


def test_a_member_as_old_clients_know_it() -> None:
    """Four fields, keyed by the uid."""
    entry = member_json(Member("7", "Ada", "idle", "#123456", bot=True, activity="Chess"), full=False)
    assert json.loads(b"{" + entry + b"}") == {
        "7": {"uid": "7", "username": "Ada", "status": "idle", "roleColor": "#123456"}
    }


def test_a_member_in_full() -> None:
    """Clients that asked for events know more."""
    voice = Voice("9", "Lounge", muted=True)
    entry = member_json(
        Member("7", "Ada", bot=True, avatar="https://a", voice=voice, activity="Chess"), full=True
    )
    assert json.loads(b"{" + entry + b"}")["7"] == {
        "uid": "7",
        "username": "Ada",
        "status": "offline",
        "roleColor": "#ffffff",
        "bot": True,
        "avatar": "https://a",
        "voice": {
            "channel": "9", "channelName": "Lounge", "muted": True, "deafened": False, "streaming": False,
        },
        "activity": "Chess",
    }  # fmt: skip


def test_a_member_who_is_new() -> None:
    """When they came is told where it is told at all, and never to old clients."""
    new = Member("7", "Ada", joined=1_700_000_000)
    assert json.loads(b"{" + member_json(new, full=True) + b"}")["7"]["joined"] == 1_700_000_000
    assert member_json(new, full=False) == member_json(Member("7", "Ada"), full=False)


def test_a_member_with_a_gradient() -> None:
    """The second colour is told where there is one, and never to old clients."""
    colored = Member("7", "Ada", role_color2="#0000ff")
    assert json.loads(b"{" + member_json(colored, full=True) + b"}")["7"]["roleColor2"] == "#0000ff"
    assert member_json(colored, full=False) == member_json(Member("7", "Ada"), full=False)
    assert b"roleColor2" not in member_json(Member("7", "Ada"), full=True)


def test_nobody_talks_in_no_channel() -> None:
    """Having left voice is a channel of null."""
    assert voice_data(None) == {
        "channel": None, "channelName": None, "muted": False, "deafened": False, "streaming": False,
    }  # fmt: skip


def test_who_may_speak_on_a_stage() -> None:
    """Told only where it is so: elsewhere nobody has to be let speak."""
    assert voice_data(Voice("9", "Theatre", speaker=True)) == {
        "channel": "9", "channelName": "Theatre", "muted": False, "deafened": False, "streaming": False,
        "speaker": True,
    }  # fmt: skip
    assert "speaker" not in voice_data(Voice("9", "Theatre"))


def test_a_message_has_only_the_extras_it_has() -> None:
    """What is not known is left out."""
    assert message_extras(Message("7", "hi", "9", id="5")) == {"id": "5"}


def test_all_extras_of_a_message() -> None:
    """Names as on the wire."""
    message = Message("7", "hi", "9", id="5", channel_name="roses", reply_to="8", parent="3")
    assert message_extras(message) == {"id": "5", "channelName": "roses", "replyTo": "8", "parent": "3"}


def test_emoji_of_a_message() -> None:
    """As JSON knows them, whatever mapping they are."""
    pictures = MappingProxyType({":turnip:": "https://a/1.png"})
    extras = message_extras(Message("7", ":turnip:", "9", emoji=pictures))
    assert extras == {"emoji": {":turnip:": "https://a/1.png"}}
    assert encode(extras) == b'{"emoji":{":turnip:":"https://a/1.png"}}'


def test_messages_without_emoji_say_nothing_of_them() -> None:
    """Nor does it cost them that they can be kept in sets."""
    message = Message("7", "hi", "9")
    assert message_extras(message) == {}
    assert len({message, Message("7", "hi", "9")}) == 1


def test_a_channel_is_described() -> None:
    """An entry of `channels`."""
    assert channel_data(Channel("9", "general", "news", "Talk", 3)) == {
        "name": "general", "kind": "news", "category": "Talk", "position": 3,
    }  # fmt: skip


def test_a_voice_channel_with_a_status() -> None:
    """The line over it, where there is one."""
    assert channel_data(Channel("9", "Lounge", "voice", status="movie night")) == {
        "name": "Lounge", "kind": "voice", "category": None, "position": 0, "status": "movie night",
    }  # fmt: skip


# Events


def message_event(position: int = 1) -> Event:
    data = {"uid": "7", "message": "hi", "channel": "9"}
    return Event("message", position, {"server": "1"}, data, {"id": "5"})


def test_an_old_client_gets_the_frame_it_knows() -> None:
    """No cursor, no extras."""
    assert read_frames(event_frames([message_event()], Wants(), "e")) == [
        {"type": "message", "server": "1", "data": {"uid": "7", "message": "hi", "channel": "9"}}
    ]


def test_a_cursor_comes_with_anything_asked_for() -> None:
    """Epoch, what was asked for and position make a cursor."""
    assert read_frames(event_frames([message_event(12)], Wants(cursor=True), "e"))[0]["cursor"] == "e..12"


def test_extras_come_with_events_asked_for() -> None:
    """Who asked for events gets a message's id."""
    frame = read_frames(event_frames([message_event()], EVERYTHING, "e"))[0]
    assert frame["data"] == {"uid": "7", "message": "hi", "channel": "9", "id": "5"}


def test_extras_do_not_come_with_batch_alone() -> None:
    """Who asked for batches only gets the basic fields."""
    frame = read_frames(event_frames([message_event()], Wants(batch=True), "e"))[0]
    assert frame["data"] == {"uid": "7", "message": "hi", "channel": "9"}


def test_a_batch_holds_events_in_order() -> None:
    """One frame, with each event's cursor and its last one's beside."""
    [frame] = read_frames(event_frames([message_event(1), message_event(2)], Wants(batch=True), "e"))
    assert frame.keys() == {"type", "events", "cursor"}
    assert [event["cursor"] for event in frame["events"]] == ["e..1", "e..2"]
    assert frame["cursor"] == "e..2"


def test_one_event_is_no_batch() -> None:
    """A batch of one would only cost bytes."""
    assert read_frames(event_frames([message_event()], Wants(batch=True), "e"))[0]["type"] == "message"


def test_without_batch_each_event_has_its_frame() -> None:
    """Old clients know no batches."""
    frames = read_frames(event_frames([message_event(1), message_event(2)], Wants(), "e"))
    assert [frame["type"] for frame in frames] == ["message", "message"]


@pytest.mark.parametrize("type_", sorted(OPTIONAL_EVENTS | {"channels"}))
def test_optional_events_are_not_for_old_clients(type_: str) -> None:
    """Who asked for nothing gets only what every client knows."""
    assert event_frames([Event(type_, 1, {"server": "1"}, {"uid": "7"})], Wants(), "e") == b""


@pytest.mark.parametrize("type_", sorted(OPTIONAL_EVENTS))
def test_optional_events_come_one_by_one_as_asked(type_: str) -> None:
    """Asking for one type brings that one."""
    wants = Wants(events=frozenset({type_}))
    events = [Event(each, 1, {"server": "1"}, {"uid": "7"}) for each in sorted(OPTIONAL_EVENTS)]
    assert [frame["type"] for frame in read_frames(event_frames(events, wants, "e"))] == [type_]


def test_channels_come_with_any_events_asked_for() -> None:
    """`channels` need not be asked for by name."""
    event = Event("channels", 1, {"server": "1"}, {"9": {}})
    assert event_frames([event], Wants(events=frozenset({"typing"})), "e")


@pytest.mark.parametrize("type_", ["channels", "servers"])
def test_an_empty_map_is_still_sent(type_: str) -> None:
    """The last channel, or the last guild, has gone: clients read `data` to learn it."""
    [frame] = read_frames(event_frames([Event(type_, 1, {"server": "1"}, {})], EVERYTHING, "e"))
    assert frame["data"] == {}


def test_refresh_data_has_no_data() -> None:
    """Its guild stands beside the type."""
    [frame] = read_frames(event_frames([Event("refresh_data", 1, {"serverId": "1"})], Wants(), "e"))
    assert frame == {"type": "refresh_data", "serverId": "1"}


def test_saying_something_else_keeps_the_position() -> None:
    """What replaces an event stands in its place in the stream."""
    other = message_event(5).with_data({"uid": "8"})
    [frame] = read_frames(event_frames([other], Wants(cursor=True), "e"))
    assert frame == {"type": "message", "server": "1", "data": {"uid": "8"}, "cursor": "e..5"}


# server-join


def join(request: Connect, **rest: Any) -> Json:
    snapshot = Snapshot(
        info=rest.pop("info", DWORLD),
        users=rest.pop("users", Pages(b'"7":{"uid":"7"}')),
        cursor=b'"e.3"',
        channels={"9": {"name": "general"}},
        counts={"members": 1, "online": 0, "shown": 1},
        **rest,
    )
    [frame] = read_frames(server_join_frame(snapshot, request))
    assert frame.keys() == {"type", "data"}
    assert frame["type"] == "server-join"
    data = frame["data"]
    assert isinstance(data, dict)
    return data


def test_an_old_client_joins() -> None:
    """Exactly the fields it knows."""
    assert join(Connect("default")) == {
        "users": {"7": {"uid": "7"}}, "request": {"server": "dworld"}, "serverName": "D-World",
    }  # fmt: skip


def test_a_password_is_echoed() -> None:
    """The v1 client builds its reconnect link from it."""
    data = join(Connect("dworld", Credentials(password="p")))
    assert data["request"] == {"server": "dworld", "password": "p"}


def test_a_token_is_not_echoed() -> None:
    """Nor is the user who came with it."""
    data = join(Connect("dworld", Credentials(token="secret", user={"id": "secret"})))
    assert "secret" not in json.dumps(data)


def test_a_client_id_is_sent_where_one_is_known() -> None:
    """Clients log in with it."""
    assert join(Connect(), client_id="42")["clientId"] == "42"


def test_channels_and_counts_come_with_events_asked_for() -> None:
    """And a cursor with them, and the guild's own number: the list of servers may come later."""
    data = join(Connect(wants=EVERYTHING))
    assert data["serverId"] == DWORLD.id
    assert data["channels"] == {"9": {"name": "general"}}
    assert data["counts"] == {"members": 1, "online": 0, "shown": 1}
    assert data["cursor"] == "e.3"


def test_batch_alone_brings_a_cursor_and_no_channels() -> None:
    """Each field has its own effect."""
    assert join(Connect(wants=Wants(batch=True))).keys() == {"users", "request", "serverName", "cursor"}


def test_who_resumes_gets_no_users() -> None:
    """They have them; `resumed` says so, and only to them."""
    data = join(Connect(wants=EVERYTHING), users=None)
    assert data["resumed"] is True
    assert "users" not in data
    assert "resumed" not in join(Connect(wants=EVERYTHING))


def test_a_compressed_join_says_the_same() -> None:
    """Whoever reads it."""
    for users in (Pages(), Pages(b'"7":{"uid":"7"}'), Pages(b'"7":{}', b'"8":{},"9":{}'), None):
        plain = join(Connect(wants=EVERYTHING), users=users)
        assert join(Connect(wants=replace(EVERYTHING, deflate=True)), users=users) == plain


@given(st.text(st.characters(codec=None), max_size=20), st.text(max_size=20), st.booleans())
def test_any_names_make_a_valid_join(slug: str, name: str, deflate: bool) -> None:
    """Quotes, backslashes and halves of pairs in names don't break the frame."""
    data = join(Connect(wants=Wants(deflate=deflate)), info=GuildInfo("1", slug, name))
    assert data["serverName"] == name


# Cursors

SERVERS_AND_VOICE = Wants(events=frozenset({"voice", "servers"}))


@given(st.integers(0, 10**18 - 1))
def test_a_cursor_is_read_back(position: int) -> None:
    """By the stream that wrote it."""
    stream = stream_name("e", SERVERS_AND_VOICE)
    assert decode_cursor(stream, json.loads(encode_cursor(stream, position))) == position


@pytest.mark.parametrize(
    "cursor",
    ["", ".", "e", "e.sv", "e.sv.", "e.sv.-1", "e.sv.+1", "e.sv. 1", "e.sv.1 ", "e.sv.1.0", "e.sv.1e3",
     "e.sv.1_0", "e.sv.٣", "e.sv.²", "e.sv.0x1", "e.vs.1", "e.s.1", "e..1", "f.sv.1", ".sv.1", "e.sv.x",
     "e.sv." + "9" * 19, "e.sv." + "9" * 10_000, "\0", "\ud83d", "e.sv.1\n"],
)  # fmt: skip
def test_what_is_no_cursor_of_a_stream_is_not_read(cursor: str) -> None:
    """Another life, other events asked for, no number, or more than any position."""
    assert decode_cursor("e.sv", cursor) is None


@given(
    st.text(st.characters(codec=None), max_size=30), st.text(st.sampled_from("0123456789.-٣e"), max_size=30)
)
def test_any_text_may_be_sent_as_a_cursor(text: str, number: str) -> None:
    """It is a position or it is not; it never raises."""
    for cursor in (text, f"e.sv.{text}", f"e.sv.{number}", number):
        position = decode_cursor("e.sv", cursor)
        assert position is None or (cursor.startswith("e.sv.") and int(cursor[5:]) == position)


def test_clients_with_different_events_have_different_streams() -> None:
    """One that asks for more than before has gaps in what it knows."""
    subsets = [frozenset(itertools.compress(sorted(OPTIONAL_EVENTS), bits))
               for bits in itertools.product([0, 1], repeat=len(OPTIONAL_EVENTS))]  # fmt: skip
    assert len({stream_name("e", Wants(events=events)) for events in subsets}) == len(subsets)


def test_how_events_are_framed_makes_no_difference() -> None:
    """A client may come back and want batches, or compression, where it did not before."""
    assert stream_name("e", Wants()) == stream_name("e", Wants(batch=True, cursor=True, deflate=True))


# Together


def presence(position: int, **data: object) -> Event:
    return Event("presence", position, {"server": "1"}, {"uid": "7", **data}, {"bot": False})


def test_what_a_later_event_does_not_contradict_is_still_said() -> None:
    """At the later position; what it says anew wins."""
    later = Event("presence", 9, {"server": "1"}, {"uid": "7", "status": "idle"}, {"avatar": "a"})
    [frame] = read_frames(
        event_frames([later.after(presence(4, status="dnd", username="Ada"))], EVERYTHING, "e")
    )
    assert frame["data"] == {"uid": "7", "status": "idle", "username": "Ada", "bot": False, "avatar": "a"}
    assert frame["cursor"].endswith(".9")


@pytest.mark.parametrize("batch", [False, True])
def test_what_is_long_is_compressed_for_who_reads_that(batch: bool) -> None:
    """And says the same."""
    events = [message_event(position) for position in range(20)]
    plain = event_frames(events, Wants(batch=batch, cursor=True), "e")
    deflated = event_frames(events, Wants(batch=batch, cursor=True, deflate=True), "e")
    assert read_frames(deflated) == read_frames(plain)
    assert (len(deflated) < len(plain) / 4) is batch  # one event alone is too short to be worth it
