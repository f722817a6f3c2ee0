"""Workers that end, hang, or never begin."""

import asyncio
import http.client
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.backplane import waits, writer
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.network.tls import Certificate
from bridge.problems import BOT_SILENT, WRONG_PASSWORD, Problem
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.workers import crew, muster, worker
from tests.bridge.backplane.conftest import written
from tests.bridge.conftest import ADA, DWORLD, VAULT, Start
from tests.bridge.test_main import ROOT
from tests.bridge.watchers import PATIENCE, Watcher, fetch, until, watching
from tests.certificates import Pem, trusting
from tests.redis import RedisServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no workers on Windows")

OUT_OF_ORDER = ("-c", "raise SystemExit('out of order')")

Lead = Callable[[], Awaitable[WebSocketServer]]


@pytest.fixture
def lead(start: Start, redis: RedisServer) -> Lead:
    """Start a server with one worker, and a room."""

    async def lead_one() -> WebSocketServer:
        server = await start(provider=EmptyProvider(), publish_to=redis.url, workers=1, health=True)
        server.show_guild(DWORLD, [ADA])
        await written(server)  # a worker that comes first would see nothing, and asks not for long
        return server

    return lead_one


def the_worker(server: WebSocketServer) -> worker.Worker | None:
    assert server._crew is not None
    return server._crew._places[0].worker


async def serving(server: WebSocketServer) -> worker.Worker:
    """Wait until the worker serves."""
    await until(lambda: (one := the_worker(server)) is not None and one.is_ready.is_set(), "a worker")
    one = the_worker(server)
    assert one is not None
    return one


async def until_listed(server: WebSocketServer, guild_id: str) -> None:
    """Wait until a worker has heard of a guild: what it told somebody before may be older."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with watching(server, greeted=False) as viewer:
                if guild_id in (await viewer.hear_type("server-list"))["data"]:
                    return


async def test_they_serve(lead: Lead) -> None:
    """In place of the parent, as it was told to."""
    server = await lead()
    one = await serving(server)
    assert one.pid != os.getpid()
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        await server.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
        assert not server.connections
        assert (await fetch(server, "/healthz")).status == 200
        await server.stop()
        assert (await viewer.farewell())[0] == 1001


async def test_they_ask_who_may_enter(lead: Lead) -> None:
    """The parent knows the password, and they don't."""
    server = await lead()
    server.show_guild(VAULT, [ADA])
    await written(server)
    await serving(server)
    await until_listed(server, VAULT.id)
    async with watching(server) as viewer:
        while (problem := await ask_for_vault(viewer, "wrong")) == BOT_SILENT:
            pass  # it can't ask yet
        assert problem == WRONG_PASSWORD
        assert await ask_for_vault(viewer, "sesame") is None


async def ask_for_vault(viewer: Watcher, password: str) -> Problem | None:
    """Ask to enter; return why not, None for who is let in."""
    await viewer.ask("vault", password=password)
    while (frame := await viewer.hear())["type"] != "error":
        if frame["type"] == "server-join" and frame["data"]["request"]["server"] == "vault":
            return None
    return Problem(frame["data"]["code"], frame["data"]["message"])


async def test_an_address_is_counted_at_all_of_them(start: Start, redis: RedisServer) -> None:
    """Whoever comes to several has no more places for it; those of one that was killed are free again."""
    limits = Limits(viewers_per_address=4)
    server = await start(provider=EmptyProvider(), publish_to=redis.url, workers=2, limits=limits)
    server.show_guild(DWORLD, [ADA])
    assert server._crew is not None
    crew = [place.worker for place in server._crew._places if place.worker is not None]
    await until(lambda: all(one.is_ready.is_set() for one in crew), "both")

    async def come(stack: AsyncExitStack, times: int) -> list[str]:
        viewers = [await stack.enter_async_context(watching(server, greeted=False)) for _ in range(times)]
        return [(await viewer.hear())["type"] for viewer in viewers]

    async with AsyncExitStack() as stack:
        assert sorted(await come(stack, 12)) == ["error"] * 8 + ["server-list"] * 4
        for one in crew:
            one.kill()
            await one.has_ended.wait()
    places = server._crew._places
    await until(
        lambda: all(
            place.worker is not None and place.worker not in crew and place.worker.is_ready.is_set()
            for place in places
        ),
        "others in their places",
    )
    async with AsyncExitStack() as stack:
        assert sorted(await come(stack, 5)) == ["error"] + ["server-list"] * 4


async def test_they_speak_tls(start: Start, redis: RedisServer, tmp_path: Path) -> None:
    """With the certificate that the parent was told of."""
    pem = Pem(tmp_path)
    exposure = Exposure(certificate=Certificate(pem.chain, pem.key))
    server = await start(provider=EmptyProvider(), publish_to=redis.url, workers=1, exposure=exposure)

    def get() -> int:
        line = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting(), timeout=PATIENCE)
        line.request("GET", "/")
        status = line.getresponse().status
        line.close()
        return status

    assert await asyncio.to_thread(get) == 200


async def test_one_that_hangs(
    lead: Lead, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is noticed, and another one serves."""
    monkeypatch.setattr(worker, "LOOK_EVERY", 0.2)
    for most in ("MAX_SILENT", "MAX_STARTING"):
        monkeypatch.setattr(worker, most, 1_000)  # one that is slow doesn't hang
    server = await lead()
    one = await serving(server)
    os.kill(one.pid, signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(worker, "MAX_SILENT", 10)
        await until(one.has_ended.is_set, "its end")
    assert "worker 1 hangs: nothing heard for" in caplog.text
    assert await serving(server) is not one


async def test_one_that_never_begins(
    lead: Lead, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, with what it said; and tried again until it works."""
    monkeypatch.setattr(crew, "LONGEST_WAIT", 0.01)
    with monkeypatch.context() as broken:
        broken.setattr(worker, "COMMAND", OUT_OF_ORDER)
        server = await lead()
        assert server._crew is not None
        place = server._crew._places[0]
        await until(lambda: place.losses > 5, "several losses")
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 1
    assert said[0].startswith("worker 1 ends again and again (exit code 1), and said last: out of order.")
    await serving(server)


async def test_one_that_can_not_be_replaced(
    lead: Lead, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, redis: RedisServer
) -> None:
    """The old one stays: whether the new one can't start, or the backplane is away."""
    monkeypatch.setattr(waits, "LONGEST", 0.2)
    monkeypatch.setattr(writer, "CHECK_EVERY", 0.2)
    server = await lead()
    one = await serving(server)
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        with monkeypatch.context() as broken:
            broken.setattr(worker, "COMMAND", OUT_OF_ORDER)
            await server.renew_workers()
        redis.stop()
        try:
            await server.renew_workers()
        finally:
            redis.start()
        assert caplog.text.count("worker 1 can't be replaced: the old one stays") == 2
        assert "can't be reached" in caplog.text
        assert the_worker(server) is one
        await server.renew_workers()
        assert (await viewer.farewell())[0] == 1001
    assert the_worker(server) is not one


async def test_a_new_one_that_ends_while_the_old_one_leaves(
    lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one comes at once: those who come wait for no farewell."""
    monkeypatch.setattr(worker, "MAX_SILENT", 1_000)  # the old one leaves for as long as it takes
    monkeypatch.setattr(crew, "LEAVES_WITHIN", 1_000.0)
    server = await lead()
    old = await serving(server)
    os.kill(old.pid, signal.SIGSTOP)
    renewing = asyncio.create_task(server.renew_workers())
    await until(lambda: server._crew is not None and server._crew._leaving is old, "the old one's farewell")
    new = await serving(server)
    new.kill()
    await until(lambda: the_worker(server) not in (None, new), "the next one")
    await serving(server)
    assert not old.has_ended.is_set()
    old.kill()
    await renewing


async def test_a_stop_while_one_is_replaced(lead: Lead) -> None:
    """Both end, and nobody waits for the new one."""
    server = await lead()
    await serving(server)
    assert server._crew is not None
    everybody = [the_worker(server)]
    renewing = asyncio.create_task(server.renew_workers())
    await until(lambda: server._crew is not None and server._crew._coming is not None, "a new one")
    everybody.append(server._crew._coming)
    await server.stop()
    await renewing
    assert [one is not None and one.has_ended.is_set() for one in everybody] == [True, True]


def test_a_worker_that_hangs_without_a_parent() -> None:
    """It ends all the same: it would keep the port from the next one."""
    script = """if True:
        import asyncio, socket, time
        from bridge import worker
        worker.GRACE = 0.01
        ours, theirs = socket.socketpair()
        async def hang():
            worker._Ear(theirs, asyncio.Event())
            ours.close()
            time.sleep(600)
        asyncio.run(hang())
    """
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=PATIENCE, check=False)
    assert ended.returncode == 1


def test_what_a_worker_inherits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that may be a secret."""
    for name in ("DISCORD_TOKEN", "BACKPLANE_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "only-for-tests")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    inherited = worker.environment()
    assert inherited["LC_ALL"] == "C.UTF-8"
    assert "only-for-tests" not in inherited.values()


async def test_what_workers_count_is_told_by_their_parent(
    start: Start, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who watches at a worker is a viewer, and what it has counted stays when it ends."""
    monkeypatch.setattr(muster, "TELL_EVERY", 0.1)
    server = await start(
        provider=EmptyProvider(), publish_to=redis.url, workers=1, metrics=("127.0.0.1", 0)
    )  # fmt: skip
    server.show_guild(DWORLD, [ADA])
    assert server._crew is not None
    told = server._crew.muster
    await written(server)
    await serving(server)
    await until_listed(server, DWORLD.id)
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        await until(lambda: told.sum().viewers == 1, "a viewer")
        await server.broadcast_message(DWORLD.id, ADA.uid, "hello", "9")
        await viewer.hear_type("message")
        await until(lambda: sum(told.sum().flushes) > 0, "a flush")
    assert server._metrics is not None
    said = (await fetch(server._metrics.port, "/metrics")).body.decode()
    assert "\ndzone_workers 1.0\n" in said
    assert "\ndzone_backplane_up 1.0\n" in said
    await server.stop()
    assert (len(told), told.sum().viewers) == (0, 0)
    assert sum(told.sum().flushes) > 0
