"""What somebody is told about themselves: what is stored, and what viewers see of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import discord

from bridge.model import Member, Status
from cogs.commands.replies import plain
from cogs.needs import Bridge, Policy
from cogs.settings import MemberSettings
from cogs.texts import Lines, Text
from cogs.verdicts import MemberVerdict

_REASONS: Final[dict[MemberVerdict, Text]] = {
    "opted_out": Text("Viewers see nothing of you, because you have hidden yourself."),
    "blocked": Text("Viewers see nothing of you, because my operator has blocked you."),
    "hidden_by_moderators": Text("Viewers see nothing of you, because moderators have hidden you here."),
    "hidden_by_role": Text("Viewers see nothing of you, because of a role that you have here."),
    "gated": Text("Viewers see nobody here: nobody has decided yet who counts as everybody."),
    "outside": Text("Viewers see nothing of you: you don't have the role that counts as everybody here."),
    "not_agreed": Text(
        "Viewers see nothing of you: here they see only members who have agreed to that with {/myself show}."
    ),
    "bot": Text("Viewers see no bots here."),
    "offline": Text("Viewers see you only when you aren't offline, or for a while after you write."),
}
_STATUSES: Final[dict[Status, Text]] = {
    "online": Text("online"),
    "idle": Text("idle"),
    "dnd": Text("do not disturb"),
    "offline": Text("offline"),
}


@dataclass(frozen=True, slots=True)
class Portrait:
    """Of whom it is, with what they decided, and in which guild they ask.

    It `counts` in how many guilds viewers see them, where the bot knows of all.
    """

    user_id: int
    decided: MemberSettings
    guild: discord.Guild | None
    bridge: Bridge
    policy: Policy
    counts: bool = True

    def text(self) -> Text:
        """Write it down."""
        return Lines(
            Text("**What is stored about you, for all servers:**"),
            *self._stored(),
            Text("**What viewers see of you:**"),
            *(self._here(self.guild) if self.guild is not None else ()),
            *(self._counted() if self.counts else ()),
            Text("I store none of your messages, and not when you are online."),
        )

    def _counted(self) -> Iterator[Text]:
        seen = sum(1 for guild_id in self.bridge.guild_ids() if self.bridge.member(guild_id, self.user_id))
        yield Text("Servers in which viewers see you now: {count}", count=seen)

    def _stored(self) -> Iterator[Text]:
        if self.decided == MemberSettings():
            yield Text("Nothing: you have decided nothing, so each server shows you as its managers decided.")
        if self.decided.hidden:
            yield Text("You are hidden. {/myself undo} takes that back.")
        if self.decided.muted:
            yield Text("Your messages are hidden. {/myself undo} takes that back.")
        if self.decided.color:
            yield Text("Your figure is `{color}`. {/myself undo} takes that back.", color=self.decided.color)
        if self.decided.agreed:
            yield Text(
                "You have agreed to be shown where servers ask for that. {/myself undo} takes it back."
            )
        if self.decided.line:
            yield Text(
                "Over your head you say: {line} {/myself undo} takes that back.",
                line=plain(self.decided.line),
            )

    def _here(self, guild: discord.Guild) -> Iterator[Text]:
        if not self.policy.shows_guild(guild):
            yield Text("Viewers see nothing of this server: it isn't shown.")
            return
        seen, known = self.bridge.member(guild.id, self.user_id), guild.get_member(self.user_id)
        if seen is not None:
            yield from self._seen(seen)
        elif known is not None and (reason := _REASONS.get(self.policy.member_verdict(known))):
            yield reason
        else:
            yield Text("In this server viewers don't see you right now.")

    def _seen(self, seen: Member) -> Iterator[Text]:
        yield Text(
            "In this server you are **{name}**, {status}, with a figure in `{color}`.",
            name=plain(seen.username),
            status=_STATUSES[seen.status],
            color=seen.role_color,
        )
        if seen.activity:
            yield Text("What you do: {activity}", activity=plain(seen.activity))
        if seen.line:
            yield Text("Over your head they read: {line}", line=plain(seen.line))
        if seen.voice:
            yield Text("Where you talk: {channel}", channel=plain(seen.voice.channel_name))
        if self.decided.muted:
            yield Text("They don't read what you write.")
        else:
            yield Text("They read what you write in channels that are shown, if this server shows messages.")
