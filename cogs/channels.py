"""Channels as managers choose and read them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import discord
from discord import app_commands

from cogs.needs import Policy
from cogs.replies import Refused
from cogs.texts import Language, Text
from cogs.verdicts import SHOWN, Channel, ChannelVerdict

MAX_CHOICES: Final = 25  # that Discord takes
MAX_CHOICE: Final = 100  # characters
MAX_FIELD: Final = 1024  # characters of an embed's field
_KINDS: Final = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.ForumChannel)
_ID: Final = re.compile(r"(?:<#|https://\S+/channels/[0-9]{1,20}/)?([0-9]{15,20})>?")

STATES: Final[dict[ChannelVerdict, Text]] = {
    "shown": Text("shown"),
    "shown_by_managers": Text("shown by managers"),
    "hidden_by_managers": Text("hidden by managers"),
    "private": Text("not public"),
    "age_restricted": Text("age-restricted"),
}


def channels_of(guild: discord.Guild) -> Iterator[Channel]:
    """Name the channels that can be shown, as Discord orders them."""
    for _, channels in guild.by_category():
        yield from (channel for channel in channels if isinstance(channel, _KINDS))


def channels_for(member: discord.Member, policy: Policy) -> Iterator[Channel]:
    """Name those that somebody may know of: who can't look into a channel may not open it to the world."""
    for channel in channels_of(member.guild):
        if policy.channel_verdict(channel) in SHOWN or channel.permissions_for(member).view_channel:
            yield channel


def find_channel(member: discord.Member, text: str, policy: Policy) -> Channel:
    """Find the channel that somebody chose, or named by hand: an id, a mention, a link or a name.

    Raises:
        Refused: if there is none such, or none that can be shown.
    """
    text = text.strip()
    known = list(channels_for(member, policy))
    if found := _ID.fullmatch(text):
        matching = [channel for channel in known if channel.id == int(found[1])]
        if not matching:
            _refuse_other_kinds(member.guild, int(found[1]))
    else:
        name = text.removeprefix("#").casefold()
        matching = [channel for channel in known if channel.name.casefold() == name]
    if not matching:
        raise Refused(Text("There is no such channel, or you can't see it. Choose one from the list."))
    if len(matching) > 1:
        raise Refused(Text("There are several channels with that name. Choose one from the list."))
    return matching[0]


def _refuse_other_kinds(guild: discord.Guild, channel_id: int) -> None:
    other = guild.get_channel_or_thread(channel_id)
    if isinstance(other, discord.Thread):
        raise Refused(Text("Threads follow their channel. Choose the channel."))
    if isinstance(other, discord.CategoryChannel):
        raise Refused(Text("That is a category. Choose the channels in it, one by one."))


def choices(
    member: discord.Member, typed: str, policy: Policy, language: Language
) -> list[app_commands.Choice[str]]:
    """Offer channels whose name has what is typed so far, with what holds for each; best first."""
    wanted = typed.strip().removeprefix("#").casefold()
    fitting = [channel for channel in channels_for(member, policy) if wanted in channel.name.casefold()]
    fitting.sort(key=lambda channel: not channel.name.casefold().startswith(wanted))
    return [
        app_commands.Choice(name=_choice(channel, policy, language), value=str(channel.id))
        for channel in fitting[:MAX_CHOICES]
    ]


def _choice(channel: Channel, policy: Policy, language: Language) -> str:
    state = STATES[policy.channel_verdict(channel)].within(language)
    return f"#{channel.name[: MAX_CHOICE - len(state) - 4]} · {state}"


def grouped(member: discord.Member, policy: Policy) -> dict[ChannelVerdict, list[Channel]]:
    """Sort the channels that somebody may know of by what holds for them."""
    groups: dict[ChannelVerdict, list[Channel]] = {verdict: [] for verdict in STATES}
    for channel in channels_for(member, policy):
        groups[policy.channel_verdict(channel)].append(channel)
    return groups


def listed(channels: Iterable[Channel], language: Language, limit: int = MAX_FIELD) -> str:
    """Write channels one after the other, as many as have room."""
    mentions = [channel.mention for channel in channels]
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
