"""Fail if a module's branch coverage is below a floor: `coverage_floor.py coverage.json 90`."""

import json
import sys
from pathlib import Path

files = json.loads(Path(sys.argv[1]).read_text())["files"]
floor = float(sys.argv[2])
below = {
    name: round(report["summary"]["percent_covered"], 1)
    for name, report in files.items()
    if report["summary"]["percent_covered"] < floor
}
for name, percent in sorted(below.items()):
    print(f"{name}: {percent} % covered, {floor:.0f} % wanted")
sys.exit(bool(below))
