"""Asking Prometheus how many of a version's requests were good. The leader asks, by a thread of its own."""
