"""Cookies as requests bring them, and as answers set them."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from websockets.datastructures import Headers

# Up to the first character that none of ours has: what a header may have is not what it may be given.
_OF_LOGIN: Final = re.compile(r"(?:^|;)[ \t]*((?:__Host-)?dzone_(?:login|flow)=[ -:<-~]*)")


def read_cookie(headers: Headers, name: str) -> str | None:
    """Read a cookie; of one that is there twice, the first, which browsers mean most exactly."""
    # One search: a header may have thousands of them, and is not taken apart for that.
    cookie = re.compile(rf"(?:^|;)[ \t]*{re.escape(name)}=([^;]*)")
    for line in headers.get_all("Cookie"):
        if found := cookie.search(line):
            return found[1].rstrip()
    return None


def is_plain(value: str) -> bool:
    """Tell whether a header can have this value, whoever says it."""
    return value.isascii() and value.isprintable()


def login_cookies(headers: Headers) -> str:
    """Name the cookies of a request that have to do with a login, as they came, and no others."""
    found = [one for line in headers.get_all("Cookie") for one in _OF_LOGIN.findall(line)]
    return "; ".join(found)


class SignedCookie:
    """A signed cookie that scripts can't read, and other sites' requests don't carry."""

    def __init__(
        self, name: str, secret: bytes, lifetime: int, *, secure: bool, kept_for: int | None = None
    ) -> None:
        # A browser takes a cookie of that prefix only with HTTPS, from this very host.
        self._name = f"__Host-dzone_{name}" if secure else f"dzone_{name}"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        self._lifetime = lifetime
        self._kept_for = kept_for or lifetime
        self._serializer = URLSafeTimedSerializer(
            secret,
            salt=f"d-zone {name}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def bake(self, data: Mapping[str, str]) -> tuple[str, str]:
        """Write it, as a header."""
        value = str(self._serializer.dumps(dict(data)))
        return "Set-Cookie", f"{self._name}={value}; Max-Age={self._kept_for}{self._attributes}"

    def drop(self) -> tuple[str, str]:
        """Take it away, as a header."""
        return "Set-Cookie", f"{self._name}=; Max-Age=0{self._attributes}"

    def read(self, headers: Headers, max_age: int | None = None) -> tuple[dict[str, Any], float] | None:
        """Read it, and when it was written (Unix time). None if it is missing, forged or too old."""
        value = read_cookie(headers, self._name)
        if value is None:
            return None
        try:
            data, when = self._serializer.loads(
                value, max_age=max_age or self._lifetime, return_timestamp=True
            )
        except BadSignature:  # also one that is too old
            return None
        return data, when.timestamp()
