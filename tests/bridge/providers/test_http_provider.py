"""Guilds and members from a web service: a real one on this machine, at its best and at its worst."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from bridge.providers import Unavailable
from bridge.providers.http import MAX_RETRY_AFTER, HttpProvider, UnexpectedAnswer, _retry_after
from tests.bridge.clock import Clock
from tests.bridge.conftest import Start
from tests.bridge.service import Service
from tests.bridge.source import Source
from tests.bridge.watchers import PATIENCE, until, watching
from tests.ports import free_port

LONG = 3_600.0


@pytest.fixture
async def service(source: Source) -> AsyncIterator[Service]:
    service = Service(source)
    async with service.serving():
        yield service


@pytest.fixture
async def provider(service: Service) -> AsyncIterator[HttpProvider]:
    headers = {"Authorization": "Bearer secret"}
    provider = HttpProvider(service.url + "/", headers=headers, timeout=PATIENCE)
    yield provider
    await provider.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be given up because the machine stands still."""
    monkeypatch.setattr("bridge.providers.http.TIMEOUT", LONG)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait between attempts."""
    monkeypatch.setattr("bridge.providers.retry._pauses", lambda _: 0.0)


async def test_guilds_and_members(provider: HttpProvider, service: Service, source: Source) -> None:
    """From the two documented addresses."""
    assert await provider.servers() == source.servers
    assert await provider.users("1") == source.users["1"]
    assert service.asked == {"/api/servers": 1, "/api/servers/1/users": 1}


async def test_headers_are_sent_with_each_request(provider: HttpProvider, service: Service) -> None:
    """Such as a key."""
    await provider.servers()
    await provider.users("1")
    assert [headers["Authorization"] for headers in service.headers] == ["Bearer secret"] * 2


async def test_connections_are_used_again(provider: HttpProvider, service: Service) -> None:
    """And there are no more of them than a few."""
    for _ in range(5):
        await provider.servers()
    assert len(service.peers) == 1
    service.silent.clear()
    asking = [asyncio.create_task(provider.users(str(number))) for number in range(50)]
    await until(lambda: service.asked.total() == 5 + 8, "those who may have asked")
    service.silent.set()
    await asyncio.gather(*asking)
    assert len(service.peers) == 8


@pytest.mark.parametrize(
    ("guild_id", "path"), [("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("ü %2F", "%C3%BC%20%252F")]
)
async def test_an_id_is_one_piece_of_the_address(
    provider: HttpProvider, service: Service, guild_id: str, path: str
) -> None:
    """Whatever is in it."""
    assert await provider.users(guild_id) == {}
    assert list(service.asked) == [f"/api/servers/{path}/users"]


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "http://", "https://h/?token=secret", "http://h/#x", "http://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    """And not at the first viewer."""
    with pytest.raises(ValueError, match="url must be") as refused:
        HttpProvider(url)
    assert "secret" not in str(refused.value)


# What passes


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_passes_is_tried_again(
    provider: HttpProvider, service: Service, source: Source, hasty: None, status: int
) -> None:
    """Up to three times."""
    service.answers = [web.Response(status=status) for _ in range(2)]
    assert await provider.servers() == source.servers
    service.answers = [web.Response(status=status) for _ in range(3)]
    with pytest.raises(Unavailable, match=f"HTTP {status}"):
        await provider.servers()
    assert service.asked.total() == 6


async def test_a_time_that_the_service_names_is_kept(
    provider: HttpProvider, service: Service, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it is short, who asks waits for it."""
    waits = asyncio.Event()

    def pause(_: object) -> float:
        waits.set()
        return 0.0

    monkeypatch.setattr("bridge.providers.retry._pauses", pause)
    monkeypatch.setattr("bridge.providers.http.LONGEST_WAIT", LONG)
    service.answers = [web.Response(status=429, headers={"Retry-After": "1000"})]
    clock = Clock(monkeypatch)
    asking = asyncio.create_task(provider.servers())
    await waits.wait()
    await clock.jump(900)
    assert service.asked.total() == 1
    await clock.jump(100)
    assert await asking == source.servers


async def test_a_long_time_is_kept_by_all_who_ask(
    provider: HttpProvider, service: Service, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are told at once, and the service hears nothing."""
    clock = Clock(monkeypatch)
    service.answers = [web.Response(status=503, headers={"Retry-After": "1000"})]
    with pytest.raises(Unavailable, match="HTTP 503"):
        await provider.servers()
    await clock.jump(900)
    with pytest.raises(Unavailable, match="left alone for another"):
        await provider.users("1")
    assert service.asked.total() == 1
    await clock.jump(100)
    assert await provider.servers() == source.servers


def test_the_forms_of_a_time() -> None:
    """Seconds or a date; nobody can silence us for longer than an hour."""
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1_000)
    longest = (soon - datetime.now(UTC)).total_seconds()
    found = _retry_after(format_datetime(soon, usegmt=True))
    assert (soon - datetime.now(UTC)).total_seconds() <= found <= longest
    assert _retry_after("7") == 7
    assert _retry_after("9" * 5000) == MAX_RETRY_AFTER == 3600
    assert _retry_after("Fri, 31 Dec 2999 23:59:59 GMT") == MAX_RETRY_AFTER
    for text in ("", "-7", "1.5", "soon", "Fri, 31 Dec 1999 23:59:59 GMT", "²", "Fri, 99 Dec 1999"):
        assert _retry_after(text) == 0


async def test_a_service_that_is_not_there(service: Service, hasty: None) -> None:
    """It is unavailable; its address stays out of the log."""
    provider = HttpProvider(f"http://user:secret@127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="can't be reached") as raised:
        await provider.servers()
    assert "secret" not in str(raised.value)
    await provider.close()


async def test_a_service_that_does_not_answer(
    provider: HttpProvider, service: Service, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request has its time; then it is tried again."""
    clock = Clock(monkeypatch)
    service.silent.clear()
    asking = asyncio.create_task(provider.servers())
    for times in range(1, 4):
        await until(lambda: service.asked.total() == times, "it is asked")  # noqa: B023 - it waits here
        await clock.jump(PATIENCE + 1)
    with pytest.raises(Unavailable, match="in time"):
        await asking
    assert service.asked.total() == 3


async def test_nobody_waits_for_longer_than_the_bridge_does(
    provider: HttpProvider, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All attempts together have their time, too."""
    monkeypatch.setattr("bridge.providers.http.TIMEOUT", 0.05)
    service.silent.clear()
    with pytest.raises(Unavailable, match="in time"):
        await provider.servers()


# What doesn't


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404])
async def test_what_does_not_pass_is_said_at_once(
    provider: HttpProvider, service: Service, status: int
) -> None:
    """A redirect is not followed: it might lead our key astray."""
    service.answers = [web.Response(status=status, headers={"Location": "/api/servers"})]
    with pytest.raises(UnexpectedAnswer, match=f"HTTP {status}"):
        await provider.servers()
    assert service.asked.total() == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"\xff\xfe{}", b"[" * 200_000, b"9" * 5000],
    ids=["empty", "html", "cut", "bytes", "deep", "long"],
)  # fmt: skip
async def test_what_is_no_json(provider: HttpProvider, service: Service, body: bytes) -> None:
    """Is no answer."""
    service.answers = [web.Response(body=body)]
    with pytest.raises(UnexpectedAnswer, match="JSON"):
        await provider.servers()


async def test_too_much_is_not_read(
    provider: HttpProvider, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it is packed small."""
    monkeypatch.setattr("bridge.providers.http.MAX_BODY", 1 << 20)
    packed = gzip.compress(b" " * (50 << 20))
    service.answers = [web.Response(body=packed, headers={"Content-Encoding": "gzip"})]
    with pytest.raises(UnexpectedAnswer, match="more than 1 MiB"):
        await provider.servers()


# In a bridge


async def test_viewers_keep_what_was_read_while_the_service_is_away(
    start: Start, source: Source, hasty: None
) -> None:
    """And newcomers get it."""
    service = Service(source)
    async with service.serving():
        server = await start(provider=HttpProvider(service.url), refresh_interval=0)
        async with watching(server) as viewer:
            await viewer.enter("one")
    async with watching(server) as viewer:
        assert (await viewer.enter("one"))["users"].keys() == {"11"}
    source.users["1"]["11"]["status"] = "dnd"
    async with service.serving(), watching(server) as viewer:
        await viewer.enter("one")
        room = server._directory.rooms["1"]
        await until(lambda: room.members["11"].status == "dnd", "it is read, although nobody waited for it")


async def test_a_close_leaves_nothing(provider: HttpProvider, service: Service, source: Source) -> None:
    """And is no end: who asks again is answered."""
    await provider.servers()
    await provider.close()
    await provider.close()
    assert await provider.servers() == source.servers
