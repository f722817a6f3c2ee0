"""TLS without a proxy, with real certificates, and their renewal."""

import asyncio
import contextlib
import logging
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from websockets.asyncio.client import connect
from websockets.frames import Opcode

from bridge.access.gate import SPARE_PER_ADDRESS
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import Member
from bridge.network.tls import Certificate, Handshake
from bridge.problems import FULL_HOUSE
from bridge.providers import EmptyProvider
from bridge.running.turnstile import Turnstile
from bridge.server import WebSocketServer
from bridge.viewers import connection
from bridge.viewers.outbox import MAX_BACKLOG
from bridge.viewers.pulse import PERIOD
from bridge.wire.framing import text_frame
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, BEPPO, DWORLD, Start
from tests.bridge.watchers import PATIENCE, RawViewer, Watcher, dialled, handshake, masked, until
from tests.certificates import Pem, trusting

GOODBYE = masked(b"\x03\xe8", Opcode.CLOSE)
ENTER = b'{"type":"connect","data":{"server":"dworld"}}'
CROWD = 1 + 2 * SPARE_PER_ADDRESS  # connections of an address that may have one viewer
A_LOOK = PERIOD + 0.5  # seconds in which everybody is looked at once


@pytest.fixture
def pem(tmp_path: Path) -> Pem:
    return Pem(tmp_path)


@pytest.fixture
def certificate(pem: Pem) -> Certificate:
    return Certificate(pem.chain, pem.key)


@pytest.fixture
async def secure(start: Start, limits: Limits, certificate: Certificate) -> WebSocketServer:
    """A bridge that speaks TLS, and nothing else."""
    server = await start(provider=EmptyProvider(), limits=limits, exposure=Exposure(certificate=certificate))
    server.show_guild(DWORLD, [ADA, BEPPO])
    return server


class Tunnel:
    """A viewer over TLS that reads only when told to: its bytes go through memory, not through a loop."""

    def __init__(self, line: RawViewer) -> None:
        self._line = line
        self._coming, self._going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trusting().wrap_bio(self._coming, self._going, server_hostname="127.0.0.1")

    async def greet(self) -> None:
        """Begin to shake hands; read nothing of the answer."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        await self._line.say(self._going.read())

    async def open(self, data: bytes, *, farewell: bool = False) -> None:
        """Shake hands, and say something together with the end of it; read nothing of the answer."""
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._line.say(self._going.read())
                self._coming.write(await self._line.some())
        self._tls.write(data)
        if farewell:
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
        await self._line.say(self._going.read())

    async def end(self) -> bytes:
        """Read until the other side ends the connection."""
        self._coming.write(await self._line.end())
        self._coming.write_eof()
        answer = b""
        with contextlib.suppress(ssl.SSLError):
            while some := self._tls.read(1 << 16):
                answer += some
        return answer


@contextlib.asynccontextmanager
async def watching(server: WebSocketServer) -> AsyncIterator[Watcher]:
    """Connect a viewer over TLS; it has heard the greeting."""
    url = f"wss://127.0.0.1:{server.port}/"
    async with connect(url, ssl=trusting(), max_size=None, proxy=None, open_timeout=PATIENCE) as connection:
        watcher = Watcher(connection)
        assert (await watcher.hear())["type"] == "server-list"
        yield watcher


async def fetch(server: WebSocketServer, target: str = "/") -> bytes:
    """Get a page over TLS, until the other side ends the connection as it should."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting())
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    return answer


async def shown_certificate(server: WebSocketServer, name: str | None = "127.0.0.1") -> bytes:
    """Shake hands, and return the certificate that was shown (DER)."""
    context = trusting()
    context.check_hostname = name is not None
    _, writer = await asyncio.open_connection(
        "127.0.0.1", server.port, ssl=context, server_hostname=name or ""
    )
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    assert isinstance(shown, bytes)
    return shown


async def nothing_is_left(server: WebSocketServer) -> None:
    """Wait until nobody counts any more."""
    await until(lambda: not server._gate.alive, "nothing is left")
    assert not server._gate._connections


# Over the wire


async def test_viewers_watch_over_tls(secure: WebSocketServer) -> None:
    """A snapshot, and then what happens."""
    async with watching(secure) as viewer:
        assert (await viewer.enter("dworld"))["users"].keys() == {"111", "222"}
        await secure.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"


async def test_the_page_comes_over_tls(secure: WebSocketServer, tmp_path: Path) -> None:
    """Whole, and it shall be asked for by HTTPS from then on."""
    (tmp_path / "large.bin").write_bytes(bytes(5_000_000))
    secure.static_dir = tmp_path
    head, _, body = (await fetch(secure, "/large.bin")).partition(b"\r\n\r\n")
    assert b"Strict-Transport-Security: max-age=" in head
    assert len(body) == 5_000_000


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET /\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 8_000, b"431"),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
    ids=["ambiguous", "none", "large", "long"],
)
async def test_refusals_are_heard_over_tls(secure: WebSocketServer, sent: bytes, status: bytes) -> None:
    """They say what all answers say, and nothing is left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", secure.port, ssl=trusting())
    writer.write(sent)
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"Strict-Transport-Security: max-age=" in answer
    await nothing_is_left(secure)


async def test_who_speaks_no_tls_is_let_go(secure: WebSocketServer, caplog: pytest.LogCaptureFixture) -> None:
    """And disturbs nobody, nor whoever reads the log."""
    async with dialled(secure) as plain, watching(secure) as viewer:
        await plain.say(handshake())
        await plain.end()
        await viewer.enter("dworld")
    await nothing_is_left(secure)
    assert not caplog.records


@pytest.mark.parametrize("limits", [Limits(handshake_seconds=0.2)], ids=["hasty"])
async def test_a_handshake_that_never_ends_is_let_go(
    secure: WebSocketServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of TLS, and the request after it."""
    async with dialled(secure) as silent, dialled(secure) as slow, dialled(secure) as half:
        await slow.say(b"\x16\x03\x01\x02")
        await Tunnel(half).greet()
        for line in (silent, slow, half):
            await line.end()
    shake = Handshake.shake
    monkeypatch.setattr(Handshake, "shake", lambda self, context, _: shake(self, context, PATIENCE))
    reader, writer = await asyncio.open_connection("127.0.0.1", secure.port, ssl=trusting())
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()
    await nothing_is_left(secure)
    assert not caplog.records


@pytest.mark.parametrize("limits", [Limits(viewers_per_address=1, handshake_seconds=PATIENCE)], ids=["small"])
async def test_who_has_not_shaken_hands_is_counted(secure: WebSocketServer) -> None:
    """A connection costs memory before it says a word."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CROWD):
            await stack.enter_async_context(dialled(secure))
        await until(lambda: len(secure._gate.alive) == CROWD, "they are counted")
        assert not secure.refusals
        for _ in range(3):
            async with dialled(secure) as late:
                await Tunnel(late).greet()
                assert await late.end() == b""
        assert secure.refusals == {"too many connections": 3}
        assert len(secure._gate.alive) == CROWD
    await nothing_is_left(secure)
    assert await fetch(secure)


@pytest.mark.parametrize("has_time", [True, False])
async def test_a_request_that_comes_with_the_end_of_the_handshake(
    secure: WebSocketServer, monkeypatch: pytest.MonkeyPatch, has_time: bool
) -> None:
    """Is answered, with what follows it, also if that has to wait for its turn."""
    monkeypatch.setattr(Turnstile, "has_time", has_time)
    monkeypatch.setattr(connection, "FAREWELL", 0.2)  # who never ends TLS is not waited for
    async with dialled(secure) as line:
        viewer = Tunnel(line)
        await viewer.open(handshake() + masked(ENTER) + GOODBYE)
        answer = await viewer.end()
    assert answer.startswith(b"HTTP/1.1 101 ")
    await nothing_is_left(secure)


async def test_who_hangs_up_with_the_end_of_the_handshake(
    secure: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Gets no answer, and leaves nothing."""
    async with dialled(secure) as line:
        viewer = Tunnel(line)
        await viewer.open(handshake(), farewell=True)
        assert await viewer.end() == b""
    await nothing_is_left(secure)
    assert not caplog.records


@pytest.mark.parametrize("rudely", [False, True], ids=["end", "reset"])
async def test_who_hangs_up_in_the_middle_of_the_handshake(
    secure: WebSocketServer, caplog: pytest.LogCaptureFixture, rudely: bool
) -> None:
    """Leaves nothing; a client that doesn't read what came makes the system reset the connection."""
    async with dialled(secure) as line:
        await Tunnel(line).greet()
        await until(lambda: bool(secure._gate.alive), "it is there")
        if not rudely:
            await line.some()
    await nothing_is_left(secure)
    assert not caplog.records


async def test_a_bridge_that_stops_ends_handshakes(
    secure: WebSocketServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that have not begun, and those in their middle."""
    monkeypatch.setattr("bridge.viewers.listening.STOP_GRACE", 0.2)
    async with dialled(secure) as silent, dialled(secure) as half:
        await Tunnel(half).greet()
        await until(lambda: len(secure._gate.alive) == 2, "they are there")
        await secure.stop()
        await silent.end()
        await half.end()
    await nothing_is_left(secure)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, "no task is left")
    assert not caplog.records


async def test_a_bridge_that_stops_begins_nothing_new(
    secure: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handshake that ends meanwhile is no viewer."""
    monkeypatch.setattr("bridge.viewers.listening.STOP_GRACE", PATIENCE)
    [listening] = secure._servers
    async with dialled(secure) as line, asyncio.TaskGroup() as tasks:
        viewer = Tunnel(line)
        await viewer.greet()
        await until(lambda: bool(secure._gate.alive), "it is there")
        tasks.create_task(secure.stop())
        await until(lambda: not listening.is_serving(), "it stops")
        await viewer.open(handshake())
        assert await viewer.end() == b""
    await nothing_is_left(secure)


@pytest.mark.parametrize("turns", range(4))
async def test_a_connection_that_is_lost_before_its_handshake(
    secure: WebSocketServer, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """In whichever turn of the loop that is."""
    loop, enter = asyncio.get_running_loop(), secure._gate.enter

    def lose(transport: asyncio.Transport, turns: int) -> None:
        if turns:
            loop.call_soon(lose, transport, turns - 1)
        else:
            transport.abort()

    def enter_and_be_lost(transport: asyncio.Transport, peer: str) -> str | None:
        address = enter(transport, peer)
        lose(transport, turns)
        return address

    monkeypatch.setattr(secure._gate, "enter", enter_and_be_lost)
    async with dialled(secure) as line:
        assert await line.end() == b""
    await nothing_is_left(secure)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop")
def test_it_is_the_same_with_uvloop(certificate: Certificate) -> None:
    """Which reads what comes before anybody can tell it to wait."""
    uvloop = pytest.importorskip("uvloop")

    async def serve_somebody() -> None:
        server = WebSocketServer(
            0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(certificate=certificate)
        )
        await server.start()
        try:
            async with dialled(server) as line:
                viewer = Tunnel(line)
                await viewer.open(handshake() + masked(ENTER) + GOODBYE)
                assert (await viewer.end()).startswith(b"HTTP/1.1 101 ")
            async with dialled(server) as plain:
                await plain.say(handshake())
                await plain.end()
            await nothing_is_left(server)
        finally:
            await server.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_somebody())


@pytest.mark.parametrize("limits", [Limits(viewers=1)], ids=["small"])
async def test_who_is_too_many_hears_so_over_tls(secure: WebSocketServer) -> None:
    """A sentence and 1013."""
    async with watching(secure), connect(f"wss://127.0.0.1:{secure.port}/", ssl=trusting()) as connection:
        late = Watcher(connection)
        assert await late.hear_error() == FULL_HOUSE
        assert await late.farewell() == (1013, "full")


def test_hands_are_shaken_once(certificate: Certificate) -> None:
    """Whoever shakes them again on the same connection, as some versions of TLS may, is not counted."""
    assert certificate.context.options & ssl.OP_NO_RENEGOTIATION


async def test_old_versions_of_tls_are_not_spoken(secure: WebSocketServer) -> None:
    """Nothing before 1.2."""
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await asyncio.open_connection("127.0.0.1", secure.port, ssl=context)


# A viewer that stopped reading


async def test_a_stalled_viewer_is_let_go_and_delays_nobody(
    secure: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is bounded, others hear everything meanwhile, and it is gone in time."""
    clock = Clock(monkeypatch)
    async with dialled(secure, receive_buffer=4096) as line, watching(secure) as healthy:
        await healthy.enter("dworld")
        others = set(secure._sessions)
        await Tunnel(line).open(handshake() + masked(ENTER))
        await until(lambda: secure.viewer_count(DWORLD.id) == 2, "the stalled one has entered")
        [connection] = set(secure._sessions) - others
        outbox = secure._sessions[connection].outbox
        for number in range(50):  # 4 MB, each in a channel of its own: old clients get only so many of one
            await secure.broadcast_message(DWORLD.id, "111", f"{number}:" + "x" * 80_000, str(number))
            assert (await healthy.hear())["data"]["message"].startswith(f"{number}:")
        assert 0 < outbox.unread + outbox._backlog < MAX_BACKLOG + (1 << 19)
        for _ in range(8):
            await clock.jump(A_LOOK)
            await (await healthy.connection.ping())
        await until(lambda: secure.viewer_count(DWORLD.id) == 1, "the stalled one is gone")
        assert (await healthy.enter("dworld"))["users"]


async def test_a_line_that_breaks_as_it_takes_more(
    secure: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """TLS writes what waited as soon as there is room, and that may fail: the connection ends once."""
    async with dialled(secure, receive_buffer=4096) as viewer:
        await Tunnel(viewer).open(handshake() + masked(ENTER))
        await until(lambda: secure.viewer_count(DWORLD.id) == 1, "it has entered")
        [session] = secure._sessions.values()
        while not session.connection.paused:
            session.offer(text_frame(b"x" * 16_384))
            await asyncio.sleep(0)
        tls: Any = session.connection._line.get_protocol()
        waiting = tls._outgoing

        class Breaking:
            def read(self) -> bytes:
                tls._outgoing = waiting
                viewer.reset()
                return bytes(waiting.read())

        tls._outgoing = Breaking()
        viewer.drain()
        await nothing_is_left(secure)
        await asyncio.sleep(0)
        assert caplog.messages == []


async def test_a_large_snapshot_passes(secure: WebSocketServer) -> None:
    """In as many records as it takes."""
    secure.show_guild(DWORLD, [Member(str(uid), f"Member {uid}") for uid in range(1, 20_001)])
    async with watching(secure) as viewer:
        assert len((await viewer.enter("dworld"))["users"]) == 20_000


async def test_a_bridge_that_stops_says_goodbye_over_tls(secure: WebSocketServer) -> None:
    """1001, as without."""
    async with watching(secure) as viewer:
        await viewer.enter("dworld")
        await secure.stop()
        assert (await viewer.farewell())[0] == 1001


# Renewal


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", None], ids=str)
async def test_a_renewed_certificate_is_shown(
    secure: WebSocketServer, pem: Pem, certificate: Certificate, name: str | None
) -> None:
    """To who comes from then on, whichever name they ask for; who is here stays."""
    async with watching(secure) as viewer:
        before = await shown_certificate(secure, name)
        renewed = pem.issue()
        certificate.renew()
        assert await shown_certificate(secure, name) == renewed != before
        await viewer.enter("dworld")
        async with watching(secure) as newcomer:
            await newcomer.enter("dworld")


async def test_a_renewal_is_noticed_by_itself(
    start: Start, pem: Pem, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a restart, or a word."""
    monkeypatch.setattr("bridge.network.tls.LOOK_EVERY", 0.01)
    server = await start(provider=EmptyProvider(), exposure=Exposure(certificate=certificate))
    renewed = pem.issue()
    current = certificate._current
    await until(lambda: certificate._current is not current, "the renewed one is used")
    assert await shown_certificate(server) == renewed


async def test_nothing_is_loaded_that_has_not_changed(certificate: Certificate) -> None:
    """A look costs next to nothing."""
    current = certificate._current
    certificate.renew()
    assert certificate._current is current


BAD_CHAINS = {"rubbish": b"rubbish", "empty": b"", "half": b"-----BEGIN CERTIFICATE-----\nMIIB"}


@pytest.mark.parametrize("chain", BAD_CHAINS.values(), ids=BAD_CHAINS)
async def test_a_bad_renewal_keeps_the_old(
    secure: WebSocketServer,
    pem: Pem,
    certificate: Certificate,
    chain: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Said once, not at each look; a good one after it is taken."""
    before = await shown_certificate(secure)
    pem.write(chain)
    for _ in range(3):
        certificate.renew()
    assert await shown_certificate(secure) == before
    [record] = caplog.records
    assert (record.levelno, "the old one stays" in record.getMessage()) == (logging.ERROR, True)
    renewed = pem.issue()
    certificate.renew()
    assert await shown_certificate(secure) == renewed


async def test_half_a_renewal_keeps_the_old(
    secure: WebSocketServer, pem: Pem, certificate: Certificate, tmp_path: Path
) -> None:
    """The chain is written, and the key a moment later."""
    before = await shown_certificate(secure)
    (tmp_path / "new").mkdir()
    new = Pem(tmp_path / "new")
    pem.write(new.chain.read_bytes())
    certificate.renew()
    assert await shown_certificate(secure) == before
    pem.write(key=new.key.read_bytes())
    certificate.renew()
    assert await shown_certificate(secure) != before


async def test_a_certificate_that_is_gone_is_said_once(
    secure: WebSocketServer, pem: Pem, certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    """The old one stays, and the new one is taken when it is there."""
    before = await shown_certificate(secure)
    pem.key.unlink()
    for _ in range(3):
        certificate.renew()
    assert await shown_certificate(secure) == before
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    renewed = pem.issue()
    certificate.renew()
    assert await shown_certificate(secure) == renewed


# What is no certificate


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """Are told when the bridge is made, not when somebody comes."""
    with pytest.raises(OSError, match=r"cert\.pem"):
        Certificate(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_key_of_another_certificate(pem: Pem, tmp_path: Path) -> None:
    """They have to belong together."""
    (tmp_path / "other").mkdir()
    with pytest.raises(ssl.SSLError):
        Certificate(pem.chain, Pem(tmp_path / "other").key)


def test_a_key_with_a_password_is_refused(pem: Pem) -> None:
    """Nobody sits there to type it, above all not when it is renewed."""
    pem.write(key=encrypted(pem.key.read_bytes()))
    with pytest.raises(ssl.SSLError):
        Certificate(pem.chain, pem.key)


def encrypted(key: bytes) -> bytes:
    """Put a password on a key."""
    loaded = serialization.load_pem_private_key(key, None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
