"""What goes over the line: requests parsed into types, events and snapshots encoded once."""
