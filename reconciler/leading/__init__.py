"""One process of the reconciler, and whether it leads."""
