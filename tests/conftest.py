"""What tests of every kind start from, and which kinds there are: markers choose among them."""

import gc
import importlib
import os
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from bridge.running.process import GARBAGE_THRESHOLDS
from tests.postgres import cluster
from tests.redis import redis, redis_process
from tests.thorough import tries

__all__ = ["cluster", "redis", "redis_process"]

HERE: Final = Path(__file__).parent

# A busy machine must not fail a property for being slow. It is said here, because modules are imported below
# before any other conftest.py, and what they decorate takes what holds then.
settings.register_profile(
    "ours", deadline=None, max_examples=tries(100), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ours")

# Some containers forbid it: then each run, and each program that tests start, compiles all it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# As the bridge and the bot themselves do.
gc.set_threshold(*GARBAGE_THRESHOLDS)

# A folder or file of tests, and what its tests are. What each marker means is said in pyproject.toml.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "browser": ("browser",),
    "e2e": ("e2e",),
    "abuse": ("e2e", "slow"),
    "bench": ("e2e", "slow"),
    "bot/login/test_door.py": ("e2e",),
    "bot/test_main.py": ("e2e",),
    "bot/test_whole.py": ("e2e",),
    "bridge/site/test_scripts.py": ("e2e",),
    "bridge/site/test_served.py": ("e2e", "slow"),
    "bridge/test_main.py": ("e2e",),
    "bridge/workers/test_crew.py": ("e2e",),
    "fuzz": ("slow",),
    "docs/test_blocks.py": ("e2e",),
    "docs/test_site.py": ("e2e", "slow"),
    "test_commands.py": ("e2e",),
    "test_consumer.py": ("e2e", "slow"),
    "test_readme.py": ("e2e",),
}

# Files whose tests take long together: half a minute to four. Several processes begin with these, or most of
# them would have nothing left to do long before the last is through. Browsers are slow beside each other, so
# others come between them.
LONGEST: Final = (
    "browser/test_world.py",
    "e2e/test_container.py",
    "e2e/test_start.py",
    "browser/test_page.py",
    "e2e/test_reconnect.py",
    "e2e/test_leaks.py",
    "browser/test_connection.py",
    "e2e/test_sync.py",
    "bot/test_whole.py",
    "browser/test_air.py",
    "bridge/site/test_served.py",
    "browser/test_login.py",
    "docs/test_blocks.py",
    "browser/test_readers.py",
    "e2e/test_hostile_gateway.py",
    "e2e/test_beginnings.py",
    "e2e/test_intents.py",
    "e2e/test_settings.py",
    "bench/test_bench.py",
    "e2e/test_answers.py",
    "e2e/test_stop.py",
    "e2e/test_login.py",
    "browser/test_frame.py",
    "e2e/test_messages.py",
    "abuse/test_abuse.py",
    "e2e/test_presence.py",
)

# What parametrized tests call PostgreSQL: their fixtures ask for the cluster only when they run.
ON_POSTGRES: Final = frozenset({"postgres", "postgresql", "empty_server"})

USUAL: Final = 60  # seconds; a test that may take longer is slow


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each of several workers compile a share of the tests, rather than all of them everything.

    All begin at the same time, and find what the others have compiled when they come to it.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    for path in _modules(session.config.args)[number::count]:
        # What is wrong with it is told when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(HERE.parent).with_suffix("").parts))


def _modules(args: list[str]) -> list[Path]:
    """Find the modules of tests among what pytest is asked for."""
    wanted = [Path(arg.partition("::")[0]).resolve() for arg in args]
    packages = [file.parent for file in HERE.glob("*/__init__.py")]
    modules = [*HERE.glob("test_*.py"), *(file for each in packages for file in each.rglob("test_*.py"))]
    return sorted(module for module in modules if any(map(module.is_relative_to, wanted)))


def pytest_configure(config: pytest.Config) -> None:
    """Have several processes take files in the order that they have here."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its kinds, by where it is and by what it needs."""
    if hasattr(config, "workerinput"):
        sizes = Counter(item.path for item in items)
        items.sort(key=lambda item: (_turn(item.path), -sizes[item.path]))
    for item in items:
        for kind in _kinds(item.path.relative_to(HERE)):
            item.add_marker(kind)
        if _needs_postgres(item):
            item.add_marker("postgres")
        if "redis_process" in getattr(item, "fixturenames", ()):
            item.add_marker("redis")
        if _may_take_long(item):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage all that stays until the end: thousands of tests."""
    gc.collect()
    gc.freeze()


def _turn(path: Path) -> int:
    place = path.relative_to(HERE).as_posix()
    return LONGEST.index(place) if place in LONGEST else len(LONGEST)


def _kinds(path: Path) -> tuple[str, ...]:
    places = (path, *path.parents)
    return next((KINDS[place.as_posix()] for place in places if place.as_posix() in KINDS), ())


def _needs_postgres(item: pytest.Item) -> bool:
    if "cluster" in getattr(item, "fixturenames", ()):
        return True
    call = getattr(item, "callspec", None)
    params = () if call is None else call.params.values()
    return any(getattr(value, "__name__", str(value)) in ON_POSTGRES for value in params)


def _may_take_long(item: pytest.Item) -> bool:
    timeout = item.get_closest_marker("timeout")
    return timeout is not None and timeout.args[:1] > (USUAL,)
