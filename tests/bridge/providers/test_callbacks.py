"""Which functions may be callbacks."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from bridge.providers import CallbackProvider, EmptyProvider, MockDataProvider, Provider
from bridge.providers.changes import ServersOutdated
from bridge.providers.stream import closing
from bridge.server import WebSocketServer
from tests.bridge.told import Teller

REGISTRARS = [
    "on_get_server_data",
    "on_get_user_data",
    "on_static_request",
    "on_validate_discord_user",
    "on_get_client_id",
]


def sync() -> dict[str, Any]:
    return {}


class SyncCallable:
    def __call__(self) -> dict[str, Any]:
        return {}


class AsyncCallable:
    async def __call__(self) -> dict[str, Any]:
        return {}


class Owner:
    async def servers(self) -> dict[str, Any]:
        return {}


async def no_argument() -> dict[str, Any]:
    return {}


async def one_argument(server_id: str) -> dict[str, Any]:
    return {"asked": {"id": str(server_id)}}


async def optional_argument(server_id: str | None = None) -> dict[str, Any]:
    return {"asked": {"id": str(server_id)}}


async def keyword_only(*, server_id: str | None = None) -> dict[str, Any]:
    return {}


async def any_arguments(*args: object, **kwargs: object) -> dict[str, Any]:
    return {}


async def two_arguments(server_id: str, other: str) -> dict[str, Any]:
    return {}


def provider_with(callback: Callable[..., Any]) -> CallbackProvider:
    provider = CallbackProvider(EmptyProvider())
    provider.use_servers(callback)
    return provider


@pytest.mark.parametrize("callback", [sync, SyncCallable(), dict, functools.partial(sync), print, 7, None])
@pytest.mark.parametrize("registrar", REGISTRARS)
def test_a_sync_callback_is_refused_at_registration(registrar: str, callback: Any) -> None:
    """With a TypeError that names the callback and says what is wanted."""
    with pytest.raises(TypeError, match=f"{registrar}.*async"):
        getattr(WebSocketServer(), registrar)(callback)


@pytest.mark.parametrize(
    "callback", [no_argument, AsyncCallable(), Owner().servers, functools.partial(one_argument, "1")]
)
async def test_whatever_is_async_is_taken(callback: Any) -> None:
    """Functions, methods, partials and objects."""
    assert isinstance(await provider_with(callback).servers(), dict)


async def test_a_required_server_id_is_given_none() -> None:
    """The list is asked for as a whole."""
    assert await provider_with(one_argument).servers() == {"asked": {"id": "None"}}


async def test_an_optional_server_id_is_left_out() -> None:
    """It has its default."""
    assert await provider_with(optional_argument).servers() == {"asked": {"id": "None"}}


@pytest.mark.parametrize("callback", [keyword_only, any_arguments])
async def test_arguments_that_are_not_required_are_no_obstacle(callback: Any) -> None:
    """They are left out."""
    assert await provider_with(callback).servers() == {}


def test_two_required_arguments_are_refused() -> None:
    """At registration, and not at the first viewer."""
    with pytest.raises(TypeError, match="on_get_server_data"):
        WebSocketServer().on_get_server_data(two_arguments)


def test_a_required_keyword_is_refused() -> None:
    """It could never be called."""

    async def callback(*, server_id: str) -> dict[str, Any]:
        return {}

    with pytest.raises(TypeError, match="on_get_server_data"):
        WebSocketServer().on_get_server_data(callback)


async def test_what_has_no_callback_is_asked_of_the_fallback() -> None:
    """One callback need not bring the others."""
    provider = CallbackProvider(MockDataProvider())
    provider.use_users(one_argument)
    assert "232769614004748288" in await provider.servers()


async def test_changes_of_the_fallback_are_told_until_a_function_takes_its_place() -> None:
    """What it tells afterwards is about a world that nobody sees any more."""
    teller = Teller()
    provider = CallbackProvider(teller)
    async with closing(provider.changes()) as changes:
        teller.tell(ServersOutdated(), ServersOutdated())
        assert await anext(changes) == ServersOutdated()
        provider.use_users(one_argument)
        assert await anext(changes, None) is None
    assert teller.listeners == 0
    assert [change async for change in provider.changes()] == []
    assert teller.begun == 1


async def test_a_fallback_without_changes_tells_none() -> None:
    """It need not have any."""
    assert [change async for change in CallbackProvider(EmptyProvider()).changes()] == []


async def test_the_fallback_s_trouble_and_end_are_passed_on() -> None:
    """It is what the bridge holds."""
    teller = Teller()
    provider = CallbackProvider(teller)
    teller.trouble = "something is wrong"
    assert provider.trouble == "something is wrong"
    await provider.close()
    assert teller.closed == 1


async def test_the_fallback_s_application() -> None:
    """Unless a function names one."""

    class Named(EmptyProvider):
        async def client_id(self, server_id: str) -> str:
            return "of the fallback"

    async def named(server_id: str) -> str:
        return "of the function"

    provider = CallbackProvider(Named())
    assert await provider.client_id("1") == "of the fallback"
    provider.use_client_id(named)
    assert await provider.client_id("1") == "of the function"
    assert await CallbackProvider(EmptyProvider()).client_id("1") is None


async def test_an_empty_provider_names_nothing() -> None:
    """For rooms that are all opened by their owner."""
    provider: Provider = EmptyProvider()
    assert (await provider.servers(), await provider.users("1")) == ({}, {})
