"""Settings that are kept nowhere but in memory."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cogs.settings import Announcement, Blockable, GuildSettings, MemberSettings, News

UNDECIDED = GuildSettings()
HIDDEN_AT_FIRST = GuildSettings(shown=False)
UNSAID = MemberSettings()


@dataclass
class MemorySettings:
    """What tests decide, without a database."""

    guilds: dict[int, GuildSettings] = field(default_factory=dict)
    members: dict[int, MemberSettings] = field(default_factory=dict)
    default_guild: int | None = None
    announcement: Announcement = field(default_factory=Announcement)
    notes: dict[str, str] = field(default_factory=dict)
    left: dict[int, datetime] = field(default_factory=dict)
    first_shown: bool = True
    blocks: set[tuple[Blockable, int]] = field(default_factory=set)
    failures: int = 0

    @property
    def guild_ids(self) -> frozenset[int]:
        return frozenset(self.guilds)

    def guild(self, guild_id: int) -> GuildSettings:
        return self.guilds.get(guild_id, UNDECIDED if self.first_shown else HIDDEN_AT_FIRST)

    def is_met(self, guild_id: int) -> bool:
        return guild_id in self.guilds

    async def meet(self, joined: Mapping[int, datetime | None]) -> None:
        for guild_id in joined:
            self.guilds.setdefault(guild_id, self.guild(guild_id))

    def member(self, user_id: int) -> MemberSettings:
        return self.members.get(user_id, UNSAID)

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        self.guilds[guild_id] = settings

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        self.members[user_id] = settings

    async def change_member(
        self, user_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> tuple[MemberSettings, MemberSettings]:
        before = self.member(user_id)
        after = change(before)
        await self.save_member(user_id, after)
        return before, after

    async def follow(self, heard: Callable[[News], Awaitable[None]]) -> None:
        """There is no other process."""

    async def read_again(self) -> None:
        """There is no other process."""

    async def save_default(self, guild_id: int | None) -> None:
        self.default_guild = guild_id

    async def forget_guild(self, guild_id: int) -> None:
        self.guilds.pop(guild_id, None)

    def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def save_note(self, key: str, value: str | None) -> None:
        await self.save_notes({key: value})

    async def save_notes(self, notes: Mapping[str, str | None]) -> None:
        for key, value in notes.items():
            if value is None:
                self.notes.pop(key, None)
            else:
                self.notes[key] = value

    def is_blocked(self, kind: Blockable, snowflake: int) -> bool:
        return (kind, snowflake) in self.blocks

    def blocked(self, kind: Blockable) -> list[int]:
        return sorted(snowflake for of, snowflake in self.blocks if of == kind)

    async def save_block(self, kind: Blockable, snowflake: int, *, blocked: bool) -> None:
        if blocked:
            self.blocks.add((kind, snowflake))
        else:
            self.blocks.discard((kind, snowflake))

    async def save_announcement(self, announcement: Announcement) -> None:
        self.announcement = announcement

    async def note_left(self, guild_id: int, when: datetime) -> None:
        if guild_id in self.guilds:
            self.left.setdefault(guild_id, when)

    async def note_joined(self, guild_id: int) -> None:
        self.left.pop(guild_id, None)

    async def forget_left_before(
        self, when: datetime, among: Callable[[int], bool] = lambda _: True
    ) -> frozenset[int]:
        gone = frozenset(key for key, left in self.left.items() if left < when and among(key))
        for guild_id in gone:
            del self.left[guild_id], self.guilds[guild_id]
        return gone
