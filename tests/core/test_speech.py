"""What a persona may say: its own phrases, and nothing of the world."""

from dataclasses import replace

import pytest

from core import speech
from core.nouns import Bilingual, Persona, Voice

FRIENDLY = Persona(
    "xiaozhi",
    Bilingual("Xiaozhi", "小智"),
    Bilingual("Huaxin Finance", "华信金融"),
    Bilingual("I help colleagues with their documents", "帮助同事查阅文件"),
    Bilingual("Hello, I am Xiaozhi!", "你好，我是小智！"),
    Voice.FRIENDLY,
    never_say=("guaranteed profit", "稳赚"),
)
NOBODY = Persona("nobody", Bilingual("Ann"), Bilingual(), Bilingual(), Bilingual())
ASKED, ASKED_ZH = "When does the lease end?", "租赁合同何时到期？"


@pytest.mark.parametrize("voice", list(Voice))
@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("asked", [ASKED, ASKED_ZH])
def test_every_phrase_of_every_voice_states_no_fact(voice: Voice, found: bool, asked: str) -> None:
    persona = Persona(
        "x", Bilingual("A"), Bilingual(), Bilingual(), Bilingual(), voice, ("Right away, my friend.", "马上为您看看。")
    )
    said = speech.phrases(persona, found=found, chinese=asked == ASKED_ZH)
    assert said
    assert [phrase for phrase in said if not speech.states_no_fact(phrase, asked, persona)] == []


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("No problem! The lease ends on 31 March~", ASKED),
        ("Sure thing! It ends next spring~", ASKED),
        ("Sure thing! It ends in three years~", ASKED),
        ("没问题！合同到期日是三月~", ASKED_ZH),
        ("没问题！房东可以解除合同~", ASKED_ZH),
        ("Sure thing! Here is what your documents tell us~", ASKED_ZH),
        ("没问题！让我用最简单的方式为您解答~", ASKED),
        ("The lease ends.", ASKED),
        ("It ended~", ASKED),
        ("没问题！合同到期~", ASKED_ZH),
        ("", ASKED),
        ("documents " * 30, ASKED),
    ],
)
def test_an_opening_that_states_something_is_not_one(sentence: str, asked: str) -> None:
    assert not speech.states_no_fact(sentence, asked, FRIENDLY)


def test_an_opening_may_name_who_speaks() -> None:
    assert speech.states_no_fact("Great question! Xiaozhi had a good look for you~", ASKED, FRIENDLY)
    assert speech.states_no_fact("好问题！小智帮您翻了翻文件哦~", ASKED_ZH, FRIENDLY)


def test_what_it_must_never_say_is_no_opening() -> None:
    quiet = replace(FRIENDLY, never_say=("sure thing",))
    assert speech.states_no_fact("Sure thing! I had a good look for you~", ASKED, FRIENDLY)
    assert not speech.states_no_fact("Sure thing! I had a good look for you~", ASKED, quiet)


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("persona", [FRIENDLY, NOBODY])
def test_the_system_turn_has_no_gaps(persona: Persona, chinese: bool) -> None:
    said = speech.system(persona, chinese)
    assert (persona.name.zh if chinese and persona.name.zh else persona.name.en) in said
    for gap in ("None", "  ", "{", "，的", "of.", "。。", ".."):
        assert gap not in said


def test_without_a_persona_nobody_is_impersonated() -> None:
    assert [turn.role for turn in speech.conversation("hello")] == ["system", "user"]
    assert [turn.role for turn in speech.conversation("hello", FRIENDLY, with_system=False)] == ["user"]
    assert "小智" in speech.conversation("你是谁？", FRIENDLY)[0].content
