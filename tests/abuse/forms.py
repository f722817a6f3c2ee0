"""The forms that a few attacks come in: paths, requests, headers."""

from typing import Final

# A file that no web folder has, and ways out of the folder to it.
_WAYS_UP: Final = (
    "..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..;", "..%00", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae",
    "%uff0e%uff0e", "%ef%bc%8e%ef%bc%8e", "....", "..%20", "%20..", "..%09", "up", "up/..", "index.html/..",
)  # fmt: skip
_SLASHES: Final = ("/", "//", "%2f", "%252f", "\\", "%5c", "%255c", "%c0%af", "%e2%88%95", "%ef%bc%8f")
TRAVERSALS: Final = (
    *(f"/{up}{slash}secret" for up in _WAYS_UP for slash in _SLASHES),
    *(f"{slash}{up}{slash}secret" for up in ("..", "%2e%2e") for slash in _SLASHES),
    "../secret", "..", "/..", "/%2e%2e", "//secret", "///../secret", "/./../secret", "/%00/../secret",
    "/link", "/LINK", "/link/", "/link%00.html", "/up/secret", "/up//secret", "/.env", "/%2eenv",
    "/.git/config", "/.git%2fconfig", "/%2egit/config", "/index.html%00/../../secret", "/C:/secret",
    "/c%3a%5csecret", "/file:///etc/passwd", "file:///etc/passwd", "http://zone.test/../secret", "*",
    "http://zone.test/link", "//zone.test/../secret", "/?/../secret", "/#/../secret", "/%3f/../../secret",
    "/\\\\host\\share\\secret",
    "/auth/../link", "/auth/..%2flink", "/api/../.env", "/" + "../" * 500 + "etc/passwd", "/" + "a/" * 3_000,
    "/" + "%2e%2e%2f" * 500 + "etc/passwd", "/~root/secret", "/CON", "/nul", "/index.html::$DATA", "/%",
    "/%zz", "/%ff", "/%f0%28%8c%28", "/%ed%a0%80", "/%c2%a0",
)  # fmt: skip

# What a proxy in front may take for one request and the bridge for two, or the other way round: somebody else
# would get the answer to the second. Each hides a request for `/api/version`.
_HIDDEN: Final = b"GET /api/version HTTP/1.1\r\nHost: zone.test\r\n\r\n"
_BODY: Final = b"0\r\n\r\n" + _HIDDEN


def _post(*headers: bytes, body: bytes = _BODY) -> bytes:
    return b"\r\n".join((b"POST / HTTP/1.1", b"Host: zone.test", *headers, b"", body))


SMUGGLED: Final = (
    _HIDDEN.replace(b"/api/version", b"/") + _HIDDEN,  # in one breath
    _post(b"Content-Length: %d" % len(_BODY), b"Transfer-Encoding: chunked"),
    _post(b"Transfer-Encoding: chunked", b"Content-Length: 4"),
    _post(b"Transfer-Encoding: chunked"),
    _post(b"Transfer-Encoding: identity, chunked", b"Content-Length: 5"),
    _post(b"Transfer-Encoding: xchunked"),
    _post(b"Transfer-Encoding : chunked"),
    _post(b" Transfer-Encoding: chunked"),
    _post(b"Transfer-Encoding:\tchunked", b"Content-Length: 5"),
    _post(b"Transfer-Encoding:\x0bchunked", b"Content-Length: 5"),
    _post(b"X: x\nTransfer-Encoding: chunked"),
    _post(b"X: x\rTransfer-Encoding: chunked"),
    _post(b"Transfer-Encoding\r\n : chunked"),
    _post(b"Content-Length: 0", b"Content-Length: %d" % len(_BODY)),
    _post(b"Content-Length: %d" % len(_HIDDEN), b"Content-Length: 0", body=_HIDDEN),
    _post(b"Content-Length: 0, 5"),
    _post(b"Content-Length: +5"),
    _post(b"Content-Length: -1"),
    _post(b"Content-Length: 0x5"),
    _post(b"Content-Length: 5_0"),
    _post(b"Content-Length: %d" % (1 << 64)),
    _post(b"Content-Length:", body=_HIDDEN),
    _post(b"Content-Length: 0", body=_HIDDEN),
    _post(b"Content-Length: 5", b"Expect: 100-continue"),
    _post(b"Content-Length: %d" % len(_HIDDEN), body=_HIDDEN).replace(b"POST", b"GET", 1),
    _post(b"Connection: keep-alive, Content-Length", b"Content-Length: 5"),
    _post(b"Upgrade: websocket", b"Connection: Upgrade", b"Content-Length: 0", body=_HIDDEN),
    _post(b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
    _post(body=_HIDDEN).replace(b"\r\n", b"\n"),
    _post(body=_HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    _post(body=_HIDDEN).replace(b"HTTP/1.1", b"HTTP/0.9", 1),
    _post(body=_HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.1 HTTP/1.1", 1),
    b"GET /\r\n" + _HIDDEN,
    b"GET  / HTTP/1.1\r\n\r\n" + _HIDDEN,
    b"GET / HTTP/1.1\r\n\r\n\r\n" + _HIDDEN,
    b"GET /\x00 HTTP/1.1\r\n\r\n" + _HIDDEN,
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nX: \x00\r\n\r\n" + _HIDDEN,
    b"GET /%0d%0aX:%20x HTTP/1.1\r\n\r\n" + _HIDDEN,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\r\n\r\n" + _HIDDEN,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # TLS
)

# A request's head that doesn't end: in one line, in many, in many at once.
HEADERS: Final = (
    b"X: " + b"x" * (1 << 20),
    b"X: x\r\n" * 100_000,
    b"Cookie: " + b"a=b; " * 100_000,
    b"".join(b"X-%d: %s\r\n" % (number, b"x" * 4_000) for number in range(200)),
)

FOREIGN_ORIGINS: Final = (
    ("http://evil.test",),
    ("null",),
    (),
    ("http://zone.test.evil.test",),
    ("http://evil.test/http://zone.test",),
    ("https://zone.test",),
    ("http://zone.test:8080",),
    ("http://ZONE.test.",),
    ("http://zone.test", "http://evil.test"),
    ("http://zone.test, http://evil.test",),
)
