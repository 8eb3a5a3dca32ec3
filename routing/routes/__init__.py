"""Who gets which requests, as values, and how a router's object says so."""
