"""What who runs it reads off: each number is explained, and the dashboard shows no other."""

import json
import re
from typing import Any

import pytest

from bot.gateway.measures import MEASURES as OF_THE_BOT
from bridge.site.measures import MEASURES, Measure
from cogs.texts import Language
from tests.docs.pages import DOCS, LANGUAGES, read

ALL: dict[str, Measure] = {measure.name: measure for measure in (*MEASURES, *OF_THE_BOT)}
PARTS = ("_bucket", "_sum", "_count")  # of a histogram, as Prometheus has it
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"}


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_explained(language: Language) -> None:
    """In a table, with its label, and no others."""
    rows = dict(re.findall(r"^\| `(dzone_\w+)` \| (.+) \|$", read("deployment", language), re.MULTILINE))
    assert rows.keys() == ALL.keys()
    labels = {name: measure.label for name, measure in ALL.items() if measure.label}
    assert [name for name, label in labels.items() if f"`{label}`" not in rows[name]] == []


def test_the_dashboard_shows_what_there_is(dashboard: dict[str, Any]) -> None:
    """All of it, by names and labels that are told."""
    exprs = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = set(re.findall(r"\b(?:dzone|process)_\w+", " ".join(exprs)))
    whole = {next((name[: -len(part)] for part in PARTS if name.endswith(part)), name) for name in named}
    histograms = {name for name, measure in ALL.items() if measure.kind == "histogram"}
    parts = {name + part for name in histograms for part in PARTS}
    assert {name for name in named if name.endswith(PARTS)} <= parts
    assert whole == ALL.keys() | OF_THE_PROCESS
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            labels = {ALL[name].label for name in ALL if name in target["expr"]}
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= {"instance", *labels}


def test_the_dashboard_is_one(dashboard: dict[str, Any]) -> None:
    """Grafana tells panels apart by their ids, and reads from whichever source is chosen."""
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {variable["name"] for variable in dashboard["templating"]["list"]} == {"datasource", "job"}
    places = [
        (column, line)
        for panel in panels
        for at in [panel["gridPos"]]
        for column in range(at["x"], at["x"] + at["w"])
        for line in range(at["y"], at["y"] + at["h"])
    ]
    assert len(places) == len(set(places))
    assert max(column for column, _ in places) < 24
