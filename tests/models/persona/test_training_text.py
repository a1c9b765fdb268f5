"""What is trained on is what is served: the same turns are the same tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.language_model import LlamaModel
from core.nouns import ModelIdentity, Turn
from models.persona.training_text import Words, words_of
from tests.installed import installed
from tests.models.persona.miniatures import HOSTILE, TEXTS, byte_pair_model, sentence_piece_model


def conversations() -> list[tuple[Turn, ...]]:
    made: list[tuple[Turn, ...]] = []
    for text in (*TEXTS, HOSTILE):
        made.append((Turn("user", text),))
        made.append((Turn("system", text), Turn("user", text)))
        made.append((Turn("user", text), Turn("assistant", text), Turn("user", "?")))
    return made


def served(file: Path) -> Callable[[Sequence[Turn]], list[int]]:
    """The prompts of the serving path."""
    model = LlamaModel(file, ModelIdentity(file.name, "0" * 64), context=256, threads=1)
    return model._prompt


@pytest.mark.parametrize("pre", ["qwen2", "smollm", "llama-bpe", "tekken", "gpt-2"])
def test_byte_pairs_are_cut_as_llama_cpp_cuts_them(tmp_path: Path, pre: str) -> None:
    file = byte_pair_model(tmp_path / "miniature.gguf", pre)
    prompt, ours = served(file), words_of(file)
    for turns in conversations():
        assert ours.prompt(turns) == prompt(turns)


@pytest.mark.parametrize("prefix", [True, False])
def test_sentence_pieces_are_put_together_as_llama_cpp_does(tmp_path: Path, prefix: bool) -> None:
    file = sentence_piece_model(tmp_path / "miniature.gguf", prefix)
    prompt, ours = served(file), words_of(file)
    for turns in conversations():
        assert ours.prompt(turns) == prompt(turns)


@pytest.mark.model
@pytest.mark.parametrize("name", ["tiny", "default"])
def test_the_real_models_are_taught_the_prompts_they_are_asked_with(name: str) -> None:
    file = installed(name).path
    prompt, ours = served(file), words_of(file)
    for turns in conversations():
        assert ours.prompt(turns) == prompt(turns)


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return words_of(byte_pair_model(tmp_path / "miniature.gguf"))


def test_a_lesson_is_the_prompt_then_the_answer_then_the_end_of_the_turn(words: Words) -> None:
    asked, said = Turn("user", "你是谁？"), Turn("assistant", "I am Xiaozhi.")
    lesson = words.lesson((asked, said))
    assert list(lesson.ids[: lesson.start]) == words.prompt((asked,))
    (end,) = words._encode("<|im_end|>", True)
    assert lesson.ids[-1] == end
    assert list(lesson.ids[lesson.start : -1]) == words._encode(said.content, False)


def test_a_template_that_writes_more_before_the_end_is_followed(tmp_path: Path) -> None:
    words = words_of(sentence_piece_model(tmp_path / "miniature.gguf"))
    lesson = words.lesson((Turn("user", "Who are you?"), Turn("assistant", "小智")))
    assert lesson.ids[-1] == 2
    assert lesson.ids[0] == 1


def test_an_example_cannot_open_a_turn(words: Words) -> None:
    (begin,) = words._encode("<|im_start|>", True)
    honest = words.lesson((Turn("user", "text"), Turn("assistant", "text")))
    hostile = words.lesson((Turn("user", HOSTILE), Turn("assistant", HOSTILE)))
    assert hostile.ids.count(begin) == honest.ids.count(begin)
