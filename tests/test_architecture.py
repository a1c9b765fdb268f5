"""The house rule, in sentences.  When one of them stops being true, either the code or the plan is wrong.

ARCHITECTURE.md is the plan; pyproject.toml holds the same rule as contracts of
import-linter.  A change of the plan changes all three.
"""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

TOP = Path(__file__).parent.parent
ROOMS = ("core", "models", "desktop")

# sentence, libraries, the only places (a folder or a file) that may import them
DOORS = (
    (
        "documents and pictures of text are opened only in core/reading",
        ("pypdfium2", "pypdf", "rapidocr", "lxml", "markdown_it", "charset_normalizer"),
        ("core/reading/",),
    ),
    ("databases are opened only in core/library", ("sqlcipher3", "sqlite3", "lancedb"), ("core/library/",)),
    ("texts become vectors only in core/embedding.py", ("sentence_transformers",), ("core/embedding.py",)),
    ("torch is used only for embedding and for training", ("torch",), ("core/embedding.py", "models/persona/")),
    (
        "language models run only in core/language_model.py",
        ("llama_cpp",),
        ("core/language_model.py", "models/quantise.py"),
    ),
    ("models are trained only in models/persona", ("peft",), ("models/persona/",)),
    # sentence-transformers stands on transformers, whose messages only its own switch silences.
    ("transformers is only trained with, or silenced", ("transformers",), ("models/persona/", "core/embedding.py")),
    ("the window toolkit is used only in desktop/window", ("PySide6",), ("desktop/window/",)),
    (
        "nothing speaks to a network",
        ("requests", "httpx", "httpx2", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib"),
        (),
    ),
    ("sockets are known only to what forbids them", ("socket",), ("desktop/engine_room/offline.py",)),
    (
        # Between our own two processes, and there only our own nouns: 10,000 documents travel in milliseconds.
        "nothing is unpickled but the nouns of the window's channel",
        ("pickle", "shelve", "dill", "joblib", "cloudpickle"),
        ("desktop/channel.py",),
    ),
)


def _sources(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms:
        for file in sorted((TOP / room).rglob("*.py")):
            yield file.relative_to(TOP).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, at the top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module not in ROOMS:  # "from core import nouns" is core.nouns
                yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize(("libraries", "places"), [d[1:] for d in DOORS], ids=[d[0] for d in DOORS])
def test_each_heavy_library_has_one_door(libraries: tuple[str, ...], places: tuple[str, ...]) -> None:
    strangers = [
        f"{file} imports {module}"
        for file, tree in _sources(*ROOMS)
        if not file.startswith(places)
        for module in _imports(tree)
        if any(_within(module, library) for library in libraries)
    ]
    assert not strangers


def test_the_engine_knows_nothing_of_the_other_rooms() -> None:
    assert not [
        f"{file} imports {module}"
        for file, tree in _sources("core")
        for module in _imports(tree)
        if _within(module, "models") or _within(module, "desktop")
    ]


def test_the_workshop_knows_of_the_engine_only_its_words_and_its_pure_rules() -> None:
    allowed = (
        "core.nouns",
        "core.errors",
        "core.settings",
        "core.machine",
        "core.speech",
        "core.intervals",
        "core.spawning",
    )
    assert not [
        f"{file} imports {module}"
        for file, tree in _sources("models")
        for module in _imports(tree)
        if _within(module, "desktop")
        or (_within(module, "core") and not any(_within(module, known) for known in allowed))
    ]


def test_the_window_imports_nothing_of_the_engine() -> None:
    heavy = (
        "torch",
        "llama_cpp",
        "lancedb",
        "pypdfium2",
        "pypdf",
        "lxml",
        "sqlcipher3",
        "transformers",
        "pyarrow",
        "numpy",
    )
    program = f"import sys, desktop.window.app; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_contracts_of_import_linter_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = lint_imports(config_filename=str(TOP / "pyproject.toml"), cache_dir=None)
    assert outcome == 0, capsys.readouterr().out


def test_packaging_is_never_a_package_and_nobody_imports_it() -> None:
    """Python would take it for PyPI's `packaging`."""
    assert not list((TOP / "packaging").rglob("__init__.py"))
    assert not [file for file, tree in _sources(*ROOMS) for module in _imports(tree) if _within(module, "packaging")]


def test_the_plan_names_everything_that_exists() -> None:
    plan = (TOP / "ARCHITECTURE.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w.-]+/?", plan))
    passing = {"build", "dist"}
    rooms = {p.name for p in TOP.iterdir() if p.is_dir() and p.name not in passing and re.fullmatch(r"[a-z]+", p.name)}
    assert {room for room in rooms if f"{room}/" not in words} == set()
    for room in ROOMS:
        here = {p.name for p in (TOP / room).glob("*.py") if p.name != "__init__.py"}
        here |= {f"{p.name}/" for p in (TOP / room).iterdir() if p.is_dir() and p.name != "__pycache__"}
        assert {name for name in here if name not in words} == set(), f"ARCHITECTURE.md does not name these of {room}/"


def test_the_rooms_of_the_plan_exist() -> None:
    for room in (*ROOMS, "packaging", "tests"):
        assert (TOP / room).is_dir(), f"{room}/ is in ARCHITECTURE.md and not on disk"


def _holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_said_in_both_languages_with_the_same_holes() -> None:
    for file in sorted((TOP / "core" / "messages").glob("*.toml")):
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            assert set(entry) == {"en", "zh"}, f"{key} in {file.name}"
            assert _holes(entry["en"]) == _holes(entry["zh"]), f"{key} in {file.name}"


def test_modules_say_what_they_are_for() -> None:
    assert not [file for file, tree in _sources(*ROOMS) if tree.body and not ast.get_docstring(tree)]
