"""The simple form of a provider: async functions, one for each thing the bridge asks."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from bridge.providers.changes import Change
from bridge.providers.provider import Provider, TellsChanges, client_id_of, close, trouble_of
from bridge.providers.stream import closing

GetServers = Callable[..., Awaitable[Mapping[str, Any]]]
GetUsers = Callable[[str], Awaitable[Mapping[str, Any]]]
GetClientId = Callable[[str], Awaitable[str | None]]


class CallbackProvider:
    """Asks the registered functions; what has none is asked of `fallback`."""

    def __init__(self, fallback: Provider) -> None:
        self._fallback = fallback
        self._get_servers: GetServers = fallback.servers
        self._get_users: GetUsers = fallback.users
        self._get_client_id: GetClientId = partial(client_id_of, fallback)

    def use_servers(self, callback: GetServers) -> None:
        """Register `callback()` or `callback(server_id=None)`; a required `server_id` is given None."""
        require_async("on_get_server_data", callback)
        match _required_arguments(callback):
            case 0:
                self._get_servers = callback
            case 1:
                self._get_servers = partial(callback, None)
            case _:
                raise TypeError("on_get_server_data takes a function of no argument or of one server_id")

    def use_users(self, callback: GetUsers) -> None:
        """Register `callback(server_id)`."""
        require_async("on_get_user_data", callback)
        self._get_users = callback

    def use_client_id(self, callback: GetClientId) -> None:
        """Register `callback(server_id)`."""
        require_async("on_get_client_id", callback)
        self._get_client_id = callback

    async def servers(self) -> Mapping[str, Any]:
        """Ask for the guilds."""
        return await self._get_servers()

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Ask for a guild's members."""
        return await self._get_users(server_id)

    async def client_id(self, server_id: str) -> str | None:
        """Ask for the application that viewers log in with."""
        return await self._get_client_id(server_id)

    async def changes(self) -> AsyncIterator[Change]:
        """Tell what changes in `fallback`, until a function takes its place."""
        if self._has_functions() or not isinstance(self._fallback, TellsChanges):
            return
        async with closing(self._fallback.changes()) as changes:
            async for change in changes:
                if self._has_functions():
                    return
                yield change

    @property
    def trouble(self) -> str | None:
        """What is wrong with `fallback`. What functions do is seen where they are asked."""
        return trouble_of(self._fallback)

    async def close(self) -> None:
        """Let go what `fallback` holds."""
        await close(self._fallback)

    def _has_functions(self) -> bool:
        """Tell whether guilds or members come from a function."""
        return (self._get_servers, self._get_users) != (self._fallback.servers, self._fallback.users)


def require_async(name: str, callback: object) -> None:
    """Refuse a function that is not async, now and not at the first viewer.

    Raises:
        TypeError: which says so.
    """
    if not callable(callback) or not (
        inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(type(callback).__call__)
    ):
        raise TypeError(f"{name} takes an async function (async def), not {callback!r}")


def _required_arguments(callback: Callable[..., object]) -> int:
    parameters = inspect.signature(callback).parameters.values()
    needed = [each for each in parameters if each.default is each.empty]
    if any(each.kind is each.KEYWORD_ONLY for each in needed):
        return len(needed) + 1  # more than anybody can give by position
    return sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in needed)
