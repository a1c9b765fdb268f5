"""The table (scenario 12): one set of questions through base, persona, retrieval, and both, printed and drawn."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.evaluating.comparing import BASE, BOTH, COLUMNS, MEASURES, PERSONA, RETRIEVAL
from desktop import cli, house, workshop
from models.catalogue import Installed
from models.gguf_file import GgufFile
from models.merge import write_adapter
from models.persona import shelf, specification
from models.recipe import new_card
from tests.installed import installed
from tests.models.networks import LINEAR, save_peft

pytestmark = pytest.mark.model

QUESTIONS = 2  # of each kind: every one is asked four times


@dataclass(frozen=True)
class Compared:
    """What one run of the command left behind."""

    form: dict[str, Any]
    printed: str
    chart: bytes

    def details(self, column: str) -> list[dict[str, Any]]:
        return [detail for detail in self.form["details"] if detail["column"] == column]

    def value(self, column: str, measure: str) -> float:
        table = next(table for table in self.form["tables"] if table["title"] == column)
        return float(next(figure["value"] for figure in table["figures"] if figure["name"] == measure))


def install_persona(base: Installed, folder: Path) -> None:
    """小智 on the shelf of this home, with an adapter that was not trained.

    It is a real LoRA for the real base, of small random weights: this is about the table, not about the training, and
    a voice that nothing was taught still opens its answers with the phrases of its voice.
    """
    noise = np.random.default_rng(7)
    with GgufFile(base.path) as file:
        weights = {}
        for name, tensor in file.tensors.items():
            _, layer, part, *_ = (*name.split("."), "", "")
            module = next((module for module, gguf, *_ in LINEAR if gguf == part and name.endswith(".weight")), None)
            if module:
                rows, columns = tensor.shape
                stem = f"base_model.model.model.layers.{layer}.{module}"
                for half, shape in (("A", (2, columns)), ("B", (rows, 2))):
                    weights[f"{stem}.lora_{half}.weight"] = (noise.standard_normal(shape) * 0.003).astype(np.float32)
    assert weights
    save_peft(folder / "peft", weights, {"r": 2})
    persona = next(p for p in specification.shipped() if p.id == "xiaozhi")
    card = new_card(persona.id, base.name, base.sha256)
    complete = write_adapter(folder / "peft", base.path, folder / "adapter.gguf", card)
    shelf.install(persona, folder / "adapter.gguf", complete, workshop.personas_folder())


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    """One run over the sample documents, by the command line, in a home of its own."""
    base = installed("default")
    models = installed("e5-small").path.parent
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("VADEMECUM_HOME", str(home))
        patch.setattr(house, "models_folder", lambda: models)
        patch.setenv("COLUMNS", "80")
        patch.chdir(home)
        install_persona(base, tmp_path_factory.mktemp("adapter"))
        words = ["evaluate", "--compare", "--persona", "xiaozhi", "--n", str(QUESTIONS), "--language", "zh"]
        with redirect_stdout(StringIO()) as said:
            assert cli.main([*words, "--out", "table.json", "--chart", "table.png"]) == cli.OK
        form = json.loads(Path("table.json").read_text(encoding="utf-8"))
        yield Compared(form, said.getvalue(), Path("table.png").read_bytes())


def test_every_column_has_every_measure_with_its_interval(compared: Compared) -> None:
    assert [table["title"] for table in compared.form["tables"]] == list(COLUMNS)
    for table in compared.form["tables"]:
        assert {figure["name"] for figure in table["figures"]} == set(MEASURES)
        assert all(figure["low"] <= figure["value"] <= figure["high"] for figure in table["figures"])
    asked = [{detail["id"] for detail in compared.details(column)} for column in COLUMNS]
    assert all(ids == asked[0] and len(ids) == 2 * QUESTIONS for ids in asked), "the same questions, all four ways"
    assert compared.form["settings"]["persona"]["adapter"] == "xiaozhi"


def test_only_the_library_can_cite_and_it_is_right(compared: Compared) -> None:
    for column in (BASE, PERSONA):
        assert compared.value(column, "compare_cited") == 0.0
        assert not any(detail["pages"] for detail in compared.details(column))
    for column in (RETRIEVAL, BOTH):
        assert compared.value(column, "compare_correct") > 0.0
        assert compared.value(column, "compare_correct") >= compared.value(BASE, "compare_correct")
        assert compared.value(column, "compare_hallucinated") <= compared.value(BASE, "compare_hallucinated")


def test_who_speaks_changes_no_fact(compared: Compared) -> None:
    """The order of its sentences may differ: what fences the passages in the prompt is random."""
    for alone, both in zip(compared.details(RETRIEVAL), compared.details(BOTH), strict=True):
        for fact in ("id", "refused", "correct", "cited", "hallucinated"):
            assert alone[fact] == both[fact], alone["id"]
        assert {tuple(page) for page in alone["pages"]} == {tuple(page) for page in both["pages"]}
        assert not alone["opening"] and both["opening"]
    assert compared.value(BOTH, "compare_in_persona") > compared.value(RETRIEVAL, "compare_in_persona")


def test_it_is_printed_and_drawn(compared: Compared) -> None:
    for words in ("仅基础模型", "仅角色", "仅检索", "角色 + 检索", "凭空编造", "每个回答的秒数", "小智", "table.png"):
        assert words in compared.printed
    assert compared.chart.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", compared.chart[16:24])
    assert width > 1000 and height > width / 2
