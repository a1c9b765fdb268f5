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
    assert [phrase for phrase in said if not speech.opens(phrase, asked, persona, found=found)] == []
    if voice is not Voice.OWN:  # its samples are told by nothing but their words
        assert [phrase for phrase in said if speech.opens(phrase, asked, persona, found=not found)] == []


@pytest.mark.parametrize(
    ("sentence", "asked", "voice"),
    [
        ("I regret to inform you that the documents in your library do not address this matter.", ASKED, Voice.FORMAL),
        ("The documents in your library do not state the following.", ASKED, Voice.FORMAL),
        ("I am unable to find what your documents provide.", ASKED, Voice.FORMAL),
        ("Your documents do not answer this.", ASKED, Voice.PLAIN),
        ("No problem! It is not in your documents~", ASKED, Voice.FRIENDLY),
        ("很遗憾，现有文件未载明此事项，特此告知。", ASKED_ZH, Voice.FORMAL),
        ("我查过了，文件里没有相关内容。", ASKED_ZH, Voice.PLAIN),
        ("没问题！您的资料里好像没有提到这个呢~", ASKED_ZH, Voice.FRIENDLY),
    ],
)
def test_no_answer_is_opened_with_there_is_none(sentence: str, asked: str, voice: Voice) -> None:
    assert not speech.opens(sentence, asked, replace(FRIENDLY, voice=voice), found=True)


@pytest.mark.parametrize(
    ("sentence", "asked", "voice"),
    [
        ("Please find below what your documents provide on this point.", ASKED, Voice.FORMAL),
        ("Your documents say this.", ASKED, Voice.PLAIN),
        ("没问题！答案就在您的文件里哦~", ASKED_ZH, Voice.FRIENDLY),
    ],
)
def test_where_nothing_was_found_no_answer_is_announced(sentence: str, asked: str, voice: Voice) -> None:
    assert not speech.opens(sentence, asked, replace(FRIENDLY, voice=voice), found=False)


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
