"""Who may come in, and how much of anybody is too much."""
