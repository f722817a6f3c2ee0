"""Discord's texts and names as people read them."""
