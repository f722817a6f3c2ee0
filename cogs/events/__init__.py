"""One file per thing that happens in a guild: gateway events in, bridge calls out."""
