"""What the README promises, run as it stands."""

import re
from pathlib import Path

import pytest

from tests.examples import ROOT, adapted, start, watch
from tests.ports import free_port

README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_OF_A_PICTURE = 200_000  # bytes
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_there_are_library_examples() -> None:
    """The blocks are found."""
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
async def test_library_example_serves_viewers_and_stops_cleanly(block: str, tmp_path: Path) -> None:
    """Each example of the library section runs, lets a viewer in, and ends with Ctrl-C."""
    port = free_port()
    script = tmp_path / "example.py"
    script.write_text(adapted(block, {"port=3000": f"port={port}"}), encoding="utf-8")
    _, errors = await watch(await start(script), port)
    assert errors == ""


@pytest.mark.parametrize(
    "file", ["README.md", "docs/SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md"]
)
def test_links_lead_to_files_that_are_there(file: str) -> None:
    """Those within the repository."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", (ROOT / file).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / file).parent.joinpath(link).exists()] == []


def test_nginx_is_told_the_same_in_the_documentation() -> None:
    """One block, twice."""
    (block,) = re.findall(r"```nginx\n.*?```", README, re.DOTALL)
    assert block in (ROOT / "docs" / "pages" / "deployment.md").read_text(encoding="utf-8")


def test_the_picture_is_small() -> None:
    """Whoever opens the page loads it; `python -m tests.docs.pictures` takes it."""
    [(words, picture)] = re.findall(r"!\[([^\]]+)\]\(([^)]+\.png)\)", README)
    assert len(words) > 50
    assert (ROOT / picture).stat().st_size < MOST_OF_A_PICTURE
