"""A privacy policy and terms of whoever runs the bridge, served in the reader's language."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.server import WebSocketServer
from bridge.site import documents, markdown
from tests.bridge.watchers import fetch

TEMPLATES = Path(__file__).parents[3] / "docs" / "templates"
EVIL = "<script>alert(1)</script>"


def test_markdown() -> None:
    """What a document needs becomes HTML; what looks like HTML is text, and no link leads to a script."""
    text = f"""# A *policy*
<!-- not
shown -->
Some **bold** words, `code`,
[a page](https://example.org/?a=1&b=2) and <mailto:me@example.org>.

- one {EVIL}
- two
  goes on

1. first
[bad](javascript:alert(1)) and [bad](//evil"onclick=x)
"""
    made = markdown.to_html(text)
    assert markdown.title(text) == "A *policy*"
    assert made.splitlines() == [
        "<h1>A <em>policy</em></h1>",
        (
            "<p>Some <strong>bold</strong> words, <code>code</code>, "
            '<a href="https://example.org/?a=1&amp;b=2">a page</a> and '
            '<a href="mailto:me@example.org">me@example.org</a>.</p>'
        ),
        "<ul><li>one &lt;script&gt;alert(1)&lt;/script&gt;</li><li>two goes on</li></ul>",
        "<ol><li>first [bad](javascript:alert(1)) and [bad](//evil&quot;onclick=x)</li></ol>",
    ]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy in three languages, one of them in HTML."""
    (tmp_path / "privacy.en.md").write_text(f"# Privacy\n\nNothing. {EVIL}\n", "utf-8")
    (tmp_path / "privacy.de.md").write_text("# Datenschutz\n\nNichts für dich.\n", "utf-8")
    (tmp_path / "privacy.es.html").write_text("<!doctype html><title>Privacidad</title>Nada.", "utf-8")
    (tmp_path / "terms.de.md").write_text("# [[nobody's]]\n", "utf-8")
    return tmp_path / "privacy.en.md"


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.en.md")))
def test_the_templates_are_to_be_filled_in(name: str, tmp_path: Path) -> None:
    """Nobody publishes one as it is; filled in, it is a page in three languages."""
    with pytest.raises(documents.Unreadable, match=r"line \d+: \[\[date…\]\] is still to be filled in"):
        documents.read(TEMPLATES / name)
    for template in TEMPLATES.glob(name.replace(".en.", ".*.")):
        text = template.read_text("utf-8").replace("[[", "").replace("]]", "")
        (tmp_path / template.name).write_text(text, "utf-8")
    read = documents.read(tmp_path / name)
    assert list(read) == ["en", "de", "es"]
    for page in read.values():
        assert "<h2>" in page
        assert "<!--" not in page
        assert "**" not in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "save it as UTF-8 text"),
        (b"x" * (documents.MAX_SIZE + 1), "larger than 256 KB"),
        (b" \n", "is empty"),
        (b"one\n\nby [[you\nor me]]\n", r"line 3: \[\[you…\]\]"),
    ],
)
def test_what_cannot_be_served(tmp_path: Path, content: bytes, said: str) -> None:
    """A sentence says what is wrong with which file."""
    file = tmp_path / "terms.md"
    file.write_bytes(content)
    with pytest.raises(documents.Unreadable, match=said) as refused:
        documents.read(file)
    assert str(file) in str(refused.value)


def test_no_such_file(tmp_path: Path) -> None:
    """Nor is a file served that is no page."""
    for name, said in (
        ("terms.md", "No such file"),
        (".env", "neither Markdown"),
        ("a.md/b.md", "No such file"),
    ):
        with pytest.raises(documents.Unreadable, match=said):
            documents.read(tmp_path / name)


@pytest.fixture
async def server(policy: Path) -> AsyncIterator[WebSocketServer]:
    """A bridge that serves the policy."""
    server = WebSocketServer(port=0, host="127.0.0.1")
    server.documents = {"privacy": documents.read(policy)}
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr, es;q=0.3, de;q=0.2", "es"),
        ("", "fr", "en"),
        ("", "de;q=0", "en"),
        ("", ",;q=x,,", "en"),
        ("?lang=es", "de", "es"),
        ("?lang=../../.env", "de", "de"),
    ],
)
async def test_in_the_reader_s_language(
    server: WebSocketServer, query: str, accepted: str, language: str
) -> None:
    """The browser's choice counts, or what somebody has clicked on; else it is the first."""
    answer = await fetch(server, f"/privacy{query}", headers=[f"Accept-Language: {accepted}"])
    assert answer.status == 200
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert {"en": b"Nothing", "de": b"Nichts", "es": b"Nada"}[language] in answer.body


async def test_it_may_only_be_read(server: WebSocketServer) -> None:
    """Whatever stands in it runs no script, and loads nothing from elsewhere."""
    answer = await fetch(server, "/privacy")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert EVIL.encode() not in answer.body
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_there(server: WebSocketServer) -> None:
    """Only what was named is served, whatever lies beside it."""
    for path in ("/terms", "/privacy/", "/privacy.en.md", "/privacy/../terms.de.md", "/Privacy"):
        assert (await fetch(server, path)).status == 404


async def test_the_page_leads_there(server: WebSocketServer) -> None:
    """As far as there is something; the page by itself leads nowhere."""
    page = (await fetch(server, "/")).body
    assert b'<a href="privacy" target="_blank" data-t="privacy">' in page
    assert b'href="terms"' not in page
    server.documents = {}
    page = (await fetch(server, "/")).body
    assert b"documents" not in page
    assert (await fetch(server, "/privacy")).status == 404
