"""How listeners are run."""

from typing import Any

import discord

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for


def run_at_once(client: discord.Client, listener: str) -> None:
    """Run listeners of this name, such as `on_typing`, while their event is dispatched; they may not wait.

    discord.py makes a task of each call: it costs more than all that is done for a presence, and runs when
    the cache may be further on.
    """
    schedule = client._schedule_event

    def run(coro: Any, event_name: str, *args: Any, **kwargs: Any) -> Any:
        if event_name != listener:
            return schedule(coro, event_name, *args, **kwargs)
        work = client._run_event(coro, event_name, *args, **kwargs)
        try:
            work.send(None)
            work.throw(RuntimeError(f"{event_name} may not wait"))  # goes to `on_error`, with the place
        except StopIteration:
            return None

    client._schedule_event = run  # type: ignore[method-assign]
