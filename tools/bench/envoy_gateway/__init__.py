"""Rollouts through Envoy Gateway, which is no mesh: its controller, its Envoy, and pods that really run."""
