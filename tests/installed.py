"""The real models of this machine, for tests marked ``model``."""

from __future__ import annotations

import pytest

from core.errors import UserProblem
from desktop.house import models_folder
from models import catalogue


def installed(name: str) -> catalogue.Installed:
    """The installed model ``name``, its file checked; the test is skipped where it was never fetched."""
    try:
        found = catalogue.find(name, models_folder())
    except UserProblem as problem:
        pytest.skip(problem.sentence())
    catalogue.verify(found)
    return found
