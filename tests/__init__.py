"""The tests of the three packages, in the same order; `e2e` runs the real process, `browser` a real browser."""
