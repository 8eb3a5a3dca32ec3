"""Keys, certificates: issue and renewal (pure, given the time), the serving file, a keeper for each pod."""
