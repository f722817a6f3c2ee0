"""The viewer side: rooms, sessions and the d-zone wire protocol. Works alone; knows nothing of Discord."""

__version__ = "0.1.0"
