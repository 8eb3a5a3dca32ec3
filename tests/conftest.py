"""How many examples properties are tried with: few here, many with `--hypothesis-profile=fuzz`."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", max_examples=20, deadline=None, database=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.register_profile("fuzz", max_examples=10_000, deadline=None)
settings.load_profile("unit")
