"""`/host`: who runs the bot sees where it is, leaves, blocks, and tells viewers something."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bridge.backplane.parts import Overview
from bridge.running.named import of_guild
from bridge.running.words import one_line
from cogs.commands.desk import Desk
from cogs.commands.dialogs import confirm
from cogs.commands.replies import MAX_REASON, NOBODY, NOT_TAKEN, Refused, answer, expect_choices, plain, wait
from cogs.commands.standing import OUTDATED, custom_id, standing
from cogs.settings import Announcement
from cogs.texts import Language, Lines, Text, language_of

log = logging.getLogger(__name__)

PAGE: Final = 10  # servers at a time
BREATH: Final = 1_000  # servers that are counted without letting others in between
MAX_NAME: Final = 60  # characters of a name in the list
MAX_LISTED: Final = 40  # blocked ones that are named
MAX_NOTICE: Final = 300  # characters
MAX_HOURS: Final = 24  # that an announcement stands
HOST: Final = "Host"  # the name of the cog, to which its buttons lead
_ID: Final = re.compile(r"(?:<@!?)?([1-9][0-9]{14,18})>?")  # a mention names somebody, too

_MINE: Final = Text("Only my operator, who runs this bot, can use that, and only where they chose to.")
_NO_ID: Final = Text(
    "That is no id. With the developer mode of its settings on, Discord copies the id of a server or of "
    "somebody by right-click."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A server in the list: how large, how much watched, and what keeps viewers from seeing it."""

    id: int
    name: str
    members: int
    viewers: int
    trouble: Text | None

    def text(self) -> Text:
        """Write it down, in a line."""
        line = Text(
            "`{id}` **{name}** · members: {members} · viewers: {viewers}",
            id=self.id, name=self.name, members=self.members, viewers=self.viewers,
        )  # fmt: skip
        return line if self.trouble is None else Text("{line} · ⚠ {trouble}", line=line, trouble=self.trouble)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of all servers, those with the most viewers first: its number, from 0, and that of the last."""

    rows: list[Row]
    number: int
    last: int
    count: int
    viewers: int
    whole: Overview | None

    def text(self) -> Text:
        """Say which they are."""
        parts = [
            Text(
                "**Servers: {count}, viewers: {viewers}**",
                count=self.count, viewers=self.viewers,
            )
        ]  # fmt: skip
        if self.whole is not None:
            parts.append(
                Text(
                    "All my processes together: {guilds} servers, {viewers} viewers. Listed are those of the "
                    "process that answers you.",
                    guilds=self.whole.guilds, viewers=self.whole.viewers,
                )
            )  # fmt: skip
        parts += [row.text() for row in self.rows]
        if self.last:
            parts.append(Text("Page {page} of {pages}", page=self.number + 1, pages=self.last + 1))
        return Lines(*parts)

    def view(self, language: Language) -> discord.ui.View:
        """Make the buttons to the other pages."""
        view = discord.ui.View(timeout=None)
        for label, number in ((Text("Back"), self.number - 1), (Text("Next"), self.number + 1)):
            if 0 <= number <= self.last:
                button: discord.ui.Button[Any] = discord.ui.Button(
                    label=label.within(language), custom_id=custom_id(HOST, f"page_{number}")
                )
                view.add_item(button)
        return standing(view)


class Host(
    Desk,
    commands.GroupCog,
    name=HOST,
    group_name="host",
    group_description="For who runs this bot: where it is, and who may not use it.",
):
    """What who runs the bot may do, in a direct message; or in one server alone, if one is named.

    Discord shows the commands to whoever writes to the bot, and this cog refuses everybody else.
    """

    def __init__(self, *args: Any, place: int | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self._place_id = place
        group = self.app_command
        assert group is not None  # noqa: S101 - a GroupCog has one
        if place is None:
            group.allowed_contexts = app_commands.AppCommandContext(
                guild=False, dm_channel=True, private_channel=False
            )
        else:
            group.default_permissions = discord.Permissions(administrator=True)

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Refuse everybody else, and other places, whatever Discord let them see."""
        await self._expect_owner(interaction)
        expect_choices(interaction)
        return True

    async def _expect_owner(self, interaction: discord.Interaction) -> None:
        if interaction.guild_id != self._place_id or not await self._bot.is_owner(interaction.user):
            raise Refused(_MINE)

    # Where it is

    @app_commands.command()
    async def servers(self, interaction: discord.Interaction) -> None:
        """List all servers, with members, viewers and troubles."""
        await wait(interaction)
        page = await self._page(0)
        language = language_of(interaction.locale)
        embed = discord.Embed(description=page.text().within(language))
        view = page.view(language)
        await interaction.followup.send(embed=embed, view=view, ephemeral=True, allowed_mentions=NOBODY)

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:  # noqa: ARG002
        """Turn the page."""
        await self._expect_owner(interaction)
        name, _, number = what.partition("_")
        if name != "page" or not number.isdecimal():
            raise Refused(OUTDATED)
        await interaction.response.defer()
        page = await self._page(int(number))
        language = language_of(interaction.locale)
        embed = discord.Embed(description=page.text().within(language))
        await interaction.edit_original_response(
            embed=embed, view=page.view(language), allowed_mentions=NOBODY
        )

    async def _page(self, number: int) -> Page:
        viewers: dict[int, int] = {}
        guilds = list(self._bot.guilds)
        for looked_at, guild in enumerate(guilds, 1):
            viewers[guild.id] = await self._viewers(guild)
            if looked_at % BREATH == 0:
                await asyncio.sleep(0)
        guilds.sort(key=lambda guild: (-viewers[guild.id], -(guild.member_count or 0), guild.id))
        last = max(0, (len(guilds) - 1) // PAGE)
        number = min(number, last)
        return Page(
            [self._row(guild, viewers[guild.id]) for guild in guilds[number * PAGE : (number + 1) * PAGE]],
            number, last, len(guilds), sum(viewers.values()), await self._bridge.overview(),
        )  # fmt: skip

    def _row(self, guild: discord.Guild, viewers: int) -> Row:
        name = plain(guild.name[:MAX_NAME]) if guild.name else "?"
        return Row(guild.id, name, guild.member_count or 0, viewers, self._trouble(guild))

    def _trouble(self, guild: discord.Guild) -> Text | None:
        """Say what keeps viewers from seeing a server, if anything does."""
        if guild.unavailable or not guild.name:
            return Text("Discord tells nothing of it")
        if not self._policy.shows_guild(guild):
            return Text("not shown")
        return Text("nothing in it is public") if self._policy.is_gated(guild) else None

    # Leave and block

    @app_commands.command()
    @app_commands.describe(server="The server's id; the list has it.")
    async def leave(self, interaction: discord.Interaction, server: str) -> None:
        """Leave a server; its managers may invite the bot again."""
        guild_id = _id(server)

        async def leave(pressed: discord.Interaction) -> Text:
            await self._expect_owner(pressed)
            if not await self._leave(guild_id):
                return Text("I am in no server with that id.")
            return Text("I have left **{name}**.", name=name)

        name = self._called(guild_id)
        warning = Text(
            "I leave **{name}**. What its managers decided stays stored for 30 days, in case they invite me "
            "again. {/host block-server} keeps me from coming back.",
            name=name,
        )
        await confirm(interaction, warning, Text("Leave it"), leave)

    @app_commands.command(name="block-server")
    @app_commands.describe(server="The server's id; the list has it.")
    async def block_server(self, interaction: discord.Interaction, server: str) -> None:
        """Leave a server, and never show it again, whoever invites the bot."""
        guild_id = _id(server)

        async def block(pressed: discord.Interaction) -> Text:
            await self._expect_owner(pressed)
            await self._decisions.block("guild", guild_id, blocked=True)
            await self._leave(guild_id)
            return Text("**{name}** is blocked. {/host unblock-server} takes that back.", name=name)

        name = self._called(guild_id)
        warning = Text(
            "I leave **{name}**, never show it again, and leave at once when somebody invites me there.",
            name=name,
        )
        await confirm(interaction, warning, Text("Block it"), block)

    @app_commands.command(name="unblock-server")
    @app_commands.describe(server="The server's id; the list has it.")
    async def unblock_server(self, interaction: discord.Interaction, server: str) -> None:
        """Let a blocked server invite the bot again."""
        guild_id = _id(server)
        await wait(interaction)
        await self._decisions.block("guild", guild_id, blocked=False)
        text = Text("The server `{id}` isn't blocked: its managers may invite me.", id=guild_id)
        await answer(interaction, text)

    @app_commands.command(name="block-user")
    @app_commands.describe(user="A person's id, or a mention.")
    async def block_user(self, interaction: discord.Interaction, user: str) -> None:
        """Show somebody nowhere any more, and take no commands from them."""
        user_id = _id(user)
        if await self._bot.is_owner(discord.Object(user_id)):  # type: ignore[arg-type]  # it reads no more than the id
            raise Refused(Text("That is who runs this bot."))
        await wait(interaction)
        await self._decisions.block("user", user_id, blocked=True)
        text = Text(
            "<@{id}> is blocked: viewers see nothing of them in any server, and I take no commands from "
            "them. {/host unblock-user} takes that back.",
            id=user_id,
        )
        await answer(interaction, text)

    @app_commands.command(name="unblock-user")
    @app_commands.describe(user="A person's id, or a mention.")
    async def unblock_user(self, interaction: discord.Interaction, user: str) -> None:
        """Show somebody again, and take their commands."""
        user_id = _id(user)
        await wait(interaction)
        await self._decisions.block("user", user_id, blocked=False)
        await answer(interaction, Text("<@{id}> isn't blocked.", id=user_id))

    @app_commands.command()
    async def blocked(self, interaction: discord.Interaction) -> None:
        """List the servers and people that are blocked."""
        named = self._decisions.settings.blocked
        guilds, users = named("guild"), named("user")
        text = Lines(
            Text("**Blocked servers: {count}**", count=len(guilds)),
            *_listed(f"`{guild_id}`" for guild_id in guilds),
            Text("**Blocked people: {count}**", count=len(users)),
            *_listed(f"<@{user_id}>" for user_id in users),
        )
        await answer(interaction, text)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Leave a blocked server in which the bot is, as after a start."""
        if not self._decisions.settings.is_blocked("guild", guild.id):
            return
        try:
            await self._leave(guild.id)
        except NOT_TAKEN as error:
            said = one_line(str(error), MAX_REASON) or type(error).__name__
            of_guild(log, guild.id).warning("blocked, but Discord doesn't let the bot leave: %s", said)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Leave a blocked server that invited the bot again."""
        await self.on_guild_available(guild)

    async def _leave(self, guild_id: int) -> bool:
        """Leave a server, whichever process has it; tell whether the bot was there."""
        try:
            await self._bot.http.leave_guild(guild_id)
        except discord.NotFound:
            return False
        return True

    def _called(self, guild_id: int) -> str:
        guild = self._bot.get_guild(guild_id)
        return plain(guild.name) if guild and guild.name else str(guild_id)

    # Viewers

    @app_commands.command()
    @app_commands.describe(
        text="What viewers read, in your words.", hours="For how many hours; without it, for one."
    )
    async def announce(
        self,
        interaction: discord.Interaction,
        text: app_commands.Range[str, 1, MAX_NOTICE],
        hours: app_commands.Range[int, 1, MAX_HOURS] = 1,
    ) -> None:
        """Tell everybody who watches something, such as when you restart the bot."""
        said = " ".join(text.split())
        if not said:
            raise Refused(Text("There is nothing to say in that."))
        await wait(interaction)
        until = time.time() + hours * 3600
        await self._decisions.announce(Announcement(said, until))
        done = Text(
            "Everybody who has the page open reads this now, and whoever opens it until <t:{until}:t>. "
            "{/host withdraw} takes it back.\n> {text}",
            until=int(until), text=plain(said),
        )  # fmt: skip
        await answer(interaction, done)

    @app_commands.command()
    async def withdraw(self, interaction: discord.Interaction) -> None:
        """Take back what you announced."""
        await wait(interaction)
        await self._decisions.announce(Announcement())
        await answer(interaction, Text("Nothing is announced any more."))


def _listed(names: Iterable[str]) -> list[Text]:
    """Write names one after the other, as many as have room."""
    names = list(names)
    if not names:
        return []
    more = [Text("and {count} more", count=len(names) - MAX_LISTED)] if len(names) > MAX_LISTED else []
    return [Text("{names}", names=" ".join(names[:MAX_LISTED])), *more]


def _id(written: str) -> int:
    """Read an id, or a mention.

    Raises:
        Refused: if it is none.
    """
    match = _ID.fullmatch(written.strip())
    if match is None:
        raise Refused(_NO_ID)
    return int(match[1])
