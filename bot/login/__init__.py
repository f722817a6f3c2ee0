"""Logging in with Discord."""
