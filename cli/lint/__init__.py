"""`teal lint`: the rule book over files, folders and what Helm renders."""
