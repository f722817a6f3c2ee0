"""Members as processes tell each other of them."""

import json

import pytest

from bridge.backplane.codec import read_happenings, read_members, write_happenings, write_member
from bridge.model import Happening, Member, Voice


@pytest.mark.parametrize("line", ["back at noon", None])
def test_a_member_arrives_as_they_were(line: str | None) -> None:
    """With what they say over their head; who says nothing is written as before there were lines."""
    ada = Member(
        "7", "Ada", "dnd", "#0000ff", True, "https://a", Voice("9", "Lounge"), "Chess", 7, "#00ff00", line
    )
    written = write_member(ada)
    assert read_members([written]) == [ada]
    assert len(json.loads(written)) == (11 if line else 10)


def test_what_goes_on_arrives_as_it_was() -> None:
    """Where an older version has written nothing of it, there is nothing."""
    poll = Happening("5", "poll", "7", "44", "9", "Tea?", until=1_000)
    picnic = Happening("6", "event", text="Picnic", location="The park")
    happenings = {poll.key: poll, picnic.key: picnic}
    assert read_happenings(write_happenings(happenings)) == happenings
    assert read_happenings(None) == {}
