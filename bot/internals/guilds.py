"""Guilds as a new session tells of them."""

from typing import Any

from discord.ext import commands

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for


def notice_lost_guilds(client: commands.AutoShardedBot) -> None:
    """Dispatch `guild_remove` for guilds that a new session no longer has.

    discord.py's sharded client keeps them in its cache without a word.
    """
    parsers = client._connection.parsers
    parse_ready = parsers["READY"]

    def parse_ready_and_compare(data: Any) -> None:
        still_there = {int(guild["id"]) for guild in data["guilds"]}
        for guild in client.guilds:
            if guild.shard_id == data["shard"][0] and guild.id not in still_there:
                client._connection._remove_guild(guild)
                client.dispatch("guild_remove", guild)
        parse_ready(data)

    parsers["READY"] = parse_ready_and_compare


def start_guilds_afresh(client: commands.AutoShardedBot) -> None:
    """Replace a guild in the cache when Discord sends it whole.

    After an outage discord.py adds what is new to what it knew: who left meanwhile would stay, and who
    went offline seem to be there. A guild that can't be read leaves the one that was there as it was.
    """
    parsers = client._connection.parsers
    parse_guild_create = parsers["GUILD_CREATE"]

    def parse_afresh(data: Any) -> None:
        known = None
        if data.get("unavailable") is not True:
            known = client._connection._guilds.pop(int(data["id"]), None)
        try:
            parse_guild_create(data)
        except Exception:
            if known is not None:
                client._connection._guilds[known.id] = known
            raise

    parsers["GUILD_CREATE"] = parse_afresh
