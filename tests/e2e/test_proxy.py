"""Behind a real nginx that is configured as the README says: page and WebSocket, and whose they are."""

import asyncio
import http.client
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bridge import __version__
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.model import GuildInfo, Member
from bridge.network.peers import parse_networks
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.certificates import trusting
from tests.e2e.conftest import Watch
from tests.e2e.loopback import LoopbackDiscord
from tests.e2e.nginx import Nginx
from tests.e2e.process import BotProcess
from tests.e2e.viewer import Viewer, truth
from tests.e2e.waiting import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="viewers need addresses of their own")

DWORLD = GuildInfo("232769614004748288", "dworld", "D-World", default=True)
HERE, THERE = "127.0.0.2", "127.0.0.3"  # of this machine, and not the proxy's
SPOOFS = {
    "X-Forwarded-For": "198.51.100.7",
    "x-forwarded-for": "127.0.0.1",
    "Forwarded": "for=198.51.100.7",
    "X-Real-IP": "198.51.100.7",
}

Serve = Callable[..., Awaitable[tuple[WebSocketServer, Nginx]]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Start a bridge with two viewers' worth of room for an address, and nginx in front of it."""
    async with AsyncExitStack() as stack:

        async def start(read_timeout: str = "60s") -> tuple[WebSocketServer, Nginx]:
            exposure = Exposure(trusted_proxies=parse_networks("127.0.0.1"))
            limits = Limits(viewers_per_address=2)
            server = WebSocketServer(
                0, "127.0.0.1", provider=EmptyProvider(), limits=limits, exposure=exposure
            )
            await server.start()
            stack.push_async_callback(server.stop)
            server.show_guild(DWORLD, [Member("1", "Ada")])
            folder = tmp_path / f"nginx-{server.port}"
            folder.mkdir()
            proxy = Nginx(folder, server.port, read_timeout=read_timeout)
            await proxy.listening(stack.enter_context(proxy.running()))
            return server, proxy

        yield start


async def dial(proxy: Nginx, address: str = HERE, **headers: str) -> ClientConnection:
    """Connect a viewer from an address, over TLS."""
    return await connect(
        proxy.url, ssl=trusting(), proxy=None, max_size=None, local_addr=(address, 0),
        additional_headers=headers,
    )  # fmt: skip


async def hear(connection: ClientConnection) -> dict[str, object]:
    async with asyncio.timeout(PATIENCE):
        frame = json.loads(await connection.recv())
    assert isinstance(frame, dict)
    return frame


async def enter(connection: ClientConnection) -> dict[str, object]:
    """Hear the greeting, ask for the default, and return the answer."""
    assert (await hear(connection))["type"] == "server-list"
    await connection.send('{"type":"connect"}')
    answer = await hear(connection)
    assert answer["type"] == "server-join"
    return answer


async def is_let_in(proxy: Nginx, address: str = HERE, **headers: str) -> bool:
    """Tell whether a viewer is greeted, or hears that there are too many of its address."""
    connection = await dial(proxy, address, **headers)
    async with connection:
        return (await hear(connection))["type"] == "server-list"


async def get(proxy: Nginx, target: str) -> tuple[int, bytes]:
    """Get a page over TLS."""

    def fetch() -> tuple[int, bytes]:
        line = http.client.HTTPSConnection(
            "127.0.0.1", proxy.port, context=trusting(), timeout=PATIENCE, source_address=(HERE, 0)
        )
        line.request("GET", target)
        answer = line.getresponse()
        read = answer.status, answer.read()
        line.close()
        return read

    return await asyncio.to_thread(fetch)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_bot_behind_nginx(
    discord: LoopbackDiscord,
    launch: Callable[..., Awaitable[BotProcess]],
    watch: Watch,
    tmp_path: Path,
) -> None:
    """Its page and its world over TLS; its viewers are not all one."""
    guild = discord.guild("D-World", "ann", "bob")
    bot = await launch(TRUSTED_PROXIES="127.0.0.1", MAX_VIEWERS_PER_ADDRESS="1")
    proxy = Nginx(tmp_path, bot.port)
    with proxy.running() as process:
        await proxy.listening(process)
        assert await get(proxy, "/api/version") == (200, json.dumps({"version": __version__}).encode())
        assert (await get(proxy, "/"))[0] == 200
        for address in (HERE, THERE):
            viewer = await Viewer.connect(proxy.url, ssl=trusting(), local_addr=(address, 0))
            await viewer.join(None)
            await viewer.sees(truth(guild))
            assert not await is_let_in(proxy, address)
            await viewer.close()
    assert "TRUSTED_PROXIES" not in bot.output


async def test_a_viewer_sees_what_happens(serve: Serve) -> None:
    """At once: nothing waits in the proxy for more to come."""
    server, proxy = await serve()
    async with await dial(proxy) as viewer:
        await enter(viewer)
        for number in range(20):
            await server.broadcast_message(DWORLD.id, "1", f"message {number}", str(number))
            assert (await hear(viewer))["data"] == {
                "uid": "1", "message": f"message {number}", "channel": str(number)
            }  # fmt: skip


async def test_viewers_count_by_their_own_address(serve: Serve) -> None:
    """Not by that of the proxy, which all of them come from."""
    _, proxy = await serve()
    async with await dial(proxy), await dial(proxy):
        assert not await is_let_in(proxy)
        assert await is_let_in(proxy, THERE)


@pytest.mark.parametrize("header", SPOOFS)
async def test_nobody_is_who_they_say(serve: Serve, header: str) -> None:
    """An address that is made up makes no room, and takes none from others."""
    server, proxy = await serve()
    async with await dial(proxy), await dial(proxy, **{header: SPOOFS[header]}):
        assert not await is_let_in(proxy, **{header: SPOOFS[header]})
        assert server._gate._viewers == {HERE: 2}
        assert await is_let_in(proxy, THERE)


async def test_pings_keep_a_quiet_viewer_connected(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy that cuts off whoever is silent for long, as somebody is to whom no pings are sent."""
    monkeypatch.setattr("bridge.viewers.pulse.TICK", 0.1)
    monkeypatch.setattr("bridge.viewers.pulse.PERIOD", 0.2)
    server, proxy = await serve(read_timeout="8s")
    silent, other_proxy = await serve(read_timeout="8s")
    silent._pulse.stop()
    async with await dial(proxy) as stays, await dial(other_proxy) as goes:
        await enter(stays)
        await enter(goes)
        with pytest.raises(ConnectionClosed):
            await hear(goes)
        await server.broadcast_message(DWORLD.id, "1", "still here", "9")
        assert (await hear(stays))["type"] == "message"


async def test_a_large_snapshot_passes(serve: Serve) -> None:
    """In one frame, larger than any buffer of the proxy's."""
    server, proxy = await serve()
    server.show_guild(DWORLD, [Member(str(uid), f"Member {uid} " + "x" * 50) for uid in range(1, 20_001)])
    async with await dial(proxy) as viewer:
        data = (await enter(viewer))["data"]
        assert isinstance(data, dict)
        assert len(data["users"]) == 20_000


async def test_a_large_file_passes(serve: Serve, tmp_path: Path) -> None:
    """Whole."""
    server, proxy = await serve()
    (tmp_path / "large.bin").write_bytes(bytes(10_000_000))
    server.static_dir = tmp_path
    status, body = await get(proxy, "/large.bin")
    assert (status, len(body)) == (200, 10_000_000)


async def test_a_close_passes(serve: Serve) -> None:
    """With the code that tells a browser to come back."""
    server, proxy = await serve()
    async with await dial(proxy) as viewer:
        await hear(viewer)
        await server.stop()
        with pytest.raises(ConnectionClosed):
            await hear(viewer)
        assert viewer.close_code == 1001
