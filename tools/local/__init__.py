"""A real Kubernetes with Istio on one Debian machine, from package registries only."""
