"""Channels as managers choose and read them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import discord
from discord import app_commands

from cogs.commands.replies import Refused
from cogs.needs import Policy
from cogs.texts import Language, Text
from cogs.verdicts import SHOWN, Channel, ChannelVerdict

MAX_FIELD: Final = 1024  # characters of an embed's field
_KINDS: Final = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.ForumChannel)
TYPES: Final = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.media,
)

STATES: Final[dict[ChannelVerdict, Text]] = {
    "shown": Text("shown"),
    "shown_by_managers": Text("shown by managers"),
    "hidden_by_managers": Text("hidden by managers"),
    "private": Text("not public"),
    "age_restricted": Text("age-restricted"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A channel that somebody chose; `known` is what Discord tells the bot of it, if it may view it."""

    id: int
    known: Channel | None

    @property
    def mention(self) -> str:
        """The channel as Discord writes it for whoever may read its name."""
        return f"<#{self.id}>"


class ChannelOption(app_commands.Transformer):
    """Discord's own choice of a channel: it offers what whoever asks can see, also where the bot can't."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """What Discord offers."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Of which kinds: those that viewers can be shown."""
        return list(TYPES)

    async def transform(self, interaction: discord.Interaction, value: object, /) -> Chosen:
        """Read what was chosen; who can't look into a channel may not decide on it."""
        guild = interaction.guild
        seen = isinstance(value, app_commands.AppCommandChannel) and value.permissions.view_channel
        if not seen or guild is None or value.type not in TYPES:  # type: ignore[attr-defined]  # it is one then
            raise Refused(Text("There is no such channel, or you can't see it. Choose one from the list."))
        return chosen(guild, value.id)  # type: ignore[attr-defined]


def chosen(guild: discord.Guild, channel_id: int) -> Chosen:
    """Look a channel up that somebody chose."""
    channel = guild.get_channel(channel_id)
    return Chosen(channel_id, channel if isinstance(channel, _KINDS) else None)


def channels_of(guild: discord.Guild) -> Iterator[Channel]:
    """Name the channels that can be shown, as Discord orders them."""
    for _, channels in guild.by_category():
        yield from (channel for channel in channels if isinstance(channel, _KINDS))


def grouped(member: discord.Member, policy: Policy) -> dict[ChannelVerdict, list[Channel]]:
    """Sort the channels that somebody may know of by what holds for them."""
    groups: dict[ChannelVerdict, list[Channel]] = {verdict: [] for verdict in STATES}
    for channel in channels_of(member.guild):
        verdict = policy.channel_verdict(channel)
        if verdict in SHOWN or channel.permissions_for(member).view_channel:
            groups[verdict].append(channel)
    return groups


def listed(channels: Iterable[int], language: Language, limit: int = MAX_FIELD) -> str:
    """Write channels one after the other, as many as have room; only who may see one will read its name."""
    mentions = [f"<#{channel_id}>" for channel_id in channels]
    room = limit - len(_more(len(mentions)).within(language))
    shown: list[str] = []
    for mention in mentions:
        room -= len(mention) + 1
        if room < 0:
            shown.append(_more(len(mentions) - len(shown)).within(language))
            break
        shown.append(mention)
    return " ".join(shown)


def _more(count: int) -> Text:
    return Text("and {count} more", count=count)
