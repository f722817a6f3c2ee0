"""A text of Discord's without its markup, on one line."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import discord

from bot.words.spoilers import visible

SPOILER: Final = "[spoiler]"

# What is no markup whatever stands in it, found from left to right in one pass.
_LITERAL: Final = re.compile(
    r"```(?:[\w+.#-]{0,20}\n)?(?P<fenced>.+?)```"
    r"|(?<!`)``(?!`)(?P<double>.+?)(?<!`)``(?!`)"
    r"|`(?P<inline>[^`\n]+)`"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|<@!?(?P<user>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<#(?P<channel>\d{1,20})>"
    r"|<a?(?P<emoji>:\w{1,32}:)\d{1,20}>"
    r"|<(?P<command>/[^:>\n]{1,100}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,13}(?::[tTdDfFsSR])?)>"
    r"|<id:(?P<place>guide|home|browse|customize|linked-roles)(?::\d{1,20})?>"
    r"|<(?P<sound>sound):\d{1,20}:\d{1,20}>"
    r"|<(?P<quiet_link>https?://[^\s<>]+)>"
    r"|(?P<target>\]\(<?https?://(?:[^\s()<>]|\([^\s()<>]*\))+>?(?:[ ]\"[^\"\n]*\")?\))"
    r"|(?P<link>https?://[^\s<>|]*[^\s<>|.,:;!?'\")\]])",
    re.DOTALL,
)
_LINE_START: Final = re.compile(r"^(?:[ \t]*(?:>>>|>|-#|#{1,3}|[-*])[ \t]+)+", re.MULTILINE)
_EMPHASIS: Final = tuple(map(re.compile, (r"\*\*", "__", "~~", r"(?<!\*)\*(?!\*)", "(?<!_)_(?!_)")))
_PLACES: Final = {
    "guide": "Server Guide",
    "home": "Server Guide",
    "browse": "Browse Channels",
    "customize": "Channels & Roles",
    "linked-roles": "Linked Roles",
}

# Colours in a block of code: what a terminal reads, and people don't.
_TERMINAL: Final = re.compile("(?:\x1b\\[|\x9b)(?:[0-9;:?]{1,40}[A-Za-z]|[mKJH])")

# Punctuation that is no markup waits in Unicode's private use area until the markup is gone, and so do
# spoilers and the ends of a link's target. From `_MARK` on stands there, for each custom emoji of a message,
# what is put before it: where the mark gets lost, as in a spoiler, the emoji isn't to be seen.
_SPOILER_MARK: Final = "\ue000"
_SHELTER: Final = 0xE000
_MARK: Final = 0xE080
_MARKS: Final = 0xE0FE - _MARK
_TARGET_START, _TARGET_END = "\ue0fe", "\ue0ff"
_PRIVATE: Final = re.compile("[\ue000-\ue0ff]")
_SHELTERED: Final = re.compile("[\ue021-\ue07e]")
_MARKED: Final = re.compile("[\ue080-\ue0fd]")
_MASKED_LINK: Final = re.compile(f"\\[([^\\[\\]\n]+){_TARGET_START}[^{_TARGET_END}]*{_TARGET_END}")

# How long ago something was, each unit up to how many of them.
_AGES: Final = (("second", 1, 60), ("minute", 60, 60), ("hour", 3_600, 24), ("day", 86_400, 30))
_MONTH: Final = 30.44  # days


class Markup:
    """Reads the texts of one message, and the custom emoji in them.

    `name(kind, id)` names a `user`, `role` or `channel`; `now` is what times are relative to.
    """

    def __init__(self, name: Callable[[str, str], str], now: datetime | None = None) -> None:
        self._name = name
        self._now = now or datetime.now(UTC)
        self._emoji: dict[str, int] = {}

    def read(self, text: str | None) -> str:
        """Take away the markup, and fold white space. There are marks in what comes back, for `unmarked`."""
        text = _LITERAL.sub(self._shelter, _without_spoilers(text or ""))
        text = _MASKED_LINK.sub(r"\1", text)
        text = _LINE_START.sub("", text)
        for sign in _EMPHASIS:
            text = _without_pairs(text, sign)
        text = _SHELTERED.sub(lambda match: chr(ord(match[0]) - _SHELTER), text)
        text = text.replace(_TARGET_START, "").replace(_TARGET_END, "").replace(_SPOILER_MARK, SPOILER)
        return _on_one_line(text)

    def standing(self, marked: str, shown: str) -> Iterator[discord.PartialEmoji]:
        """Find the emoji of these words that are still to be seen when they end as `shown` does."""
        emoji = list(map(_custom_emoji, self._emoji))
        for marks_before, mark in enumerate(_MARKED.finditer(marked)):
            known = emoji[ord(mark[0]) - _MARK]
            if shown.startswith(f":{known.name}:", mark.start() - marks_before):
                yield known

    def _shelter(self, match: re.Match[str]) -> str:
        """Replace what is no markup by what people read, safe from being read as markup."""
        kind = match.lastgroup or ""
        value = match[kind]
        match kind:
            case "user" | "role" | "channel":
                return _sheltered(unmarked(self._name(kind, value)))
            case "emoji":
                number = self._emoji.setdefault(match[0], len(self._emoji))
                mark = (
                    chr(_MARK + number) if number < _MARKS else ""
                )  # many more than anybody gets pictures for
                return mark + _sheltered(value)
            case "time":
                return _sheltered(_time(value, self._now))
            case "place":
                return _sheltered(_PLACES[value])
            case "sound":
                return _sheltered("[sound]")
            case "target":
                return _TARGET_START + _sheltered(value) + _TARGET_END
            case "link":
                address = _without_closing_sign(value, match.string[: match.start()])
                return _sheltered(address) + value[len(address) :]
            case _:
                return _sheltered(value)


def unmarked(marked: str) -> str:
    """Take away the marks of what was read: these are the words."""
    return _PRIVATE.sub("", marked)


def literal(text: str) -> str:
    """Fold a text that has no markup into one line."""
    return _on_one_line(unmarked(text))


def _without_spoilers(text: str) -> str:
    """Put a mark in place of each spoiler, and take away what nobody sees.

    That one may hide another sign, or make one: spoilers are looked for before and after.
    """
    text = _SPOILER_MARK.join(map(_without_unseen, visible(text)))
    return _SPOILER_MARK.join(visible(text))


def _without_unseen(text: str) -> str:
    return _printable(_TERMINAL.sub("", _PRIVATE.sub("", text)))


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isspace() or not _is_control(char))


def _on_one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _custom_emoji(written: str) -> discord.PartialEmoji:
    """Read `<:name:id>`, or `<a:name:id>` of one that moves."""
    kind, name, number = written.strip("<>").split(":")
    return discord.PartialEmoji(name=name, animated=kind == "a", id=int(number))


def _without_closing_sign(address: str, before: str) -> str:
    """Leave out what closes emphasis or a spoiler around an address, as in `**https://example.org**`."""
    rest = address.rstrip("*_~|")
    sign = address[len(rest) :]
    return rest if sign and sign not in rest and sign in before else address


def _sheltered(text: str) -> str:
    return "".join(chr(_SHELTER + ord(char)) if _is_punctuation(char) else char for char in text)


def _without_pairs(text: str, sign: re.Pattern[str]) -> str:
    """Take away signs that come in pairs around words, in one pass however many there are."""
    gone: list[tuple[int, int]] = []
    opener: tuple[int, int] | None = None
    for match in sign.finditer(text):
        start, end = match.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        if before.isdigit() and after.isdigit():
            continue  # 2*3*4
        inside_word = match[0] == "_" and _is_word(before) and _is_word(after)  # snake_case
        if opener and start > opener[1] and before.strip() and not inside_word:
            gone += [opener, (start, end)]
            opener = None
        elif after.strip() and not inside_word:
            opener = (start, end)
    kept, position = [], 0
    for start, end in sorted(gone):
        kept.append(text[position:start])
        position = end
    return "".join(kept) + text[position:]


def _is_punctuation(char: str) -> bool:
    return "!" <= char <= "~" and not char.isalnum()


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char < "\xa0"


def _time(written: str, now: datetime) -> str:
    """Say when something is, as in `1700000000` or `1700000000:R`: in UTC, or how far from now."""
    seconds, _, style = written.partition(":")
    try:
        when = datetime.fromtimestamp(int(seconds), tz=UTC)
    except (OverflowError, OSError, ValueError):
        return "some time"
    return _relative(when - now) if style == "R" else when.strftime("%Y-%m-%d %H:%M UTC")


def _relative(distance: timedelta) -> str:
    amount = _amount(abs(distance.total_seconds()))
    if amount is None:
        return "now"
    return f"in {amount}" if distance > timedelta() else f"{amount} ago"


def _amount(seconds: float) -> str | None:
    for unit, size, limit in _AGES:
        number = round(seconds / size)
        if number < limit:
            return _counted(number, unit) if number else None
    months = round(seconds / 86_400 / _MONTH)
    return _counted(max(months, 1), "month") if months < 12 else _counted(round(months / 12), "year")  # noqa: PLR2004


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
