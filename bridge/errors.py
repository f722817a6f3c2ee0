"""Everything the bridge raises on purpose. The class writes the sentence; the reader is a viewer."""


def cannot_listen(host: str, port: int, error: OSError, remedy: str) -> str:
    """Say in one line why a server can't listen, and what to do."""
    return f"Can't listen on {host} port {port}: {error.strerror or error}. {remedy}"


class BridgeError(Exception):
    """The root of the bridge's errors."""


class BadRequest(BridgeError):
    """A frame from a viewer that is not a valid request."""


class Refused(BridgeError):
    """A viewer may not enter the room they asked for."""


class ProviderError(BridgeError):
    """A provider raised, hung or returned rubbish. What it said stays in the log."""

    def __init__(self) -> None:
        super().__init__("Sorry, this server's data can't be read right now. Please try again in a moment.")
