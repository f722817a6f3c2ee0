"""The page in a real browser, watching a real bridge."""
