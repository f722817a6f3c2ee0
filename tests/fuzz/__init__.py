"""Everything that reads what a stranger sends, fed with what nobody thought of."""
