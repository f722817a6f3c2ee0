"""`python -m bridge.worker`: a process that serves viewers for another one, which starts it."""

from bridge.running import loading

# isort: split

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble
from bridge.running.board import Board
from bridge.running.loopwatch import watched
from bridge.running.process import leave, run
from bridge.running.signals import on_hangup, stop_signal
from bridge.running.tasks import Tasks
from bridge.server import WebSocketServer
from bridge.workers import muster, orders, voice
from bridge.workers.orders import Orders

loading.done()

log = logging.getLogger("bridge.worker")  # not __main__, which it is

GRACE: Final = 8.0  # seconds that a worker has to end whose parent is gone


def main(line: socket.socket) -> int:
    """Serve as the parent at the other end of the line says; return the exit code."""
    try:
        told = orders.receive(line)
    except EOFError:
        return 1
    except orders.OtherVersion:
        print("the program was updated meanwhile: stop it and start it again")  # noqa: T201 - there is no log yet
        return 1
    lines = voice.log_to_parent(told.log_level)
    faulthandler.register(signal.SIGQUIT, file=sys.stdout, all_threads=False)
    try:
        return run(_serve(told, line, lines.write), viewers=told.limits.viewers)
    finally:
        logging.shutdown()


async def _serve(told: Orders, line: socket.socket, write: Callable[[str], None]) -> int:
    stop_hearing_hangups = on_hangup(lambda: None)  # those are the parent's
    if told.replaces and (said := await _trouble(told.follow)):
        log.error("%s", said)
        return 1
    server = WebSocketServer(
        host=told.host, limits=told.limits, exposure=told.exposure, health=told.health,
        pace_old_clients=told.pace_old_clients, follow=told.follow,
        sockets=[socket.socket(fileno=number) for number in told.doors],
        board=None if told.seat is None else Board(told.seat),
    )  # fmt: skip
    server.static_dir = told.static_dir
    server.documents = told.documents
    with stop_signal() as stopped, watched(told.debug_loop):
        ear = _Ear(line, stopped)
        tasks = Tasks(log, "the worker")
        try:
            await server.start()
            tasks.start(_beat(line), "telling that it lives")
            tasks.start(_tell_ready(server, line), "telling that it serves")
            if told.counts:
                tasks.start(_tell_counted(server, write), "telling what it counts")
            await stopped.wait()
        finally:
            if ear.may_take_time:
                await server.let_go(lambda: ear.may_take_time)
            await server.stop()
            await tasks.stop()
            if told.counts:
                write(server.counted().line())  # also of the goodbyes
            stop_hearing_hangups()
    return 0


async def _trouble(url: str) -> str:
    """Say what is wrong with the backplane; nothing if nothing is."""
    lines = Lines(url)
    try:
        await lines.check(writes=False)
    except Trouble as trouble:
        return str(trouble)
    finally:
        await lines.close()
    return ""


async def _beat(line: socket.socket) -> None:
    while True:
        _say(line, orders.BEAT)
        await asyncio.sleep(orders.BEAT_EVERY)


async def _tell_counted(server: WebSocketServer, write: Callable[[str], None]) -> None:
    while True:
        write(server.counted().line())
        await asyncio.sleep(muster.TELL_EVERY)


async def _tell_ready(server: WebSocketServer, line: socket.socket) -> None:
    await server.has_rooms()
    _say(line, orders.READY)


def _say(line: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):  # a parent that doesn't listen, or is gone, which the ear notices
        line.send(word, socket.MSG_DONTWAIT)


class _Ear:
    """Hears what the parent says, in a thread: also while the loop is held, and when the parent is gone."""

    def __init__(self, line: socket.socket, stopped: asyncio.Event) -> None:
        self.may_take_time = False
        self._line = line
        self._call: Callable[[Callable[[], None]], object] = asyncio.get_running_loop().call_soon_threadsafe
        self._stopped = stopped
        threading.Thread(target=self._listen, name="parent", daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while heard := self._line.recv(1):
                self._tell(partial(self._obey, heard))
        self._tell(partial(self._obey, orders.STOP))
        # Nobody is there any more to end a process that hangs, and that keeps others from the port.
        threading.Event().wait(GRACE)
        os._exit(1)

    def _tell(self, act: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._call(act)

    def _obey(self, word: bytes) -> None:
        self.may_take_time = word == orders.LEAVE
        self._stopped.set()


if __name__ == "__main__":
    leave(main(socket.socket(fileno=int(sys.argv[1]))))
