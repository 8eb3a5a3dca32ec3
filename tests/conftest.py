"""How many examples properties are tried with: few at each save, more by `make check`, many by `make fuzz`.

How long an example takes says how busy the machine is: no test fails for it.
"""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

gc.set_threshold(50_000, 20, 50)  # thousands of tests are kept to the end, and looked through in vain

BUSY = [HealthCheck.too_slow]
for name, examples in (("unit", 4), ("check", 20)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, database=None, suppress_health_check=BUSY
    )
settings.register_profile("thorough", max_examples=1_000, deadline=None, suppress_health_check=BUSY)
settings.register_profile("fuzz", max_examples=10_000, deadline=None, suppress_health_check=BUSY)
settings.load_profile("unit")


def pytest_collection_finish() -> None:
    """What has been collected stays: the collector need not look at it again."""
    gc.freeze()
