"""The servers that the bot is in, those with the most viewers first: a page of them, of all its processes.

A page begins after a server, or ends before one: each process finds its own part of it, however many it has.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import discord

from cogs.commands.replies import plain
from cogs.commands.standing import custom_id, standing
from cogs.texts import Language, Lines, Text

PAGE: Final = 10  # servers at a time
MAX_NAME: Final = 60  # characters of a name in the list
_MOST: Final = 0xFFFF_FFFF  # viewers or members that are told of
_MAX_ID: Final = 0xFFFF_FFFF_FFFF_FFFF
_PLACE: Final = re.compile(r"(?P<way>next|back)_([0-9a-f]{1,8})_([0-9a-f]{1,8})_([0-9a-f]{1,16})")
TROUBLES: Final = {
    "untold": Text("Discord tells nothing of it"),
    "hidden": Text("not shown"),
    "gated": Text("nothing in it is public"),
}


class Rank(NamedTuple):
    """Where a server stands in the list: before all that compare as greater."""

    viewers: int  # as all of these, negative where more comes first
    members: int
    id: int

    @classmethod
    def of(cls, viewers: int, members: int, guild_id: int) -> Self:
        """Tell where a server stands."""
        return cls(-min(viewers, _MOST), -min(members, _MOST), guild_id)


BEGIN: Final = Rank(-_MOST - 1, 0, 0)
END: Final = Rank(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is asked for: servers after a place, or with `back` those before it."""

    place: Rank = BEGIN
    back: bool = False

    @classmethod
    def read(cls, what: str) -> Self | None:
        """Read the id of a button. None if it is none of these."""
        match = _PLACE.fullmatch(what)
        if match is None:
            return None
        viewers, members, guild_id = (int(part, 16) for part in match.groups()[1:])
        return cls(Rank.of(viewers, members, guild_id), match["way"] == "back")

    def write(self) -> str:
        """Write it as the id of a button."""
        viewers, members, guild_id = self.place
        return f"{'back' if self.back else 'next'}_{-viewers:x}_{-members:x}_{guild_id:x}"

    def question(self) -> dict[str, object]:
        """Ask another process for its part."""
        return {"ask": "servers", "place": [*self.place], "back": self.back}

    @classmethod
    def asked(cls, question: Mapping[str, Any]) -> Self | None:
        """Read what another process asks for. None if it is something else."""
        match question:
            case {"ask": "servers", "place": [int(viewers), int(members), int(guild_id)], "back": bool(back)}:
                return cls(Rank(viewers, members, guild_id), back)
        return None

    def of(self, places: Sequence[Rank]) -> tuple[list[Rank], int]:
        """Take so much of sorted places as a page has; tell how many are before them."""
        if self.back:
            end = sum(place < self.place for place in places)
            begin = max(0, end - PAGE)
        else:
            begin = sum(place <= self.place for place in places)
            end = begin + PAGE
        return list(places[begin:end]), begin


@dataclass(frozen=True, slots=True)
class Row:
    """A server in the list: how large, how much watched, and what keeps viewers from seeing it."""

    place: Rank
    name: str
    trouble: str | None

    def text(self) -> Text:
        """Write it down, in a line."""
        line = Text(
            "`{id}` **{name}** · members: {members} · viewers: {viewers}",
            id=self.place.id, name=plain(self.name[:MAX_NAME]) or "?",
            members=-self.place.members, viewers=-self.place.viewers,
        )  # fmt: skip
        trouble = None if self.trouble is None else TROUBLES.get(self.trouble)
        return line if trouble is None else Text("{line} · ⚠ {trouble}", line=line, trouble=trouble)


@dataclass(frozen=True, slots=True)
class Share:
    """What one process has of a page; `before` counts its servers that stand before these."""

    rows: list[Row]
    before: int
    count: int
    viewers: int

    def answer(self) -> dict[str, object]:
        """Write it down for the process that asked."""
        rows = [[*row.place, row.name[:MAX_NAME], row.trouble] for row in self.rows]
        return {"rows": rows, "before": self.before, "count": self.count, "viewers": self.viewers}

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self | None:
        """Read what another process has. None if that can't be read."""
        match answer:
            case {"rows": list(told), "before": int(before), "count": int(count), "viewers": int(viewers)}:
                rows = [row for row in map(_read_row, told[:PAGE]) if row is not None]
                return cls(rows, before, count, viewers)
        return None


def _read_row(told: object) -> Row | None:
    match told:
        case [int(viewers), int(members), int(guild_id), str(name), str() | None as trouble] if (
            -_MOST <= viewers <= 0 and -_MOST <= members <= 0 and 0 < guild_id <= _MAX_ID
        ):
            return Row(Rank(viewers, members, guild_id), name, trouble)
    return None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of all servers, with how many stand before it; `missing` says whose are not among them."""

    rows: list[Row]
    before: int
    count: int
    viewers: int
    missing: tuple[Text, ...] = ()

    @classmethod
    def of(cls, cut: Cut, shares: Iterable[Share], missing: tuple[Text, ...]) -> Self:
        """Make a page of what all processes have of it."""
        shares = list(shares)
        found = sorted((row for share in shares for row in share.rows), key=lambda row: row.place)
        rows = found[-PAGE:] if cut.back else found[:PAGE]
        before = sum(share.before for share in shares) + (len(found) - len(rows) if cut.back else 0)
        count, viewers = sum(share.count for share in shares), sum(share.viewers for share in shares)
        return cls(rows, before, count, viewers, missing)

    def instead(self, cut: Cut) -> Cut | None:
        """Name the page to show if this one has too few on it: some may be gone since its button was made."""
        if cut.back and len(self.rows) < PAGE:
            return Cut()
        return Cut(END, back=True) if not self.rows and self.count else None

    def text(self) -> Text:
        """Say which they are."""
        parts = [
            Text(
                "**Servers: {count}, viewers: {viewers}**",
                count=self.count, viewers=self.viewers,
            ),
            *self.missing,
            *(row.text() for row in self.rows),
        ]  # fmt: skip
        if self.count > PAGE:
            # Where some come or go while somebody reads, a page may begin in the middle of two.
            number, last = -(-self.before // PAGE), -(-self.count // PAGE)
            parts.append(Text("Page {page} of {pages}", page=min(number + 1, last), pages=last))
        return Lines(*parts)

    def view(self, cog: str, language: Language) -> discord.ui.View:
        """Make the buttons to the other pages."""
        view = discord.ui.View(timeout=None)
        ways = []
        if self.rows and self.before:
            ways.append((Text("Back"), Cut(self.rows[0].place, back=True)))
        if self.rows and self.before + len(self.rows) < self.count:
            ways.append((Text("Next"), Cut(self.rows[-1].place)))
        for label, cut in ways:
            button: discord.ui.Button[Any] = discord.ui.Button(
                label=label.within(language), custom_id=custom_id(cog, cut.write())
            )
            view.add_item(button)
        return standing(view)
