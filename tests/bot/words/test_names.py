"""What something is called, whatever somebody has called it."""

import pytest

from bot.words.names import read_name


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Gardeners", "Gardeners"),
        ("  Garden\n\t ers ", "Garden ers"),
        ("\u202eSredrag\u202c", "Sredrag"),
        ("a\u2066b\u2069c\u200f", "abc"),
        ("A\x00\x1b[31mB\x7f", "A [31mB"),
        ("**Mods** ~~x~~ <@&1>", "**Mods** ~~x~~ <@&1>"),
        ("👩\u200d🌾 Growers", "👩\u200d🌾 Growers"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("بستانی", "بستانی"),
        ("\u200b\u3164\u2800", ""),
        ("\u0301\u0301", ""),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_name_is_one_line_that_can_be_read(name: str, read: str) -> None:
    """What turns the page around it, or isn't to be seen, is no part of it; marks stand as in Discord."""
    assert read_name(name) == read
