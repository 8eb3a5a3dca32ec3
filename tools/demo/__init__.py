"""`make demo`: the tutorial played on a cluster, under load, and what came of it."""
