"""What those who carry on are told: it leads somewhere, and names what is there."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bridge import __version__
from tests.conftest import KINDS, LONGEST
from tests.examples import ROOT

GITHUB: Final = ROOT / ".github"
GUIDES: Final = ("CONTRIBUTING.md", "tests/README.md", "docs/pages/architecture.md")


def load(file: Path) -> Any:
    """Read YAML."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def paths(text: str) -> set[str]:
    """Find what is written as code and looks like a path in the repository."""
    return set(re.findall(r"`((?:bot|bridge|cogs|tests|docs|\.ci)/[\w./-]+)`", text))


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_names_is_there(guide: str) -> None:
    """Files and folders; without `.py` a module is meant."""
    named = paths((ROOT / guide).read_text(encoding="utf-8"))
    places = [ROOT / "tests", ROOT] if guide.startswith("tests/") else [ROOT]
    missing = [
        name
        for name in named
        if not any((place / f"{name}{end}").exists() for place in places for end in ("", ".py"))
    ]
    assert missing == []


def test_each_helper_that_is_explained_is_there() -> None:
    """In the tables of tests/README.md, as the first thing in a row."""
    text = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([\w/]+(?:\.py|/))` \|", text, re.MULTILINE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []


def test_each_wing_is_on_the_page_about_the_architecture() -> None:
    """In the table, and in the picture, which has no words and is the same in every language."""
    wings = [folder.parent.name for folder in (ROOT / "bridge").glob("*/__init__.py")]
    page = (ROOT / "docs/pages/architecture.md").read_text(encoding="utf-8")
    pictures = {file.read_text(encoding="utf-8") for file in (ROOT / "docs/pages/assets").glob("house*.svg")}
    [picture] = pictures
    assert [wing for wing in wings if f"`bridge/{wing}/`" not in page] == []
    assert [wing for wing in wings if wing not in picture] == []


def test_the_changelog_has_this_version() -> None:
    """And above it a place for what comes next."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions[:2] == ["Unreleased", __version__]


def test_the_gate_takes_its_command_from_the_readme() -> None:
    """The first line that ends with it: for a shell, and with nothing that chooses."""
    [pattern] = re.findall(r"grep -m 1 '(.+?)' README\.md", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if re.search(pattern, line))
    assert first.startswith("python3 -m venv .venv && ")


def test_each_kind_of_test_has_a_place() -> None:
    """No marker is given to what has moved, nor does anybody begin with it."""
    assert [place for place in (*KINDS, *LONGEST) if not (ROOT / "tests" / place).exists()] == []


def test_hooks_are_our_own_tools() -> None:
    """Those of `[lint]`; nothing is downloaded."""
    [repository] = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repository["hooks"])


@pytest.mark.parametrize(
    "form", sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda file: file.stem
)
def test_a_form_can_be_filled_in(form: Path) -> None:
    """It has a name and fields, each with an id of its own."""
    read = load(form)
    fields = [part for part in read["body"] if part["type"] != "markdown"]
    assert read["name"]
    assert read["description"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)
