"""Putting documents into a library without a reader."""

from __future__ import annotations

from pathlib import Path

from sqlcipher3 import dbapi2 as sqlite

from core.library import Library
from core.nouns import Change, Scope
from core.terms import question_terms
from tests.fakes import FakeEmbedder, fake_cut, make_reading

VERSION = "1"


def put(library: Library, folder: Path, **files: str) -> Change:
    """Add files by name (without .pdf) to the collection "General"."""
    return put_in(library, folder, "General", **files)


def put_in(library: Library, folder: Path, collection: str, **files: str) -> Change:
    """Add files by name (without .pdf) to a collection; what has their names is replaced."""
    embedder = FakeEmbedder()
    library.use_embedder(embedder.identity)
    items = []
    for name, text in files.items():
        source = folder / "incoming.pdf"
        source.write_text(text, encoding="utf-8")
        sha256, size = library.keep_original(source)
        items.append(library.begin_import(sha256, size, f"{name}.pdf", collection, replaces=f"{name}.pdf"))
        if not library.known(sha256, VERSION):
            reading = make_reading(text)
            library.store_reading(reading, fake_cut(reading, embedder.count_tokens, 64), VERSION)
        while batch := library.unembedded([sha256], 10):
            library.store_vectors(batch, embedder.embed_passages([p.embedded_text for p in batch]))
    return library.publish(items)


_TAKEN_BACK = {
    6: ("DROP INDEX pages_recognised",),
    5: (
        "ALTER TABLE contents DROP COLUMN hidden",
        "ALTER TABLE pages DROP COLUMN hidden",
        "ALTER TABLE pages DROP COLUMN confidence",
    ),
    4: ("DROP TABLE rejected", "ALTER TABLE imports DROP COLUMN source"),
    3: ("DROP TABLE exchanges", "DROP TABLE conversations"),
}


def take_back(folder: Path, schema: int) -> None:
    """Make of a closed library one as a program of that schema left it."""
    db = sqlite.connect(str(folder / "library.db"))
    for number in sorted(_TAKEN_BACK, reverse=True):
        for statement in _TAKEN_BACK[number] if number > schema else ():
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {schema}")
    db.commit()
    db.close()


def found(library: Library, question: str, *documents: str, collections: tuple[str, ...] = ()) -> list[str]:
    """The texts that both searches find for a question, words first."""
    scope = Scope(collections, documents)
    words = [key for key, _ in library.search_words(question_terms(question), scope, 10)]
    vector = FakeEmbedder().embed_question(question)
    dense = [key for key, score in library.search_vectors(vector, scope, 10) if score > 0.5]
    return [passage.text for passage in library.passages(list(dict.fromkeys(words + dense)))]
