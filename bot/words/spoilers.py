"""What everybody may read of a text, and what Discord hides until somebody clicks."""

import re
from typing import Final

_BARS: Final = re.compile(r"\|{2,}")
_TICKS: Final = re.compile("`+")
_CODE: Final = {"`": _TICKS, "``": re.compile("`{2,}"), "```": re.compile("`{3,}")}
_IN_FENCE: Final = re.compile(r"(?:[\w+.#-]+\n)?+\n*[^\n]")

# What counts outside of spoilers. Each alternative reads on to where the next can begin, so that a text is
# read once. What is `whole` can't be anything else, whatever comes after it: a mention, an emoji, and plain
# words in emphasis.
_SIGN: Final = re.compile(
    r"(?P<bars>\|{2,})"
    r"|(?P<ticks>`+)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<line>\n(?:"
    r"[ \t]*(?P<block>(?:>{1,3}|-#|\#{1,3}|[-*+]|\d{1,9}[.)])\s+)"
    r"|(?P<same>[ \t]+|(?=\n))"
    r")?)"
    r"|(?P<address>:/[^\s<]*)"
    r"|(?P<whole><(?:@[!&]?|\#|a?:[0-9A-Za-z_]{1,32}:)\d{1,20}>"
    r"|(?<![\w*_~])(?P<around>\*{1,3}|_{1,3}|~~)(?![\s*_~])[^*_~`|\\\[\]<>\n]+(?<!\s)(?P=around)(?![\w*_~]))"
    r"|(?P<opening>[*_~\[<])"
)

# What may end a thing that began with a sign: emphasis, code, a link's words and its target, an address.
_CLOSERS: Final = {"*": "*", "_": "_", "~": "~", "`": "`", "[": "])", "<": ">"}


def visible(text: str) -> list[str]:
    """Split a text at its spoilers into what everybody may read: one piece more than there are spoilers.

    Discord's client reads from left to right, and what begins first wins: a spoiler ends at the next `||`,
    whatever stands between, and bars in code that began before them are none. But clients agree on what is
    code in plain cases only. Where one might take other bars for a pair than we do (emphasis, a quote or a
    link that began before a spoiler ends within it, so that its first bars count for nothing), everything up
    to the last bars of the text is hidden: nobody reads here what some client hides.
    """
    if "||" not in text:
        return [text]
    first, *others = _Reader(f"\n{text}").pieces()
    return [first[1:], *others]


class _Reader:
    """Reads one text once, from left to right. It begins with a new line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closers: set[str] = set()  # what may end something that began outside of all spoilers
        self._pieces: list[str] = []
        self._seen_from = 0

    def pieces(self) -> list[str]:
        at: int | None = 0
        while at is not None and (sign := _SIGN.search(self._text, at)):
            at = self._after(sign)
            if at is None:
                self._hide_all_from(sign.start())
        return [*self._pieces, self._text[self._seen_from :]]

    def _hide(self, start: int, end: int) -> None:
        self._pieces.append(self._text[self._seen_from : start])
        self._seen_from = end

    def _hide_all_from(self, start: int) -> None:
        """Hide all that stands between bars from here on."""
        bars = list(_BARS.finditer(self._text, start))
        if len(bars) > 1:
            self._hide(bars[0].start(), bars[-1].end())

    def _after(self, sign: re.Match[str]) -> int | None:
        """Tell where to read on after a sign outside of spoilers. None: it can be taken in several ways."""
        match sign.lastgroup:
            case "bars":
                return self._after_bars(sign)
            case "ticks":
                return self._after_ticks(sign)
            case "line":
                self._begin_line(sign)
            case "escaped" if _BARS.match(self._text, sign.end() - 1):
                return None
            case "address" if "||" in sign[0]:
                return None
            case "escaped" | "address" | "opening":
                for char in sign[0]:
                    self._closers.update(_CLOSERS.get(char, ""))
        return sign.end()

    def _after_bars(self, bars: re.Match[str]) -> int | None:
        closing = _BARS.search(self._text, bars.end())
        if closing is None:
            return len(self._text)  # no spoiler
        if not bars[0] == closing[0] == "||" or self._may_end_in(self._text[bars.end() : closing.start()]):
            return None
        self._hide(bars.start(), closing.end())
        return closing.end()

    def _after_ticks(self, ticks: re.Match[str]) -> int | None:
        if not _TICKS.search(self._text, ticks.end()):
            return ticks.end()  # no code
        closers = _CODE.get(ticks[0])
        closing = closers and closers.search(self._text, ticks.end())
        if not closing or closing[0] != ticks[0]:
            return None
        code = self._text[ticks.end() : closing.start()]
        plain = _IN_FENCE.match(code) if ticks[0] == "```" else "\n" not in code
        return closing.end() if plain and not self._may_end_in(ticks[0] + code) else None

    def _begin_line(self, line: re.Match[str]) -> None:
        """Note what ends with its line. What is indented, or follows an empty line, may belong to a list."""
        if line["block"]:
            self._closers.add("\n")
        elif line["same"] is None:
            self._closers.discard("\n")

    def _may_end_in(self, text: str) -> bool:
        """Tell whether something that began outside may end in this spoiler or code, and make it another."""
        return not self._closers.isdisjoint(text)
