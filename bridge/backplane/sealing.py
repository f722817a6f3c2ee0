"""Closes what passes through Redis so that nobody reads or writes it who doesn't have a secret. Pure.

SHAKE-256 of a key and a number that is used once gives a pad for the words, HMAC-SHA-256 of another key tells
that nothing was changed. Both keys are made of the secret.
"""

import hashlib
import hmac
import secrets
from typing import Final

_NONCE: Final = 16  # bytes
_MARK: Final = 32


class Seal:
    """Closes words, and opens those that were closed with the same secret, in the same matter."""

    def __init__(self, secret: bytes) -> None:
        self._pad_key = hmac.digest(secret, b"dzone pad", "sha256")
        self._mark_key = hmac.digest(secret, b"dzone mark", "sha256")

    def close(self, words: bytes, matter: bytes = b"") -> bytes:
        """Close words; they can be opened in this matter alone."""
        nonce = secrets.token_bytes(_NONCE)
        hidden = self._pad(nonce, words)
        return nonce + self._mark(nonce, hidden, matter) + hidden

    def open(self, closed: bytes, matter: bytes = b"") -> bytes | None:
        """Open words. None if they were closed with another secret, in another matter, or were changed."""
        nonce, mark, hidden = closed[:_NONCE], closed[_NONCE : _NONCE + _MARK], closed[_NONCE + _MARK :]
        if not hmac.compare_digest(mark, self._mark(nonce, hidden, matter)):
            return None
        return self._pad(nonce, hidden)

    def _pad(self, nonce: bytes, words: bytes) -> bytes:
        pad = hashlib.shake_256(self._pad_key + nonce).digest(len(words))
        return bytes(one ^ other for one, other in zip(words, pad, strict=True))

    def _mark(self, nonce: bytes, hidden: bytes, matter: bytes) -> bytes:
        return hmac.digest(self._mark_key, nonce + len(hidden).to_bytes(8, "big") + hidden + matter, "sha256")
