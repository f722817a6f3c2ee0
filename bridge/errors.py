"""Everything the bridge raises on purpose. The class writes the sentence; the reader is a viewer."""

import errno
import sys
from typing import Final

from bridge.problems import PROVIDER_TROUBLE, Problem

__all__ = [
    "BadRequest",
    "BridgeError",
    "CannotServe",
    "NoAnswer",
    "NotAMember",
    "ProviderError",
    "Refused",
    "RequestError",
    "Silence",
]


FIRST_FREE: Final = 1024  # the first port that no system keeps for administrators


def cannot_listen(host: str, port: int, error: OSError, host_setting: str, port_setting: str) -> str:
    """Say in one line why a server can't listen, and which setting to change."""
    if isinstance(error, CannotServe):
        return str(error)
    match error.errno:
        case errno.EADDRINUSE:
            why, remedy = "it is in use", f"Stop the program that uses it, or set another {port_setting}"
        case errno.EACCES if sys.platform == "win32":
            why = "Windows keeps it for Hyper-V, WSL or Docker, or a program has it for itself"
            remedy = (
                f"Set another {port_setting}; what Windows keeps, "
                "`netsh interface ipv4 show excludedportrange protocol=tcp` tells"
            )
        case errno.EACCES if port >= FIRST_FREE:
            why, remedy = "the system doesn't allow it", f"Set another {port_setting}"
        case errno.EACCES:
            why, remedy = "the system doesn't allow it", f"Set a {port_setting} above 1023"
        case _:
            why = " ".join((error.strerror or str(error)).split())
            remedy = f"Set {host_setting} to localhost, or to 0.0.0.0 for every address of this machine"
    return f"Can't listen on {host} port {port}: {why}. {remedy}."


class CannotServe(OSError):
    """What a server needs isn't there. The message says in one sentence what, and what to do."""


class BridgeError(Exception):
    """The root of the bridge's errors."""


class RequestError(BridgeError):
    """A viewer doesn't get what they asked for. `problem` is what they are told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class BadRequest(RequestError):
    """A frame from a viewer that is not a valid request."""


class Refused(RequestError):
    """A viewer may not enter the room they asked for."""


class NoAnswer(BridgeError):
    """Whether a login is good can't be said just now: Discord, say, can't be reached.

    For `on_validate_discord_user` and an `Authority` to raise. It doesn't count as a wrong login.
    """


class NotAMember(BridgeError):
    """A login is good, and its user may not watch this guild.

    For `on_validate_discord_user` to raise in place of answering False, which counts as a wrong login.
    """


class ProviderError(RequestError):
    """A provider raised, hung or returned rubbish. What it said stays in the log."""

    def __init__(self) -> None:
        super().__init__(PROVIDER_TROUBLE)


class Silence(BridgeError):
    """Another process doesn't answer: it isn't there, is busy or hangs, or there is no way to ask it."""
