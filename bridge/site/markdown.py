"""As much of Markdown as a document of plain text needs, made into HTML. What looks like HTML is text."""

import re
from collections.abc import Iterator
from html import escape
from typing import Final

_HEADING: Final = re.compile(r"(#{1,4}) +(.+?)(?: +#*)?$")
_ITEM: Final = re.compile(r"(?P<bullet>[-*+]|\d{1,3}[.)]) +(?P<text>.*)")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE: Final = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<em>[^*\s][^*]*)\*"
    r"|\[(?P<words>[^\[\]]+)\]\((?P<href>[^()\s]+)\)"
    r"|<(?P<auto>(?:https?://|mailto:)[^<>\s]+)>"
)
_LINK: Final = re.compile(r"https?://|mailto:|/(?!/)|[#?]|[\w.-]+(?:[?#]|$)")


def to_html(text: str) -> str:
    """Make HTML of headings, paragraphs, lists, links, and words that are emphasised or code."""
    lines = _COMMENT.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(_blocks(lines))


def title(text: str) -> str:
    """Find the first heading; nothing if there is none."""
    for line in _COMMENT.sub("", text).splitlines():
        if found := _HEADING.match(line):
            return found[2]
    return ""


def _blocks(lines: list[str]) -> Iterator[str]:
    words: list[str] = []
    items: list[str] = []
    kind = ""

    def end() -> Iterator[str]:
        if words:
            yield f"<p>{_inline(' '.join(words))}</p>"
        if items:
            yield f"<{kind}>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + f"</{kind}>"
        words.clear()
        items.clear()

    for line in map(str.rstrip, lines):
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if not line:
            yield from end()
        elif heading:
            yield from end()
            level = len(heading[1])
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
        elif item and not words:
            new = "ol" if item["bullet"][0].isdigit() else "ul"
            if new != kind:
                yield from end()
            kind = new
            items.append(item["text"])
        elif items and not words:
            items[-1] += " " + line.strip()
        else:
            words.append(line.strip())
    yield from end()


def _inline(text: str) -> str:
    made, at = [], 0
    for found in _INLINE.finditer(text):
        made.append(escape(text[at : found.start()]))
        made.append(_span(found))
        at = found.end()
    return "".join(made) + escape(text[at:])


def _span(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "code":
            return f"<code>{escape(found['code'])}</code>"
        case "strong" | "em" as name:
            return f"<{name}>{_inline(found[name])}</{name}>"
        case "auto":
            return f'<a href="{escape(found["auto"])}">{escape(found["auto"].removeprefix("mailto:"))}</a>'
        case _ if _LINK.match(found["href"]):
            return f'<a href="{escape(found["href"])}">{_inline(found["words"])}</a>'
        case _:
            return escape(found[0])
