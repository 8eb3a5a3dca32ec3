"""What is not shipped: the local cluster, the demo, the benches, the charts' repository."""
