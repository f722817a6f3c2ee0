"""What Discord hides until somebody clicks stays hidden."""

import gc
import re
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.words.spoilers import visible
from bot.words.text import plain
from tests.bot.discord_client import KINDS, hidden
from tests.thorough import tries

JUNK = [
    *"*_~|`<>[]()#-+\\: \n", "||", "||", "||", "**", "__", "~~", "``", "```", "```js\n", "\\|", "\\`",
    "> ", ">>> ", "\n> ", "\n- ", "\n  ", "# ", "-# ", "1. ", "](https://x.y)", "[", "https://x.y/",
    "<https://x.y/", "<x:/", "<@1>", "<:a_b:1>", "</a ", ":1>", "\x1b[0m", "\x00", "\ue000", "\ue07c", " ",
]  # fmt: skip


def junk(*left_out: str) -> st.SearchStrategy[str]:
    """Signs of all kinds in any order, but without some."""
    pieces = st.sampled_from([piece for piece in JUNK if not any(sign in piece for sign in left_out)])
    return st.lists(pieces, max_size=12).map("".join)


@given(before=junk("|", "`"), left=junk("||"), right=junk("||"), after=junk())
@example(before="\\", left="", right="", after="")
@example(before="https://x.y/", left="", right="", after="")
@example(before="[a](", left="", right=")", after="")
@example(before="", left="`", right="\\", after="`")
@example(before="</a ", left="", right="", after=":1>")
def test_a_secret_between_bars(before: str, left: str, right: str, after: str) -> None:
    """Whatever stands around the first bars, or between them and the next."""
    assume("||" not in left + "secret" + right)
    assert "secret" not in plain(f"{before}||{left}secret{right}||{after}")


@given(
    code=st.sampled_from(["`a`", "``a`b``", "```a```", "```\na\n```"]),
    before=junk("|", "`"),
    inside=junk("||"),
)
def test_a_secret_after_code(code: str, before: str, inside: str) -> None:
    """Code that is closed before the bars makes no difference."""
    assume("||" not in inside + "secret")
    assert "secret" not in plain(f"{before}{code}||{inside}secret||")


WORDS = st.lists(st.sampled_from(JUNK) | st.just("@"), max_size=24)


@settings(max_examples=tries(1_000))
@given(pieces=WORDS, unknown=st.sets(st.sampled_from(KINDS)))
@example(pieces=list("**@||@**@||@||@||"), unknown=set())
@example(pieces=list("`@\n||@`@||@||@||"), unknown=set())
@example(pieces=list("> @||@\n@||@||@||"), unknown=set())
@example(pieces=list("- @||@\n- @||@||@||"), unknown=set())
@example(pieces=["[", "@", "||", "@", "](https://x.y)", "@", "||", "@", "||", "@", "||"], unknown=set())
@example(pieces=["https://x.y/", "||", "@", " ", "||", "@", "||", "@", "||"], unknown=set())
@example(pieces=list("**@`@**@`||@`@||@||"), unknown=set())
@example(pieces=list("````@````||`@||@||"), unknown=set())
@example(pieces=list("||||@||||@||@||"), unknown=set())
@example(pieces=list("-#\n-||@||@||\n||@||"), unknown=set())
@example(pieces=["```js\n", "```", "@", "||", "@", "```", "@", "||", "@", "||"], unknown=set())
def test_what_any_client_hides(pieces: list[str], unknown: set[str]) -> None:
    """Nobody reads here what a client of Discord's hides, of whatever that client knows."""
    text = "".join(f" w{number}w " if piece == "@" else piece for number, piece in enumerate(pieces))
    assert not words(hidden(text, unknown)) & words(plain(text))


def words(text: str) -> set[str]:
    """Find the words of a text."""
    return set(re.findall(r"w\d+w", text))


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("||`||`||", "[spoiler]`||"),
        ("||a`b|| c`d", "[spoiler] c`d"),
        ("||a\\||", "[spoiler]"),
        ("||[a||](https://example.org)", "[spoiler]](https://example.org)"),
        ("[||a||](https://example.org)", "[spoiler]"),
        ("||```\na\n|| b\n```", "[spoiler] b ```"),
        ("||a\n\n> b\n||", "[spoiler]"),
        ("|||a|||", "[spoiler]"),
        ("||||", "||||"),
        ("|| ||", "[spoiler]"),
        ("||a|| b ||c", "[spoiler] b ||c"),
        ("**b** ||*x*|| and ||y||", "b [spoiler] and [spoiler]"),
        ("_a_ <:b_c:1> ||d_e|| and ||f||", "a :b_c: [spoiler] and [spoiler]"),
        ("> a ||b||\nc ||d\ne|| f ||g||", "a [spoiler] c [spoiler] f [spoiler]"),
        ("a\x00|\x00|b|\x07|", "a[spoiler]"),
        ("a|\x1b[0m|b|\ue000|", "a[spoiler]"),
        ("``\x1b[0m`||a||```", "[spoiler]"),
    ],
)
def test_spoilers_among_other_signs(written: str, seen: str) -> None:
    """A spoiler that begins first ends at the next bars; what is around it is read as ever."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    "written",
    ["if (a || b)", "use `a || b` or `c || d`", "``a || b`c || d``", "```js\nif (a || `b` || c)\n```",
     r"\|\|a\|\|", "**or**: `a || b || c`", "- or:\n```\na || b || c\n```"],
)  # fmt: skip
def test_bars_that_hide_nothing(written: str) -> None:
    """People who write programs mean 'or'."""
    assert "[spoiler]" not in plain(written)
    assert plain(written).count("|") == written.count("|")


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("*a ||b* c|| d ||e||", "*a [spoiler]"),
        ("> a ||b\nc|| d ||e|| f", "a [spoiler] f"),
        ("[a ||b](https://x.y) c|| d ||e||", "[a [spoiler]"),
        ("https://x.y/||a b|| c ||d||", "https://x.y/[spoiler]"),
        ("````a||b````||c||", "````a[spoiler]"),
        ("|||a|| b ||c||", "[spoiler]"),
    ],
)
def test_bars_in_doubt(written: str, seen: str) -> None:
    """Where it is in doubt which bars are a pair, all that may be hidden is."""
    assert plain(written) == seen


@given(junk())
def test_what_is_visible_stays(text: str) -> None:
    """What is left stands in the text, in its order."""
    assert re.fullmatch(".*".join(map(re.escape, visible(text))), text, re.DOTALL)


UNITS = [
    "||", "||a", "||a||", "|||", "`||", "`a||b` ", "``a||b``` ", "```a||b```", "\\||", "\\`", "*||a", "*a* ",
    "**a", "_a", "[a||", "](", "a:/", "a:/||", " :/", "<a", "<@1>", "<:a:1", "\n", "\n\n", "\n ", "\n> ",
    "\n- a||", "\n1. ", "\x1b[", "\x1b[1;2m", "\x1b[1", "<id:guide>", "<id:", "<sound:1:1>", "<sound:1:",
    "<t:1:R>", "`\n", "~~a~~", "-#\n",
]  # fmt: skip


@pytest.mark.parametrize("around", ["{}", "||{}", "`{}", "*{}||"])
@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_is_twice_the_work(unit: str, around: str) -> None:
    """Nobody stops the world with a message."""
    once, twice = (calls(around.format(unit * times)) for times in (400, 800))
    assert twice < 2.2 * once + 100


def calls(text: str) -> int:
    """Count the calls that it takes to read a text."""
    count = 0

    def note(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # what it ends with is none of this text's
    sys.setprofile(note)
    try:
        plain(text)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count
