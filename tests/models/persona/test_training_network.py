"""The quick way to the loss is the same as the plain one, for every family."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING

from models.persona import training_base
from models.persona.training_network import Network, Optimiser, faster_precision, load, mean_loss
from models.persona.training_packs import pack
from models.persona.training_text import Lesson
from tests.models.persona.miniatures import byte_pair_model

pytestmark = pytest.mark.slow

SHAPE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "qwen2": {},
    "qwen3": {},
    "llama": {"tie_word_embeddings": False},
    "mistral": {"sliding_window": 6},
    "gemma2": {"sliding_window": 6, "query_pre_attn_scalar": 8, "final_logit_softcapping": 5.0},
    "gemma3_text": {"sliding_window": 6, "query_pre_attn_scalar": 8},
}
COMMON = (7, 8, 9, 10, 11)
LESSONS = (
    Lesson((*COMMON, 1, 2, 3, 4), 7),
    Lesson((*COMMON, 1, 2, 5), 7),
    Lesson((*COMMON, 12, 13, 14, 15, 16, 17, 18, 19), 9),
    Lesson((20, 21, 22, 23), 2),
)


def folder_of(family: str, folder: Path) -> Path:
    torch.manual_seed(4)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **{**SHAPE, **FAMILIES[family]}))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    model.save_pretrained(folder)
    return folder


def network_of(folder: Path, precision: str = "float32") -> Network:
    made = Network(load(folder, precision), rank=4, alpha=8, dropout=0.0, seed=2)
    torch.manual_seed(6)
    for parameter in made.learned.values():
        torch.nn.init.normal_(parameter, 0.0, 0.1)
    return made


def plain_loss(model: Any) -> torch.Tensor:
    """As a textbook has it: one lesson after the other, all logits, no sharing."""
    total = torch.zeros(())
    for lesson in LESSONS:
        ids = torch.tensor([lesson.ids])
        logits = model(input_ids=ids, use_cache=False).logits[0, lesson.start - 1 : -1].float()
        total = total + F.cross_entropy(logits, ids[0, lesson.start :], reduction="sum")
    return total


def test_transformers_loads_every_family_from_gguf() -> None:
    assert set(training_base.FAMILIES) <= set(GGUF_CONFIG_MAPPING)


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_are_those_of_the_plain_way(family: str, tmp_path: Path) -> None:
    folder = folder_of(family, tmp_path / family)
    quick = network_of(folder)
    plain = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32),
        LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    told = plain.load_state_dict({n: p.detach() for n, p in quick.learned.items()}, strict=False)
    assert not told.unexpected_keys
    expected = plain_loss(plain)
    found = quick.loss(pack(LESSONS), True)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    expected.backward()
    found.backward()
    wanted = {name: p.grad for name, p in plain.named_parameters() if p.requires_grad}
    assert wanted.keys() == quick.learned.keys()
    for name, parameter in quick.learned.items():
        torch.testing.assert_close(parameter.grad, wanted[name], rtol=1e-3, atol=1e-5)


def test_adapters_are_on_every_linear_layer_of_the_blocks_and_nowhere_else(tmp_path: Path) -> None:
    quick = network_of(folder_of("qwen2", tmp_path / "base"))
    layers = {name.split(".lora_")[0].rpartition(".")[2] for name in quick.learned}
    assert layers == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert all(p.dtype == torch.float32 for p in quick.learned.values())


def test_half_precision_is_near(tmp_path: Path) -> None:
    folder = folder_of("qwen2", tmp_path / "base")
    exact = mean_loss(network_of(folder), [pack(LESSONS)])
    assert mean_loss(network_of(folder, "bfloat16"), [pack(LESSONS)]) == pytest.approx(exact, rel=0.02)


def test_what_is_saved_is_an_adapter_that_peft_loads(tmp_path: Path) -> None:
    folder = folder_of("llama", tmp_path / "base")
    quick = network_of(folder)
    result = tmp_path / "adapter"
    result.mkdir()
    save_file(quick.adapter(), result / "adapter_model.safetensors", metadata={"format": "pt"})
    (result / "adapter_config.json").write_text(quick.configuration("base.gguf"), encoding="utf-8")
    settings = json.loads((result / "adapter_config.json").read_text(encoding="utf-8"))
    assert (settings["r"], settings["lora_alpha"], settings["base_model_name_or_path"]) == (4, 8, "base.gguf")
    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), result)
    assert plain_loss(loaded).item() == pytest.approx(quick.loss(pack(LESSONS), False).item(), rel=1e-5)


def test_a_gguf_file_is_unpacked_and_learns(tmp_path: Path) -> None:
    quick = Network(load(byte_pair_model(tmp_path / "miniature.gguf"), "bfloat16"), 8, 16, 0.0, 1)
    row = pack(LESSONS)
    optimiser = Optimiser(quick, 1e-2, 0.0, 2, 30)
    before = mean_loss(quick, [row])
    for step in range(30):
        quick.loss(row, True).div(len(row.said)).backward()
        optimiser.step(step)
    assert mean_loss(quick, [row]) < 0.5 * before


def test_weights_of_another_adapter_are_refused(tmp_path: Path) -> None:
    quick = network_of(folder_of("qwen2", tmp_path / "base"))
    with pytest.raises(ValueError, match="another adapter"):
        quick.put({"base_model.model.something.lora_A.weight": torch.zeros(1)})


def test_the_quicker_precision_is_one_of_two() -> None:
    assert faster_precision() in ("bfloat16", "float32")
