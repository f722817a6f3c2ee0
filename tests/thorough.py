"""How thoroughly a run searches: all of it in CI, and enough of it while somebody waits."""

import os
from typing import Final

THOROUGH: Final = bool(os.environ.get("CI"))
FEWEST: Final = 10


def tries(in_ci: int) -> int:
    """Say how many examples a property is tried with, of as many as are tried in CI."""
    return in_ci if THOROUGH else max(FEWEST, in_ci // 10)
