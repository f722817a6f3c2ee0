"""The port of all workers: bound once, shared out, and nobody else's."""

import socket
import sys

import pytest

from bridge.workers.doors import Doors
from tests.bridge.watchers import PATIENCE, until
from tests.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no workers on Windows")

shared_out = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares out who comes")


async def opened(port: int = 0, places: int = 2, host: str = "127.0.0.1") -> Doors:
    return await Doors.open(host, port, places)


def accepted(doors: Doors, place: int) -> int:
    """Take all who wait at a place by now; tell how many there were."""
    taken = 0
    for door in doors.of(place):
        while True:
            try:
                door.accept()[0].close()
            except BlockingIOError:
                break
            taken += 1
    return taken


async def shares(doors: Doors, times: int, *places: int) -> list[int]:
    """Take all who knocked at some places, as they get there; tell how many there were at each."""
    taken = dict.fromkeys(places, 0)

    def are_all_there() -> bool:
        for place in places:
            taken[place] += accepted(doors, place)
        return sum(taken.values()) >= times

    await until(are_all_there, "all who knocked")
    return list(taken.values())


def knock(doors: Doors, times: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", doors.port), timeout=PATIENCE) for _ in range(times)]


@shared_out
async def test_who_comes_is_shared_out() -> None:
    """Each place gets some, and none is lost."""
    doors = await opened()
    lines = knock(doors, 40)
    taken = await shares(doors, 40, 0, 1)
    assert sum(taken) == 40
    assert min(taken) > 0
    for line in lines:
        line.close()
    doors.close()


@shared_out
async def test_a_place_that_is_closed() -> None:
    """Nobody waits there until it is opened again; the last one stays."""
    doors = await opened()
    doors.close_one(0)
    lines = knock(doors, 20)
    assert await shares(doors, 20, 1) == [20]
    doors.close_one(1)
    lines += knock(doors, 1)
    doors.of(0)
    lines += knock(doors, 20)
    assert (await shares(doors, 1, 0))[0] > 0
    for line in lines:
        line.close()
    doors.close()


async def test_where_nothing_is_shared_out() -> None:
    """All have the same sockets, and nobody closes them for the others."""
    doors = Doors([(socket.AF_INET, ("127.0.0.1", free_port()))], 2, shared_out=False)
    assert doors.of(0) == doors.of(1)
    doors.close_one(0)
    lines = knock(doors, 3)
    assert await shares(doors, 3, 1) == [3]
    for line in lines:
        line.close()
    doors.close()


async def test_all_addresses_of_a_name() -> None:
    """On one port, those that this machine has."""
    doors = await opened(host="localhost")
    families = {door.family for door in doors.of(0)}
    assert families <= {socket.AF_INET, socket.AF_INET6}
    assert len({door.getsockname()[1] for place in (0, 1) for door in doors.of(place)}) == 1
    doors.close()


async def test_a_port_that_somebody_uses() -> None:
    """Also if they would share it, as another bot's workers do."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        await opened(other.getsockname()[1])
    doors = await opened(free_port())
    with pytest.raises(OSError, match="in use"):
        await opened(doors.port)
    doors.close()
    (await opened(doors.port)).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b", "no-such-host.invalid"])
async def test_a_host_that_is_not_this_machine_s(host: str) -> None:
    """As without workers."""
    with pytest.raises(OSError):  # noqa: PT011 - of several kinds
        await opened(host=host)
