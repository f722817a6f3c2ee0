"""The corpus, and a few thousand changes to it, on each target. `python -m tests.fuzz` looks for more."""

from pathlib import Path

import pytest

from tests.fuzz.mutate import mutations
from tests.fuzz.targets import TARGETS
from tests.thorough import tries

# A thousand conversations wait for a moment each, and a busy machine makes more of each moment.
pytestmark = pytest.mark.timeout(300)

CORPUS = Path(__file__).parent / "corpus"
CHANGES = 1_000
SLOW = {"connection": 300, "page": 300}  # changes to those that take a while


@pytest.mark.parametrize("name", TARGETS)
def test_what_must_hold_holds_for_the_corpus(name: str) -> None:
    """Each entry was interesting once."""
    entries = sorted((CORPUS / name).iterdir())
    assert entries
    for entry in entries:
        TARGETS[name](entry.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_must_hold_holds_for_changes_to_it(name: str) -> None:
    """The same ones in each run."""
    corpus = [entry.read_bytes() for entry in sorted((CORPUS / name).iterdir())]
    for data in mutations(corpus, seed=name, count=tries(SLOW.get(name, CHANGES))):
        TARGETS[name](data)
