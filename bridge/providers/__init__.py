"""Where rooms get their data when no bot feeds them."""

from bridge.providers.callbacks import CallbackProvider
from bridge.providers.mock import MockDataProvider
from bridge.providers.provider import EmptyProvider, Provider

__all__ = ["CallbackProvider", "EmptyProvider", "MockDataProvider", "Provider"]
