"""What a viewer is told when something can't be done: a sentence for people, a code for programs."""

from typing import Final, NamedTuple


class Problem(NamedTuple):
    """Why a request isn't granted. The code stays the same whatever the sentence says."""

    code: str
    sentence: str


# The sentences that existing clients and their users know.
NO_SUCH_SERVER: Final = Problem("unknown-server", "Sorry, couldn't connect to that Discord server.")
WRONG_PASSWORD: Final = Problem("wrong-password", "Sorry, wrong password for that Discord server.")
LOGIN_NEEDED: Final = Problem(
    "login-needed", "This server requires Discord authentication. Please login with Discord."
)
INVALID_JSON: Final = Problem("bad-request", "Invalid JSON")
UNKNOWN_TYPE: Final = Problem("unknown-type", "Unknown event type")

NOT_THERE_YET: Final = Problem(
    "not-there-yet",
    "That Discord server isn't there yet: Discord hasn't told me of it since my start. It appears by itself.",
)
SERVER_HIDDEN: Final = Problem("gone", "This Discord server is no longer shown here.")
NOT_A_MEMBER: Final = Problem("not-a-member", "Sorry, your Discord account may not watch this server.")
LOGIN_ENDED: Final = Problem("login-ended", "Your login has ended. Please log in again.")
NO_ANSWER: Final = Problem("no-answer", "Discord doesn't answer right now. Please try again in a moment.")
BOT_SILENT: Final = Problem("bot-silent", "The bot doesn't answer right now. Please try again in a moment.")
BUSY: Final = Problem("busy", "That's a lot at once. Your request will be answered in a moment.")
CROWDED: Final = Problem("crowded", "Sorry, too many viewers come from your network. Please try again later.")
NOTHING_ASKED: Final = Problem("nothing-asked", "You asked for no server. Please connect again.")
FULL_HOUSE: Final = Problem(
    "full", "Sorry, too many people are watching right now. Please try again in a minute."
)
GUILD_FULL: Final = Problem(
    "server-full", "Sorry, too many people are watching this server right now. Please try again in a minute."
)
PROVIDER_TROUBLE: Final = Problem(
    "provider-trouble", "Sorry, this server's data can't be read right now. Please try again in a moment."
)
INTERNAL_ERROR: Final = Problem("internal-error", "Sorry, something went wrong here. Please try again.")

# Why somebody's own figure doesn't do what they asked for. It has nothing to do with whether they may watch.
GESTURE_OFF: Final = Problem("gesture-off", "Gestures are switched off on this server.")
GESTURE_LOGIN: Final = Problem("gesture-login", "Only people who are logged in can make a gesture.")
GESTURE_NOT_SHOWN: Final = Problem(
    "gesture-not-shown", "You have no figure on this server: you aren't a member, or you aren't shown."
)
GESTURE_TOO_OFTEN: Final = Problem("gesture-too-often", "That was too fast. Please wait a few seconds.")
GESTURE_SILENT: Final = Problem(
    "gesture-silent", "The bot doesn't answer right now, so nothing happened. Please try again in a moment."
)

NOWHERE: Final = Problem("bad-request", "Invalid request: you are in no server to make a gesture in")
NO_ROOM: Final = Problem("bad-request", "Invalid request: you are in no server to look for somebody in")


def too_many_tries(seconds: int) -> Problem:
    """Say how long to wait before the next try."""
    return Problem("too-many-tries", f"Too many tries. Please wait {seconds} seconds and try again.")


def bad_request(what: str) -> Problem:
    """Say what of a request can't be read."""
    return Problem("bad-request", f"Invalid request: {what}")
