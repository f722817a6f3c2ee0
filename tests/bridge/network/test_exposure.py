"""How a bridge faces the network."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.exposure import OPEN, Exposure, parse_ancestors, parse_origin, parse_origins

HTTPS_URL = "https://zone.example.org/world"
HTTPS_ORIGIN = "https://zone.example.org"
HSTS = "Strict-Transport-Security"


# Origins


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://zone.example.org", HTTPS_ORIGIN),
        ("https://zone.example.org/", HTTPS_ORIGIN),
        ("https://zone.example.org/a/page", HTTPS_ORIGIN),
        ("HTTPS://Zone.Example.ORG", HTTPS_ORIGIN),
        ("https://zone.example.org:443", HTTPS_ORIGIN),
        ("https://zone.example.org:8443", "https://zone.example.org:8443"),
        ("http://zone.example.org:80", "http://zone.example.org"),
        ("http://zone.example.org:443", "http://zone.example.org:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("null", "null"),
    ],
)
def test_an_origin_is_written_as_browsers_do(text: str, origin: str) -> None:
    """Small, without a path, and without the port where it is the usual one."""
    assert parse_origin(text) == origin


NO_ORIGINS = [
    "", "zone.example.org", "*", "https://", "https:///path", "ftp://example.org", "ws://example.org",
    "javascript:alert(1)", "https://example.org:99999", "https://example.org:abc", "http://[::1", "NULL",
    "https://bücher.example",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_ORIGINS)
def test_what_is_no_origin(text: str) -> None:
    """No browser would ever send it: whoever set it thinks that it helps."""
    with pytest.raises(ValueError, match=r"."):
        parse_origin(text)


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", set()),
        ("https://a.example", {"https://a.example"}),
        ("https://a.example, https://b.example/  null", {"https://a.example", "https://b.example", "null"}),
    ],
)
def test_several_origins(text: str, origins: set[str]) -> None:
    """With commas or spaces between."""
    assert parse_origins(text) == origins


@given(st.text(max_size=40))
def test_whatever_is_taken_for_an_origin_is_one(text: str) -> None:
    """And stays the same when it is read again."""
    try:
        origin = parse_origin(text)
    except ValueError:
        return
    assert parse_origin(origin) == origin
    assert origin == "null" or re.fullmatch(r"https?://[^/\s?#]+", origin)


# Who may open a WebSocket


@pytest.mark.parametrize("origin", [None, "null", "https://anybody.example"])
def test_at_first_every_page_may(origin: str | None) -> None:
    """A world is there to be shown; what is protected asks for a login."""
    assert OPEN.allows(origin)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://friend.example", True),
        (HTTPS_ORIGIN, True),
        (None, True),
        ("https://friend.example.evil.example", False),
        ("https://evil.example", False),
        ("http://friend.example", False),
        ("https://friend.example:8443", False),
        ("https://sub.friend.example", False),
        ("https://friend.example/", False),
        ("HTTPS://FRIEND.EXAMPLE", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_pages_that_are_named_may(origin: str | None, allowed: bool) -> None:
    """To the letter, and our own; a client that is no browser names none."""
    exposure = Exposure(public_url=HTTPS_URL, allowed_origins=frozenset({"https://friend.example"}))
    assert exposure.allows(origin) is allowed


PUBLIC, LOCAL, NOWHERE = HTTPS_URL, "http://localhost:3000", None


@pytest.mark.parametrize(
    ("host", "url", "local"),
    [
        ("localhost", NOWHERE, True),
        ("LOCALHOST.", NOWHERE, True),
        ("127.0.0.1", LOCAL, True),
        ("127.8.9.10", LOCAL, True),
        ("::1", "http://[::1]:3000", True),
        ("::ffff:127.0.0.1", NOWHERE, True),
        ("localhost", PUBLIC, False),
        ("127.0.0.1", "http://192.168.0.7", False),
        ("0.0.0.0", LOCAL, False),
        ("::", NOWHERE, False),
        ("192.168.0.7", LOCAL, False),
        ("localhost.example.org", NOWHERE, False),
        ("", NOWHERE, False),
    ],
)
def test_who_reaches_it(host: str, url: str | None, local: bool) -> None:
    """A bridge on this machine is for this machine, unless people reach it elsewhere, by a proxy."""
    assert Exposure(public_url=url).bound_to(host).local is local


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://localhost:3000", True),
        ("http://localhost", True),
        ("https://localhost:8443", True),
        ("http://127.0.0.1:5173", True),
        ("http://[::1]:8000", True),
        ("http://client.localhost:8000", True),
        ("file://", True),
        ("https://website.example", False),
        ("http://localhost.website.example", False),
        ("http://127.0.0.1.website.example", False),
        ("http://localhost@website.example", False),
        ("http://localhost:3000/", False),
        ("http://192.168.0.7:3000", False),
        ("ws://localhost:3000", False),
        ("null", False),
        ("", False),
        ("http://localhost:99999", False),
        ("http://[::1", False),
    ],
)
def test_a_website_that_is_visited_on_this_machine(origin: str | None, allowed: bool) -> None:
    """It can't read out a bridge that only this machine reaches; `null` may be any website's frame."""
    local = Exposure().bound_to("localhost")
    assert local.allows(origin) is allowed
    assert Exposure().bound_to("0.0.0.0").allows(origin)


def test_a_client_elsewhere_is_let_in_by_name() -> None:
    """Whoever names one keeps the pages of this machine."""
    local = Exposure(allowed_origins=frozenset({"https://client.example", "null"})).bound_to("localhost")
    origins = ("https://client.example", "null", "http://127.0.0.1:3000", "https://other.example")
    assert [local.allows(origin) for origin in origins] == [True, True, True, False]


# What a request may call the bridge


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("localhost", True),
        ("localhost:3000", True),
        ("LOCALHOST.:3000", True),
        ("127.0.0.1:3000", True),
        ("127.8.9.10", True),
        ("[::1]:3000", True),
        ("[::FFFF:127.0.0.1]", True),
        ("zone.localhost:8080", True),
        (None, True),
        ("website.example", False),
        ("website.example:3000", False),
        ("localhost.website.example", False),
        ("127.0.0.1.website.example", False),
        ("localhost@website.example", False),
        ("website.example/localhost", False),
        ("localhost:3000:website.example", False),
        ("localhost, website.example", False),
        ("[::1", False),
        ("::1", False),
        ("[::1]website.example", False),
        ("[127.0.0.1].website.example", False),
        ("0.0.0.0:3000", False),
        ("192.168.0.7:3000", False),
        ("localhost:", True),
        ("localhost:port", False),
        ("localhost\n", False),
        ("", False),
        (".", False),
    ],
)
def test_a_website_whose_name_leads_to_this_machine(host: str | None, answered: bool) -> None:
    """To its browser it is one site; only what it calls us tells. Our own names are answered, no others."""
    assert Exposure().bound_to("localhost").answers_to(host) is answered


@pytest.mark.parametrize(("url", "host"), [(None, "0.0.0.0"), (HTTPS_URL, "localhost"), (HTTPS_URL, "::1")])
def test_a_bridge_for_all_answers_to_every_name(url: str | None, host: str) -> None:
    """Whoever reads it by way of somebody's browser could read it by themselves."""
    exposure = Exposure(public_url=url).bound_to(host)
    assert exposure.answers_to("whatever.example")
    assert exposure.answers_to("zone.example.org:3000")


def test_the_name_of_an_allowed_page_is_answered() -> None:
    """A proxy on this machine may serve it, and passes the name on."""
    origins = frozenset({"https://client.example:8443", "null", "http://[2001:db8::1]"})
    local = Exposure(allowed_origins=origins).bound_to("localhost")
    hosts = ("client.example", "Client.Example:3000", "[2001:db8::1]", "localhost", "other.example", "null")
    assert [local.answers_to(host) for host in hosts] == [True, True, True, True, False, False]


@given(st.text(max_size=40))
def test_whatever_is_answered_is_a_name_of_this_machine(host: str) -> None:
    """However it is written."""
    if Exposure().bound_to("localhost").answers_to(host):
        assert re.fullmatch(r"(?i)(.*\.)?localhost\.*(:\d*)?|127[\d.]+(:\d*)?|\[[0-9a-f:.]+\](:\d*)?", host)


@pytest.mark.parametrize(
    ("url", "origin"), [(None, None), (HTTPS_URL, HTTPS_ORIGIN), ("http://localhost:3000", "http://localhost:3000")]
)  # fmt: skip
def test_our_own_origin(url: str | None, origin: str | None) -> None:
    """Where people reach the page."""
    assert Exposure(public_url=url).origin == origin


# Who may show the page in a frame


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("self", "'self'"),
        ("'self'", "'self'"),
        ("none", "'none'"),
        ("*", "*"),
        ("self https://blog.example", "'self' https://blog.example"),
        ("self,https://*.example.org:8443", "'self' https://*.example.org:8443"),
        ("https:", "https:"),
        ("example.org:*", "example.org:*"),
    ],
)
def test_ancestors(text: str, written: str) -> None:
    """As Content-Security-Policy writes them; the quotes may be left out."""
    assert parse_ancestors(text) == written


@pytest.mark.parametrize(
    "text",
    ["'unsafe-inline'", "javascript:", "data:", "https://a.example; script-src *", "a.example;script-src",
     "a\x00b", "ws://example.org", "https://example.org/path", "https://", "*evil.example", "höst.example"],
)  # fmt: skip
def test_what_is_no_ancestor(text: str) -> None:
    """Above all nothing that would add to the policy."""
    with pytest.raises(ValueError, match=r"."):
        parse_ancestors(text)


@given(st.text(max_size=40))
def test_no_ancestor_breaks_the_policy(text: str) -> None:
    """Neither another directive nor another header can be written into it."""
    try:
        ancestors = parse_ancestors(text)
    except ValueError:
        return
    policy = Exposure(frame_ancestors=ancestors).headers["Content-Security-Policy"]
    assert policy.count(";") == OPEN.headers["Content-Security-Policy"].count(";")
    assert policy.isascii()
    assert policy.isprintable()


# What every answer says


def test_scripts_stand_in_files_of_ours() -> None:
    """None in the page, none from elsewhere."""
    directives = OPEN.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in directives
    assert "object-src 'none'" in directives
    assert "base-uri 'none'" in directives
    assert not any("unsafe" in directive or directive.startswith("script-src") for directive in directives)


def test_frames_are_those_that_were_set() -> None:
    """Our own by default: embedding is a feature for who asks for it."""
    assert OPEN.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    blog = Exposure(frame_ancestors="https://blog.example")
    assert blog.headers["Content-Security-Policy"].endswith("frame-ancestors https://blog.example")


def test_images_are_our_own() -> None:
    """To the letter what was always said: others are for who asks for them."""
    assert OPEN.headers["Content-Security-Policy"] == (
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def test_images_from_elsewhere() -> None:
    """Those that were named, for images alone."""
    exposure = Exposure(image_sources=("https://a.example", "https://b.example:8443"))
    before = OPEN.headers["Content-Security-Policy"].split("; ")
    changed = set(exposure.headers["Content-Security-Policy"].split("; ")) - set(before)
    assert changed == {"img-src 'self' data: blob: https://a.example https://b.example:8443"}


@pytest.mark.parametrize(
    ("csp", "policy"),
    [
        (None, "frame-ancestors https://blog.example"),
        ("", "frame-ancestors https://blog.example"),
        ("default-src *;", "default-src *; frame-ancestors https://blog.example"),
        ("Frame-Ancestors *", "Frame-Ancestors *"),
        ("img-src *; frame-ancestors *", "img-src *; frame-ancestors *"),
    ],
)
def test_of_a_hosted_page_is_said_what_its_owner_says(csp: str | None, policy: str) -> None:
    """Who may show it in a frame was set for all pages."""
    exposure = Exposure(csp=csp, frame_ancestors="https://blog.example")
    assert exposure.hosted_headers == {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }
    assert exposure.headers == Exposure(frame_ancestors="https://blog.example").headers
    assert HSTS in Exposure(public_url=HTTPS_URL, csp=csp).hosted_headers


@pytest.mark.parametrize(
    "csp",
    [
        "Content-Security-Policy: default-src *",
        "default-src *\r\nX: y",
        "default-src höst",
        "'self'",
        "a\x00b",
    ],
)
def test_what_is_no_policy(csp: str) -> None:
    """Above all nothing that would be another header, and no header as a whole."""
    with pytest.raises(ValueError, match="Content-Security-Policy"):
        Exposure(csp=csp)


def test_where_somebody_came_from_is_nobody_else_s_business() -> None:
    """A link in a message doesn't tell its target which server was watched."""
    assert OPEN.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("url", "strict"), [(None, False), ("http://zone.example.org", False), (HTTPS_URL, True)]
)
def test_https_stays_https(url: str | None, strict: bool) -> None:
    """Where it is how people reach the page: behind a proxy as well."""
    exposure = Exposure(public_url=url)
    assert exposure.is_secure is strict
    assert (HSTS in exposure.headers) is strict


@pytest.mark.parametrize(
    "source", ["https://a.example; script-src *", "a.example", "https://a.example/path", "null", "*"]
)
def test_what_is_no_origin_is_no_source_of_images(source: str) -> None:
    """It would say something else in the header."""
    with pytest.raises(ValueError, match="origin"):
        Exposure(image_sources=(source,))


def test_one_source_of_images_is_not_several_letters() -> None:
    """A comma is easily forgotten."""
    with pytest.raises(TypeError, match="several origins"):
        Exposure(image_sources="https://a.example")  # type: ignore[arg-type]
