"""A manifest to a value, or to every mistake in it. What a hand may have written is read, whatever it is."""
