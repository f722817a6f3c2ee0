"""What a manager sees at a glance: what is shown, what is not, and what is missing."""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import discord
from discord.ext import commands

from bridge.backplane.parts import Overview, Part
from cogs.commands.census import Census
from cogs.commands.choices import channels_of, listed
from cogs.commands.replies import MAX_TITLE, called, plain
from cogs.needs import Policy
from cogs.settings import Ending, GuildSettings, MessageMode, OfflineMode
from cogs.texts import Language, Lines, Text
from cogs.verdicts import ChannelVerdict, MemberVerdict

PORTAL: Final = "https://discord.com/developers/applications"
MAX_MISSING: Final = 10  # ranges that are named

_MEMBERS: Final[dict[MemberVerdict, Text]] = {
    "opted_out": Text("hid themselves"),
    "blocked": Text("blocked by my operator"),
    "hidden_by_moderators": Text("hidden by moderators"),
    "hidden_by_role": Text("hidden by a role"),
    "gated": Text("behind the gate"),
    "outside": Text("without the role that counts as everybody"),
    "not_agreed": Text("not agreed yet"),
    "bot": Text("bots"),
    "offline": Text("offline"),
}
_CHANNELS: Final[dict[ChannelVerdict, Text]] = {
    "shown_by_managers": Text("of these because managers show them"),
    "hidden_by_managers": Text("hidden by managers"),
    "private": Text("not public"),
    "age_restricted": Text("age-restricted"),
}
MESSAGES: Final[dict[MessageMode, Text]] = {
    "full": Text("Viewers read them."),
    "recap": Text("Viewers read them; who arrives also reads what was written in the last two minutes."),
    "bubble": Text("Viewers see that somebody talks, but not what."),
    "off": Text("Viewers see nothing of them."),
}
GESTURES: Final = {
    True: Text("Members who are logged in and shown may make their own figure wave, hop or sit."),
    False: Text("Nobody may make a gesture on the page."),
}
ROLE_NAMES: Final = {
    True: Text(
        "Viewers read what the roles are called that give shown members their colour, and how many of them "
        "are online."
    ),
    False: Text("Viewers see the colours of roles, but not what the roles are called."),
}
# What the portal calls them, and what it costs to lack one.
_INTENTS: Final = {
    "presences": ("Presence Intent", Text("everybody counts as online, and activities aren't shown.")),
    "members": (
        "Server Members Intent",
        Text("only people who talk or sit in a voice channel are shown."),
    ),
    "message_content": ("Message Content Intent", Text("people talk in empty bubbles.")),
}


def only_here(url: str) -> bool:
    """Tell whether an address leads nowhere but to the computer it is opened on."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


OFFLINE: Final[dict[OfflineMode, Text]] = {
    "show": Text("Offline members are shown."),
    "hide": Text("Offline members are not shown."),
    "auto": Text("Offline members are shown as long as there are at most 500 members."),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a status tells of a guild; `name`, `link` and `viewers` are those of its room.

    `login_missing` says what is needed before people can log in, if anything is; `whole` is what all
    processes of the bot have together, for who runs them.
    """

    bot: commands.AutoShardedBot
    guild: discord.Guild
    policy: Policy
    census: Census
    settings: GuildSettings
    name: str
    link: str
    viewers: int
    login_missing: Text | None = None
    whole: Text | None = None

    async def embed(self, language: Language) -> discord.Embed:
        """Write it in a language."""
        shown, gated = self.settings.shown, self.policy.is_gated(self.guild)
        embed = discord.Embed(
            title=plain(self.name)[:MAX_TITLE],
            description=self.verdict().within(language),
            color=discord.Color.green() if shown and not gated else discord.Color.light_grey(),
        )
        for title, text, inline in (
            (Text("Link"), Text("{link}", link=self.link), False),
            (Text("Viewers now"), Text("{count}", count=self.viewers), True),
            (Text("In the server list"), self.listed(), True),
            (Text("Who may watch"), self.protection(), False),
            (Text("Counts as everybody"), self.audience(), True),
            (Text("Members"), await self._members(), True),
            (Text("Channels"), self.channels(), True),
            (Text("Messages"), MESSAGES[self.settings.messages], False),
            *([(Text("Consent"), self.optin(), False)] if self.settings.optin else []),
            *([] if self.settings.gestures else [(Text("Gestures"), self.gestures(), False)]),
            *([(Text("Role names"), self.role_names(), False)] if self.settings.role_names else []),
            *self._live(),
            (Text("What I need"), self._needs(language), False),
        ):
            embed.add_field(name=title.within(language), value=text.within(language), inline=inline)
        if self.whole is not None:
            title = Text("The whole bot")
            embed.add_field(name=title.within(language), value=self.whole.within(language), inline=False)
        return embed

    def _live(self) -> Iterator[tuple[Text, Text, bool]]:
        """Tell where the live message is, or why there is none any more."""
        if self.settings.live_channel is not None:
            yield Text("Live message"), Text("{channel}", channel=f"<#{self.settings.live_channel}>"), False
        elif self.settings.live_ended is not None:
            yield Text("Live message"), _ENDED[self.settings.live_ended], False

    @property
    def plain_name(self) -> str:
        """Its public name, so that Discord shows it as it is."""
        return plain(self.name)

    def listed(self) -> Text:
        """Tell whether it is in everybody's list."""
        return _LISTED if self.settings.listed and not self.policy.is_gated(self.guild) else _UNLISTED

    def bots(self) -> Text:
        """Tell whether bots are shown."""
        return Text("Bots are shown.") if self.settings.bots else Text("Bots are not shown.")

    def optin(self) -> Text:
        """Tell whether members have to agree before they are shown."""
        if self.settings.optin:
            return Text("Only members who have agreed with {/myself show} are shown, and no bots.")
        return Text("Members are shown until they hide themselves.")

    def gestures(self) -> Text:
        """Tell whether members may make their own figure move."""
        return GESTURES[self.settings.gestures]

    def role_names(self) -> Text:
        """Tell whether viewers read what roles are called."""
        return ROLE_NAMES[self.settings.role_names]

    def verdict(self) -> Text:
        """Tell whether it is shown."""
        if not self.policy.shows_guild(self.guild):
            return NOT_SHOWN
        return gate(self.settings) if self.policy.is_gated(self.guild) else _SHOWN

    def audience(self) -> Text:
        """Tell which role counts as everybody."""
        role = self.policy.everybody(self.guild)
        if role is None or self.policy.is_gated(self.guild):
            return Text("Nobody yet.")
        return Text("{role}", role=called(role))

    def protection(self) -> Text:
        """Tell who may watch."""
        if self.settings.protection == "off":
            return Text("Everybody.")
        if self.settings.protection == "password":
            return Text("People who know the password.")
        if self.settings.role_id is None:
            return Text("Members of this server, after login.")
        role = self.guild.get_role(self.settings.role_id)
        if role is None:
            return Text("Nobody: the role that was chosen is gone. {/dzone protect login} chooses another.")
        return Text("Members with the role {role}, after login.", role=role.mention)

    async def _members(self) -> Text:
        counts = await self.census.of(self.guild)
        unknown = (self.guild.member_count or 0) - counts.total()
        lines = [_count(_SHOWN_COUNT, counts["shown"])]
        lines += [_count(reason, counts[verdict]) for verdict, reason in _MEMBERS.items() if counts[verdict]]
        if unknown > 0:
            lines.append(_count(Text("not loaded yet"), unknown))
        return Lines(*lines)

    def channels(self) -> Text:
        """Count the channels by what holds for them."""
        counts = Counter(self.policy.channel_verdict(channel) for channel in channels_of(self.guild))
        lines = [_count(_SHOWN_COUNT, counts["shown"] + counts["shown_by_managers"])]
        lines += [_count(reason, counts[verdict]) for verdict, reason in _CHANNELS.items() if counts[verdict]]
        return Lines(*lines)

    def _needs(self, language: Language) -> Text:
        missing = [
            Text(
                "The {intent} is off: {cost} My operator has to switch it on at {link} and restart me.",
                intent=name,
                cost=cost,
                link=f"{PORTAL}/{self.bot.application_id}/bot",
            )
            for intent, (name, cost) in _INTENTS.items()
            if not getattr(self.bot.intents, intent)
        ]
        if not self.guild.me.guild_permissions.view_channel:
            missing.append(
                Text(
                    "The permission View Channels is missing: give it to my role, in Server Settings → Roles."
                )
            )
        elif waiting := self.policy.waiting(self.guild.id):
            missing.append(
                Text(
                    "I can't see {channels}, so viewers see nothing of them. Give my role View Channel "
                    "there, or hide them with {/dzone channels hide}.",
                    channels=listed(waiting, language, limit=400),
                )
            )
        own = self.guild.me.guild_permissions
        if not (own.send_messages and own.embed_links):
            missing.append(
                Text(
                    "The permissions Send Messages and Embed Links are missing. I need them only for "
                    "messages of my own; everything else works without them."
                )
            )
        if self.settings.protection == "login" and self.login_missing is not None:
            missing.append(self.login_missing)
        if only_here(self.link):
            missing.append(
                Text("The link opens only on the computer that I run on: my operator has to set PUBLIC_URL.")
            )
        return Lines(*missing) if missing else Text("Nothing: I have all permissions and intents.")


_ENDED: Final[dict[Ending, Text]] = {
    "deleted": Text("It was deleted. {/dzone live channel} writes another."),
    "forbidden": Text(
        "I may no longer see its channel, so it isn't up to date. {/dzone live channel} writes another."
    ),
}
_SHOWN: Final = Text("This server is shown. {/dzone disable} hides it.")
_GATED: Final = Text(
    "This server is gated: @everyone sees none of its channels, so I show nobody and don't list it. "
    "{/dzone audience} chooses the role that counts as everybody here."
)
_NO_AUDIENCE: Final = Text(
    "The role that counted as everybody is gone or sees everything now, so I show nobody and don't list this "
    "server. {/dzone audience} chooses another."
)
NOT_SHOWN: Final = Text("This server isn't shown to anybody. {/dzone enable} shows it.")
_LISTED: Final = Text("Yes.")
_UNLISTED: Final = Text("No, only its link opens it.")
_SHOWN_COUNT: Final = Text("shown")


def gate(settings: GuildSettings) -> Text:
    """Say why a gated guild shows nobody, and what to do."""
    return _GATED if settings.audience is None else _NO_AUDIENCE


def whole_bot(whole: Overview | None) -> Text:
    """Say what all processes have together, and what is missing."""
    if whole is None:
        return Text("My other processes can't be asked now.")
    told = Text(
        "Servers: {guilds}. Viewers: {viewers}. Bot processes: {processes}.",
        guilds=whole.guilds, viewers=whole.viewers, processes=whole.processes,
    )  # fmt: skip
    if not whole.missing:
        return told
    missing = Text(
        "No process has the shards {shards}: their servers stay as they were until one starts.",
        shards=shards_of(whole.missing),
    )
    return Lines(told, missing)


def shards_of(parts: Sequence[Part]) -> str:
    """Name which shards these are, as far as there is room."""
    return ", ".join(map(str, parts[:MAX_MISSING])) + (" …" if parts[MAX_MISSING:] else "")


def _count(what: Text, count: int) -> Text:
    return Text("{count} {what}", count=count, what=what)
