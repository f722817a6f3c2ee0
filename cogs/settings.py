"""What owners and members have decided about what is shown: values, and what holds where nobody decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

MAX_ROLES: Final = 25  # whose members aren't shown: as many as a menu takes
MAX_LINE: Final = 40  # characters that somebody says over their head

MessageMode = Literal["full", "recap", "bubble", "off"]
OfflineMode = Literal["show", "hide", "auto"]
Protection = Literal["off", "login", "password"]
Ending = Literal["deleted", "forbidden"]
Blockable = Literal["guild", "user"]

READABLE: Final[frozenset[MessageMode]] = frozenset({"full", "recap"})  # where viewers read what is written


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What a guild's managers have decided.

    `listed` is whether the guild stands in everybody's server list; `name` its public name in place of
    Discord's. `messages` is whether words are shown as they are, so and for two minutes also to who arrives,
    as a bubble without words, or not at all; `offline` whether offline members are, where `auto` leaves it
    to the guild's size. `protection` says who may watch: everybody, who logs in as a member (with
    `role_id`: one who has that role), or who knows the password, kept as a hash. `audience` is the role
    that counts as everybody: what it can see is public, and who doesn't have it isn't shown; @everyone,
    whose id is the guild's, where everybody is meant. `channels` has those that are shown or hidden against
    the rule, by snowflake; `proxies` the channels in which what webhooks say is shown; `hidden` the members
    that moderators have hidden, and `hidden_roles` the roles whose members aren't shown. With `optin`, only
    members are shown who have agreed to that. `live_channel` and `live_message` are where a message is kept
    up to date, `live_ended` is why that came to an end by itself. `gestures` is whether
    members who watch and are shown may make their own figure wave, hop or sit. With `role_names` viewers read
    what the roles are called that give members their colour.
    """

    shown: bool = True
    listed: bool = True
    name: str | None = None
    messages: MessageMode = "full"
    offline: OfflineMode = "auto"
    bots: bool = True
    protection: Protection = "off"
    role_id: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    audience: int | None = None
    live_channel: int | None = None
    live_message: int | None = None
    live_ended: Ending | None = None
    channels: Mapping[int, bool] = field(default_factory=lambda: MappingProxyType({}))
    proxies: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    hidden_roles: frozenset[int] = frozenset()
    optin: bool = False
    gestures: bool = True
    role_names: bool = False


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """What a person has decided about themselves, in every guild.

    `hidden` people are not shown at all, the words of `muted` ones are not. `color` is `#rrggbb`, in place
    of their role's. Who has `agreed` is shown where only those are; `line` is what they say over their head.
    """

    hidden: bool = False
    muted: bool = False
    color: str | None = None
    agreed: bool = False
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What who runs the bot has to say to viewers; empty: nothing. Until when, and since when.

    Times are in seconds since 1970.
    """

    text: str = ""
    until: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class News:
    """What has been decided in another process of the same bot: for each whom it concerns, before and after.

    `defaults` are the guilds that were or are now what a viewer without a choice sees, `blocks` the guilds
    and people whom who runs the bot has blocked or lets in again, `notice` what they have to tell viewers.
    """

    guilds: Mapping[int, tuple[GuildSettings, GuildSettings]]
    members: Mapping[int, tuple[MemberSettings, MemberSettings]]
    defaults: frozenset[int] = frozenset()
    blocks: frozenset[tuple[Blockable, int]] = frozenset()
    notice: Announcement | None = None


class NotSaved(Exception):
    """A setting could not be stored, and nothing was changed."""
