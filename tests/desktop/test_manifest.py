"""Every changed byte of the installed program is found, wherever it is, in the list itself as well."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Progress
from desktop import cli, manifest
from desktop.channel import FilesChecked
from desktop.manifest import NAME, check_manifest, program_folder, write_manifest

MODES = pytest.mark.skipif(os.name == "nt", reason="Windows does not keep with a file whether it may be executed")
LINKS = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder such as a build: programs at the top, the rest below, an empty file and names of all kinds."""
    chance = random.Random(3)
    folder = tmp_path / "程序 folder"
    for name in (
        "vademecum",
        "_internal/libpython.so",
        "_internal/core/messages/models.toml",
        "_internal/a b/样本.pdf",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(chance.randrange(1, 5000)))
    (folder / "_internal" / "empty.pyi").touch()
    write_manifest(folder)
    return folder


def test_a_program_as_it_was_built(program: Path) -> None:
    told: list[Progress] = []
    assert check_manifest(program, told.append) == FilesChecked(6)
    assert told[-1].done == told[-1].total > 0


def test_the_list_is_written_as_sha256sum_writes_it(program: Path) -> None:
    lines = (program / NAME).read_text(encoding="utf-8").splitlines()
    assert [line.split("  ", 1)[1] for line in lines[:-1]] == sorted(line.split("  ", 1)[1] for line in lines[:-1])
    digest = hashlib.sha256((program / "vademecum").read_bytes()).hexdigest()
    assert f"{digest}  vademecum" in lines
    before = (program / NAME).read_bytes()
    write_manifest(program)
    assert (program / NAME).read_bytes() == before, "the list is no part of itself"


def test_a_hundred_changed_bytes_are_a_hundred_findings(program: Path) -> None:
    chance = random.Random(100)
    files = [path for path in sorted(program.rglob("*")) if path.is_file() and path.stat().st_size]
    found = 0
    for _ in range(100):
        file = chance.choice(files)
        data = file.read_bytes()
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        file.write_bytes(changed)
        found += check_manifest(program).changed == (file.relative_to(program).as_posix(),)
        file.write_bytes(data)
    assert found == 100
    assert check_manifest(program) == FilesChecked(6)


def test_every_byte_of_the_list_counts(program: Path) -> None:
    listed = program / NAME
    data = listed.read_bytes()
    for at in range(len(data)):
        listed.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert check_manifest(program).changed, at
    for other in (b"", data[:-1], data + b"\n", data * 2):
        listed.write_bytes(other)
        assert check_manifest(program).changed == (NAME,)


def test_missing_and_strange_files(program: Path) -> None:
    (program / "vademecum").unlink()
    (program / "_internal" / "stranger.so").write_bytes(b"x")
    (program / "unins000.exe").write_bytes(b"the way to remove it")
    (program / "_internal" / "unins000.exe").write_bytes(b"not there")
    checked = check_manifest(program)
    assert checked == FilesChecked(6, missing=("vademecum",), extra=("_internal/stranger.so", "_internal/unins000.exe"))


@MODES
def test_an_execute_bit_that_was_lost_is_found(program: Path) -> None:
    (program / "vademecum").chmod(0o755)
    assert check_manifest(program) == FilesChecked(6), "what may be executed and need not is no damage"
    write_manifest(program)
    lines = (program / NAME).read_text(encoding="utf-8").splitlines()
    assert [line.split("  ")[1] for line in lines if line.startswith("run:")] == ["vademecum"]
    assert check_manifest(program) == FilesChecked(6)
    (program / "vademecum").chmod(0o644)
    assert check_manifest(program) == FilesChecked(6, locked=("vademecum",))
    (program / "vademecum").write_bytes(b"other")
    assert check_manifest(program) == FilesChecked(6, changed=("vademecum",))


def test_a_folder_with_nothing_in_it_belongs_to_the_program(program: Path) -> None:
    hollow = program / "_internal" / "plugins" / "styles"
    hollow.mkdir(parents=True)
    assert check_manifest(program) == FilesChecked(6), "one more is no damage"
    write_manifest(program)
    assert check_manifest(program) == FilesChecked(6)
    hollow.rmdir()
    assert check_manifest(program) == FilesChecked(6, missing=("_internal/plugins/styles",))
    hollow.parent.rmdir()
    assert check_manifest(program) == FilesChecked(6, missing=("_internal/plugins/styles",))
    hollow.mkdir(parents=True)
    (hollow / "a.so").write_bytes(b"x")
    assert check_manifest(program) == FilesChecked(6, extra=("_internal/plugins/styles/a.so",))


def test_a_folder_that_was_emptied_or_is_gone_is_told_by_its_files(program: Path) -> None:
    inside = program / "_internal" / "core" / "messages"
    (inside / "models.toml").unlink()
    assert check_manifest(program) == FilesChecked(6, missing=("_internal/core/messages/models.toml",))
    inside.rmdir()
    assert check_manifest(program) == FilesChecked(6, missing=("_internal/core/messages/models.toml",))


@MODES
def test_the_list_of_an_earlier_version_can_be_read(program: Path) -> None:
    (program / "vademecum").chmod(0o755)
    write_manifest(program)
    text = (program / NAME).read_text(encoding="utf-8").replace("run:", "")
    listed = text[: text.rindex("self:")]
    (program / NAME).write_text(f"{listed}self:{hashlib.sha256(listed.encode()).hexdigest()}  {NAME}\n", "utf-8")
    assert check_manifest(program) == FilesChecked(6)
    (program / "vademecum").chmod(0o644)
    assert check_manifest(program) == FilesChecked(6), "it says nothing of who may execute what"


@LINKS
def test_a_link_is_what_it_points_to(program: Path) -> None:
    link = program / "_internal" / "libssl.so"
    link.symlink_to("libpython.so")
    (program / "_internal" / "folder").symlink_to("core", target_is_directory=True)
    write_manifest(program)
    assert check_manifest(program) == FilesChecked(8)
    link.unlink()
    link.symlink_to("a b/样本.pdf")
    assert check_manifest(program).changed == ("_internal/libssl.so",)
    link.unlink()
    link.write_bytes((program / "_internal" / "libpython.so").read_bytes())
    assert check_manifest(program).changed == ("_internal/libssl.so",), "a copy is no link"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="for this user every file is readable")
def test_what_cannot_be_read_is_not_as_it_was(program: Path) -> None:
    (program / "vademecum").chmod(0)
    assert check_manifest(program).changed == ("vademecum",)


def test_a_name_that_a_line_cannot_hold_is_refused(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    (tmp_path / "two\nlines").touch()
    with pytest.raises(ValueError, match="two"):
        write_manifest(tmp_path)


def test_no_list_and_no_installed_program(tmp_path: Path) -> None:
    with pytest.raises(UserProblem) as problem:
        check_manifest(tmp_path)
    assert problem.value.key == "manifest_missing"
    with pytest.raises(UserProblem) as problem:
        program_folder()
    assert problem.value.key == "manifest_from_source"


def test_it_can_be_stopped(program: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        check_manifest(program, cancel=cancel)


def test_the_command_says_what_is_wrong(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(manifest.sys, "frozen", True, raising=False)
    monkeypatch.setattr(manifest.sys, "executable", str(program / "vademecum"))
    assert cli.main(["self-test", "--files"]) == cli.OK
    assert "All 6 files" in capsys.readouterr().out
    (program / "vademecum").write_bytes(b"other")
    (program / "_internal" / "empty.pyi").unlink()
    assert cli.main(["self-test", "--files", "--language", "zh"]) == cli.DAMAGED
    assert capsys.readouterr().out.splitlines()[1:] == ["已改动：vademecum", "缺失：_internal/empty.pyi"]
    assert cli.main(["self-test", "--files", "--json"]) == cli.DAMAGED
    assert '"whole": false' in capsys.readouterr().out


def test_from_its_sources_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path / "home"))
    assert cli.main(["self-test", "--files", "--language", "en"]) == cli.PROBLEM
    assert "runs from its sources" in capsys.readouterr().err


def test_the_check_needs_nothing_that_may_be_damaged() -> None:
    heavy = ("torch", "llama_cpp", "lancedb", "numpy", "pyarrow", "rich", "pydantic", "transformers", "PySide6")
    program = f"import sys, desktop.self_test_command; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
