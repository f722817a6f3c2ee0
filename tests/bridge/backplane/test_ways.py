"""All ways to a server: through a Unix socket, and with TLS, with users and certificates of their own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from bridge.backplane import lines
from bridge.backplane.address import parse
from bridge.providers import EmptyProvider
from tests.bridge.backplane.test_bad_input import PASSWORD, trouble_of
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.test_main import ROOT
from tests.bridge.watchers import until, watching
from tests.certificates import AUTHORITY, Pem
from tests.ports import free_port
from tests.redis import RedisServer, serving

PAGE = (ROOT / "docs/pages/deployment.md").read_text(encoding="utf-8")
RULES = PAGE.partition("user dzone on >password ")[2].partition("\n")[0].split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates are, and the socket."""
    return tmp_path_factory.mktemp("ways")


@pytest.fixture(scope="module")
def ca(folder: Path) -> Path:
    """Whom to trust."""
    file = folder / "ca.pem"
    file.write_bytes(AUTHORITY.cert_pem.bytes())
    return file


@pytest.fixture(scope="module")
def pem(folder: Path) -> Pem:
    """The server's certificate, which serves clients as well."""
    return Pem(folder)


@pytest.fixture(scope="module")
def server(folder: Path, ca: Path, pem: Pem) -> Iterator[RedisServer]:
    """A server with a socket, two ports with TLS, and a user of our own."""
    options = (
        "--unixsocket", str(folder / "s"), "--tls-port", str(free_port()), "--tls-cert-file", str(pem.chain),
        "--tls-key-file", str(pem.key), "--tls-ca-cert-file", str(ca), "--tls-auth-clients", "optional",
        "--user", "dzone", "on", f">{PASSWORD}", *RULES,
    )  # fmt: skip
    with serving(*options) as one:
        yield one


def secure(server: RedisServer, **files: Path) -> str:
    """Name the port with TLS, as that user."""
    port = server.ask("CONFIG", "GET", "tls-port").split()[-1]
    options = "&".join(f"{name}={file}" for name, file in files.items())
    return f"rediss://dzone:{PASSWORD}@localhost:{port}/0?{options}".rstrip("?")


async def carries(start: Start, server: RedisServer, url: str) -> None:
    """See that what one process has another one shows."""
    server.ask("FLUSHALL")
    origin = await start(provider=EmptyProvider(), publish_to=parse(url))
    origin.show_guild(DWORLD, [ADA])
    there = await start(follow=url)
    await until(lambda: bool(there._directory.rooms), "the list of guilds")
    async with watching(there) as viewer:
        await viewer.enter("dworld")
        await origin.broadcast_message(DWORLD.id, "111", "hello", "9")
        assert (await viewer.hear())["data"]["message"] == "hello"
        origin.hide_guild(DWORLD.id)
        assert (await viewer.farewell())[0] == 1008


async def test_a_user_of_its_own(start: Start, server: RedisServer) -> None:
    """With the access list that the documentation names, all works."""
    await carries(start, server, server.url.replace("//", f"//dzone:{PASSWORD}@"))


async def test_a_socket(start: Start, server: RedisServer, folder: Path) -> None:
    """Without a name."""
    await carries(start, server, f"unix://{folder}/s")


async def test_a_socket_with_a_user_and_a_database(start: Start, server: RedisServer, folder: Path) -> None:
    """Written as redis-py has it."""
    await carries(start, server, f"unix://dzone:{PASSWORD}@{folder}/s?db=3")
    assert "refuses the user or the password" in str(await trouble_of(f"unix://dzone:no@{folder}/s"))


async def test_tls(start: Start, server: RedisServer, ca: Path) -> None:
    """With the file of an authority of one's own."""
    await carries(start, server, secure(server, ssl_ca_certs=ca))


async def test_tls_with_a_certificate_of_ours(start: Start, server: RedisServer, ca: Path, pem: Pem) -> None:
    """As Redis wants it by itself."""
    server.ask("CONFIG", "SET", "tls-auth-clients", "yes")
    try:
        await carries(
            start, server, secure(server, ssl_ca_certs=ca, ssl_certfile=pem.chain, ssl_keyfile=pem.key)
        )
        trouble = str(await trouble_of(secure(server, ssl_ca_certs=ca)))
        # The line may be cut before what it says is read.
        assert "wants a certificate of ours" in trouble or "can't be reached" in trouble
    finally:
        server.ask("CONFIG", "SET", "tls-auth-clients", "optional")


async def test_a_certificate_that_nobody_trusts(server: RedisServer, tmp_path: Path) -> None:
    """Without the file, and with that of somebody else."""
    other = tmp_path / "other.pem"
    other.write_bytes(trustme.CA().cert_pem.bytes())
    for url in (secure(server), secure(server, ssl_ca_certs=other)):
        trouble = await trouble_of(url)
        assert "isn't trusted" in str(trouble)
        assert "ssl_ca_certs" in str(trouble)
        assert not trouble.passes


async def test_tls_with_another_name(server: RedisServer, ca: Path) -> None:
    """A certificate is for a name."""
    trouble = await trouble_of(secure(server, ssl_ca_certs=ca).replace("localhost", "127.0.0.2"))
    assert "isn't trusted" in str(trouble) or "can't be reached" in str(trouble)


async def test_files_that_are_none(server: RedisServer, tmp_path: Path) -> None:
    """Said before anything is tried, or as soon as it is."""
    with pytest.raises(ValueError, match="ssl_ca_certs no file"):
        parse(secure(server, ssl_ca_certs=tmp_path / "nothing"))
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    trouble = await trouble_of(secure(server, ssl_ca_certs=empty))
    assert "Check these files" in str(trouble)
    assert not trouble.passes


async def test_tls_where_there_is_none(
    server: RedisServer, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the other way round: the one waits for more, the other hangs up. Some say something."""
    plain = f"rediss://localhost:{server.port}/0?ssl_ca_certs={ca}"
    with monkeypatch.context() as impatient:
        impatient.setattr(lines, "PATIENCE", 0.5)
        assert "can't be reached" in str(await trouble_of(plain))
    tls = secure(server).replace("rediss", "redis")
    assert "can't be reached" in str(await trouble_of(tls))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"-ERR what was that?\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        assert "doesn't speak TLS" in str(await trouble_of(f"rediss://127.0.0.1:{port}"))


async def test_no_socket_there(tmp_path: Path) -> None:
    """Which may still come."""
    trouble = await trouble_of(f"unix://{tmp_path}/s")
    assert "can't be reached" in str(trouble)
    assert trouble.passes
