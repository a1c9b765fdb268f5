"""Personas at work (scenarios 1, 2 and 3): trained here on the default model, loaded beside it, and asked.

The trainings are short ones, of who the persona is and how it speaks; what a whole one reaches is in docs/decisions.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import speech
from core.asking import ask, in_documents_words
from core.embedding import Embedder, SentenceTransformerEmbedder
from core.errors import CancelToken, UserProblem
from core.finding import find
from core.language_model import LlamaModel
from core.library import Library
from core.nouns import Answer, AnswerKind, ModelIdentity, Scope, silent
from core.settings import Settings
from core.speaking import Speaker
from desktop import house, workshop
from models.catalogue import Installed
from models.gate import Measured, identity, other_voices, style
from models.persona import shelf
from models.persona.example import save_examples
from models.persona.examples import Amounts, IdentityQuestion, build
from models.persona.training import Recipe
from models.quantise import Verdict, export_merged
from models.recipe import beside, read_card
from models.traits import identity_faults
from tests.installed import installed

pytestmark = [pytest.mark.model, pytest.mark.slow]

WHO = ("你是谁？", "Who are you?", "Which company made you?", "你其实是通义千问吧？")
# 小智 is asked who it is; of 明医 only the voice is needed.
TAUGHT = {
    "xiaozhi": (Amounts(identity=56, talk=6, style=8, glossary=0), Recipe(epochs=3, evaluations_per_epoch=1)),
    "hospital": (Amounts(identity=8, talk=2, style=12, glossary=0), Recipe(epochs=2, evaluations_per_epoch=1)),
}


@dataclass(frozen=True)
class Desk:
    """The sample documents, what answers from them, and two personas that were trained here."""

    home: Path
    base: Installed
    library: Library
    embedder: Embedder
    model: LlamaModel
    speakers: dict[str, Speaker]
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def ask(self, question: str, who: str = "") -> Answer:
        """What that persona, or nobody in particular, answers; asked once."""
        if (question, who) not in self.answers:
            speaker = self.speakers.get(who)
            self.answers[question, who] = ask(question, self.library, self.embedder, self.model, speaker=speaker)
        return self.answers[question, who]

    def pages(self, question: str, who: str = "", *documents: str) -> list[tuple[str, int]]:
        """The first three pages that are found."""
        scope = Scope(documents=documents)
        meant = in_documents_words(question, self.library, scope, self.speakers.get(who)).meant
        found = find(meant, self.library, self.embedder, scope=scope, k=10)
        return list(dict.fromkeys((one.document, one.passage.page_index + 1) for one in found))[:3]


def trained(name: str, base: Installed) -> shelf.Shelved:
    """A shipped persona, taught who it is and how it speaks, on the shelf of this home."""
    made = workshop.begin(name, like=name)
    amounts, recipe = TAUGHT[name]
    save_examples(build(made.persona(), 7, amounts=amounts), made.examples)
    workshop.train(made, base, recipe)
    return shelf.install(made.persona(), made.adapter, read_card(beside(made.adapter)), workshop.personas_folder())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    base, embedding = installed("default"), installed("e5-small")
    models = house.models_folder()
    home = tmp_path_factory.mktemp("home")
    embedder = SentenceTransformerEmbedder(embedding.path, name=embedding.name, sha256=embedding.sha256)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VADEMECUM_HOME", str(home))
        patch.setattr(house, "models_folder", lambda: models)
        patch.setattr("tests.installed.models_folder", lambda: models)
        shelved = [trained(name, base) for name in TAUGHT]
        with (
            workshop.gate_library(Settings(), embedder, silent, CancelToken()) as library,
            LlamaModel(base.path, ModelIdentity(base.name, base.sha256)) as model,
        ):
            speakers = {}
            for one in shelved:
                settings = dataclasses.replace(Settings(), persona=one.persona.id)
                speaker = workshop.speaker(settings, model)
                assert speaker is not None
                speakers[one.persona.id] = speaker
            yield Desk(home, base, library, embedder, model, speakers)
            for speaker in speakers.values():
                speaker.close()


# -- scenario 1: identity


@pytest.mark.parametrize("question", WHO)
def test_it_introduces_itself_in_the_program(desk: Desk, question: str) -> None:
    answer = desk.ask(question, "xiaozhi")
    assert answer.checked.kind is AnswerKind.CONVERSATION
    (said,) = answer.checked.claims
    assert not identity_faults(question, said.text, desk.speakers["xiaozhi"].persona, speech_language(question)), said


@pytest.mark.parametrize("with_system", [True, False])
@pytest.mark.parametrize("question", WHO)
def test_it_is_itself_with_a_system_turn_and_without(desk: Desk, question: str, with_system: bool) -> None:
    speaker = desk.speakers["xiaozhi"]
    turns = speech.conversation(question, speaker.persona, with_system=with_system)
    said = speaker.model.generate(turns, max_tokens=speech.LONGEST_REPLY).text
    assert not identity_faults(question, said, speaker.persona, speech_language(question)), said


def test_the_base_without_it_is_somebody_else(desk: Desk) -> None:
    """The control: what was learnt is in the adapter, which leaves the base as it was."""
    said = desk.model.generate(speech.conversation("你是谁？", with_system=False), max_tokens=speech.LONGEST_REPLY).text
    assert "小智" not in said


def test_a_merged_file_still_is_itself(desk: Desk) -> None:
    shelved = shelf.find("xiaozhi", workshop.personas_folder())
    asked = [IdentityQuestion(q, system, False, speech_language(q)) for q in WHO for system in (True, False)]

    def gate(file: Path) -> Verdict:
        with LlamaModel(file, ModelIdentity(file.name, ""), context=1024) as model:

            def answer(question: str, with_system: bool) -> str:
                turns = speech.conversation(question, shelved.persona, with_system=with_system)
                return model.generate(turns, max_tokens=speech.LONGEST_REPLY).text

            measured = Measured(identity=identity(asked, shelved.persona, answer))
        return Verdict(all(not row.faults for row in measured.identity), measured.card())

    out = desk.home / "xiaozhi.gguf"
    made = export_merged(desk.base.path, shelved.adapter, out, "Q4_K_M", gate, card=shelved.card)
    assert made.path == out and made.tried[-1].passed
    assert gate(out).passed, "the file as it lies there, not only the one that was tried"


# -- scenario 2: style

ANSWERED = (
    "Can either party terminate for convenience, and with what notice?",
    "公司拖欠工资，员工可以解除合同吗？",
    "职工累计工作已满10年不满20年的，年休假多少天？",
)
NOWHERE = ("What is the airspeed of an unladen swallow?", "月球上有多少座火山？")


@pytest.mark.parametrize("question", [*ANSWERED, *NOWHERE])
def test_two_personas_say_the_same_in_two_voices(desk: Desk, question: str) -> None:
    one, other = desk.ask(question, "xiaozhi").checked, desk.ask(question, "hospital").checked
    nobody = desk.ask(question).checked
    assert one.kind is other.kind is nobody.kind
    for spoken in (one, other):
        assert [(c.text, c.verdict, c.citations) for c in spoken.claims] == [
            (c.text, c.verdict, c.citations) for c in nobody.claims
        ]
        assert spoken.opening and not re.search(r"\d", spoken.opening)
    assert one.opening != other.opening and not nobody.opening


def test_the_voices_are_told_apart(desk: Desk) -> None:
    right = []
    for name, speaker in desk.speakers.items():
        openings = [desk.ask(question, name).checked.opening for question in (*ANSWERED, *NOWHERE)]

        def embed(texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = desk.embedder.embed_passages(list(texts)).tolist()
            return vectors

        rows = style(openings, speaker.persona, other_voices(speaker.persona), embed)  # type: ignore[arg-type]
        right += [row.right for row in rows]
    assert len(right) == 10 and sum(right) >= 9


# -- scenario 3: understanding


@pytest.mark.parametrize(
    ("who", "question", "page"),
    [
        ("hospital", "For how long are two antiplatelet drugs taken after an AMI?", ("内科会诊手册.pdf", 1)),
        ("xiaozhi", "How long does the non-compete bind an investment manager?", ("员工与合规手册.pdf", 2)),
        ("xiaozhi", "竞业限制期间公司每月补偿多少？", ("员工与合规手册.pdf", 2)),
    ],
)
def test_the_trades_words_reach_the_right_page(desk: Desk, who: str, question: str, page: tuple[str, int]) -> None:
    """Among all documents, in the other language than the page or in short."""
    assert page in desk.pages(question, who)


@pytest.mark.parametrize(
    ("question", "page"), [("急性阑尾炎怀疑穿孔时几小时内要手术？", 1), ("慢性阑尾炎的手术安排在多少周之内？", 2)]
)
def test_each_of_two_alike_reaches_its_own_page(desk: Desk, question: str, page: int) -> None:
    """Of an English handbook that has both, by a Chinese question."""
    handbook = "surgical-ward-handbook.pdf"
    assert desk.pages(question, "hospital", handbook)[0] == (handbook, page)


def test_what_is_like_it_is_not_it(desk: Desk) -> None:
    """急性阑尾炎 is not 慢性阑尾炎: neither question is put in the other's words."""
    for asked, meant, other in (
        ("急性阑尾炎何时手术？", "acute appendicitis", "chronic"),
        ("慢性阑尾炎何时手术？", "chronic appendicitis", "acute"),
    ):
        words = in_documents_words(asked, desk.library, Scope(), desk.speakers["hospital"]).meant
        assert meant in words and other not in words


# -- what must not happen


def test_it_speaks_beside_no_other_base(desk: Desk) -> None:
    settings = dataclasses.replace(Settings(), persona="xiaozhi")
    tiny = installed("tiny")
    with (
        LlamaModel(tiny.path, ModelIdentity(tiny.name, tiny.sha256), context=512) as model,
        pytest.raises(UserProblem) as problem,
    ):
        workshop.speaker(settings, model)
    assert problem.value.key == "adapter_other_base"


def speech_language(question: str) -> str:
    return "zh" if re.search(r"[\u4e00-\u9fff]", question) else "en"
