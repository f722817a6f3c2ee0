"""What the gateway lets the bot know, and when."""
