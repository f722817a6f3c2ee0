"""A Discord message as people read it: one line of plain text."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import discord

MAX_LENGTH: Final = 500  # characters

_TOKEN: Final = re.compile(
    r"<@!?(?P<user>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<#(?P<channel>\d{1,20})>"
    r"|<a?:(?P<emoji>\w{1,32}):\d{1,20}>"
    r"|</(?P<command>[^:>]{1,100}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,13})(?::[tTdDfFsSR])?>"
    r"|<(?P<link>https?://[^\s<>]{1,2000})>"
)

# Markup in the order in which it is taken away. What stands in code is left as it is.
_CODE: Final = re.compile(r"```(?:[\w+-]{0,20}\n)?(?P<block>[^`]+)```|`(?P<inline>[^`\n]+)`")
_SPOILER: Final = re.compile(r"\|\|[^|]+\|\|")
_MASKED_LINK: Final = re.compile(r"\[(?P<text>[^\[\]\n]{1,500})\]\(<?https?://[^\s()<>]{1,2000}>?\)")
_LINE_START: Final = re.compile(r"^\s*(?:>>>|>|-#|#{1,3}|[-*])[ \t]+", re.MULTILINE)
_EMPHASIS: Final = (
    re.compile(r"\*\*\*(?=\S)([^*]+)(?<=\S)\*\*\*"),
    re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*"),
    re.compile(r"__(?=\S)([^_]+)(?<=\S)__"),
    re.compile(r"~~(?=\S)([^~]+)(?<=\S)~~"),
    re.compile(r"\*(?=\S)([^*\n]+)(?<=\S)\*"),
    re.compile(r"(?<!\w)_(?=\S)([^_\n]+)(?<=\S)_(?!\w)"),  # snake_case is no emphasis
)
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_ESCAPED: Final = 0xE000  # where escaped punctuation waits, in Unicode's private use area
_PRIVATE: Final = re.compile("[\ue000-\ue0ff]")


def readable(message: discord.Message, shows_channel: Callable[[object], bool]) -> str:
    """Say what a message says: names for ids, no markup, a short word for what is no text.

    A channel that may not be shown is not named. Empty if there is nothing to read.
    """
    text = plain(name_tokens(message.content, message.guild, shows_channel))
    words = [text, *_attached(message)]
    return shorten(" ".join(word for word in words if word))


def name_tokens(content: str, guild: discord.Guild | None, shows_channel: Callable[[object], bool]) -> str:
    """Replace Discord's tokens (`<@1>`, `<#2>`, `<:smile:3>`, ...) by the names they stand for."""

    def name(match: re.Match[str]) -> str:
        value = match[match.lastgroup or 0]
        match match.lastgroup:
            case "user":
                member = guild and guild.get_member(int(value))
                return f"@{_literal(member.display_name)}" if member else "@someone"
            case "role":
                role = guild and guild.get_role(int(value))
                return f"@{_literal(role.name)}" if role else "@role"
            case "channel":
                channel = guild and guild.get_channel_or_thread(int(value))
                return f"#{_literal(channel.name)}" if channel and shows_channel(channel) else "#channel"
            case "emoji":
                return f":{_literal(value)}:"
            case "command":
                return f"/{value}"
            case "time":
                return _time(int(value))
            case _:
                return value

    return _TOKEN.sub(name, _PRIVATE.sub("", content))


def plain(text: str) -> str:
    """Take away Discord's markup, and fold white space into single spaces."""
    text = _CODE.sub(lambda match: _literal(match["block"] or match["inline"]), text)
    text = _ESCAPE.sub(lambda match: _literal(match[1]), text)
    text = _SPOILER.sub("[spoiler]", text)
    text = _MASKED_LINK.sub(lambda match: match["text"], text)
    text = _LINE_START.sub("", text)
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\1", text)
    text = "".join(char for char in text if char.isspace() or not _is_control(char))
    return " ".join(_unliteral(text).split())


def shorten(text: str) -> str:
    """Cut a text to `MAX_LENGTH` characters, with an ellipsis for what is missing."""
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1].rstrip() + "…"


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


def _literal(text: str) -> str:
    """Keep punctuation from being read as markup: it moves out of the way until the end."""
    return "".join(
        chr(_ESCAPED + ord(char)) if "!" <= char <= "~" and not char.isalnum() else char for char in text
    )


def _unliteral(text: str) -> str:
    return _PRIVATE.sub(lambda match: chr(ord(match[0]) - _ESCAPED), text)


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char < "\xa0"


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "some time"
