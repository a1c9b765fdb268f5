"""The network that learns: frozen weights, a peft adapter, and no work that the loss does not need."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from transformers import AttentionInterface, AutoModelForCausalLM, GgufConfig

from models.persona.training_packs import Pack

_ADAPTER = "default"
_ATTENTION = "vademecum_paths"
# Rows of logits that exist at a time: each is as long as the vocabulary.
_ROWS = 256
_TRIAL = (256, 1024, 2048)  # rows, columns and outputs of the product by which a precision is chosen
_TRIAL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class _Layout:
    """Each group's lessons as token numbers (lessons × length), and where among all groups each token is answered."""

    groups: tuple[Tensor, ...]
    answers: Tensor


class _Adapted(torch.autograd.Function):  # type: ignore[misc]  # torch is not read for its types
    """y = x·Wᵀ + b + scale·(x·Aᵀ)·Bᵀ with W frozen, in the precision of x; A, B and their gradients are float32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float) -> Tensor:
        small, large = a.to(x.dtype), (b * scale).to(x.dtype)
        inner = x @ small.t()
        ctx.save_for_backward(x, weight, inner, small, large)
        ctx.scale = scale
        return F.linear(x, weight, bias).addmm_(inner, large.t())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, inner, small, large = ctx.saved_tensors
        (dy,) = gradients
        back = dy @ large
        db = (dy.t() @ inner).float() * ctx.scale
        da = (back.t() @ x).float()
        dx = (dy @ weight).addmm_(back, small) if ctx.needs_input_grad[0] else None
        return dx, None, None, da, db, None


class _Head(torch.autograd.Function):  # type: ignore[misc]  # torch is not read for its types
    """The summed cross-entropy of hidden · weightᵀ against targets, a few rows of logits at a time."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, cap: float) -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for start in range(0, len(hidden), _ROWS):
            rows = slice(start, start + _ROWS)
            wanted = targets[rows, None]
            logits = (hidden[rows] @ weight.t()).float()
            if cap:
                logits = logits.div_(cap).tanh_().mul_(cap)
            level = logits.logsumexp(-1, keepdim=True)
            total += (level - logits.gather(1, wanted)).sum()
            if gradient is not None:
                slope = (1 - (logits / cap) ** 2) if cap else None
                share = logits.sub_(level).exp_()
                share.scatter_add_(1, wanted, torch.full_like(level, -1.0))
                if slope is not None:
                    share *= slope
                gradient[rows] = share.to(hidden.dtype) @ weight
        ctx.save_for_backward(gradient)
        return total.float()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * gradients[0].to(gradient.dtype), None, None, None


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _given: Tensor | None,
    *,
    scaling: float,
    layout: _Layout,
    softcap: float | None = None,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention along each lesson's path: 1 × heads × tokens × width in, 1 × tokens × heads × width out."""
    heads, repeats, width = key.shape[1], query.shape[1] // key.shape[1], value.shape[3]
    # tokens × numbers, so that what belongs to a token lies together
    q, k, v = (side[0].transpose(0, 1).reshape(side.shape[2], -1) for side in (query, key, value))
    answered = []
    for group in layout.groups:
        lessons, length = group.shape
        flat = group.reshape(-1)
        # Heads that share keys stand below each other.
        qs = q.index_select(0, flat).view(lessons, length, heads, repeats, -1).permute(0, 2, 3, 1, 4)
        qs = qs.reshape(lessons * heads, repeats * length, -1)
        ks, vs = (
            side.index_select(0, flat)
            .view(lessons, length, heads, -1)
            .transpose(1, 2)
            .reshape(lessons * heads, length, -1)
            for side in (k, v)
        )
        mask = _mask(length, sliding_window, q.dtype).repeat(repeats, 1)
        if softcap:
            scores = torch.tanh((qs @ ks.transpose(1, 2)) * (scaling / softcap)) * softcap + mask
        else:
            # On a processor this is five times as fast as the fused kernel is for paths of a hundred tokens.
            scores = torch.baddbmm(mask.expand(len(qs), -1, -1), qs, ks.transpose(1, 2), alpha=scaling)
        out = (scores.softmax(-1) @ vs).view(lessons, heads, repeats, length, width)
        answered.append(out.permute(0, 3, 1, 2, 4).reshape(lessons * length, -1))
    joined = torch.cat(answered).index_select(0, layout.answers)
    return joined.view(1, len(layout.answers), heads * repeats, width), None


def _mask(length: int, window: int | None, kind: torch.dtype) -> Tensor:
    """0 where a token may look, else minus infinity."""
    steps = torch.arange(length)
    behind = steps[:, None] - steps[None]
    hidden = (behind < 0) | (behind >= (window or length))
    return torch.zeros(length, length, dtype=kind).masked_fill_(hidden, float("-inf"))


def _layout(pack: Pack) -> _Layout:
    groups = []
    answers = [0] * len(pack.ids)
    offset = 0
    for paths in pack.paths:
        longest = len(paths[0])
        # What fills up a shorter path comes after its own tokens, which never look that way.
        groups.append(torch.tensor([[*path, *(path[-1:] * (longest - len(path)))] for path in paths]))
        for row, path in enumerate(paths):
            for step, token in enumerate(path):
                answers[token] = offset + row * longest + step
        offset += len(paths) * longest
    return _Layout(tuple(groups), torch.tensor(answers))


class Network:
    """A base with an adapter on every linear layer of its blocks."""

    def __init__(self, base: nn.Module, rank: int, alpha: int, dropout: float, seed: int) -> None:
        torch.manual_seed(seed)
        self._configuration = LoraConfig(
            r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        self.model = get_peft_model(base, self._configuration)
        self._causal = self.model.get_base_model()
        for module in self.model.modules():
            if isinstance(module, LoraLinear):
                # Not through peft's own forward: it widens every activation to the adapter's precision.
                setattr(module, "forward", _Fast(module, dropout))  # noqa: B010  # a method is not to be assigned
        self.learned = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        for parameter in self.learned.values():
            parameter.data = parameter.data.float()
        self._cap = float(getattr(self._causal.config, "final_logit_softcapping", None) or 0.0)

    def loss(self, pack: Pack, learning: bool) -> Tensor:
        """The summed loss over ``pack.said``."""
        self.model.train(learning)
        with torch.set_grad_enabled(learning):
            hidden = self._causal.model(
                input_ids=torch.tensor([pack.ids]),
                position_ids=torch.tensor([pack.positions]),
                use_cache=False,
                layout=_layout(pack),
            ).last_hidden_state[0]
            wanted = hidden.index_select(0, torch.tensor(pack.heard))
            loss: Tensor = _Head.apply(wanted, self._causal.lm_head.weight, torch.tensor(pack.said), self._cap)
            return loss

    def adapter(self) -> dict[str, Tensor]:
        """The adapter's weights by the names that peft saves them under; copies."""
        state: Mapping[str, Tensor] = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: weight.detach().clone().contiguous() for name, weight in state.items()}

    def put(self, adapter: Mapping[str, Tensor]) -> None:
        """Take over weights that :meth:`adapter` gave.  ValueError when they are not of this adapter."""
        if adapter.keys() != self.adapter().keys():
            raise ValueError("weights of another adapter")
        set_peft_model_state_dict(self.model, dict(adapter))

    def configuration(self, base: str) -> str:
        """The text of ``adapter_config.json``; ``base`` names what the adapter is for."""
        settings = self.model.peft_config[_ADAPTER].to_dict()
        settings |= {"base_model_name_or_path": base, "inference_mode": True}
        plain = {key: sorted(value) if isinstance(value, set) else value for key, value in settings.items()}
        return json.dumps(plain, indent=2, sort_keys=True, default=str)


class _Fast:
    """The forward of one adapted layer."""

    def __init__(self, layer: LoraLinear, dropout: float) -> None:
        self._layer = layer
        self._dropout = dropout

    def __call__(self, x: Tensor, *_: object, **__: object) -> Tensor:
        layer = self._layer
        base = layer.base_layer
        a, b = layer.lora_A[_ADAPTER].weight, layer.lora_B[_ADAPTER].weight
        flat = x.reshape(-1, x.shape[-1])
        if self._dropout and layer.training:
            # One draw for all tokens of the pass: a draw a number would take longer than the layer itself.
            a = a * F.dropout(torch.ones(1, a.shape[1]), self._dropout)
        y: Tensor = _Adapted.apply(flat, base.weight, base.bias, a, b, layer.scaling[_ADAPTER])
        return y.view(*x.shape[:-1], -1)


def load(base: Path, precision: str) -> nn.Module:
    """The weights of a GGUF file, unpacked, or of a folder; ``precision`` is "bfloat16" or "float32".

    Raises what the libraries raise for a file they cannot read, ValueError when weights are missing.
    """
    AttentionInterface.register(_ATTENTION, _attend)
    settings: dict[str, Any] = {"dtype": getattr(torch, precision), "attn_implementation": _ATTENTION}
    if not base.is_dir():
        settings |= {"gguf_file": base.name, "quantization_config": GgufConfig(dequantize=True)}
    model, told = AutoModelForCausalLM.from_pretrained(
        base if base.is_dir() else base.parent,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
        **settings,
    )
    if told["missing_keys"]:  # they would be filled with noise, and nobody would know
        raise ValueError(f"{min(told['missing_keys'])} is missing")
    model.config.use_cache = False
    model.requires_grad_(False)
    network: nn.Module = model
    return network


def faster_precision() -> str:
    """The precision in which this processor multiplies faster: "bfloat16" or "float32"; takes half a second."""
    rows, columns, outputs = _TRIAL
    speeds = {}
    for precision in ("bfloat16", "float32"):
        kind = getattr(torch, precision)
        x, weight = torch.ones(rows, columns, dtype=kind), torch.ones(outputs, columns, dtype=kind)
        F.linear(x, weight)
        begin, rounds = time.process_time(), 0
        while (spent := time.process_time() - begin) < _TRIAL_SECONDS:
            F.linear(x, weight)
            rounds += 1
        speeds[precision] = rounds / spent
    # Of equals the one that takes half the memory.
    return "float32" if speeds["float32"] > 1.1 * speeds["bfloat16"] else "bfloat16"


class Optimiser:
    """AdamW over the adapter with a linear rise and a fall to a tenth along a cosine."""

    def __init__(self, network: Network, rate: float, decay: float, warm_up: int, steps: int) -> None:
        self._network = network
        self._names = list(network.learned)
        self._optimiser = torch.optim.AdamW(network.learned.values(), lr=rate, weight_decay=decay)
        self._rate, self._warm_up, self._steps = rate, warm_up, steps

    def step(self, number: int) -> None:
        """Apply the gathered gradients as step ``number``, counted from 0, and forget them."""
        if number < self._warm_up:
            share = (number + 1) / self._warm_up
        else:
            way = torch.tensor((number - self._warm_up) / max(1, self._steps - self._warm_up))
            share = 0.1 + 0.45 * (1 + float(torch.cos(torch.pi * way)))
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * share
        nn.utils.clip_grad_norm_(list(self._network.learned.values()), 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Its memory, as named tensors."""
        return {
            f"{name}.{part}": value
            for name, parameter in self._network.learned.items()
            for part, value in self._optimiser.state.get(parameter, {}).items()
        }

    def put(self, state: Mapping[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""
        parts: dict[int, dict[str, Tensor]] = {}
        for name, value in state.items():
            owner, _, part = name.rpartition(".")
            parts.setdefault(self._names.index(owner), {})[part] = value
        self._optimiser.load_state_dict({"state": parts, "param_groups": self._optimiser.state_dict()["param_groups"]})


def mean_loss(network: Network, packs: Sequence[Pack]) -> float:
    """The loss per token over ``packs``, without learning."""
    total = sum(float(network.loss(pack, False)) for pack in packs)
    return total / max(1, sum(len(pack.said) for pack in packs))
