"""Attacks on a bridge while 200 viewers watch: what they notice of it."""
