"""`/host`: who runs the bot sees where it is, leaves, blocks, and tells viewers something."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bridge.errors import Silence
from bridge.running.named import of_guild
from bridge.running.words import one_line
from cogs.commands.desk import Desk
from cogs.commands.dialogs import confirm
from cogs.commands.handbook import FOR_HOST
from cogs.commands.hosted import Cut, Page, Rank, Row, Share
from cogs.commands.replies import (
    MAX_REASON,
    MAX_TITLE,
    NOBODY,
    NOT_TAKEN,
    Refused,
    answer,
    expect_choices,
    plain,
    wait,
)
from cogs.commands.standing import OUTDATED
from cogs.commands.status import shards_of
from cogs.settings import Announcement
from cogs.texts import Lines, Text, language_of

log = logging.getLogger(__name__)

BREATH: Final = 1_000  # servers that are counted without letting others in between
MAX_LISTED: Final = 40  # blocked ones that are named
MAX_NOTICE: Final = 300  # characters
MAX_HOURS: Final = 24  # that an announcement stands
SOON: Final = 1.0  # seconds that another process has to name a server
HOST: Final = "Host"  # the name of the cog, to which its buttons lead
_ID: Final = re.compile(r"(?:<@!?)?([1-9][0-9]{14,18})>?")  # a mention names somebody, too

_MINE: Final = Text("Only my operator, who runs this bot, can use that, and only where they chose to.")
_NO_ID: Final = Text(
    "That is no id. With the developer mode of its settings on, Discord copies the id of a server or of "
    "somebody by right-click."
)


class Host(
    Desk,
    commands.GroupCog,
    name=HOST,
    group_name="host",
    group_extras={FOR_HOST: True},
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
        page = await self._page(Cut())
        language = language_of(interaction.locale)
        embed = discord.Embed(description=page.text().within(language))
        view = page.view(HOST, language)
        await interaction.followup.send(embed=embed, view=view, ephemeral=True, allowed_mentions=NOBODY)

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:  # noqa: ARG002
        """Turn the page."""
        await self._expect_owner(interaction)
        cut = Cut.read(what)
        if cut is None:
            raise Refused(OUTDATED)
        await interaction.response.defer()
        page = await self._page(cut)
        language = language_of(interaction.locale)
        embed = discord.Embed(description=page.text().within(language))
        await interaction.edit_original_response(
            embed=embed, view=page.view(HOST, language), allowed_mentions=NOBODY
        )

    async def _page(self, cut: Cut) -> Page:
        """Ask all processes for a page."""
        page = await self._page_at(cut)
        instead = page.instead(cut)
        return page if instead is None else await self._page_at(instead)

    async def _page_at(self, cut: Cut) -> Page:
        shares = [await self._share(cut)]
        troubles: list[Text] = []
        if not self._bridge.is_alone:
            more, troubles = await self._shares_elsewhere(cut)
            shares += more
        return Page.of(cut, shares, tuple(troubles))

    async def _shares_elsewhere(self, cut: Cut) -> tuple[list[Share], list[Text]]:
        """Ask the other processes for what they have of a page; say whose is missing, and why."""
        try:
            others = await self._bridge.ask_others(cut.question())
        except Silence:
            return [], [Text("⚠ My other processes can't be asked now: their servers are missing here.")]
        shares = {part: Share.read(answer) for part, answer in others.answers.items()}
        found = [share for share in shares.values() if share is not None]
        silent = sorted([*others.silent, *(part for part, share in shares.items() if share is None)])
        troubles = []
        if silent:
            told = Text(
                "⚠ Nobody answers for the shards {shards}: their servers are missing here.",
                shards=shards_of(silent),
            )
            troubles.append(told)
        if others.missing:
            told = Text(
                "⚠ No process has the shards {shards}: their servers are missing here.",
                shards=shards_of(others.missing),
            )
            troubles.append(told)
        return found, troubles

    async def answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Tell another process of this bot what servers there are here."""
        match question:
            case {"ask": "name", "id": int(guild_id)}:
                named = self._bot.get_guild(guild_id)
                return {} if named is None else {"name": named.name or ""}
        cut = Cut.asked(question)
        return {} if cut is None else (await self._share(cut)).answer()

    async def _share(self, cut: Cut) -> Share:
        """Find what this process has of a page."""
        places: list[Rank] = []
        viewers = 0
        for looked_at, guild in enumerate(list(self._bot.guilds), 1):
            count = await self._viewers(guild)
            viewers += count
            places.append(Rank.of(count, guild.member_count or 0, guild.id))
            if looked_at % BREATH == 0:
                await asyncio.sleep(0)
        few, before = cut.of(sorted(places))
        rows = [self._row(place, there) for place in few if (there := self._bot.get_guild(place.id))]
        return Share(rows, before, len(places), viewers)

    def _row(self, place: Rank, guild: discord.Guild) -> Row:
        return Row(place, guild.name or "", self._trouble(guild))

    def _trouble(self, guild: discord.Guild) -> str | None:
        """Name what keeps viewers from seeing a server, if anything does."""
        if guild.unavailable or not guild.name:
            return "untold"
        if not self._policy.shows_guild(guild):
            return "hidden"
        return "gated" if self._policy.is_gated(guild) else None

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

        name = await self._called(guild_id)
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

        name = await self._called(guild_id)
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

    async def _called(self, guild_id: int) -> str:
        """Name a server, whichever process has it, as long as Discord waits for an answer; else by its id."""
        guild = self._bot.get_guild(guild_id)
        if guild is not None:
            return plain(guild.name) or str(guild_id)
        said: Iterable[Mapping[str, Any]] = ()
        if not self._bridge.is_alone:
            with contextlib.suppress(Silence):
                said = (await self._bridge.ask_others({"ask": "name", "id": guild_id}, SOON)).answers.values()
        names = [name for name in (answer.get("name") for answer in said) if isinstance(name, str) and name]
        return plain(names[0][:MAX_TITLE]) if names else str(guild_id)

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
        now = time.time()
        until = now + hours * 3600
        await self._decisions.announce(Announcement(said, until, now))
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
