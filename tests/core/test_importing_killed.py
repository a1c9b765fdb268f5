"""An import that is killed between any two of its steps: what is done is never done again.

A kill leaves what is on the disk.  So the folder is copied at every step of one import, and each copy is what a kill at
that moment would have left: it is opened, resumed, and must end like an import that nobody killed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import importing
from core.importing import Importer
from core.library import Library, library, open_library
from core.library.index import Index
from core.library.originals import Originals
from core.library.store import Store
from core.nouns import Scope
from tests.fakes import FakeEmbedder, LimitedReader, as_reader, fake_cut

pytestmark = pytest.mark.slow

# Everything by which an import changes what is on the disk.
STEPS: tuple[tuple[Any, str], ...] = (
    *((Originals, name) for name in ("keep", "drop")),
    *((Store, name) for name in ("begin_import", "add_content", "set_vectors", "publish", "end_imports", "reject")),
    *((Store, name) for name in ("set_embedder", "set_index", "checkpoint", "forget_rejected")),
    *((Index, name) for name in ("__init__", "apply", "optimise")),
    (library, "take_stock"),
    (library, "wipe"),
)


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "cut", fake_cut)
    monkeypatch.setattr(importing, "_BATCH", 3)


@contextlib.contextmanager
def copied_at_every_step(folder: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Path]]]:
    """What a kill just before or just after each step would leave."""
    copies: list[tuple[str, Path]] = []

    def copy(moment: str) -> None:
        place = into / f"{len(copies):03}"
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("library.lock", "library.pid"))
        copies.append((moment, place))

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            copy(f"before {name}")
            try:
                return step(*values, **named)
            finally:
                copy(f"after {name}")

        return call

    with monkeypatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, watched(f"{owner.__name__}.{name}", getattr(owner, name)))
        yield copies


def importer(opened: Library) -> tuple[Importer, FakeEmbedder, LimitedReader]:
    embedder, reader = FakeEmbedder(), LimitedReader()
    return Importer(opened, as_reader(reader), embedder), embedder, reader


def embedded(opened: Library) -> set[str]:
    """The texts whose vectors are kept."""
    store = opened._store
    sql = """SELECT p.content, p.page_index, p.key, c.sha256, p.start, p."end", p.heading, p.number
        FROM passages p JOIN contents c ON c.id = p.content WHERE p.vector IS NOT NULL"""
    return {passage.embedded_text for _, passage in store._passages(sql)}


def stored(opened: Library) -> set[str]:
    """The hashes of what was read."""
    return set(opened._store.contents().values())


def shown(opened: Library) -> dict[str, tuple[str, int]]:
    return {d.name: (d.sha256, d.version) for d in opened.documents(Scope())}


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.pdf").write_text(text, encoding="utf-8")
    return folder


def test_an_addition_killed_anywhere_is_resumed_without_doing_anything_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"file{n}": " ".join(f"Sentence {n} {s}." for s in range(4)) for n in range(4)}
    files = write(tmp_path / "files", **texts, bad="bad file")
    (tmp_path / "copies").mkdir()
    with open_library(tmp_path / "lib", create=True) as opened:
        with copied_at_every_step(tmp_path / "lib", tmp_path / "copies", monkeypatch) as copies:
            importer(opened)[0].add([files], collection="General")
        expected = shown(opened)
    assert len(expected) == 4 and len(copies) > 60
    for moment, folder in copies:
        with open_library(folder) as opened:
            had, read_before = embedded(opened), stored(opened)
            waiting = {p.sha256 for p in opened.pending_imports()}
            resuming, embedder, reader = importer(opened)
            resuming.resume()
            assert not had & set(embedder.embedded), moment
            assert max(Counter(embedder.embedded).values(), default=1) == 1, moment
            assert not any(f"Sentence {n}" in text for text in reader.read_files for n in range(4)) or (
                waiting - read_before
            ), moment
            # What had been written down is there; the rest was not taken over yet, and is added again without harm.
            again, embedder, _ = importer(opened)
            had = embedded(opened)
            again.add([files], collection="General")
            assert not had & set(embedder.embedded), moment
            assert shown(opened) == expected, moment
            assert [f.key for f in opened.doctor()] == [], moment


def test_a_replacement_killed_anywhere_shows_the_old_version_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(tmp_path / "files", lease="The lease ends in March. It is long.", dose="Four grams. A day.")
    newer = write(tmp_path / "newer", lease="The lease ends in June. It is short.")
    (tmp_path / "copies").mkdir()
    with open_library(tmp_path / "lib", create=True) as opened:
        importer(opened)[0].add([files], collection="General")
        before = shown(opened)
        with copied_at_every_step(tmp_path / "lib", tmp_path / "copies", monkeypatch) as copies:
            importer(opened)[0].replace("lease.pdf", newer / "lease.pdf", collection="General")
        after = shown(opened)
    assert after["lease.pdf"][1] == 2 and before["dose.pdf"] == after["dose.pdf"]
    for moment, folder in copies:
        with open_library(folder) as opened:
            assert shown(opened) in (before, after), moment
            had, asked_for = embedded(opened), bool(opened.pending_imports())
            resuming, embedder, _ = importer(opened)
            resuming.resume()
            assert not had & set(embedder.embedded), moment
            if asked_for:
                assert shown(opened) == after, moment
            (old,) = opened.standings(before["lease.pdf"][0])
            assert old.active == (shown(opened) == before), moment
            assert old.replaced_by == ("" if old.active else after["lease.pdf"][0]), moment
            assert opened.page(before["lease.pdf"][0], 0).text.startswith("The lease ends in March"), moment
            assert [f.key for f in opened.doctor()] == [], moment


def test_a_removal_killed_anywhere_is_finished_or_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write(tmp_path / "files", lease="The lease ends in March. It is long.", dose="Four grams. A day.")
    (tmp_path / "copies").mkdir()
    with open_library(tmp_path / "lib", create=True) as opened:
        importer(opened)[0].add([files], collection="General")
        with copied_at_every_step(tmp_path / "lib", tmp_path / "copies", monkeypatch) as copies:
            opened.remove(["lease.pdf"])
    gone = 0
    for moment, folder in copies:
        with open_library(folder) as opened:
            if "lease.pdf" in shown(opened):
                assert len(opened.documents()) == 2, moment
            else:
                gone += 1
                held = [path for path in folder.rglob("*") if path.is_file() and b"ends in March" in path.read_bytes()]
                assert held == [], moment
            assert [f.key for f in opened.doctor()] == [], moment
    assert gone > 0
