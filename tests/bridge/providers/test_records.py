"""What a provider returns becomes the bridge's own types, whatever it returns."""

import re
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.model import GuildInfo, Member, Status
from bridge.providers.records import (
    MAX_TEXT,
    Complaints,
    Rubbish,
    parse_change,
    parse_color,
    parse_id,
    parse_servers,
    parse_status,
    parse_users,
)
from bridge.wire.protocol import MAX_NAME

STATUSES = frozenset(get_args(Status))

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=4), scalars, max_size=3)
keys = scalars | st.sampled_from(["1", "2", "default", " "])
ids = st.sampled_from(["1", "2", "one", "two", "default", " default ", ""]) | values

server_records = st.dictionaries(
    keys,
    values
    | st.fixed_dictionaries(
        {},
        optional={
            "id": ids, "name": values, "passworded": values, "default": values, "is_default": values,
            "enabled": values, "password": values,
        },
    ),
    max_size=5,
)  # fmt: skip
user_records = st.dictionaries(
    keys,
    values
    | st.fixed_dictionaries(
        {},
        optional={
            "uid": ids,
            "username": values,
            "status": values | st.sampled_from(sorted(STATUSES)),
            "roleColor": values | st.just("#AbCdEf"),
            "roleColor2": values | st.just("#AbCdEf"),
            "bot": values,
        },
    ),
    max_size=5,
)


def servers(raw: Any) -> list[GuildInfo]:
    return parse_servers(raw, Complaints())


def server(**record: Any) -> GuildInfo:
    [guild] = servers({"1": record})
    return guild


def users(raw: Any) -> list[Member]:
    return parse_users(raw, Complaints())


def user(**record: Any) -> Member:
    [member] = users({"7": {"username": "Ada", **record}})
    return member


def complaints_of_server(**record: Any) -> set[str]:
    complaints = Complaints()
    parse_servers({"1": record}, complaints)
    return set(complaints)


def complaints_of_user(**record: Any) -> set[str]:
    complaints = Complaints()
    parse_users({"7": record}, complaints)
    return set(complaints)


# Whatever comes in


@given(server_records | values)
@example({"default": {}})
@example({"default": {"id": "default", "name": "x"}})
@example({"lobby": {"id": "lobby"}, "1": {"id": "one"}})
def test_whatever_server_records_come_guilds_are_sound(raw: Any) -> None:
    """Rubbish is the only error; ids and slugs are unique, and mean one guild."""
    try:
        guilds = servers(raw)
    except Rubbish:
        assert not isinstance(raw, dict)
        return
    assert len({guild.id for guild in guilds}) == len(guilds)
    assert len({guild.slug for guild in guilds}) == len(guilds)
    for guild in guilds:
        for name in (guild.id, guild.slug):
            assert 0 < len(name) <= MAX_NAME
            assert name == name.strip()
        assert guild.slug not in {"default", "lobby"}
        assert guild.name.strip()
        assert len(guild.name) <= MAX_TEXT
        assert isinstance(guild.protected, bool)
        assert isinstance(guild.default, bool)


@given(user_records | values)
def test_whatever_user_records_come_members_are_sound(raw: Any) -> None:
    """Rubbish is the only error; uids are unique, and every field is what viewers can read."""
    try:
        members = users(raw)
    except Rubbish:
        assert not isinstance(raw, dict)
        return
    assert len({member.uid for member in members}) == len(members)
    for member in members:
        assert 0 < len(member.uid) <= MAX_NAME
        assert 0 < len(member.username) <= MAX_TEXT
        assert member.username.strip()
        assert member.status in STATUSES
        assert re.fullmatch("#[0-9a-f]{6}", member.role_color)
        assert isinstance(member.bot, bool)


@pytest.mark.parametrize("raw", [None, [], "records", 7, [{"id": "one"}], object()])
def test_what_holds_no_records_is_rubbish(raw: object) -> None:
    """A list, None or text is no mapping of records."""
    with pytest.raises(Rubbish):
        servers(raw)
    with pytest.raises(Rubbish):
        users(raw)


# Servers


def test_the_documented_form() -> None:
    """Key, slug, name, protection and default."""
    assert server(id="one", name="One", passworded=True, default=True) == GuildInfo(
        id="1", slug="one", name="One", protected=True, default=True
    )


def test_the_other_documented_form() -> None:
    """`is_default` and `enabled` mean the same as in other bridges."""
    assert server(id="one", name="One", is_default=True, enabled=True).default


@pytest.mark.parametrize("enabled", [False, 0, None])
def test_a_guild_that_is_not_enabled_is_left_out(enabled: object) -> None:
    """Switched off is switched off."""
    assert servers({"1": {"id": "one", "name": "One", "enabled": enabled}}) == []


def test_enabled_is_optional() -> None:
    """Without it a guild is shown."""
    assert server(id="one", name="One").id == "1"


def test_a_numeric_key_is_a_snowflake() -> None:
    """Libraries have ids as numbers."""
    assert [guild.id for guild in servers({232769614004748288: {"id": "one", "name": "x"}})] == [
        "232769614004748288"
    ]


def test_without_a_slug_the_key_is_the_slug() -> None:
    """A missing `id` is the record's key."""
    assert server(name="One").slug == "1"


@pytest.mark.parametrize("slug", [["one"], "", "  ", True, "x" * (MAX_NAME + 1), "default", "lobby"])
def test_a_slug_that_cannot_be_one_is_repaired(slug: object) -> None:
    """It becomes the key, and one complaint names the field."""
    assert server(id=slug, name="One").slug == "1"
    assert complaints_of_server(id=slug, name="One") == {"id repaired"}


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["One"]])
def test_a_missing_name_is_the_slug(name: object) -> None:
    """A guild is called something; one complaint names the field."""
    assert server(id="one", name=name).name == "one"
    assert complaints_of_server(id="one", name=name) == {"name repaired"}


def test_a_slug_used_twice_names_the_first_guild() -> None:
    """A slug is unique among guilds."""
    both = {"1": {"id": "one", "name": "One"}, "2": {"id": "one", "name": "Two"}}
    complaints = Complaints()
    assert [guild.id for guild in parse_servers(both, complaints)] == ["1"]
    assert complaints == {"id is used twice": 1}


def test_a_record_that_is_no_mapping_is_skipped() -> None:
    """The others are kept."""
    complaints = Complaints()
    guilds = parse_servers({"1": ["one"], "2": {"id": "two", "name": "Two"}}, complaints)
    assert [guild.id for guild in guilds] == ["2"]
    assert sum(complaints.values()) == 1


def test_a_password_is_kept_for_the_door() -> None:
    """Where the record has one."""
    assert server(id="one", name="One", passworded=True, password="sesame").password == "sesame"


@pytest.mark.parametrize("password", [None, "", 7, ["x"]])
def test_a_password_that_is_no_text_opens_nothing(password: object) -> None:
    """It counts as none."""
    assert server(id="one", name="One", passworded=True, password=password).password is None


def test_a_guild_with_a_password_is_protected() -> None:
    """Who wrote a password and forgot `passworded` did not mean an open door."""
    assert server(id="one", name="One", password="sesame").protected


def test_whole_records_bring_no_complaint() -> None:
    """A healthy provider keeps the log quiet."""
    assert not complaints_of_server(id="one", name="One", passworded=False)
    assert not complaints_of_user(uid="7", username="Ada", status="online", roleColor="#ffffff")


# Users


def test_a_whole_user() -> None:
    """Field for field."""
    assert user(uid="7", status="idle", roleColor="#ABCDEF") == Member("7", "Ada", "idle", "#abcdef")


def test_a_missing_uid_is_the_key() -> None:
    """As the documentation advises."""
    assert user().uid == "7"


@pytest.mark.parametrize("uid", [None, [], "", True])
def test_a_broken_uid_is_the_key(uid: object) -> None:
    """Repaired, and said."""
    assert user(uid=uid).uid == "7"
    assert complaints_of_user(username="Ada", uid=uid) == {"uid repaired"}


def test_a_uid_may_be_a_number() -> None:
    """It reaches viewers as text."""
    assert user(uid=80351110224678912).uid == "80351110224678912"


@pytest.mark.parametrize("status", ["away", "ONLINE", None, 7, ["online"], ""])
def test_an_unknown_status_is_offline(status: object) -> None:
    """Repaired, and said."""
    assert user(status=status).status == "offline"
    assert complaints_of_user(username="Ada", status=status) == {"status repaired"}


def test_a_missing_status_is_offline() -> None:
    """And no reason to complain."""
    assert user().status == "offline"
    assert not complaints_of_user(username="Ada")


def test_invisible_is_offline() -> None:
    """Somebody invisible doesn't want to be seen."""
    assert user(status="invisible").status == "offline"


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "123456", 0xFFFFFF, "#1234567", "#123456\n"])
def test_a_malformed_color_is_the_default(color: object) -> None:
    """Repaired, and said."""
    assert user(roleColor=color).role_color == "#ffffff"
    assert complaints_of_user(username="Ada", roleColor=color) == {"roleColor repaired"}


@pytest.mark.parametrize(("color", "shown"), [("#000000", "#ffffff"), ("#000001", "#000001")])
def test_black_is_no_color(color: str, shown: str) -> None:
    """As discord.py writes that somebody has none; nothing has to be repaired in that."""
    assert user(roleColor=color).role_color == shown
    assert not complaints_of_user(username="Ada", roleColor=color)


@pytest.mark.parametrize("record", [{}, {"roleColor": None}])
def test_a_missing_color_is_the_default(record: dict[str, Any]) -> None:
    """And no reason to complain."""
    assert user(**record).role_color == "#ffffff"
    assert not complaints_of_user(username="Ada", **record)


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["Ada"]])
def test_without_a_username_a_user_is_skipped(name: object) -> None:
    """And one complaint names the field."""
    assert users({"7": {"uid": "7", "username": name}}) == []
    assert complaints_of_user(uid="7", username=name) == {"username missing, skipped"}


def test_a_long_username_is_cut() -> None:
    """No name floods a page."""
    assert len(user(username="x" * 10_000).username) == MAX_TEXT


def test_a_bot_says_so() -> None:
    """Only True makes a bot."""
    assert user(bot=True).bot
    assert not user(bot="yes").bot


@pytest.mark.parametrize("joined", [0, 1_700_000_000, 32_503_679_999])
def test_somebody_new(joined: int) -> None:
    """When they came, in whole seconds."""
    assert user(joined=joined).joined == joined
    assert not complaints_of_user(username="Ada", joined=joined)


@pytest.mark.parametrize("joined", [-1, 1_700_000_000_000, 1.5, "1700000000", True, [], 10**50])
def test_no_time_at_which_somebody_came(joined: object) -> None:
    """Left out, and said; so is one in milliseconds."""
    assert user(joined=joined).joined is None
    assert complaints_of_user(username="Ada", joined=joined) == {"joined left out"}


@pytest.mark.parametrize("record", [{}, {"joined": None}])
def test_nobody_has_to_tell_when_somebody_came(record: dict[str, Any]) -> None:
    """It is no reason to complain."""
    assert user(**record).joined is None
    assert not complaints_of_user(username="Ada", **record)


# Single values


@given(values)
def test_a_status_is_known_or_none(value: Any) -> None:
    """Whatever comes."""
    assert parse_status(value) in {None, *STATUSES}


@given(values)
def test_a_color_is_hex_or_none(value: Any) -> None:
    """Whatever comes."""
    color = parse_color(value)
    assert color is None or re.fullmatch("#[0-9a-f]{6}", color)


@given(values)
def test_an_id_is_short_stripped_text_or_none(value: Any) -> None:
    """Whatever comes."""
    parsed = parse_id(value)
    assert parsed is None or (parsed == parsed.strip() and 0 < len(parsed) <= MAX_NAME)


@pytest.mark.parametrize(
    ("value", "parsed"),
    [("1", "1"), (1, "1"), (" 1 ", "1"), (0, "0"), (True, None), (1.5, None), (None, None), ("", None),
     (10**200, None)],
)  # fmt: skip
def test_ids_are_texts_and_whole_numbers(value: object, parsed: str | None) -> None:
    """Nothing else, and none that is too long."""
    assert parse_id(value) == parsed


def test_a_number_too_long_to_write_is_no_id() -> None:
    """Python refuses to write it: one such record must not cost the others."""
    assert parse_id(10**5_000) is None


class LibraryStatus:
    """A status as an enumeration of another library writes itself."""

    def __str__(self) -> str:
        return "idle"


def test_a_status_of_another_library_is_read() -> None:
    """By what it says of itself."""
    assert parse_status(LibraryStatus()) == "idle"


@pytest.mark.parametrize("field", ["roleColor2", "role_color2"])
def test_a_second_color(field: str) -> None:
    """Of a gradient; without one there is none, and no complaint."""
    assert user(**{field: "#ABCDEF"}).role_color2 == "#abcdef"
    assert user(**{field: None}).role_color2 is None
    assert not complaints_of_user(username="Ada", **{field: None})
    assert user(**{field: "red"}).role_color2 is None
    assert complaints_of_user(username="Ada", **{field: "red"}) == {"roleColor2 repaired"}


# Changes

KNOWN = Member("7", "Ada", "idle", "#123456", bot=True, joined=1_700_000_000, role_color2="#654321")


@pytest.mark.parametrize(
    ("record", "member"),
    [
        ({}, KNOWN),
        ({"status": "dnd"}, KNOWN._replace(status="dnd")),
        ({"username": "Beppo"}, KNOWN._replace(username="Beppo")),
        ({"roleColor": "#ABCDEF"}, KNOWN._replace(role_color="#abcdef")),
        ({"role_color": "#ABCDEF"}, KNOWN._replace(role_color="#abcdef")),
        ({"roleColor": None}, KNOWN._replace(role_color="#ffffff")),
        ({"role_color": None}, KNOWN._replace(role_color="#ffffff")),
        ({"roleColor2": "#ABCDEF"}, KNOWN._replace(role_color2="#abcdef")),
        ({"role_color2": None}, KNOWN._replace(role_color2=None)),
        ({"bot": False}, KNOWN._replace(bot=False)),
        ({"joined": 1_700_000_001}, KNOWN._replace(joined=1_700_000_001)),
        ({"joined": None}, KNOWN._replace(joined=None)),
    ],
    ids=[
        "nothing",
        "status",
        "name",
        "color",
        "color_",
        "no color",
        "no color_",
        "second color",
        "no second color",
        "bot",
        "joined",
        "not new",
    ],
)
def test_what_a_change_leaves_out_is_as_it_was(record: dict[str, Any], member: Member) -> None:
    """What it says is None is not left out."""
    complaints = Complaints()
    assert parse_change("7", record, KNOWN, complaints) == member
    assert not complaints


def test_a_change_of_somebody_new_is_a_record() -> None:
    """Nobody is without a name."""
    complaints = Complaints()
    assert parse_change("7", {"username": "Ada"}, None, complaints) == Member("7", "Ada")
    assert parse_change("7", {"status": "idle"}, None, complaints) is None
    assert complaints == {"username missing, skipped": 1}


@given(values | st.dictionaries(st.sampled_from(["username", "status", "roleColor", "uid"]), values))
def test_whatever_a_change_is(record: Any) -> None:
    """Somebody, or nobody and a complaint."""
    complaints = Complaints()
    assert (parse_change("7", record, KNOWN, complaints) is not None) or complaints
