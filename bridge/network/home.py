"""Where other devices in the same network reach this machine."""

import ipaddress
import logging
import os
import socket
from typing import Final

log = logging.getLogger(__name__)

# An address of nobody (RFC 5737): the system says from where it would send there, and nothing is sent.
_ELSEWHERE: Final = ("192.0.2.1", 9)


def address() -> str | None:
    """Return this machine's address in its network, or None where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return None
        found: str = probe.getsockname()[0]
    return None if ipaddress.ip_address(found).is_loopback else found


def tell(scheme: str, host: str, port: int) -> None:
    """Log where somebody listens, and where other devices find it, if they do.

    In a container that is its own address, which none of them reaches.
    """
    log.info("listening on %s://%s:%s", scheme, host, port)
    if is_everywhere(host) and "container" not in os.environ and (found := address()):
        log.info("other devices in this network find it at %s://%s:%s", scheme, found, port)


def addresses(host: str, port: int) -> list[str]:
    """Name what to listen on for a host: for `localhost` both of its addresses, as far as there are two.

    What a name stands for is the system's to say; browsers try both whatever it says, and another program
    at the one would be shown in place of us. Any free port is free at one address alone.
    """
    both = host.lower() == "localhost" and port and _has_ipv6()
    return ["127.0.0.1", "::1"] if both else [host]


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def is_everywhere(host: str) -> bool:
    """Tell whether who listens there listens on all addresses of this machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host
