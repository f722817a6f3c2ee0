"""`python -m bot --demo`: made-up guilds in which all happens that there is to see."""
