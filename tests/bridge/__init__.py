"""The bridge, alone: its parts one by one, then real sockets and the real process."""
