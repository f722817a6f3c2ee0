"""Lines of a log that say whom they are about: a connection, by its number, or a guild, by its id."""

import logging
from typing import Any


class Named(logging.LoggerAdapter[logging.Logger]):
    """Writes to a log with a name in front of each line: `guild 123: joined`.

    The name is an argument and no part of the text: so lines that differ in it alone are of one kind, which
    counts where a flood of them is summed up. It must be nothing that a stranger chooses, nor a secret.
    """

    def __init__(self, log: logging.Logger, name: str) -> None:
        super().__init__(log, None)
        self._name = name

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line."""
        if self.isEnabledFor(level):
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
            text = f"%s: {msg}"
            self.logger.log(level, text, self._name, *args, **kwargs)


def of_guild(log: logging.Logger, guild_id: int | str) -> Named:
    """Have lines say which guild they are about."""
    return Named(log, f"guild {guild_id}")
