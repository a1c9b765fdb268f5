"""The doctor's words: what was found, and whether it was mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.messages import say


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be; ``key`` and ``details`` make the sentence."""

    key: str
    details: Mapping[str, object] = field(default_factory=dict)
    mended: bool = False

    def sentence(self, language: str = "en") -> str:
        """What was found, what it means, and what was or can be done."""
        return say(self.key, language, **self.details)
