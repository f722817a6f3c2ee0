"""How each kind of setting is read: a value, or a sentence that says what is wrong with it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.running.values import (
    EXAMPLE,
    MAX_SHOWN,
    ConfigError,
    local_url,
    read_certificate,
    read_client_id,
    read_client_secret,
    read_list,
    read_number,
    read_switch,
    shown,
)
from bridge.network.peers import parse_networks
from tests.certificates import Pem

SECRET = "k3Ep-it_to.yourself"


# Switches


@pytest.mark.parametrize(
    ("written", "on"), [("on", True), ("On", True), ("off", False), ("OFF", False), ("", False)]
)
def test_a_switch(written: str, on: bool) -> None:
    """Nothing is off."""
    assert read_switch("LAMP", written) is on


@pytest.mark.parametrize("written", ["yes", "0", "onn", "on ", "o\u0274"])
def test_what_is_no_switch(written: str) -> None:
    """It is named, with the setting and what may be written."""
    with pytest.raises(ConfigError) as caught:
        read_switch("LAMP", written)
    assert str(caught.value) == f"LAMP is {written!r}; it must be on or off."


# The application


def test_no_secret_and_no_other_application() -> None:
    """Neither is needed."""
    assert read_client_secret("") is None
    assert read_client_id("") is None


def test_a_secret() -> None:
    """It is taken as it is."""
    assert read_client_secret(SECRET) == SECRET


@pytest.mark.parametrize(
    "written", [f'"{SECRET}"', f"{SECRET} {SECRET}", f"{SECRET}\n", f"{SECRET}ü", f"'{SECRET}"]
)
def test_what_is_no_secret(written: str) -> None:
    """It isn't shown: it may nearly be one."""
    with pytest.raises(ConfigError, match=r"^DISCORD_CLIENT_SECRET .*copy it again") as caught:
        read_client_secret(written)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("written", ["232769614004748288", "1" * 15, "9" * 20])
def test_an_application(written: str) -> None:
    """A snowflake."""
    assert read_client_id(written) == written


@pytest.mark.parametrize("written", ["1" * 14, "1" * 21, "my-bot", "٢" * 18, "-2327696140047482", "0x1" * 6])
def test_what_is_no_application(written: str) -> None:
    """It is named, with what one looks like, and that it may be left out."""
    with pytest.raises(ConfigError, match=r"^DISCORD_CLIENT_ID is .* own application"):
        read_client_id(written)


# Numbers


@pytest.mark.parametrize(("written", "value"), [("", 7), ("1", 1), ("20", 20), ("07", 7)])
def test_a_number(written: str, value: int) -> None:
    """From the least to the most; without one, the default."""
    assert read_number("N", written, 7, 1, 20) == value


@pytest.mark.parametrize(
    "written", ["0", "21", "-1", "1.5", "1e1", "²", "٣", "1_0", "+1", "0x1", "none", "9" * 5_000]
)
def test_what_is_no_number(written: str) -> None:
    """It is named, with what it may be."""
    with pytest.raises(ConfigError, match=r"^N is .* a number from 1 to 20, such as 7"):
        read_number("N", written, 7, 1, 20)


# Lists


def test_a_list_that_can_not_be_read() -> None:
    """It is named, with how one is written."""
    with pytest.raises(ConfigError, match=r"^TRUSTED_PROXIES is 'proxy'; write it as in: 127\.0\.0\.1$"):
        read_list("TRUSTED_PROXIES", "proxy", parse_networks, "127.0.0.1")


# Certificates


def test_no_certificate() -> None:
    """A proxy has it, or nobody."""
    assert read_certificate("", "") is None


def test_a_certificate(tmp_path: Path) -> None:
    """With its key."""
    pem = Pem(tmp_path)
    assert read_certificate(str(pem.chain), str(pem.key)) is not None


@pytest.mark.parametrize(("chain", "key"), [("cert.pem", ""), ("", "key.pem")])
def test_half_a_certificate(chain: str, key: str) -> None:
    """One is no good without the other."""
    with pytest.raises(ConfigError, match=r"^TLS_CERT and TLS_KEY belong together"):
        read_certificate(chain, key)


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    """It says which file."""
    with pytest.raises(ConfigError, match=r"^TLS_CERT or TLS_KEY can't be read: .*nowhere\.pem"):
        read_certificate(str(tmp_path / "nowhere.pem"), str(tmp_path / "key.pem"))


def test_a_folder_is_no_certificate(tmp_path: Path) -> None:
    """Certbot makes one with that name."""
    pem = Pem(tmp_path)
    with pytest.raises(ConfigError, match=r"^TLS_CERT"):
        read_certificate(str(tmp_path), str(pem.key))


@pytest.mark.parametrize("swapped", [True, False], ids=["swapped", "another's key"])
def test_a_certificate_and_no_key_of_it(tmp_path: Path, swapped: bool) -> None:
    """Both named the wrong way round, or those of two certificates."""
    (tmp_path / "other").mkdir()
    pem, other = Pem(tmp_path), Pem(tmp_path / "other")
    chain, key = (pem.key, pem.chain) if swapped else (pem.chain, other.key)
    with pytest.raises(ConfigError, match=r"^TLS_CERT and TLS_KEY are no certificate and its key"):
        read_certificate(str(chain), str(key))


# Addresses


@pytest.mark.parametrize(
    ("host", "scheme", "url"),
    [
        ("localhost", "http", "http://localhost:3000"),
        ("0.0.0.0", "https", "https://localhost:3000"),
        ("::", "http", "http://localhost:3000"),
        ("::1", "https", "https://[::1]:3000"),
        ("zone.example.org", "https", "https://zone.example.org:3000"),
    ],
)
def test_a_guessed_address(host: str, scheme: str, url: str) -> None:
    """What works in a browser on this machine."""
    assert local_url(host, 3000, scheme) == url


# What is shown of a mistake


@given(st.text(max_size=200))
def test_what_is_shown_is_one_line(text: str) -> None:
    """It may go into a log."""
    assert shown(text).isprintable()


def test_of_a_long_value_only_the_beginning_is_shown() -> None:
    """It may be a token that stands behind the wrong name."""
    assert shown("a" * MAX_SHOWN) == repr("a" * MAX_SHOWN)
    assert shown("a" * 30 + SECRET) == repr("a" * 20 + "…")


def test_the_example_is_an_address() -> None:
    """What complaints recommend can be used."""
    assert re.fullmatch(r"https://[a-z.]+", EXAMPLE)
