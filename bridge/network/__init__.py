"""Where viewers come from, and TLS without a proxy."""
