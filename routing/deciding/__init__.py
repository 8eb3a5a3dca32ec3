"""From facts to who gets which requests, and what is let go."""
