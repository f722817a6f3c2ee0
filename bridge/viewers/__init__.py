"""One viewer's side: the conversation, what waits for them, their line and its pulse."""
