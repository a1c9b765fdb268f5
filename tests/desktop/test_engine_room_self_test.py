"""The engine's process tests itself, checks its files, and works with models that arrive on a stick."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Cancelled
from desktop import house
from desktop.channel import CheckFiles, Failed, ListDocuments, ListModels, SelfTest, SelfTestStep, TakeOverModels
from models.carrying import export_models
from models.catalogue import add
from tests.desktop.engine import engine, with_fakes
from tests.models.builders import GOOD, child_saying, gguf


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    with_fakes(monkeypatch, folder)
    return folder


@pytest.mark.slow
def test_the_engine_tests_itself_beside_the_library_that_is_open(tmp_path: Path) -> None:
    with engine(tmp_path / "library") as client:
        id = client.start(SelfTest(quick=True))
        reply = client.reply(id)
        assert not isinstance(reply, Failed), reply
        found = reply.value
        heard = [part for part in client.parts(id) if isinstance(part, SelfTestStep)]
        assert found.steps == tuple(heard)  # type: ignore[attr-defined]
        state = {step.name.removeprefix("self_test_"): step.state for step in heard}
        # What the stand-ins answer is their own affair; reading, citing, recording and guarding are the real ones.
        assert [state[name] for name in ("embedder", "language_model", "documents", "audit")] == ["held"] * 4
        assert state["network"] == "held" and state["training"] == "left_out", heard
        assert client.ask(ListDocuments()) == ()


def test_a_self_test_is_stopped(tmp_path: Path) -> None:
    with engine(tmp_path / "library") as client:
        id = client.start(SelfTest(quick=True))
        client.until(lambda: bool(client.parts(id)))
        client.engine.cancel(id)
        reply = client.reply(id)
        assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)


def test_run_from_its_sources_there_are_no_files_to_check(tmp_path: Path) -> None:
    with engine(tmp_path / "library") as client:
        reply = client.reply(client.start(CheckFiles()))
        assert isinstance(reply, Failed) and reply.error.key == "manifest_from_source"


def test_models_are_taken_over_or_refused_with_a_sentence(tmp_path: Path, home: Path) -> None:
    add(gguf(tmp_path / "own.gguf"), tmp_path / "elsewhere", child_saying(GOOD), "own")
    export_models((), tmp_path / "elsewhere", tmp_path / "stick")
    with engine(tmp_path / "library") as client:
        # A miniature is no model that llama.cpp could load, and the engine tries what nobody has published.
        reply = client.reply(client.start(TakeOverModels(tmp_path / "stick")))
        assert isinstance(reply, Failed) and reply.error.key in ("model_refused", "model_cannot_load")
        assert not any(row.installed for row in client.ask(ListModels()))
        reply = client.reply(client.start(TakeOverModels(tmp_path / "nowhere")))
        assert isinstance(reply, Failed) and reply.error.key == "carry_no_folder"
    assert not list(house.models_folder().glob("*.gguf"))
