"""The `teal` command: what users run on their own machines and in CI. Asks no cluster."""
