"""Who may connect: how many, how often, from where. Whom it lets in has not been let into a room yet."""

import asyncio
import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from websockets.http11 import Request

from bridge.access.cost import Budgets
from bridge.access.ledger import Ledger
from bridge.access.tally import Tally
from bridge.backplane.households import Households
from bridge.exposure import OPEN, Exposure
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.peers import WIDER, Proxies, allowance, everybody_around, household
from bridge.problems import CROWDED, FULL_HOUSE, Problem
from bridge.running.board import Board, Counts
from bridge.running.process import files_to_spare
from bridge.running.rate import Rate, Rates

# Beyond the last viewer: connections that get the page, or a word why there is no room for another viewer.
SPARE: Final = 500
SPARE_PER_ADDRESS: Final = 50
_MINUTE: Final = 60.0  # seconds
_ALLOWANCES: Final = (1, *WIDER.values())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered. `retry_after` is in seconds."""

    status: HTTPStatus
    text: str
    retry_after: int | None = None


class Gate:
    """Counts connections, and requests, by the address they come from.

    A connection counts from its first byte on, as its peer's. One that a trusted proxy hands on counts only
    when its request has told whose it is. What counts for an address counts for the wider IPv6 networks
    around it as well. With a `board` what other processes count is counted as well, and what `households`
    hears of those that don't share it.
    """

    def __init__(
        self, limits: Limits = DEFAULT_LIMITS, exposure: Exposure = OPEN, board: Board | None = None
    ) -> None:
        self.limits = limits
        self.headers = exposure.headers
        self.hosted_headers = exposure.hosted_headers
        self.document_headers = exposure.document_headers
        self.tally = Tally()
        self.budgets = Budgets(limits)
        self.ledger = Ledger(limits.unread_bytes)
        self.alive: set[asyncio.Transport] = set()
        self._exposure = exposure
        self._proxies = Proxies(exposure.trusted_proxies)
        self._connections = Counts() if board is None else board.counts("connections")
        self._viewers = Counts() if board is None else board.counts("viewers")  # of those connections
        # Each brings a request or a handshake. It is what costs with TLS, before there is either.
        asked = limits.handshakes_per_minute + limits.requests_per_minute
        self.households = Households(None if board is None else board.seat)
        self.households.watch("connections", self._connections, limits.viewers_per_address)
        self.households.watch("viewers", self._viewers, limits.viewers_per_address)
        self._rates = {
            name: self._bound(name, per_minute, at_once, board)
            for name, per_minute, at_once in (
                ("arrivals", asked, asked + 2 * SPARE_PER_ADDRESS),
                ("handshakes", limits.handshakes_per_minute, limits.handshakes_per_minute),
                ("requests", limits.requests_per_minute, limits.requests_per_minute),
            )
        }

    def _bound(self, name: str, per_minute: int, at_once: int, board: Board | None) -> dict[int, Rates]:
        """Bound how often something may happen: by how many times as much somebody may do."""
        self.households.bound(name, Rate(per_minute / _MINUTE, at_once), per_minute)
        bounds = {times: Rate(times * per_minute / _MINUTE, times * at_once) for times in _ALLOWANCES}
        return {
            times: Rates(rate) if board is None else board.rates(name, rate) for times, rate in bounds.items()
        }

    def _allow(self, name: str, address: str) -> bool:
        """Tell whether something may happen once more, and count it."""
        now, rates = asyncio.get_running_loop().time(), self._rates[name]
        return all(
            self.households.allow(name, rates[allowance(whose)], whose, now)
            for whose in everybody_around(address)
        )

    def _are_many(self, name: str, counts: Counts, address: str, many: int) -> bool:
        """Tell whether an address has so many of something, or all in a network around it have too many."""
        return any(
            counts.of(whose) + self.households.elsewhere(name, whose) >= many * allowance(whose)
            for whose in everybody_around(address)
        )

    def _have_many_connections(self, address: str, many: int) -> bool:
        return self._are_many("connections", self._connections, address, many)

    def count(self, reason: str) -> None:
        """Count a refusal."""
        self.tally.count(reason, asyncio.get_running_loop().time())

    # Connections

    def enter(self, transport: asyncio.Transport, peer: str) -> str | None:
        """Count a new connection; return whose it is, or None if it has to be cut off at once.

        Whose it is that a proxy hands on, nobody knows yet: it is nobody's, `""`.
        """
        whose = "" if self._proxies.trusts(peer) else household(peer)
        limits = self.limits
        crowd = limits.viewers_per_address + 2 * SPARE_PER_ADDRESS
        # Where the system allows fewer files, some stay for Discord, databases and pages.
        most = min(limits.viewers + 2 * SPARE, files_to_spare())
        if len(self.alive) >= most or self._have_many_connections(whose, crowd):
            self.count("too many connections")
            return None
        if whose and not self._allow("arrivals", whose):
            self.count("too many connections in a short time")
            return None
        self.alive.add(transport)
        if whose:
            _add(self._connections, whose)
        return whose

    def leave(self, transport: asyncio.Transport, address: str) -> None:
        """Count a connection no longer."""
        self.alive.discard(transport)
        if address:
            _take(self._connections, address)

    # Viewers

    def check_viewer(self, address: str, present: int) -> Problem | None:
        """Tell why somebody from an address can't be a viewer beside those who are present, if so."""
        if present >= self.limits.viewers:
            self.count("full")
            return FULL_HOUSE
        if self._are_many("viewers", self._viewers, address, self.limits.viewers_per_address):
            self.count("too many viewers of one address")
            return CROWDED
        return None

    def seat(self, address: str) -> None:
        """Count a viewer."""
        _add(self._viewers, address)

    def unseat(self, address: str) -> None:
        """Count a viewer no longer."""
        _take(self._viewers, address)

    # Requests

    def whose(self, peer: str, request: Request) -> str:
        """Name whose request this is."""
        return household(self._proxies.viewer_behind(peer, request.headers))

    def recognise(self, address: str, peer: str, request: Request) -> str:
        """Name whose request this is, and count its connection; `address` is whose that was so far."""
        whose = self.whose(peer, request)
        if not address:
            _add(self._connections, whose)
        return whose

    def check_host(self, host: str | None) -> Refusal | None:
        """Tell whether a request is meant for us; `host` is whom it names."""
        if self._exposure.answers_to(host):
            return None
        self.count("foreign host")
        how = "Open localhost, or name this address in PUBLIC_URL or ALLOWED_ORIGINS."
        return Refusal(HTTPStatus.MISDIRECTED_REQUEST, f"Nothing here goes by that name. {how}\n")

    def check_request(self, address: str) -> Refusal | None:
        """Tell whether a page or file may be asked for."""
        if self._is_full():
            return self._refuse_full()
        if self._allow("requests", address):
            return None
        self.count("too many requests")
        return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Please wait a moment.\n", 10)

    def check_handshake(self, address: str, origin: str | None) -> Refusal | None:
        """Tell whether a WebSocket may be opened; `origin` is whose page wants to."""
        if not self._exposure.allows(origin):
            self.count("foreign origin")
            return Refusal(HTTPStatus.FORBIDDEN, "Pages from there may not connect here: ALLOWED_ORIGINS.\n")
        if self._is_full():
            return self._refuse_full()
        if self._have_many_connections(address, self.limits.viewers_per_address + SPARE_PER_ADDRESS + 1):
            self.count("too many viewers of one address")
            text = "Too many viewers come from your network. Please try again later.\n"
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, text, 30)
        if not self._allow("handshakes", address):
            self.count("too many handshakes")
            text = "Too many connections in a short time. Please wait a minute.\n"
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, text, 60)
        return None

    def _is_full(self) -> bool:
        """Tell whether even those who are told to wait are too many."""
        return len(self.alive) > self.limits.viewers + SPARE

    def _refuse_full(self) -> Refusal:
        self.count("full")
        retry_after = random.randint(5, 30)  # noqa: S311 - so that they don't all come back at once
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, FULL_HOUSE.sentence + "\n", retry_after)


def _add(counts: Counts, address: str) -> None:
    for whose in everybody_around(address):
        counts.add(whose)


def _take(counts: Counts, address: str) -> None:
    for whose in everybody_around(address):
        counts.take(whose)
