"""Order of the suite: what answers quickly runs first."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests, then slow ones, then those that run a real model."""
    items.sort(
        key=lambda item: (item.get_closest_marker("model") is not None, item.get_closest_marker("slow") is not None)
    )
