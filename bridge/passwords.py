"""Passwords as hashes (scrypt, RFC 7914), so that who reads the database learns none."""

import base64
import hashlib
import hmac
import os
from typing import Final

# About 50 ms and 16 MB for each try: nothing for a person, much for a million guesses.
_COST: Final = 2**14
_BLOCK: Final = 8
_PARALLEL: Final = 1
_SALT: Final = 16  # bytes
_KEY: Final = 32  # bytes
_MEMORY: Final = 64 * 1024 * 1024  # bytes that one try may take; a hash that asks for more is refused


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
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=_KEY)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
