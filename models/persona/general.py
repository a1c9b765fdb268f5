"""General data: what the base model itself answers to everyday tasks, taught again so that nothing is forgotten.

The answers depend on the base and the prompt alone, so they are kept and serve every persona of that base.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, Turn, silent
from models.persona import bank
from models.persona.example import Example
from models.persona.specification import template_mark

PROMPTS = 300
_CITED_SHARE = 1 / 3
_BATCH = 32  # so many are lost at most when it is stopped
_LONGEST_ANSWER = 900  # characters
_LANGUAGES = ("en", "zh")

Prompt = tuple[Turn, ...]
Complete = Callable[[Sequence[Sequence[Turn]]], Sequence[str]]

_ITSELF = re.compile(
    r"\bas an? (?:ai|artificial|large language)|\blanguage model\b|\b(?:i am|i'm|i’m) an? (?:ai|assistant|chatbot)\b"
    r"|\bmy name is\b|\bi was (?:made|created|developed|trained|built)\b|\b(?:developed|created|trained) by\b"
    r"|语言模型|人工智能助手|我是(?:一个|一名|一款)?(?:AI|人工智能|智能|助手|机器人|由)"
    r"|作为(?:一个|一名)?(?:AI|人工智能|语言|助手)"
    r"|我叫|我的名字|由.{1,12}(?:开发|训练|研发)",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"""[.!?。！？…~～)\]）】》」』"'”’*`|]$""")
_OPEN_END = re.compile(r"[,，、:：;；(（\[【《「『“‘\-–—/]$")
_LIST = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)、．]|[（(]?[一二三四五六七八九十]+[）)、.])")
_DECLINES = re.compile(
    r"(?:\b(?:not|no|nothing|nowhere)|n['’]t)\b[^.]{0,40}\b(?:say|said|stat|mention|specif|provid|give|given|information|tell|"
    r"contain|includ|indicat|answer)|\bno (?:information|mention|answer)|\bunknown\b"
    r"|(?:没有|未|并未|无)[^。]{0,8}(?:提到|提及|说明|提供|给出|写明|说|指出|涉及|信息)|无法(?:得知|确定|回答)",
    re.IGNORECASE,
)
_PAIRS = (("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"), ("“", "”"), ("《", "》"))
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


# -- what is asked


def prompts(cited: Sequence[Prompt], seed: int, n: int = PROMPTS) -> tuple[Prompt, ...]:
    """``n`` different prompts, or as many as there are, in both languages alike.

    ``cited`` are the prompts of answers from passages, as they are put where the product drafts (some whose passages
    hold no answer among them); they are up to a third.  Their marks must be the same every time, or the cache is of
    no use.  With the same seed, more prompts begin with the same ones.
    """
    rng = random.Random(seed)
    plain = _plain(rng)
    # Every third: so it is a third wherever the list is cut.
    chosen = list(dict.fromkeys(tuple(prompt) for prompt in cited))
    rng.shuffle(chosen)
    per_cited = round(1 / _CITED_SHARE) - 1
    ordered: list[Prompt] = []
    for place, prompt in enumerate(plain):
        ordered.append(prompt)
        if place % per_cited == per_cited - 1 and place // per_cited < len(chosen):
            ordered.append(chosen[place // per_cited])
    return tuple(dict.fromkeys(ordered))[: max(0, n)]


def _plain(rng: random.Random) -> list[Prompt]:
    """All tasks of the bank, sort by sort and language by language in turn; half of them with a system turn."""
    columns = []
    for language in _LANGUAGES:
        for sort in (_on_texts, _reading, _explaining, _as_they_stand, _sums):
            column = list(sort(language, rng))
            rng.shuffle(column)
            columns.append([(language, asked) for asked in column])
    asked = [item for row in zip_longest(*columns) for item in row if item is not None]
    made: list[Prompt] = []
    for place, (language, question) in enumerate(asked):
        user = Turn("user", question)
        # Not by turns: the columns come by turns, too.
        with_system = (place + place // len(columns)) % 2 == 0
        system = bank.tasks()["systems"][language][0]
        made.append((Turn("system", system), user) if with_system else (user,))
    return made


def _on_texts(language: str, _: random.Random) -> Iterator[str]:
    for entry in bank.tasks()["texts"][language]:
        for task in bank.tasks()["tasks"][language]:
            yield f"{task}\n\n{entry['text']}"


def _reading(language: str, _: random.Random) -> Iterator[str]:
    word = {"en": "Question: ", "zh": "问题："}[language]
    for entry in bank.tasks()["texts"][language]:
        for question in (entry["asked"], entry["absent"]):
            yield f"{bank.tasks()['reading'][language][0]}\n\n{entry['text']}\n\n{word}{question}"


def _explaining(language: str, _: random.Random) -> Iterator[str]:
    templates = bank.tasks()["explaining"][language]
    for place, word in enumerate(bank.tasks()["words"][language]):
        yield bank.fill(templates[place % len(templates)], {"word": word})


def _as_they_stand(language: str, _: random.Random) -> Iterator[str]:
    yield from bank.tasks()["plain"][language]


def _sums(language: str, rng: random.Random) -> Iterator[str]:
    templates = bank.tasks()["sums"][language]
    for place in range(16):
        a, b = rng.randrange(2, 60), rng.randrange(2, 40)
        yield bank.fill(templates[place % len(templates)], {"sum": f"{a} {'+-×'[place % 3]} {min(a, b)}"})


# -- what the base model answers


def generate(
    prompts: Sequence[Prompt],
    complete: Complete,
    base_sha256: str,
    cache_folder: Path,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> tuple[Example, ...]:
    """The base model's answers to ``prompts`` as examples, in their order, without those that are no use.

    ``complete`` answers a batch in its order, "" where an answer was cut off.  What was answered before is taken from
    the cache, batch by batch, so that a stopped run goes on where it was.  UserProblem when the disk refuses.
    """
    file = cache_folder / f"general-{base_sha256[:16]}.jsonl"
    known = _cached(file)
    keys = [_key(prompt) for prompt in prompts]
    missing = list({key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in known}.items())
    # What has the same beginning in one batch: it is read but once.
    missing.sort(key=lambda pair: [turn.content for turn in pair[1]])
    done = len(set(keys)) - len(missing)
    total = done + len(missing)
    report(Progress("persona_general", done, total))
    for start in range(0, len(missing), _BATCH):
        if cancel:
            cancel.check()
        batch = missing[start : start + _BATCH]
        answers = complete([prompt for _, prompt in batch])
        if len(answers) != len(batch):
            raise UserProblem("persona_general_mismatch", asked=len(batch), got=len(answers))
        known.update({key: answer.strip() for (key, _), answer in zip(batch, answers, strict=True)})
        _keep(known, file)
        report(Progress("persona_general", done + start + len(batch), total))
    return tuple(
        Example("general", (*prompt, Turn("assistant", known[key])), _phrasing(prompt))
        for key, prompt in {key: prompt for key, prompt in zip(keys, prompts, strict=True)}.items()
        if usable(known[key]) and honest(prompt, known[key])
    )


def usable(answer: str) -> bool:
    """Whether an answer is worth teaching: whole, not going round in circles, and not about who wrote it."""
    text = answer.strip()
    if not text or len(text) > _LONGEST_ANSWER or re.search(r"<\||\|>|\{\{|�", text):
        return False
    return not (template_mark(text, braces=True) or _cut_off(text) or _repeats(text) or _names_itself(text))


def honest(prompt: Prompt, answer: str) -> bool:
    """Whether an answer to a question on a text of the bank says that nothing is said there, where that is so.

    What the base makes up about a text must not be taught as if it were right.
    """
    for language in _LANGUAGES:
        task = bank.tasks()["reading"][language][0]
        if prompt[-1].content.startswith(task):
            absent = any(prompt[-1].content.endswith(entry["absent"]) for entry in bank.tasks()["texts"][language])
            return absent == bool(_DECLINES.search(answer))
    return True


def _cut_off(text: str) -> bool:
    if _OPEN_END.search(text) or text.count("```") % 2 or any(text.count(a) > text.count(b) for a, b in _PAIRS):
        return True
    last = text.splitlines()[-1]
    return len(last) > 60 and not _LIST.match(last) and not _WHOLE.search(last)


def _repeats(text: str) -> bool:
    lines = [line.strip() for line in re.split(r"[\n.!?。！？]+", text) if len(line.strip()) > 3]
    if any(lines.count(line) > 2 for line in set(lines)):
        return True
    words = [word.casefold() for word in _TOKEN.findall(text)]
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(runs) >= 12 and len(set(runs)) < 0.6 * len(runs)


def _names_itself(text: str) -> bool:
    return bool(_ITSELF.search(text)) or any(
        re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", text) for name in (*bank.rivals(), *bank.makers())
    )


def _phrasing(prompt: Prompt) -> str:
    """The task that a prompt puts, or what is in it alone."""
    question = prompt[-1].content
    for language in _LANGUAGES:
        for sort in ("tasks", "reading"):
            for number, task in enumerate(bank.tasks()[sort][language]):
                if question.startswith(task):
                    return f"general/{sort}/{language}/{number}"
    return f"general/{_key(prompt)[:12]}"


# -- the cache


def _key(prompt: Prompt) -> str:
    turns = [[turn.role, turn.content] for turn in prompt]
    return hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()


def _cached(file: Path) -> dict[str, str]:
    """The answers by the hash of their prompt; what cannot be read is asked again."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return {}
    known = {}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("prompt"), str) and isinstance(row.get("answer"), str):
            known[row["prompt"]] = row["answer"]
    return known


def _keep(known: Mapping[str, str], file: Path) -> None:
    aside = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as stream:
            for key, answer in known.items():
                stream.write(json.dumps({"prompt": key, "answer": answer}, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, file)
    except OSError as fault:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise UserProblem("persona_general_unwritable", folder=file.parent, fault=fault.strerror or fault) from fault
