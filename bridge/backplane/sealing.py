"""Closes what passes through Redis so that nobody reads or writes it who doesn't have a secret. Pure.

AES-GCM, with a key that is made of the secret.
"""

import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12  # bytes


class Seal:
    """Closes words, and opens those that were closed with the same secret, in the same matter."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(secret, b"dzone seal", "sha256"))

    def close(self, words: bytes, matter: bytes = b"") -> bytes:
        """Close words; they can be opened in this matter alone."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, words, matter)

    def open(self, closed: bytes, matter: bytes = b"") -> bytes | None:
        """Open words. None if they were closed with another secret, in another matter, or were changed."""
        if len(closed) < _NONCE:
            return None
        try:
            return self._cipher.decrypt(closed[:_NONCE], closed[_NONCE:], matter)
        except InvalidTag:
            return None
