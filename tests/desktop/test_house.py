"""The house builds the engine's parts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import core.language_model
from core.nouns import ModelIdentity, Progress
from core.settings import Settings
from desktop import house
from models import catalogue
from models.catalogue import Installed, _write_card, content_sha256
from tests.models.builders import gguf

ANSWERS = "import json; print(json.dumps(dict(ok=True, architecture='llama', chat_template=True, {})))".format(
    "prompt_tokens_per_second=1, tokens_per_second=1"
)


@pytest.mark.parametrize(
    ("built_in", "wanted", "child", "layers", "said"),
    [
        (True, -1, ANSWERS, -1, False),
        (True, 7, ANSWERS, 7, False),
        (True, -1, "import os; os.abort()", 0, True),
        (True, -1, "raise SystemExit(3)", 0, True),
        (True, 0, "raise SystemExit(3)", 0, False),
        (False, -1, "raise SystemExit(3)", 0, False),
    ],
)
def test_a_device_is_used_when_it_answers_in_a_throw_away_process(
    built_in: bool, wanted: int, child: str, layers: int, said: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = gguf(tmp_path / "own.gguf")
    given: dict[str, Any] = {}

    def loaded(path: Path, identity: ModelIdentity, **options: Any) -> None:
        given.update(options, path=path, name=identity.name)

    found = Installed("own", "language", "Own", file, "00", 1, "Apache-2.0", "", "")
    monkeypatch.setattr(house, "find_language_model", lambda *_: found)
    monkeypatch.setattr(catalogue, "verify", lambda *_: None)
    monkeypatch.setattr(core.language_model, "gpu_built_in", lambda: built_in)
    monkeypatch.setattr(core.language_model, "LlamaModel", loaded)
    monkeypatch.setattr(house, "probe_command", lambda: [sys.executable, "-c", child])
    told: list[Progress] = []
    house.language_model(Settings(gpu_layers=wanted), report=told.append)
    assert (given["path"], given["name"], given["gpu_layers"]) == (file, "own", layers)
    assert ("gpu_silent" in [progress.stage for progress in told]) == said


def test_the_faster_precision_is_remembered_with_the_embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "weights").write_bytes(b"weights")
    card = Installed("vectors", "embedder", "Vectors", folder, content_sha256(folder), 7, "MIT", "", "")
    _write_card(card)
    given: dict[str, Any] = {}
    monkeypatch.setattr(house, "_find", lambda name: catalogue.find(name, tmp_path))
    monkeypatch.setattr("core.embedding.SentenceTransformerEmbedder", lambda path, **options: given.update(options))
    house.embedder(Settings(embedder="vectors"))
    assert given["precision"] == ""
    given["decided"]("bfloat16")
    house.embedder(Settings(embedder="vectors"))
    assert given["precision"] == "bfloat16"
    catalogue.remove("vectors", tmp_path)
    given["decided"]("float32")  # the model is gone meanwhile: nothing to remember, and nobody is troubled
