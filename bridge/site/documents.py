"""Documents of whoever runs the bridge, such as a privacy policy, served in the reader's language."""

import re
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from websockets.http11 import Request

from bridge.site import markdown
from bridge.site.answers import Answer

__all__ = ["Unreadable", "read"]

Document = Mapping[str, str]
"""A page in HTML for each language, the usual one first. A language that nobody named is empty."""

MAX_SIZE: Final = 256 * 1024  # bytes of a file
MAX_LANGUAGES: Final = 20
_ENDINGS: Final = (".md", ".html", ".htm")
_NAME: Final = re.compile(r"(?P<stem>.+?)(\.(?P<language>[a-z]{2,3}))?(?P<ending>\.[a-z]+)")
_PLACE: Final = re.compile(r"\[\[([^\[\]]{0,60})")
_RANGE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
)
_MAX_RANGES: Final = 50
_LANGUAGE: Final = re.compile(r"[?&]lang=([a-z]{2,3})(?:&|$)")
_STYLE: Final = (
    "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif}"
    "nav{font-size:.875rem}:root{color-scheme:light dark}"
)


class Unreadable(Exception):
    """A document that can't be served. The message says why, after the setting's name."""


def read(path: Path) -> Document:
    """Read a document, with its translations beside it: `terms.de.md` is the German one of `terms.md`.

    Raises:
        Unreadable: if one of the files can't be read, is none of ours, or has a place that nobody filled in.
    """
    found = _NAME.fullmatch(path.name)
    if found is None or found["ending"] not in _ENDINGS:
        raise Unreadable(f"{path} is neither Markdown (.md) nor HTML (.html).")
    files = {found["language"] or "": path}
    try:
        for other in sorted(path.parent.iterdir()):
            its = _NAME.fullmatch(other.name)
            if its and its["stem"] == found["stem"] and its["ending"] in _ENDINGS:
                files.setdefault(its["language"] or "", other)
    except OSError as error:
        raise Unreadable(f"{path} can't be read: {error.strerror}.") from error
    if len(files) > MAX_LANGUAGES:
        raise Unreadable(f"{path} has more than {MAX_LANGUAGES} translations beside it.")
    return {language: _page(file, language, list(files)) for language, file in files.items()}


def answer(document: Document, request: Request) -> Answer:
    """Answer in the language that `?lang=` names, or else the one that the browser likes best."""
    asked = _LANGUAGE.search(request.path)
    wanted = asked[1] if asked else ""
    language = wanted if wanted in document else _best(document, request.headers.get_all("Accept-Language"))
    headers = (("Vary", "Accept-Language"), *([("Content-Language", language)] if language else []))
    body = document[language].encode()
    return Answer(HTTPStatus.OK, "text/html", body, headers, is_document=True)


def _best(document: Document, accepted: list[str]) -> str:
    likes: dict[str, float] = {}
    for part in ",".join(accepted)[:1000].split(",")[:_MAX_RANGES]:
        if found := _RANGE.fullmatch(part):
            language = found[1].lower()
            likes[language] = max(likes.get(language, 0.0), float(found[2] or 1))
    usual = next(iter(document))
    best = max(document, key=lambda language: likes.get(language, 0.0))  # of several, the first
    return best if likes.get(best, 0.0) > 0 else usual


def _page(file: Path, language: str, languages: list[str]) -> str:
    text = _text(file)
    for number, line in enumerate(text.splitlines(), 1):
        if place := _PLACE.search(line):
            raise Unreadable(f"{file}, line {number}: [[{place[1]}…]] is still to be filled in.")
    if file.suffix != ".md":
        return text
    others = [one for one in languages if one]
    links = " · ".join(f'<a href="?lang={one}" hreflang="{one}">{one}</a>' for one in others)
    says = f' lang="{language}"' if language else ""
    return (
        f"<!doctype html>\n<html{says}>\n<head>\n"
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(markdown.title(text) or file.stem)}</title>\n<style>{_STYLE}</style>\n"
        "</head>\n<body>\n"
        f"{f'<nav>{links}</nav>' if len(others) > 1 else ''}\n<main>\n{markdown.to_html(text)}\n</main>\n"
        "</body>\n</html>\n"
    )


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SIZE + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{file} can't be read: save it as UTF-8 text.") from error
    except OSError as error:
        raise Unreadable(f"{file} can't be read: {error.strerror}.") from error
    if len(content) > MAX_SIZE:
        raise Unreadable(f"{file} is larger than {MAX_SIZE // 1024} KB.")
    if not text.strip():
        raise Unreadable(f"{file} is empty.")
    return text
