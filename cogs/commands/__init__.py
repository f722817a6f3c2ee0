"""Commands in, decisions out."""
