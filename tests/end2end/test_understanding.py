"""The glossaries of the personas that ship, over the sample documents with the real embedder and no model: questions
in the trade's own words find the page that has others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedding import Embedder
from core.errors import CancelToken
from core.library import Library
from core.nouns import silent
from core.settings import Settings
from core.speaking import Speaker
from desktop import house, workshop
from models.gate import understanding
from models.persona import specification
from tests.fakes import ScriptedModel
from tests.installed import installed

pytestmark = [pytest.mark.model, pytest.mark.slow]

# The share of the questions whose page is among the first three, and how much more than without the glossary:
# somewhat below what was measured (85 and 94 %, +53 and +77 points), for another processor rounds otherwise.
NEEDED, MORE = 0.75, 0.40


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Embedder]]:
    """The sample documents in a library, as the gate has them."""
    installed("e5-small")
    models = house.models_folder()
    home: Path = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VADEMECUM_HOME", str(home))
        embedder = house.embedder(Settings())
        with workshop.gate_library(Settings(), embedder, silent, CancelToken()) as library:
            yield library, embedder


@pytest.mark.parametrize("persona", specification.shipped(), ids=lambda persona: persona.id)
def test_a_glossary_finds_the_page(samples: tuple[Library, Embedder], persona: specification.Persona) -> None:
    library, embedder = samples
    asked = workshop.question_sets(persona).glossary
    assert len(asked) >= 30
    model = ScriptedModel()
    tested = workshop.Tested(library, embedder, model, persona, Speaker(persona, model))
    rows = understanding(asked, tested.search)
    found, before = (sum(hits) / len(rows) for hits in zip(*((r.with_glossary, r.without) for r in rows), strict=True))
    assert found >= NEEDED and found - before >= MORE, f"{found:.3f} with the glossary, {before:.3f} without"
