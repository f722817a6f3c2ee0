"""Where somebody comes from, and who may say so."""

import ipaddress
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers

from bridge.network.peers import (
    MAX_HOPS,
    UNKNOWN,
    Proxies,
    allowance,
    everybody_around,
    household,
    parse_networks,
    peer_address,
    queue_of,
)

PROXY, INNER_PROXY, STRANGER = "10.0.0.1", "192.168.7.7", "203.0.113.9"
SOMEBODY = f"behind {PROXY}"
TRUSTED = "10.0.0.0/8, 192.168.7.7, fd00::/8"


@pytest.fixture
def proxies() -> Proxies:
    """Two networks and one machine are trusted."""
    return Proxies(parse_networks(TRUSTED))


def headers(*lines: tuple[str, str]) -> Headers:
    return Headers(lines)


def via(chain: str) -> Headers:
    return headers(("X-Forwarded-For", chain))


def forwarded(chain: str) -> Headers:
    return headers(("Forwarded", chain))


# Whom to trust


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.0.0.1", True), ("10.255.0.1", True), ("11.0.0.1", False), ("192.168.7.7", True),
        ("192.168.7.8", False), ("fd12::1", True), ("fe80::1", False), ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False), ("fd12::1%eth0", True), (UNKNOWN, False), ("", False), ("10.0.0", False),
        ("10.0.0.1:80", False), ("010.0.0.1", False),
    ],
)  # fmt: skip
def test_who_is_trusted(proxies: Proxies, address: str, trusted: bool) -> None:
    """Addresses in a network that was named, in either way to write them; nothing else."""
    assert proxies.trusts(address) is trusted


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", UNKNOWN])
def test_without_a_setting_nobody_is_trusted(address: str) -> None:
    """Not even this machine: another program's users may come from there."""
    assert not Proxies().trusts(address)


# X-Forwarded-For


@pytest.mark.parametrize(
    ("chain", "viewer"),
    [
        ("203.0.113.9", STRANGER),
        (" 203.0.113.9 ", STRANGER),
        ("203.0.113.9:4711", STRANGER),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("203.0.113.9, 192.168.7.7", STRANGER),
        ("203.0.113.9, 10.1.1.1, 192.168.7.7", STRANGER),
        ("1.1.1.1, 203.0.113.9", STRANGER),
        ("1.1.1.1, 203.0.113.9, 10.1.1.1", STRANGER),
        ("10.9.9.9, 203.0.113.9", STRANGER),
        ("10.9.9.9, 10.8.8.8", "10.9.9.9"),
        ("rubbish, 203.0.113.9", STRANGER),
        (", 203.0.113.9", STRANGER),
    ],
)
def test_the_last_that_is_no_proxy_is_the_viewer(proxies: Proxies, chain: str, viewer: str) -> None:
    """What stands before that, anybody may have written."""
    assert proxies.viewer_behind(PROXY, via(chain)) == viewer


@pytest.mark.parametrize("chain", ["", " ", ",", "unknown", "_hidden", "203.0.113.9, ", "203.0.113", "\xff"])
def test_rubbish_names_nobody(proxies: Proxies, chain: str) -> None:
    """It counts as somebody behind the proxy that let it through, and not as the proxy itself."""
    assert proxies.viewer_behind(PROXY, via(chain)) == SOMEBODY


def test_rubbish_behind_a_second_proxy_counts_as_behind_that_one(proxies: Proxies) -> None:
    """As far as the chain can be believed."""
    assert proxies.viewer_behind(PROXY, via("203.0.113.9, rubbish, 192.168.7.7")) == f"behind {INNER_PROXY}"


def test_several_lines_are_one_chain(proxies: Proxies) -> None:
    """In their order."""
    lines = headers(("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", f"{STRANGER}, 10.2.2.2"))
    assert proxies.viewer_behind(PROXY, lines) == STRANGER


@pytest.mark.parametrize("chained", [via, forwarded])
def test_only_the_last_hops_are_looked_at(proxies: Proxies, chained: Callable[[str], Headers]) -> None:
    """A stranger writes as many before them as a header takes."""
    said = "for=%s" if chained is forwarded else "%s"
    hops = [said % hop for hop in [STRANGER, *[PROXY] * (MAX_HOPS - 1)]]
    assert proxies.viewer_behind(PROXY, chained(", ".join(hops))) == STRANGER
    assert proxies.viewer_behind(PROXY, chained(", ".join(["x"] * 9_000 + hops))) == STRANGER
    assert proxies.viewer_behind(PROXY, chained(", ".join([*hops, said % PROXY]))) == PROXY


class Unread(Headers):
    """Headers of which nothing may be taken apart."""

    def get_all(self, key: str) -> list[str]:
        raise AssertionError(key)


def test_what_a_stranger_says_is_not_even_read(proxies: Proxies) -> None:
    """It may be long, and counts for nothing."""
    assert proxies.viewer_behind(STRANGER, Unread({"X-Forwarded-For": PROXY})) == STRANGER


def test_without_a_header_it_is_the_peer(proxies: Proxies) -> None:
    """A proxy that asks for itself, as a health check does."""
    assert proxies.viewer_behind(PROXY, headers()) == PROXY


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "::1", UNKNOWN])
def test_who_is_not_trusted_is_not_believed(proxies: Proxies, header: str, peer: str) -> None:
    """Whatever they write."""
    value = "10.0.0.1" if header == "X-Forwarded-For" else "for=10.0.0.1"
    assert proxies.viewer_behind(peer, headers((header, value))) == peer


# Forwarded


@pytest.mark.parametrize(
    ("chain", "viewer"),
    [
        ("for=203.0.113.9", STRANGER),
        ("For=203.0.113.9", STRANGER),
        ('for="203.0.113.9:4711"', STRANGER),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ("for=203.0.113.9;proto=https;by=10.0.0.1", STRANGER),
        ("proto=https; for=203.0.113.9 ;host=zone.example.org", STRANGER),
        ("for=1.1.1.1, for=203.0.113.9, for=192.168.7.7", STRANGER),
        ("for=unknown, for=203.0.113.9", STRANGER),
        ('for="1.1.1.1, for=203.0.113.9', STRANGER),
        ('host="a\\", for=203.0.113.9', STRANGER),
    ],
)
def test_forwarded_says_the_same(proxies: Proxies, chain: str, viewer: str) -> None:
    """RFC 7239, also where the first of the chain tries to hide the rest in quotes."""
    assert proxies.viewer_behind(PROXY, forwarded(chain)) == viewer


@pytest.mark.parametrize(
    "chain",
    ["for=unknown", "for=_secret", "proto=https", "for", "for=", "for=203.0.113.9, proto=https",
     "203.0.113.9", 'for="203.0.113.9, "'],
)  # fmt: skip
def test_forwarded_that_names_nobody(proxies: Proxies, chain: str) -> None:
    """It counts as somebody behind the proxy that let it through, and not as the proxy itself."""
    assert proxies.viewer_behind(PROXY, forwarded(chain)) == SOMEBODY


def test_with_both_headers_neither_is_believed(proxies: Proxies) -> None:
    """A proxy writes one and hands on the other as a stranger wrote it: nobody knows which.

    Nor is it the proxy's own: what that asks for itself would be refused for what strangers ask.
    """
    both = headers(("X-Forwarded-For", STRANGER), ("Forwarded", "for=1.1.1.1"))
    assert proxies.viewer_behind(PROXY, both) == SOMEBODY
    assert household(SOMEBODY) == SOMEBODY != household(PROXY)


# A hint for those who forgot


def test_a_proxy_that_nobody_named_is_hinted_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line, for whoever wonders why all viewers count as one."""
    proxies = Proxies()
    for _ in range(3):
        proxies.viewer_behind("172.17.0.1", via(STRANGER))
    [record] = caplog.records
    assert "172.17.0.1" in record.getMessage()
    assert "TRUSTED_PROXIES" in record.getMessage()


def test_a_trusted_proxy_needs_no_hint(proxies: Proxies, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does a request without such a header."""
    proxies.viewer_behind(PROXY, via(STRANGER))
    proxies.viewer_behind(STRANGER, headers())
    assert caplog.records == []


# Whatever stands there

addresses = st.ip_addresses().map(str)
hops = (
    addresses
    | addresses.map(lambda address: f"[{address}]:80")
    | addresses.map(lambda address: f"for={address}")
    | st.text(st.characters(exclude_categories=["Cc"], max_codepoint=255), max_size=12)
    | st.sampled_from(
        ["", "unknown", '"', "for=", '"[', "]", "::", ":", "%", "10.1.2.3", "for=10.1.2.3;by=x"]
    )
)


@given(chain=st.lists(hops, max_size=6).map(",".join), name=st.sampled_from(["X-Forwarded-For", "Forwarded"]))
def test_a_stranger_cannot_choose_who_to_be(chain: str, name: str) -> None:
    """What they sent stands before what the proxy wrote: it is who the proxy saw, whatever they sent."""
    seen = STRANGER if name == "X-Forwarded-For" else f"for={STRANGER}"
    proxies = Proxies(parse_networks(TRUSTED))
    assert proxies.viewer_behind(PROXY, headers((name, f"{chain}, {seen}"))) == STRANGER
    assert proxies.viewer_behind(PROXY, headers((name, chain), (name, seen))) == STRANGER


@given(chain=st.lists(hops, max_size=6).map(",".join), name=st.sampled_from(["X-Forwarded-For", "Forwarded"]))
def test_whatever_stands_there_names_an_address(chain: str, name: str) -> None:
    """Never a text that somebody made up, and never an error; behind which proxy, where it is nobody's."""
    proxies = Proxies(parse_networks(TRUSTED))
    viewer = proxies.viewer_behind(PROXY, headers((name, chain)))
    ipaddress.ip_address(viewer.removeprefix("behind "))
    assert proxies.viewer_behind(STRANGER, headers((name, chain))) == STRANGER


# Networks, as they are set


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", ()),
        (" , ", ()),
        ("127.0.0.1", ("127.0.0.1/32",)),
        ("127.0.0.1, 10.0.0.0/8", ("127.0.0.1/32", "10.0.0.0/8")),
        ("127.0.0.1 ::1,fd00::/8", ("127.0.0.1/32", "::1/128", "fd00::/8")),
        ("10.1.2.3/8", ("10.0.0.0/8",)),
    ],
)
def test_networks(text: str, networks: tuple[str, ...]) -> None:
    """With commas or spaces between; a machine's address with a mask is its network."""
    assert tuple(map(str, parse_networks(text))) == networks


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/33", "10.0.0.0/8;::1", "10.0.*", "127.0.0.1, all"])
def test_what_is_no_network(text: str) -> None:
    """Names are none: who answers to them may change."""
    with pytest.raises(ValueError, match=re.escape(re.split("[ ,]+", text)[-1])):
        parse_networks(text)


# Peers


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("203.0.113.9", 4711), STRANGER),
        (("2001:db8::7", 4711, 0, 0), "2001:db8::7"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        ((), UNKNOWN),
    ],
)
def test_the_peer(peername: object, address: str) -> None:
    """Of what a transport says; on a Unix socket it says nothing."""
    assert peer_address(peername) == address


# Households


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.8", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:DB8:1:2::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("::1", "127.0.0.1", False),
        (UNKNOWN, UNKNOWN, True),
    ],
)
def test_a_household_counts_as_one(one: str, other: str, same: bool) -> None:
    """A household has 64 bits of IPv6 for itself, and would otherwise have no limit at all."""
    assert (household(one) == household(other)) is same


@given(st.ip_addresses().map(str) | st.text(max_size=20))
def test_a_household_is_its_own(address: str) -> None:
    """Its name is an address or a network again, and never longer than one."""
    assert len(household(address)) <= max(len(address), 43)


@pytest.mark.parametrize(
    ("whose", "around"),
    [
        ("2001:db8:1:2::/64", {"2001:db8:1:2::/64": 1, "2001:db8:1::/56": 3, "2001:db8:1::/48": 10}),
        ("2001:db8:1:1ff::/64", {"2001:db8:1:1ff::/64": 1, "2001:db8:1:100::/56": 3, "2001:db8:1::/48": 10}),
        (STRANGER, {STRANGER: 1}),
        ("behind fd00::7", {"behind fd00::7": 1}),
        (UNKNOWN, {UNKNOWN: 1}),
        ("", {"": 1}),
    ],
)
def test_who_is_around_a_household(whose: str, around: dict[str, int]) -> None:
    """Wider networks are many households': what all of them may do is more, but not as much as for each."""
    assert {each: allowance(each) for each in everybody_around(whose)} == around
    assert queue_of(whose) == [*around][-1]
