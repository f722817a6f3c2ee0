"""The Discord side, module by module, on discord.py's real objects made from Discord's own JSON."""
