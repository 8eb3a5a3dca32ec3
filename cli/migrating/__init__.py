"""What `teal migrate` reads and prints; what it decides is `routing.migrating`."""
