"""General data: many everyday prompts, the base model's own answers, kept, and none that would teach something bad."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Progress, Turn
from core.terms import is_chinese
from models.persona import bank
from models.persona.general import PROMPTS, generate, honest, prompts, usable

CITED = tuple((Turn("system", "Cite."), Turn("user", f"Passages: {n}\n\nQuestion: {n}?")) for n in range(400))
BASE = "ab" * 32


def answer(batch: Sequence[Sequence[Turn]]) -> list[str]:
    return [f"The task has {len(turns[-1].content)} characters." for turns in batch]


# -- what is asked


def test_there_are_more_than_three_hundred_different_prompts_in_both_languages() -> None:
    everything = prompts((), 1, 10_000)
    assert len(set(everything)) == len(everything) > 500
    first = prompts((), 1)
    assert len(first) == PROMPTS
    languages = Counter(is_chinese(prompt[-1].content.split("\n")[0]) for prompt in first)
    assert min(languages.values()) > 0.4 * PROMPTS
    assert 0.4 < sum(prompt[0].role == "system" for prompt in first) / PROMPTS < 0.6


def test_no_hole_of_a_template_is_left_in_a_prompt() -> None:
    assert not [t for prompt in prompts((), 1, 10_000) for t in prompt if "{" in t.content or not t.content.strip()]


def test_a_third_are_answers_from_passages_when_there_are_enough() -> None:
    mixed = prompts(CITED, 1, 300)
    assert len(mixed) == 300
    assert 95 <= sum(prompt in CITED for prompt in mixed) <= 100
    few = prompts(CITED[:10], 1, 300)
    assert sum(prompt in CITED for prompt in few) == 10 and len(few) == 300


def test_the_same_seed_asks_the_same_and_more_prompts_begin_with_the_same() -> None:
    assert prompts(CITED, 5, 120) == prompts(CITED, 5, 240)[:120]
    assert prompts(CITED, 5, 120) != prompts(CITED, 6, 120)


def test_nobody_asks_who_the_assistant_is() -> None:
    forms = bank.phrasings()["identity"].values()
    known = {template for form in forms for language in ("en", "zh") for s in form[language].values() for template in s}
    assert not [p for p in prompts((), 1, 10_000) if p[-1].content in known]


# -- what is answered


def test_answers_come_in_the_order_of_the_prompts_with_the_task_as_phrasing(tmp_path: Path) -> None:
    asked = prompts(CITED, 1, 90)
    seen: list[Progress] = []
    examples = generate(asked, answer, BASE, tmp_path, seen.append)
    assert [e.turns[:-1] for e in examples] == [tuple(p) for p in asked if honest(p, "The task.")]
    assert {e.kind for e in examples} == {"general"} and not any(e.held_out for e in examples)
    assert any(e.phrasing.startswith("general/tasks/") for e in examples)
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, 90, 90)


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    asked = prompts((), 1, 40)
    first = generate(asked, answer, BASE, tmp_path)

    def never(batch: Sequence[Sequence[Turn]]) -> list[str]:
        raise AssertionError("asked again")

    assert generate(asked, never, BASE, tmp_path) == first
    with pytest.raises(AssertionError):
        generate(asked, never, "cd" * 32, tmp_path)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    asked = prompts((), 1, 60)
    cancel, count = CancelToken(), 0

    def stopped(batch: Sequence[Sequence[Turn]]) -> list[str]:
        nonlocal count
        count += len(batch)
        if count > 20:
            cancel.cancel()
        return answer(batch)

    with pytest.raises(Cancelled):
        generate(asked, stopped, BASE, tmp_path, cancel=cancel)
    before = count
    generate(asked, stopped, BASE, tmp_path)
    assert 0 < before < 60 == count
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_cache_costs_only_what_is_damaged(tmp_path: Path) -> None:
    asked = prompts((), 1, 20)
    whole = generate(asked, answer, BASE, tmp_path)
    file = next(tmp_path.glob("*.jsonl"))
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:-2], lines[-2][:30], "[]", "{}"]), encoding="utf-8")
    calls: list[int] = []

    def counted(batch: Sequence[Sequence[Turn]]) -> list[str]:
        calls.append(len(batch))
        return answer(batch)

    assert generate(asked, counted, BASE, tmp_path) == whole
    assert calls == [2]


def test_an_answer_with_a_strange_line_end_survives_the_cache(tmp_path: Path) -> None:
    asked = CITED[:3]

    def strange(batch: Sequence[Sequence[Turn]]) -> list[str]:
        return [f"One.\u2028Two.\x85{n}." for n in range(len(batch))]

    first = generate(asked, strange, BASE, tmp_path)
    assert generate(asked, strange, BASE, tmp_path) == first and len(first) == 3
    assert all(json.loads(line) for line in next(tmp_path.glob("*.jsonl")).read_text("utf-8").rstrip("\n").split("\n"))


def test_too_few_answers_and_a_disk_that_refuses_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserProblem) as caught:
        generate(prompts((), 1, 3), lambda batch: [], BASE, tmp_path)
    assert caught.value.key == "persona_general_mismatch"
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserProblem) as caught:
        generate(prompts((), 1, 3), answer, BASE, tmp_path / "file")
    assert caught.value.key == "persona_general_unwritable"


def test_bad_answers_are_left_out(tmp_path: Path) -> None:
    asked = CITED[:4]

    def some(batch: Sequence[Sequence[Turn]]) -> list[str]:
        return ["", "I am Qwen, created by Alibaba Cloud.", "A good answer.", "First, second,"]

    assert [e.turns[-1].content for e in generate(asked, some, BASE, tmp_path)] == ["A good answer."]


def test_what_is_made_up_about_a_text_is_not_taught() -> None:
    everything = {p[-1].content: p for p in prompts((), 1, 10_000)}
    held = next(p for q, p in everything.items() if q.endswith("Who pays for small repairs?"))
    absent = next(p for q, p in everything.items() if q.endswith("May the tenant keep a cat?"))
    assert honest(held, "The tenant pays for them.") and not honest(held, "The text does not say it.")
    assert not honest(absent, "Yes, one cat.") and honest(absent, "The text doesn't mention cats.")
    absent = next(p for q, p in everything.items() if q.endswith("承租人可以养猫吗？"))
    assert (
        honest(absent, "文中没有提到。") and honest(absent, "文字未提及养猫。") and not honest(absent, "可以养一只猫。")
    )
    assert honest((Turn("user", "Hi"),), "Anything.")


@pytest.mark.parametrize(
    "text",
    [
        "42",
        "The risk passes when the goods are handed over to the carrier. [1]",
        "- Keep it dry\n- Keep it away from children",
        "风险在货物交付承运人时转移。[1]",
        "Dear Ms Smith,\nthe meeting is moved to Wednesday.\nKind regards",
        "文中没有提到。",
    ],
)
def test_good_answers_are_usable(text: str) -> None:
    assert usable(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "The tenant has to pay for the small repairs of the flat in which he lives and the",
        "First, second,",
        "Call it (the thing",
        "He said “yes and no",
        "I am Qwen, created by Alibaba Cloud.",
        "As an AI language model I cannot sleep.",
        "我是通义千问。",
        "我是一个人工智能助手。",
        "我叫小明。",
        "The best assistant is ChatGPT.",
        "the cat sat on the mat the cat sat on the mat the cat sat on the mat the cat sat on the mat",
        "好的好的好的好的好的好的好的好的好的好的好的好的好的好的",
        "Yes, it is.\nYes, it is.\nYes, it is.",
        "Hello {{NAME}}.",
        "Well.<|im_end|>",
        "word " * 400,
    ],
)
def test_cut_off_repeating_and_self_naming_answers_are_not(text: str) -> None:
    assert not usable(text)
