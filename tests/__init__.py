"""The tests of the three packages; `e2e` runs the real process, `browser` a real browser."""
