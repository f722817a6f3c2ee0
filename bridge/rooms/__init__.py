"""Guilds as the bridge holds them: their state, their events, who hears of them."""
