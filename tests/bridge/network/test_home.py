"""Where other devices find the bridge."""

import asyncio
import ipaddress
import logging
import socket

import pytest

from bridge.network import home
from bridge.server import WebSocketServer
from tests.ports import free_port

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
async def test_the_log_says_it(
    host: str, is_told: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To whoever lets other devices in; not of a container's address, which they don't reach."""
    monkeypatch.delenv("container", raising=False)
    caplog.set_level(logging.INFO)
    server = WebSocketServer(0, host)
    await server.start()
    await server.stop()
    assert (f"{SAYS} http://{home.address()}:{server.port}" in caplog.text) == is_told
    assert (SAYS in caplog.text) == is_told
    monkeypatch.setenv("container", "oci")
    caplog.clear()
    home.tell("http", host, 1)
    assert SAYS not in caplog.text


async def test_localhost_is_both_of_its_addresses() -> None:
    """Whatever the system takes the name for: a browser may try either first."""
    port = free_port()
    server = WebSocketServer(port, "localhost")
    await server.start()
    for address in home.addresses("localhost", port):
        _, writer = await asyncio.open_connection(address, port)
        writer.close()
    await server.stop()


@pytest.mark.parametrize(("host", "port"), [("localhost", 0), ("127.0.0.1", 3000), ("", 3000)])
def test_other_hosts_are_as_they_are(host: str, port: int) -> None:
    """And so is a port that nobody knows yet."""
    assert home.addresses(host, port) == [host]
