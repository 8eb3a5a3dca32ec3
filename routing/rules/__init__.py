"""The rule book: what is refused and what is warned of, at admission, in `teal lint`, before each pass."""
