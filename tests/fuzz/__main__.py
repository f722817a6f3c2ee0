"""`python -m tests.fuzz TARGET --minutes N`: look for inputs that break what must hold, guided by coverage.

Needs the extra `fuzz`. What is found is in `--keep`: inputs that reach new code, and as `crash-*` those that
break something. A small one of these belongs into `tests/fuzz/corpus/TARGET`.
"""

import argparse
import sys
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["bridge", "websockets", "bot", "cogs"]):
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    """Run until the time is over, or something breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to put what is found")
    options = parser.parse_args()
    found = options.keep or Path(mkdtemp(prefix="fuzz-"))
    found.mkdir(parents=True, exist_ok=True)
    print(f"{options.target}: what is found is in {found}", flush=True)
    arguments = [
        sys.argv[0],
        str(found),
        str(CORPUS / options.target),
        f"-max_total_time={options.minutes * 60:.0f}",
        f"-artifact_prefix={found}/",
        "-max_len=4096",
        "-timeout=90",
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, TARGETS[options.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
