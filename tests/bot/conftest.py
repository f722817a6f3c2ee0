"""What the tests of the Discord side start from."""

import logging
from collections.abc import Iterator

import pytest

from tests.bot.world import World


@pytest.fixture
def world() -> World:
    """A small guild."""
    return World()


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Leave logging to the tests that follow as it was."""
    names = (None, "discord", "asyncio")
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers
    for logger, level in before:
        logger.setLevel(level)
