"""What tests of commands and of the support bundle share."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from core import importing
from desktop import house
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader, fake_cut
from tests.judged import judge_as


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, models, personas or library, in an empty folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VADEMECUM_HOME", str(folder))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Parts of the engine that answer at once: text files are PDFs, and the model is sure that there is an answer."""
    model = ScriptedModel()
    judge_as(monkeypatch, answerable=True)
    monkeypatch.setattr(importing, "cut", fake_cut)
    monkeypatch.setattr(house, "find_embedder", lambda *_: None)
    monkeypatch.setattr(house, "find_language_model", lambda *_: None)
    monkeypatch.setattr(house, "embedder", lambda *_: FakeEmbedder())
    monkeypatch.setattr(house, "language_model", lambda *_: nullcontext(model))
    monkeypatch.setattr(house, "reader", lambda *_, **__: nullcontext(as_reader(LimitedReader())))
    return model
