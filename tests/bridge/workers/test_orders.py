"""What a worker is told gets there whole, or not at all."""

import logging
import socket
import sys
from pathlib import Path

import pytest

from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.network.peers import parse_networks
from bridge.network.tls import Certificate
from bridge.workers import orders
from tests.certificates import Pem

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no workers on Windows")

SECRET = "unix://:only-for-tests@/run/s"


def some(exposure: Exposure) -> orders.Orders:
    return orders.Orders(
        host="localhost", limits=Limits(viewers=7), exposure=exposure, health=True, pace_old_clients=False,
        static_dir="/page", follow=SECRET, log_level=logging.INFO, debug_loop=0.1, doors=(5, 6),
    )  # fmt: skip


def passed_on(words: bytes) -> orders.Orders:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(words)
        ours.shutdown(socket.SHUT_WR)
        return orders.receive(theirs)


def test_they_arrive(tmp_path: Path) -> None:
    """With all that a bridge is set to; a certificate is read from its files again."""
    pem = Pem(tmp_path)
    exposure = Exposure(
        public_url="https://zone.example.org", trusted_proxies=parse_networks("10.0.0.0/8, ::1"),
        certificate=Certificate(pem.chain, pem.key),
    )  # fmt: skip
    told = passed_on(orders.pack(some(exposure)))
    assert told.exposure.certificate is not None
    assert told.exposure.trusted_proxies == exposure.trusted_proxies
    assert (told.limits, told.follow, told.doors) == (Limits(viewers=7), SECRET, (5, 6))


def test_a_password_is_not_in_the_repr() -> None:
    """It may end up in a log."""
    assert "only-for-tests" not in repr(some(Exposure()))


def test_an_updated_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders of another version are not read: they may mean something else."""
    words = orders.pack(some(Exposure()))
    monkeypatch.setattr(orders, "__version__", "99.0")
    with pytest.raises(orders.OtherVersion):
        passed_on(words)


@pytest.mark.parametrize("much", [0, 2, 20])
def test_a_parent_that_is_gone(much: int) -> None:
    """Before it has said all."""
    with pytest.raises(EOFError):
        passed_on(orders.pack(some(Exposure()))[:much])
