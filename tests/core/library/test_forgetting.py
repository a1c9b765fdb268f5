"""What is removed is gone from every file of the library, whatever was done with it before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlite

from core.errors import UserProblem
from core.library import Library, PendingImport, open_library, schema
from core.library.store import Store
from core.nouns import Change
from tests.core.library.support import VERSION, found, put
from tests.fakes import FakeEmbedder, fake_cut, make_reading

NAMES = ("a.pdf", "b.pdf", "c.pdf")
# One word each that a stemmer leaves alone, so that the index holds it as it stands.
WORDS = ("xqalphkv", "xqbravkv", "xqcharkv", "xqdeltkv", "xqechokv")
OPERATIONS = (*("add",) * 2, *("replace",) * 4, *("remove",) * 3, "retire", "move", "delete", "reopen", "killed")


def text_of(word: str) -> str:
    return f"The file of {word} is closed. Nothing else is known of {word} here."


def traces(library: Library, words: set[str]) -> list[str]:
    """Which of these words, or of what was made of them, are in a file of the library."""
    sought: dict[str, list[bytes]] = {}
    for word in words:
        reading = make_reading(text_of(word))
        passages = fake_cut(reading, FakeEmbedder().count_tokens, 64)
        vectors = FakeEmbedder().embed_passages([p.embedded_text for p in passages]).astype("<f2")
        sought[word] = [word.encode(), reading.sha256.encode()]
        sought[word] += [form for v in vectors for form in (v.tobytes(), v.astype("<f4").tobytes())]
    files = [path for path in library.folder.rglob("*") if path.is_file()]
    held = [(path.name.encode() + b"\0" + path.read_bytes(), path.name) for path in files]
    return [
        f"{word} in {name}" for word, signs in sought.items() for data, name in held if any(s in data for s in signs)
    ]


def bring_in(library: Library, folder: Path, word: str, name: str, replaces: str) -> Change:
    item = journal(library, folder, word, name, replaces)
    read(library, word)
    return library.publish([item])


def journal(library: Library, folder: Path, word: str, name: str, replaces: str) -> PendingImport:
    library.use_embedder(FakeEmbedder().identity)
    source = folder / "incoming.pdf"
    source.write_text(text_of(word), encoding="utf-8")
    sha256, size = library.keep_original(source)
    source.unlink()
    return library.begin_import(sha256, size, name, "General", replaces)


def read(library: Library, word: str, version: str = VERSION) -> None:
    embedder, reading = FakeEmbedder(), make_reading(text_of(word))
    if not library.known(reading.sha256, version):
        library.store_reading(reading, fake_cut(reading, embedder.count_tokens, 64), version)
    while batch := library.unembedded([reading.sha256], 10):
        library.store_vectors(batch, embedder.embed_passages([p.embedded_text for p in batch]))


@dataclass
class Line:
    """A document with its earlier versions: the words of each, and every (collection, name) that one of them had."""

    words: list[str]
    places: set[tuple[str, str]]


@dataclass
class Expected:
    """What a history should leave: what is shown by its place, and what was retired, with the place of its end."""

    active: dict[tuple[str, str], Line] = field(default_factory=dict)
    retired: list[tuple[tuple[str, str], Line]] = field(default_factory=list)

    def add(self, word: str, name: str, replaces: str) -> None:
        place = ("General", name)
        same = self.active.get(place)
        other = self.active.get(("General", replaces)) if replaces != name else None
        if same is not None and same.words[-1] != word and replaces != name:
            return  # refused
        if same is not None and same.words[-1] == word and other is None:
            return
        self.active.pop(("General", replaces), None)
        before = [line for line in (other, same) if line is not None]
        words = [w for line in before for w in line.words]
        self.active[place] = Line([*words, word], {place}.union(*(line.places for line in before)))

    def history(self, line: Line) -> list[tuple[tuple[str, str], Line]]:
        """What was retired under a name of this document, or under a name of that: it is its earlier history."""
        places, found = set(line.places), list[tuple[tuple[str, str], Line]]()
        while more := [one for one in self.retired if one not in found and one[0] in places]:
            found += more
            places = places.union(*(one[1].places for one in more))
        return found

    def remove(self, collection: str, name: str) -> None:
        gone = self.history(self.active.pop((collection, name)))
        self.retired = [one for one in self.retired if one not in gone]

    def retire(self, collection: str, name: str) -> None:
        self.retired.append(((collection, name), self.active.pop((collection, name))))

    def move(self, name: str) -> bool:
        if ("General", name) not in self.active or ("Other", name) in self.active:
            return False
        line = self.active.pop(("General", name))
        moved = self.history(line)

        def there(one: Line) -> Line:
            return Line(one.words, {("Other", name) for _, name in one.places})

        self.retired = [(("Other", one[0][1]), there(one[1])) if one in moved else one for one in self.retired]
        self.active["Other", name] = there(line)
        return True

    def delete(self, collection: str) -> None:
        self.active = {place: line for place, line in self.active.items() if place[0] != collection}
        self.retired = [one for one in self.retired if one[0][0] != collection]

    @property
    def kept(self) -> set[str]:
        lines = [*self.active.values(), *(line for _, line in self.retired)]
        return {word for line in lines for word in line.words}


@example(
    # Under the name that a document had before, another is added and retired.
    history=[("add", 0, 0, 0), ("replace", 0, 0, 1), ("add", 0, 0, 0), ("retire", 0, 0, 0), ("remove", 0, 0, 0)]
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(st.tuples(st.sampled_from(OPERATIONS), *[st.integers(0, 11)] * 3), min_size=4, max_size=14))
def test_whatever_happened_before_nothing_removed_stays_and_nothing_else_goes(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    expected, seen = Expected(), set[str]()
    library = open_library(folder / "lib", create=True)
    try:
        for operation, which, what, where in history:
            here = sorted(name for collection, name in expected.active if collection == "General")
            name = here[which % len(here)] if here else ""
            match operation:
                case "add" | "replace":
                    word, new = WORDS[what % len(WORDS)], NAMES[where % len(NAMES)]
                    replaces = name if operation == "replace" else ""
                    bring_in(library, folder, word, new, replaces)
                    expected.add(word, new, replaces)
                    seen.add(word)
                case "remove" if name:
                    library.remove([name], "General")
                    expected.remove("General", name)
                case "killed" if name:
                    library = kill_while_removing(library, name)
                    expected.remove("General", name)
                case "retire" if name:
                    library.retire([name], "General")
                    expected.retire("General", name)
                case "move" if name and expected.move(name):
                    library.move_documents([name], "Other", "General")
                case "delete" if any(collection == "Other" for collection, _ in expected.active):
                    library.delete_collection("Other", force=True)
                    expected.delete("Other")
                case "reopen":
                    library.close()
                    library = open_library(folder / "lib")
            assert traces(library, seen - expected.kept) == []
        assert {(d.collection, d.name) for d in library.documents()} == set(expected.active)
        for word in expected.kept:
            sha256 = make_reading(text_of(word)).sha256
            assert library.page(sha256, 0).text == text_of(word)
            assert library.original(sha256).read_text() == text_of(word)
        for line in expected.active.values():
            assert text_of(line.words[-1]).partition(". ")[0] + "." in found(library, line.words[-1])
        assert library.doctor() == []
    finally:
        library.close()


def kill_while_removing(library: Library, name: str) -> Library:
    """The process ends when the truth has changed and nothing else has."""

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library._originals, "drop", die)
        patch.setattr(library, "_follow", die)
        with pytest.raises(Killed):
            library.remove([name], "General")
    library._index = None
    library._store.close()
    library._process_lock.release()
    return open_library(library.folder)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "lib", create=True) as opened:
        yield opened


def test_a_document_replaced_by_a_file_that_was_here_already_goes_with_it(library: Library, tmp_path: Path) -> None:
    first, second, third = WORDS[:3]
    put(library, tmp_path, keeper=text_of(third))
    bring_in(library, tmp_path, first, "old.pdf", "")
    bring_in(library, tmp_path, second, "new.pdf", "")
    assert bring_in(library, tmp_path, second, "new.pdf", "old.pdf").replaced == ("old.pdf",)
    assert library.standings(make_reading(text_of(first)).sha256)[0].replaced_by == (
        make_reading(text_of(second)).sha256
    )
    library.remove(["new.pdf"])
    assert traces(library, {first, second}) == []
    assert [d.name for d in library.documents()] == ["keeper.pdf"]


def test_an_earlier_version_goes_although_the_newest_bytes_are_here_under_another_name(
    library: Library, tmp_path: Path
) -> None:
    """Then nothing leaves the index with the removal, but what left it before is still in its files."""
    first, second = WORDS[:2]
    put(library, tmp_path, twin=text_of(second), a=text_of(first))
    put(library, tmp_path, a=text_of(second))
    library.remove(["a.pdf"])
    assert traces(library, {first}) == []
    assert [d.name for d in library.documents()] == ["twin.pdf"]
    assert found(library, second)


def test_what_was_retired_goes_with_the_document_that_has_its_name_now(library: Library, tmp_path: Path) -> None:
    first, second = WORDS[:2]
    put(library, tmp_path, a=text_of(first))
    library.retire(["a.pdf"])
    put(library, tmp_path, a=text_of(second))
    library.remove(["a.pdf"])
    assert traces(library, {first, second}) == []


def test_a_removed_document_does_not_come_back_with_an_interrupted_import(library: Library, tmp_path: Path) -> None:
    word = WORDS[0]
    put(library, tmp_path, a=text_of(word))
    item = journal(library, tmp_path, word, "a.pdf", "a.pdf")  # to be read again, as the doctor has it done
    other = journal(library, tmp_path, WORDS[1], "b.pdf", "")
    library.remove(["a.pdf"])
    assert library.pending_imports() == [other]
    assert traces(library, {word}) == []
    read(library, WORDS[1])
    assert library.publish([item, other]).added == ("b.pdf",)  # whoever was at it goes on with the others
    assert [d.name for d in library.documents()] == ["b.pdf"]


def test_the_copy_from_before_a_migration_goes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:-1])
        with open_library(tmp_path / "lib", create=True) as library:
            library.create_collection(WORDS[0])
    with open_library(tmp_path / "lib") as library:
        copy = schema.backup_of(library.folder / "library.db", len(schema.MIGRATIONS) - 1)
        assert copy.is_file()
        library.delete_collection(WORDS[0])
        assert traces(library, {WORDS[0]}) == []
        assert not copy.exists()


def test_a_removal_that_the_disk_refused_half_way_is_finished_when_opened_next(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(library, tmp_path, a=text_of(WORDS[0]), b=text_of(WORDS[1]))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(library._originals, "drop", refuse)
        with pytest.raises(UserProblem) as problem:
            library.remove(["a.pdf"])
        assert problem.value.key == "library_disk_full"
    library.remove(["b.pdf"])
    library.close()
    with open_library(library.folder) as again:
        assert traces(again, {WORDS[0], WORDS[1]}) == []
        assert again.doctor() == []


def test_what_moved_within_the_database_leaves_no_copy_of_itself_behind(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's secure_delete overwrites a row where it is, and not where it was before its page was split."""
    rng = random.Random(0)  # without the rewriting, one name of this history stays in the file
    here: list[str] = []
    gone: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(Store, "rewrite", lambda _: None)
        library._store._db.execute("PRAGMA synchronous = OFF")
        for _ in range(500):
            if rng.random() < 0.62 or not here:
                here.append(f"xq{rng.getrandbits(32):08x}kv" * (1 + rng.choice([0, 3, 10, 40])))
                library.create_collection(here[-1])
            else:
                gone.append(here.pop(rng.randrange(len(here))))
                library.delete_collection(gone[-1])
    gone.append(here.pop())
    library.delete_collection(gone[-1])
    data = b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
    assert [name for name in gone if name[:12].encode() in data] == []
    assert [name for name, _ in library.collections()] == sorted(here)
    assert library.doctor() == []


@pytest.mark.parametrize("when", ["written aside", "before it is renamed", "log in use"])
def test_a_rewriting_that_fails_leaves_the_database_as_it_is(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    put(library, tmp_path, a=text_of(WORDS[0]), b=text_of(WORDS[1]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(
            "core.library.store.os.fsync" if when == "written aside" else "core.library.store.os.replace", full
        )
        if when == "log in use":  # somebody else has the file open, so that its log outlives our closing it
            other = sqlite.connect(str(library.folder / "library.db"))
            other.execute("SELECT count(*) FROM documents").fetchall()
            library._store.rewrite()
            other.close()
        else:
            with pytest.raises(UserProblem) as problem:
                library.remove(["a.pdf"])
            assert problem.value.key == "library_disk_full"
    assert not list(library.folder.glob("*-aside"))
    assert [d.name for d in library.documents()] == (["a.pdf", "b.pdf"] if when == "log in use" else ["b.pdf"])
    library.close()
    with open_library(library.folder) as again:
        assert again.doctor() == []
        assert traces(again, {WORDS[0]}) == [] or when == "log in use"
