"""The story of a question, with a model that says what it is told: answered, refused, struck, recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import importing
from core.asking import ask, close_interrupted
from core.audit import body_of, verify
from core.errors import Cancelled, CancelToken, UserProblem
from core.language_model import Generation
from core.library import Library, open_library
from core.messages import catalogue
from core.nouns import (
    Answer,
    AnswerKind,
    AuditRecord,
    Bilingual,
    Candidate,
    Claim,
    Document,
    Page,
    Persona,
    Progress,
    ReadBy,
    Scope,
    Term,
    Turn,
    Understood,
    UnderWay,
    Verdict,
    Voice,
)
from core.speaking import Speaker
from tests.core.library.support import put, put_in
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader, fake_cut
from tests.judged import judge_as

LEASE = "The lease ends on 31 March 2027. Either party may terminate it with 30 days notice. The rent is 900 euros."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者应当减量。"
END = "When does the lease end?"


@pytest.fixture(autouse=True)
def answerable(monkeypatch: pytest.MonkeyPatch) -> None:
    judge_as(monkeypatch, answerable=True)


@pytest.fixture
def unanswerable(monkeypatch: pytest.MonkeyPatch, answerable: None) -> None:
    judge_as(monkeypatch, answerable=False)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "lib", create=True) as opened:
        put(opened, tmp_path, lease=LEASE, dose=DOSE)
        yield opened
        assert verify(opened.records()) == []


def put_question(library: Library, question: str, model: ScriptedModel, **options: Any) -> Answer:
    return ask(question, library, FakeEmbedder(), model, **options)


def body(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer.record.body)
    return told


def shown(answer: Answer) -> list[str]:
    return [claim.text for claim in answer.checked.claims]


class Quoting(ScriptedModel):
    """Says one sentence and cites the passage that holds ``words``, whatever number it was given."""

    def __init__(self, sentence: str, words: str) -> None:
        super().__init__()
        self._sentence, self._words = sentence, words

    def generate(self, turns: Sequence[Turn], **options: Any) -> Generation:
        lines = turns[-1].content.splitlines()
        cited = next(line.partition(" ")[0] for line in lines if line.startswith("[") and self._words in line)
        self._answers = [f"{self._sentence} {cited}"]
        return super().generate(turns, **options)


def test_a_supported_sentence_is_shown_with_its_quote(library: Library) -> None:
    model = Quoting("The lease ends on 31 March 2027.", "31 March")
    answer = put_question(library, END, model)
    assert answer.checked.kind is AnswerKind.ANSWERED
    claim = answer.checked.claims[0]
    assert (claim.text, claim.verdict) == ("The lease ends on 31 March 2027.", Verdict.SUPPORTED)
    citation = claim.citations[0]
    assert citation.quote == "The lease ends on 31 March 2027."
    assert (citation.document, citation.page_index, citation.page_label) == ("lease.pdf", 0, "1")
    assert citation.rects and all(0 <= r.x0 < r.x1 <= 1 for r in citation.rects)
    assert answer.checked.removed == ()
    assert answer.model == model.identity
    assert answer.library_revision == library.revision


def test_a_citation_says_how_surely_its_page_was_recognised(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    page = library.page

    def unsure(sha256: str, page_index: int) -> Page:
        return replace(page(sha256, page_index), read_by=ReadBy.OCR, confidence=0.6254)

    monkeypatch.setattr(library, "page", unsure)
    answer = put_question(library, END, Quoting("The lease ends on 31 March 2027.", "31 March"))
    (citation,) = answer.checked.claims[0].citations
    assert (citation.confidence, citation.poorly_read) == (0.6254, True)
    assert body(answer)["sentences"][0]["citations"][0]["confidence"] == 0.625


def test_every_quote_shown_is_verbatim_on_its_page(library: Library) -> None:
    for question in (END, "How can the lease be terminated?", "阿司匹林的最大剂量是多少？"):
        answer = put_question(library, question, ScriptedModel("Anything at all. [1]"))
        cited = [c for claim in (*answer.checked.claims, *answer.checked.removed) for c in claim.citations]
        assert cited
        for citation in cited:
            page = library.page(citation.sha256, citation.page_index)
            assert page.text[citation.start : citation.end] == citation.quote


def test_an_invented_number_is_struck_and_the_documents_own_words_stand_in(library: Library) -> None:
    answer = put_question(library, END, Quoting("The lease ends on 30 April 2031.", "31 March"))
    assert answer.checked.kind is AnswerKind.ANSWERED
    assert [claim.text for claim in answer.checked.removed] == ["The lease ends on 30 April 2031."]
    assert "number_absent" in answer.checked.removed[0].faults
    assert all(claim.verbatim for claim in answer.checked.claims)
    assert "The lease ends on 31 March 2027." in shown(answer)
    assert "2031" not in "".join(shown(answer))


def test_a_citation_of_something_else_is_struck(library: Library) -> None:
    answer = put_question(library, END, ScriptedModel("The lease ends on 31 March 2027. [99]"))
    assert answer.checked.removed[0].faults == ("cites_nothing",)
    assert all(claim.verbatim for claim in answer.checked.claims)


def test_a_model_that_says_nothing_leaves_the_quotes(library: Library) -> None:
    answer = put_question(library, END, ScriptedModel(""))
    assert answer.checked.kind is AnswerKind.ANSWERED
    assert shown(answer) and all(claim.verbatim and claim.citations for claim in answer.checked.claims)


@pytest.mark.usefixtures("unanswerable")
def test_what_the_passages_do_not_answer_is_refused_without_a_draft(library: Library) -> None:
    model = ScriptedModel("The lease ends on 31 March 2027. [1]")
    answer = put_question(library, "Is there a most favoured nation clause?", model)
    checked = answer.checked
    assert (checked.kind, checked.reason) == (AnswerKind.NOT_FOUND, "not_answered_by_passages")
    assert checked.claims == () and checked.nearest
    assert model.asked == [] and body(answer)["draft"] == ""
    assert body(answer)["judgement"]["probability"] == 0.0


@pytest.mark.usefixtures("unanswerable")
def test_what_no_document_answers_and_is_about_the_assistant_is_conversation(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.asking.is_about_speaker", lambda *_: True)
    answer = put_question(library, "Which voice is behind the curtain?", ScriptedModel("I am Vademecum."))
    assert answer.checked.kind is AnswerKind.CONVERSATION
    assert [(c.text, c.verdict) for c in answer.checked.claims] == [("I am Vademecum.", Verdict.CONVERSATION)]
    judge_as(monkeypatch, answerable=True)
    model = ScriptedModel("The lease ends on 31 March 2027. [1]")
    assert put_question(library, END, model).checked.kind is AnswerKind.ANSWERED, "a document answers: it goes first"


@pytest.mark.usefixtures("unanswerable")
def test_a_refusal_names_the_pages_that_could_not_be_read(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, scan="A note about parking.\f(unreadable)")
    answer = put_question(library, "Who may park?", ScriptedModel())
    assert answer.checked.coverage.unreadable == (("scan.pdf", (1,)),)
    assert answer.checked.coverage.documents == 3
    assert body(answer)["coverage"]["unreadable"] == [["scan.pdf", [2]]]


def test_an_empty_library_is_said_to_be_empty(tmp_path: Path) -> None:
    with open_library(tmp_path / "empty", create=True) as library:
        model = ScriptedModel()
        answer = put_question(library, END, model)
        assert (answer.checked.kind, answer.checked.reason) == (AnswerKind.NOT_FOUND, "library_empty")
        assert model.asked == []
        assert body(answer)["embedder"]["name"] == "fake"


@pytest.mark.parametrize("remark", ["Who are you?", "Thanks!", "你是谁？", "谢谢"])
def test_conversation_is_marked_and_cites_nothing(library: Library, remark: str) -> None:
    answer = put_question(library, remark, ScriptedModel("I am Vademecum."))
    checked = answer.checked
    assert checked.kind is AnswerKind.CONVERSATION
    assert [(c.text, c.verdict, c.citations) for c in checked.claims] == [("I am Vademecum.", Verdict.CONVERSATION, ())]
    assert checked.nearest == () and body(answer)["candidates"] == []


def test_a_chinese_question_is_answered_from_the_chinese_text(library: Library) -> None:
    question = "阿司匹林的最大剂量是多少？"
    answer = put_question(library, question, Quoting("阿司匹林的最大剂量为每日四克。", "每日四克"))
    assert answer.checked.claims[0].verdict is Verdict.SUPPORTED
    assert answer.checked.claims[0].citations[0].document == "dose.pdf"


# -- the record


def test_the_record_is_durable_before_the_answer_is_returned(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(body: object) -> AuditRecord:
        raise UserProblem("library_disk_full", folder="lib")

    monkeypatch.setattr(library, "append_record", full)
    with pytest.raises(UserProblem) as problem:
        put_question(library, END, Quoting("The lease ends on 31 March 2027.", "31 March"))
    assert problem.value.key == "library_disk_full"


def test_the_record_is_found_again_after_closing(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True) as library:
        put(library, tmp_path, lease=LEASE)
        answer = put_question(library, END, ScriptedModel(""))
    with open_library(tmp_path / "lib") as library:
        assert list(library.records()) == [answer.record]


def test_the_record_holds_all_that_is_needed_to_retrace_the_answer(library: Library) -> None:
    model = Quoting("The lease ends on 30 April 2031.", "31 March")
    answer = put_question(library, END, model, scope=Scope(documents=("lease.pdf",)), user="ada", seed=7)
    told = body(answer)
    assert (told["question"], told["user"], told["kind"], told["seed"]) == (END, "ada", "answered", 7)
    assert told["scope"] == {"collections": [], "documents": ["lease.pdf"]}
    assert told["library_revision"] == library.revision
    assert told["model"]["sha256"] == model.identity.sha256
    assert told["embedder"]["dimensions"] == 64
    assert len(told["prompt_sha256"]) == 64
    assert told["utc"].startswith("20") and told["monotonic"] > 0
    assert all(len(c["text_sha256"]) == 64 and c["document"] == "lease.pdf" for c in told["candidates"])
    assert {e["passage"] for e in told["evidence"]} <= {c["passage"] for c in told["candidates"]}
    assert "30 April 2031" in told["draft"]
    assert [s["text"] for s in told["sentences"]] == shown(answer)
    assert told["removed"][0]["faults"] and told["removed"][0]["verdict"] == "unsupported"
    assert set(told["seconds"]) == {"find", "first_token", "draft", "verify", "total"}


def test_each_answer_follows_the_one_before(library: Library) -> None:
    first = put_question(library, END, ScriptedModel("")).record
    second = put_question(library, "Thanks!", ScriptedModel("With pleasure.")).record
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous == first.hash


# -- scope


def test_an_answer_stays_within_its_scope(library: Library, tmp_path: Path) -> None:
    put_in(library, tmp_path, "Other matter", lease="The lease ends on 1 January 1999.")
    scope = Scope(collections=("Other matter",))
    answer = put_question(library, END, ScriptedModel(""), scope=scope)
    assert shown(answer) == ["The lease ends on 1 January 1999."]
    assert answer.checked.coverage.documents == 1


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (Scope(collections=("No such matter",)), "library_unknown_collection"),
        (Scope(documents=("nothing.pdf",)), "library_unknown_document"),
    ],
)
def test_an_unknown_scope_is_refused_before_the_model_is_asked(library: Library, scope: Scope, key: str) -> None:
    model = ScriptedModel()
    with pytest.raises(UserProblem) as problem:
        put_question(library, END, model, scope=scope)
    assert problem.value.key == key
    assert model.asked == [] and list(library.records()) == []


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("", "question_empty"),
        (" \n\t", "question_empty"),
        ("?!", "question_empty"),
        ("x" * 50_000, "question_too_long"),
    ],
)
def test_what_is_no_question_is_refused_in_a_sentence(library: Library, question: str, key: str) -> None:
    with pytest.raises(UserProblem) as problem:
        put_question(library, question, ScriptedModel())
    assert problem.value.key == key
    assert problem.value.sentence("en") and problem.value.sentence("zh")
    assert list(library.records()) == []


# -- on the way


def test_what_was_found_is_told_before_the_model_speaks(library: Library) -> None:
    order: list[str] = []

    def found(candidates: Sequence[Candidate]) -> None:
        assert candidates
        order.append("found")

    def stage(progress: Progress) -> None:
        order.append(progress.stage)

    put_question(
        library,
        END,
        Quoting("The lease ends on 31 March 2027.", "31 March"),
        on_found=found,
        on_text=lambda _: order.append("text"),
        report=stage,
    )
    assert order == ["stage_finding", "found", "stage_judging", "stage_drafting", "text", "stage_verifying"]


@pytest.mark.parametrize("stage", ["stage_finding", "stage_judging", "stage_drafting"])
def test_a_question_can_be_cancelled_at_every_stage_and_leaves_no_record(library: Library, stage: str) -> None:
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        put_question(library, END, ScriptedModel(""), report=stop, cancel=token)
    assert list(library.records()) == []


# -- sentence by sentence


class Growing(ScriptedModel):
    """Writes its one answer a few characters at a time; ``cancel`` is asked before each."""

    def __init__(self, answer: str, step: int = 3) -> None:
        super().__init__(answer)
        self._step = step

    def generate(
        self,
        turns: Sequence[Turn],
        *,
        on_text: Callable[[str], None] | None = None,
        cancel: CancelToken | None = None,
        **options: Any,
    ) -> Generation:
        made = super().generate(turns, cancel=cancel, **options)
        for start in range(0, len(made.text), self._step):
            if cancel is not None:
                cancel.check()
            if on_text is not None:
                on_text(made.text[start : start + self._step])
        return made


THREE = (
    "The lease ends on 31 March 2027. [1] Either party may terminate it with 30 days notice. [2] "
    "The rent is 900 euros. [3]"
)
SENTENCES = [
    "The lease ends on 31 March 2027.",
    "The lease ends on 30 April 2031.",
    "Either party may terminate it with 30 days notice.",
    "The rent is 900 euros.",
    "When does the lease end?",
    "Something else entirely.",
    "肾功能不全者应当减量。",
]
drafts = st.lists(
    st.tuples(st.sampled_from(SENTENCES), st.sampled_from([" [1]", "[2] [3]", " [1][2] ", " [99]", ""])), max_size=5
).map(lambda parts: " ".join(sentence + cited for sentence, cited in parts))


@given(drafts, st.integers(1, 40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_handed_over_is_what_the_answer_says(library: Library, text: str, step: int) -> None:
    before = library.audit_head().sequence
    handed: list[Claim] = []

    def on_claim(claim: Claim) -> None:
        handed.append(claim)
        last = body_of(*library.records(library.audit_head().sequence))
        assert last["kind"] == "sentence" and last["sentence"]["text"] == claim.text

    answer = put_question(library, END, Growing(text, step), on_claim=on_claim)
    assert answer.checked.kind is AnswerKind.ANSWERED
    assert tuple(handed) == answer.checked.claims
    begun, *sentences, last = [body_of(record) for record in library.records(before + 1)]
    assert (begun["kind"], last["kind"]) == ("begun", "answered")
    assert [s["kind"] for s in sentences] == ["sentence"] * len(handed)
    assert {s["begun"] for s in sentences} | {last["begun"]} == {before + 1}
    assert [s["sentence"] for s in sentences] == last["sentences"]
    same = "user question scope library_revision embedder model seed judgement candidates evidence".split()
    assert {name: begun[name] for name in same} == {name: last[name] for name in same}
    at_once = put_question(library, END, Growing(text, step))
    assert at_once.checked == answer.checked
    assert at_once.record.sequence == answer.record.sequence + 1 and "begun" not in body(at_once)


def test_a_sentence_is_shown_while_the_next_one_is_written(library: Library) -> None:
    order: list[str] = []
    put_question(
        library,
        END,
        Growing(THREE, 1),
        on_text=lambda text: order.append("text"),
        on_claim=lambda claim: order.append(claim.text),
    )
    shown = [step for step in order if step != "text"]
    assert shown[:3] == ["The lease ends on 31 March 2027.", SENTENCES[2], "The rent is 900 euros."]
    assert order.index(shown[0]) < THREE.index("party")
    assert order.index(shown[1]) < THREE.index("euros")
    assert order[-1] != "text"


@pytest.mark.usefixtures("unanswerable")
def test_a_refusal_leaves_one_record_even_when_sentences_are_awaited(library: Library) -> None:
    answer = put_question(library, END, Growing(THREE), on_claim=lambda claim: pytest.fail(claim.text))
    assert answer.checked.kind is AnswerKind.NOT_FOUND
    assert list(library.records()) == [answer.record]


def test_what_was_shown_before_the_stop_is_on_record(library: Library) -> None:
    token = CancelToken()
    shown: list[str] = []

    def stop(claim: Claim) -> None:
        shown.append(claim.text)
        if len(shown) == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        put_question(library, END, Growing(THREE), user="ada", on_claim=stop, cancel=token)
    records = [body_of(record) for record in library.records()]
    assert [record["kind"] for record in records] == ["begun", "sentence", "sentence", "stopped"]
    last = records[-1]
    assert (last["begun"], last["reason"], last["question"], last["user"]) == (1, "cancelled", END, "ada")
    assert last["model"] == records[0]["model"] and last["scope"] == records[0]["scope"]
    assert last["sentences"] == [record["sentence"] for record in records[1:3]]
    assert [s["text"] for s in last["sentences"]] == shown
    assert close_interrupted(library) is None


@pytest.mark.parametrize("fault", [Cancelled(), UserProblem("library_disk_full", folder="lib"), RuntimeError("gone")])
def test_what_was_shown_before_the_stop_is_handed_over_with_its_citations(library: Library, fault: Exception) -> None:
    shown: list[Claim] = []
    kept: list[Answer] = []

    def stop(claim: Claim) -> None:
        shown.append(claim)
        if len(shown) == 2:
            raise fault

    with pytest.raises(type(fault)):
        put_question(library, END, Growing(THREE), on_claim=stop, on_stopped=kept.append)
    (answer,) = kept
    assert answer.record == list(library.records())[-1]
    assert answer.checked.kind is AnswerKind.STOPPED
    assert answer.checked.claims == tuple(shown) and shown[0].citations[0].rects
    assert (answer.checked.question, answer.checked.coverage) == (END, library.coverage())
    assert answer.checked.reason == ("cancelled" if isinstance(fault, Cancelled) else "answer_broken_off")
    assert (answer.library_revision, answer.seconds.total > 0) == (library.revision, True)
    exchange = library.keep_exchange(0, END, Scope(), answer)
    assert library.exchanges(exchange.conversation) == [exchange]


def test_what_is_stopped_before_the_first_sentence_leaves_nothing(library: Library) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        put_question(library, END, Growing(THREE), cancel=token, on_claim=id, on_stopped=lambda _: pytest.fail())
    assert list(library.records()) == []


def test_a_fault_after_the_first_sentence_is_on_record_and_goes_on(library: Library) -> None:
    def fail(_: Claim) -> None:
        raise RuntimeError("the window is gone")

    with pytest.raises(RuntimeError, match="the window is gone"):
        put_question(library, END, Growing(THREE), on_claim=fail)
    last = [body_of(record) for record in library.records()][-1]
    assert (last["kind"], last["reason"], last["fault"]) == ("stopped", "answer_broken_off", "RuntimeError")
    assert [s["text"] for s in last["sentences"]] == SENTENCES[:1]
    assert last["reason"] in catalogue()


def test_a_sentence_that_cannot_be_recorded_is_not_shown(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Claim] = []
    append = library.append_record

    def full(told: dict[str, object]) -> AuditRecord:
        if told["kind"] != "begun":
            raise UserProblem("library_disk_full", folder="lib")
        return append(told)

    monkeypatch.setattr(library, "append_record", full)
    with pytest.raises(UserProblem) as problem:
        put_question(library, END, Growing(THREE), on_claim=shown.append)
    assert problem.value.key == "library_disk_full"
    assert shown == []


def test_an_answer_that_a_kill_broke_off_gets_its_ending_later(library: Library) -> None:
    class Killed(BaseException):
        pass

    shown: list[str] = []

    def kill(claim: Claim) -> None:
        shown.append(claim.text)
        if len(shown) == 2:
            append.setattr(library, "append_record", lambda _: (_ for _ in ()).throw(UserProblem("cancelled")))
            raise Killed

    assert close_interrupted(library) is None
    put_question(library, END, ScriptedModel(""))
    assert close_interrupted(library) is None
    before = library.keep_exchange(0, END, Scope(), put_question(library, END, ScriptedModel("")))
    library.set_under_way(UnderWay(before.conversation, "and when?", Understood(END, Scope(), rewritten=True)))
    with pytest.MonkeyPatch.context() as append, pytest.raises(Killed):
        put_question(library, END, Growing(THREE), user="ada", on_claim=kill)
    ending = close_interrupted(library)
    assert ending is not None
    last = body_of(ending)
    assert (last["kind"], last["begun"], last["question"], last["user"]) == ("stopped", 3, END, "ada")
    assert [s["text"] for s in last["sentences"]] == shown
    assert close_interrupted(library) is None
    first, broken_off = library.exchanges(before.conversation)
    assert first == before
    assert (broken_off.typed, broken_off.answer.record) == ("and when?", ending)
    assert broken_off.answer.checked.kind is AnswerKind.STOPPED
    assert [claim.text for claim in broken_off.answer.checked.claims] == shown
    assert all(citation.rects for claim in broken_off.answer.checked.claims for citation in claim.citations)
    assert library.under_way() is None


@pytest.mark.parametrize("lost", ["its conversation", "its document", "its note", "its record"])
def test_what_a_kill_broke_off_is_on_record_even_where_it_cannot_be_kept(library: Library, lost: str) -> None:
    class Killed(BaseException):
        pass

    def kill(_: Claim) -> None:
        append.setattr(library, "append_record", lambda _: (_ for _ in ()).throw(UserProblem("cancelled")))
        raise Killed

    kept = library.keep_exchange(0, END, Scope(), put_question(library, END, ScriptedModel("")))
    library.set_under_way(UnderWay(kept.conversation, "\ud83d and when?", Understood(END, Scope())))
    with pytest.MonkeyPatch.context() as append, pytest.raises(Killed):
        put_question(library, END, Growing(THREE), on_claim=kill)
    if lost == "its conversation":
        library.delete_conversation(kept.conversation)
    if lost == "its document":
        library.remove(["lease.pdf"])
    if lost == "its note":
        with library._store.writing():
            library._store.set_meta("under_way", "{")
    if lost == "its record":
        run = library._store._db.execute
        run("DROP TRIGGER audit_no_update")
        (body_before,) = run("SELECT body FROM audit WHERE sequence = 2").fetchone()
        run("UPDATE audit SET body = json_remove(body, '$.model') WHERE sequence = 2")
    assert close_interrupted(library) is not None
    conversations = library.conversations()
    assert [c.exchanges for c in conversations] == {"its conversation": [], "its document": [2]}.get(lost, [1])
    if lost == "its document":
        (citation,) = library.exchanges(kept.conversation)[1].answer.checked.claims[0].citations
        assert (citation.quote, citation.rects) == ("The lease ends on 31 March 2027.", ())
    if lost == "its record":
        run("UPDATE audit SET body = ? WHERE sequence = 2", (body_before,))


# -- documents change


@pytest.fixture
def outlook(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], list[Document]]:
    """Adds or replaces a one-line document through the importing engine."""
    monkeypatch.setattr(importing, "cut", fake_cut)

    def write(name: str, replaces: str) -> list[Document]:
        growth = {"january.pdf": "3.5", "july.pdf": "3.1"}[name]
        file = tmp_path / name
        file.write_text(f"The growth of the world economy in 2025 is {growth}%.", encoding="utf-8")
        importer = importing.Importer(library, as_reader(LimitedReader()), FakeEmbedder())
        if replaces:
            importer.replace(replaces, file, collection="General")
        else:
            importer.add([file], collection="General")
        return library.documents()

    return write


def test_a_replaced_document_answers_and_a_removed_one_is_silent(
    library: Library, outlook: Callable[[str, str], list[Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What is the growth of the world economy in 2025?"

    def said() -> str:
        return " ".join(shown(put_question(library, question, ScriptedModel(""))))

    outlook("january.pdf", "")
    assert "3.5%" in said()
    outlook("july.pdf", "january.pdf")
    after = said()
    assert "3.1%" in after and "3.5%" not in after
    library.remove(["july.pdf"])
    assert "3.1%" not in said() and "3.5%" not in said()
    judge_as(monkeypatch, answerable=False)
    refused = put_question(library, question, ScriptedModel())
    assert refused.checked.kind is AnswerKind.NOT_FOUND


# -- with a persona

PERSONA = Persona(
    "mingyi",
    Bilingual("Mingyi", "明医"),
    Bilingual(),
    Bilingual(),
    Bilingual(),
    Voice.FORMAL,
    glossary=(Term("lease", (), ("tenancy",)),),
)
VOICED = "The documents in your library state the following."


def test_a_persona_opens_the_answer_and_changes_nothing_in_it(library: Library) -> None:
    plain = put_question(library, END, Quoting("The lease ends on 31 March 2027.", "lease"))
    speaking = ScriptedModel(VOICED)
    voiced = put_question(
        library, END, Quoting("The lease ends on 31 March 2027.", "lease"), speaker=Speaker(PERSONA, speaking)
    )
    assert plain.checked.opening == ""
    assert voiced.checked.opening == VOICED
    assert voiced.checked.claims == plain.checked.claims
    assert body(voiced)["opening"] == VOICED
    assert body(voiced)["persona"]["id"] == "mingyi"
    assert body(plain)["persona"] is None


def test_a_persona_says_in_its_voice_that_nothing_was_found(library: Library, unanswerable: None) -> None:
    answer = put_question(library, END, ScriptedModel(), speaker=Speaker(PERSONA, ScriptedModel("It ended.")))
    assert answer.checked.kind is AnswerKind.NOT_FOUND
    assert answer.checked.opening.startswith("I regret to inform you")
    assert answer.checked.claims == ()


def test_a_word_of_the_trade_is_searched_as_the_documents_write_it(library: Library) -> None:
    question = "When does the tenancy end?"
    answer = put_question(
        library,
        question,
        Quoting("The lease ends on 31 March 2027.", "lease"),
        speaker=Speaker(PERSONA, ScriptedModel(VOICED)),
    )
    assert answer.checked.question == question
    assert answer.checked.searched == "When does the tenancy (lease) end?"
    assert body(answer)["searched"] == answer.checked.searched
    assert answer.checked.kind is AnswerKind.ANSWERED


OLD_GUIDE = "Guideline on fever. Published 3 March 2019. Adults with fever take 500 mg of fevrol twice daily."
NEW_GUIDE = "Guideline on fever. Published 4 June 2024. Adults with fever take 250 mg of fevrol twice daily."


def test_two_versions_that_disagree_are_both_shown_and_dated(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, old=OLD_GUIDE, new=NEW_GUIDE)
    question = "How much fevrol do adults with fever take?"
    answer = put_question(library, question, Quoting("Adults with fever take 500 mg of fevrol twice daily.", "500 mg"))
    told = answer.checked.disagreements
    assert [d.about for d in told] == ["differ_figures"]
    assert [(s.citation.document, s.date, s.dated_by.value) for s in told[0].sides] == [
        ("old.pdf", "2019-03-03", "text"),
        ("new.pdf", "2024-06-04", "text"),
    ]
    assert {c.document for claim in answer.checked.claims for c in claim.citations} == {"old.pdf", "new.pdf"}
    assert any("250 mg" in text for text in shown(answer))
    recorded = body(answer)["disagreements"]
    assert [(s["document"], s["date"]) for s in recorded[0]["sides"]] == [
        ("old.pdf", "2019-03-03"),
        ("new.pdf", "2024-06-04"),
    ]
    only = put_question(library, question, ScriptedModel(""), scope=Scope(documents=("new.pdf",)))
    assert only.checked.disagreements == () and "disagreements" not in body(only)


def test_versions_that_agree_are_no_disagreement(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, old=OLD_GUIDE, new=OLD_GUIDE.replace("3 March 2019", "4 June 2024"))
    answer = put_question(library, "How much fevrol do adults with fever take?", ScriptedModel(""))
    assert answer.checked.claims and answer.checked.disagreements == ()
