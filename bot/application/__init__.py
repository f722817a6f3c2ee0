"""The application at Discord: its commands, in the languages that the bot speaks."""
