"""How many examples properties are tried with: few here, many with `--hypothesis-profile=fuzz`.

How long an example takes says how busy the machine is: no test fails for it.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

BUSY = [HealthCheck.too_slow]
settings.register_profile("unit", max_examples=20, deadline=None, database=None, suppress_health_check=BUSY)
settings.register_profile("thorough", max_examples=1_000, deadline=None, suppress_health_check=BUSY)
settings.register_profile("fuzz", max_examples=10_000, deadline=None, suppress_health_check=BUSY)
settings.load_profile("unit")
