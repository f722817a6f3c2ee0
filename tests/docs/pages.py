"""The pages of the documentation, taken apart."""

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cogs.texts import Language
from tests.examples import ROOT

DOCS: Final = ROOT / "docs"
PAGES: Final = DOCS / "pages"
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de", "es")
NAMES: Final = sorted(file.stem for file in PAGES.glob("*.md") if "." not in file.stem)

_FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w+)(?: title=\"(?P<title>.+?)\")?\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_HEADING: Final = re.compile(r"(?P<level>#+) (?P<title>.+?)(?: \{ #(?P<anchor>[\w-]+) \})?")
_TABLE_ROW: Final = re.compile(r" *\|.*\|")
_STEP: Final = re.compile(r" *(?P<sign>-|\d+\.|===|!!!|>|:) .+")
_PICTURE: Final = re.compile(r"!\[.+?\]\((?P<file>.+?)\)(?:\{ .+? \})?")


def page(name: str, language: Language) -> Path:
    """Tell where a page is."""
    return PAGES / (f"{name}.md" if language == "en" else f"{name}.{language}.md")


def read(name: str, language: Language) -> str:
    """Read a page."""
    return page(name, language).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code on a page. `title` is the name of its file."""

    page: str
    language: Language
    kind: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.title}-{self.language}"

    @property
    def meaning(self) -> str:
        """What it does, if it is Python: the code without comments and docstrings."""
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = node.body[ast.get_docstring(node) is not None :] or [ast.Pass()]
        return ast.unparse(tree)


def blocks(name: str, language: Language) -> list[Block]:
    """Find the blocks of a page."""
    return [
        Block(name, language, match["kind"], match["title"] or "", textwrap.dedent(match["text"]))
        for match in _FENCE.finditer(read(name, language))
    ]


def structure(name: str, language: Language) -> Iterator[tuple[str, ...]]:
    """Name the parts of a page in order, as far as they are the same in every language."""
    for line in _FENCE.sub(r"```\g<kind> \g<title>", read(name, language)).splitlines():
        if line.startswith("```"):
            yield ("code", line)
        elif heading := _HEADING.fullmatch(line):
            yield ("heading", heading["level"], heading["anchor"] or "")
        elif _TABLE_ROW.fullmatch(line):
            yield ("row", str(line.count("|")))
        elif picture := _PICTURE.fullmatch(line):
            yield ("picture", picture["file"])
        elif step := _STEP.fullmatch(line):
            yield ("item", step["sign"])
