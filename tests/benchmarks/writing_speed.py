"""How fast the program writes, beside a bare llama.cpp loop with the same prompt in the same run.

    python -m tests.benchmarks.writing_speed PACK --library FOLDER [--prompts 12] [--suites cuad,zh_laws] [--model NAME]

FOLDER holds a library of the pack's suites, as ``tests.benchmarks.finding`` leaves it.  Each prompt is a draft's, from
a question of the pack and the passages found for it.  Ours is the loop that drafts: grammar, text as it grows, looks
at the cancel token.  The bare one is llama.cpp's greedy sampler and nothing else, in a context of its own of the same
size, and writes as many tokens.  Both take turns, and either begins.  Only writing is timed: from the first token on.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from pathlib import Path

from core.drafting import MAX_TOKENS, grammar, prompt
from core.errors import CancelToken
from core.finding import evidence, find
from core.language_model import LlamaModel
from core.nouns import Turn
from core.settings import Settings
from desktop import house
from tests.benchmarks.questions import answerable
from tests.benchmarks.timing import heading, line, machine


def ours(model: LlamaModel, turns: list[Turn], rules: str) -> tuple[int, float, float]:
    """(tokens, seconds, processor seconds) after the first token, of the loop that drafts."""
    clock: list[tuple[float, float]] = []

    def hear(_: str) -> None:
        clock.append((time.perf_counter(), time.process_time()))

    written = model.generate(turns, grammar=rules, max_tokens=MAX_TOKENS, on_text=hear, cancel=CancelToken())
    ended = time.perf_counter(), time.process_time()
    # The first text is there before its token is read: all tokens are read between it and the end.
    return written.tokens, ended[0] - clock[0][0], ended[1] - clock[0][1]


def bare(model: LlamaModel, turns: list[Turn], count: int) -> tuple[int, float, float]:
    """(tokens, seconds, processor seconds) of llama.cpp's own greedy sampler and decoding, so many tokens."""
    lib, tokens = model._lib, model._prompt(turns)
    context = lib.llama_init_from_model(model._model, model._parameters(model.context))
    sampler = lib.llama_sampler_init_greedy()
    try:
        for start in range(0, len(tokens), 128):
            piece = tokens[start : start + 128]
            array = (ctypes.c_int32 * len(piece))(*piece)
            assert lib.llama_decode(context, lib.llama_batch_get_one(array, len(piece))) == 0
        began, used = time.perf_counter(), time.process_time()
        one = (ctypes.c_int32 * 1)()
        for _ in range(count):
            one[0] = lib.llama_sampler_sample(sampler, context, -1)
            assert lib.llama_decode(context, lib.llama_batch_get_one(one, 1)) == 0
        return count, time.perf_counter() - began, time.process_time() - used
    finally:
        lib.llama_sampler_free(sampler)
        lib.llama_free(context)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=12)
    parser.add_argument("--suites", default="cuad,zh_laws")
    parser.add_argument("--model", default="")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    house.go_offline()
    settings = Settings()
    rates: dict[str, list[float]] = {
        "ours": [],
        "bare": [],
        "ours cpu": [],
        "bare cpu": [],
        "share": [],
        "share cpu": [],
    }
    with house.library(chosen.library) as library, house.language_model(settings, chosen.model) as model:
        embedder = house.embedder(settings)
        print(f"{machine()}; {model.identity.name}")
        drawn = answerable(chosen.pack, chosen.suites.split(","), library, chosen.prompts, chosen.seed)
        for place, (question, scope) in enumerate(drawn):
            found = find(question.text, library, embedder, scope=scope, k=12)
            shown = evidence(question.text, found, embedder, model.count_tokens, settings.evidence_tokens)
            turns, rules = prompt(question.text, shown, "0f1e2d3c"), grammar([e.number for e in shown])
            if place % 2:
                other = bare(model, turns, 40)
                own = ours(model, turns, rules)
            else:
                own = ours(model, turns, rules)
                other = bare(model, turns, max(own[0], 20))
            for name, (tokens, seconds, processor) in (("ours", own), ("bare", other)):
                rates[name].append(tokens / seconds)
                rates[f"{name} cpu"].append(tokens / processor)
            rates["share"].append(rates["ours"][-1] / rates["bare"][-1])
            rates["share cpu"].append(rates["ours cpu"][-1] / rates["bare cpu"][-1])
    print(heading("tokens a second", ""))
    print(line("ours", rates["ours"]))
    print(line("bare", rates["bare"]))
    print(line("ours by bare", rates["share"], "aim 0.95"))
    print(line("ours, a processor second", rates["ours cpu"]))
    print(line("bare, a processor second", rates["bare cpu"]))
    print(line("ours by bare, by processor time", rates["share cpu"]))


if __name__ == "__main__":
    main()
