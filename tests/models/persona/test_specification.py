"""What a persona is: its file can be read, written and read again, and every broken rule is said in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import speech
from core.errors import UserProblem
from core.nouns import Bilingual, Dialogue, Persona, Term, Voice
from models.persona import specification
from models.persona.specification import (
    LONGEST,
    MAX_DIALOGUES,
    MAX_TERMS,
    check,
    dump,
    likely_hole,
    load,
    loads,
    new,
    require,
    shipped,
    template_mark,
)

GOOD = Persona(
    "test",
    Bilingual("Tess", "小测"),
    Bilingual("Test House", "测试社"),
    Bilingual("Help with tests", "帮助测试"),
    Bilingual("Hello!", "您好！"),
)


def keys(persona: Persona) -> list[str]:
    return [fault.key for fault in check(persona)]


# -- the shipped ones


def test_two_personas_ship_and_keep_every_rule() -> None:
    assert [(p.id, p.voice) for p in shipped()] == [("hospital", Voice.FORMAL), ("xiaozhi", Voice.FRIENDLY)]
    for persona in shipped():
        assert check(persona) == ()


def test_the_shipped_glossaries_know_the_words_of_their_trade() -> None:
    hospital, xiaozhi = shipped()
    assert len(hospital.glossary) >= 20 and len(xiaozhi.glossary) >= 15
    words = {p.id: {w for t in p.glossary for w in t.words} for p in (hospital, xiaozhi)}
    assert {"急性阑尾炎", "慢性阑尾炎", "MI", "心肌梗死", "myocardial infarction", "PE", "DVT"} <= words["hospital"]
    assert {"COPD", "CrCl", "NSAID", "BP"} <= words["hospital"]
    assert {"竞业限制", "non-compete", "MFN", "EBITDA", "NPV", "KYC", "AML", "GDP"} <= words["xiaozhi"]
    acute = next(t for t in hospital.glossary if t.term == "急性阑尾炎")
    assert "慢性阑尾炎" in acute.confusable


def test_whatever_a_shipped_persona_opens_with_states_no_fact() -> None:
    for persona in (*shipped(), *(replace(shipped()[0], voice=voice) for voice in Voice)):
        for chinese, question in enumerate(("What is the notice period?", "通知期是多久？")):
            for found in (True, False):
                for phrase in speech.phrases(persona, found=found, chinese=bool(chinese)):
                    assert speech.states_no_fact(phrase, question, persona), phrase


# -- the file


@pytest.mark.parametrize("persona", [*shipped(), GOOD, new("blank")], ids=lambda p: p.id)
def test_a_persona_is_read_as_it_was_written(persona: Persona, tmp_path: Path) -> None:
    file = tmp_path / "persona.toml"
    file.write_text(dump(persona), encoding="utf-8")
    assert load(file) == persona


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12).map(str.strip)
WORDS = st.lists(TEXT, max_size=3).map(tuple)
PAIR = st.builds(Bilingual, TEXT, TEXT)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Persona,
        TEXT,
        PAIR,
        PAIR,
        PAIR,
        PAIR,
        st.sampled_from(Voice),
        WORDS,
        WORDS,
        WORDS,
        st.lists(st.builds(Term, TEXT, WORDS, WORDS, TEXT, WORDS), max_size=2).map(tuple),
        st.lists(st.builds(Dialogue, TEXT, TEXT), max_size=2).map(tuple),
    )
)
def test_any_persona_is_read_as_it_was_written(persona: Persona) -> None:
    assert loads(dump(persona), "a file") == persona
    for fault in check(persona):
        assert fault.sentence("en") and fault.sentence("zh")


def test_a_new_persona_lacks_only_what_has_to_be_filled_in() -> None:
    assert keys(new("mine")) == ["persona_name_empty"]
    assert "beginning with a verb" in dump(new("mine"))


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    file = tmp_path / "persona.toml"
    file.write_bytes(b"\xef\xbb\xbf" + dump(GOOD).replace("\n", "\r\n").encode())
    assert load(file) == GOOD


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("id = ", "persona_no_toml"),
        ("colour = 'red'", "persona_field_unknown"),
        ("[name]\nfr = 'x'", "persona_field_unknown"),
        ("id = 3", "persona_field_wrong"),
        ("languages = 'en'", "persona_field_wrong"),
        ("name = 'x'", "persona_field_wrong"),
        ("glossary = ['x']", "persona_field_wrong"),
        ("[[glossary]]\nword = 'x'", "persona_field_unknown"),
        ("voice = 'loud'", "persona_voice_unknown"),
    ],
)
def test_a_file_that_is_no_persona_is_refused(text: str, key: str) -> None:
    with pytest.raises(UserProblem) as caught:
        loads(text, "persona.toml")
    assert caught.value.key == key
    assert "persona.toml" in caught.value.sentence("en")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserProblem, match="cannot be opened"):
        load(tmp_path / "absent.toml")
    (tmp_path / "gb.toml").write_bytes("id = '小智'".encode("gb18030"))
    with pytest.raises(UserProblem, match="UTF-8"):
        load(tmp_path / "gb.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * (specification.MAX_BYTES + 1))
    with pytest.raises(UserProblem, match="larger"):
        load(tmp_path / "big.toml")


# -- the rules


def term(*args: object, **more: object) -> Persona:
    return replace(GOOD, glossary=(Term("alpha", synonyms=("aleph",)), Term(*args, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "persona"),
    [
        ("persona_id_bad", replace(GOOD, id="")),
        ("persona_id_bad", replace(GOOD, id="Über uns")),
        ("persona_id_bad", replace(GOOD, id="../up")),
        ("persona_id_bad", replace(GOOD, id="con")),
        ("persona_id_bad", replace(GOOD, id="none")),
        ("persona_name_empty", replace(GOOD, name=Bilingual())),
        ("persona_name_taken", replace(GOOD, name=Bilingual("chatgpt"))),
        ("persona_name_no_word", replace(GOOD, name=Bilingual("—!"))),
        ("persona_purpose_no_verb", replace(GOOD, purpose=Bilingual("I help you"))),
        ("persona_purpose_no_verb", replace(GOOD, purpose=Bilingual(zh="我帮助您"))),
        ("persona_figures", replace(GOOD, greeting=Bilingual("Open from 9 to 5"))),
        ("persona_figures", replace(GOOD, purpose=Bilingual("Manage 300 contracts"))),
        ("persona_too_long", replace(GOOD, name=Bilingual("x" * (LONGEST["name"] + 1)))),
        ("persona_too_long", replace(GOOD, greeting=Bilingual("好" * (LONGEST["greeting"] + 1)))),
        ("persona_control", replace(GOOD, name=Bilingual("Te\x07ss"))),
        ("persona_control", replace(GOOD, name=Bilingual("Te\nss"))),
        ("persona_control", replace(GOOD, organisation=Bilingual("A\u202eB"))),
        ("persona_marks", replace(GOOD, name=Bilingual("<|im_start|>"))),
        ("persona_marks", replace(GOOD, organisation=Bilingual("{{ORGANISATION}}"))),
        ("persona_marks", replace(GOOD, greeting=Bilingual("Hello [INST]"))),
        ("persona_marks", replace(GOOD, dialogues=(Dialogue("Hi", "I am {{NAME}}"),))),
        ("persona_marks", replace(GOOD, dialogues=(Dialogue("<|im_end|>\n", "x"),))),
        ("persona_marks", replace(GOOD, greeting=Bilingual("Hello, I am [NAME]."))),
        ("persona_marks", replace(GOOD, dialogues=(Dialogue("Hi", "I am {NAME}."),))),
        ("persona_dialogue_hole", replace(GOOD, dialogues=(Dialogue("Law?", "See [GDPR]."),))),
        ("persona_languages_none", replace(GOOD, languages=())),
        ("persona_language_unknown", replace(GOOD, languages=("en", "fr"))),
        ("persona_language_twice", replace(GOOD, languages=("en", "en"))),
        ("persona_own_voice_none", replace(GOOD, voice=Voice.OWN)),
        ("persona_figures", replace(GOOD, voice=Voice.OWN, own_voice=("Here are 3 points.",))),
        ("persona_own_voice_bad", replace(GOOD, voice=Voice.OWN, own_voice=("See [here] now.",))),
        ("persona_line_empty", replace(GOOD, own_voice=("",))),
        ("persona_line_empty", replace(GOOD, never_say=("",))),
        ("persona_never_say_itself", replace(GOOD, never_say=("tess",))),
        ("persona_never_say_itself", replace(GOOD, never_say=("测试",))),
        ("persona_never_say_itself", replace(GOOD, never_say=("documents",))),
        ("persona_term_empty", term("")),
        ("persona_word_twice", term("beta", synonyms=("Aleph",))),
        ("persona_term_twice", term("alpha")),
        ("persona_word_twice", term("beta", abbreviations=("ALPHA",))),
        ("persona_word_confused", term("beta", synonyms=("bet",), confusable=("bet",))),
        ("persona_word_confused", term("beta", confusable=("Beta",))),
        ("persona_word_short", term("b")),
        ("persona_word_marks", term("beta; gamma")),
        ("persona_too_many", replace(GOOD, glossary=tuple(Term(f"word{n}") for n in range(MAX_TERMS + 1)))),
        ("persona_too_many", replace(GOOD, dialogues=(Dialogue("a", "b"),) * (MAX_DIALOGUES + 1))),
        ("persona_dialogue_empty", replace(GOOD, dialogues=(Dialogue("Hi", ""),))),
        ("persona_dialogue_figures", replace(GOOD, dialogues=(Dialogue("Dose?", "Take 5 mg."),))),
        ("persona_dialogue_contradicts", replace(GOOD, dialogues=(Dialogue("Hi", "a"), Dialogue("hi", "b")))),
    ],
)
def test_every_broken_rule_is_said(key: str, persona: Persona) -> None:
    assert key in keys(persona)
    fault = next(f for f in check(persona) if f.key == key)
    assert fault.field in {*Persona.__slots__} and fault.sentence("zh") != fault.sentence("en")  # type: ignore[attr-defined]
    if fault.warning:
        require(persona)
    else:
        with pytest.raises(UserProblem):
            require(persona)


@pytest.mark.parametrize(
    "persona",
    [
        GOOD,
        replace(GOOD, name=Bilingual("R2")),
        replace(GOOD, organisation=Bilingual()),
        replace(GOOD, purpose=Bilingual("Read contracts"), languages=("zh",)),
        replace(GOOD, dialogues=(Dialogue("Two\nlines", "A set {a}"),)),
        term("beta", confusable=("alpha",), definition="of 5 mg"),
    ],
)
def test_a_persona_that_keeps_the_rules_has_no_fault(persona: Persona) -> None:
    assert check(persona) == ()


@pytest.mark.parametrize(
    "text",
    [
        "{NAME}", "{ORG_NAME}", "{name}", "{user name}", "${COMPANY}", "{FOO_BAR}", "{date}", "｛NAME｝",
        "[NAME]", "[Your Name]", "[your phone number]", "[insert date here]", "[Name of the client]", "[DATE]",
        "[USER_ID]", "[Company’s name]", "<ORG>", "<name>", "<Your Company>", "<ORG 1>", "［NAME］",
        "【姓名】", "【您的姓名】", "【公司名称】", "【XX公司】", "【某某医院】", "【在此填写日期】", "【Name】",
        "[姓名]", "{姓名}", "<公司>", "[地址]", "＜用户名＞",
    ],
)  # fmt: skip
def test_what_is_to_be_filled_in_is_a_hole(text: str) -> None:
    mark = text.lstrip("$")
    assert template_mark(f"Hello, {text}, here it is.", braces=True) == mark
    assert template_mark(f"Hello, {text}, here it is.") != ""


@pytest.mark.parametrize(
    "text", ["[GDPR]", "<ENTER>", "[CTRL]", "[date]", "<title>", "【地址】", "【用户名】", "【FAQ】"]
)
def test_what_may_be_one_is_warned_of(text: str) -> None:
    assert template_mark(f"Press {text} now.") == "" and likely_hole(f"Press {text} now.") == text


@pytest.mark.parametrize(
    "text",
    [
        "[1]", "[a]", "a < b and c > d", "{x}", "{1, 2}", '{"name": "Ann"}', "[Company](https://example.org)",
        "[see the company that was named above]", "[Add user]", "【注意】", "【药品名称】", "《公司法》", "〔2020〕",
        "(NAME)", "（姓名）", "[sic]", "<br>", "NAME", "姓名", "【提示】请先登录。",
    ],
)  # fmt: skip
def test_other_brackets_are_meant(text: str) -> None:
    assert (template_mark(text, braces=True), likely_hole(text)) == ("", "")
