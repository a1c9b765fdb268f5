"""A trained LoRA as a GGUF adapter, and merged into the model: llama.cpp and transformers must agree on both."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from safetensors.numpy import save_file

from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Progress
from models.gguf_file import GgufFile
from models.merge import FAMILIES, merge, read_adapter, write_adapter
from models.persona import training_base
from models.recipe import KEY, Card, card_inside, new_card, read_card, sha256
from tests.models.networks import (
    HEADS,
    KV_HEADS,
    LAYERS,
    LINEAR,
    WIDTH,
    WORDS,
    key_of,
    logits,
    network,
    peft_folder,
    save_peft,
)

TOKENS = (5, 17, 40, 2, 63, 33)
ARCHITECTURES = ("llama", "qwen2")
# Logits of these networks spread over some ten units; 16-bit weights move them by some hundredths.
CLOSE = 0.1


def card(base: Path) -> Card:
    return new_card("xiaozhi", "mini", sha256(base), data_sha256="d" * 64, seed=3)


def made(folder: Path, architecture: str = "qwen2", kind: str = "F16", tied: bool = False) -> tuple[Path, Path]:
    """A base and an adapter for it."""
    base, adapter = folder / "base.gguf", folder / "adapter.gguf"
    network(base, architecture, kind, tied)
    peft_folder(folder / "peft")
    write_adapter(folder / "peft", base, adapter, card(base))
    return base, adapter


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tied", [False, True])
def test_merged_is_base_and_adapter(tmp_path: Path, architecture: str, tied: bool) -> None:
    base, adapter = made(tmp_path, architecture, tied=tied)
    merge(base, adapter, tmp_path / "merged.gguf")
    alone, together = logits(base, TOKENS), logits(base, TOKENS, adapter)
    assert np.abs(together - alone).max() > 3
    assert np.abs(logits(tmp_path / "merged.gguf", TOKENS) - together).max() < CLOSE


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["F16", "Q8_0", "Q4_0"])
def test_transformers_with_peft_computes_the_same(tmp_path: Path, architecture: str, kind: str) -> None:
    """The base of few bits, unpacked by transformers, with the adapter of peft: what the training saw."""
    torch = pytest.importorskip("torch")
    peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
    base, adapter = made(tmp_path, architecture, kind)
    merge(base, adapter, tmp_path / "merged.gguf")
    network = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="base.gguf", dtype=torch.float32)
    with torch.no_grad():
        trained = peft.PeftModel.from_pretrained(network, tmp_path / "peft")
        expected = trained(torch.tensor([TOKENS])).logits[0].numpy()
    assert np.abs(logits(tmp_path / "merged.gguf", TOKENS) - expected).max() < CLOSE
    # llama.cpp rounds what goes into a product with weights of few bits.
    assert np.abs(logits(base, TOKENS, adapter) - expected).max() < (CLOSE if kind == "F16" else 2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["Q4_0", "Q8_0", "F32", "BF16"])
def test_weights_of_every_type_are_unpacked_and_added_to(tmp_path: Path, architecture: str, kind: str) -> None:
    base, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    weights = network(base, architecture, kind)
    taught = peft_folder(tmp_path / "peft")
    write_adapter(tmp_path / "peft", base, adapter, card(base))
    merge(base, adapter, tmp_path / "merged.gguf")
    with GgufFile(tmp_path / "merged.gguf") as merged:
        assert set(merged.tensors) == set(weights)
        for name, tensor in merged.tensors.items():
            assert tensor.kind.name == ("F32" if len(tensor.shape) == 1 else "F16")
            expected = weights[name] + delta(name, taught, architecture)
            assert np.allclose(merged.matrix(tensor), expected, rtol=2e-3, atol=1e-3), name


def delta(name: str, taught: dict[str, np.ndarray], architecture: str) -> np.ndarray | float:
    """What peft adds to a weight, in GGUF's order of rows, written down a second time."""
    for layer in range(LAYERS):
        for theirs, ours, *_ in LINEAR:
            if name == f"blk.{layer}.{ours}.weight":
                stem = f"base_model.model.model.layers.{layer}.{theirs}"
                added: np.ndarray = 2 * taught[f"{stem}.lora_B.weight"] @ taught[f"{stem}.lora_A.weight"]
                heads = {"attn_q": HEADS, "attn_k": KV_HEADS}.get(ours)
                if architecture == "llama" and heads:
                    half = WIDTH // HEADS // 2
                    order = [
                        h * 2 * half + part * half + i for h in range(heads) for i in range(half) for part in (0, 1)
                    ]
                    return added[order]
                return added
    return 0.0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tokenizer_template_and_all_else_stay_byte_for_byte(tmp_path: Path, architecture: str) -> None:
    base, adapter = made(tmp_path, architecture, "Q8_0")
    merge(base, adapter, tmp_path / "merged.gguf", card=card(base))
    with GgufFile(base) as before, GgufFile(tmp_path / "merged.gguf") as after:
        assert list(after.entries) == [*before.entries, KEY]
        changed = [k for k, e in before.entries.items() if before.raw(e) != after.raw(after.entries[k])]
        assert changed == ["general.file_type"]
        assert after.value("general.file_type") == 1
        assert list(after.tensors) == list(before.tensors)
    # The library's own reader sees the same.
    old, new = GGUFReader(base), GGUFReader(tmp_path / "merged.gguf")
    for key in ("tokenizer.chat_template", "tokenizer.ggml.tokens", "tokenizer.ggml.merges", "miniature.numbers"):
        assert new.fields[key].contents() == old.fields[key].contents()


def test_the_card_stands_inside_and_beside(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    inside, outside = card_inside(adapter), read_card(tmp_path / "adapter.card.json")
    assert outside.adapter_sha256 == outside.file_sha256 == sha256(adapter)
    assert outside.base_sha256 == sha256(base)
    assert inside == outside.inside()


def test_llama_reads_what_an_adapter_is(tmp_path: Path) -> None:
    _, adapter = made(tmp_path)
    with GgufFile(adapter) as file:
        assert file.text("general.type") == "adapter"
        assert file.text("general.architecture") == "qwen2"
        assert file.text("adapter.type") == "lora"
        assert file.value("adapter.lora.alpha") == 16.0
        assert {"blk.0.attn_q.weight.lora_a", "blk.1.ffn_down.weight.lora_b"} < set(file.tensors)
        assert len(file.tensors) == 2 * LAYERS * len(LINEAR)


def test_the_adapter_can_be_scaled_at_run_time(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    assert np.abs(logits(base, TOKENS, adapter, 0.0) - logits(base, TOKENS)).max() < 1e-3
    assert np.abs(logits(base, TOKENS, adapter, 0.5) - logits(base, TOKENS, adapter)).max() > 1


@pytest.mark.parametrize(
    ("config", "factor"),
    [({"use_rslora": True}, 16 / 8**0.5), ({"lora_alpha": 4}, 0.5), ({"alpha_pattern": {"q_proj": 32.0}}, None)],
)
def test_every_way_of_scaling(tmp_path: Path, config: dict[str, object], factor: float | None) -> None:
    base = tmp_path / "base.gguf"
    network(base)
    taught = peft_folder(tmp_path / "peft", config=config)
    write_adapter(tmp_path / "peft", base, tmp_path / "adapter.gguf", card(base))
    pairs = read_adapter(tmp_path / "adapter.gguf").pairs
    for theirs, ours, *_ in LINEAR:
        stem = f"base_model.model.model.layers.0.{theirs}"
        wanted = factor or (4.0 if ours == "attn_q" else 2.0)
        pair = pairs[f"blk.0.{ours}.weight"]
        expected = wanted * taught[f"{stem}.lora_B.weight"] @ taught[f"{stem}.lora_A.weight"]
        assert np.allclose(pair.scale * pair.b @ pair.a, expected, atol=1e-5)


def test_an_adapter_saved_in_bfloat16(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    saving = pytest.importorskip("safetensors.torch")
    base = tmp_path / "base.gguf"
    network(base)
    taught = peft_folder(tmp_path / "peft")
    short = {name: torch.tensor(matrix).to(torch.bfloat16) for name, matrix in taught.items()}
    saving.save_file(short, tmp_path / "peft" / "adapter_model.safetensors")
    write_adapter(tmp_path / "peft", base, tmp_path / "adapter.gguf", card(base))
    pair = read_adapter(tmp_path / "adapter.gguf").pairs["blk.0.ffn_up.weight"]
    name = "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"
    assert np.array_equal(pair.a, short[name].float().numpy())


def test_dithering_keeps_to_the_grid_and_to_the_sum(tmp_path: Path) -> None:
    base, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    weights = network(base, "qwen2", "Q4_0")
    peft_folder(tmp_path / "peft", strength=0.02)
    write_adapter(tmp_path / "peft", base, adapter, card(base))
    plain, dithered, again = (tmp_path / f"{name}.gguf" for name in ("plain", "dithered", "again"))
    merge(base, adapter, plain)
    merge(base, adapter, dithered, dither=4)
    merge(base, adapter, again, dither=4)
    assert dithered.read_bytes() == again.read_bytes()
    with GgufFile(plain) as near, GgufFile(dithered) as far:
        for tensor in near.tensors.values():
            before, wanted, got = (m.reshape(-1) for m in _three(weights, near, far, tensor.name))
            if ".attn_norm" in tensor.name or tensor.name == "token_embd.weight":
                assert np.array_equal(wanted, got)
            if tensor.name == "blk.0.ffn_up.weight":
                assert 0.005 < (np.abs(got - before) > 1e-3).mean() < 0.4  # some weights moved
                learnt, carried = wanted - before, got - before
                assert abs(learnt.sum() - carried.sum()) < 5 * np.abs(carried).max() * len(carried) ** 0.5 * 0.2
                steps = np.abs(carried.reshape(-1, 32)) / np.abs(before.reshape(-1, 32)).max(axis=1, keepdims=True) * 8
                assert np.allclose(steps, np.round(steps), atol=0.05)


def _three(weights: dict[str, np.ndarray], near: GgufFile, far: GgufFile, name: str) -> tuple[np.ndarray, ...]:
    return weights[name], near.matrix(near.tensors[name]), far.matrix(far.tensors[name])


def hugging_face(folder: Path, weights: dict[str, np.ndarray], architecture: str, **config: object) -> Path:
    """The same model as Hugging Face would hold it."""
    names = {"token_embd.weight": "model.embed_tokens.weight", "output.weight": "lm_head.weight"}
    names["output_norm.weight"] = "model.norm.weight"
    kept = {}
    for layer in range(LAYERS):
        names |= {f"blk.{layer}.{ours}.weight": f"model.layers.{layer}.{theirs}.weight" for theirs, ours, *_ in LINEAR}
    for ours, theirs in names.items():
        if ours in weights:
            matrix = weights[ours]
            heads = HEADS if "attn_q" in ours else KV_HEADS if "attn_k" in ours else 0
            if architecture == "llama" and heads:
                matrix = matrix.reshape(heads, -1, 2, WIDTH).swapaxes(1, 2).reshape(matrix.shape)
            kept[theirs] = np.ascontiguousarray(matrix)
    folder.mkdir()
    save_file(kept, folder / "model.safetensors")
    told = {"model_type": architecture, "vocab_size": WORDS, **config}
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_exact_weights_of_a_hugging_face_folder(tmp_path: Path, architecture: str) -> None:
    exact = network(tmp_path / "exact.gguf", architecture, "F32")
    base, adapter = made(tmp_path, architecture, "Q4_0")
    theirs = hugging_face(tmp_path / "hf", exact, architecture)
    merge(base, adapter, tmp_path / "rough.gguf")
    merge(base, adapter, tmp_path / "fine.gguf", hf_base=theirs)
    wanted = logits(tmp_path / "exact.gguf", TOKENS, adapter)
    assert np.abs(logits(tmp_path / "fine.gguf", TOKENS) - wanted).max() < CLOSE
    assert np.abs(logits(tmp_path / "rough.gguf", TOKENS) - wanted).max() > 3 * CLOSE


def test_a_hugging_face_folder_of_another_model(tmp_path: Path) -> None:
    base, adapter = made(tmp_path, "qwen2", "Q8_0")
    out = tmp_path / "out.gguf"
    good = network(tmp_path / "exact.gguf", "qwen2", "F32")
    other = network(tmp_path / "other.gguf", "qwen2", "F32", seed=6)
    wide = network(tmp_path / "wide.gguf", "qwen2", "F32", words=90)
    for name, weights, kind in (("a", other, "qwen2"), ("b", wide, "qwen2"), ("c", good, "llama")):
        folder = hugging_face(tmp_path / name, weights, kind)
        assert key_of(lambda folder=folder: merge(base, adapter, out, hf_base=folder)) == "merge_other_model"
    (tmp_path / "empty").mkdir()
    assert key_of(lambda: merge(base, adapter, out, hf_base=tmp_path / "empty")) == "merge_hf_unusable"
    cut = hugging_face(tmp_path / "d", good, "qwen2")
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:5000])
    assert key_of(lambda: merge(base, adapter, out, hf_base=cut)) == "merge_hf_unusable"
    assert not out.exists()


def test_adapters_that_do_not_belong_here(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    network(tmp_path / "llama.gguf", "llama")
    out = tmp_path / "out.gguf"
    assert key_of(lambda: merge(tmp_path / "llama.gguf", adapter, out)) == "adapter_foreign"
    assert key_of(lambda: merge(base, base, out)) == "adapter_damaged"
    assert key_of(lambda: merge(adapter, adapter, out)) == "model_not_language"
    assert key_of(lambda: merge(base, tmp_path / "none.gguf", out)) == "adapter_missing"
    shutil.copy(adapter, tmp_path / "cut.gguf")
    with (tmp_path / "cut.gguf").open("rb+") as file:
        file.truncate(20_000)
    assert key_of(lambda: merge(base, tmp_path / "cut.gguf", out)) == "model_cut"
    assert not out.exists()


def _convert(folder: Path, base: Path) -> Callable[[], object]:
    return lambda: write_adapter(folder, base, base.parent / "x.gguf", card(base))


def test_peft_folders_that_cannot_be_used(tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    network(base)
    taught = peft_folder(tmp_path / "good")
    for config in ({"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"peft_type": "IA3"}, {"bias": "all"}):
        peft_folder(tmp_path / "odd", config=config)
        assert key_of(_convert(tmp_path / "odd", base)) == "adapter_unsupported"
    assert key_of(_convert(tmp_path / "none", base)) == "adapter_missing"

    broken = peft_folder(tmp_path / "broken")
    (tmp_path / "broken" / "adapter_config.json").write_text("{")
    assert key_of(_convert(tmp_path / "broken", base)) == "adapter_damaged"

    def with_weights(changed: dict[str, np.ndarray]) -> Callable[[], object]:
        save_peft(tmp_path / "changed", changed, {})
        return _convert(tmp_path / "changed", base)

    first = next(iter(taught))
    assert key_of(with_weights({**broken, first: np.full_like(broken[first], np.nan)})) == "adapter_damaged"
    assert key_of(with_weights({n: m for n, m in broken.items() if n != first})) == "adapter_damaged"
    assert key_of(with_weights({**broken, first: broken[first][:4]})) == "adapter_damaged"
    assert key_of(with_weights({n.replace("layers.1", "layers.7"): m for n, m in broken.items()})) == "adapter_foreign"
    assert key_of(with_weights({**broken, first: np.ones((8, 32), np.float32)})) == "adapter_foreign"
    assert key_of(with_weights({"base_model.model.score.weight": broken[first]})) == "adapter_unsupported"
    assert not (tmp_path / "x.gguf").exists()


def test_what_can_be_carried_over_is_what_can_be_trained() -> None:
    assert set(FAMILIES) == set(training_base.FAMILIES)
    folders = {name: family for family, names in FAMILIES.items() for name in names}
    assert folders == training_base.FOLDER_FAMILIES


def test_a_family_that_is_not_known(tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    network(base, "falcon")
    peft_folder(tmp_path / "peft")
    assert key_of(_convert(tmp_path / "peft", base)) == "adapter_family"


def test_flipped_bytes_in_an_adapter_never_escape_as_anything_else(tmp_path: Path) -> None:
    _, adapter = made(tmp_path)
    whole = adapter.read_bytes()
    with GgufFile(adapter) as file:
        head = min(t.start for t in file.tensors.values())
    chance = np.random.default_rng(3)
    for _ in range(300):
        changed = bytearray(whole)
        changed[chance.integers(4, head)] = chance.integers(256)
        (tmp_path / "changed.gguf").write_bytes(changed)
        try:
            read_adapter(tmp_path / "changed.gguf")
        except UserProblem as problem:
            assert problem.sentence("zh")


def test_numbers_too_large_for_sixteen_bits(tmp_path: Path) -> None:
    base, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    network(base)
    peft_folder(tmp_path / "peft", strength=100.0)
    write_adapter(tmp_path / "peft", base, adapter, card(base))
    assert key_of(lambda: merge(base, adapter, tmp_path / "out.gguf")) == "merge_overflow"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["adapter.card.json", "adapter.gguf", "base.gguf", "peft"]


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, adapter = made(tmp_path)
    monkeypatch.setattr("models.recipe.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert key_of(lambda: merge(base, adapter, tmp_path / "out.gguf")) == "output_no_room"
    assert not (tmp_path / "out.gguf").exists()


def test_it_can_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.done == 5:
            token.cancel()

    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        merge(base, adapter, tmp_path / "out.gguf", report, token)
    assert sorted(tmp_path.iterdir()) == before


def test_an_output_that_was_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    base, adapter = made(tmp_path)
    out = tmp_path / "out.gguf"
    out.write_bytes(b"old")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        merge(base, adapter, out, cancel=token)
    assert out.read_bytes() == b"old"
    merge(base, adapter, out)
    assert out.read_bytes()[:4] == b"GGUF"


def test_impossible_sizes_in_a_header_exhaust_nothing(tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    for counts in ((2**60, 1), (1, 2**60), (0, 2)):
        file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, *counts) + bytes(64))
        with pytest.raises(UserProblem):
            GgufFile(file)
