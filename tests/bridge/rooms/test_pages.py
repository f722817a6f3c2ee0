"""A snapshot's members, in pages: always exactly those there are, and encoded again only where need be."""

import json
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model import Member
from bridge.rooms.pages import COMPRESSED_AT_ONCE, PAGE_SIZE, Pages
from bridge.wire.protocol import member_json
from tests.bridge.watchers import Json


class Guild:
    """Members as a room has them, and their pages."""

    def __init__(self, size: int = 0, *, full: bool = False) -> None:
        self.members = {str(number): Member(str(number), f"Member {number}") for number in range(size)}
        self.full = full
        self.pages = Pages(self.members, full=full)

    def put(self, uid: str, name: str) -> None:
        self.members[uid] = Member(uid, name)
        self.pages.touch(uid)

    def remove(self, uid: str) -> None:
        self.members.pop(uid, None)
        self.pages.touch(uid)

    def expected(self) -> Json:
        return dict(
            json.loads(b"{" + member_json(member, full=self.full) + b"}").popitem()
            for member in self.members.values()
        )

    def plain(self) -> Json:
        decoded = json.loads(b"{" + b",".join(self.pages.plain()) + b"}", object_pairs_hook=each_once)
        assert isinstance(decoded, dict)
        return decoded

    def deflated(self) -> Json:
        pages = [zlib.decompressobj(-zlib.MAX_WBITS).decompress(page) for page in self.pages.deflated()]
        decoded = json.loads(b"{" + b",".join(pages) + b"}", object_pairs_hook=each_once)
        assert isinstance(decoded, dict)
        return decoded


def each_once(pairs: list[tuple[str, object]]) -> Json:
    assert len(dict(pairs)) == len(pairs), "somebody is there twice"
    return dict(pairs)


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was compressed, in order."""
    seen: list[bytes] = []

    def segment(data: bytes) -> bytes:
        seen.append(data)
        return zlib.compress(data)

    monkeypatch.setattr("bridge.rooms.pages.segment", segment)
    return seen


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was encoded, in order."""
    seen: list[str] = []

    def encode(member: Member, *, full: bool) -> bytes:
        seen.append(member.uid)
        return member_json(member, full=full)

    monkeypatch.setattr("bridge.rooms.pages.member_json", encode)
    return seen


uids = st.integers(0, 30).map(str)
steps = st.lists(
    st.tuples(st.just("put"), uids, st.sampled_from(["Ada", "Beppo"]))
    | st.tuples(st.just("remove"), uids)
    | st.tuples(st.just("empty"))
    | st.tuples(st.sampled_from(["plain", "deflated"])),
    max_size=80,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(size=st.integers(0, 30), steps=steps, full=st.booleans())
def test_pages_hold_exactly_the_members(
    monkeypatch: pytest.MonkeyPatch, size: int, steps: list[tuple[str, ...]], full: bool
) -> None:
    """Whoever came, changed and left, and whenever anybody looked; and what they hold stays in proportion."""
    monkeypatch.setattr("bridge.rooms.pages.PAGE_SIZE", 3)
    guild = Guild(size, full=full)
    for step in [*steps, ("plain",), ("deflated",)]:
        match step:
            case ("put", uid, name):
                guild.put(uid, name)
            case ("remove", uid):
                guild.remove(uid)
            case ("empty",):
                for uid in list(guild.members):
                    guild.remove(uid)
            case (look,):
                shown = guild.plain() if look == "plain" else guild.deflated()
                assert shown == guild.expected()
                assert guild.pages._page_of.keys() == guild.members.keys()
                assert len(guild.pages._pages) <= 4 * (len(guild.members) / 3 + 1)
                assert not guild.pages._stale


def test_nothing_is_encoded_before_somebody_looks(encoded: list[str]) -> None:
    """A room nobody enters costs nothing."""
    guild = Guild(1_000)
    guild.put("7", "Ada")
    assert encoded == []


def test_a_change_costs_one_member_and_one_page(encoded: list[str], compressed: list[bytes]) -> None:
    """However large the guild."""
    guild = Guild(COMPRESSED_AT_ONCE * PAGE_SIZE)
    list(guild.pages.deflated())
    assert (len(encoded), len(compressed)) == (COMPRESSED_AT_ONCE * PAGE_SIZE, COMPRESSED_AT_ONCE)
    encoded.clear()
    compressed.clear()
    guild.put("7", "Ada")
    guild.put("7", "Beppo")
    list(guild.pages.deflated())
    assert (encoded, len(compressed)) == (["7"], 1)
    assert b"Beppo" in compressed[0]


def test_who_left_costs_one_page(encoded: list[str], compressed: list[bytes]) -> None:
    """And nobody is encoded for it."""
    guild = Guild(COMPRESSED_AT_ONCE * PAGE_SIZE)
    list(guild.pages.deflated())
    encoded.clear()
    compressed.clear()
    guild.remove("7")
    list(guild.pages.deflated())
    assert (encoded, len(compressed)) == ([], 1)


def test_looking_again_costs_nothing(encoded: list[str], compressed: list[bytes]) -> None:
    """The pages are ready; and both forms are made of the same pieces."""
    guild = Guild(2 * PAGE_SIZE)
    first = list(guild.pages.deflated())
    list(guild.pages.plain())
    assert list(guild.pages.deflated()) == first
    assert (len(encoded), len(compressed)) == (2 * PAGE_SIZE, 2)


def test_members_who_come_and_go_do_not_wear_the_pages_out() -> None:
    """A guild in which everybody is replaced again and again is as many pages as at first, or a few more."""
    guild = Guild(2 * PAGE_SIZE)
    for number in range(50 * PAGE_SIZE):
        guild.remove(str(number))
        guild.put(str(number + 2 * PAGE_SIZE), "Somebody")
        if number % 10 == 0:
            list(guild.pages.plain())
    assert guild.plain() == guild.expected()
    assert len(guild.pages._pages) <= 12
    assert len(guild.pages._page_of) == 2 * PAGE_SIZE


def test_who_changes_stays_on_their_page(compressed: list[bytes]) -> None:
    """A busy member makes no other page stale."""
    guild = Guild(3 * PAGE_SIZE)
    list(guild.pages.deflated())
    for _ in range(100):
        compressed.clear()
        member = guild.members["7"]
        guild.members["7"] = member._replace(status="dnd" if member.status == "offline" else "offline")
        guild.pages.touch("7")
        list(guild.pages.deflated())
        assert len(compressed) == 1
    assert len(guild.pages._pages) == 3


def test_those_nobody_looks_for_are_not_remembered_for_ever() -> None:
    """Members come and go for a year, and nobody enters: what is kept is no more than a guild's worth."""
    guild = Guild(10)
    list(guild.pages.plain())
    for number in range(100_000):
        guild.put(f"visitor {number}", "Visitor")
        guild.remove(f"visitor {number}")
    assert len(guild.pages._stale) < 10_000
    assert guild.plain() == guild.expected()
