"""What a person must be able to do, with the default model and the sample documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdf
import pytest

from core.asking import ask
from core.audit import verify
from core.embedding import Embedder, SentenceTransformerEmbedder
from core.importing import Importer
from core.language_model import LanguageModel, LlamaModel
from core.library import Library, open_library
from core.nouns import Answer, AnswerKind, Change, ModelIdentity, Scope, Verdict
from core.reading import Reader
from desktop import samples
from tests.installed import installed

pytestmark = pytest.mark.model

CONTRACT = "consulting-agreement-driven-deliveries.pdf"
OTHER_CONTRACT = "outsourcing-agreement-dgt-dolphin.pdf"
JANUARY, JULY = "economic-outlook-2025-january.pdf", "economic-outlook-2025-july.pdf"
STATUTE = "中华人民共和国劳动合同法.pdf"
LOCKED = "confidential-settlement-note.pdf"
GROWTH = "2025年全球GDP增长率是多少？"


@dataclass(frozen=True)
class Desk:
    """A library of samples, and what answers from it."""

    library: Library
    reader: Reader
    embedder: Embedder
    model: LanguageModel
    change: Change

    def ask(self, question: str, *documents: str) -> Answer:
        return ask(question, self.library, self.embedder, self.model, scope=Scope(documents=documents), user="reader")

    def add(self, *names: str, password: str | None = None) -> Change:
        files = [samples.folder() / name for name in names]
        return Importer(self.library, self.reader, self.embedder, password).add(files, collection="samples")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Every sample but the July outlook, added once."""
    embedding, default = installed("e5-small"), installed("default")
    embedder = SentenceTransformerEmbedder(embedding.path, name=embedding.name, sha256=embedding.sha256)
    files = [f for f in sorted(samples.folder().glob("*.pdf")) if f.name != JULY]
    with (
        open_library(tmp_path_factory.mktemp("desk") / "library", create=True) as library,
        Reader() as reader,
        LlamaModel(default.path, ModelIdentity(default.name, default.sha256)) as model,
    ):
        change = Importer(library, reader, embedder).add(files, collection="samples")
        yield Desk(library, reader, embedder, model, change)


def quotes(answer: Answer) -> list[tuple[str, int, str]]:
    """(document, page from 1, quote) of every citation."""
    return [(c.document, c.page_index + 1, c.quote) for claim in answer.checked.claims for c in claim.citations]


def words(text: str) -> str:
    """``text`` without white space: two PDF libraries differ in nothing else on these pages."""
    return re.sub(r"\s+", "", text)


def assert_cited(answer: Answer, document: str, page: int, words_of_quote: str) -> None:
    """The answer cites this page with these words, and every quote stands there for another PDF library too."""
    assert answer.checked.kind is AnswerKind.ANSWERED
    assert any(d == document and p == page and words(words_of_quote) in words(q) for d, p, q in quotes(answer)), quotes(
        answer
    )
    for claim in answer.checked.claims:
        assert claim.verdict in (Verdict.SUPPORTED, Verdict.PARTIAL)
        assert claim.citations
    for name, number, quote in quotes(answer):
        password = "open-sesame" if name == LOCKED else None
        text = pypdf.PdfReader(samples.folder() / name, password=password).pages[number - 1].extract_text()
        if text.strip():  # a scan has no text layer to compare with
            assert words(quote) in words(text)


def test_every_file_of_an_import_is_accounted_for(desk: Desk) -> None:
    assert len(desk.change.added) == 8
    assert [name for name, _ in desk.change.rejected] == [LOCKED]
    assert "password" in desk.change.rejected[0][1]
    again = desk.add(CONTRACT)
    assert (again.added, again.unchanged) == ((), (CONTRACT,))


def test_a_locked_file_opens_with_its_password(desk: Desk) -> None:
    assert [name for name, _ in desk.add(LOCKED, password="wrong").rejected] == [LOCKED]
    assert desk.add(LOCKED, password="open-sesame").added == (LOCKED,)
    assert_cited(desk.ask("How much does Tidewell Storage pay to Harbour Lane Bakery?", LOCKED), LOCKED, 1, "48,500")
    desk.library.remove([LOCKED])


def test_a_contract_clause_is_quoted_with_its_page(desk: Desk) -> None:
    answer = desk.ask("Can either party terminate for convenience, and with what notice?", CONTRACT)
    assert_cited(answer, CONTRACT, 5, "thirty (30) days prior written notice")


def test_a_clause_that_is_absent_is_not_found(desk: Desk) -> None:
    answer = desk.ask("Is there a most favored nation clause?", OTHER_CONTRACT)
    assert answer.checked.kind is AnswerKind.NOT_FOUND
    assert answer.checked.claims == ()
    assert answer.checked.nearest
    assert answer.checked.coverage.pages == 5


def test_a_statute_in_chinese(desk: Desk) -> None:
    answer = desk.ask("公司拖欠工资，员工可以解除合同吗？", STATUTE)
    assert_cited(answer, STATUTE, 5, "劳动者可以解除劳动合同")
    assert any("第三十八条" in quote for _, _, quote in quotes(answer))


def test_leave_days_from_a_statute(desk: Desk) -> None:
    answer = desk.ask("工作满10年不满20年的职工有几天带薪年休假？")
    assert_cited(answer, "职工带薪年休假条例.pdf", 1, "已满10年不满20年的，年休假10天")


def test_a_dose_exactly_as_printed(desk: Desk) -> None:
    answer = desk.ask("What is the dose of quilodarine at a creatinine clearance of 30 to 59 mL/min?")
    assert_cited(answer, "quilodarine-monograph-en.pdf", 1, "250 mg every 12 hours")
    labels = {c.page_label for claim in answer.checked.claims for c in claim.citations if c.page_index == 0}
    assert labels == {"12"}


def test_one_step_outside_the_document_is_not_found(desk: Desk) -> None:
    for question in ("奎洛达林注射液的滴注速度是多少？", "What is the capital of Australia?"):
        assert desk.ask(question).checked.kind is AnswerKind.NOT_FOUND


def test_a_scanned_page_answers_too(desk: Desk) -> None:
    answer = desk.ask("When should the chest X-ray be repeated?", "scanned-discharge-letter.pdf")
    assert_cited(answer, "scanned-discharge-letter.pdf", 1, "six weeks")


def test_conversation_has_no_citations(desk: Desk) -> None:
    answer = desk.ask("你是谁？")
    assert answer.checked.kind is AnswerKind.CONVERSATION
    assert quotes(answer) == []
    assert answer.checked.claims[0].verdict is Verdict.CONVERSATION


def test_the_latest_document_answers_and_nothing_else(desk: Desk) -> None:
    first = desk.ask(GROWTH)
    assert_cited(first, JANUARY, 1, "3.5%")
    assert "3.1" not in json.dumps([c.text for c in first.checked.claims])
    importer = Importer(desk.library, desk.reader, desk.embedder)
    change = importer.replace(JANUARY, samples.folder() / JULY, collection="samples")
    assert change.replaced == (JANUARY,)
    second = desk.ask(GROWTH)
    assert_cited(second, JULY, 1, "3.1%")
    assert second.library_revision > first.library_revision
    desk.library.remove([JULY])
    third = desk.ask(GROWTH)
    assert third.checked.kind is AnswerKind.NOT_FOUND
    assert "3." not in json.dumps([c.text for c in third.checked.claims])


def test_the_record_tells_it_all_weeks_later(desk: Desk) -> None:
    answer = desk.ask("Which law governs the agreement?", CONTRACT)
    body = json.loads(answer.record.body)
    assert body["question"] == "Which law governs the agreement?"
    assert body["user"] == "reader"
    assert body["scope"] == {"collections": [], "documents": [CONTRACT]}
    assert body["library_revision"] == answer.library_revision
    assert body["model"]["sha256"] == answer.model.sha256
    assert {c["passage"] for c in body["evidence"]} <= {c["passage"] for c in body["candidates"]}
    assert [s["text"] for s in body["sentences"]] == [c.text for c in answer.checked.claims]
    assert verify(desk.library.records()) == []


def test_the_same_question_gives_the_same_answer(desk: Desk) -> None:
    def said() -> Sequence[str]:
        return [c.text for c in desk.ask("Which law governs the agreement?", CONTRACT).checked.claims]

    assert said() == said()


def test_an_index_that_is_gone_comes_back_from_the_truth(desk: Desk) -> None:
    before = desk.ask("工作满10年不满20年的职工有几天带薪年休假？")
    desk.library.doctor(rebuild_index=True)
    after = desk.ask("工作满10年不满20年的职工有几天带薪年休假？")
    assert quotes(before) == quotes(after)
