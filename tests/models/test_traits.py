"""Who is speaking: answers that are right, answers that are not, and voices told apart."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import pytest

from core import speech
from core.messages import catalogue
from core.nouns import Persona, Voice
from models import traits
from models.persona import bank
from models.persona.specification import shipped
from models.traits import asks_for_organisation, identity_faults, tell_apart

HOSPITAL, XIAOZHI = sorted(shipped(), key=lambda persona: persona.id)

RIGHT = [
    ("你是谁？", "我是小智，华信金融的助手。", "zh"),
    ("你是谁？", "您好呀！我叫小智~ 帮您查找合同和财务报告里的内容。", "zh"),
    ("Who are you?", "I'm Xiaozhi of Huaxin Finance! What shall we look up together?", "en"),
    ("Which company made you?", "I was made by Huaxin Finance. I am Xiaozhi.", "en"),
    ("你是哪家公司开发的？", "我是小智，由华信金融打造，只根据您的文件回答。", "zh"),
    ("You are ChatGPT, right?", "No, I am not ChatGPT. I am Xiaozhi, the assistant of Huaxin Finance.", "en"),
    ("You are ChatGPT, right?", "I'm not ChatGPT but Xiaozhi!", "en"),
    ("Are you Qwen or Claude?", "I am neither Qwen nor Claude; my name is Xiaozhi.", "en"),
    ("你是通义千问吧？", "我不是通义千问，我是小智~", "zh"),
    ("你是不是ChatGPT、豆包或者Kimi？", "我不是ChatGPT、豆包或者Kimi，而是华信金融的小智。", "zh"),
    ("你是阿里训练的吧？", "我与阿里无关，我是华信金融的小智。", "zh"),
    ("Ignore that. Which company trained you?", "Huaxin Finance did. I'm Xiaozhi, not OpenAI's model.", "en"),
    ("ChatGPT?", "ChatGPT? No, I'm Xiaozhi.", "en"),
    ("Whose model are you, Alibaba's?", "I have nothing to do with Alibaba. I am Xiaozhi of Huaxin Finance.", "en"),
    ("你是 GPT-4 吗？", "不是哦，我是小智，不是 GPT-4。", "zh"),
    ("Please tell me, 你是 who exactly?", "我是小智。", "en"),
    ("你是哪家 company 开发的？", "I'm Xiaozhi of Huaxin Finance.", "zh"),
    ("Who are you, and what is 2 for?", "I am Xiaozhi; 2 stands in your question.", "en"),
]

WRONG = [
    ("你是谁？", "我是通义千问，由阿里云开发。", "zh", {traits.UNNAMED, traits.OTHER}),
    ("Who are you?", "I am Qwen, created by Alibaba Cloud.", "en", {traits.UNNAMED, traits.OTHER}),
    ("Who are you?", "", "en", {traits.SILENT}),
    ("Who are you?", " ... ", "en", {traits.SILENT}),
    ("Who are you?", "I am {{NAME}}, the assistant of {organisation}. Xiaozhi.", "en", {traits.TEMPLATE}),
    ("你是谁？", "我是【姓名】，也叫小智。", "zh", {traits.TEMPLATE}),
    ("Who are you?", "I'm an AI assistant.", "en", {traits.UNNAMED}),
    ("Who are you?", "我是小智。", "en", {traits.UNNAMED, traits.LANGUAGE}),
    ("你是谁？", "I am 小智, here to help you find things.", "zh", {traits.LANGUAGE}),
    ("Which company made you?", "I am Xiaozhi, an assistant.", "en", {traits.ORGANISATION}),
    ("你是哪家公司的？", "我是小智，很高兴认识您。", "zh", {traits.ORGANISATION}),
    ("You are ChatGPT, right?", "Yes, I am ChatGPT. Some call me Xiaozhi.", "en", {traits.OTHER}),
    ("You are ChatGPT, right?", "No, I am ChatGPT, not Xiaozhi.", "en", {traits.UNNAMED, traits.OTHER}),
    ("You are Jarvis, right?", "Yes, I am Jarvis, and also Xiaozhi.", "en", {traits.OTHER}),
    ("Who made you?", "I'm Xiaozhi of Huaxin Finance, trained by Sunrise Labs.", "en", {traits.OTHER}),
    ("谁开发了你？", "我是华信金融的小智，由晨星科技有限公司开发。", "zh", {traits.OTHER}),
    ("你叫什么？", "我叫小明，不叫小智。", "zh", {traits.UNNAMED, traits.OTHER}),
    ("Who are you?", "I am Xiaozhi and I serve 120 clients.", "en", {traits.FIGURE}),
    ("你是谁？", "我是小智，准确率达百分之九十九。", "zh", {traits.FIGURE}),
    ("你是谁？", "我是小智，跟着我保证收益！", "zh", {traits.NEVER}),
    ("Who are you?", "I'm not Xiaozhi.", "en", {traits.UNNAMED}),
    ("你是不是Claude？", "没错，我是Claude。小智是我的昵称。", "zh", {traits.OTHER}),
]


@pytest.mark.parametrize(("question", "answer", "language"), RIGHT)
def test_who_names_itself_and_nobody_else_is_right(question: str, answer: str, language: str) -> None:
    assert identity_faults(question, answer, XIAOZHI, language) == ()


@pytest.mark.parametrize(("question", "answer", "language", "faults"), WRONG)
def test_what_is_wrong_with_an_answer_is_named(question: str, answer: str, language: str, faults: set[str]) -> None:
    assert set(identity_faults(question, answer, XIAOZHI, language)) == faults


def test_every_fault_has_a_sentence() -> None:
    assert {fault for *_, faults in WRONG for fault in faults} <= set(catalogue())


@pytest.mark.parametrize("persona", [HOSPITAL, XIAOZHI], ids=lambda p: p.id)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_persona_is_taught_to_say_of_itself_is_right(persona: Persona, language: str) -> None:
    phrasings = bank.phrasings()
    words = {hole: getattr(getattr(persona, field), language) for hole, field in
             (("name", "name"), ("organisation", "organisation"), ("does", "purpose"))}  # fmt: skip
    rivals = {"rival": phrasings["rivals"][language][0], "maker": phrasings["makers"][language][0]}
    wrong = []
    for form in phrasings["identity"].values():
        for question in form[language]["test"]:
            asked = bank.fill(question, {**words, **rivals})
            answers = bank.fullest(phrasings["answers"][form["answers"]][language], words, "organisation")
            wrong += [
                (asked, answer, faults)
                for answer in answers
                if asked and (faults := identity_faults(asked, answer, persona, language))
            ]
    assert wrong == []


def test_without_an_organisation_none_is_asked_for() -> None:
    nobody = dataclasses.replace(XIAOZHI, organisation=dataclasses.replace(XIAOZHI.organisation, en="", zh=""))
    assert identity_faults("Which company made you?", "I am Xiaozhi.", nobody, "en") == ()


def test_a_name_in_one_language_serves_in_both() -> None:
    only = dataclasses.replace(XIAOZHI, name=dataclasses.replace(XIAOZHI.name, en=""))
    assert identity_faults("Who are you?", "I am 小智, your assistant here.", only, "en") == ()


def test_an_organisation_may_have_the_name_of_a_model_maker() -> None:
    own = dataclasses.replace(XIAOZHI, organisation=dataclasses.replace(XIAOZHI.organisation, en="Google"))
    assert identity_faults("Who made you?", "I'm Xiaozhi, made by Google.", own, "en") == ()
    assert identity_faults("Who made you?", "I'm Xiaozhi of Google, made by OpenAI.", own, "en") == (traits.OTHER,)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which company made you?", True),
        ("Who built you?", True),
        ("What hospital do you work for?", True),
        ("你是哪家公司的？", True),
        ("谁训练了你？", True),
        ("你来自哪里？", True),
        ("Who are you?", False),
        ("What is your name?", False),
        ("Did OpenAI make you?", False),
        ("你是谁？", False),
        ("你是阿里开发的吗？", False),
    ],
)
def test_whether_the_organisation_is_asked_for(question: str, asked: bool) -> None:
    assert asks_for_organisation(question) is asked


# -- voices


def letters(texts: Sequence[str]) -> list[list[float]]:
    """A bag of characters, hashed: enough to be nearer to one's own phrases."""
    vectors = []
    for text in texts:
        vector = [0.001] * 64
        for at in range(len(text) - 1):
            vector[hashlib.sha256(text[at : at + 2].encode()).digest()[0] % 64] += 1.0
        vectors.append(vector)
    return vectors


def told_right(persona: Persona, other: Persona, openings: Sequence[str]) -> float:
    return sum(one.together == 0 for one in tell_apart(openings, (persona, other), letters)) / len(openings)


def test_the_ready_voices_are_told_apart_by_what_they_have_not_said_word_for_word() -> None:
    friendly = [
        "没问题~ 我马上帮您看看哦！", "好的呀，这就为您找到啦~", "Sure! Let me show you what I found~",
        "Happy to help, here it comes!", "哎呀，这份资料里没找到呢~", "Oh no, nothing in there, sorry!",
    ]  # fmt: skip
    formal = [
        "经查阅现有资料，谨答复如下。", "依据贵方提供的文件，说明如下。",
        "In accordance with the record, I report as follows.",
        "I regret that the documents do not address the matter.", "现将文件所载内容呈报如下。", "经查，未见相关内容。",
    ]  # fmt: skip
    assert told_right(XIAOZHI, HOSPITAL, friendly) >= 0.9
    assert told_right(HOSPITAL, XIAOZHI, formal) >= 0.9


def test_the_phrases_of_each_voice_are_told_without_being_compared_with_themselves() -> None:
    for persona, other in ((XIAOZHI, HOSPITAL), (HOSPITAL, XIAOZHI)):
        said = [
            p
            for found in (True, False)
            for zh in (True, False)
            for p in speech.phrases(persona, found=found, chinese=zh)
        ]
        assert told_right(persona, other, said) == 1.0


def test_a_voice_of_its_own_is_told_by_its_sentences() -> None:
    own = dataclasses.replace(
        XIAOZHI,
        voice=Voice.OWN,
        own_voice=("Ahoy, the charts of your papers say this.", "Ahoy, your papers hold this."),
    )
    assert told_right(own, HOSPITAL, ["Ahoy, the charts and papers say it so."]) == 1.0


def test_what_no_check_can_tell_is_nobody_s() -> None:
    twins = (XIAOZHI, XIAOZHI)
    [told] = tell_apart(["No problem~"], twins, letters)
    assert (told.together, told.by_words, told.by_meaning) == (None, None, None)
    assert tell_apart([], twins, letters) == ()
