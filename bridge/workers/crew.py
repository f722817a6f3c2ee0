"""All workers of one parent: each place has one, and a new one when it ends."""

import asyncio
import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bridge.backplane import address
from bridge.errors import CannotServe
from bridge.running.board import Seat, Table
from bridge.running.signals import on_hangup
from bridge.running.tasks import Tasks
from bridge.workers import orders, private
from bridge.workers.doors import Doors
from bridge.workers.muster import Muster
from bridge.workers.orders import Orders
from bridge.workers.private import PrivateServer
from bridge.workers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

STEADY: Final = 60.0  # seconds after which a worker's end is no sequel of the last one
LONGEST_WAIT: Final = 30.0  # seconds until a worker is started again that ends again and again
TOLD_AFTER: Final = 3  # ends in a row
READY_WITHIN: Final = 60.0  # seconds that a worker has until it can replace another one
LEAVES_WITHIN: Final = 30.0  # seconds that a worker has to let its viewers go to another one
SEATS: Final = 2  # for each place: one for whoever comes while another one leaves
STOPS_WITHIN: Final = 3.5  # seconds that it has when all of them stop


def trouble(url: str | None) -> str:
    """Say why no workers can read from `url`, or from a private backplane; nothing if they can."""
    if sys.platform == "win32":
        return "On Windows several processes can't serve one port: leave out the workers."
    if url is None:
        return private.trouble()
    return address.missing()


class _Place:
    """One of the places that a worker has, and how often it was lost in a row."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Worker | None = None
        self.watch: asyncio.Task[None] | None = None
        self.losses = 0
        self.started_at = 0.0

    @property
    def name(self) -> str:
        return f"worker {self.number + 1}"


class Crew:
    """Starts so many workers, watches them, and starts anew whatever ends.

    Workers read the rooms from the backplane at `url`; without one, from a private server of their own.
    """

    def __init__(self, size: int, url: str | None) -> None:
        self._url = url
        self._private: PrivateServer | None = None
        self._doors: Doors | None = None
        self._table: Table | None = None
        self._orders: Orders | None = None
        self._places = [_Place(number) for number in range(size)]
        self.muster = Muster()
        self._tasks = Tasks(log, "the workers")
        self._renewing: asyncio.Task[None] | None = None
        self._coming: Worker | None = None  # who is about to replace another one
        self._leaving: Worker | None = None  # who has been replaced, and still says goodbye
        self._ignore_hangup: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        """Where the rooms are written to, once it has been prepared."""
        assert self._url is not None  # noqa: S101 - see `prepare`
        return self._url

    async def prepare(self, host: str, port: int) -> int:
        """Listen, and have a backplane; return the port.

        Raises:
            OSError: if the port is in use or the host is not this machine's.
            CannotServe: if there is no backplane, and none can be started.
        """
        self._doors = await Doors.open(host, port, len(self._places))
        self._table = Table(SEATS * len(self._places) + SEATS, len(self._places))
        if self._url is None:
            self._private = PrivateServer()
            try:
                self._url = await self._private.start()
            except CannotServe:
                self._doors.close()
                self._table.close()
                raise
        return self._doors.port

    async def start(self, told: Orders) -> None:
        """Start all workers. Those who come meanwhile wait.

        Raises:
            CannotServe: if the system has no processes to give.
        """
        self._orders = told
        for place in self._places:
            try:
                await self._fill(place)
            except OSError as error:
                raise CannotServe(f"{place.name} can't be started: {error.strerror}.") from error
            self._watch(place)
        self._ignore_hangup = on_hangup(self.renew_soon)

    def renew_soon(self) -> None:
        """Replace all workers, one after the other, without anybody waiting for it."""
        self._renew()

    async def renew(self) -> None:
        """Replace all workers, one after the other. If a new one can't serve, the old ones stay."""
        await asyncio.wait({self._renew()})

    def _renew(self) -> asyncio.Task[None]:
        if self._renewing is None or self._renewing.done():
            self._renewing = self._tasks.start(self._replace_all(), "replacing the workers")
        return self._renewing

    async def _replace_all(self) -> None:
        log.info("replacing the workers, one after the other")
        for place in self._places:
            if not await self._replace(place):
                log.error("%s can't be replaced: the old one stays, and those after it", place.name)
                return
        log.info("all workers were replaced")

    async def stop(self) -> None:
        """Let all viewers go, and end all workers; then what they read from."""
        self._ignore_hangup()
        await self._tasks.stop()
        if self._doors is not None:
            self._doors.close()
        all_there_are = (*(place.worker for place in self._places), self._coming, self._leaving)
        workers = [worker for worker in all_there_are if worker is not None]
        for worker in workers:
            worker.tell(orders.STOP)
        await asyncio.gather(*(worker.ends(STOPS_WITHIN) for worker in workers))
        for place in self._places:
            place.worker = None
        self._coming = self._leaving = None
        if self._table is not None:
            self._table.close()
            self._table = None
        if self._private is not None:
            await self._private.stop()
            self._private = self._url = None

    async def _fill(self, place: _Place) -> None:
        assert self._orders is not None  # noqa: S101 - it was given to `start`
        place.started_at = asyncio.get_running_loop().time()
        place.worker = await self._start(place, self._orders)
        self.muster.add(place.worker)
        log.debug("%s is process %d", place.name, place.worker.pid)

    async def _start(self, place: _Place, told: Orders) -> Worker:
        assert self._doors is not None  # noqa: S101 - `prepare` comes before `start`
        assert self._table is not None  # noqa: S101 - as above
        table, seat = self._table, self._table.take_seat()
        try:
            worker = await Worker.start(place.name, replace(told, seat=seat), self._doors.of(place.number))
        except BaseException:
            table.leave_seat(seat)
            raise
        self._tasks.start(_leave_seat(worker, table, seat), f"clearing the seat of {place.name}")
        return worker

    def _watch(self, place: _Place) -> None:
        """Start anew whatever ends at a place, whoever was watched there before."""
        if place.watch is not None:
            place.watch.cancel()
        place.watch = self._tasks.start(self._keep_filled(place), f"watching {place.name}")

    async def _keep_filled(self, place: _Place) -> None:
        while True:
            worker = place.worker
            if worker is not None:
                await worker.has_ended.wait()
                place.worker = None
            await asyncio.sleep(self._note_loss(place, worker))
            try:
                await self._fill(place)
            except OSError as error:
                log.warning("%s can't be started: %s", place.name, error.strerror)

    def _note_loss(self, place: _Place, worker: Worker | None) -> float:
        """Say that a worker has ended; tell how long to wait until the next one."""
        lived = asyncio.get_running_loop().time() - place.started_at
        place.losses = 1 if lived >= STEADY else place.losses + 1
        if worker is not None:
            _tell_of_loss(worker, place.losses)
        if place.losses == 1:
            return 0.0
        assert self._doors is not None  # noqa: S101 - there was a worker
        self._doors.close_one(place.number)
        return float(min(LONGEST_WAIT, 2 ** (place.losses - 2)))

    async def _replace(self, place: _Place) -> bool:
        """Have a new worker serve beside the old one, and then in its place; tell whether it does."""
        old = place.worker
        if old is None or self._doors is None or self._orders is None:
            return True  # a new one is about to come
        told = replace(self._orders, replaces=True)
        try:
            new = await self._start(place, told)
        except OSError as error:
            log.warning("%s can't be started: %s", place.name, error.strerror)
            return False
        self._coming = new
        self.muster.add(new)
        try:
            does_serve = await _serves(new)
            if (
                does_serve and place.worker is old
            ):  # else it has ended meanwhile, and there is a new one already
                place.worker, place.started_at = new, asyncio.get_running_loop().time()
                self._watch(place)  # at once: the old one takes its time to leave
        finally:
            if place.worker is not new:
                new.kill()
        self._coming = None
        if not does_serve:
            return False
        if place.worker is new:
            self._leaving = old
            old.tell(orders.LEAVE)
            await old.ends(LEAVES_WITHIN)
            self._leaving = None
        return True


async def _leave_seat(worker: Worker, table: Table, seat: Seat) -> None:
    """Have nobody counted any more who was at a worker that has ended."""
    await worker.has_ended.wait()
    table.leave_seat(seat)


async def _serves(worker: Worker) -> bool:
    """Wait until a worker serves; tell whether it does."""
    ready = asyncio.ensure_future(worker.is_ready.wait())
    ended = asyncio.ensure_future(worker.has_ended.wait())
    try:
        await asyncio.wait({ready, ended}, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        return worker.is_ready.is_set() and not worker.has_ended.is_set()
    finally:
        ready.cancel()
        ended.cancel()


def _tell_of_loss(worker: Worker, losses: int) -> None:
    """Say so once for each, and of one that ends again and again once in all."""
    how = f"signal {-worker.code}" if worker.code < 0 else f"exit code {worker.code}"
    if losses < TOLD_AFTER:
        log.warning("%s has ended (%s): a new one is started", worker.name, how)
    elif losses == TOLD_AFTER:
        log.error(
            "%s ends again and again (%s), and said last: %s. It is tried again, now and then",
            worker.name, how, worker.last_words or "nothing",
        )  # fmt: skip
