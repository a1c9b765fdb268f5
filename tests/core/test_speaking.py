"""A persona at work, its model saying what it is told to."""

from __future__ import annotations

import pytest

from core.nouns import Bilingual, Persona, Term, Voice
from core.speaking import Speaker, converse, opening, understood
from tests.fakes import ScriptedModel

PERSONA = Persona(
    "mingyi",
    Bilingual("Mingyi", "明医"),
    Bilingual("Renhe Hospital", "仁和医院"),
    Bilingual(),
    Bilingual(),
    Voice.FORMAL,
    glossary=(Term("myocardial infarction", ("MI",), ("heart attack", "心肌梗死")),),
)
ASKED = "When does the lease end?"
FIRST_WORDS = "In accordance with your documents, the position is as follows."


def always(_: str) -> bool:
    return True


def test_a_remark_is_answered_by_the_persona_and_not_by_the_model_that_drafts() -> None:
    drafting, speaking = ScriptedModel(), ScriptedModel("I am Mingyi.")
    draft, _ = converse("Who are you?", drafting, Speaker(PERSONA, speaking))
    assert draft.sentences[0].text == "I am Mingyi."
    assert not drafting.asked
    assert "Renhe Hospital" in speaking.asked[0][0].content


def test_without_a_persona_the_model_that_drafts_replies() -> None:
    drafting = ScriptedModel("I am an assistant.")
    draft, _ = converse("Who are you?", drafting)
    assert draft.sentences[0].text == "I am an assistant."


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        ("The documents in your library state the following.", "The documents in your library state the following."),
        ("The lease ends in March, as the documents state.", FIRST_WORDS),
        ("", FIRST_WORDS),
    ],
)
def test_an_opening_with_a_fact_in_it_gives_way_to_a_phrase_of_the_voice(said: str, opened: str) -> None:
    assert opening(ASKED, Speaker(PERSONA, ScriptedModel(said)), found=True) == opened


def test_a_question_too_long_for_the_model_is_opened_all_the_same() -> None:
    assert opening("word " * 3000, Speaker(PERSONA, ScriptedModel()), found=True) == FIRST_WORDS


def test_the_model_is_asked_for_words_only_where_the_glossary_does_not_see_them() -> None:
    model = ScriptedModel("myocardial infarction; aspirin")
    speaker = Speaker(PERSONA, model)
    assert understood("Signs of MI", speaker, always, strange=True).terms == ("myocardial infarction",)
    assert understood("Signs of a coronary", speaker, always, strange=False).terms == ()
    assert not model.asked
    meant = understood("Signs of a coronary", speaker, always, strange=True)
    assert meant.terms == ("myocardial infarction",)
    assert "aspirin" not in meant.meant  # only words of the glossary count
    assert meant.meant.startswith("Signs of a coronary")


def test_a_persona_without_a_glossary_changes_no_question() -> None:
    plain = Persona("p", Bilingual("P"), Bilingual(), Bilingual(), Bilingual())
    model = ScriptedModel("anything")
    assert understood("Signs of MI", Speaker(plain, model), always, strange=True).meant == "Signs of MI"
    assert not model.asked
