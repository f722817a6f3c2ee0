"""What discord.py (2.7) does not offer in public, in one place: look here first when it is upgraded."""

from bot.internals.channels import HiddenChannels, is_seen_by_everyone
from bot.internals.commands import (
    NO_SENSE,
    StrangeAnswer,
    errors_in,
    fetch_commands,
    heed_commands,
    replace_commands,
)
from bot.internals.dispatching import run_at_once
from bot.internals.gateway import Shards, hear_of_limits, keep_ready_apart, nonce_of, use_intents
from bot.internals.guilds import notice_lost_guilds, start_guilds_afresh
from bot.internals.loading import is_loaded, mark_loaded
from bot.internals.members import (
    ask_for_presences,
    came_at,
    colors_of,
    forget_chunk_request,
    guild_of_forward,
    keep_users_current,
    roles_of,
    talking_in,
)
from bot.internals.parsing import expect_anything
from bot.internals.shapes import NEVER
from bot.internals.transport import (
    expect_no_voice,
    outlive_limits,
    use_api,
    use_gateway_of_api,
    wait_for_network,
)
from bot.internals.voice import VoiceStatuses

__all__ = [
    "NEVER",
    "NO_SENSE",
    "HiddenChannels",
    "Shards",
    "StrangeAnswer",
    "VoiceStatuses",
    "ask_for_presences",
    "came_at",
    "colors_of",
    "errors_in",
    "expect_anything",
    "expect_no_voice",
    "fetch_commands",
    "forget_chunk_request",
    "guild_of_forward",
    "hear_of_limits",
    "heed_commands",
    "is_loaded",
    "is_seen_by_everyone",
    "keep_ready_apart",
    "keep_users_current",
    "mark_loaded",
    "nonce_of",
    "notice_lost_guilds",
    "outlive_limits",
    "replace_commands",
    "roles_of",
    "run_at_once",
    "start_guilds_afresh",
    "talking_in",
    "use_api",
    "use_gateway_of_api",
    "use_intents",
    "wait_for_network",
]
