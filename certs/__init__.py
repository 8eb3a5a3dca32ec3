"""Keys and certificates: their issue (pure, given the time), their renewal, and the files they are served from."""
