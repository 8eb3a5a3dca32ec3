"""The docs as a site: Sphinx reads the repository's Markdown as it is, and every warning is an error."""
