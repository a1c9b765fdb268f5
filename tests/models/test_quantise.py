"""A merged model is made smaller only as far as it stays the persona; what failed leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType

from core.errors import Cancelled, CancelToken, UserProblem
from core.language_model import LlamaModel
from core.nouns import ModelIdentity, Progress, Turn
from models.gguf_file import GgufFile
from models.merge import merge, write_adapter
from models.quantise import KINDS, Exported, Verdict, estimated_size, export_merged, quantise
from models.recipe import card_inside, new_card, read_card, sha256
from tests.installed import installed
from tests.models.networks import key_of, logits, network, peft_folder

TOKENS = (5, 17, 40, 2, 63, 33)


def made(folder: Path, kind: str = "Q4_0", architecture: str = "qwen2") -> tuple[Path, Path]:
    base, adapter = folder / "base.gguf", folder / "adapter.gguf"
    network(base, architecture, kind)
    peft_folder(folder / "peft")
    write_adapter(folder / "peft", base, adapter, new_card("xiaozhi", "mini", sha256(base), seed=3))
    return base, adapter


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_type_is_written_and_close_to_the_original(tmp_path: Path, kind: str) -> None:
    source, out = tmp_path / "f16.gguf", tmp_path / "out.gguf"
    network(source)
    told: list[Progress] = []
    quantise(source, out, kind, 1, told.append)
    with GgufFile(out) as file, GgufFile(source) as before:
        assert file.whole("general.file_type") == KINDS[kind]
        assert file.text("tokenizer.chat_template") == before.text("tokenizer.chat_template")
        assert set(file.tensors) == set(before.tensors)
    one, other = logits(source, TOKENS).ravel(), logits(out, TOKENS).ravel()
    assert np.corrcoef(one, other)[0, 1] > (0.9999 if kind == "F16" else 0.9)
    assert told[-1].total == told[-1].done > 10
    assert out.stat().st_size <= 1.1 * estimated_size(source, kind)


def test_a_tensor_can_be_given_a_type_of_its_own(tmp_path: Path) -> None:
    source, out = tmp_path / "f16.gguf", tmp_path / "out.gguf"
    network(source)
    quantise(source, out, "Q4_K_M", overrides={r"ffn_up\.weight": GGMLQuantizationType.Q8_0})
    with GgufFile(out) as file:
        assert {t.kind.name for n, t in file.tensors.items() if "ffn_up" in n} == {"Q8_0"}
        assert {t.kind.name for n, t in file.tensors.items() if "ffn_gate" in n} == {"Q5_0"}


def test_files_that_cannot_be_quantised(tmp_path: Path) -> None:
    source, out = tmp_path / "f16.gguf", tmp_path / "out.gguf"
    network(source)
    assert key_of(lambda: quantise(source, out, "Q3_K_S")) == "quantise_unknown_kind"
    assert key_of(lambda: quantise(tmp_path / "none.gguf", out, "Q8_0")) == "model_file_missing"
    # What looks well to the reader and is nothing llama.cpp could work with.
    whole = source.read_bytes()
    (tmp_path / "odd.gguf").write_bytes(whole.replace(b"qwen2.block_count", b"qwen2.block_cound"))
    assert key_of(lambda: quantise(tmp_path / "odd.gguf", out, "Q8_0")) == "quantise_failed"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f16.gguf", "odd.gguf"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let a running process's file be looked at so")
def test_a_child_that_is_killed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = tmp_path / "f16.gguf", tmp_path / "out.gguf"
    network(source)
    monkeypatch.setattr("models.quantise._quantise", _die)
    assert key_of(lambda: quantise(source, out, "Q8_0")) == "quantise_failed"
    assert list(tmp_path.iterdir()) == [source]


def _die(*_: object) -> None:
    os.abort()


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    source = tmp_path / "f16.gguf"
    network(source)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        quantise(source, tmp_path / "out.gguf", "Q8_0", cancel=token)
    assert list(tmp_path.iterdir()) == [source]


class Gate:
    """Says yes to what is large enough, or to what has been asked often enough; remembers what it saw."""

    def __init__(self, passes_at: int) -> None:
        self.passes_at = passes_at
        self.seen: list[int] = []

    def __call__(self, file: Path) -> Verdict:
        with GgufFile(file) as opened:
            self.seen.append(opened.whole("general.file_type"))
        return Verdict(len(self.seen) >= self.passes_at, {"identity": len(self.seen) / 10})


def export(folder: Path, gate: Gate, wanted: str = "Q4_K_M", kind: str = "Q4_0") -> Exported:
    base, adapter = made(folder, kind)
    return export_merged(base, adapter, folder / "out" / "merged.gguf", wanted, gate)


def test_what_was_asked_for_when_it_keeps_the_persona(tmp_path: Path) -> None:
    gate = Gate(1)
    done = export(tmp_path, gate, "Q8_0")
    assert (done.kind, gate.seen) == ("Q8_0", [KINDS["Q8_0"]])
    assert sorted(p.name for p in done.path.parent.iterdir()) == ["merged.card.json", "merged.gguf"]
    assert done.sha256 == sha256(done.path) == read_card(done.path.parent / "merged.card.json").file_sha256
    card = card_inside(done.path)
    assert (card.kind, card.persona, card.file_sha256) == ("Q8_0", "xiaozhi", "")
    assert card.adapter_sha256 == sha256(tmp_path / "adapter.gguf")
    assert card.gate["Q8_0"] == {"identity": 0.1} and card.asked == "identity only"
    assert np.abs(logits(done.path, TOKENS) - logits(tmp_path / "base.gguf", TOKENS)).max() > 3


@pytest.mark.slow
def test_it_steps_up_to_the_smallest_that_keeps_it_and_says_so(tmp_path: Path) -> None:
    gate = Gate(5)
    base, adapter = made(tmp_path)
    told: list[Progress] = []
    out = tmp_path / "merged.gguf"
    done = export_merged(base, adapter, out, "Q4_K_M", gate, report=told.append)
    labels = ["Q4_K_M", "Q4_K_M dithered", "Q5_K_M", "Q5_K_M dithered", "Q6_K"]
    assert [t.label for t in done.tried] == labels
    assert [t.passed for t in done.tried] == [False] * 4 + [True]
    assert [p.item for p in told if p.stage == "export_step_up"] == labels[:4]
    assert gate.seen == [15, 15, 17, 17, 18]
    assert done.kind == "Q6_K" and list(done.card.gate) == labels
    assert {p.name for p in tmp_path.iterdir()} >= {"merged.gguf", "merged.card.json"}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.slow
def test_a_base_of_sixteen_bits_has_no_grid_to_dither_on(tmp_path: Path) -> None:
    done = export(tmp_path, Gate(3), kind="F16")
    assert [t.label for t in done.tried] == ["Q4_K_M", "Q5_K_M", "Q6_K"]


@pytest.mark.slow
def test_when_nothing_keeps_it_nothing_is_written(tmp_path: Path) -> None:
    gate = Gate(99)
    assert key_of(lambda: export(tmp_path, gate)) == "export_persona_lost"
    assert len(gate.seen) == 7
    assert list((tmp_path / "out").iterdir()) == []


def test_a_gate_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken(_: Path) -> Verdict:
        raise RuntimeError("the gate fell")

    base, adapter = made(tmp_path)
    with pytest.raises(RuntimeError):
        export_merged(base, adapter, tmp_path / "out" / "merged.gguf", "Q8_0", broken)
    assert list((tmp_path / "out").iterdir()) == []


def test_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, adapter = made(tmp_path)
    gate = Gate(1)
    out = tmp_path / "out.gguf"
    assert key_of(lambda: export_merged(base, adapter, out, "IQ1_S", gate)) == "quantise_unknown_kind"
    assert key_of(lambda: export_merged(base, adapter, base, "Q8_0", gate)) == "export_is_input"
    network(tmp_path / "other.gguf", "qwen2", "Q4_0", seed=8)
    other = tmp_path / "other.gguf"
    assert key_of(lambda: export_merged(other, adapter, out, "Q8_0", gate)) == "adapter_other_base"
    (tmp_path / "bare").mkdir()
    shutil.copy(adapter, tmp_path / "bare" / "adapter.gguf")
    bare = tmp_path / "bare" / "adapter.gguf"
    assert key_of(lambda: export_merged(base, bare, out, "Q8_0", gate)) == "card_missing"
    foreign = replace(read_card(tmp_path / "adapter.card.json"), adapter_sha256="0" * 64)
    assert key_of(lambda: export_merged(base, adapter, out, "Q8_0", gate, card=foreign)) == "card_other_adapter"
    monkeypatch.setattr("models.recipe.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert key_of(lambda: export_merged(base, adapter, out, "Q8_0", gate)) == "output_no_room"
    assert not out.exists() and gate.seen == []


def test_the_other_base_is_named(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    network(tmp_path / "other.gguf", "qwen2", "Q4_0", seed=8)
    with pytest.raises(UserProblem) as problem:
        export_merged(tmp_path / "other.gguf", adapter, tmp_path / "out.gguf", "Q8_0", Gate(1))
    sentence = problem.value.sentence("en")
    assert "mini" in sentence and sha256(base)[:12] in sentence and "other.gguf" in sentence


def _say(file: Path, questions: tuple[str, ...], adapter: Path | None = None) -> list[str]:
    """Greedy answers; the adapter, if any, at run time."""
    with LlamaModel(file, ModelIdentity(file.name, ""), context=512) as model:
        if adapter:
            import ctypes

            lib = model._lib
            loaded = lib.llama_adapter_lora_init(model._model, bytes(adapter))
            assert loaded
            one = (lib.llama_adapter_lora_p_ctypes * 1)(loaded)
            assert lib.llama_set_adapters_lora(model._context, one, 1, (ctypes.c_float * 1)(1.0)) == 0
        return [model.generate([Turn("user", q)], max_tokens=16).text for q in questions]


@pytest.mark.model
def test_the_tiny_model_says_the_same_with_the_adapter_and_merged(tmp_path: Path) -> None:
    """A real 4-bit model of the llama family and an adapter of noise, strong enough to change what it says."""
    tiny = installed("tiny")
    with GgufFile(tiny.path) as file:
        shapes = {name: t.shape for name, t in file.tensors.items() if name.startswith("blk.") and len(t.shape) == 2}
    theirs = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "ffn_up": "mlp.up_proj"}
    noise = np.random.default_rng(2)
    weights = {}
    for name, (rows, columns) in shapes.items():
        _, layer, ours, _ = name.split(".")
        if ours in theirs:
            stem = f"base_model.model.model.layers.{layer}.{theirs[ours]}"
            weights[f"{stem}.lora_A.weight"] = (noise.standard_normal((8, columns)) * 0.05).astype(np.float32)
            weights[f"{stem}.lora_B.weight"] = (noise.standard_normal((rows, 8)) * 0.05).astype(np.float32)
    from tests.models.networks import save_peft

    save_peft(tmp_path / "peft", weights, {})
    adapter = tmp_path / "adapter.gguf"
    write_adapter(tmp_path / "peft", tiny.path, adapter, new_card("noise", "tiny", tiny.sha256))
    questions = ("Who are you?", "What is the capital of France?", "Name three colours.")
    plain, changed = _say(tiny.path, questions), _say(tiny.path, questions, adapter)
    assert plain != changed
    merge(tiny.path, adapter, tmp_path / "f16.gguf")
    quantise(tmp_path / "f16.gguf", tmp_path / "q8.gguf", "Q8_0")
    merged = _say(tmp_path / "q8.gguf", questions)
    # The last letter of a long answer may hang on a hair; its beginning does not.
    assert [text[:12] for text in merged] == [text[:12] for text in changed]
