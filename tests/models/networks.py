"""Whole language models of a few thousand random weights, and adapters for them, made on the spot."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from gguf.quants import dequantize
from safetensors.numpy import save_file

from core.errors import UserProblem

WORDS, WIDTH, WIDE, HEADS, KV_HEADS, LAYERS = 96, 64, 128, 4, 2, 2
TEMPLATE = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}{% endfor %}"
RANK, ALPHA = 8, 16
# Hugging Face's name, GGUF's name, rows, columns
LINEAR = (
    ("self_attn.q_proj", "attn_q", WIDTH, WIDTH),
    ("self_attn.k_proj", "attn_k", WIDTH // HEADS * KV_HEADS, WIDTH),
    ("self_attn.v_proj", "attn_v", WIDTH // HEADS * KV_HEADS, WIDTH),
    ("self_attn.o_proj", "attn_output", WIDTH, WIDTH),
    ("mlp.gate_proj", "ffn_gate", WIDE, WIDTH),
    ("mlp.up_proj", "ffn_up", WIDE, WIDTH),
    ("mlp.down_proj", "ffn_down", WIDTH, WIDE),
)
Matrix = npt.NDArray[np.float32]
# The figures of a card whose persona passed the gate, some of them.
PASSED = {
    "base": {"identity": 3.75, "identity_n": 80.0, "cited": 71.43, "cited_n": 14.0},
    "persona": {"identity": 97.5, "identity_n": 80.0, "cited": 71.43, "cited_n": 14.0},
}


def network(
    file: Path, architecture: str = "qwen2", kind: str = "F16", tied: bool = False, seed: int = 5, words: int = WORDS
) -> dict[str, Matrix]:
    """Writes a model that llama.cpp and transformers can run; gives its weights as they are in the file, unpacked."""
    quant = GGMLQuantizationType[kind]
    noise = np.random.default_rng(seed)
    writer = GGUFWriter(file, architecture)
    writer.add_name("Miniature")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(words)
    writer.add_file_type(int(quant))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([chr(33 + i) for i in range(94)][: words - 2] + ["Ġ"] * (words > 95) + ["<|im_end|>"])
    writer.add_token_types([1] * (words - 1) + [3])
    writer.add_token_merges(["! !", '" "'])
    writer.add_eos_token_id(words - 1)
    writer.add_bos_token_id(words - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    writer.add_array("miniature.numbers", [3, 1, 4])
    kept: dict[str, Matrix] = {}

    def add(name: str, *shape: int, scale: float = 0.3, centre: float = 0.0) -> None:
        values = (noise.standard_normal(shape) * scale + centre).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, values)
            kept[name] = values
            return
        packed = quantize(values, quant)
        writer.add_tensor(name, packed, raw_dtype=quant)
        kept[name] = dequantize(packed, quant)

    add("token_embd.weight", words, WIDTH, scale=1.0)
    add("output_norm.weight", WIDTH, scale=0.1, centre=1.0)
    if not tied:
        add("output.weight", words, WIDTH)
    for layer in range(LAYERS):
        add(f"blk.{layer}.attn_norm.weight", WIDTH, scale=0.1, centre=1.0)
        add(f"blk.{layer}.ffn_norm.weight", WIDTH, scale=0.1, centre=1.0)
        for _, name, rows, columns in LINEAR:
            add(f"blk.{layer}.{name}.weight", rows, columns)
        if architecture == "qwen2":
            for _, name, rows, _ in LINEAR[:3]:
                add(f"blk.{layer}.{name}.bias", rows, scale=0.1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return kept


def peft_folder(
    folder: Path, strength: float = 0.15, seed: int = 9, config: dict[str, Any] | None = None, rank: int = RANK
) -> dict[str, Matrix]:
    """A LoRA as peft saves it, on all linear layers; gives what is in it."""
    noise = np.random.default_rng(seed)
    weights: dict[str, Matrix] = {}
    for layer in range(LAYERS):
        for name, _, rows, columns in LINEAR:
            stem = f"base_model.model.model.layers.{layer}.{name}"
            for part, shape in (("A", (rank, columns)), ("B", (rows, rank))):
                weights[f"{stem}.lora_{part}.weight"] = (noise.standard_normal(shape) * strength).astype(np.float32)
    save_peft(folder, weights, {"r": rank, **(config or {})})
    return weights


def save_peft(folder: Path, weights: dict[str, Matrix], config: dict[str, Any]) -> None:
    """Puts such a folder on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "adapter_model.safetensors")
    told = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "miniature",
        "r": RANK,
        "lora_alpha": ALPHA,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted({name.rpartition(".")[2] for name, *_ in LINEAR}),
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(told), encoding="utf-8")


@cache
def llama() -> Any:
    """llama.cpp, quiet."""
    import llama_cpp.llama_cpp as lib

    callback = lib.llama_log_callback(lambda _level, _text, _data: None)
    lib.llama_log_set(callback, ctypes.c_void_p(0))
    llama.callback = callback  # type: ignore[attr-defined]
    lib.llama_backend_init()
    return lib


def logits(file: Path, tokens: Sequence[int], adapter: Path | None = None, scale: float = 1.0) -> Matrix:
    """What llama.cpp computes after each of these tokens, with the adapter at run time if there is one."""
    lib = llama()
    model = lib.llama_model_load_from_file(bytes(file), lib.llama_model_default_params())
    assert model, f"{file.name} does not load"
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 64
    parameters.n_threads = parameters.n_threads_batch = 1
    # The cache in full precision: what is compared is the weights.
    parameters.type_k = parameters.type_v = int(GGMLQuantizationType.F32)
    parameters.flash_attn_type = 0
    context = lib.llama_init_from_model(model, parameters)
    assert context
    try:
        if adapter:
            loaded = lib.llama_adapter_lora_init(model, bytes(adapter))
            assert loaded, f"{adapter.name} does not load"
            adapters = (lib.llama_adapter_lora_p_ctypes * 1)(loaded)
            assert lib.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(scale)) == 0
        words = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
        rows = []
        for token in tokens:
            one = (ctypes.c_int32 * 1)(token)
            assert lib.llama_decode(context, lib.llama_batch_get_one(one, 1)) == 0
            rows.append(np.ctypeslib.as_array(lib.llama_get_logits_ith(context, -1), shape=(words,)).copy())
        return np.array(rows)
    finally:
        lib.llama_free(context)
        lib.llama_model_free(model)


def key_of(call: Callable[[], object]) -> str:
    """The key of the problem that ``call`` raises, which has a sentence in both languages."""
    with pytest.raises(UserProblem) as problem:
        call()
    for language in ("en", "zh"):
        assert problem.value.sentence(language)
    return problem.value.key
