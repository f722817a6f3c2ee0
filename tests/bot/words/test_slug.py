"""A guild's short name in links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.slug import MAX_WORDS, code_of, slug_of
from bridge.model import GuildInfo
from bridge.rooms.directory import Directory

GUILD_ID = 232769614004748288
SNOWFLAKES = st.integers(min_value=1, max_value=2**63 - 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("D-World", "d-world"),
        ("  My   Server!! ", "my-server"),
        ("NNTin's Den", "nntins-den"),
        ("C++ & C#", "c-c"),
        ("Café Münchner Bären", "cafe-munchner-baren"),
        ("Straße der Größe", "strasse-der-grosse"),
        ("¿Qué tal, señor?", "que-tal-senor"),
        ("2023", "2023"),
        ("🎮 Gaming 🎮", "gaming"),
        ("Привет World", "world"),
        ("日本語 Club", "club"),
        ("\uff26\uff55\uff4c\uff4c width", "full-width"),
        ("\u202eevil\x00\n<script>", "evil-script"),
    ],
)
def test_words(name: str, words: str) -> None:
    """The part for people is the name in plain letters."""
    assert slug_of(name, GUILD_ID) == f"{words}-{code_of(GUILD_ID)}"


@pytest.mark.parametrize("name", ["", "   ", "Привет, мир", "日本語サーバー", "한국어", "🎮🎮🎮", "---", "'"])
def test_a_name_without_a_letter_of_ours(name: str) -> None:
    """Where nothing can be written in plain letters, the code stands alone."""
    assert slug_of(name, GUILD_ID) == code_of(GUILD_ID)


def test_a_long_name() -> None:
    """A name may have 100 characters; a link need not."""
    words = slug_of("a very long name indeed, for a server of that size", GUILD_ID).rpartition("-")[0]
    assert words == "a-very-long-name-indeed"


@given(st.text(max_size=100), SNOWFLAKES)
def test_any_name(name: str, guild_id: int) -> None:
    """Whatever a guild is called: short, and nothing that a link has to escape."""
    slug = slug_of(name, guild_id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= MAX_WORDS + 7


@given(st.text(max_size=100), SNOWFLAKES)
def test_it_is_the_same_every_time(name: str, guild_id: int) -> None:
    """A link goes on working."""
    assert slug_of(name, guild_id) == slug_of(name, guild_id)


@given(SNOWFLAKES)
def test_a_code(guild_id: int) -> None:
    """The code is six characters which nobody mistakes for one another."""
    assert re.fullmatch(r"[a-z2-7]{6}", code_of(guild_id))


def test_a_code_never_changes() -> None:
    """Links are out in the world: the code of a guild is what it has always been."""
    assert code_of(GUILD_ID) == "aqxxxe"


@given(st.text(max_size=100), st.text(max_size=100), SNOWFLAKES)
def test_a_former_link_leads_to_the_renamed_guild(before: str, after: str, guild_id: int) -> None:
    """A guild under a new name is found by its old link."""
    directory = Directory()
    old = GuildInfo(str(guild_id), slug_of(before, guild_id), before, alias=code_of(guild_id))
    new = GuildInfo(str(guild_id), slug_of(after, guild_id), after, alias=code_of(guild_id))
    directory.open(old)
    assert directory.resolve(old.slug) is directory.open(new)
    assert directory.resolve(old.slug) is directory.rooms[new.id]


def test_guilds_without_a_letter_of_ours_are_told_apart() -> None:
    """A thousand guilds of one name that has no plain letter: a thousand links."""
    guild_ids = [GUILD_ID + (number << 22) for number in range(1000)]
    assert len({slug_of("日本語", guild_id) for guild_id in guild_ids}) == len(guild_ids)


@given(SNOWFLAKES, SNOWFLAKES)
def test_neighbours_differ(one: int, other: int) -> None:
    """Two guilds of the same name have two links, unless chance is once in a billion against them."""
    assert (slug_of("same", one) == slug_of("same", other)) == (one == other)
