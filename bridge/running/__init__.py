"""How a process runs: its loop, its tasks, its log, its end."""
