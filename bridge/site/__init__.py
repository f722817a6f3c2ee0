"""What a bridge answers to plain HTTP: the page, its files, and small endpoints."""
