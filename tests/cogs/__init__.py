"""The cogs, from a simulated Discord to a real viewer."""
