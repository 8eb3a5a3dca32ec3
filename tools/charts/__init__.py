"""Teal's Helm charts, and what packs, serves and documents them."""
