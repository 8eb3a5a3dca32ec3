"""The `teal` command: what users run on their own machines and in CI, with no more than their own rights."""
