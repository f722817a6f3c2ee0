"""The panel of `/dzone setup`: everything that managers decide on, as it is now, with what changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from cogs.commands.choices import TYPES
from cogs.commands.proxies import ticked
from cogs.commands.standing import custom_id
from cogs.commands.status import MESSAGES, OFFLINE, Report
from cogs.settings import MAX_ROLES, MessageMode, OfflineMode, Protection
from cogs.texts import Language, Lines, Text

MOST: Final = 25  # channels that somebody may choose at a time
MAX_NOTICE: Final = 1_500  # characters
PLACES: Final = (*TYPES, discord.ChannelType.category)

WATCHERS: Final[dict[Protection, Text]] = {
    "off": Text("Everybody"),
    "login": Text("Members, after login"),
    "password": Text("Whoever knows a password"),
}
WORDS: Final[dict[MessageMode, Text]] = {
    "full": Text("As they are"),
    "recap": Text("As they are, and the last two minutes on arrival"),
    "bubble": Text("Bubbles without words"),
    "off": Text("Not at all"),
}
ABSENT: Final[dict[OfflineMode, Text]] = {
    "show": Text("Show them"),
    "hide": Text("Hide them"),
    "auto": Text("Show them up to 500 members"),
}
CHANNELS: Final = {
    "show_channels": Text("Show channels or whole categories"),
    "hide_channels": Text("Hide channels or whole categories"),
    "reset_channels": Text("Apply the rule to channels or categories again"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel of a cog shows of a guild, in a language; `notice` is what has just happened."""

    cog: str
    report: Report
    language: Language
    notice: Text | None = None

    def view(self) -> ui.LayoutView:
        """Lay it out. Nothing but what stands in it is needed to answer whoever uses it."""
        view = ui.LayoutView(timeout=None)
        if self.notice is not None:
            view.add_item(ui.TextDisplay(self._say(self.notice)[:MAX_NOTICE]))
        view.add_item(ui.Container(*self._flags(), *self._menus(), accent_color=0x5865F2))
        view.add_item(ui.Container(*self._channels()))
        view.stop()  # or discord.py would keep it for as long as it runs
        return view

    def _flags(self) -> list[ui.Item[Any]]:
        settings = self.report.settings
        shown = ("disable", Text("Hide this server")) if settings.shown else ("enable", Text("Show it"))
        listed = ("unlist", Text("Take it out")) if settings.listed else ("list", Text("List it"))
        bots = ("hide_bots", Text("Hide bots")) if settings.bots else ("show_bots", Text("Show bots"))
        optin = (
            ("ask_nobody", Text("Don't ask"))
            if settings.optin
            else ("ask_members", Text("Ask members first"))
        )
        gestures = (
            ("forbid_gestures", Text("Forbid gestures"))
            if settings.gestures
            else ("allow_gestures", Text("Allow gestures"))
        )
        role_names = (
            ("hide_role_names", Text("Hide role names"))
            if settings.role_names
            else ("show_role_names", Text("Show role names"))
        )
        name = Text("{name}: {link}", name=self.report.plain_name, link=self.report.link)
        return [
            self._section(name, self.report.verdict(), *shown),
            *self._together((listed, ("rename", Text("Rename")), bots), (optin, gestures, role_names)),
        ]

    def _together(self, *rows: Sequence[tuple[str, Text]]) -> list[ui.Item[Any]]:
        """Show the rest, with its buttons below: a message has no room for a section of each.

        With somebody's choice of a role for the login, and with a notice, it is full: 40 parts.
        """
        said = (
            (Text("In the server list"), self.report.listed()),
            (Text("Public name"), Text("{name}", name=self.report.plain_name)),
            (Text("Bots"), self.report.bots()),
            (Text("Consent"), self.report.optin()),
            (Text("Gestures"), self.report.gestures()),
            (Text("Role names"), self.report.role_names()),
        )
        text = "\n".join(self._title(title, text) for title, text in said)
        buttons = [ui.ActionRow[Any](*(self._button(*switch) for switch in row)) for row in rows]
        return [ui.TextDisplay(text), *buttons]

    def _menus(self) -> list[ui.Item[Any]]:
        settings = self.report.settings
        role = self.report.policy.everybody(self.report.guild)
        everybody: ui.RoleSelect[Any] = ui.RoleSelect(
            custom_id=self._id("audience"),
            placeholder=self._say(Text("The role that all members get")),
            default_values=[role] if role is not None and not role.is_default() else [],
        )
        return [
            self._text(Text("Who may watch"), self.report.protection()),
            self._choice("watch", WATCHERS, settings.protection),
            *([ui.ActionRow(self._login_role())] if settings.protection == "login" else []),
            self._text(Text("Messages"), MESSAGES[settings.messages]),
            self._choice("messages", WORDS, settings.messages),
            self._text(Text("Offline members"), OFFLINE[settings.offline]),
            self._choice("offline", ABSENT, settings.offline),
            self._text(Text("Counts as everybody"), self.report.audience()),
            ui.ActionRow(everybody),
            ui.ActionRow(self._hidden_roles()),
        ]

    def _login_role(self) -> ui.RoleSelect[Any]:
        role = self.report.guild.get_role(self.report.settings.role_id or 0)
        return ui.RoleSelect(
            custom_id=self._id("login_role"),
            placeholder=self._say(Text("Only members who have this role.")),
            min_values=0,
            default_values=[] if role is None else [role],
        )

    def _hidden_roles(self) -> ui.RoleSelect[Any]:
        known = map(self.report.guild.get_role, sorted(self.report.settings.hidden_roles))
        return ui.RoleSelect(
            custom_id=self._id("hidden_roles"),
            placeholder=self._say(Text("Roles whose members aren't shown")),
            min_values=0,
            max_values=MAX_ROLES,
            default_values=[role for role in known if role is not None],
        )

    def _channels(self) -> list[ui.Item[Any]]:
        menus: list[ui.ChannelSelect[Any]] = [
            ui.ChannelSelect(
                custom_id=self._id(what),
                placeholder=self._say(placeholder),
                channel_types=list(PLACES),
                max_values=MOST,
            )
            for what, placeholder in CHANNELS.items()
        ]
        then = Text("{/dzone channels list} names them.")
        text = self._text(Text("Channels"), Lines(self.report.channels(), then))
        return [text, *(ui.ActionRow(menu) for menu in (*menus, self._proxies()))]

    def _proxies(self) -> ui.ChannelSelect[Any]:
        known = map(discord.Object, ticked(self.report.guild, self.report.settings, MOST))
        return ui.ChannelSelect(
            custom_id=self._id("proxies"),
            placeholder=self._say(Text("Channels in which viewers read what webhooks post")),
            channel_types=list(TYPES),
            min_values=0,
            max_values=MOST,
            default_values=list(map(discord.SelectDefaultValue.from_channel, known)),
        )

    def _section(self, title: Text, text: Text, what: str, label: Text) -> ui.Section[Any]:
        return ui.Section(self._text(title, text), accessory=self._button(what, label))

    def _button(self, what: str, label: Text) -> ui.Button[Any]:
        return ui.Button(label=self._say(label), custom_id=self._id(what))

    def _text(self, title: Text, text: Text) -> ui.TextDisplay[Any]:
        return ui.TextDisplay(self._title(title, text))

    def _title(self, title: Text, text: Text) -> str:
        return f"**{self._say(title)}**\n{self._say(text)}"

    def _choice(self, what: str, options: Any, current: str) -> ui.ActionRow[Any]:
        menu: ui.Select[Any] = ui.Select(
            custom_id=self._id(what),
            options=[
                discord.SelectOption(label=self._say(label), value=value, default=value == current)
                for value, label in options.items()
            ],
        )
        return ui.ActionRow(menu)

    def _id(self, what: str) -> str:
        return custom_id(self.cog, what)

    def _say(self, text: Text) -> str:
        return text.within(self.language)


def agreement(cog: str, what: str, language: Language) -> discord.ui.View:
    """Make the buttons below a warning: to agree, or to leave all as it is."""
    view = discord.ui.View(timeout=None)
    choices = (
        (Text("Show it to strangers"), what, discord.ButtonStyle.danger),
        (Text("Cancel"), "cancel", discord.ButtonStyle.secondary),
    )
    for label, leads_to, style in choices:
        view.add_item(
            ui.Button(label=label.within(language), style=style, custom_id=custom_id(cog, leads_to))
        )
    view.stop()
    return view
