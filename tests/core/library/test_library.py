"""What a person does with a library: add, replace, remove, sort, search."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserProblem
from core.library import Library, open_library
from core.nouns import EmbedderIdentity, Outcome, Scope
from core.terms import terms
from tests.core.library.support import VERSION, found, put, put_in
from tests.fakes import DIMENSIONS, FakeEmbedder, fake_cut, make_reading

LEASE = "The lease ends on 31 March. Either party may terminate it."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者减量。"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "lib", create=True) as opened:
        yield opened
        assert opened.doctor() == []


def problem_of(call: object, *arguments: object, **named: object) -> UserProblem:
    assert callable(call)
    with pytest.raises(UserProblem) as problem:
        call(*arguments, **named)
    assert problem.value.sentence("en")
    assert problem.value.sentence("zh")
    return problem.value


def test_added_documents_are_found_in_both_languages(library: Library, tmp_path: Path) -> None:
    change = put(library, tmp_path, lease=LEASE, dose=DOSE)
    assert change.added == ("lease.pdf", "dose.pdf")
    assert change.revision == library.revision == 1
    assert found(library, "When does the lease end?")[0] == "The lease ends on 31 March."
    assert found(library, "阿司匹林最大剂量是多少？")[0] == "阿司匹林的最大剂量为每日四克。"


def test_what_was_read_comes_back_as_it_was(library: Library, tmp_path: Path) -> None:
    text = "First page \ud800 with \x00 odd characters.\fSecond 𝒳 page. It has two sentences.\f(unreadable)"
    reading = make_reading(text.replace("\ud800", "?"))
    page = reading.pages[0]
    odd = type(page)(
        **{f: getattr(page, f) for f in page.__dataclass_fields__} | {"text": page.text.replace("?", "\ud800")}
    )
    reading = type(reading)(
        **{f: getattr(reading, f) for f in reading.__dataclass_fields__} | {"pages": (odd, *reading.pages[1:])}
    )
    embedder = FakeEmbedder()
    library.use_embedder(embedder.identity)
    source = tmp_path / "odd.pdf"
    source.write_text(text.replace("\ud800", "?"), encoding="utf-8")
    sha256, size = library.keep_original(source)
    item = library.begin_import(sha256, size, "odd.pdf", "General")
    passages = fake_cut(reading, embedder.count_tokens, 64)
    library.store_reading(reading, passages, VERSION)
    library.store_vectors(passages, embedder.embed_passages([p.text for p in passages]))
    library.publish([item])

    for page in reading.pages:
        stored = library.page(sha256, page.index)
        assert (stored.text, stored.label, stored.read_by, stored.problem) == (
            page.text,
            page.label,
            page.read_by,
            page.problem,
        )
        for line, kept in zip(page.lines, stored.lines, strict=True):
            assert (line.start, line.end) == (kept.start, kept.end)
            assert np.allclose(line.edges, kept.edges, atol=1e-5)
            assert kept.rect.y1 == pytest.approx(line.rect.y1, abs=1e-5)
    assert library.passages([p.id for p in reversed(passages)]) == list(reversed(passages))
    assert library.neighbours(passages[1]) == [passages[0], passages[2]]
    places = library.places([*(p.id for p in passages), "unknown"])
    assert {key: page for key, (_, page) in places.items()} == {p.id: p.page_index for p in passages}
    assert len({content for content, _ in places.values()}) == 1
    (document,) = library.documents()
    assert (document.pages, document.unreadable_pages, document.outcome) == (3, (2,), Outcome.PARTIAL)
    assert library.coverage().unreadable == (("odd.pdf", (2,)),)
    assert library.original(sha256).read_bytes() == source.read_bytes()


def test_a_passage_must_be_a_span_of_its_page(library: Library) -> None:
    reading = make_reading(LEASE)
    passage = fake_cut(reading, FakeEmbedder().count_tokens, 64)[0]
    shifted = type(passage)(passage.id, passage.sha256, 0, 1, passage.end, passage.text)
    with pytest.raises(ValueError, match="is not the span"):
        library.store_reading(reading, [shifted], VERSION)


def test_the_same_bytes_in_two_collections_are_kept_once(library: Library, tmp_path: Path) -> None:
    put_in(library, tmp_path, "Smith", lease=LEASE)
    change = put_in(library, tmp_path, "Jones", lease=LEASE)
    assert change.added == ("lease.pdf",)
    assert len(library.documents()) == 2
    assert len(list((library.folder / "originals").glob("??/*"))) == 1
    assert len(found(library, "lease")) == 1
    library.remove(["lease.pdf"], "Smith")
    assert found(library, "lease", collections=("Jones",)) == ["The lease ends on 31 March."]
    library.remove(["lease.pdf"], "Jones")
    assert found(library, "lease") == []
    assert list((library.folder / "originals").glob("??/*")) == []


def test_a_new_version_takes_the_place_of_the_old(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, outlook="Growth is expected to be 3.5%.", other="Growth is elsewhere.")
    (old,) = [d for d in library.documents() if d.name == "outlook.pdf"]
    change = put(library, tmp_path, outlook="Growth is expected to be 3.1%.")
    assert (change.added, change.replaced) == ((), ("outlook.pdf",))
    (new,) = [d for d in library.documents() if d.name == "outlook.pdf"]
    assert new.version == 2
    assert found(library, "growth expected", "outlook.pdf") == ["Growth is expected to be 3.1%."]
    assert library.page(old.sha256, 0).text == "Growth is expected to be 3.5%."
    assert library.original(old.sha256).exists()
    library.remove(["outlook.pdf"])
    assert found(library, "expected") == []
    assert problem_of(library.page, old.sha256, 0).key == "library_no_page"
    assert problem_of(library.original, old.sha256).key == "library_original_missing"


def test_going_back_to_an_earlier_version_shows_it_again(library: Library, tmp_path: Path) -> None:
    for text in ("Growth 3.5%.", "Growth 3.1%.", "Growth 3.5%."):
        put(library, tmp_path, outlook=text)
    assert found(library, "growth") == ["Growth 3.5%."]
    assert library.documents()[0].version == 3


def test_a_library_with_which_nothing_was_done_is_deleted_with_its_folder(tmp_path: Path) -> None:
    library = open_library(tmp_path / "lib", create=True)
    assert not (library.rejected() or library.documents() or library.conversations())
    library.discard_if_untouched()
    assert list(tmp_path.iterdir()) == []
    with open_library(tmp_path / "lib", create=True) as again:
        assert again.doctor() == []


@pytest.mark.parametrize(
    "touch",
    [
        lambda library, folder: library.create_collection("General"),
        lambda library, folder: put(library, folder, lease=LEASE),
        lambda library, folder: library.append_record({"kind": "answered"}),
        lambda library, folder: library.use_embedder(FakeEmbedder().identity),
        lambda library, folder: (library.create_collection("x"), library.delete_collection("x")),
        lambda library, folder: library.begin_import("0" * 64, 1, "a.pdf", "General"),
    ],
)
def test_one_with_which_anything_was_done_is_only_closed(
    tmp_path: Path, touch: Callable[[Library, Path], object]
) -> None:
    library = open_library(tmp_path / "lib", create=True)
    touch(library, tmp_path)
    library.discard_if_untouched()
    assert (tmp_path / "lib" / "library.db").is_file()
    with open_library(tmp_path / "lib"):
        pass


def test_what_is_not_the_librarys_own_stays(tmp_path: Path) -> None:
    library = open_library(tmp_path / "lib", create=True)
    (library.folder / "notes.txt").write_text("mine")
    library.discard_if_untouched()
    assert [path.name for path in library.folder.iterdir()] == ["notes.txt"]


def test_unchanged_files_change_nothing(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, lease=LEASE)
    revision = library.revision
    change = put(library, tmp_path, lease=LEASE)
    assert change.unchanged == ("lease.pdf",)
    assert library.revision == revision
    assert library.names("General") == {"lease.pdf": library.documents()[0].sha256}
    assert library.names("Nowhere") == {}


def test_a_retired_document_is_kept_and_not_found(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, lease=LEASE)
    sha256 = library.documents()[0].sha256
    assert library.retire(["lease.pdf"]).removed == ("lease.pdf",)
    assert library.documents() == []
    assert found(library, "lease") == []
    assert library.page(sha256, 0).text == LEASE


def test_a_scope_narrows_the_search(library: Library, tmp_path: Path) -> None:
    put_in(library, tmp_path, "Smith", lease="The lease of Smith.", note="A note of Smith.")
    put_in(library, tmp_path, "Jones", lease="The lease of Jones.")
    assert sorted(found(library, "lease")) == ["The lease of Jones.", "The lease of Smith."]
    assert found(library, "lease", collections=("Jones",)) == ["The lease of Jones."]
    assert sorted(found(library, "lease", "LEASE.pdf")) == ["The lease of Jones.", "The lease of Smith."]
    assert found(library, "lease", "note.pdf") == []
    assert library.coverage(Scope(documents=("note.pdf",))).documents == 1
    assert found(library, "lease", "lease.pdf", collections=("Smith",)) == ["The lease of Smith."]
    unknown = problem_of(library.documents, Scope(collections=("Smyth",)))
    assert (unknown.key, "Smith" in unknown.sentence()) == ("library_unknown_collection", True)
    unknown = problem_of(library.documents, Scope(collections=("Jones",), documents=("leese.pdf",)))
    assert (unknown.key, "lease.pdf" in unknown.sentence()) == ("library_unknown_document", True)


def test_a_scope_that_is_asked_again_follows_every_change(library: Library, tmp_path: Path) -> None:
    def inside() -> list[str]:
        return sorted(found(library, "lease", collections=("Smith",)))

    put_in(library, tmp_path, "Jones", other="The lease of Jones.")
    put_in(library, tmp_path, "Smith", lease="The lease of Smith.")
    assert inside() == ["The lease of Smith."]
    put_in(library, tmp_path, "Smith", second="A second lease.")
    assert inside() == ["A second lease.", "The lease of Smith."]
    library.move_documents(["lease.pdf"], "Jones")
    assert inside() == ["A second lease."]
    library.move_documents(["other.pdf"], "Smith")
    library.retire(["second.pdf"])
    assert inside() == ["The lease of Jones."]
    library.remove(["other.pdf"])
    assert inside() == []


def test_an_exact_name_wins_over_another_case(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, A="Alpha.", a="Beta.")
    assert [d.name for d in library.documents(Scope(documents=("a.pdf",)))] == ["a.pdf"]
    assert library.document("A.pdf", "General").name == "A.pdf"


def test_names_are_the_same_in_either_unicode_form(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, **{"re\u0301sume\u0301": "Text."})
    assert library.documents(Scope(documents=("r\u00e9sum\u00e9.pdf",)))[0].name == "r\u00e9sum\u00e9.pdf"


def test_a_name_in_two_collections_must_be_told_apart(library: Library, tmp_path: Path) -> None:
    put_in(library, tmp_path, "Smith", lease=LEASE)
    put_in(library, tmp_path, "Jones", lease=DOSE)
    assert problem_of(library.remove, ["lease.pdf"]).key == "library_ambiguous"
    by_number = library.documents(Scope(collections=("Smith",)))[0].id
    library.remove([by_number])
    assert [d.collection for d in library.documents()] == ["Jones"]
    assert problem_of(library.remove, [by_number]).key == "library_unknown_document"


def test_collections_are_made_renamed_filled_and_deleted(library: Library, tmp_path: Path) -> None:
    library.create_collection("Empty")
    put_in(library, tmp_path, "Smith", lease=LEASE)
    put_in(library, tmp_path, "Smith", lease=DOSE)
    assert library.collections() == [("Empty", 0), ("Smith", 1)]
    assert problem_of(library.create_collection, "Smith").key == "library_collection_taken"
    assert problem_of(library.create_collection, "  ").key == "library_collection_nameless"
    assert problem_of(library.rename_collection, "Smith", "Empty").key == "library_collection_taken"
    assert problem_of(library.delete_collection, "Smith").key == "library_collection_not_empty"
    assert problem_of(library.delete_collection, "Nobody").key == "library_unknown_collection"
    library.rename_collection("Smith", "史密斯")
    assert found(library, "阿司匹林", collections=("史密斯",))
    library.move_documents(["lease.pdf"], "Empty")
    assert library.collections() == [("Empty", 1), ("史密斯", 0)]
    put_in(library, tmp_path, "史密斯", lease="Another.")
    assert problem_of(library.move_documents, ["lease.pdf"], "Empty", "史密斯").key == "library_name_taken"
    change = library.delete_collection("Empty", force=True)
    assert (change.removed, change.collections) == (("lease.pdf",), ("Empty",))
    assert library.collections() == [("史密斯", 1)]
    assert found(library, "阿司匹林") == []
    assert len(list((library.folder / "originals").glob("??/*"))) == 1


def test_every_change_raises_the_revision(library: Library, tmp_path: Path) -> None:
    changes = [
        put(library, tmp_path, a="One.", b="Two."),
        library.create_collection("New"),
        library.move_documents(["a.pdf"], "New"),
        library.rename_collection("New", "Newer"),
        put(library, tmp_path, b="Three."),
        library.retire(["b.pdf"]),
        library.remove(["a.pdf"]),
        library.delete_collection("Newer"),
    ]
    assert [change.revision for change in changes] == list(range(1, 9))
    assert library.revision == 8


def test_a_library_keeps_to_its_embedder(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True) as library:
        assert library.embedder is None
        library.use_embedder(EmbedderIdentity("other", "0" * 64, 8))
        put(library, tmp_path, lease=LEASE)  # nothing was embedded yet, so it may still be bound anew
        problem = problem_of(library.use_embedder, EmbedderIdentity("other", "0" * 64, 8))
        assert (problem.key, "other" in problem.sentence()) == ("library_other_embedder", True)
    with open_library(tmp_path / "lib") as library:
        assert library.embedder == FakeEmbedder().identity
        assert found(library, "lease")


def test_vectors_must_fit(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, lease=LEASE)
    passages = library.passages([key for key, _ in library.search_words(["lease"], Scope(), 5)])
    for wrong in (np.ones((1, 8), np.float32), np.full((1, DIMENSIONS), np.nan, np.float32)):
        with pytest.raises(ValueError, match="vector"):
            library.store_vectors(passages, wrong)


def test_nothing_is_published_before_it_is_embedded(library: Library, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_text(LEASE)
    library.use_embedder(FakeEmbedder().identity)
    sha256, size = library.keep_original(source)
    item = library.begin_import(sha256, size, "a.pdf", "General")
    with pytest.raises(ValueError, match="never read"):
        library.publish([item])
    reading = make_reading(LEASE)
    library.store_reading(reading, fake_cut(reading, FakeEmbedder().count_tokens, 64), VERSION)
    with pytest.raises(ValueError, match="no vector yet"):
        library.publish([item])
    assert library.documents() == []
    library.end_imports([item])
    assert list((library.folder / "originals").glob("??/*")) == []


def test_reading_again_keeps_the_vectors_of_what_reads_as_before(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, lease=LEASE)
    (document,) = library.documents()
    assert library.known(document.sha256, VERSION)
    assert not library.known(document.sha256, "2")
    reading = make_reading(LEASE)
    passages = fake_cut(reading, FakeEmbedder().count_tokens, 64)
    item = library.begin_import(document.sha256, document.size, "lease.pdf", "General")
    library.store_reading(reading, passages[:1], "2")
    assert found(library, "terminate") == [passages[1].text]  # staged: nobody sees it yet
    assert library.unembedded([document.sha256], 10) == []
    assert library.publish([item]).replaced == ("lease.pdf",)
    assert found(library, "terminate") == []
    assert found(library, "lease") == [passages[0].text]
    assert library.documents()[0].version == 1


def test_a_search_for_nothing_finds_nothing(library: Library, tmp_path: Path) -> None:
    assert found(library, "lease") == []
    put(library, tmp_path, lease=LEASE, empty="")
    assert library.search_words([], Scope(), 5) == []
    assert library.search_words(["neverseen"], Scope(), 5) == []
    assert found(library, "lease", "empty.pdf") == []
    assert library.search_words(['";', "DROP", "(AND)", "+-*~:^", "\\"], Scope(), 5) == []
    assert len(library.search_vectors(FakeEmbedder().embed_question("lease"), Scope(), 1)) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's files private by their folder")
def test_nobody_else_may_read_it(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path, lease=LEASE, dose=DOSE)
    library.remove(["dose.pdf"])
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (library.folder, *library.folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_many_changes_keep_the_index_small(library: Library, tmp_path: Path) -> None:
    for number in range(45):
        put(library, tmp_path, **{f"file{number}": f"Text {number:03} of many."})
    assert len(list((library.folder / "index").rglob("*.manifest"))) <= 50
    for number in (3, 20, 44):
        ((key, _),) = library.search_words([f"{number:03}"], Scope(), 10)
        assert library.passages([key])[0].text == f"Text {number:03} of many."


def test_what_is_removed_is_gone_from_every_file(library: Library, tmp_path: Path) -> None:
    secret = "The canary of patient Zimmermann sings at dawn."
    put(library, tmp_path, **{f"file{number}": f"Text {number:03} of many. And more of it." for number in range(30)})
    put(library, tmp_path, secret=secret, other="Another text.")
    (passage,) = library.passages([key for key, _ in library.search_words(["canari"], Scope(), 5)])
    exact = FakeEmbedder().embed_passages([passage.embedded_text])[0]
    half = exact.astype("<f2")
    traces = {
        "text": secret.encode(),
        "name": b"secret.pdf",
        "hash": passage.sha256.encode(),
        "vector": half.tobytes(),
        "indexed vector": half.astype("<f4").tobytes(),
    }

    def left() -> set[str]:
        library._store.checkpoint()
        held = [path.read_bytes() for path in library.folder.rglob("*") if path.is_file()]
        names = " ".join(path.name for path in library.folder.rglob("*")).encode()
        return {what for what, trace in traces.items() if any(trace in data for data in [*held, names])}

    assert left() == set(traces)
    library.remove(["secret.pdf"])
    assert left() == set()
    assert found(library, "Another")[0] == "Another text."


def test_an_index_of_older_terms_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("core.library.index._TERMS", "terms")
        older.setattr("core.library.store.index_terms", terms)
        with open_library(tmp_path / "lib", create=True) as library:
            put(library, tmp_path, dose=DOSE)
            assert library.search_words(["剂"], Scope(), 5) == []
    with open_library(tmp_path / "lib") as library:
        assert len(library.search_words(["剂"], Scope(), 5)) == 1
        assert library.doctor() == []
