"""`make release`: all that is published of a version, the same bytes from the same sources."""
