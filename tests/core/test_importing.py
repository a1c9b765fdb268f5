"""Files into the library: every file accounted for, whatever happens on the way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import pytest

from core import importing
from core.errors import Cancelled, CancelToken, UserProblem
from core.importing import Importer
from core.library import Library, fingerprint, open_library
from core.messages import say
from core.nouns import Change, Outcome, Page, Passage, Progress, ReadBy, Reading, Report, SameName, Scope, silent
from core.reading import Limits, Reader
from tests.core.library.support import found
from tests.core.reading import support
from tests.fakes import FakeEmbedder, FakeReader, LimitedReader, as_reader, fake_cut, make_reading

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def simple_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "cut", fake_cut)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "lib", create=True) as opened:
        yield opened
        assert opened.doctor() == []


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    write(
        folder,
        lease="The lease ends on 31 March.",
        dose="阿司匹林每日四克。减量。",
        note="A note.\f(unreadable)\f(unreadable)\f(unreadable)",
    )
    return folder


def write(folder: Path, **texts: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in texts.items():
        (folder / f"{name}.pdf").write_text(text, encoding="utf-8")


def add(
    library: Library,
    *paths: Path,
    reader: FakeReader | None = None,
    embedder: FakeEmbedder | None = None,
    collection: str = "General",
    language: str = "en",
    report: Report = silent,
    cancel: CancelToken | None = None,
    same_name: SameName = SameName.REFUSE,
) -> Change:
    importer = Importer(
        library,
        as_reader(reader or LimitedReader()),
        embedder or FakeEmbedder(),
        language=language,
        report=report,
        cancel=cancel,
    )
    return importer.add(paths, collection=collection, same_name=same_name)


def names(library: Library) -> list[str]:
    return [document.name for document in library.documents()]


def originals(library: Library) -> int:
    return len(list((library.folder / "originals").glob("??/*")))


def test_a_folder_is_added(library: Library, files: Path) -> None:
    told: list[Progress] = []
    change = add(library, files, report=told.append)
    assert change.added == ("dose.pdf", "lease.pdf", "note.pdf")
    assert [name for name, _ in change.partial] == ["note.pdf"]
    assert "2-4" in change.partial[0][1]
    assert (change.revision, change.collections) == (library.revision, ("General",))
    assert found(library, "lease")[0] == "The lease ends on 31 March."
    assert {progress.stage for progress in told} == {"stage_collecting", "stage_reading", "stage_embedding"}
    assert library.pending_imports() == []


def test_one_bad_file_never_stops_the_others(library: Library, files: Path) -> None:
    write(files, broken="bad file", empty="")
    (files / "words.txt").write_text("not a PDF")
    change = add(library, files / "missing.pdf", files, files / "words.txt", Path(os.devnull), language="zh")
    assert set(change.added) == {"dose.pdf", "empty.pdf", "lease.pdf", "note.pdf", "words.txt"}
    assert [name for name, _ in change.rejected] == ["missing.pdf", "null", "broken.pdf"]
    assert "不存在" in change.rejected[0][1]
    assert originals(library) == 5


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may read every file")
def test_a_file_without_permission_is_rejected(library: Library, files: Path) -> None:
    (files / "lease.pdf").chmod(0)
    change = add(library, files)
    assert [name for name, _ in change.rejected] == ["lease.pdf"]


def test_a_file_that_cannot_be_opened_is_rejected(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.open

    def refuses(path: Path, *arguments: object, **named: object) -> object:
        if path.name == "lease.pdf":
            raise PermissionError(13, "Permission denied")
        return whole(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuses)
    change = add(library, files)
    assert [name for name, _ in change.rejected] == ["lease.pdf"]
    assert "Permission denied" in change.rejected[0][1]
    assert set(change.added) == {"dose.pdf", "note.pdf"}


def test_unchanged_files_are_neither_read_nor_embedded(library: Library, files: Path) -> None:
    add(library, files)
    revision = library.revision
    reader, embedder = LimitedReader(), FakeEmbedder()
    change = add(library, files, reader=reader, embedder=embedder)
    assert change.unchanged == ("dose.pdf", "lease.pdf", "note.pdf")
    assert (reader.read_files, embedder.embedded, library.revision) == ([], [], revision)


def test_the_same_bytes_elsewhere_are_neither_read_nor_embedded(library: Library, files: Path) -> None:
    add(library, files)
    (files / "lease.pdf").rename(files / "contract.pdf")
    reader, embedder = LimitedReader(), FakeEmbedder()
    change = add(library, files, reader=reader, embedder=embedder, collection="Other")
    assert change.added == ("contract.pdf", "dose.pdf", "note.pdf")
    assert [name for name, _ in change.partial] == ["note.pdf"]
    assert (reader.read_files, embedder.embedded) == ([], [])
    assert originals(library) == 3


def test_twins_in_one_import_are_embedded_once(library: Library, files: Path) -> None:
    write(files, twin="The lease ends on 31 March.")
    embedder = FakeEmbedder()
    assert len(add(library, files, embedder=embedder).added) == 4
    assert max(Counter(embedder.embedded).values()) == 1


def test_other_bytes_under_a_known_name_are_its_next_version(library: Library, files: Path) -> None:
    add(library, files)
    write(files, lease="The lease was renewed.")
    change = add(library, files, same_name=SameName.REPLACE)
    assert (change.added, change.replaced) == ((), ("lease.pdf",))
    assert set(change.unchanged) == {"dose.pdf", "note.pdf"}
    assert found(library, "lease", "lease.pdf") == ["The lease was renewed."]


def test_a_document_is_replaced_under_another_name(library: Library, files: Path) -> None:
    add(library, files)
    write(files, renewed="The lease was renewed.")
    importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
    change = importer.replace("LEASE.pdf", files / "renewed.pdf", collection="General")
    assert (change.added, change.replaced) == (("renewed.pdf",), ("lease.pdf",))
    assert names(library) == ["dose.pdf", "note.pdf", "renewed.pdf"]
    assert library.document("renewed.pdf", "General").version == 2
    assert found(library, "31 March") == []
    # Replaced by a file that is already there: only the old one goes.
    change = importer.replace("note.pdf", files / "dose.pdf", collection="General")
    assert (change.added, change.replaced) == ((), ("note.pdf",))
    assert names(library) == ["dose.pdf", "renewed.pdf"]


def test_a_rejected_replacement_leaves_the_old_one(library: Library, files: Path) -> None:
    add(library, files)
    write(files, broken="bad file")
    importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
    for new in ("broken.pdf", "missing.pdf"):
        change = importer.replace("lease.pdf", files / new, collection="General")
        assert [name for name, _ in change.rejected] == [new]
    assert found(library, "lease")[0] == "The lease ends on 31 March."
    with pytest.raises(UserProblem) as problem:
        importer.replace("nobody.pdf", files / "dose.pdf", collection="General")
    assert problem.value.key == "library_unknown_document"
    with pytest.raises(UserProblem) as problem:
        importer.replace("lease.pdf", files / "dose.pdf", collection="Nowhere")
    assert problem.value.key == "library_unknown_collection"


def test_hidden_files_and_other_kinds_are_left_out(library: Library, files: Path) -> None:
    write(files, **{".hidden": "Hidden."})
    write(files / ".folder", inside="Hidden too.")
    write(files / "below", DEEP="Deep down.")
    (files / "below" / "DEEP.pdf").rename(files / "below" / "DEEP.PDF")
    (files / "words.csv").write_text("Words.")
    assert add(library, files).added == ("dose.pdf", "lease.pdf", "note.pdf", "DEEP.PDF")
    empty = files / "empty"
    empty.mkdir()
    assert [name for name, _ in add(library, empty).rejected] == ["empty"]


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right there that most people lack")
def test_a_loop_of_links_ends(library: Library, files: Path) -> None:
    (files / "loop").symlink_to(files, target_is_directory=True)
    (files / "nothing.pdf").symlink_to(files / "gone")
    assert len(add(library, files).added) == 3


def test_files_of_one_name_do_not_replace_one_another(library: Library, files: Path) -> None:
    write(files / "2023", report="Report of 2023.")
    write(files / "2024", report="Report of 2024.")
    change = add(library, files)
    assert {"report.pdf", "2024/report.pdf"} < set(change.added)
    assert change.replaced == ()
    assert len(add(library, files, files / "2023" / "report.pdf").unchanged) == 5


def test_a_collection_needs_a_name(library: Library, files: Path) -> None:
    with pytest.raises(UserProblem) as problem:
        add(library, files, collection=" ")
    assert problem.value.key == "library_collection_nameless"


def test_a_newer_reader_reads_again_and_embeds_only_what_changed(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(library, files)
    monkeypatch.setattr(importing, "VERSION", "next")
    reader, embedder = LimitedReader(), FakeEmbedder()
    change = add(library, files, reader=reader, embedder=embedder)
    assert (change.added, change.replaced) == ((), ("dose.pdf", "lease.pdf", "note.pdf"))
    assert (len(reader.read_files), embedder.embedded) == (3, [])
    assert found(library, "lease")[0] == "The lease ends on 31 March."


def test_stopping_keeps_what_was_finished_and_nothing_else(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    cancel = CancelToken()

    def after_the_first(progress: Progress) -> None:
        if progress.stage == "stage_reading" and progress.done == 1:
            cancel.cancel()

    with pytest.raises(Cancelled):
        add(library, files, report=after_the_first, cancel=cancel)
    assert names(library) == ["dose.pdf"]
    assert library.pending_imports() == []
    assert originals(library) == 1
    assert set(add(library, files).added) == {"lease.pdf", "note.pdf"}


def test_stopping_while_copying_leaves_nothing(library: Library, files: Path) -> None:
    cancel = CancelToken()

    def at_the_second(progress: Progress) -> None:
        if progress.done == 1:
            cancel.cancel()

    with pytest.raises(Cancelled):
        add(library, files, report=at_the_second, cancel=cancel)
    assert (names(library), library.pending_imports(), originals(library)) == ([], [], 0)


class DyingEmbedder(FakeEmbedder):
    """Dies at the second batch."""

    def __init__(self) -> None:
        super().__init__(seen=self._die)
        self.calls = 0

    def _die(self, _: Sequence[str]) -> None:
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt


def test_what_broke_off_is_resumed_without_embedding_twice(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 4)
    write(files, aaa=" ".join(f"Sentence {number}." for number in range(10)))
    dying = DyingEmbedder()
    with pytest.raises(KeyboardInterrupt):
        add(library, files, embedder=dying)
    assert names(library) == []
    assert [finding.key for finding in library.doctor()] == ["doctor_pending"]
    reader, embedder = LimitedReader(), FakeEmbedder()
    change = Importer(library, as_reader(reader), embedder).resume()
    assert change.added == ("aaa.pdf", "dose.pdf", "lease.pdf", "note.pdf")
    kept = dying.embedded[:4]
    assert not set(kept) & set(embedder.embedded)
    assert max(Counter(embedder.embedded).values()) == 1
    assert not any(text.startswith("Sentence") for text in reader.read_files)  # stored before it was embedded


def test_a_resumed_file_whose_copy_is_gone_is_rejected(library: Library, files: Path) -> None:
    library.use_embedder(FakeEmbedder().identity)
    sha256, size = library.keep_original(files / "lease.pdf")
    library.begin_import(sha256, size, "lease.pdf", "General")
    library.original(sha256).write_text("other bytes")
    change = Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
    assert [name for name, _ in change.rejected] == ["lease.pdf"]
    assert (library.pending_imports(), originals(library)) == ([], 0)


def test_reading_goes_on_while_embedding(library: Library, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    reader = LimitedReader()
    read_by_then: list[int] = []

    def embedding(_: Sequence[str]) -> None:
        deadline = time.monotonic() + 5
        while len(reader.read_files) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        read_by_then.append(len(reader.read_files))

    add(library, files, reader=reader, embedder=FakeEmbedder(seen=embedding))
    assert read_by_then[0] >= 2


def test_a_bug_in_reading_one_file_never_stops_the_others(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(LimitedReader):
        def read(self, path: Path, **options: Any) -> Reading:
            if "lease" in path.read_text(encoding="utf-8"):
                raise RuntimeError("a fault of ours")
            return super().read(path)

    def cut(reading: Reading, count: Callable[[Sequence[str]], list[int]], limit: int) -> tuple[Passage, ...]:
        if "A note" in reading.title:
            raise KeyError("another fault of ours")
        return fake_cut(reading, count, limit)

    monkeypatch.setattr(importing, "cut", cut)
    with caplog.at_level("CRITICAL"):
        change = add(library, files, reader=Broken())
    assert change.added == ("dose.pdf",)
    assert [name for name, _ in change.rejected] == ["lease.pdf", "note.pdf"]
    assert library.pending_imports() == []


# -- a different document of the same name


def hold(library: Library, collection: str = "General") -> dict[str, str]:
    """name -> text of the first page."""
    return {name: library.page(sha256, 0).text for name, sha256 in library.names(collection).items()}


def test_a_different_document_of_the_name_is_refused(library: Library, files: Path) -> None:
    add(library, files)
    kept, revision = originals(library), library.revision
    write(files, lease="The lease was renewed.")
    reader = LimitedReader()
    for language, words in (("en", "A different document"), ("zh", "内容不同")):
        change = add(library, files, reader=reader, language=language)
        assert (change.added, change.replaced) == ((), ())
        assert change.same_name == ("lease.pdf",)
        ((name, sentence),) = change.rejected
        assert name == "lease.pdf" and words in sentence and "General" in sentence
        assert set(change.unchanged) == {"dose.pdf", "note.pdf"}
    assert (originals(library), library.revision, reader.read_files) == (kept, revision, [])
    assert found(library, "lease", "lease.pdf") == ["The lease ends on 31 March."]
    assert add(library, files, collection="Other").rejected == ()


def test_both_are_kept_and_the_new_one_gets_a_number(library: Library, files: Path) -> None:
    add(library, files)
    texts = {"lease.pdf": "The lease ends on 31 March."}
    for number, text in ((2, "The lease was renewed."), (3, "The lease was renewed twice.")):
        write(files, lease=text)
        name = f"lease ({number}).pdf"
        texts[name] = text
        for change in (add(library, files, same_name=SameName.KEEP_BOTH) for _ in range(2)):
            assert (change.replaced, change.rejected) == ((), ())
            assert name in change.added + change.unchanged
        assert {k: v for k, v in hold(library).items() if "lease" in k} == texts
    # What is here under a number is no conflict any more, but it may take the other's place when that is said.
    assert "lease (3).pdf" in add(library, files).unchanged
    assert add(library, files, same_name=SameName.REPLACE).replaced == ("lease.pdf",)
    # Both in one call, each is what it was, whatever the rule.
    texts["lease.pdf"] = text
    write(files / "second", lease="The lease was renewed.")
    for rule in SameName:
        assert {"lease.pdf", "lease (2).pdf"} < set(add(library, files, same_name=rule).unchanged)
    assert {k: v for k, v in hold(library).items() if "lease" in k} == texts


def test_a_number_is_never_one_that_another_file_has(library: Library, files: Path) -> None:
    add(library, files / "lease.pdf")
    write(files, **{"lease": "The second lease.", "lease (2)": "Called so by its author."})
    both = (files / "lease.pdf", files / "lease (2).pdf")
    assert add(library, *both, same_name=SameName.KEEP_BOTH).added == ("lease (3).pdf", "lease (2).pdf")
    assert hold(library)["lease (2).pdf"] == "Called so by its author."
    assert set(add(library, *both, same_name=SameName.KEEP_BOTH).unchanged) == {"lease (3).pdf", "lease (2).pdf"}
    # With no other document in its way, a file is called what it is called.
    assert add(library, files / "lease (2).pdf", collection="Other").added == ("lease (2).pdf",)
    write(files, lease="Called so by its author.")
    assert add(library, files / "lease.pdf", collection="Other").added == ("lease.pdf",)


def three_years(files: Path) -> list[Path]:
    for year in ("2022", "2023", "2024"):
        write(files / year, report=f"Report of {year}.")
    return [files / year for year in ("2022", "2023", "2024")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_names_do_not_depend_on_the_order_of_the_files(library: Library, files: Path, order: tuple[int, ...]) -> None:
    years = three_years(files)
    change = add(library, *(years[at] for at in order))
    assert (change.replaced, change.rejected) == ((), ())
    assert hold(library) == {
        "report.pdf": "Report of 2022.",
        "2023/report.pdf": "Report of 2023.",
        "2024/report.pdf": "Report of 2024.",
    }
    # Each keeps its name when it is added again, alone or changed.
    for year in years:
        assert len(add(library, year).unchanged) == 1
    write(years[2], report="Report of 2024, corrected.")
    assert add(library, years[2]).same_name == ("2024/report.pdf",)
    assert add(library, *years, same_name=SameName.REPLACE).replaced == ("2024/report.pdf",)
    assert hold(library)["2024/report.pdf"] == "Report of 2024, corrected."


def test_folders_added_one_after_the_other_conflict(library: Library, files: Path) -> None:
    _, first, second = three_years(files)
    assert add(library, second).added == ("report.pdf",)
    assert add(library, first).same_name == ("report.pdf",)
    # Together they are told apart, and what is here keeps its name.
    change = add(library, first, second)
    assert (change.added, change.unchanged) == (("2023/report.pdf",), ("report.pdf",))
    assert add(library, first, second, files, same_name=SameName.KEEP_BOTH).added[-1:] == ("2022/report.pdf",)


def test_the_same_bytes_twice_in_a_call_are_one_document(library: Library, files: Path) -> None:
    write(files / "copy", lease="The lease ends on 31 March.", worse="bad file")
    write(files, worse="bad file")
    change = add(library, files)
    assert (change.added.count("lease.pdf"), change.unchanged) == (1, ("lease.pdf",))
    assert [name for name, _ in change.rejected] == ["worse.pdf", "worse.pdf"]
    assert len(names(library)) == 3
    assert add(library, files).unchanged.count("lease.pdf") == 2


def test_two_spellings_of_one_name_do_not_replace_one_another(library: Library, tmp_path: Path) -> None:
    write(tmp_path / "f", **{"r\u00e9sum\u00e9": "Composed.", "re\u0301sume\u0301": "Decomposed."})
    if len(list((tmp_path / "f").iterdir())) < 2:
        pytest.skip("this disk holds the two spellings to be one name, so there is nothing to tell apart")
    change = add(library, tmp_path / "f", same_name=SameName.REPLACE)
    assert (len(change.added), change.replaced, change.rejected) == (2, (), ())
    assert sorted(hold(library).values()) == ["Composed.", "Decomposed."]


@pytest.mark.slow
def test_whatever_is_added_nothing_is_lost_and_the_order_does_not_matter(tmp_path: Path) -> None:
    choice = random.Random(11)
    places = [f"{folder}{name}" for folder in ("", "1/", "2/", "y/1/") for name in ("a", "a (2)", "b")]
    for history in range(12):
        with (
            open_library(tmp_path / f"{history}", create=True) as one,
            open_library(tmp_path / f"{history} again", create=True) as other,
        ):
            for step in range(3):
                rule = choice.choice(list(SameName))
                root = tmp_path / f"files {history} {step}"
                files = [root / f"{place}.pdf" for place in choice.sample(places, 6)]
                for file in files:
                    write(file.parent, **{file.stem: f"Text {choice.choice('ABC')}."})
                before = hold(one)
                change = add(one, *files, same_name=rule)
                add(other, *choice.sample(files, len(files)), same_name=rule)
                assert hold(one) == hold(other)
                if rule is not SameName.REPLACE:
                    assert change.replaced == () and before.items() <= hold(one).items()
                if rule is not SameName.REFUSE:
                    assert change.rejected == ()
                    assert {file.read_text(encoding="utf-8") for file in files} <= set(hold(one).values())
                after = hold(one)
                assert len(change.added + change.replaced + change.unchanged + change.rejected) == len(files)
                assert add(one, *files, same_name=rule).added == ()
                assert hold(one) == after
            assert one.doctor() == []


def test_a_replacement_does_not_take_a_third_ones_name(library: Library, files: Path) -> None:
    add(library, files)
    write(files / "new", dose="Another dose.")
    importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
    change = importer.replace("lease.pdf", files / "new" / "dose.pdf", collection="General")
    assert change.same_name == ("dose.pdf",)
    assert names(library) == ["dose.pdf", "lease.pdf", "note.pdf"]
    change = importer.replace("dose.pdf", files / "new" / "dose.pdf", collection="General")
    assert change.replaced == ("dose.pdf",)
    assert importer.replace("dose.pdf", files / "new" / "dose.pdf", collection="General").unchanged == ("dose.pdf",)


def begin(library: Library, file: Path, text: str, replaces: str = "") -> None:
    """An import that was killed before anything was read."""
    library.use_embedder(FakeEmbedder().identity)
    file.write_text(text, encoding="utf-8")
    library.begin_import(*library.keep_original(file), file.name, "General", replaces)


def test_a_killed_import_takes_nobodys_place_when_resumed(library: Library, files: Path) -> None:
    begin(library, files / "lease.pdf", "The lease of last week.")
    write(files, lease="The lease of today.")
    assert add(library, files / "lease.pdf").same_name == ("lease.pdf",)  # the one that waits has the name
    library.end_imports(library.pending_imports())
    add(library, files / "lease.pdf")
    # Written down by a program that did not ask.
    begin(library, files / "lease.pdf", "The lease of last week.")
    change = Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
    assert (change.added, change.replaced, change.same_name) == ((), (), ("lease.pdf",))
    assert [name for name, _ in change.rejected] == ["lease.pdf"]
    assert hold(library) == {"lease.pdf": "The lease of today."}
    assert originals(library) == 1


def test_a_killed_import_keeps_its_name_and_what_it_may_replace(library: Library, files: Path) -> None:
    add(library, files / "dose.pdf")
    begin(library, files / "lease (2).pdf", "The second lease.")
    begin(library, files / "new dose.pdf", "Another dose.", replaces="dose.pdf")
    write(files, lease="The second lease.")
    add(library, files / "dose.pdf", files / "new dose.pdf")
    assert hold(library) == {"new dose.pdf": "Another dose."}
    begin(library, files / "lease.pdf", "The first lease.")
    write(files, lease="The second lease.")
    change = add(library, files / "lease.pdf", same_name=SameName.KEEP_BOTH)
    assert change.added == ("lease (2).pdf",)
    Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
    assert hold(library)["lease.pdf"] == "The first lease."


def test_a_file_that_changes_while_it_is_copied_is_rejected(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_it_changes(file: Path, cancel: CancelToken | None = None) -> tuple[str, int]:
        known = fingerprint(file, cancel)
        if file.name == "lease.pdf":
            file.write_text("Half of it.", encoding="utf-8")
        return known

    monkeypatch.setattr(importing, "fingerprint", and_then_it_changes)
    change = add(library, files)
    assert change.added == ("dose.pdf", "note.pdf")
    assert "changed" in change.rejected[0][1]
    assert originals(library) == 2


def test_a_file_that_is_too_large_is_not_copied(library: Library, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (files / "lease.pdf").open("wb") as large:
        large.truncate(1_000_001)
    seen: list[Path] = []
    whole = library.keep_original

    def noted(file: Path, *rest: object) -> tuple[str, int]:
        seen.append(file)
        return whole(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "keep_original", noted)
    change = add(library, files, reader=LimitedReader(max_megabytes=1))
    assert [name for name, _ in change.rejected] == ["lease.pdf"]
    assert "max_megabytes" in change.rejected[0][1]
    assert [file.name for file in seen] == ["dose.pdf", "note.pdf"]


# -- an original that was lost or damaged


def spoil(library: Library, name: str) -> Path:
    original = library.original(library.document(name, "General").sha256)
    original.write_bytes(b"spoiled")
    return original


@pytest.mark.parametrize("lost", [False, True], ids=["damaged", "lost"])
def test_the_same_file_puts_an_original_back_and_reads_nothing(library: Library, files: Path, lost: bool) -> None:
    add(library, files)
    original = spoil(library, "lease.pdf")
    if lost:
        original.unlink()
    reader, embedder = LimitedReader(), FakeEmbedder()
    change = add(library, files / "lease.pdf", reader=reader, embedder=embedder)
    assert change.restored == (("lease.pdf", say("import_original_restored")),)
    assert (change.unchanged, change.rejected, reader.read_files, embedder.embedded) == (("lease.pdf",), (), [], [])
    assert original.read_bytes() == (files / "lease.pdf").read_bytes()
    assert add(library, files / "lease.pdf").restored == ()


def test_the_original_of_an_earlier_version_is_put_back_without_bringing_it_back(library: Library, files: Path) -> None:
    add(library, files / "lease.pdf")
    original = spoil(library, "lease.pdf")
    old = (files / "lease.pdf").read_text(encoding="utf-8")
    write(files, lease="The lease ends on 30 June.")
    add(library, files / "lease.pdf", same_name=SameName.REPLACE)
    assert [(f.key, f.details["name"]) for f in library.doctor()] == [("doctor_original_damaged", "lease.pdf")]
    write(files, lease=old)
    change = add(library, files / "lease.pdf")
    assert [name for name, _ in change.restored] == ["lease.pdf"]
    assert (change.rejected, change.same_name) == ((), ())
    assert original.read_text(encoding="utf-8") == old
    assert library.document("lease.pdf", "General").version == 2


def test_what_was_read_stays_while_its_original_is_damaged_too(library: Library, files: Path, tmp_path: Path) -> None:
    add(library, files)
    spoil(library, "lease.pdf")
    library._store._db.execute("UPDATE contents SET title = 'another' WHERE title LIKE 'The lease%'")
    (finding, other) = library.doctor(repair=True)
    assert (finding.key, finding.mended, other.key) == ("doctor_content_and_original", False, "doctor_original_damaged")
    assert found(library, "lease ends") and not library.pending_imports()
    reader = LimitedReader()
    assert add(library, files / "lease.pdf", reader=reader).replaced == ("lease.pdf",)
    assert len(reader.read_files) == 1


# -- a reading that is not the last word


class LosingReader(LimitedReader):
    """Gives up the pages with these indexes."""

    def __init__(self, *lost: int, problem: str = "reading_page_timeout") -> None:
        super().__init__()
        self.lost = lost
        self.problem = problem

    def read(self, path: Path, **options: Any) -> Reading:
        whole = super().read(path, **options)
        pages = tuple(
            Page(page.index, page.label, "", (), 0.0, 0.0, ReadBy.NOTHING, self.problem)
            if page.index in self.lost
            else page
            for page in whole.pages
        )
        readable = any(page.text for page in pages)
        if not readable:
            return replace(whole, outcome=Outcome.REJECTED, reason="reading_timeout", pages=())
        return replace(whole, outcome=Outcome.PARTIAL if self.lost else whole.outcome, pages=pages)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    write(tmp_path, letter="The first page.\fThe second page.\fThe third page.")
    return tmp_path / "letter.pdf"


@pytest.mark.parametrize("problem", ["reading_page_timeout", "reading_page_ocr_off"])
def test_pages_lost_to_a_passing_cause_are_read_when_added_again(library: Library, letter: Path, problem: str) -> None:
    assert [name for name, _ in add(library, letter, reader=LosingReader(1, problem=problem)).partial] == ["letter.pdf"]
    revision = library.revision
    embedder, reader = FakeEmbedder(), LimitedReader()
    change = add(library, letter, reader=reader, embedder=embedder)
    assert (change.replaced, change.partial) == (("letter.pdf",), ())
    assert embedder.embedded == ["Heading\nThe second page."]  # nothing is embedded twice
    assert library.revision == revision + 1
    assert found(library, "second page")[0] == "The second page."
    assert library.document("letter.pdf", "General").version == 1
    # Now it is final.
    assert add(library, letter, reader=reader).unchanged == ("letter.pdf",)
    assert len(reader.read_files) == 1


@pytest.mark.parametrize("lost", [(1,), (1, 2), (0,), (0, 1, 2)])
def test_a_reading_that_gives_no_more_changes_nothing(library: Library, letter: Path, lost: tuple[int, ...]) -> None:
    add(library, letter, reader=LosingReader(1))
    revision = library.revision
    change = add(library, letter, reader=LosingReader(*lost))
    assert (change.unchanged, change.replaced, change.rejected) == (("letter.pdf",), (), ())
    assert [name for name, _ in change.partial] == ["letter.pdf"]
    assert library.revision == revision
    assert library.document("letter.pdf", "General").unreadable_pages == (1,)
    assert (library.pending_imports(), originals(library)) == ([], 1)


class SuspiciousReader(LimitedReader):
    """Finds text on the second page that nobody can see."""

    def read(self, path: Path, **options: Any) -> Reading:
        whole = super().read(path, **options)
        return replace(whole, pages=tuple(replace(p, hidden=12 if p.index == 1 else 0) for p in whole.pages))


@pytest.mark.parametrize(("language", "words"), [("en", "Hidden text on page 2:"), ("zh", "第 2 页有隐藏文字")])
def test_hidden_text_is_told_of_and_kept_with_the_document(
    library: Library, letter: Path, language: str, words: str
) -> None:
    change = add(library, letter, reader=SuspiciousReader(), language=language)
    assert change.added == ("letter.pdf",)
    ((name, remark),) = change.hidden
    assert (name, remark.startswith(words)) == ("letter.pdf", True)
    document = library.document("letter.pdf", "General")
    assert (document.hidden_pages, document.outcome) == ((1,), Outcome.OK)
    assert library.page(document.sha256, 1).hidden == 12
    assert [sheet.hidden for sheet in library.sheets(document.sha256)][:2] == [0, 12]
    assert library.doctor() == []


class UnsureReader(LimitedReader):
    """Recognises the pages from pictures; the second one not well."""

    def read(self, path: Path, **options: Any) -> Reading:
        whole = super().read(path, **options)
        sure = (0.99, 0.625, 0.97)
        pages = (replace(p, read_by=ReadBy.OCR, confidence=sure[p.index]) for p in whole.pages)
        return replace(whole, pages=tuple(pages))


@pytest.mark.parametrize(("language", "words"), [("en", "Poorly recognised: page 2."), ("zh", "第 2 页识别质量较差")])
def test_poorly_recognised_pages_are_told_of_and_kept_with_the_document(
    library: Library, letter: Path, language: str, words: str
) -> None:
    change = add(library, letter, reader=UnsureReader(), language=language)
    ((name, remark),) = change.poorly_read
    assert (name, remark.startswith(words)) == ("letter.pdf", True)
    document = library.document("letter.pdf", "General")
    assert document.recognised == ((0, 0.99), (1, 0.625), (2, 0.97))
    assert (document.poorly_read, document.outcome) == ((1,), Outcome.OK)
    assert document.confidence == pytest.approx(0.8617, abs=1e-3)
    assert library.documents() == [document]


def test_the_last_word_on_a_lost_page_is_kept(library: Library, letter: Path) -> None:
    add(library, letter, reader=LosingReader(1))
    reader = LosingReader(1, problem="reading_page_no_text")
    add(library, letter, reader=reader)
    assert add(library, letter, reader=reader).unchanged == ("letter.pdf",)
    assert len(reader.read_files) == 1


def test_the_same_bytes_elsewhere_get_the_better_reading_too(library: Library, letter: Path) -> None:
    add(library, letter, reader=LosingReader(1))
    change = add(library, letter, collection="Other")
    assert (change.added, change.partial) == (("letter.pdf",), ())
    assert library.document("letter.pdf", "General").unreadable_pages == ()
    # And when there is none, the one that is known will do.
    other = letter.with_name("other.pdf")
    other.write_text("One page.\fAnother.", encoding="utf-8")
    add(library, other, reader=LosingReader(0))
    change = add(library, other, collection="Other", reader=LosingReader(0, 1))
    assert (change.added, change.rejected) == (("other.pdf",), ())


def test_a_killed_import_reads_a_file_with_lost_pages_once(
    library: Library, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        add(library, letter, reader=LosingReader(1), embedder=DyingEmbedder())
    reader = LimitedReader()
    change = Importer(library, as_reader(reader), FakeEmbedder()).resume()
    assert (change.added, reader.read_files) == (("letter.pdf",), [])
    assert add(library, letter, reader=reader).replaced == ("letter.pdf",)


# -- paused


class Paused(CancelToken):
    """Pauses when told to, and remembers that somebody waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = Event()

    @property
    def paused(self) -> bool:
        paused = super().paused
        if paused:
            self.waited.set()
        return paused


def start(work: Callable[[], Change]) -> tuple[Thread, list[Change | Cancelled]]:
    """``work`` in a thread, and what came of it."""
    ends: list[Change | Cancelled] = []

    def run() -> None:
        try:
            ends.append(work())
        except Cancelled as stopped:
            ends.append(stopped)

    thread = Thread(target=run)
    thread.start()
    return thread, ends


@pytest.mark.parametrize("stage", ["stage_collecting", "stage_reading", "stage_embedding"])
@pytest.mark.parametrize("then", ["resume", "cancel"])
def test_a_paused_import_waits_and_goes_on_or_stops(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch, stage: str, then: str
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    token = Paused()
    told: list[Progress] = []

    def pause_at(progress: Progress) -> None:
        told.append(progress)
        if progress.stage == stage and not token.waited.is_set():
            token.pause()

    thread, ends = start(lambda: add(library, files, report=pause_at, cancel=token))
    assert token.waited.wait(10)
    thread.join(0.1)
    so_far = len(told)
    thread.join(0.1)
    assert (ends, len(told)) == ([], so_far)
    getattr(token, then)()
    thread.join(10)
    (end,) = ends
    if then == "resume":
        assert isinstance(end, Change) and len(end.added) == 3
    else:
        assert isinstance(end, Cancelled)
        assert library.pending_imports() == []


@pytest.mark.slow
def test_a_file_loses_no_page_to_a_pause_that_is_longer_than_its_time(library: Library, tmp_path: Path) -> None:
    """With the real reader, which counts no second in which it had to wait."""
    file = tmp_path / "three.pdf"
    file.write_bytes(support.pdf([support.text(["These are words on a page."])] * 3))
    token, reads = CancelToken(), 0

    def pause_once(progress: Progress) -> None:
        nonlocal reads
        if progress.stage == "reading_stage_pages" and progress.done == 1 and not reads:
            reads += 1
            token.pause()
            Timer(4.0, token.resume).start()

    with Reader(Limits(page_seconds=1.0, file_seconds=3.0)) as reader:
        importer = Importer(library, reader, FakeEmbedder(), report=pause_once, cancel=token)
        change = importer.add([file], collection="General")
    assert reads == 1
    assert (change.added, change.partial) == (("three.pdf",), ())


def test_a_fault_ends_a_paused_import(library: Library, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    token = Paused()

    def breaks(_: Sequence[str]) -> None:
        token.pause()
        assert token.waited.wait(10)  # the reading thread stands still
        raise RuntimeError("a fault of ours")

    class Reader(LimitedReader):
        def read(self, path: Path, **options: Any) -> Reading:
            while self.read_files and not token.paused:
                time.sleep(0.005)
            return super().read(path, **options)

    with pytest.raises(RuntimeError, match="a fault of ours"):
        add(library, files, reader=Reader(), embedder=FakeEmbedder(seen=breaks), cancel=token)
    library.end_imports(library.pending_imports())


# -- killed at any moment

KILLED = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from core import importing
    from core.library import open_library
    from tests.fakes import FakeEmbedder, LimitedReader, as_reader, fake_cut

    folder, files, log, dawdle = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    importing.cut = fake_cut
    importing._BATCH = 8

    def note(texts):
        time.sleep(dawdle)
        with log.open("a") as out:
            out.write("".join(f"{len(texts)} {text!r}\\n" for text in texts))

    print("up", flush=True)
    with open_library(folder, create=True) as library:
        importer = importing.Importer(library, as_reader(LimitedReader()), FakeEmbedder(seen=note))
        importer.resume()
        importer.add([files], collection="General")
        for old, new in (("file00.pdf", "new00.pdf"), ("file01.pdf", "new01.pdf")):
            if any(document.name == old for document in library.documents()):
                importer.replace(old, files.parent / new, collection="General")
        if any(document.name == "file02.pdf" for document in library.documents()):
            library.remove(["file02.pdf"])
        library.doctor(rebuild_index=True)
    """
)


def start_killed(folder: Path, files: Path, log: Path, dawdle: float) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", KILLED, str(folder), str(files), str(log), str(dawdle)]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    choice = random.Random(2)
    folder, files, log = tmp_path / "lib", tmp_path / "files", tmp_path / "log"
    lines = [" ".join(f"Line {number:02} {n}." for n in range(9)) for number in range(24)]
    texts = {f"file{number:02}": f"Text {number:02}. {rest}" for number, rest in enumerate(lines)}
    write(files, **texts)
    write(tmp_path, new00="New text 00.", new01="New text 01.")
    kills = 0
    while kills < 10:
        process = start_killed(folder, files, log, 0.02)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(choice.uniform(0.0, 1.2))
        except subprocess.TimeoutExpired:
            process.kill()
        _, errors = process.communicate()
        assert process.returncode <= 0, errors.decode()
        kills += 1
    process = start_killed(folder, files, log, 0)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()

    with open_library(folder) as library:
        assert library.doctor() == []
        held = names(library)
        assert len(held) == len(set(held))
        # The last run adds what the files hold, then replaces and removes once more.
        expected = {f"{name}.pdf" for name in texts} - {"file00.pdf", "file01.pdf", "file02.pdf"}
        assert set(held) == expected | {"new00.pdf", "new01.pdf"}
        for number in (5, 23):
            texts_found = found(library, f"Text {number:02}", f"file{number:02}.pdf")
            assert f"Text {number:02}." in texts_found
        assert found(library, "New text", "new00.pdf") == ["New text 00."]
        assert library.coverage(Scope()).documents == len(held)
    # At most the one batch under way at each kill was embedded in vain; file00-02 are added again by every run.
    passages = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    lasting = [text for text in passages if not any(f" 0{number}" in text for number in "012")]
    again = sum(count - 1 for count in Counter(lasting).values())
    assert again <= kills * 8


# -- the list of rejected files


def listed(library: Library) -> list[tuple[str, str]]:
    return [(file.name, file.reason) for file in library.rejected()]


def test_rejected_files_are_listed_until_their_bytes_come_in(library: Library, files: Path, tmp_path: Path) -> None:
    write(files, broken="bad file", worse="bad as well")
    add(library, files, files / "missing.pdf", language="zh")
    kept = ("broken.pdf", "import_original_gone"), ("missing.pdf", "import_no_such_file")
    assert listed(library) == [*kept, ("worse.pdf", "import_original_gone")]
    broken = library.rejected()[0]
    assert (broken.source, broken.collection, broken.size) == (files / "broken.pdf", "General", 8)
    add(library, files)
    assert listed(library) == [*kept, ("worse.pdf", "import_original_gone")], "each is listed once"
    # The same bytes from elsewhere, which a reader of another day can read; and other bytes in the same place.
    write(tmp_path / "stick", renamed="bad file")
    add(library, tmp_path / "stick", reader=KinderReader(), collection="Other")
    write(files, worse="Worse no more.", missing="Found again.")
    assert set(add(library, files).added) == {"broken.pdf", "worse.pdf", "missing.pdf"}
    assert listed(library) == []


class KinderReader(LimitedReader):
    """Reads every file."""

    def read(self, path: Path, **options: Any) -> Reading:
        return replace(make_reading("Not so " + path.read_text()), sha256=path.name)


def test_a_place_that_now_holds_a_known_document_is_off_the_list(library: Library, files: Path, tmp_path: Path) -> None:
    write(tmp_path / "stick", lease="bad file")
    add(library, tmp_path / "stick")
    assert listed(library) == [("lease.pdf", "import_original_gone")]
    add(library, files)
    write(tmp_path / "stick", lease="The lease ends on 31 March.")
    assert add(library, tmp_path / "stick").unchanged == ("lease.pdf",)
    assert listed(library) == []


def test_only_what_is_wrong_with_a_file_is_listed(library: Library, files: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    add(library, files)
    write(files, lease="The lease was renewed.")
    change = add(library, files, tmp_path / "empty")
    assert {name for name, _ in change.rejected} == {"lease.pdf", "empty"}
    assert listed(library) == []


def test_a_rejected_new_version_is_listed_with_what_it_was_to_replace(library: Library, files: Path) -> None:
    add(library, files)
    write(files, broken="bad file")
    importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
    importer.replace("lease.pdf", files / "broken.pdf", collection="General")
    (file,) = library.rejected()
    assert (file.name, file.replaces, file.source) == ("broken.pdf", "lease.pdf", files / "broken.pdf")


def test_a_resumed_import_still_knows_where_its_files_lay(library: Library, files: Path) -> None:
    library.use_embedder(FakeEmbedder().identity)
    write(files, broken="bad file")
    kept = library.keep_original(files / "broken.pdf")
    library.begin_import(*kept, "broken.pdf", "General", source=files / "broken.pdf")
    Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
    assert [file.source for file in library.rejected()] == [files / "broken.pdf"]


def test_a_stopped_copying_lists_nothing(library: Library, files: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        add(library, files / "missing.pdf", files, report=lambda _: cancel.cancel(), cancel=cancel)
    assert listed(library) == []


@pytest.mark.parametrize("asks", ["is_dir", "is_file", "exists", "resolve"])
def test_a_drive_that_does_not_answer_costs_only_its_own_files(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch, asks: str
) -> None:
    whole = getattr(Path, asks)

    def refuses(path: Path, *arguments: object, **named: object) -> object:
        if path.name == "lease.pdf":
            raise OSError(5, "Input/output error")
        return whole(path, *arguments, **named)

    monkeypatch.setattr(Path, asks, refuses)
    change = add(library, files, files / "lease.pdf")
    assert {"dose.pdf", "note.pdf"} <= set(change.added)
    assert {name for name, _ in change.rejected} <= {"lease.pdf", str(files / "lease.pdf")}
    assert "lease.pdf" in change.added or change.rejected


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_file_whose_name_is_no_text_is_added_or_listed(library: Library, files: Path) -> None:
    (Path(os.fsdecode(os.fsencode(files) + b"/caf\xe9.pdf"))).write_text("A name of an old system.")
    (Path(os.fsdecode(os.fsencode(files) + b"/bad\xe9.pdf"))).write_text("bad file")
    change = add(library, files)
    assert "caf?.pdf" in change.added and [name for name, _ in change.rejected] == ["bad?.pdf"]
    (file,) = library.rejected()
    assert file.source is not None and file.source.is_file()


def test_looking_through_folders_can_be_stopped(library: Library, files: Path) -> None:
    for n in range(5):
        write(files / f"below-{n}", **{f"letter-{n}": f"Letter {n}."})
    cancel, looked = CancelToken(), []

    def at_the_second(progress: Progress) -> None:
        looked.append(progress)
        if len(looked) == 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        add(library, files, report=at_the_second, cancel=cancel)
    assert [(p.stage, p.item, p.total) for p in looked] == [
        ("stage_collecting", "files", 0),
        ("stage_collecting", "below-0", 0),
    ]
    assert (names(library), originals(library)) == ([], 0)
