"""Where rooms get their data when no bot feeds them.

`SqlProvider` is in `bridge.providers.sql` and `HttpProvider` in `bridge.providers.http`: they load libraries
that nobody else needs.
"""

from bridge.providers.cached import CachedProvider
from bridge.providers.callbacks import CallbackProvider
from bridge.providers.hybrid import HybridProvider
from bridge.providers.mock import MockDataProvider
from bridge.providers.provider import EmptyProvider, Provider, Unavailable

__all__ = [
    "CachedProvider",
    "CallbackProvider",
    "EmptyProvider",
    "HybridProvider",
    "MockDataProvider",
    "Provider",
    "Unavailable",
]
