"""Personas on the shelf and in one file: whole or not at all, and never another's."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import Cancelled, CancelToken, TryAgain, UserProblem
from core.nouns import Persona
from models.merge import write_adapter
from models.persona import shelf, specification
from models.persona.shelf import Shelved, check, export_file, find, import_file, install, installed, remove
from models.recipe import Card, new_card, read_card, sha256
from tests.models.networks import PASSED, network, peft_folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    """A trained adapter and its card, which says that the gate let it pass."""
    folder = tmp_path_factory.mktemp("trained")
    network(folder / "base.gguf")
    peft_folder(folder / "peft", rank=2)
    made = new_card("xiaozhi", "mini", sha256(folder / "base.gguf"), seed=1)
    card = write_adapter(folder / "peft", folder / "base.gguf", folder / "adapter.gguf", made)
    return folder / "adapter.gguf", replace(card, gate=PASSED)


@pytest.fixture
def persona() -> Persona:
    return next(p for p in specification.shipped() if p.id == "xiaozhi")


@pytest.fixture
def here(tmp_path: Path, trained: tuple[Path, Card], persona: Persona) -> Path:
    """A shelf with one persona."""
    install(persona, *trained, tmp_path / "personas")
    return tmp_path / "personas"


def key_of(call: Callable[[], object]) -> str:
    with pytest.raises((UserProblem, TryAgain)) as problem:
        call()
    for language in ("en", "zh"):
        assert problem.value.sentence(language)
    return problem.value.key


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock")


def test_what_is_installed_is_found(here: Path, persona: Persona, trained: tuple[Path, Card]) -> None:
    (found,) = installed(here)
    assert found == find("xiaozhi", here)
    assert found.persona == persona
    assert found.card == trained[1]
    assert found.adapter.read_bytes() == trained[0].read_bytes()
    assert names(here) == ["xiaozhi"]
    assert names(here / "xiaozhi") == ["adapter.gguf", "card.json", "persona.toml"]


def test_nothing_and_the_wrong_name(here: Path, tmp_path: Path) -> None:
    assert installed(tmp_path / "none") == []
    assert key_of(lambda: find("xiaozhi", tmp_path / "none")) == "shelf_none"
    for name in ("other", "", "../xiaozhi", ".lock", "XIAOZHI"):
        assert key_of(lambda name=name: find(name, here)) == "shelf_unknown"
        assert key_of(lambda name=name: remove(name, here)) == "shelf_unknown"
    assert names(here) == ["xiaozhi"]


def test_a_persona_is_taken_off_the_shelf(here: Path) -> None:
    remove("xiaozhi", here)
    assert installed(here) == [] and names(here) == []


def test_the_next_version_takes_the_place_of_the_last(here: Path, persona: Persona, trained: tuple[Path, Card]) -> None:
    install(replace(persona, never_say=("guaranteed profit",)), *trained, here)
    assert find("xiaozhi", here).persona.never_say == ("guaranteed profit",)
    assert names(here) == ["xiaozhi"]


def test_the_last_version_stays_when_the_next_one_fails(
    here: Path, persona: Persona, trained: tuple[Path, Card], tmp_path: Path
) -> None:
    adapter, card = trained
    before = find("xiaozhi", here)
    wrong = replace(card, adapter_sha256="0" * 64)
    assert key_of(lambda: install(persona, adapter, wrong, here)) == "card_other_adapter"
    claimed = replace(card, base_sha256="0" * 64)
    assert key_of(lambda: install(persona, adapter, claimed, here)) == "card_other_adapter"
    (tmp_path / "bad.gguf").write_bytes(adapter.read_bytes()[:3000])
    assert key_of(lambda: install(persona, tmp_path / "bad.gguf", card, here)) == "model_cut"
    assert key_of(lambda: install(replace(persona, id="../up"), adapter, card, here)) == "persona_id_bad"
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        install(persona, adapter, card, here, cancel=token)
    assert find("xiaozhi", here) == before and names(here) == ["xiaozhi"]


def test_a_power_cut_between_two_names_loses_nothing(here: Path) -> None:
    (here / "xiaozhi").rename(here / ".previous-xiaozhi")
    shutil.copytree(here / ".previous-xiaozhi", here / ".incoming-abc")
    assert [s.persona.id for s in installed(here)] == ["xiaozhi"]
    assert names(here) == ["xiaozhi"]
    shutil.copytree(here / "xiaozhi", here / ".previous-xiaozhi")
    assert find("xiaozhi", here).persona.id == "xiaozhi"
    assert names(here) == ["xiaozhi"]


def test_one_change_at_a_time(here: Path) -> None:
    with FileLock(here / ".lock"):
        assert key_of(lambda: remove("xiaozhi", here)) == "shelf_busy"
    assert names(here) == ["xiaozhi"]


def test_damaged_files_are_no_persona(here: Path) -> None:
    for part in ("persona.toml", "card.json"):
        kept = (here / "xiaozhi" / part).read_bytes()
        (here / "xiaozhi" / part).write_bytes(b"\x00")
        assert installed(here) == []
        assert key_of(lambda: find("xiaozhi", here)) == "shelf_damaged"
        (here / "xiaozhi" / part).write_bytes(kept)
    (here / "xiaozhi").rename(here / "other")
    assert key_of(lambda: find("other", here)) == "shelf_damaged"
    remove("other", here)
    assert names(here) == []


def test_an_adapter_for_another_base_is_refused_with_both_names(here: Path, trained: tuple[Path, Card]) -> None:
    found = find("xiaozhi", here)
    check(found, trained[1].base_sha256, "mini")
    with pytest.raises(UserProblem) as problem:
        check(found, "f" * 64, "better")
    assert problem.value.key == "adapter_other_base"
    for language in ("en", "zh"):
        sentence = problem.value.sentence(language)
        assert "mini" in sentence and "better" in sentence and "f" * 12 in sentence
        assert trained[1].base_sha256[:12] in sentence


def test_an_exchanged_adapter_or_card_is_refused(here: Path) -> None:
    found = find("xiaozhi", here)
    base = found.card.base_sha256
    with found.adapter.open("rb+") as file:
        file.seek(-1000, 2)
        file.write(b"\x01")
    assert key_of(lambda: check(found, base)) == "card_other_adapter"
    # Whoever also mends the hash on the card still has another card inside the file.
    card = json.loads((here / "xiaozhi" / "card.json").read_text())
    card |= {"adapter_sha256": sha256(found.adapter), "base_sha256": "f" * 64}
    (here / "xiaozhi" / "card.json").write_text(json.dumps(card))
    assert key_of(lambda: check(find("xiaozhi", here), "f" * 64)) == "card_other_adapter"


def exported(here: Path) -> Path:
    out = here.parent / "xiaozhi.persona"
    export_file("xiaozhi", here, out)
    return out


def test_one_file_brings_the_persona_to_another_computer(here: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    made = import_file(exported(here), there)
    mine = find("xiaozhi", here)
    assert made == find("xiaozhi", there)
    assert replace(made, folder=here / "xiaozhi") == mine
    assert all((there / "xiaozhi" / p.name).read_bytes() == p.read_bytes() for p in (here / "xiaozhi").iterdir())


def test_the_same_persona_is_the_same_file(here: Path, tmp_path: Path) -> None:
    first = exported(here).read_bytes()
    assert exported(here).read_bytes() == first
    with zipfile.ZipFile(tmp_path / "xiaozhi.persona") as archive:
        assert archive.namelist() == ["manifest.json", "persona.toml", "adapter.gguf", "card.json"]
        assert archive.testzip() is None


def test_another_persona_of_that_name_gives_way_only_when_told(
    here: Path, persona: Persona, trained: tuple[Path, Card]
) -> None:
    file = exported(here)
    assert import_file(file, here) == find("xiaozhi", here)  # the same one: nothing to ask
    install(replace(persona, never_say=("guaranteed profit",)), *trained, here)
    assert key_of(lambda: import_file(file, here)) == "shelf_taken"
    assert find("xiaozhi", here).persona.never_say == ("guaranteed profit",)
    assert import_file(file, here, replace=True).persona == persona
    assert find("xiaozhi", here).persona == persona and names(here) == ["xiaozhi"]


def test_no_byte_can_change_unseen(here: Path, tmp_path: Path) -> None:
    whole = exported(here).read_bytes()
    there, changed = tmp_path / "there", tmp_path / "changed.persona"
    chance = random.Random(6)
    places = {*range(60), *range(len(whole) - 500, len(whole)), *(chance.randrange(len(whole)) for _ in range(300))}
    for place in sorted(places):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        changed.write_bytes(flipped)
        key = key_of(lambda: import_file(changed, there))
        assert key in ("shelf_file_changed", "shelf_file_foreign"), place
    assert not there.exists() or names(there) == []


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.9, 0.9999])
def test_a_cut_file(here: Path, tmp_path: Path, share: float) -> None:
    whole = exported(here).read_bytes()
    (tmp_path / "cut.persona").write_bytes(whole[: int(len(whole) * share)])
    key = key_of(lambda: import_file(tmp_path / "cut.persona", tmp_path / "there"))
    assert key == ("shelf_file_changed" if share > 0.01 else "shelf_file_foreign")
    assert not (tmp_path / "there").exists()


def test_other_files(tmp_path: Path) -> None:
    there = tmp_path / "there"
    assert key_of(lambda: import_file(tmp_path / "none.persona", there)) == "shelf_file_missing"
    assert key_of(lambda: import_file(tmp_path, there)) == "shelf_file_folder"
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7" + bytes(500))
    assert key_of(lambda: import_file(tmp_path / "a.pdf", there)) == "shelf_file_foreign"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert key_of(lambda: import_file(tmp_path / "a.zip", there)) == "shelf_file_foreign"


def sealed(file: Path, parts: list[tuple[str, bytes]], packing: int = zipfile.ZIP_STORED) -> Path:
    """An archive of a stranger who knows how the seal is made."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts:
            archive.writestr(zipfile.ZipInfo(name), data, packing if name != "manifest.json" else zipfile.ZIP_STORED)
        archive.comment = b"0" * 64
    body = file.read_bytes()[:-64]
    file.write_bytes(body + hashlib.sha256(body).hexdigest().encode())
    return file


def parts_of(here: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(exported(here)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_a_stranger_may_put_into_an_archive(here: Path, tmp_path: Path) -> None:
    good = parts_of(here)
    out, there = tmp_path / "odd.persona", tmp_path / "there"

    def key(parts: list[tuple[str, bytes]], packing: int = zipfile.ZIP_STORED) -> str:
        return key_of(lambda: import_file(sealed(out, parts, packing), there))

    def with_manifest(**files: bytes) -> list[tuple[str, bytes]]:
        renamed = {name.replace("_", "."): data for name, data in files.items()}
        parts = {**good, **renamed}
        listed = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in parts.items()
            if name != "manifest.json"
        }
        told = {"format": "vademecum persona", "version": 1, "parts": listed}
        return [*{**parts, "manifest.json": json.dumps(told).encode()}.items()]

    assert import_file(sealed(out, with_manifest()), there).persona.id == "xiaozhi"  # the seal is as they make it
    remove("xiaozhi", there)
    items = [*good.items()]
    assert key([*items, ("../../evil.py", b"x")]) == "shelf_file_changed"
    assert key([*items, ("adapter.pkl", b"x")]) == "shelf_file_changed"
    assert key(items[:3]) == "shelf_file_changed"
    assert key([items[0], items[2], items[1], items[3]]) == "shelf_file_changed"
    with pytest.warns(UserWarning, match="Duplicate name"):
        assert key([*items, items[3]]) == "shelf_file_changed"
    assert key([items[0], *((n.replace("card", "/card"), d) for n, d in items[1:])]) == "shelf_file_changed"
    # A bomb, and the other parts packed.
    bomb = [items[0], items[1], ("adapter.gguf", bytes(50_000_000)), items[3]]
    assert key(bomb, zipfile.ZIP_DEFLATED) == "shelf_file_changed"
    assert key(items, zipfile.ZIP_DEFLATED) == "shelf_file_changed"
    assert key([items[0], ("persona.toml", bytes(9_000_000)), *items[2:]]) == "shelf_file_too_large"
    assert key([("manifest.json", b"{}"), *items[1:]]) == "shelf_file_changed"
    assert key([("manifest.json", b"[" * 50_000), *items[1:]]) == "shelf_file_changed"
    other = good["manifest.json"].replace(b'"version": 1', b'"version": 2')
    assert key([("manifest.json", other), *items[1:]]) == "shelf_file_foreign"
    # Well listed, and still not what it should be.
    climbing = good["persona.toml"].replace(b'id = "xiaozhi"', b'id = "../xiaozhi"')
    assert climbing != good["persona.toml"]
    assert key(with_manifest(persona_toml=climbing)) == "persona_id_bad"
    assert key(with_manifest(persona_toml=b"a = " + b"[" * 50_000)) in ("shelf_file_changed", "persona_no_toml")
    assert key(with_manifest(card_json=b"{}")) in ("card_damaged", "shelf_damaged")
    assert key(with_manifest(adapter_gguf=b"GGUF" + bytes(100))) in ("card_other_adapter", "model_damaged")
    assert names(there) == []


def test_a_file_larger_than_any_persona(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = exported(here)
    monkeypatch.setattr(shelf, "LARGEST", 1000)
    assert key_of(lambda: import_file(file, tmp_path / "there")) == "shelf_file_too_large"


def test_import_can_be_cancelled_and_leaves_nothing(here: Path, tmp_path: Path) -> None:
    file, token, there = exported(here), CancelToken(), tmp_path / "there"
    with pytest.raises(Cancelled):
        import_file(file, there, report=lambda p: token.cancel() if p.stage == "shelf_copying" else None, cancel=token)
    assert names(there) == []


def test_a_damaged_persona_is_not_exported(here: Path, tmp_path: Path) -> None:
    with find("xiaozhi", here).adapter.open("rb+") as file:
        file.seek(-100, 2)
        file.write(b"\x77")
    assert key_of(lambda: export_file("xiaozhi", here, tmp_path / "x.persona")) == "card_other_adapter"
    assert not (tmp_path / "x.persona").exists()


def test_the_card_may_learn_what_the_gate_said(here: Path, persona: Persona, trained: tuple[Path, Card]) -> None:
    adapter, card = trained
    tested = replace(card, gate={"persona": {"identity": 96.25}})
    made: Shelved = install(persona, adapter, tested, here)
    assert read_card(made.folder / "card.json").gate == {"persona": {"identity": 96.25}}
    check(made, card.base_sha256)


@pytest.mark.parametrize(
    ("gate", "key"),
    [
        ({}, "shelf_not_tested"),
        ({"base": {"identity": 99.0}}, "shelf_not_tested"),
        ({"persona": {"cited": 99.0}}, "shelf_not_tested"),
        ({"persona": {"identity": 1e308}}, "shelf_not_tested"),
        ({"persona": {"identity": 94.99}}, "shelf_not_passed"),
        ({"persona": {"identity": 0.97}}, "shelf_not_passed"),
    ],
)
def test_a_persona_that_did_not_pass_the_gate_is_not_carried_around_it(
    persona: Persona, trained: tuple[Path, Card], tmp_path: Path, gate: dict[str, dict[str, float]], key: str
) -> None:
    adapter, card = trained
    install(persona, adapter, replace(card, gate=gate), tmp_path / "personas")
    file = exported(tmp_path / "personas")
    assert key_of(lambda: import_file(file, tmp_path / "there")) == key
    assert names(tmp_path / "there") == []
    assert key_of(lambda: import_file(file, tmp_path / "personas", replace=True)) == key, "nor over another"


def test_an_export_makes_no_folders(here: Path, tmp_path: Path) -> None:
    assert key_of(lambda: export_file("xiaozhi", here, tmp_path / "typo" / "x.persona")) == "output_no_folder"
    assert not (tmp_path / "typo").exists()
    assert key_of(lambda: export_file("xiaozhi", here, tmp_path)) == "output_is_folder"
