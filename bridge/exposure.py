"""How a bridge faces the network: under which address, behind which proxies, for which pages."""

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from bridge.network.peers import Network
from bridge.network.tls import Certificate

__all__ = ["Exposure", "parse_ancestors", "parse_origins"]

# Which sources a page may use, and with `frame-ancestors` who may show it in a frame.
_CONTENT: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src {images}; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
# What is only to be read: it may look as it likes.
_READ_ONLY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors {ancestors}"
)
_ANCESTORS: Final = "frame-ancestors"
_IMAGES: Final = ("'self'", "data:", "blob:")  # besides those that were set
# A month, not the usual year: who gives up on HTTPS is not locked out of their own page for long.
_ONLY_HTTPS: Final = "max-age=2592000"
_PORTS: Final = {"http": 80, "https": 443}
_HOSTNAME: Final = re.compile(
    r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9._-]+)?"
)  # as `urlsplit` has it: in small letters
_DIRECTIVE: Final = re.compile(r"[a-z0-9-]+")
# The port is whatever leads here: a tunnel, or a container, may have another.
_HOST_HEADER: Final = re.compile(r"(\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:[0-9]{0,5})?")
_HOST: Final = re.compile(r"https?:|(https?://)?(\*|(\*\.)?[A-Za-z0-9.-]+)(:(\d+|\*))?")


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a bridge faces the network.

    Args:
        public_url: How people reach the page. Logins come back there, and a cookie counts only on a
            WebSocket that a page of this origin opened.
        trusted_proxies: Whose word about a viewer's address is taken.
        allowed_origins: The origins, such as `https://zone.example.org`, whose pages may open a WebSocket;
            None for any, or for those of this machine if nobody else reaches the bridge. A client that is
            no browser says none, and is let in.
        frame_ancestors: Who may show the page in a frame, as Content-Security-Policy writes it.
        certificate: For TLS without a proxy.
        image_sources: The origins, besides our own, whose images the page may show.
        local: Whether only this machine reaches the bridge, which then answers only to this machine's own
            names and those in `allowed_origins`; see `bound_to`.
        csp: The Content-Security-Policy of pages that aren't our own. None for one that only says who may
            show them in a frame, as is added to any that doesn't.
    """

    public_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    allowed_origins: frozenset[str] | None = None
    frame_ancestors: str = "'self'"
    certificate: Certificate | None = None
    image_sources: tuple[str, ...] = ()
    local: bool = False
    csp: str | None = None

    def __post_init__(self) -> None:
        """Check what goes into a header.

        Raises:
            TypeError: if `image_sources` is a text, and not several.
            ValueError: if one of them is no origin, or `csp` is no policy.
        """
        if self.csp is not None:
            parse_csp(self.csp)
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
        if origin is None or origin == self.origin or (self.local and is_local(origin)):
            return True
        if self.allowed_origins is None:
            return not self.local
        return origin in self.allowed_origins

    def answers_to(self, host: str | None) -> bool:
        """Tell whether a request that names this host is meant for us.

        A website may have its own name lead to this machine after its page has loaded. To the browser, what
        it asks for is the website's own then, and no rule about origins applies. Only the name gives it away.
        Who names no host is no browser.
        """
        if host is None or not self.local:
            return True
        name = _hostname(host)
        return name is not None and (is_loopback(name) or name in self._named_hosts())

    def _named_hosts(self) -> set[str | None]:
        """Name the hosts of the pages that were allowed: a proxy on this machine may serve them."""
        return {urlsplit(origin).hostname for origin in self.allowed_origins or ()} - {None}

    def bound_to(self, host: str) -> "Exposure":
        """Be what it is for a bridge that listens on an address.

        Where only this machine reaches it, a website that somebody visits here must not: their browser
        would open a WebSocket for it, and read out what is meant for this machine. A bridge with a public
        address is there for all, also if it stands behind a proxy on the same machine.
        """
        public = self.public_url is not None and not is_local(parse_origin(self.public_url))
        return replace(self, local=is_loopback(host) and not public)

    @property
    def headers(self) -> dict[str, str]:
        """What every answer says about how to handle it, but for pages that aren't our own."""
        images = " ".join((*_IMAGES, *self.image_sources))
        headers = {
            "Content-Security-Policy": _CONTENT.format(images=images, ancestors=self.frame_ancestors),
            "Referrer-Policy": "same-origin",
        }
        return headers | self._everywhere

    @property
    def hosted_headers(self) -> dict[str, str]:
        """What is said of pages that aren't our own: their owner knows what they need, and we don't."""
        policy = (self.csp or "").strip().rstrip(";")
        if _ANCESTORS not in map(_directive, policy.split(";")):
            policy = "; ".join(filter(None, (policy, f"{_ANCESTORS} {self.frame_ancestors}")))
        return {"Content-Security-Policy": policy} | self._everywhere

    @property
    def document_headers(self) -> dict[str, str]:
        """What is said of documents, which run no script and load nothing from elsewhere."""
        policy = _READ_ONLY.format(ancestors=self.frame_ancestors)
        return {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"} | self._everywhere

    @property
    def _everywhere(self) -> dict[str, str]:
        headers = {"X-Content-Type-Options": "nosniff"}
        return headers | {"Strict-Transport-Security": _ONLY_HTTPS} if self.is_secure else headers


OPEN: Final = Exposure()


def _hostname(host: str) -> str | None:
    """Read the name out of a `Host` header, without the port; None if there is none to read."""
    found = _HOST_HEADER.fullmatch(host.lower())
    return found and (found["six"] or found["name"].rstrip("."))


def is_loopback(host: str) -> bool:
    """Tell whether a name or address means the machine that it is used on."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_local(origin: str) -> bool:
    """Tell whether a page of this origin was opened from the machine that its browser runs on.

    `null` is none of those: a page from a file has it, but so has a frame that any website makes.
    """
    if origin == "file://":  # some browsers in programs say so of a file
        return True
    try:
        return parse_origin(origin) == origin and is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


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


def parse_csp(text: str) -> str:
    """Read a Content-Security-Policy: directives with semicolons between; browsers pass over unknown ones.

    Raises:
        ValueError: if it is none, such as a whole header.
    """
    if not text.isascii() or not text.isprintable():
        raise ValueError("a Content-Security-Policy is one line of plain letters and signs")
    names = filter(None, map(_directive, text.split(";")))
    if strange := [name for name in names if not _DIRECTIVE.fullmatch(name)]:
        raise ValueError(f"{strange[0]!r} is no directive of a Content-Security-Policy, such as default-src")
    return text


def _directive(text: str) -> str:
    return text.strip().partition(" ")[0].lower()


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
