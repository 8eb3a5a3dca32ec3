"""Traffic: what users do to a rollout while requests come in, and how many of them fail."""
