"""Where databases are, and how they are reached."""
