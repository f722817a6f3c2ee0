"""A Discord message as people read it: one line of plain text, and which custom emoji stand in it."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import discord

MAX_LENGTH: Final = 500  # characters
SOMEONE: Final = "@someone"

# What is no markup whatever stands in it, found from left to right in one pass.
_LITERAL: Final = re.compile(
    r"```(?:[\w+-]{0,20}\n)?(?P<fenced>.+?)```"
    r"|(?<!`)``(?!`)(?P<double>.+?)(?<!`)``(?!`)"
    r"|`(?P<inline>[^`\n]+)`"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|<@!?(?P<user>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<#(?P<channel>\d{1,20})>"
    r"|<a?(?P<emoji>:\w{1,32}:)\d{1,20}>"
    r"|<(?P<command>/[^:>\n]{1,100}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,13})(?::[tTdDfFsSR])?>"
    r"|<(?P<quiet_link>https?://[^\s<>]+)>"
    r"|(?P<target>\]\(<?https?://(?:[^\s()<>]|\([^\s()<>]*\))+>?(?:[ ]\"[^\"\n]*\")?\))"
    r"|(?P<link>https?://[^\s<>|]*[^\s<>|.,:;!?'\")\]])",
    re.DOTALL,
)
_SPOILER: Final = re.compile(r"\|\|.+?\|\|", re.DOTALL)
_LINE_START: Final = re.compile(r"^(?:[ \t]*(?:>>>|>|-#|#{1,3}|[-*])[ \t]+)+", re.MULTILINE)
_EMPHASIS: Final = tuple(map(re.compile, (r"\*\*", "__", "~~", r"(?<!\*)\*(?!\*)", "(?<!_)_(?!_)")))

# Punctuation that is no markup waits in Unicode's private use area until the markup is gone, and so do
# the ends of a link's target. From `_MARK` on stands there, for each custom emoji of a message, what is put
# before it: where the mark gets lost, as in a spoiler, the emoji isn't to be seen.
_SHELTER: Final = 0xE000
_MARK: Final = 0xE080
_MARKS: Final = 0xE0FE - _MARK
_TARGET_START, _TARGET_END = "\ue0fe", "\ue0ff"
_PRIVATE: Final = re.compile("[\ue000-\ue0ff]")
_SHELTERED: Final = re.compile("[\ue021-\ue07e]")
_MARKED: Final = re.compile("[\ue080-\ue0fd]")
_MASKED_LINK: Final = re.compile(f"\\[([^\\[\\]\n]+){_TARGET_START}[^{_TARGET_END}]*{_TARGET_END}")


class Reading(NamedTuple):
    """What people read of a message, and the custom emoji that stand in these words, in order."""

    words: str
    emoji: tuple[discord.PartialEmoji, ...] = ()


def readable(
    message: discord.Message, shows_channel: Callable[[object], bool], names_user: Callable[[int], bool]
) -> Reading:
    """Say what a message says: names for ids, no markup, a short word for what is no text.

    A channel that may not be shown is not named, and neither is a user whom `names_user` refuses by their
    snowflake. Empty if there is nothing to read.
    """

    def name(kind: str, value: str) -> str:
        number = int(value)
        if kind == "user" and not names_user(number):
            return SOMEONE
        return _name(kind, number, message, shows_channel)

    emoji: dict[str, int] = {}
    marked = _without_markup(message.content, name, emoji)
    words = [_PRIVATE.sub("", marked), *_attached(message)]
    shown = shorten(" ".join(word for word in words if word))
    return Reading(shown, tuple(_standing(list(map(_custom_emoji, emoji)), marked, shown)))


def plain(text: str, name: Callable[[str, str], str] = lambda kind, _: kind) -> str:
    """Take away Discord's markup, and fold white space into single spaces.

    `name(kind, id)` names a `user`, `role` or `channel`.
    """
    return _PRIVATE.sub("", _without_markup(text, name, {}))


def readable_line(text: str, guild: discord.Guild, shows_channel: Callable[[object], bool]) -> str:
    """Say what a text says that stands somewhere in a guild for hours, and not in a message.

    Nobody is named: they may leave, be called something else or want to be hidden while it stands there.
    """

    def name(kind: str, value: str) -> str:
        if kind == "user":
            return SOMEONE
        if kind == "role":
            role = guild.get_role(int(value))
            return f"@{role.name}" if role else "@role"
        channel = guild.get_channel_or_thread(int(value))
        return f"#{channel.name}" if channel and shows_channel(channel) else "#channel"

    return shorten(plain(text, name))


def _without_markup(text: str, name: Callable[[str, str], str], emoji: dict[str, int]) -> str:
    """Take away the markup; number in `emoji` what custom emoji there are, and mark where they stand."""
    text = _LITERAL.sub(lambda match: _shelter(match, name, emoji), _PRIVATE.sub("", text))
    text = _SPOILER.sub("[spoiler]", text)
    text = _MASKED_LINK.sub(r"\1", text)
    text = _LINE_START.sub("", text)
    for sign in _EMPHASIS:
        text = _without_pairs(text, sign)
    text = _SHELTERED.sub(lambda match: chr(ord(match[0]) - _SHELTER), text)
    text = text.replace(_TARGET_START, "").replace(_TARGET_END, "")
    return " ".join("".join(char for char in text if char.isspace() or not _is_control(char)).split())


def shorten(text: str) -> str:
    """Cut a text to `MAX_LENGTH` characters, with an ellipsis for what is missing."""
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1].rstrip() + "…"


def _standing(
    emoji: Sequence[discord.PartialEmoji], marked: str, shown: str
) -> Iterator[discord.PartialEmoji]:
    """Find the marks of emoji that are still to be seen; the end of the words may be cut off."""
    for marks_before, mark in enumerate(_MARKED.finditer(marked)):
        known = emoji[ord(mark[0]) - _MARK]
        if shown.startswith(f":{known.name}:", mark.start() - marks_before):
            yield known


def _custom_emoji(written: str) -> discord.PartialEmoji:
    """Read `<:name:id>`, or `<a:name:id>` of one that moves."""
    kind, name, number = written.strip("<>").split(":")
    return discord.PartialEmoji(name=name, animated=kind == "a", id=int(number))


def _attached(message: discord.Message) -> Iterator[str]:
    for attachment in message.attachments:
        kind = (attachment.content_type or "").partition("/")[0]
        yield f"[{kind}]" if kind in ("image", "video", "audio") else "[file]"
    yield from (f"[sticker: {sticker.name}]" for sticker in message.stickers)
    if message.poll is not None:
        yield "[poll]"
    if message.message_snapshots:
        yield "[forwarded]"
    if message.embeds and not message.content:
        yield "[embed]"


def _name(kind: str, number: int, message: discord.Message, shows_channel: Callable[[object], bool]) -> str:
    guild = message.guild
    if kind == "user":
        mentioned = next((user for user in message.mentions if user.id == number), None)
        user = (guild and guild.get_member(number)) or (guild and mentioned)
        return f"@{user.display_name}" if user else SOMEONE
    if kind == "role":
        role = guild and guild.get_role(number)
        return f"@{role.name}" if role else "@role"
    channel = guild and guild.get_channel_or_thread(number)
    return f"#{channel.name}" if channel and shows_channel(channel) else "#channel"


def _shelter(match: re.Match[str], name: Callable[[str, str], str], emoji: dict[str, int]) -> str:
    """Replace what is no markup by what people read, safe from being read as markup."""
    kind = match.lastgroup or ""
    value = match[kind]
    match kind:
        case "user" | "role" | "channel":
            return _sheltered(name(kind, value))
        case "emoji":
            number = emoji.setdefault(match[0], len(emoji))
            mark = chr(_MARK + number) if number < _MARKS else ""  # many more than anybody gets pictures for
            return mark + _sheltered(value)
        case "time":
            return _sheltered(_time(int(value)))
        case "target":
            return _TARGET_START + _sheltered(value) + _TARGET_END
        case "link":
            address = _without_closing_sign(value, match.string[: match.start()])
            return _sheltered(address) + value[len(address) :]
        case _:
            return _sheltered(value)


def _without_closing_sign(address: str, before: str) -> str:
    """Leave out what closes emphasis or a spoiler around an address, as in `**https://example.org**`."""
    rest = address.rstrip("*_~|")
    sign = address[len(rest) :]
    return rest if sign and sign not in rest and sign in before else address


def _sheltered(text: str) -> str:
    text = _PRIVATE.sub("", text)
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


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "some time"
