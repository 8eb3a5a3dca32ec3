"""Ports that anybody may call: who is let go when there is no room, and plain HTTP for health and figures."""
