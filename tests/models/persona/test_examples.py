"""What a persona is taught: itself, in every phrasing, never another, never a fact, and never a hole of a template."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core import speech
from core.drafting import clean
from core.errors import UserProblem
from core.glossary import meaning
from core.nouns import Bilingual, Dialogue, Persona, Term, Turn, Voice
from core.terms import is_chinese
from models.persona import bank
from models.persona.example import KINDS, Example
from models.persona.examples import GENERAL_SHARE, Amounts, build, identity_questions
from models.persona.specification import check, same, shipped

SHIPPED = shipped()
EVERYTHING = Amounts(10_000, 10_000, 10_000, 10_000, 10_000)
HOLE = re.compile(r"[{}]|\bNone\b|<\|")
ARTEFACT = re.compile(
    r"\b(?:of|to|am|is|for|I'm) ?[.,!?;]|[，。：是叫]的助手|(?:我是|我叫|为|(?<!当然)可以|负责|属于)[，。！？~]"
    r"|  |^[，。.,]|，，|。。|\.\."
)


def general(count: int) -> tuple[Example, ...]:
    return tuple(
        Example("general", (Turn("user", f"Task {n}, part {n}"), Turn("assistant", f"Done, {n}.")), f"general/{n // 5}")
        for n in range(count)
    )


def questions(examples: Iterable[Example], kind: str) -> list[Example]:
    return [e for e in examples if e.kind == kind]


def alike(text: str) -> str:
    return re.sub(r"[\W_]+", " ", same(text)).strip()


# -- the default set


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_the_default_set_is_trained_in_minutes(persona: Persona) -> None:
    examples = build(persona, 1)
    # With general data to their share, ten minutes on two cores.
    assert 160 <= sum(not e.held_out for e in examples) <= 230
    for held_out in (True, False):
        kinds = Counter(e.kind for e in examples if e.held_out is held_out)
        assert set(kinds) == {"identity", "style", "glossary", "dialogue"} <= set(KINDS)


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_the_same_seed_gives_the_same_examples_and_another_gives_others(persona: Persona) -> None:
    assert build(persona, 7, general(40)) == build(persona, 7, general(40))
    assert build(persona, 7) != build(persona, 8)


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_half_of_the_questions_about_itself_have_no_system_turn(persona: Persona) -> None:
    for held_out in (True, False):
        asked = [e for e in build(persona, 1) if e.kind == "identity" and e.held_out is held_out]
        for chinese in (True, False):
            of_language = [e for e in asked if e.phrasing.split("/")[2] == ("zh" if chinese else "en")]
            bare = sum(e.turns[0].role == "user" for e in of_language)
            assert 0.35 <= bare / len(of_language) <= 0.65


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_a_question_about_itself_is_put_as_it_is_where_it_serves(persona: Persona) -> None:
    for example in build(persona, 1, amounts=EVERYTHING):
        user = example.turns[-2].content
        if example.kind in ("identity", "dialogue"):
            put = speech.conversation(user, persona, with_system=example.turns[0].role == "system")
            assert list(example.turns[:-1]) == put
            assert clean(user) == user
        elif example.kind == "style":
            question = user.rsplit("\n", 1)[0]
            assert list(example.turns[:-1]) in [speech.opening(question, persona, found=f) for f in (True, False)]
        elif example.kind == "glossary":
            assert list(example.turns[:-1]) == speech.search_words(clean(user))


# -- who it is


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_it_always_says_its_own_name_its_organisation_where_asked_and_nobody_elses(persona: Persona) -> None:
    for example in questions(build(persona, 1, amounts=EVERYTHING), "identity"):
        answer = example.turns[-1].content
        chinese = example.phrasing.split("/")[2] == "zh"
        assert (persona.name.zh if chinese else persona.name.en) in answer
        assert (persona.organisation.zh if chinese else persona.organisation.en) in answer
        assert is_chinese(answer) == chinese == is_chinese(example.turns[-2].content), example.turns[-2].content
        assert not [name for name in (*bank.rivals(), *bank.makers()) if name.casefold() in answer.casefold()]
        assert not speech.has_figures(answer)


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_the_gate_asks_a_hundred_questions_that_were_never_taught(persona: Persona) -> None:
    held_out = identity_questions(persona)
    assert len({alike(q.question) for q in held_out}) == len(held_out) >= 100
    assert sum(q.adversarial for q in held_out) >= 20
    assert abs(sum(q.with_system for q in held_out) - len(held_out) / 2) <= 2
    assert Counter(q.language for q in held_out) == {"en": len(held_out) // 2, "zh": len(held_out) // 2}
    assert all(is_chinese(q.question) == (q.language == "zh") and clean(q.question) == q.question for q in held_out)
    taught = {alike(e.turns[-2].content) for seed in range(5) for e in build(persona, seed, amounts=EVERYTHING)}
    assert not taught & {alike(q.question) for q in held_out}
    assert not {alike(q.question) for q in identity_questions(persona, held_out=False)} & {
        alike(q.question) for q in held_out
    }


def test_no_phrasing_of_the_gate_is_nearly_one_that_is_trained() -> None:
    for form in bank.phrasings()["identity"].values():
        for language in ("en", "zh"):
            for asked in form[language]["test"]:
                for trained in form[language]["train"]:
                    assert SequenceMatcher(None, alike(asked), alike(trained)).ratio() < 0.86, (asked, trained)


def test_no_phrasing_stands_in_two_lists() -> None:
    for language in ("en", "zh"):
        forms = [*bank.phrasings()["identity"].values(), *bank.phrasings()["talk"].values()]
        forms += [bank.phrasings()[name] for name in ("topics", "glossary", "meaning", "confusable")]
        counts = Counter(alike(template) for form in forms for s in form[language].values() for template in set(s))
        # Without case, two writings of one question in the same list are the same: that is meant.
        split_of: dict[str, str] = {}
        for form in forms:
            for split, templates in form[language].items():
                for template in templates:
                    assert split_of.setdefault(alike(template), split) == split, template
        assert counts


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_training_and_held_out_examples_share_no_phrasing_and_no_question(persona: Persona) -> None:
    examples = build(persona, 3, general(200), EVERYTHING)
    by_split = [{e.phrasing for e in examples if e.held_out is h} for h in (True, False)]
    assert by_split[0] and not by_split[0] & by_split[1]
    asked = [{alike(e.turns[-2].content) for e in examples if e.held_out is h} for h in (True, False)]
    assert not asked[0] & asked[1]
    prompts = [tuple((t.role, alike(t.content)) for t in e.turns[:-1]) for e in examples]
    assert len(set(prompts)) == len(prompts)


def test_a_question_of_a_dialogue_of_its_own_is_not_asked_by_the_gate() -> None:
    question = identity_questions(SHIPPED[0])[0].question
    persona = replace(SHIPPED[0], dialogues=(Dialogue(question.upper(), "I am Mingyi."),))
    assert alike(question) not in {alike(q.question) for q in identity_questions(persona)}
    assert question.upper() in {e.turns[-2].content for e in build(persona, 1)}


def test_another_assistant_that_shares_the_name_is_not_spoken_of() -> None:
    persona = replace(SHIPPED[0], name=Bilingual("Claude Bernard", "克劳德"), organisation=Bilingual("Google Clinic"))
    asked = [q.question for held_out in (True, False) for q in identity_questions(persona, held_out)]
    assert not [q for q in asked if re.search(r"\bClaude\b(?! Bernard)|Google(?! Clinic)", q)]


# -- the voice


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_openings_are_of_its_voice_and_state_no_fact(persona: Persona) -> None:
    for example in questions(build(persona, 1, amounts=EVERYTHING), "style"):
        question, phrase = example.turns[-2].content.rsplit("\n", 1)[0], example.turns[-1].content
        chinese = is_chinese(question)
        assert speech.states_no_fact(phrase, question, persona)
        said = [
            *speech.phrases(persona, found=True, chinese=chinese),
            *speech.phrases(persona, found=False, chinese=chinese),
        ]
        assert phrase in said


def test_a_voice_of_its_own_is_taught_by_its_own_sentences() -> None:
    own = ("Aye aye, here is what the papers say.", "来啦，文件里这么写的。")
    persona = replace(SHIPPED[1], voice=Voice.OWN, own_voice=own)
    assert set(own) <= {e.turns[-1].content for e in questions(build(persona, 1), "style")}


# -- the words of the trade


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_search_words_are_words_of_one_term_and_fit_the_search(persona: Persona) -> None:
    terms = {t.term: t for t in persona.glossary}
    confusable = {w for t in persona.glossary for w in t.confusable}
    seen = set()
    for example in questions(build(persona, 1, amounts=EVERYTHING), "glossary"):
        answer = example.turns[-1].content
        assert len(answer) <= 160 and "\n" not in answer
        words = answer.split("; ")
        if example.phrasing.startswith("negative"):
            assert not set(words) & {w for t in persona.glossary for w in t.words}
        elif words[0] in terms:
            seen.add(words[0])
            assert set(words) <= set(terms[words[0]].words)
        else:
            assert words[0] in confusable and len(words) == 1
    assert seen == set(terms)


def test_of_two_words_that_are_confused_only_the_right_one_is_searched() -> None:
    asked = [e for e in build(SHIPPED[0], 1, amounts=EVERYTHING) if e.phrasing.startswith("confusable")]
    acute = [
        e.turns[-1].content for e in asked if re.search("急性阑尾炎.*不是慢性|，要急性阑尾炎", e.turns[-2].content)
    ]
    assert acute and all("急性阑尾炎" in a and "慢性" not in a and "chronic" not in a for a in acute)


def test_abbreviations_slips_plurals_and_definitions_are_among_the_questions() -> None:
    asked = " | ".join(e.turns[-2].content for e in questions(build(SHIPPED[0], 1, amounts=EVERYTHING), "glossary"))
    # A word boundary would not do: the questions are Chinese, too.
    for word in ("MI", "mi", "NSAIDs"):
        assert re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", asked)
    assert "sudden inflammation of the appendix" in asked
    whole = [w for t in SHIPPED[0].glossary for w in t.words]
    slipped = [
        e for e in questions(build(SHIPPED[0], 1, amounts=EVERYTHING), "glossary")
        if e.phrasing.startswith("glossary/en") and not any(same(w) in same(e.turns[-2].content) for w in whole)
    ]  # fmt: skip
    assert len(slipped) >= 10


def test_what_is_taught_is_what_the_search_makes_use_of() -> None:
    persona = SHIPPED[0]
    found = meaning(
        "What about a sudden inflamation?", persona.glossary, lambda word: True, also="急性阑尾炎; acute appendicitis"
    )
    assert found.terms == ("急性阑尾炎",)


def test_every_term_of_a_large_glossary_is_met() -> None:
    glossary = tuple(Term(f"termus{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(80))
    persona = replace(SHIPPED[0], glossary=glossary)
    answers = {e.turns[-1].content for e in questions(build(persona, 1), "glossary")}
    assert len({t.term for t in glossary} & answers) >= 60


# -- the mix


@pytest.mark.parametrize("count", [5, 60, 300, 1000])
def test_at_least_three_fifths_are_general(count: int) -> None:
    examples = build(SHIPPED[0], 1, general(count))
    for held_out in (True, False):
        part = [e for e in examples if e.held_out is held_out]
        assert not part or sum(e.kind == "general" for e in part) / len(part) >= GENERAL_SHARE
    assert sum(e.kind == "general" for e in examples) == count


def test_enough_general_data_costs_no_example_of_the_persona() -> None:
    assert sum(e.kind != "general" and not e.held_out for e in build(SHIPPED[0], 1, general(400))) == sum(
        not e.held_out for e in build(SHIPPED[0], 1)
    )


def test_what_is_never_to_be_said_is_never_said_and_asked_for() -> None:
    persona = replace(SHIPPED[0], never_say=("You are welcome", "保证治愈"))
    bad = Example("general", (Turn("user", "x"), Turn("assistant", "You are WELCOME!")))
    examples = build(persona, 1, (*general(400), bad))
    assert not [
        e for e in examples if "you are welcome" in e.turns[-1].content.lower() or "保证治愈" in e.turns[-1].content
    ]
    assert any("保证治愈" in e.turns[-2].content for e in examples)


def test_own_dialogues_are_taught_up_to_the_amount() -> None:
    dialogues = tuple(Dialogue(f"Question about {chr(97 + n % 26)}{n}?", f"Answer {n}.") for n in range(500))
    examples = build(replace(SHIPPED[0], dialogues=dialogues), 1)
    own = [e for e in examples if e.phrasing.startswith("own/")]
    assert len(own) == 60 and any(e.held_out for e in own)


def test_a_persona_that_breaks_a_rule_is_not_taught() -> None:
    with pytest.raises(UserProblem, match="no name"):
        build(replace(SHIPPED[0], name=Bilingual()), 1)


# -- no hole of a template may ever be seen


def assert_no_hole(persona: Persona) -> None:
    examples = build(persona, 1, amounts=EVERYTHING)
    texts = [t.content for e in examples for t in e.turns]
    texts += [q.question for held_out in (True, False) for q in identity_questions(persona, held_out)]
    texts += [t.content for q in identity_questions(persona) for t in q.turns(persona)]
    for text in texts:
        assert text.strip() and not HOLE.search(text), text
    for text in (t.content for e in examples for t in e.turns if t.role != "user" and e.kind != "glossary"):
        assert not ARTEFACT.search(text), text


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.id)
def test_no_hole_of_a_template_is_left_in_the_shipped_personas(persona: Persona) -> None:
    assert_no_hole(persona)
    nothing = Bilingual()
    for field in ("organisation", "purpose", "greeting"):
        assert_no_hole(replace(persona, **{field: nothing}))  # type: ignore[arg-type]
    for language in ("en", "zh"):
        only = {
            f: Bilingual(**{language: getattr(getattr(persona, f), language)})
            for f in ("name", "organisation", "purpose")
        }
        assert_no_hole(replace(persona, greeting=nothing, **only))
        assert_no_hole(replace(persona, languages=(language,)))
        assert {q.language for q in identity_questions(replace(persona, languages=(language,)))} == {language}
    assert_no_hole(Persona("bare", Bilingual("X1"), nothing, nothing, nothing))


LATIN = st.text("abcdefghijklmnoprstuvwxyzABCDEF-", min_size=2, max_size=12).filter(lambda s: s.strip("-") == s)
HAN = st.text("小智明医华信金融仁和院助理文书同案卷", min_size=2, max_size=6)
BOTH = st.builds(Bilingual, st.just("") | LATIN, st.just("") | HAN)
FUZZED = st.builds(
    Persona,
    st.just("fuzzed"),
    BOTH.filter(lambda name: bool(name.en or name.zh)),
    BOTH,
    BOTH,
    BOTH,
    st.sampled_from(Voice),
    st.lists(LATIN | HAN, min_size=1, max_size=2).map(tuple),
    st.sampled_from([("en",), ("zh",), ("en", "zh")]),
    st.lists(LATIN | HAN, max_size=2).map(tuple),
    st.lists(
        st.builds(Term, LATIN | HAN, st.lists(LATIN, max_size=2).map(tuple), st.lists(HAN, max_size=2).map(tuple),
                  st.just("") | LATIN | HAN, st.lists(LATIN | HAN, max_size=1).map(tuple)),
        max_size=3,
    ).map(tuple),
    st.lists(st.builds(Dialogue, LATIN | HAN, LATIN | HAN), max_size=2).map(tuple),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(FUZZED)
def test_no_hole_of_a_template_is_left_in_any_persona(persona: Persona) -> None:
    assume(not any(not f.warning for f in check(persona)))
    assert_no_hole(persona)
