"""What brings Teal to a cluster: charts, the image, a local cluster, the tutorial, the demo."""
