"""Iter8's routemaps and its charts' values, as the Routemaps that take their applications over. Pure.

What Iter8 means by its objects is read from its code at v0.16.4 and v1.1.2 (`controllers/routemap.go`) and
its charts routing-actions (0.1.3, 0.18.2) and release (1.1.0).
"""
