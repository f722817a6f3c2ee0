"""What the cache knows of a thing, written as Discord would send it: it stands in for what is left out."""

from datetime import datetime

import discord
from discord.abc import GuildChannel

from bot.internals.shapes import Payload

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for


def known_user(user: discord.User | discord.ClientUser) -> Payload:
    """Write an account."""
    return {
        "username": user.name,
        "discriminator": user.discriminator,
        "avatar": user._avatar,
        "global_name": user.global_name,
        "bot": user.bot,
        "system": user.system,
        "public_flags": user._public_flags,
    }


def known_member(member: discord.Member) -> Payload:
    """Write a member, without their account."""
    return {
        "roles": list(member._roles),
        "nick": member.nick,
        "joined_at": _moment(member.joined_at),
        "premium_since": _moment(member.premium_since),
        "pending": member.pending,
        "flags": member._flags,
        "avatar": member._avatar,
        "communication_disabled_until": _moment(member.timed_out_until),
    }


def known_role(role: discord.Role) -> Payload:
    """Write a role."""
    colors = {
        "primary_color": role._colour,
        "secondary_color": role._secondary_colour,
        "tertiary_color": role._tertiary_colour,
    }
    return {
        "id": role.id,
        "name": role.name,
        "permissions": role._permissions,
        "position": role.position,
        "colors": colors,
    }


def known_channel(channel: GuildChannel) -> Payload:
    """Write a channel, with who may see it."""
    told: Payload = {
        "type": channel.type.value,
        "name": channel.name,
        "position": channel.position,
        "parent_id": channel.category_id,
        "nsfw": getattr(channel, "nsfw", False),
        "permission_overwrites": [overwrite._asdict() for overwrite in channel._overwrites],
    }
    if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
        told |= {"bitrate": channel.bitrate, "user_limit": channel.user_limit}
    return told


def known_thread(thread: discord.Thread) -> Payload:
    """Write a thread."""
    return {
        "parent_id": thread.parent_id,
        "owner_id": thread.owner_id,
        "name": thread.name,
        "type": thread._type.value,
        "message_count": thread.message_count,
        "member_count": thread.member_count,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive_duration,
            "archive_timestamp": _moment(thread.archive_timestamp),
            "locked": thread.locked,
        },
    }


def known_guild(guild: discord.Guild) -> Payload:
    """Write a guild, without what lives in it but for its roles."""
    told: Payload = {
        "name": guild.name,
        "nsfw_level": guild.nsfw_level.value,
        "owner_id": guild.owner_id,
        "roles": [known_role(role) for role in guild._roles.values()],
        "premium_subscription_count": guild.premium_subscription_count,
    }
    return told if guild.name else {}  # one that is only announced has no name yet


def known_event(event: discord.ScheduledEvent) -> Payload:
    """Write a scheduled event."""
    return {
        "name": event.name,
        "status": event.status.value,
        "entity_type": event.entity_type.value,
        "channel_id": event.channel_id,
        "creator_id": event.creator_id,
        "entity_metadata": {"location": event.location},
        "scheduled_start_time": _moment(event.start_time),
    }


def known_message(message: discord.Message) -> Payload:
    """Write of a message what an edit may leave out."""
    author = message.author
    user = author._user if isinstance(author, discord.Member) else author
    told: Payload = {
        "type": message.type.value,
        "content": message.content,
        "author": known_user(user) | {"id": author.id},
    }
    return told if message.webhook_id is None else told | {"webhook_id": message.webhook_id}


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
