"""Conversations are kept with the answers as they were given, found again, renamed and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlite

from core.asking import ask
from core.audit import is_intact
from core.errors import UserProblem
from core.library import Library, open_library, schema
from core.nouns import Answer, AnswerKind, Exchange, Scope
from core.terms import is_chinese
from tests.core.library.support import put, take_back
from tests.fakes import FakeEmbedder, ScriptedModel
from tests.judged import judge_as

LEASE = "The lease ends on 31 March 2027. Either party may terminate it with 30 days notice."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者应当减量。"
END = "When does the lease end?"
MOST = "阿司匹林的最大剂量是多少？"


@pytest.fixture(autouse=True)
def answerable(monkeypatch: pytest.MonkeyPatch) -> None:
    judge_as(monkeypatch, answerable=True)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "lib", create=True) as opened:
        put(opened, tmp_path, lease=LEASE, dose=DOSE)
        yield opened


def answer_to(library: Library, question: str) -> Answer:
    """What the one document in the question's language says."""
    scope = Scope(documents=("dose.pdf" if is_chinese(question) else "lease.pdf",))
    return ask(question, library, FakeEmbedder(), ScriptedModel(""), scope=scope)


def keep(library: Library, question: str, conversation: int = 0, typed: str = "") -> Exchange:
    return library.keep_exchange(conversation, typed or question, Scope(), answer_to(library, question))


def titles(library: Library, words: str = "") -> list[str]:
    return [conversation.title for conversation in library.conversations(words)]


def test_an_exchange_comes_back_as_it_was_even_after_closing(tmp_path: Path) -> None:
    scope = Scope(("General",), ("lease.pdf",))
    with open_library(tmp_path / "lib", create=True) as library:
        put(library, tmp_path, lease=LEASE, dose=DOSE)
        answer = answer_to(library, END)
        kept = library.keep_exchange(0, "and the end?", scope, answer)
        assert (kept.answer, kept.typed, kept.scope, kept.outdated) == (answer, "and the end?", scope, ())
        assert answer.checked.claims[0].citations[0].rects
        assert library.exchanges(kept.conversation) == [kept]
    with open_library(tmp_path / "lib") as library:
        assert library.exchanges(kept.conversation) == [kept]
        assert is_intact(kept.answer.record)


def test_a_conversation_grows_and_the_newest_stands_first(library: Library) -> None:
    first = keep(library, END)
    second = keep(library, MOST)
    assert titles(library) == [MOST, END]
    third = keep(library, "Who may terminate?", first.conversation)
    assert third.conversation == first.conversation != second.conversation
    assert titles(library) == [END, MOST]
    grown = library.conversations()[0]
    assert (grown.id, grown.exchanges, grown.utc) == (first.conversation, 2, third.utc)
    assert [e.id for e in library.exchanges(first.conversation)] == [first.id, third.id]


def test_a_long_question_makes_a_short_title(library: Library) -> None:
    keep(library, "What is\n said " + "of the lease " * 30 + "?")
    (title,) = titles(library)
    assert title.startswith("What is said of the lease") and title.endswith("…") and len(title) <= 80


def test_what_cannot_be_written_in_a_file_is_kept_all_the_same(library: Library) -> None:
    kept = keep(library, END, typed="half \ud83d a character")
    assert library.exchanges(kept.conversation)[0].typed == "half ? a character"


@given(typed=st.text(max_size=20), scope=st.from_type(Scope))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_typed_is_kept(library: Library, typed: str, scope: Scope) -> None:
    kept = library.keep_exchange(0, typed, scope, answer_to(library, END))
    found = library.exchanges(kept.conversation)[0]
    assert (found.typed, found.scope) == (typed.encode("utf-8", "replace").decode("utf-8"), scope)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [MOST, END]),
        ("  ", [MOST, END]),
        ("LEASE", [END]),
        ("march 2027", [END]),  # in the answer
        ("notice ends", [END]),  # in different exchanges
        ("four grams", []),
        ("四克", [MOST]),
        ("最大 阿司匹林", [MOST]),
        ("阿司匹林 lease", []),
        ("ｌｅａｓｅ", [END]),  # full width
        ("%", []),
        ("follow", [END]),  # only typed, not asked
    ],
)
def test_words_find_conversations(library: Library, words: str, expected: list[str]) -> None:
    first = keep(library, END)
    keep(library, "Which notice must be given?", first.conversation, typed="FOLLOWING up")
    keep(library, MOST)
    assert titles(library, words) == expected


def test_five_thousand_words_find_nothing_and_break_nothing(library: Library) -> None:
    keep(library, END)
    assert titles(library, "lease " * 5000) == [END]
    assert titles(library, " ".join(f"word{n}" for n in range(5000))) == []


def test_a_conversation_is_renamed_and_found_by_its_new_title(library: Library) -> None:
    kept = keep(library, END)
    library.rename_conversation(kept.conversation, "  The Höhle\n lease ")
    assert titles(library) == titles(library, "höhle") == ["The Höhle lease"]
    with pytest.raises(UserProblem) as problem:
        library.rename_conversation(kept.conversation, " \n")
    assert problem.value.key == "conversation_nameless"


def test_a_deleted_conversation_leaves_nothing_but_its_records(library: Library) -> None:
    kept = keep(library, END, typed="zanzibar")
    keep(library, MOST)
    library.delete_conversation(kept.conversation)
    assert titles(library) == [MOST]
    assert [record.sequence for record in library.records()] == [1, 2]
    files = [path.read_bytes() for path in library.folder.rglob("library.db*") if path.is_file()]
    assert files and not any(b"zanzibar" in data for data in files)


def test_an_unknown_conversation_is_said(library: Library) -> None:
    gone = keep(library, END)
    library.delete_conversation(gone.conversation)
    for number in (gone.conversation, 99, -1):
        for attempt in (
            lambda n=number: library.exchanges(n),
            lambda n=number: library.rename_conversation(n, "x"),
            lambda n=number: library.delete_conversation(n),
            lambda n=number: library.keep_exchange(n, END, Scope(), gone.answer),
        ):
            with pytest.raises(UserProblem) as problem:
                attempt()
            assert problem.value.key == "conversation_unknown"
            assert problem.value.sentence("en") and problem.value.sentence("zh")
    assert titles(library) == []


def test_talking_changes_nothing_that_a_search_looks_at(library: Library) -> None:
    before = library.revision
    kept = keep(library, END)
    library.rename_conversation(kept.conversation, "Another")
    library.delete_conversation(kept.conversation)
    keep(library, MOST)
    assert library.revision == before
    assert library.doctor() == []


def test_an_answer_whose_document_is_gone_or_replaced_says_so(library: Library, tmp_path: Path) -> None:
    kept = keep(library, END)
    (cited,) = {c.sha256 for claim in kept.answer.checked.claims for c in claim.citations}

    def outdated() -> tuple[str, ...]:
        return library.exchanges(kept.conversation)[0].outdated

    put(library, tmp_path, copy=LEASE)
    library.remove(["lease.pdf"])
    assert outdated() == ()  # the same bytes are there under another name
    library.retire(["copy.pdf"])
    assert outdated() == (cited,)
    again = library.exchanges(kept.conversation)[0]
    assert again.answer.checked.claims == kept.answer.checked.claims
    put(library, tmp_path, copy=LEASE)
    assert outdated() == ()


def test_a_refusal_is_kept_with_the_passages_that_were_near(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    judge_as(monkeypatch, answerable=False)
    kept = keep(library, END)
    assert kept.answer.checked.kind is AnswerKind.NOT_FOUND and kept.answer.checked.nearest
    assert library.exchanges(kept.conversation) == [kept]


# -- damage


def sql(folder: Path, *statements: str) -> None:
    db = sqlite.connect(str(folder / "library.db"), isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    "edit",
    [
        "answer = replace(answer, '2027', '2028')",
        "answer = substr(answer, 2)",
        "answer = '{}'",
        "typed = 'x'",
        "scope = '[]'",
        "utc = ''",
        "record = 9",
    ],
)
def test_a_damaged_exchange_is_found(library: Library, edit: str) -> None:
    kept = keep(library, END)
    keep(library, MOST)
    sql(library.folder, f"UPDATE exchanges SET {edit} WHERE id = {kept.id}")
    (finding,) = library.doctor()
    assert (finding.key, finding.mended) == ("doctor_conversation", False)
    assert END in finding.sentence("en") and END in finding.sentence("zh")


@pytest.mark.parametrize("edit", ["answer = substr(answer, 2)", "answer = '{}'", "scope = '[]'"])
def test_what_cannot_be_read_is_said_to_be_damaged(library: Library, edit: str) -> None:
    kept = keep(library, END)
    sql(library.folder, f"UPDATE exchanges SET {edit}")
    with pytest.raises(UserProblem) as problem:
        library.exchanges(kept.conversation)
    assert problem.value.key == "library_damaged"
    assert titles(library) == [END]


def test_an_edited_record_shows_in_the_conversation(library: Library) -> None:
    kept = keep(library, END)
    sql(library.folder, "DROP TRIGGER audit_no_update", "UPDATE audit SET body = replace(body, '2027', '2028')")
    assert not is_intact(library.exchanges(kept.conversation)[0].answer.record)


def test_nothing_of_an_exchange_is_kept_when_the_disk_refuses(library: Library) -> None:
    answer = answer_to(library, END)
    library._store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(UserProblem) as problem:
        library.keep_exchange(0, END, Scope(), answer)
    assert problem.value.key == "library_read_only"
    library._store._db.execute("PRAGMA query_only = OFF")
    assert library.conversations() == []


def test_schema_2_becomes_3_conversations_can_be_kept(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    with open_library(folder, create=True) as library:
        put(library, tmp_path, lease=LEASE)
        answer = answer_to(library, END)
    take_back(folder, 2)
    with open_library(folder) as library:
        assert library.conversations() == []
        kept = library.keep_exchange(0, END, Scope(), answer)
        assert library.exchanges(kept.conversation) == [kept]
        assert list(library.records()) == [answer.record]
        assert library.doctor() == []
    db = sqlite.connect(str(schema.backup_of(folder / "library.db", 2)))
    assert schema.version_of(db) == 2
    db.close()
