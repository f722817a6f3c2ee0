"""What values settings may have, whoever wrote them: a command, a file, or a hand in the database."""

import re
from typing import Any, Final, get_args

from cogs.settings import (
    MAX_LINE,
    MAX_ROLES,
    Ending,
    GuildSettings,
    MemberSettings,
    MessageMode,
    OfflineMode,
    Protection,
)

MAX_ID: Final = 2**63 - 1  # what a database's integer holds; Discord needs the last bit in 2084
MAX_NAME: Final = 100  # characters, as many as Discord allows
_CHOICES: Final = {"messages": MessageMode, "offline": OfflineMode, "protection": Protection}
# Neither control characters nor halves of characters: PostgreSQL stores no NUL, and nobody can read them.
_NAME: Final = re.compile(rf"[^\x00-\x1f\x7f\ud800-\udfff]{{1,{MAX_NAME}}}")
_LINE: Final = re.compile(rf"[^\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]{{1,{MAX_LINE}}}")
_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
# What bridge.access.passwords makes, and not what would keep it busy for minutes at each try.
_HASH: Final = re.compile(r"scrypt\$[0-9]{1,5}\$[0-9]{1,2}\$[0-9]\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=")


def check_guild(settings: GuildSettings) -> None:
    """Check a guild's settings.

    Raises:
        ValueError: if one is none that may be. The message begins with its name and doesn't show it.
    """
    for name in ("shown", "listed", "bots", "optin", "gestures", "role_names"):
        _check_flag(name, getattr(settings, name))
    for name, choices in _CHOICES.items():
        _check_choice(name, getattr(settings, name), choices)
    if settings.live_ended is not None:
        _check_choice("live_ended", settings.live_ended, Ending)
    if settings.name is not None:
        _check_name(settings.name)
    for name in ("role_id", "audience", "live_channel", "live_message"):
        if getattr(settings, name) is not None:
            check_id(name, getattr(settings, name))
    _check_pattern("password_hash", settings.password_hash, _HASH, "a hash that this bot made")
    _check_lists(settings)


def _check_lists(settings: GuildSettings) -> None:
    for channel_id, shown in settings.channels.items():
        check_id("channels", channel_id)
        _check_flag("channels", shown)
    for name in ("proxies", "hidden", "hidden_roles"):
        for snowflake in getattr(settings, name):
            check_id(name, snowflake)
    if len(settings.hidden_roles) > MAX_ROLES:
        raise ValueError(f"hidden_roles may have {MAX_ROLES} roles at most")


def check_member(settings: MemberSettings) -> None:
    """Check somebody's settings.

    Raises:
        ValueError: if one is none that may be. The message begins with its name and doesn't show it.
    """
    _check_flag("hidden", settings.hidden)
    _check_flag("muted", settings.muted)
    _check_flag("agreed", settings.agreed)
    _check_pattern("color", settings.color, _COLOR, "a colour such as #5865f2")
    meaning = f"1 to {MAX_LINE} characters that can be read"
    _check_pattern("line", settings.line, _LINE, meaning)


def check_id(name: str, snowflake: object) -> None:
    """Check a snowflake.

    Raises:
        ValueError: if it is none.
    """
    if type(snowflake) is not int or not 0 < snowflake <= MAX_ID:
        raise ValueError(f"{name} must be an id of Discord's, a number from 1 to {MAX_ID}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):  # a wrong type is one more wrong value here
        raise ValueError(f"{name} must be true or false")  # noqa: TRY004


def _check_choice(name: str, value: object, choices: Any) -> None:
    if value not in get_args(choices):
        raise ValueError(f"{name} must be one of {', '.join(get_args(choices))}")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name must have 1 to {MAX_NAME} characters, and none that can't be read")


def _check_pattern(name: str, value: object, pattern: re.Pattern[str], meaning: str) -> None:
    if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
        raise ValueError(f"{name} must be {meaning}")
