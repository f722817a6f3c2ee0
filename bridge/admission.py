"""May this viewer enter that room."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge import owner
from bridge.directory import Directory
from bridge.errors import ProviderError, Refused
from bridge.model import RESERVED_SLUGS, GuildInfo
from bridge.passwords import is_password
from bridge.protocol import LOGIN_NEEDED, NO_SUCH_SERVER, WRONG_PASSWORD, Credentials
from bridge.providers.feed import TIMEOUT, Feed
from bridge.room import Room

log = logging.getLogger(__name__)

Validator = Callable[[str, Mapping[str, Any], str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A room that a viewer may enter now. `trouble` is what they should know first."""

    room: Room
    trouble: str | None = None


class Admission:
    """Finds the room that a viewer asked for, brings it up to date and checks the door.

    `validate(token, user, guild_id)` says whether a Discord login may watch a protected guild; without
    one, no login opens any.
    """

    def __init__(self, directory: Directory, feed: Feed) -> None:
        self._directory = directory
        self._feed = feed
        self.validate: Validator | None = None

    async def admit(self, server: str, credentials: Credentials, seated: Room | None = None) -> Entry:
        """Let a viewer into the room that `server` means; `seated` is where they have been admitted to.

        Raises:
            Refused: with the sentence for the viewer.
        """
        if server in RESERVED_SLUGS:
            return await self._admit_by_default(credentials)
        try:
            await self._feed.refresh_servers()
        except ProviderError as error:
            raise Refused(str(error)) from error
        room = self._directory.resolve(server)
        if room is None:
            raise Refused(NO_SUCH_SERVER)
        trouble = await self._pass(room, credentials, seated=room is seated)
        if trouble is not None:
            raise Refused(trouble)
        if self._directory.rooms.get(room.info.id) is not room:
            raise Refused(NO_SUCH_SERVER)  # closed while we waited
        return Entry(room)

    async def _admit_by_default(self, credentials: Credentials) -> Entry:
        """Find a room for a viewer without a choice: there is always one, or old clients ask without end."""
        trouble = None
        try:
            await self._feed.refresh_servers()
        except ProviderError as error:
            trouble = str(error)
        for room in self._directory.defaults():
            try:
                trouble = await self._pass(room, credentials) or trouble
            except Refused:
                continue
            if self._directory.rooms.get(room.info.id) is room:
                return Entry(room, trouble)
        return Entry(self._directory.lobby, trouble)

    async def _pass(self, room: Room, credentials: Credentials, *, seated: bool = False) -> str | None:
        """Check the door and bring the room up to date; return what went wrong with the latter.

        Both wait, and the door may change meanwhile: then it is checked again, also for who is seated.
        """
        while True:
            door, trouble = room.info.door, None
            if not seated:
                await self._check(room, credentials)
            try:
                await self._feed.refresh_room(room)
            except ProviderError as error:
                trouble = str(error)
            if room.info.door == door:
                return trouble
            seated = False

    async def _check(self, room: Room, credentials: Credentials) -> None:
        info = room.info
        if not info.protected:
            return
        if info.has_password and credentials.password is not None:
            if await _is_password(credentials.password, info):
                return
            raise Refused(WRONG_PASSWORD)
        if not await self._is_valid_login(credentials, info.id):
            raise Refused(LOGIN_NEEDED)

    async def _is_valid_login(self, credentials: Credentials, guild_id: str) -> bool:
        if self.validate is None or not credentials.token or not credentials.user:
            return False
        try:
            answer = self.validate(credentials.token, credentials.user, guild_id)
            return await owner.ask(answer, TIMEOUT) is True
        except Exception as error:  # noqa: BLE001 - an edge: the owner's code; whatever it raises, the door stays shut
            # Its type alone: the text may repeat the token.
            log.warning("on_validate_discord_user failed for guild %s: %s", guild_id, type(error).__name__)
            return False


async def _is_password(given: str, info: GuildInfo) -> bool:
    if info.password is not None:
        return hmac.compare_digest(_digestible(info.password), _digestible(given))
    # In a thread: it takes a while, on purpose, and nobody else should have to wait.
    return await asyncio.to_thread(is_password, given, info.password_hash or "")


def _digestible(secret: str) -> bytes:
    return secret.encode(errors="surrogatepass")
