"""Where other devices find the bridge."""

import ipaddress
import logging
import socket

import pytest

from bridge.network import home
from bridge.server import WebSocketServer

SAYS = "other devices in this network find it at"


def test_the_address_is_this_machine_s() -> None:
    """One can listen there; without a network there is none."""
    if address := home.address():
        assert not ipaddress.ip_address(address).is_loopback
        socket.create_server((address, 0)).close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_listening_everywhere(host: str) -> None:
    """As is written for IPv4, for both, and for all that there is."""
    assert home.is_everywhere(host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "zone.example.org"])
def test_listening_somewhere(host: str) -> None:
    """One address, or a name."""
    assert not home.is_everywhere(host)


@pytest.mark.parametrize(("host", "is_told"), [("0.0.0.0", home.address() is not None), ("127.0.0.1", False)])
async def test_the_log_says_it(host: str, is_told: bool, caplog: pytest.LogCaptureFixture) -> None:
    """To whoever lets other devices in."""
    caplog.set_level(logging.INFO)
    server = WebSocketServer(0, host)
    await server.start()
    await server.stop()
    assert (f"{SAYS} http://{home.address()}:{server.port}" in caplog.text) == is_told
    assert (SAYS in caplog.text) == is_told
