"""A Discord message as people read it: one line of plain text, and which custom emoji stand in it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

import discord

from bot.internals import guild_of_forward
from bot.words.ids import CHANNEL, SOMEONE, without_secret_ids
from bot.words.markup import SPOILER, Markup, literal, unmarked

MAX_LENGTH: Final = 500  # characters
MAX_PARTS: Final = 100  # of a message: texts, pictures and so on. Discord itself allows 40 components
MAX_DEPTH: Final = 5  # components within each other; Discord's go to 3

_SPOILED_NAME: Final = "SPOILER_"  # how the names of files begin that Discord hides


Title = Callable[[discord.Thread], str | None]


def _no_title(thread: discord.Thread) -> None:
    pass


class Reading(NamedTuple):
    """What people read of a message, and the custom emoji that stand in these words, in order."""

    words: str
    emoji: tuple[discord.PartialEmoji, ...] = ()


def readable(
    message: discord.Message,
    shows_channel: Callable[[object], bool],
    names_user: Callable[[int], bool],
    quotes: Callable[[discord.Message | None], bool] = lambda _: True,
    now: datetime | None = None,
    hides_user: Callable[[int], bool] = lambda _: False,
    title: Title = lambda thread: thread.name,
) -> Reading:
    """Say what a message says: names for ids, no markup, a short word for what is no text.

    A channel that may not be shown is not named, and neither is a user whom `names_user` refuses by their
    snowflake. Their ids don't stand in the words either, not in code nor in a link, and neither do those of
    users whom `hides_user` names. A thread is called by its `title`, where it has one that may be read. `now`
    is what times are relative to. Empty if there is nothing to read.

    A forward says what was forwarded, for whoever forwarded it showed it to everybody here. But nothing that
    was decided where it was said is undone by that: of a channel, in any guild that the bot is in, that may
    not be shown, or that isn't known, there is only `[forwarded]` to read; and so of a direct message, and
    where `quotes` refuses the message, or None where it isn't known any more.
    """

    def name(kind: str, value: str) -> str:
        return _name(kind, int(value), message.guild, shows_channel, names_user, message.mentions, title)

    markup = Markup(name, now)
    parts = [*_said(message, markup)]
    for snapshot in message.message_snapshots[:MAX_PARTS]:
        parts.append("[forwarded]")
        if _may_be_read(message, shows_channel, quotes):
            parts += _said(snapshot, markup)
    marked = without_secret_ids(
        " ".join(part for part in parts if part), message.guild, shows_channel, names_user, hides_user
    )
    shown = shorten(unmarked(marked))
    # A picture's address has an id in it, and whoever writes may put any number there.
    emoji = (one for one in markup.standing(marked, shown) if not (one.id and hides_user(one.id)))
    return Reading(shown, tuple(emoji))


def plain(text: str, name: Callable[[str, str], str] = lambda kind, _: kind) -> str:
    """Take away Discord's markup, and fold white space into single spaces.

    `name(kind, id)` names a `user`, `role` or `channel`.
    """
    return unmarked(Markup(name).read(text))


def readable_line(
    text: str,
    guild: discord.Guild | None,
    shows_channel: Callable[[object], bool],
) -> str:
    """Say what a text says that stands somewhere in a guild for hours, and not in a message.

    Nobody is named, nor any thread, which somebody has called something, and no number is left that may be
    somebody's id: they may leave, be called something else or want to be hidden while it stands there.
    """
    line = plain(text, lambda kind, value: _name(kind, int(value), guild, shows_channel, _nobody))
    return shorten(without_secret_ids(line, guild, shows_channel, _nobody, _everybody))


def _nobody(user_id: int) -> bool:  # noqa: ARG001 - as `readable` asks whether somebody may be named
    return False


def _everybody(user_id: int) -> bool:  # noqa: ARG001 - as `without_secret_ids` asks whose id is secret
    return True


def shorten(text: str) -> str:
    """Cut a text to `MAX_LENGTH` characters, with an ellipsis for what is missing."""
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1].rstrip() + "…"


def _said(said: discord.Message | discord.MessageSnapshot, markup: Markup) -> Iterator[str]:
    """Read what a message, or one that was forwarded, says itself."""
    yield markup.read(said.content)
    if said.flags.components_v2:
        # Its attachments are to be seen where components show them.
        yield from islice(_components(said.components, markup), MAX_PARTS)
        return
    for attachment in said.attachments:
        yield SPOILER if attachment.is_spoiler() else _kind(attachment.content_type, "[file]")
    yield from (f"[sticker: {literal(sticker.name)}]" for sticker in said.stickers)
    if isinstance(said, discord.Message) and said.poll is not None:
        yield "[poll]"
        yield markup.read(said.poll.question or "")
    if said.embeds and not said.content:
        yield "[embed]"


def _may_be_read(
    message: discord.Message,
    shows_channel: Callable[[object], bool],
    quotes: Callable[[discord.Message | None], bool],
) -> bool:
    """Tell whether viewers may read what was forwarded: see `readable`."""
    source = message.reference
    if source is None:
        return False
    guild = guild_of_forward(message)
    if guild is None and source.guild_id is None:
        return False  # from a conversation of two, or from who knows where
    if guild is not None:
        channel = guild.get_channel_or_thread(source.channel_id)
        if channel is None or not shows_channel(channel):
            return False
    return quotes(source.cached_message)


def _components(components: Iterable[object], markup: Markup, depth: int = 1) -> Iterator[str]:
    """Read components in their order; what has no words or pictures, or is unknown, says nothing."""
    for component in components:
        match component:
            case discord.TextDisplay():
                yield markup.read(component.content)
            case discord.Container() if component.spoiler:
                yield SPOILER
            case discord.Container() if depth < MAX_DEPTH:
                yield from _components(component.children, markup, depth + 1)
            case discord.SectionComponent() if depth < MAX_DEPTH:
                yield from _components([*component.children, component.accessory], markup, depth + 1)
            case discord.MediaGalleryComponent():
                yield from (_media(item.media, "[image]", hidden=item.spoiler) for item in component.items)
            case discord.ThumbnailComponent():
                yield _media(component.media, "[image]", hidden=component.spoiler)
            case discord.FileComponent():
                hidden = component.spoiler or (component.name or "").startswith(_SPOILED_NAME)
                yield _media(component.media, "[file]", hidden=hidden)


def _media(media: discord.UnfurledMediaItem, otherwise: str, *, hidden: bool) -> str:
    """Say what kind of picture or file it is; `otherwise` where Discord doesn't."""
    name = (media.url or "").partition("?")[0].rpartition("/")[2]
    if hidden or media.flags.spoiler or name.startswith(_SPOILED_NAME):
        return SPOILER
    return _kind(media.content_type, otherwise)


def _kind(content_type: str | None, otherwise: str) -> str:
    kind = (content_type or "").partition("/")[0]
    return f"[{kind}]" if kind in ("image", "video", "audio") else otherwise


def _name(
    kind: str,
    number: int,
    guild: discord.Guild | None,
    shows_channel: Callable[[object], bool],
    names_user: Callable[[int], bool],
    mentions: Iterable[discord.User | discord.Member] = (),
    title: Title = _no_title,
) -> str:
    if guild is None:
        return SOMEONE if kind == "user" else f"@{kind}" if kind == "role" else CHANNEL
    if kind == "user":
        mentioned = next((user for user in mentions if user.id == number), None)
        user = (guild.get_member(number) or mentioned) if names_user(number) else None
        return f"@{user.display_name}" if user else SOMEONE
    if kind == "role":
        role = guild.get_role(number)
        return f"@{role.name}" if role else "@role"
    channel = guild.get_channel_or_thread(number)
    if channel is None or not shows_channel(channel):
        return CHANNEL
    called = title(channel) if isinstance(channel, discord.Thread) else channel.name
    return CHANNEL if called is None else f"#{called}"
