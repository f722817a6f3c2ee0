"""What viewers are told: codes that mean one thing, and that the page and the documentation know."""

import re
from pathlib import Path
from typing import Final

import pytest

from bridge import problems
from bridge.problems import Problem, bad_request, too_many_tries

ROOT: Final = Path(__file__).parents[2]
PROBLEMS: Final = [
    *(value for value in vars(problems).values() if isinstance(value, Problem)),
    too_many_tries(7),
    bad_request("x must be a text"),
]
CODES: Final = sorted({problem.code for problem in PROBLEMS})
# The page sends good requests alone, asks at once, and waits where its request will be answered anyway.
UNHEARD: Final = {"bad-request", "unknown-type", "nothing-asked", "busy"}


def test_sentences_have_codes_of_their_own() -> None:
    """But for those that say in several ways that a request can't be read."""
    codes = [problem.code for problem in PROBLEMS if problem.code != "bad-request"]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_the_page_has_words_for_each_code(language: str) -> None:
    """Its own, in its reader's language: what the bridge says is English."""
    # Those of the first part are for who lacks the others.
    words = (ROOT / f"bridge/web/i18n/{language}-more.js").read_text(encoding="utf-8")
    refusals = words[words.index("refusals: {") :]
    for code in sorted(set(CODES) - UNHEARD):
        assert re.search(rf"^ {{4,6}}'?{code}'?: ", refusals, re.MULTILINE), code


@pytest.mark.parametrize("page", ["protocol.md", "protocol.de.md", "protocol.es.md"])
def test_the_documentation_names_each_code(page: str) -> None:
    """In each language, with the sentence where clients may know it."""
    text = (ROOT / "docs" / "pages" / page).read_text(encoding="utf-8")
    assert not [code for code in CODES if f"`{code}`" not in text]
