"""Settings: declared once, read from one file, refused when they are not what they should be."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from core.errors import UserProblem
from core.settings import Settings, data_folder, load_settings, save_settings, settings_file

TOP = Path(__file__).parents[2]


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_everything_is_as_declared(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == Settings()


def test_what_the_file_says_counts(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, 'language = "zh"\nthreads = 3\nocr = false\npage_seconds = 5'))
    assert (settings.language, settings.threads, settings.ocr) == ("zh", 3, False)
    assert settings.page_seconds == 5.0 and isinstance(settings.page_seconds, float)
    assert settings.model == Settings().model


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('langage = "zh"', "settings_unknown", "langage"),
        ("language = 3", "settings_wrong_type", "language"),
        ('threads = "two"', "settings_wrong_type", "threads"),
        ("threads = 2.5", "settings_wrong_type", "threads"),
        ("threads = true", "settings_wrong_type", "threads"),
        ("ocr = 1", "settings_wrong_type", "ocr"),
        ("language = [", "settings_damaged", "settings.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(tmp_path: Path, text: str, key: str, words: str) -> None:
    with pytest.raises(UserProblem) as problem:
        load_settings(written(tmp_path, text))
    assert problem.value.key == key
    assert words in problem.value.sentence("en") and words in problem.value.sentence("zh")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b'language = "\xff\xfe"')
    with pytest.raises(UserProblem) as problem:
        load_settings(file)
    assert problem.value.key == "settings_damaged"


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path))
    assert data_folder() == tmp_path
    assert settings_file() == tmp_path / "settings.toml"
    written(tmp_path, "threads = 7")
    assert load_settings().threads == 7


def test_without_it_data_and_settings_have_the_places_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VADEMECUM_HOME", raising=False)
    assert data_folder().name == "vademecum"
    assert settings_file().parent.name == "vademecum"


def test_every_setting_says_what_it_does_and_somebody_reads_it() -> None:
    read = {
        node.attr
        for room in ("core", "models", "desktop")
        for file in (TOP / room).rglob("*.py")
        if file != TOP / "core" / "settings.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and "settings" in ast.unparse(node.value)
    }
    for setting in fields(Settings):
        assert setting.metadata["words"], setting.name
        assert setting.name in read, f"nobody reads the setting {setting.name}"


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "settings.toml"
    chosen = Settings(language="zh", theme="dark", library='/a "quoted"\\path\x7f/资料', text_size=120, ocr=False)
    save_settings(chosen, file)
    assert load_settings(file) == chosen
    save_settings(Settings(), file)
    assert file.read_text(encoding="utf-8") == ""
    assert [f.name for f in file.parent.iterdir()] == ["settings.toml"]


def test_settings_that_cannot_be_written_say_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(UserProblem, match="could not be written"):
        save_settings(Settings(theme="dark"), tmp_path / "taken" / "settings.toml")
