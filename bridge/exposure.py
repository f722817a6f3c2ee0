"""How a bridge faces the network: under which address, behind which proxies, for which pages."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bridge.peers import Network
from bridge.tls import Certificate

# Which sources a page may use, and with `frame-ancestors` who may show it in a frame.
_CONTENT: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src {images}; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
_IMAGES: Final = ("'self'", "data:", "blob:")  # besides those that were set
# A month, not the usual year: who gives up on HTTPS is not locked out of their own page for long.
_ONLY_HTTPS: Final = "max-age=2592000"
_PORTS: Final = {"http": 80, "https": 443}
_HOSTNAME: Final = re.compile(
    r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9._-]+)?"
)  # as `urlsplit` has it: in small letters
_HOST: Final = re.compile(r"https?:|(https?://)?(\*|(\*\.)?[A-Za-z0-9.-]+)(:(\d+|\*))?")


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a bridge faces the network.

    Args:
        public_url: How people reach the page. Logins come back there, and a cookie counts only on a
            WebSocket that a page of this origin opened.
        trusted_proxies: Whose word about a viewer's address is taken.
        allowed_origins: The origins, such as `https://zone.example.org`, whose pages may open a WebSocket;
            None for any. A client that is no browser says none, and is let in.
        frame_ancestors: Who may show the page in a frame, as Content-Security-Policy writes it.
        certificate: For TLS without a proxy.
        image_sources: The origins, besides our own, whose images the page may show.
    """

    public_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    allowed_origins: frozenset[str] | None = None
    frame_ancestors: str = "'self'"
    certificate: Certificate | None = None
    image_sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what goes into a header.

        Raises:
            TypeError: if `image_sources` is a text, and not several.
            ValueError: if one of them is no origin.
        """
        sources: object = self.image_sources
        if isinstance(sources, str):
            raise TypeError('image_sources are several origins, as in ("https://images.example.org",)')
        if strange := [one for one in self.image_sources if one == "null" or parse_origin(one) != one]:
            raise ValueError(f"{strange[0]!r} is no origin, such as https://images.example.org")

    @property
    def origin(self) -> str | None:
        """The origin of our own page."""
        return None if self.public_url is None else parse_origin(self.public_url)

    @property
    def is_secure(self) -> bool:
        """Whether people reach the page by HTTPS alone."""
        return self.certificate is not None or (self.public_url or "").startswith("https:")

    def allows(self, origin: str | None) -> bool:
        """Tell whether a page of this origin may open a WebSocket."""
        if self.allowed_origins is None or origin is None:
            return True
        return origin in self.allowed_origins or origin == self.origin

    @property
    def headers(self) -> dict[str, str]:
        """What every answer says about how to handle it."""
        images = " ".join((*_IMAGES, *self.image_sources))
        headers = {
            "Content-Security-Policy": _CONTENT.format(images=images, ancestors=self.frame_ancestors),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        return headers | {"Strict-Transport-Security": _ONLY_HTTPS} if self.is_secure else headers


OPEN: Final = Exposure()


def parse_origin(text: str) -> str:
    """Read the origin of an address as browsers write it: without the port where it is the usual one.

    Raises:
        ValueError: if it has none.
    """
    if text == "null":  # a page in a sandbox, or from a file
        return text
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{text!r} has no origin")
    if not _HOSTNAME.fullmatch(parts.hostname):
        raise ValueError(
            f"{text!r} is no origin as browsers write it: a name in plain letters, with xn-- for others"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def parse_origins(text: str) -> frozenset[str]:
    """Read origins with commas or spaces between.

    Raises:
        ValueError: for the first that is none.
    """
    return frozenset(map(parse_origin, text.replace(",", " ").split()))


def parse_ancestors(text: str) -> str:
    """Read who may show the page in a frame: hosts, `*`, `self` or `none`, with commas or spaces between.

    The quotes that Content-Security-Policy wants around the last two may be left out.

    Raises:
        ValueError: for the first that Content-Security-Policy doesn't know.
    """
    return " ".join(map(_parse_ancestor, text.replace(",", " ").split()))


def _parse_ancestor(source: str) -> str:
    word = source.strip("'")
    if word in ("self", "none"):
        return f"'{word}'"
    if not _HOST.fullmatch(source):
        raise ValueError(f"{source!r} is nobody who could show a page in a frame")
    return source
