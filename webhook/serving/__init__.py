"""From a connection to a request: TLS, bounds, nothing that waits for a client."""
