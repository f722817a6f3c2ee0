"""Passwords as hashes."""

import pytest

from bridge.passwords import hash_password, is_password


@pytest.mark.parametrize("password", ["sesame", "", "Öffne dich 🚪", "half a pair: \ud83d"])
def test_a_password_opens_its_own_hash(password: str) -> None:
    """And no other does."""
    hashed = hash_password(password)
    assert is_password(password, hashed)
    assert not is_password(password + " ", hashed)


def test_a_hash_does_not_tell_the_password() -> None:
    """Nor whether two guilds have the same."""
    first, second = hash_password("sesame"), hash_password("sesame")
    assert "sesame" not in first
    assert first != second


@pytest.mark.parametrize(
    "hashed",
    ["", "sesame", "argon2$1$1$1$c2FsdA==$a2V5", "scrypt$1$1$c2FsdA==$a2V5", "scrypt$x$8$1$c2FsdA==$a2V5"],
)
def test_what_is_no_hash_is_an_error(hashed: str) -> None:
    """And opens nothing."""
    with pytest.raises(ValueError, match=r"."):
        is_password("sesame", hashed)


def test_a_hash_that_asks_for_too_much_memory_is_refused() -> None:
    """Whoever wrote it must not take the machine down."""
    with pytest.raises(ValueError, match="memory"):
        is_password("sesame", "scrypt$16777216$8$1$c2FsdA==$a2V5")
