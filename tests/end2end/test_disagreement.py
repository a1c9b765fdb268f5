"""Two editions of a briefing in one library: both are shown, dated, and that they do not agree is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.asking import ask
from core.audit import verify
from core.embedding import SentenceTransformerEmbedder
from core.importing import Importer
from core.language_model import LlamaModel
from core.library import open_library
from core.nouns import Answer, ModelIdentity, Scope
from core.reading import Reader
from desktop import forms, samples
from tests.installed import installed

pytestmark = pytest.mark.model

JANUARY, JULY = "economic-outlook-2025-january.pdf", "economic-outlook-2025-july.pdf"
GROWTH = "What growth of global GDP is projected for 2025?"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Answer, Answer]]:
    """The answer from both editions, and the one from the later alone."""
    embedding, default = installed("e5-small"), installed("default")
    embedder = SentenceTransformerEmbedder(embedding.path, name=embedding.name, sha256=embedding.sha256)
    folder: Path = tmp_path_factory.mktemp("editions")
    with (
        open_library(folder / "library", create=True) as library,
        Reader() as reader,
        LlamaModel(default.path, ModelIdentity(default.name, default.sha256)) as model,
    ):
        Importer(library, reader, embedder).add([samples.folder() / JANUARY, samples.folder() / JULY], collection="a")
        both = ask(GROWTH, library, embedder, model)
        alone = ask(GROWTH, library, embedder, model, scope=Scope(documents=(JULY,)))
        assert verify(library.records()) == []
        yield both, alone


def test_both_editions_are_shown_dated_and_said_to_disagree(answers: tuple[Answer, Answer]) -> None:
    checked = answers[0].checked
    quotes = {c.document: c.quote for claim in checked.claims for c in claim.citations}
    assert "3.5%" in quotes[JANUARY] and "3.1%" in quotes[JULY]
    sides = [(s.citation.document, s.date) for d in checked.disagreements for s in d.sides]
    assert sides == [(JANUARY, "2025-01-20"), (JULY, "2025-07-21")]
    for language, words in (("en", "do not agree"), ("zh", "说法不一")):
        told = forms.disagreement_words(checked.disagreements[0], language)
        assert words in told and "2025-01-20" in told and "2025-07-21" in told


def test_the_record_says_so(answers: tuple[Answer, Answer]) -> None:
    told = json.loads(answers[0].record.body)["disagreements"]
    assert [(side["document"], side["dated_by"]) for side in told[0]["sides"]] == [(JANUARY, "text"), (JULY, "text")]


def test_one_edition_alone_does_not_disagree(answers: tuple[Answer, Answer]) -> None:
    assert answers[1].checked.disagreements == ()
    assert "disagreements" not in json.loads(answers[1].record.body)
