"""Teal kept in Git: the controllers of Argo CD and Flux, and what they make of Teal's kinds."""
