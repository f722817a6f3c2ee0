"""What can be wrong with a backplane, in the words of somebody who can mend it."""

from typing import Final

from redis import exceptions as redis

_STRANGE: Final = "WRONGTYPE"
_SAYS: Final = (
    (
        (
            "WRONGPASS",
            "NOAUTH",
            "ERR AUTH",
            "invalid username-password",
            "invalid password",
            "Authentication",
        ),
        "refuses the user or the password. Check them",
    ),
    (
        ("NOPERM", "o permissions to", "The user executing the script", "ACL failure"),
        (
            "doesn't allow this user what is needed. Its access list needs:"
            " ~dzone:* &dzone:* +@all -@admin -@dangerous +info"
        ),
    ),
    (("READONLY", "read only replica"), "is a copy that can't be written to. Name the primary server"),
    (
        (_STRANGE,),
        (
            "has something of another program under names that begin with dzone:."
            " Choose another database for one of them"
        ),
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED",),
        (
            "has a certificate that isn't trusted. Name the file of who has signed it after the address:"
            " ?ssl_ca_certs=/etc/redis/ca.pem"
        ),
    ),
    (
        ("CERTIFICATE_REQUIRED",),
        (
            "wants a certificate of ours as well. Name it and its key after the address:"
            " ?ssl_certfile=/etc/dzone/cert.pem&ssl_keyfile=/etc/dzone/key.pem"
        ),
    ),
    (
        ("NO_CERTIFICATE_OR_CRL_FOUND", "KEY_VALUES_MISMATCH", "[SSL] PEM lib", "PEM_"),
        "can't be spoken to with what is named as certificates and keys. Check these files",
    ),
    (("WRONG_VERSION_NUMBER",), "doesn't speak TLS. Write redis:// for rediss://, or name its other port"),
    (("DB index is out of range", "invalid DB index"), "has no database of that number. Choose another"),
    (("unknown command",), "lacks commands that are needed. Use Redis or Valkey 7.0 or newer"),
)


class Trouble(Exception):
    """What is wrong, in one sentence without secrets. `passes` is whether waiting may help.

    `is_of_stranger` is whether only something under one name is wrong, and all else may go on.
    """

    def __init__(self, sentence: str, *, passes: bool, is_of_stranger: bool = False) -> None:
        super().__init__(sentence)
        self.passes = passes
        self.is_of_stranger = is_of_stranger


def understand(error: Exception, server: str) -> Trouble:
    """Say what an error of the client or the system means; `server` is where it happened."""
    text = str(error)
    name = f"The backplane at {server}"
    for words, meaning in _SAYS:
        if any(word in text for word in words):
            return Trouble(f"{name} {meaning}.", passes=False, is_of_stranger=_STRANGE in words)
    if isinstance(error, redis.AuthenticationError):
        return Trouble(f"{name} {_SAYS[0][1]}.", passes=False)
    if isinstance(error, redis.OutOfMemoryError) or "OOM" in text:
        return Trouble(f"{name} is out of memory. Give it more.", passes=True)
    if isinstance(error, redis.InvalidResponse) or "Protocol Error" in text:
        return Trouble(f"{name} isn't Redis or Valkey. Check the address.", passes=False)
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError, OSError)):
        return Trouble(f"{name} can't be reached ({type(error).__name__}).", passes=True)
    return Trouble(f"{name} answers with an error: {' '.join(text.split())[:200]}.", passes=True)


def first(group: BaseExceptionGroup[Trouble]) -> Trouble:
    """Name the first of several, however deep it lies."""
    one: BaseException = group
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    assert isinstance(one, Trouble)  # noqa: S101 - that is what a group of them has
    return one
