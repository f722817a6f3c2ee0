"""What discord.py (2.7) does not offer in public, in one place: look here first when it is upgraded."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import discord
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

# ruff: noqa: SLF001 - that is what this module is for

_COLORS: Final = range(1 << 24)


def expect_no_voice() -> None:
    """Keep discord.py from warning about libraries for talking, which this bot never does."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


def use_api(url: str) -> None:
    """Send REST requests to this base."""
    Route.BASE = url


async def use_gateway_of_api(client: discord.Client) -> None:
    """Make the API's own gateway the one for every connection.

    discord.py takes it for the first connection only, and Discord's for later ones.
    """
    _, url, _ = await client.http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


def ask_for_presences(client: discord.Client) -> None:
    """Ask for members together with their presences.

    discord.py asks without: who came online between GUILD_CREATE and the answer would seem offline.
    """
    ask = client._connection.chunker

    async def chunker(*args: Any, **kwargs: Any) -> None:
        await ask(*args, **kwargs | {"presences": True})

    client._connection.chunker = chunker  # type: ignore[method-assign]


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
    went offline seem to be there.
    """
    parsers = client._connection.parsers
    parse_guild_create = parsers["GUILD_CREATE"]

    def parse_afresh(data: Any) -> None:
        if data.get("unavailable") is not True:
            client._connection._guilds.pop(int(data["id"]), None)
        parse_guild_create(data)

    parsers["GUILD_CREATE"] = parse_afresh


def keep_users_current(client: commands.AutoShardedBot) -> None:
    """Take what Discord says of accounts together with members.

    discord.py leaves an account that it knows as it was: a name that somebody gave up while the guild was
    unavailable, or they were not in it, would go on being shown.
    """
    parsers = client._connection.parsers
    members_of: dict[str, Callable[[Any], list[Any]]] = {
        "GUILD_CREATE": lambda data: data.get("members", []),
        "GUILD_MEMBERS_CHUNK": lambda data: data.get("members", []),
        "GUILD_MEMBER_ADD": lambda data: [data],
    }
    for event, members in members_of.items():
        parsers[event] = _updating(client, parsers[event], members)


def _updating(
    client: discord.Client, parse: Callable[[Any], None], members: Callable[[Any], list[Any]]
) -> Callable[[Any], None]:
    def update_and_parse(data: Any) -> None:
        for member in members(data):
            user = client._connection.get_user(int(member["user"]["id"]))
            if user is not None and user != client.user:
                user._update(member["user"])
        parse(data)

    return update_and_parse


def roles_of(member: discord.Member) -> Iterator[discord.Role]:
    """Name somebody's roles but @everyone, in no order: `member.roles` sorts them each time."""
    return filter(None, map(member.guild.get_role, member._roles))


def colors_of(role: discord.Role) -> tuple[int, int | None]:
    """Read a role's colour, 0 for none, and the one that it runs into, if it has a gradient.

    `role.color` makes an object of it each time, and raises if Discord sent something else than a colour.
    """
    first, second = role._colour, role._secondary_colour
    return first if _is_color(first) else 0, second if _is_color(second) else None


def _is_color(value: object) -> bool:
    return isinstance(value, int) and value in _COLORS


def run_at_once(client: discord.Client, listener: str) -> None:
    """Run listeners of this name, such as `on_typing`, while their event is dispatched; they may not wait.

    discord.py makes a task of each call: it costs more than all that is done for a presence, and runs when
    the cache may be further on.
    """
    schedule = client._schedule_event

    def run(coro: Any, event_name: str, *args: Any, **kwargs: Any) -> Any:
        if event_name != listener:
            return schedule(coro, event_name, *args, **kwargs)
        work = client._run_event(coro, event_name, *args, **kwargs)
        try:
            work.send(None)
            work.throw(RuntimeError(f"{event_name} may not wait"))  # goes to `on_error`, with the place
        except StopIteration:
            return None

    client._schedule_event = run  # type: ignore[method-assign]


def forget_chunk_request(guild: discord.Guild) -> None:
    """Drop a request for members that was never answered: discord.py would wait for it again."""
    guild._state._chunk_requests.pop(guild.id, None)
