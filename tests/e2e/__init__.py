"""The real `python -m bot` process between a loopback Discord and real viewers.

`loopback` is that Discord: `guild` and `model` are its world, `gateway` (with `compression`) and `rest` its
two sides. `process` runs the bot as `patient` has it, `viewer` watches its bridge, `waiting` is how all of
them wait.

`conftest` puts them together. A test that needs a fresh bot takes `discord`, `launch` (or `run`, for a bot
that fails) and `watch`; one that doesn't takes a `guild` of the shared `town`, with a `viewer` or a `curious`
one in it.
"""
