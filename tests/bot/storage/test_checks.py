"""What values settings may have."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bot.storage.checks import MAX_ID, check_guild, check_member
from bridge.access.passwords import hash_password
from cogs.settings import GuildSettings, MemberSettings
from tests.bot.stored import FULL, HASH, HIDDEN, guild_settings, member_settings


@given(guild_settings)
def test_guilds(settings: GuildSettings) -> None:
    """Whatever a command can make of a guild's settings may be stored."""
    check_guild(settings)


@given(member_settings)
def test_members(settings: MemberSettings) -> None:
    """Whatever somebody can decide about themselves may be stored."""
    check_member(settings)


def test_a_hash_that_the_bridge_makes() -> None:
    """Hashes are those of `bridge.access.passwords`."""
    check_guild(GuildSettings(password_hash=hash_password("")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shown", 1), ("listed", None), ("bots", "true"),
        ("name", ""), ("name", "a" * 101), ("name", "a\x00"), ("name", "a\nb"), ("name", "\ud800"),
        ("name", 1),
        ("messages", "loud"), ("messages", None), ("messages", []), ("offline", "Show"), ("protection", ""),
        ("role_id", 0), ("role_id", -1), ("role_id", MAX_ID + 1), ("role_id", True), ("role_id", "1"),
        ("password_hash", ""), ("password_hash", "hunter2"), ("password_hash", HASH + "\n"),
        ("password_hash", HASH.replace("$1$", "$100000$")), ("password_hash", 1),
        ("channels", {0: True}), ("channels", {1: None}), ("channels", {"1": True}),
        ("hidden", {0}), ("hidden", {"1"}), ("hidden", {MAX_ID + 1}),
    ],
)  # fmt: skip
def test_what_a_guild_can_not_have(name: str, value: Any) -> None:
    """What is wrong is named, and not shown."""
    with pytest.raises(ValueError, match=f"^{name} must ") as caught:
        check_guild(replace(FULL, **{name: value}))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 0), ("muted", None), ("muted", "no"),
        ("color", "red"), ("color", "#12345"), ("color", "#1234567"), ("color", "#12345g"),
        ("color", "#123456\n"), ("color", "#١٢٣٤٥٦"), ("color", 0x123456),
    ],
)  # fmt: skip
def test_what_a_member_can_not_have(name: str, value: Any) -> None:
    """What is wrong is named."""
    with pytest.raises(ValueError, match=f"^{name} must "):
        check_member(replace(HIDDEN, **{name: value}))
