"""Passwords as hashes (scrypt, RFC 7914), so that who reads the database learns none."""

import asyncio
import base64
import hashlib
import hmac
import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bridge.access.fair import FairTurns, Full
from bridge.errors import Refused
from bridge.model import GuildInfo
from bridge.problems import too_many_tries

# About 50 ms and 16 MB for each try: nothing for a person, much for a million guesses.
_COST: Final = 2**14
_BLOCK: Final = 8
_PARALLEL: Final = 1
_SALT: Final = 16  # bytes
_KEY: Final = 32  # bytes
_MEMORY: Final = 64 * 1024 * 1024  # bytes that one try may take; a hash that asks for more is refused
_TRY_TIME: Final = 0.05  # seconds, about
MAX_WAITING: Final = 400  # tries at once, of which one is looked at
MAX_KNOWN: Final = 1_000  # guilds whose password has been given


class Passwords:
    """Compares passwords, one at a time: those who guess may keep one core busy, and not all of them.

    What fitted once is known again at once, by a digest that only this process can make: after a restart a
    thousand viewers of one guild come with the same password.
    """

    def __init__(self) -> None:
        self._turns = FairTurns(MAX_WAITING)
        # One thread, always the same: the system leaves the memory of a try to the thread that took it.
        self._worker = ThreadPoolExecutor(1, "passwords")
        self._key = os.urandom(_KEY)
        self._known: dict[str, bytes] = {}  # by the hash that was fitted
        self._tried: dict[tuple[str, bytes], asyncio.Event] = {}  # what is being tried, until it is done

    async def is_known(self, given: str, info: GuildInfo) -> bool:
        """Tell whether this is a guild's password, as far as that costs nothing.

        Where somebody else tries the very same just now, their answer is waited for.
        """
        hashed, digest = info.password_hash or "", self._digest(given)
        if done := self._tried.get((hashed, digest)):
            await done.wait()
        return self._knows(hashed, digest)

    async def fit(self, given: str, info: GuildInfo, whose: str = "") -> bool:
        """Tell whether this is a guild's password; `whose` is the address that tries it.

        Raises:
            Refused: if too many wait for an answer already.
        """
        if info.password is not None:
            return hmac.compare_digest(_bytes(info.password), _bytes(given))
        hashed = info.password_hash or ""
        digest = self._digest(given)
        done = self._tried.setdefault((hashed, digest), asyncio.Event())
        try:
            async with self._turns.turn(whose):
                # In a thread: it takes a while, on purpose, and nobody else should have to wait.
                loop = asyncio.get_running_loop()
                if self._knows(hashed, digest):
                    return True
                fits = await loop.run_in_executor(self._worker, is_password, given, hashed)
            if fits:
                self._remember(hashed, digest)
        except Full:
            raise Refused(too_many_tries(math.ceil(MAX_WAITING * _TRY_TIME))) from None
        else:
            return fits
        finally:
            self._tried.pop((hashed, digest), None)
            done.set()

    def _knows(self, hashed: str, digest: bytes) -> bool:
        return hmac.compare_digest(self._known.get(hashed, b""), digest)

    def _remember(self, hashed: str, digest: bytes) -> None:
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[hashed] = digest

    def _digest(self, given: str) -> bytes:
        return hmac.digest(self._key, _bytes(given), "sha256")


def hash_password(password: str) -> str:
    """Hash a password, as `scrypt$<cost>$<block>$<parallel>$<salt>$<key>`. Takes about 50 ms of CPU."""
    salt = os.urandom(_SALT)
    key = _derive(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${_encode(salt)}${_encode(key)}"


def is_password(password: str, hashed: str) -> bool:
    """Tell whether a hash is this password's. Takes about 50 ms of CPU.

    Raises:
        ValueError: if it is no hash that `hash_password` made.
    """
    kind, cost, block, parallel, salt, key = hashed.split("$")
    if kind != "scrypt":
        raise ValueError("an unknown kind of hash")
    derived = _derive(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(derived, base64.b64decode(key))


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        _bytes(password), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=_KEY
    )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")
