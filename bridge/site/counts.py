"""How many are in which guild, for who has yet to choose one: `/api/counts`."""

import asyncio
import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from bridge.rooms.directory import Directory
from bridge.site.http import Probe

GOOD_FOR: Final = 5.0  # seconds: anybody may ask, and thousands of guilds take some milliseconds to encode


class Counts:
    """Counts who is in the guilds that are listed and open to everybody."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._counted = b""  # encoded
        self._edition = directory.edition  # of the listing that was counted
        self._good_until = -math.inf

    @property
    def probes(self) -> Mapping[str, Probe]:
        """The path that is answered."""
        return {"/api/counts": self.tell}

    async def tell(self) -> tuple[HTTPStatus, bytes]:
        """Tell for each guild how many members it has, and how many of them are online."""
        now = asyncio.get_running_loop().time()
        # A guild that was hidden or protected a moment ago is not told of for seconds more.
        if now >= self._good_until or self._edition != self._directory.edition:
            self._counted = json.dumps(self._count()).encode()
            self._edition = self._directory.edition
            self._good_until = now + GOOD_FOR
        return HTTPStatus.OK, self._counted

    def _count(self) -> dict[str, object]:
        counted: dict[str, object] = {}
        for guild_id, room in self._directory.rooms.items():
            # Without members it was perhaps never asked about.
            if room.info.listed and not room.info.protected and (counts := room.counts())["shown"]:
                counted[guild_id] = {"members": counts["members"], "online": counts["online"]}
        return counted
