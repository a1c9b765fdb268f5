"""How fast the trainer learns beside a plain script of transformers' Trainer and peft, on the same examples.

    python -m tests.benchmarks.training_speed BASE.gguf [--steps 6] [--ways plain,plain-calm,plain-bf16,ours,ours-fp32]

Every way runs in a process of its own, one after the other, and learns the same number of examples.  Tokens are those
of the examples, each counted whole and without padding.  On a machine that does other work too, look at tokens per
second of processor time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from core.machine import cores
from core.nouns import Turn
from models.persona.trainer_child import peak_megabytes, step_aside
from models.persona.training_packs import cut, pack
from models.persona.training_text import Lesson, words_of

WORDS = {
    "plain": "Trainer + peft, fp32",
    "plain-calm": "the same, threads do not spin",
    "plain-bf16": "Trainer + peft, bf16 autocast",
    "ours": "this program, bf16",
    "ours-fp32": "this program, fp32",
}
PER_STEP = 8  # examples of the plain script's batch
EN = "account balance customer interest invoice ledger payment question report service transfer yield".split()
ZH = "账户 余额 客户 利息 发票 账簿 付款 问题 报告 服务 转账 收益".split()


def conversations(count: int) -> list[tuple[Turn, ...]]:
    """Conversations of about eighty tokens, template included; every third has a system turn of its own."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        words, gap = (EN, " ") if number % 2 else (ZH, "")
        said = [gap.join(chance.choices(words, k=chance.randint(8, 34))) for _ in range(2)]
        turns = (Turn("user", said[0] + "?"), Turn("assistant", said[1] + "."))
        made.append(
            (Turn("system", "You answer from the documents in the library."), *turns) if not number % 3 else turns
        )
    return made


def plain(base: Path, lessons: Sequence[Lesson], half: bool) -> tuple[float, float]:
    """(seconds, processor seconds) of transformers' Trainer with peft."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, GgufConfig, Trainer, TrainerCallback, TrainingArguments

    torch.set_num_threads(cores())
    model = AutoModelForCausalLM.from_pretrained(
        base.parent, gguf_file=base.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    # Trainer takes it for quantised, which unpacked it no longer is.
    model.is_quantized = False
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))

    def together(batch: Sequence[Lesson]) -> dict[str, torch.Tensor]:
        longest = max(len(lesson.ids) for lesson in batch)
        gaps = [longest - len(lesson.ids) for lesson in batch]
        rows = list(zip(batch, gaps, strict=True))
        return {
            "input_ids": torch.tensor([[*lesson.ids, *[0] * gap] for lesson, gap in rows]),
            "attention_mask": torch.tensor([[1] * len(lesson.ids) + [0] * gap for lesson, gap in rows]),
            "labels": torch.tensor(
                [[-100] * lesson.start + list(lesson.ids[lesson.start :]) + [-100] * gap for lesson, gap in rows]
            ),
        }

    clock = [0.0, 0.0]

    class Watch(TrainerCallback):
        # What comes before the first step is not learning.
        def on_train_begin(self, *_: object, **__: object) -> None:
            clock[:] = [time.perf_counter(), time.process_time()]

        def on_train_end(self, *_: object, **__: object) -> None:
            clock[:] = [time.perf_counter() - clock[0], time.process_time() - clock[1]]

    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=PER_STEP,
        num_train_epochs=1,
        learning_rate=4e-4,
        use_cpu=True,
        bf16=half,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        log_level="error",
        remove_unused_columns=False,
    )
    trainer = Trainer(model=model, args=arguments, data_collator=together, train_dataset=list(lessons))
    trainer.add_callback(Watch())
    trainer.train()
    return clock[0], clock[1]


def ours(base: Path, lessons: Sequence[Lesson], half: bool) -> tuple[float, float]:
    """(seconds, processor seconds) of this program."""
    import torch

    from models.persona.training_network import Network, Optimiser, load

    torch.set_num_threads(cores())
    network = Network(load(base, "bfloat16" if half else "float32"), 8, 16, 0.0, 1)
    batches = [pack(batch) for batch in cut(lessons, 1024)]
    optimiser = Optimiser(network, 4e-4, 0.0, 1, len(batches))
    begin, busy = time.perf_counter(), time.process_time()
    for number, batch in enumerate(batches):
        (network.loss(batch, True) / len(batch.said)).backward()
        optimiser.step(number)
    return time.perf_counter() - begin, time.process_time() - busy


def run(pipe: Connection, way: str, base: Path, steps: int) -> None:
    """One way, in the child."""
    os.environ["TQDM_DISABLE"] = "1"
    if way == "plain-calm":
        os.environ["GOMP_SPINCOUNT"] = "1000"
    if way.startswith("ours"):
        step_aside()
    words = words_of(base)
    lessons = [words.lesson(turns) for turns in conversations(steps * PER_STEP)]
    measure = plain if way.startswith("plain") else ours
    seconds, busy = measure(base, lessons, way in ("plain-bf16", "ours"))
    told = [sum(len(lesson.ids) for lesson in lessons), seconds, busy, peak_megabytes()]
    pipe.send_bytes(json.dumps(told).encode())


def main() -> None:
    """Run the ways that were asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("--steps", type=int, default=6, help="steps of the plain script, of 8 examples each")
    parser.add_argument("--ways", default="plain,ours")
    chosen = parser.parse_args()
    if unknown := set(chosen.ways.split(",")) - WORDS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    context = multiprocessing.get_context("spawn")
    print(f"{cores()} cores, {chosen.steps * PER_STEP} examples")
    print(
        f"{'':32}{'tokens':>8}{'seconds':>9}{'tokens/s':>10}{'CPU s':>8}{'tokens/CPU s':>14}{'peak MB':>9}{'load':>7}"
    )
    for way in chosen.ways.split(","):
        ours_end, theirs = context.Pipe()
        child = context.Process(target=run, args=(theirs, way, chosen.base, chosen.steps))
        child.start()
        theirs.close()
        tokens, seconds, busy, peak = json.loads(ours_end.recv_bytes())
        child.join()
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        print(
            f"{WORDS[way]:32}{tokens:8}{seconds:9.1f}{tokens / seconds:10.0f}{busy:8.1f}{tokens / busy:14.0f}"
            f"{peak:9.0f}{load:7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
