"""What `teal init` looks at and prints; what it decides is `routing.adopting`."""
