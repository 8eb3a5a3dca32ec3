"""What the cluster is, as last heard: one record a kind, its store, and who is concerned by a change."""
