"""How the program is set up, what it logs, and what stops it."""
