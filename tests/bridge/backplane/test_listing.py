"""What is listed of guilds, while they change."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.backplane import codec, keys, scripts
from bridge.backplane.lines import Call, Lines
from bridge.backplane.listing import LISTED_AT_ONCE, Listing
from bridge.backplane.parts import WHOLE
from bridge.backplane.trouble import Trouble
from bridge.rooms.directory import Directory
from tests.bridge.conftest import DWORLD

if TYPE_CHECKING:
    from bridge.model import GuildInfo


class Server(Lines):
    """Keeps the list as Redis would. `meanwhile` happens while it is asked, the answer being on its way."""

    def __init__(self) -> None:
        super().__init__("redis://localhost")
        self.listed: dict[str, GuildInfo] = {}
        self.complete: list[tuple[int, bool]] = []  # how many were listed, and whether these were all
        self.most = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def ask(self, answer: Any) -> Any:
        answer.close()
        return []

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        [(script, names, arguments)] = calls
        assert (script, names[1]) == (scripts.LIST, keys.GUILDS_INFOS)
        told = arguments[9:]
        for guild_id, text in zip(told[::2], told[1::2], strict=True):
            if text:
                self.listed[str(guild_id)] = codec.read_info(bytes(text))[0]  # type: ignore[arg-type]
            else:
                self.listed.pop(str(guild_id), None)
        self.most = max(self.most, len(told) // 2)
        self.complete.append((len(self.listed), arguments[2] == "1"))
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return [scripts.DONE]


def listing_of(server: Server, directory: Directory) -> Listing:
    """Make the list of a process that has all its guilds."""
    listing = Listing(server, directory, "1.a", WHOLE, lambda: True, lambda: None)
    directory.listen(listing.note)
    return listing


@pytest.mark.parametrize("is_new", [True, False], ids=["at the start", "later"])
async def test_a_guild_changes_while_it_is_listed(*, is_new: bool) -> None:
    """It is listed again: nobody goes on believing that everybody may enter."""
    server, directory = Server(), Directory()
    listing = listing_of(server, directory)
    directory.open(DWORLD)
    if not is_new:
        await listing.write()
        listing.note(DWORLD.id)

    def protect() -> None:
        directory.open(replace(DWORLD, protected=True, password="sesame"))

    def protect_when_listed() -> None:
        if DWORLD.id in server.listed:
            protect()
        else:
            server.meanwhile = protect_when_listed

    server.meanwhile = protect_when_listed
    for _ in range(2):
        await listing.write()
    assert server.listed[DWORLD.id].protected


async def test_what_could_not_be_listed_is_still_to_be() -> None:
    """Of a guild that changes while the server is away, the next look says so."""
    server, directory = Server(), Directory()
    listing = listing_of(server, directory)
    directory.open(DWORLD)
    await listing.write()

    def fail() -> None:
        server.listed.clear()
        raise Trouble("It can't be reached.", passes=True)

    server.meanwhile = fail
    directory.open(replace(DWORLD, protected=True, password="sesame"))
    with pytest.raises(Trouble):
        await listing.write()
    await listing.write()
    assert server.listed[DWORLD.id].protected


async def test_many_guilds_are_listed_in_portions() -> None:
    """And the list counts as complete with the last of them, not before."""
    server, directory = Server(), Directory()
    listing = listing_of(server, directory)
    many = 2 * LISTED_AT_ONCE + 1
    for number in range(many):
        directory.open(replace(DWORLD, id=str(number + 1), slug=f"g{number}"))
    await listing.write()
    assert server.most == LISTED_AT_ONCE
    assert {count for count, is_complete in server.complete if is_complete} == {many}
