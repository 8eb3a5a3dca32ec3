"""What kubelet and Prometheus are answered."""
