"""The Discord side: the process, its configuration, and what of a guild may be shown."""
