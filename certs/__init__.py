"""Keys and certificates: issue and renewal (pure, given the time), the serving file, one keeper for each pod."""
