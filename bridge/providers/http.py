"""Guilds and members from a web service."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from bridge.providers.provider import Unavailable
from bridge.providers.retry import persist

__all__ = ["HttpProvider", "UnexpectedAnswer"]

CONNECTIONS: Final = 8  # at once; they are kept and used again
ATTEMPT_TIMEOUT: Final = 4.0  # seconds for a request
TIMEOUT: Final = 9.0  # seconds for an answer with all attempts: less than the bridge waits
LONGEST_WAIT: Final = 3.0  # seconds that one who asks may be kept waiting because the service wants it
MAX_RETRY_AFTER: Final = 3600.0  # seconds for which a service may ask to be left alone
MAX_BODY: Final = 64 << 20  # bytes


class UnexpectedAnswer(Exception):
    """The service answered what another attempt doesn't mend. The message has nothing of its address."""


class HttpProvider:
    """Asks a web service for guilds and members, as JSON.

    `GET <url>/servers` is answered with an object of server records by snowflake, and
    `GET <url>/servers/<snowflake>/users` with an object of user records by uid; both as `Provider` says.

    What may pass is tried again: connections that fail, 429, and what begins with 5. Where the service names
    a time with `Retry-After`, it is left alone for so long, but at most an hour. Redirects are not followed.

    Args:
        url: Where the service is, such as `https://example.org/api`, without a query.
        headers: Sent with each request, such as `{"Authorization": "Bearer ..."}`.
        timeout: Seconds that a request may take.

    Raises:
        ValueError: if `url` is no such address.
    """

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = ATTEMPT_TIMEOUT
    ) -> None:
        self._url = _checked(url)
        self._headers = dict(headers or {})
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None
        self._not_before = 0.0  # by the loop's clock

    async def servers(self) -> Mapping[str, Any]:
        """Ask for the guilds.

        Raises:
            Unavailable: if the service can't be reached for now.
            UnexpectedAnswer: if it answers something else than JSON.
        """
        return await self._get("servers")

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Ask for a guild's members.

        Raises:
            Unavailable: if the service can't be reached for now.
            UnexpectedAnswer: if it answers something else than JSON.
        """
        return await self._get(f"servers/{quote(server_id, safe='')}/users")

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _get(self, path: str) -> Mapping[str, Any]:
        remaining = self._not_before - asyncio.get_running_loop().time()
        if remaining > 0:
            raise Unavailable(f"the service asked to be left alone for another {remaining:.0f} seconds")
        try:
            async with asyncio.timeout(TIMEOUT):
                return await persist(lambda: self._request(path), _may_pass)
        except TimeoutError:
            raise Unavailable("the service didn't answer in time") from None
        except _Busy as error:
            self._not_before = asyncio.get_running_loop().time() + error.retry_after
            raise Unavailable(str(error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"the service can't be reached ({type(error).__name__})") from error

    async def _request(self, path: str) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=self._timeout,
            )
        async with self._session.get(f"{self._url}/{path}", allow_redirects=False) as response:
            status = response.status
            if status == HTTPStatus.OK:
                return _parse(await _read(response))
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _Busy(status, _retry_after(response.headers.get("Retry-After", "")))
            raise UnexpectedAnswer(f"the service answered HTTP {status}")


class _Busy(Exception):
    """The service can't answer now. `retry_after` is in seconds."""

    def __init__(self, status: int, retry_after: float) -> None:
        super().__init__(f"the service answered HTTP {status}")
        self.retry_after = retry_after


def _checked(url: str) -> str:
    with contextlib.suppress(ValueError):  # its text has pieces of the address
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
        if parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment):
            return url.rstrip("/")
    raise ValueError("url must be an address such as https://example.org/api, without a query")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MAX_BODY:
            raise UnexpectedAnswer(f"the service answered with more than {MAX_BODY >> 20} MiB")
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedAnswer("the service answered something else than JSON") from None


def _retry_after(text: str) -> float:
    """Read `Retry-After`, in seconds from now: a number, or a date. 0 if it is neither."""
    if text.isascii() and text.isdecimal():
        seconds = float(text[:9])
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return 0.0
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, _Busy):
        return error.retry_after <= LONGEST_WAIT
    return isinstance(error, aiohttp.ClientError | OSError)
