"""What Discord's client hides of a text, by rules that are tried one after the other at each place.

It is written as the client's own parser works, which is not how ours does: each thing that has words in it
is read again by itself. Clients differ, and change: what somebody doesn't know is `unknown` to them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

# The group `inner` is read again; what stands in the others is as it is.
_LINES: Final = {
    "quote": r"(?: *>>> +(?P<inner>[\s\S]*))|(?: *>(?!>>) +[^\n]*(?:\n *>(?!>>) +[^\n]*)*\n?)",
    "title": r" *#{1,3}\s+(?P<inner>[^\n]+?)#*\s*(?:\n|\Z)",
    "small": r" *-#\s+(?P<inner>[^\n]+?)(?:\n|\Z)",
    "list": r"(?P<indent> *)(?:[*+-]|\d+\.) [\s\S]+?(?:\n+(?! )(?!(?P=indent)(?:[*+-]|\d+\.) )\n*|\s*\Z)",
}
_SPANS: Final = {
    "fence": r"```(?:[\w+\-.#]+?\n)?\n*[^\n][\s\S]*?\n*```",
    "escape": r"\\[^0-9A-Za-z\s]",
    "autolink": r"<[^: >]+:/[^ >]+>",
    "url": r"(?:https?|steam)://[^\s<]+[^<.,:;\"')\]\s]",
    "link": r"\[(?P<inner>(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
    r"\(\s*<?(?:\([^)]*\)|[^\s\\]|\\.)*?>?(?:\s+['\"][\s\S]*?['\"])?\s*\)",
    "token": r"<(?:@[!&]?|#|a?:[0-9A-Za-z_]+:)\d+>",
    "em": r"\b_(?P<inner>(?:__|\\[\s\S]|[^\\_])+?)_\b",
    "star": r"\*(?=\S)(?P<inner>(?:\*\*|\s+(?:[^*\s]|\*\*)|[^\s*])+?)\*(?!\*)",
    "strong": r"\*\*(?P<inner>(?:\\[\s\S]|[^\\])+?)\*\*(?!\*)",
    "under": r"__(?P<inner>(?:\\[\s\S]|[^\\])+?)__(?!_)",
    "through": r"~~(?P<inner>[\s\S]+?)~~(?!_)",
    "code": r"(?P<ticks>`+)[\s\S]*?[^`](?P=ticks)(?!`)",
    "spoiler": r"\|\|(?P<inner>[\s\S]+?)\|\|",
}
_RULES: Final = {kind: re.compile(rule) for kind, rule in (_LINES | _SPANS).items()}
_TEXT: Final = re.compile(r"[\s\S]+?(?=[^0-9A-Za-z\s\u00c0-\uffff-]|\n|\w+:\S|\Z)")
KINDS: Final = sorted(_RULES.keys() - {"fence", "code", "spoiler", "token"})


def hidden(text: str, unknown: Collection[str] = (), *, quoted: bool = False) -> str:
    """Return all that stands in spoilers, one after the other."""
    found, begins = [], True
    while text:
        kind, match = _first(text, {*unknown, *(() if begins else _LINES), *(("quote",) if quoted else ())})
        if kind == "spoiler":
            found.append(match["inner"])
        else:
            found += [
                hidden(inner, unknown, quoted=quoted or kind == "quote") for inner in _read_again(kind, match)
            ]
        begins = match[0].endswith("\n")
        text = text[match.end() :]
    return "\n".join(found)


def _first(source: str, unknown: Collection[str]) -> tuple[str, re.Match[str]]:
    for kind, rule in _RULES.items():
        if kind not in unknown and (match := rule.match(source)):
            return kind, match
    match = _TEXT.match(source)
    assert match is not None
    return "text", match


def _read_again(kind: str, match: re.Match[str]) -> list[str]:
    """Return the texts within a thing, without the signs that make it."""
    inner = match.groupdict().get("inner")
    if inner is not None:
        return [inner]
    if kind == "quote":
        return [re.sub(r"(?m)^ *> ?", "", match[0])]
    return re.split(r"(?m)^ *(?:[*+-]|\d+\.) ", match[0]) if kind == "list" else []
