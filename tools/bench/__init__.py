"""How fast Teal is, beside the floor that the API server sets in the same run."""
