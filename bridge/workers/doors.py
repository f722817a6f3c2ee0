"""The port on which all workers listen. The parent binds it, and keeps it while workers come and go.

On Linux each place has sockets of its own, among which the system shares out who comes. Elsewhere all have
the same ones, and whoever is free takes the next.
"""

import asyncio
import contextlib
import errno
import socket
import sys
from typing import Final

from bridge.network import home

MAX_WAITING: Final = 4096  # connections that wait until a worker takes them
SHARED_OUT: Final = sys.platform == "linux"  # elsewhere SO_REUSEPORT means something else, or nothing
_TRIES: Final = 20  # to find a port that is free at each of the addresses, where any will do
_NOT_HERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

Address = tuple[socket.AddressFamily, tuple[str, int]]


class Doors:
    """The listening sockets of so many places, on one port."""

    def __init__(self, addresses: list[Address], places: int, *, shared_out: bool = SHARED_OUT) -> None:
        self._shared_out = shared_out
        self._addresses: list[Address] = []
        self._open: dict[int, list[socket.socket]] = {}
        try:
            self._open_first(addresses)
            for place in range(1, places):
                self.of(place)
        except OSError:
            self.close()
            raise

    @classmethod
    async def open(cls, host: str, port: int, places: int) -> "Doors":
        """Listen on all addresses of a host; port 0 is any that is free.

        Raises:
            OSError: if the port is in use or the host is not this machine's.
        """
        loop = asyncio.get_running_loop()
        try:
            found = [
                address
                for one in home.addresses(host, port)
                for address in await loop.getaddrinfo(
                    one or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )
            ]
        except UnicodeError as error:  # a name that is none, such as `a..b`
            raise OSError(errno.EADDRNOTAVAIL, "that is no host name") from error
        distinct = dict.fromkeys((family, at[:2]) for family, _, _, _, at in found)
        wanted: list[Address] = [(family, (str(at[0]), int(at[1]))) for family, at in distinct]
        for _ in range(_TRIES if port == 0 else 0):
            with contextlib.suppress(OSError):
                return cls(wanted, places)
        return cls(wanted, places)

    @property
    def port(self) -> int:
        """The port."""
        return self._addresses[0][1][1]

    def of(self, place: int) -> list[socket.socket]:
        """Give a place its sockets, which it may have closed."""
        key = place if self._shared_out else 0
        if key not in self._open:
            self._open[key] = [self._listen(address) for address in self._addresses]
        return self._open[key]

    def close_one(self, place: int) -> None:
        """Let nobody wait at a place where nobody takes them, if others would."""
        if self._shared_out and len(self._open) > 1:
            for one in self._open.pop(place, ()):
                one.close()

    def close(self) -> None:
        """Listen no more."""
        for sockets in self._open.values():
            for one in sockets:
                one.close()
        self._open.clear()

    def _open_first(self, addresses: list[Address]) -> None:
        """Bind the sockets of the first place, at those of the addresses that this machine has."""
        first = self._open[0] = []
        port, trouble = 0, OSError(errno.EADDRNOTAVAIL, "there is no such address here")
        for family, (host, wanted) in addresses:
            address = family, (host, wanted or port)
            try:
                if address[1][1]:
                    _bind(address, shares=False).close()  # whoever shares a port must not share a stranger's
                first.append(self._listen(address))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                trouble = error
                continue
            port = first[-1].getsockname()[1]
            self._addresses.append((family, (host, port)))
        if not first:
            raise trouble

    def _listen(self, address: Address) -> socket.socket:
        bound = _bind(address, shares=self._shared_out)
        bound.listen(MAX_WAITING)
        return bound


def _bind(address: Address, *, shares: bool) -> socket.socket:
    family, at = address
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.settimeout(0)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(at)
    except OSError:
        bound.close()
        raise
    return bound
