"""`/dzone setup`: one panel for all that managers decide on. Each change is made at once."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import discord
from discord import app_commands

from bridge.access.passwords import hash_password
from cogs.commands import proxies
from cogs.commands.choices import TYPES, Chosen, chosen, listed
from cogs.commands.desk import HIDDEN, Desk
from cogs.commands.dialogs import NameForm, PasswordForm
from cogs.commands.inputs import check_password, parse_name
from cogs.commands.panel import MOST, Panel, agreement
from cogs.commands.people import EVERYBODY_AGAIN, EVERYBODY_HAS_IT, ONLY_AGREED
from cogs.commands.replies import NOBODY, Refused, answer, called, say
from cogs.commands.standing import OUTDATED
from cogs.commands.status import GESTURES, MESSAGES, OFFLINE, ROLE_NAMES
from cogs.settings import GuildSettings
from cogs.texts import Language, Lines, Text, language_of

_CHANNEL: Final = re.compile(r"<#(\d{1,20})>")
_ROLE: Final = re.compile(r"<@&(\d{1,20})>")
_KINDS: Final = frozenset(kind.value for kind in TYPES)
MAX_ASKED: Final = 50  # channels that a warning has room for
CATEGORY: Final = discord.ChannelType.category

Change = Callable[[GuildSettings], GuildSettings]

# What the buttons with two states do, and what is said then.
SWITCHES: Final[dict[str, tuple[dict[str, Any], Text]]] = {
    "enable": ({"shown": True}, Text("This server is shown now.")),
    "disable": ({"shown": False}, HIDDEN),
    "list": ({"listed": True}, Text("This server is in the public list now.")),
    "unlist": (
        {"listed": False},
        Text("This server isn't in the public list any more. Its link still opens it."),
    ),
    "show_bots": ({"bots": True}, Text("Bots are shown.")),
    "hide_bots": ({"bots": False}, Text("Bots are not shown.")),
    "ask_members": ({"optin": True}, ONLY_AGREED),
    "ask_nobody": ({"optin": False}, EVERYBODY_AGAIN),
    "allow_gestures": ({"gestures": True}, GESTURES[True]),
    "forbid_gestures": ({"gestures": False}, GESTURES[False]),
    "show_role_names": ({"role_names": True}, ROLE_NAMES[True]),
    "hide_role_names": ({"role_names": False}, ROLE_NAMES[False]),
}


class ManageSetup(Desk):
    """The part of `/dzone` that is the panel, and what answers to whoever uses it."""

    @app_commands.command()
    async def setup(self, interaction: discord.Interaction) -> None:
        """Open a panel with all settings of this server, and change them there."""
        await self._open_panel(interaction)

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:
        """Do what somebody chose in the panel; who may is asked each time."""
        self._place(interaction, told=True)
        if what == "hidden_roles":
            await self._hide_roles(interaction, values)
        elif what in SWITCHES:
            fields, text = SWITCHES[what]
            await self._change(interaction, lambda settings: replace(settings, **fields), text)
        elif what.endswith("_channels"):
            await self._use_channels(interaction, what, values)
        elif act := self._acts().get(what):
            await act(interaction, *values)
        else:
            raise Refused(OUTDATED)

    def _acts(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "open": self._open_panel,
            "rename": self._ask_for_name,
            "watch": self._choose_watchers,
            "login_role": self._choose_login_role,
            "messages": self._choose_messages,
            "offline": self._choose_offline,
            "audience": self._choose_audience,
            "agree_audience": self._agree_to_audience,
            "proxies": self._choose_proxies,
            "agree_proxies": self._agree_to_proxies,
            "cancel": self._cancel,
        }

    # The panel

    async def _open_panel(self, interaction: discord.Interaction) -> None:
        guild = self._place(interaction, told=True).guild
        view = self._panel(guild, language_of(interaction.locale)).view()
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)

    def _panel(self, guild: discord.Guild, language: Language, notice: Text | None = None) -> Panel:
        return Panel(self.__cog_name__, self._report(guild), language, notice)

    async def _show(self, interaction: discord.Interaction, notice: Text) -> None:
        """Bring the panel to what is decided now, with what has happened above it."""
        guild = self._place(interaction).guild
        view = self._panel(guild, language_of(interaction.locale), notice).view()
        await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)

    async def _change(self, interaction: discord.Interaction, change: Change, text: Text) -> None:
        guild = self._place(interaction).guild
        if not interaction.response.is_done():
            await interaction.response.defer()
        settings = await self._decisions.change_guild(guild, change)
        await self._show(interaction, self._outcome(guild, settings, text))

    # Its menus

    async def _choose_watchers(self, interaction: discord.Interaction, protection: str) -> None:
        if protection == "password":
            await interaction.response.send_modal(PasswordForm(interaction, self._take_password))
        elif protection == "login":
            await self._choose_login_role(interaction)
        elif protection == "off":
            await self._protect(interaction, Text("Everybody may watch now."), protection="off")
        else:
            raise Refused(OUTDATED)

    async def _choose_login_role(
        self, interaction: discord.Interaction, role: discord.Role | None = None
    ) -> None:
        if role is None or role.is_default():
            who, role_id = Text("Only members of this server may watch now, after login."), None
        else:
            who = Text("Only members with the role {role} may watch now, after login.", role=role.mention)
            role_id = role.id
        text = who if self._page_login else Lines(who, self._login_missing())
        await self._protect(interaction, text, protection="login", role_id=role_id)

    async def _take_password(self, interaction: discord.Interaction, password: str) -> None:
        self._place(interaction)
        check_password(password)
        await interaction.response.defer()
        password_hash = await asyncio.to_thread(hash_password, password)
        text = Text(
            "Only people who know the password may watch now. Tell it to those you trust: I can't "
            "show it again."
        )
        await self._protect(interaction, text, protection="password", password_hash=password_hash)

    async def _protect(self, interaction: discord.Interaction, text: Text, **fields: Any) -> None:
        nothing = {"role_id": None, "password_hash": None}
        await self._change(interaction, lambda settings: replace(settings, **nothing | fields), text)

    async def _choose_messages(self, interaction: discord.Interaction, mode: str) -> None:
        text = _known(MESSAGES, mode)
        await self._change(interaction, lambda settings: replace(settings, messages=mode), text)  # type: ignore[arg-type]  # it is known

    async def _choose_offline(self, interaction: discord.Interaction, mode: str) -> None:
        text = _known(OFFLINE, mode)
        await self._change(interaction, lambda settings: replace(settings, offline=mode), text)  # type: ignore[arg-type]  # it is known

    # The name

    async def _ask_for_name(self, interaction: discord.Interaction) -> None:
        name = self._decisions.settings.guild(self._place(interaction).guild.id).name
        await interaction.response.send_modal(NameForm(interaction, name, self._take_name))

    async def _take_name(self, interaction: discord.Interaction, text: str) -> None:
        guild = self._place(interaction).guild
        name = parse_name(text) if text.strip() else None
        await interaction.response.defer()
        await self._decisions.change_guild(guild, lambda settings: replace(settings, name=name))
        said = Text(
            "Viewers know this server as **{name}** now. Older links keep working.", name=self._name(guild)
        )
        await self._show(interaction, said)

    # Who counts as everybody

    async def _choose_audience(self, interaction: discord.Interaction, role: discord.Role) -> None:
        if not self._policy.can_be_everybody(role):
            raise Refused(self._sees_all(role))
        warning = self._audience_warning(self._place(interaction).guild, role)
        buttons = agreement(self.__cog_name__, "agree_audience", language_of(interaction.locale))
        await answer(interaction, warning, view=buttons)

    async def _agree_to_audience(self, interaction: discord.Interaction) -> None:
        guild = self._place(interaction).guild
        found = _ROLE.search(_said(interaction))
        role = guild.get_role(int(found[1])) if found else guild.default_role
        if role is None or not self._policy.can_be_everybody(role):
            raise Refused(Text("That role is gone or sees everything now. Nothing was changed."))
        await self._decide_below(
            interaction,
            lambda settings: replace(settings, audience=role.id),
            Text(
                "{role} counts as everybody now: viewers see the members who have it, and the channels that "
                "they can see. {/dzone status} tells how many.",
                role=called(role),
            ),
        )

    async def _hide_roles(self, interaction: discord.Interaction, roles: list[discord.Role]) -> None:
        if any(role.is_default() for role in roles):
            raise Refused(EVERYBODY_HAS_IT)
        chosen_ids = frozenset(role.id for role in roles)
        if roles:
            named = " ".join(role.mention for role in sorted(roles))
            text = Text("Members with these roles aren't shown, nor is what they wrote: {roles}", roles=named)
        else:
            text = Text("No role hides anybody any more.")
        await self._change(interaction, lambda settings: replace(settings, hidden_roles=chosen_ids), text)

    # Channels

    async def _use_channels(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:
        place = self._place(interaction)
        if what == "agree_channels":
            ids = map(int, _CHANNEL.findall(_said(interaction)))
            await self._agree_to_channels(interaction, list(dict.fromkeys(ids)))
            return
        some = list(_spread(values, place.manager))
        if not some:
            raise Refused(Text("There is no channel in it that you can see and viewers could be shown."))
        match what:
            case "hide_channels":
                text = Text(
                    "Hidden now, and what was said there is removed: {channels}",
                    channels=_named(some, interaction),
                )
                await self._change(interaction, overriding({each.id: False for each in some}), text)
            case "reset_channels":
                text = Text("The rule applies again to {channels}", channels=_named(some, interaction))
                await self._change(interaction, overriding(dict.fromkeys(each.id for each in some)), text)
            case "show_channels":
                await self._show_channels(interaction, some)
            case _:
                raise Refused(OUTDATED)

    async def _show_channels(self, interaction: discord.Interaction, some: list[Chosen]) -> None:
        """Show at once what is public; the others only after somebody has read what that means."""
        public = [each for each in some if each.known is not None and self._policy.is_public(each.known)]
        others = [each for each in some if each not in public and not self._is_shown(each)]
        if public:
            text = Text("Shown now: {channels}", channels=_named(public, interaction))
            await self._change(interaction, overriding(dict.fromkeys(each.id for each in public)), text)
        if others:
            asked = others[:MAX_ASKED]
            warning = Text(
                "**Not everybody in this server can see these channels, or they are age-restricted:** "
                "{channels}\nIf you show them, strangers all over the world see their names, who is in them "
                "and what they write. Do those who write there agree?",
                channels=" ".join(each.mention for each in asked),
            )
            if more := len(others) - len(asked):
                warning = Lines(warning, Text("Choose the {count} others afterwards.", count=more))
            buttons = agreement(self.__cog_name__, "agree_channels", language_of(interaction.locale))
            await answer(interaction, warning, view=buttons)
        elif not public:
            await self._change(interaction, lambda settings: settings, Text("They are shown already."))

    def _is_shown(self, channel: Chosen) -> bool:
        return (
            channel.known is not None and self._policy.channel_verdict(channel.known) == "shown_by_managers"
        )

    async def _agree_to_channels(self, interaction: discord.Interaction, ids: list[int]) -> None:
        some = [chosen(self._place(interaction).guild, channel_id) for channel_id in ids]
        seen = _named([each for each in some if each.known is not None], interaction)
        unseen = _named([each for each in some if each.known is None], interaction)
        lines = [Text("Shown now: {channels}", channels=seen)] if seen else []
        if unseen:
            lines.append(
                Text(
                    "Shown as soon as I can see them: {channels} Give my role View Channel there.",
                    channels=unseen,
                )
            )
        await self._decide_below(interaction, overriding(dict.fromkeys(ids, True)), Lines(*lines))

    # What webhooks post

    async def _choose_proxies(self, interaction: discord.Interaction, *values: Any) -> None:
        """Hide at once what is no longer ticked; show the rest only after somebody has read a warning."""
        place = self._place(interaction)
        settings = self._decisions.settings.guild(place.guild.id)
        before = set(proxies.ticked(place.guild, settings, MOST))
        after = {each.id for each in _spread(values, place.manager)}
        over = sorted(before.difference(value.id for value in values))
        if over:
            text = proxies.hidden(over)
            await self._change(interaction, proxies.proxying(over, on=False), text)
        if new := sorted(after - settings.proxies):
            buttons = agreement(self.__cog_name__, "agree_proxies", language_of(interaction.locale))
            await answer(interaction, proxies.warning(new), view=buttons)
        elif not over:
            await self._change(interaction, lambda settings: settings, Text("Nothing was changed."))

    async def _agree_to_proxies(self, interaction: discord.Interaction) -> None:
        some = list(dict.fromkeys(map(int, _CHANNEL.findall(_said(interaction)))))
        text = proxies.shown(some)
        await self._decide_below(interaction, proxies.proxying(some, on=True), text)

    # Below a warning

    async def _decide_below(self, interaction: discord.Interaction, change: Change, text: Text) -> None:
        """Decide what a warning asked for, and say so in its place."""
        guild = self._place(interaction).guild
        await interaction.response.defer()
        settings = await self._decisions.change_guild(guild, change)
        said = say(interaction, self._outcome(guild, settings, text))
        await interaction.edit_original_response(content=said, view=None, allowed_mentions=NOBODY)

    async def _cancel(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(
            content=say(interaction, Text("Nothing was changed.")), view=None
        )


def overriding(channels: Mapping[int, bool | None]) -> Change:
    """Decide on several channels; None leaves one to the rule."""

    def change(settings: GuildSettings) -> GuildSettings:
        others = {key: shown for key, shown in settings.channels.items() if key not in channels}
        decided = {key: shown for key, shown in channels.items() if shown is not None}
        return replace(settings, channels={**others, **decided})

    return change


def _spread(values: Iterable[Any], manager: discord.Member) -> Iterable[Chosen]:
    """Name the channels that somebody chose, and those in the categories, as far as they can see them."""
    found: dict[int, Chosen] = {}
    for value in values:
        if value.type is CATEGORY:
            category = manager.guild.get_channel(value.id)
            inner = category.channels if isinstance(category, discord.CategoryChannel) else []
            seen = [each for each in inner if each.permissions_for(manager).view_channel]
            some = [chosen(manager.guild, each.id) for each in seen if each.type.value in _KINDS]
        elif value.type.value in _KINDS and value.permissions.view_channel:
            some = [chosen(manager.guild, value.id)]
        else:
            some = []
        found.update((each.id, each) for each in some)
    return found.values()


def _named(channels: Iterable[Chosen], interaction: discord.Interaction) -> str:
    return listed((channel.id for channel in channels), language_of(interaction.locale), limit=700)


def _said(interaction: discord.Interaction) -> str:
    """Return what the message says whose button was pressed: it is ours, as Discord keeps it."""
    return interaction.message.content if interaction.message else ""


def _known(texts: Mapping[Any, Text], key: str) -> Text:
    if key not in texts:
        raise Refused(OUTDATED)
    return texts[key]
