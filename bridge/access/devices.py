"""Which browser somebody comes with, so that who guesses behind their address can't be taken for them.

The cookie says nothing but a number that nobody can guess. It opens no door: it tells apart who share an
address (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

import re
import secrets
from typing import Final

from websockets.datastructures import Headers

from bridge.access.cookies import read_cookie

LIFETIME: Final = 30 * 86_400  # seconds
_BYTES: Final = 16
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class Devices:
    """Gives out numbers in cookies, and reads them. Nothing is kept of who has which."""

    def __init__(self, *, secure: bool) -> None:
        self._name = "__Host-dzone_device" if secure else "dzone_device"
        # With HTTPS also for clients on other sites: a browser has another number on each of those.
        reach = "Secure; SameSite=None; Partitioned" if secure else "SameSite=Lax"
        self._attributes = f"; Max-Age={LIFETIME}; Path=/; HttpOnly; {reach}"

    def meet(self, request: Headers, response: Headers) -> None:
        """Give somebody a number with the answer to their request, if they have none."""
        if self._read(request) is None:
            number = secrets.token_urlsafe(_BYTES)
            response["Set-Cookie"] = f"{self._name}={number}{self._attributes}"

    def recognise(self, request: Headers, response: Headers) -> str | None:
        """Tell which number somebody has, or has just been given."""
        return self._read(request) or self._given(response)

    def _read(self, headers: Headers) -> str | None:
        number = read_cookie(headers, self._name)
        return number if number is not None and _NUMBER.fullmatch(number) else None

    def _given(self, headers: Headers) -> str | None:
        for line in headers.get_all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if name == self._name:
                return value
        return None
