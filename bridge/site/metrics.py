"""`/metrics`, at an address of its own: numbers about a bridge, as Prometheus reads them.

The main port doesn't answer it. Who may read it is decided by where it listens, which is nowhere unless
somebody says so, and at best this machine.
"""

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from bridge.errors import CannotServe
from bridge.running.durations import STEPS
from bridge.running.interpreter import to_install
from bridge.site.measures import Measure, Reading, Source, Steps, Value

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

log = logging.getLogger(__name__)

PATH: Final = "/metrics"
PATIENCE: Final = 5.0  # seconds for a request
AT_ONCE: Final = 8  # connections; who reads it reads it now and then
MAX_REQUEST: Final = 8 * 1024  # bytes
MAX_PORT: Final = 65535
_PORT: Final = re.compile(r"[0-9]{1,5}")
HOW_TO_WRITE: Final = "write an address and a port, such as 127.0.0.1:9464"


def parse_place(text: str) -> tuple[str, int]:
    """Read where to listen.

    Raises:
        ValueError: if it is no address with a port. The message says what to write.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (_PORT.fullmatch(port) and int(port) <= MAX_PORT):
        raise ValueError(HOW_TO_WRITE)
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(HOW_TO_WRITE) from None
    return host, int(port)


def missing() -> str:
    """Say what has to be installed; nothing if nothing has."""
    if find_spec("prometheus_client") is not None:
        return ""
    return f"Metrics need the package prometheus-client. {to_install('metrics')}"


class Metrics:
    """Answers `GET /metrics` with what its sources say."""

    def __init__(self, place: tuple[str, int]) -> None:
        if said := missing():
            raise ModuleNotFoundError(said)
        self._host, self.port = place
        self._sources: list[Source] = []
        self._registry: CollectorRegistry | None = None
        self._server: asyncio.Server | None = None
        self._open = 0

    def add(self, source: Source) -> None:
        """Tell also what a source says: what it has counted, for it is asked between everything else."""
        self._sources.append(source)

    async def start(self) -> None:
        """Listen.

        Raises:
            CannotServe: if the port is in use or the address is not this machine's.
        """
        self._registry = _registry(self._read)
        try:
            self._server = await asyncio.start_server(self._meet, self._host, self.port, limit=MAX_REQUEST)
        except OSError as error:
            where = f"{self._host} port {self.port}"
            raise CannotServe(
                f"Can't serve metrics on {where}: {error.strerror}. Choose another place."
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("metrics are at http://%s:%d%s", self._host, self.port, PATH)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def text(self) -> bytes:
        """Write all of it."""
        from prometheus_client import generate_latest  # noqa: PLC0415 - who has no metrics doesn't need it

        assert self._registry is not None  # noqa: S101 - nobody asks before the start
        return generate_latest(self._registry)

    def _read(self) -> Iterator[Reading]:
        for source in self._sources:
            yield from source()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= AT_ONCE:
                async with asyncio.timeout(PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(head))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # they have gone, or it is no request
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD") or path != PATH.encode():
            return _response("404 Not Found", "text/plain", b"There is only /metrics here.\n")
        body = self.text()
        answer = _response("200 OK", "text/plain; version=0.0.4; charset=utf-8", body)
        return answer[: -len(body)] if method == b"HEAD" else answer


def _response(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _registry(read: Source) -> "CollectorRegistry":
    """Make what writes down our own measures, and those of the process."""
    from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(read))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


class _Collector:
    def __init__(self, read: Source) -> None:
        self._read = read

    def collect(self) -> "Iterable[Metric]":
        """Make families of what is read now."""
        return [_family(measure, value) for measure, value in self._read()]


def _family(measure: Measure, value: Value) -> "Metric":
    from prometheus_client.core import (  # noqa: PLC0415 - as above
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    if isinstance(value, Steps):
        names = [*map(str, STEPS), "+Inf"]
        buckets = [*zip(names, map(float, accumulate(value.counts)), strict=True)]
        return HistogramMetricFamily(measure.name, measure.meaning, buckets, value.seconds)
    kind = CounterMetricFamily if measure.kind == "counter" else GaugeMetricFamily
    if isinstance(value, Mapping):
        family = kind(measure.name, measure.meaning, labels=[measure.label or "kind"])
        for name, amount in value.items():
            family.add_metric([name], amount)
        return family
    return kind(measure.name, measure.meaning, value)
