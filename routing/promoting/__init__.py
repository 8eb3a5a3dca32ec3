"""Promotion, and its opposite: from seen objects and a request to the next step as a value."""
