"""Bringing in what runs already, and out again: what a Routemap can say of it, and the next step."""
