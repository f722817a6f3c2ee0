"""Members as processes tell each other of them."""

import json

import pytest

from bridge.backplane.codec import (
    read_happenings,
    read_info,
    read_members,
    read_roles,
    write_happenings,
    write_info,
    write_member,
    write_roles,
)
from bridge.model import GuildInfo, Happening, Member, Voice


@pytest.mark.parametrize("line", ["back at noon", None])
def test_a_member_arrives_as_they_were(line: str | None) -> None:
    """With what they say over their head; who says nothing is written as before there were lines."""
    ada = Member(
        "7", "Ada", "dnd", "#0000ff", True, "https://a", Voice("9", "Lounge"), "Chess", 7, "#00ff00", line
    )
    written = write_member(ada._replace(role="41"))  # which is told to nobody
    assert read_members([written]) == [ada]
    assert len(json.loads(written)) == (11 if line else 10)


def test_what_goes_on_arrives_as_it_was() -> None:
    """Where an older version has written nothing of it, there is nothing."""
    poll = Happening("5", "poll", "7", "44", "9", "Tea?", until=1_000)
    picnic = Happening("6", "event", text="Picnic", location="The park")
    happenings = {poll.key: poll, picnic.key: picnic}
    assert read_happenings(write_happenings(happenings)) == happenings
    assert read_happenings(None) == {}


def test_what_roles_are_called_arrives_as_it_was() -> None:
    """Where nothing is to be read, or an older version has written nothing, there is nothing."""
    names = {"#57f287": ("Gardeners", "Growers")}
    assert read_roles(write_roles(names)) == names
    assert write_roles({}) is None
    assert read_roles(None) == {}
    info = GuildInfo("1", "one", "The First", role_names={"41": "Gardeners"})
    written = write_info(info, {}, 1)
    assert b"Gardeners" not in written
    assert b"role_names" not in written  # an older version couldn't read it
    assert read_info(written)[0] == GuildInfo("1", "one", "The First")
