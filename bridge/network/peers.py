"""Where somebody comes from, also when a proxy stands between."""

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from websockets.datastructures import Headers

log = logging.getLogger(__name__)

Network = IPv4Network | IPv6Network

UNKNOWN: Final = "?"  # of who comes by a way that has no addresses, such as a Unix socket
MAX_HOPS: Final = 20  # that are looked at, from the last: no more proxies stand in a row
_HOUSEHOLD: Final = 64  # bits of an IPv6 address that a household has for itself
# IPv6 networks, by their bits, and how many times as much as one address all in them may do together: who has
# a network of 48 bits has 65,536 households' addresses to come from.
WIDER: Final = {56: 3, 48: 10}
_REMEMBERED: Final = 4_096  # addresses around which the networks are known


class Proxies:
    """The proxies whose word about a viewer's address is taken; nobody else's is."""

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._told = False

    def trusts(self, address: str) -> bool:
        """Tell whether this is the address of a trusted proxy."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._trusted)

    def viewer_behind(self, peer: str, headers: Headers) -> str:
        """Name the address that a request came from, by what proxies wrote into its headers.

        Each proxy adds, at the end, from where the request came to it: what is before the first that isn't
        trusted may be made up. `Forwarded` (RFC 7239) and `X-Forwarded-For` mean the same, and a proxy that
        writes one passes on the other as it came: with both, nobody knows whose it is. All of those behind
        one proxy count as one, but not as the proxy itself: what it asks on its own, such as whether the
        bridge lives, is not to be refused because of what strangers do.
        """
        if not self.trusts(peer):
            if "X-Forwarded-For" in headers or "Forwarded" in headers:
                self._hint(peer)
            return peer
        hops = [chain for chain in (_forwarded_for(headers), _x_forwarded_for(headers)) if chain]
        if not hops:
            return peer
        if len(hops) > 1:
            return _somebody_behind(peer)
        for hop in reversed(hops[0]):
            if _parse(hop) is None:
                return _somebody_behind(peer)
            peer = hop
            if not self.trusts(hop):
                break
        return peer

    def _hint(self, peer: str) -> None:
        if not self._told:
            self._told = True
            log.warning(
                "%s sends X-Forwarded-For or Forwarded. If it is your proxy, name it in TRUSTED_PROXIES:"
                " until then all of its viewers count as one address",
                peer,
            )


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, such as `127.0.0.1, 10.0.0.0/8`, with commas or spaces between.

    Raises:
        ValueError: for the first that is neither.
    """
    return tuple(ipaddress.ip_network(part, strict=False) for part in text.replace(",", " ").split())


def peer_address(peername: object) -> str:
    """Read an address from what a transport says of its peer."""
    return str(peername[0]) if isinstance(peername, Sequence) and peername else UNKNOWN


def household(address: str) -> str:
    """Name whom an address stands for when something is counted: an IPv6 network of 64 bits is one house."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _HOUSEHOLD), strict=False))
    return address if parsed is None else str(parsed)


def is_of_one_machine(whose: str) -> bool:
    """Tell whether something else goes by that address on another machine."""
    parsed = _parse(whose.partition("/")[0])
    return parsed is None or parsed.is_loopback or parsed.is_link_local


def network_around(whose: str, bits: int) -> str | None:
    """Name the IPv6 network of so many bits in which a household is; None where it has no such address."""
    try:
        network = IPv6Network(whose, strict=False)
    except ValueError:
        return None
    return str(network.supernet(new_prefix=bits)) if network.prefixlen >= bits else None


@lru_cache(_REMEMBERED)
def everybody_around(whose: str) -> tuple[str, ...]:
    """Name a household, and the wider IPv6 networks in which it is: all for whom it counts."""
    if ":" not in whose:
        return (whose,)
    networks = (network_around(whose, bits) for bits in WIDER)
    return whose, *(network for network in networks if network is not None)


def allowance(whose: str) -> int:
    """Tell how many times as much as one address somebody may do: a wide network has many households."""
    bits = whose.rpartition("/")[2]
    return WIDER.get(int(bits), 1) if bits.isdecimal() else 1


def queue_of(whose: str) -> str:
    """Name with whom a household shares its turns: who has many addresses has no more turns for that."""
    return everybody_around(whose)[-1]


def _somebody_behind(proxy: str) -> str:
    return f"behind {proxy}"


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _last_hops(headers: Headers, name: str) -> list[str]:
    """Read the last hops, in their order: what a stranger put before them may be as long as a header."""
    return [hop for line in headers.get_all(name) for hop in line.rsplit(",", MAX_HOPS)][-MAX_HOPS:]


def _x_forwarded_for(headers: Headers) -> list[str]:
    return [_without_port(hop) for hop in _last_hops(headers, "X-Forwarded-For")]


def _forwarded_for(headers: Headers) -> list[str]:
    """Read the `for` of each element; an element without is a hop that says nothing."""
    hops = []
    for element in _last_hops(headers, "Forwarded"):
        pairs = (pair.partition("=") for pair in element.split(";"))
        found = [value for name, _, value in pairs if name.strip().lower() == "for"]
        hops.append(_without_port(found[0].strip().strip('"')) if found else "")
    return hops


def _without_port(hop: str) -> str:
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
