"""How fast the webhook answers what an API server and worse clients send, beside a constant answer."""
