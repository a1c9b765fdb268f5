"""Order of the suite: what answers quickly runs first."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says what else the machine does; where time is a promise, a test measures it.
settings.register_profile("vademecum", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vademecum")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests, then slow ones, then those that run a real model."""
    items.sort(
        key=lambda item: (item.get_closest_marker("model") is not None, item.get_closest_marker("slow") is not None)
    )
