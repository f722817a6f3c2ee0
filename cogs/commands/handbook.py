"""What `/dzone help` tells: the commands that somebody can use, on as many pages as it takes."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import discord
from discord import app_commands

from cogs.texts import Language, command_name, described

MAX_PAGE: Final = 3_600  # characters; Discord takes 4,096
FOR_HOST: Final = "for host"  # among the extras of a command or a group that is only for who runs the bot


def pages(
    commands: Iterable[object], permissions: discord.Permissions, language: Language, *, is_host: bool
) -> Iterator[str]:
    """List those of some commands that somebody with these permissions can use, and what each is for."""
    page = ""
    for command in commands:
        if not isinstance(command, app_commands.Command) or not _may_use(command, permissions, is_host):
            continue
        name = command_name(command.qualified_name, language)
        line = f"{name}: {described(command.description, language)}"
        if page and len(page) + 1 + len(line) > MAX_PAGE:
            yield page
            page = ""
        page = f"{page}\n{line}" if page else line
    if page:
        yield page


def _may_use(
    command: app_commands.Command[Any, ..., Any],
    permissions: discord.Permissions,
    is_host: bool,  # noqa: FBT001 - told by name above
) -> bool:
    root = command.root_parent or command
    if FOR_HOST in command.extras or FOR_HOST in root.extras:
        return is_host
    needed = root.default_permissions
    return needed is None or permissions.administrator or needed <= permissions
