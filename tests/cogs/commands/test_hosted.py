"""The list of all servers: whichever process has them, each stands on one page."""

import json
import random
import re
from typing import Any

import pytest

from cogs.commands import hosted
from cogs.commands.hosted import BEGIN, END, Cut, Page, Rank, Row, Share
from cogs.commands.standing import Standing, custom_id

COUNT = 37
RANDOM = random.Random(18)


def a_row(number: int) -> Row:
    """Make a server; many are alike but for their ids."""
    return Row(Rank.of(RANDOM.randrange(3), RANDOM.randrange(3), 10**17 + number), f"Server {number}", None)


ROWS = [a_row(number) for number in range(COUNT)]
IN_ORDER = sorted(ROWS, key=lambda row: row.place)


def ask(processes: list[list[Row]], cut: Cut) -> Page:
    """Ask processes for a page, as they ask each other: in JSON."""
    shares = []
    for rows in processes:
        asked = Cut.asked(json.loads(json.dumps(cut.question())))
        assert asked == cut
        places, before = asked.of(sorted(row.place for row in rows))
        few = [row for place in places for row in rows if row.place == place]
        told = Share(few, before, len(rows), -sum(row.place.viewers for row in rows)).answer()
        share = Share.read(json.loads(json.dumps(told)))
        assert share is not None
        shares.append(share)
    return Page.of(cut, shares, ())


def button(page: Page, label: str) -> Cut | None:
    """Name the page to which a button leads."""
    for item in page.view("Host", "en").children:
        what: Any = item
        if what.label == label:
            match = re.fullmatch(Standing.__discord_ui_compiled_template__, what.custom_id)
            assert match is not None
            return Cut.read(match["what"])
    return None


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_each_server_stands_on_one_page(processes: int) -> None:
    """From the first page to the last, and back."""
    parts = [ROWS[number::processes] for number in range(processes)]
    pages = [ask(parts, Cut())]
    while cut := button(pages[-1], "Next"):
        pages.append(ask(parts, cut))
    assert [row for page in pages for row in page.rows] == IN_ORDER
    assert [len(page.rows) for page in pages] == [10, 10, 10, 7]
    for number, page in enumerate(pages):
        text, viewers = page.text().within("en"), -sum(row.place.viewers for row in ROWS)
        assert f"Page {number + 1} of 4" in text
        assert f"Servers: {COUNT}, viewers: {viewers}" in text
        assert page.instead(Cut()) is None
    there = pages[-1]
    for page in reversed(pages[:-1]):
        cut = button(there, "Back")
        assert cut is not None
        there = ask(parts, cut)
        assert (there.rows, there.before) == (page.rows, page.before)
        assert there.instead(cut) is None
    assert button(there, "Back") is None


def test_servers_that_have_gone_meanwhile() -> None:
    """Where nothing is left on a side, the page is the last one or the first."""
    last = IN_ORDER[-1]
    page = ask([ROWS], Cut(last.place))
    assert page.rows == []
    assert page.instead(Cut(last.place)) == Cut(END, back=True)
    assert ask([ROWS], Cut(END, back=True)).rows == IN_ORDER[-10:]
    back = Cut(IN_ORDER[4].place, back=True)
    assert ask([ROWS], back).instead(back) == Cut(BEGIN)
    assert ask([[]], Cut()).instead(Cut()) is None
    assert button(ask([[]], Cut()), "Next") is None


def test_a_button_for_the_largest_numbers() -> None:
    """Its id is as long as Discord, and `Standing`, take it."""
    cut = Cut(Rank.of(10**12, 10**12, 2**64 - 1), back=True)
    assert Cut.read(cut.write()) == cut
    assert re.fullmatch(Standing.__discord_ui_compiled_template__, custom_id("Host", cut.write()))


@pytest.mark.parametrize("what", ["page_1", "next_1_2", "next_1_2_g", "next_1_2_", "other_1_2_3"])
def test_a_button_that_is_none(what: str) -> None:
    """Such as one of an older version."""
    assert Cut.read(what) is None


@pytest.mark.parametrize("trouble", [*hosted.TROUBLES, None, "of a newer version"])
def test_what_keeps_viewers_away(trouble: str | None) -> None:
    """It is told in words, if there are any."""
    share = Share([Row(Rank.of(1, 2, 10**17), "**Harbour**", trouble)], 0, 1, 1)
    read = Share.read(share.answer())
    assert read == share
    text = read.rows[0].text().within("en")
    assert text.startswith(rf"`{10**17}` **\*\*Harbour\*\*** · members: 2 · viewers: 1")
    assert ("⚠" in text) == (trouble in hosted.TROUBLES)


@pytest.mark.parametrize(
    "answer",
    [{}, {"rows": 1}, {"rows": [], "before": "0", "count": 0, "viewers": 0}],
)
def test_an_answer_that_is_none(answer: dict[str, object]) -> None:
    """It is as if none had come."""
    assert Share.read(answer) is None


@pytest.mark.parametrize(
    "row", [1, [], [0, 0, 1, "x"], [1, 0, 1, "x", None], [0, 0, 0, "x", None], [0, 0, 1, 1, 1]]
)
def test_a_row_that_is_none(row: object) -> None:
    """It is left out."""
    share = Share.read({"rows": [row, [0, 0, 1, "", None]], "before": 0, "count": 2, "viewers": 0})
    assert share is not None
    assert [row.text().within("en") for row in share.rows] == ["`1` **?** · members: 0 · viewers: 0"]


@pytest.mark.parametrize(
    "question", [{}, {"ask": "servers"}, {"ask": "servers", "place": [1, 2], "back": False}]
)
def test_a_question_that_is_none(question: dict[str, object]) -> None:
    """There is nothing to tell."""
    assert Cut.asked(question) is None
