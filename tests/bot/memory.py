"""Settings that are kept nowhere but in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from cogs.settings import GuildSettings, MemberSettings

UNDECIDED = GuildSettings()
UNSAID = MemberSettings()


@dataclass
class MemorySettings:
    """What tests decide, without a database."""

    guilds: dict[int, GuildSettings] = field(default_factory=dict)
    members: dict[int, MemberSettings] = field(default_factory=dict)
    default_guild: int | None = None
    notes: dict[str, str] = field(default_factory=dict)
    left: dict[int, datetime] = field(default_factory=dict)

    @property
    def guild_ids(self) -> frozenset[int]:
        return frozenset(self.guilds)

    def guild(self, guild_id: int) -> GuildSettings:
        return self.guilds.get(guild_id, UNDECIDED)

    def member(self, user_id: int) -> MemberSettings:
        return self.members.get(user_id, UNSAID)

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        self.guilds[guild_id] = settings

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        self.members[user_id] = settings

    async def save_default(self, guild_id: int | None) -> None:
        self.default_guild = guild_id

    async def forget_guild(self, guild_id: int) -> None:
        self.guilds.pop(guild_id, None)

    def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def save_note(self, key: str, value: str) -> None:
        self.notes[key] = value

    async def note_left(self, guild_id: int, when: datetime) -> None:
        if guild_id in self.guilds:
            self.left.setdefault(guild_id, when)

    async def note_joined(self, guild_id: int) -> None:
        self.left.pop(guild_id, None)

    async def forget_left_before(self, when: datetime) -> frozenset[int]:
        gone = frozenset(guild_id for guild_id, left in self.left.items() if left < when)
        for guild_id in gone:
            del self.left[guild_id], self.guilds[guild_id]
        return gone
