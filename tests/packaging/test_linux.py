"""packaging/linux: the scripts run, with a program that only says its name, in a home with a space and Chinese."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "packaging" / "linux"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are the scripts for Linux")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a user who has nothing."""
    made = tmp_path / "用户 的 $HOME"
    made.mkdir()
    return made


def program(place: Path, version: str, whole: bool = True) -> Path:
    """An unpacked program of that version; ``whole``: what its check of the files says."""
    (place / "_internal" / "库").mkdir(parents=True)
    (place / "_internal" / "库" / "libQt.so").write_text(version, encoding="utf-8")
    (place / "_internal" / "link.so").symlink_to("库/libQt.so")
    (place / "MANIFEST.sha256").write_text("", encoding="utf-8")
    for name in ("vademecum", "vademecum-window"):
        script = f'#!/bin/sh\n[ "$1" = self-test ] && exit {0 if whole else 4}\necho {name} {version} "$@"\n'
        (place / name).write_text(script, encoding="utf-8")
        (place / name).chmod(0o755)
    for name in ("install.sh", "uninstall.sh", "vademecum.desktop"):
        shutil.copy(LINUX / name, place / name)
    shutil.copy(ROOT / "packaging" / "icons" / "vademecum-256.png", place / "vademecum.png")
    return place


def run(
    script: Path, home: Path, *words: str, typed: str = "", language: str = "C.UTF-8"
) -> subprocess.CompletedProcess[str]:
    """The script in that home."""
    return subprocess.run(
        ["bash", script, *words],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": language},
        input=typed,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def files(folder: Path) -> set[str]:
    """Everything below."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def installed(home: Path) -> Path:
    """Where the program is."""
    return home / ".local" / "opt" / "vademecum"


@pytest.mark.parametrize("script", sorted(LINUX.glob("*.sh")), ids=lambda script: script.name)
def test_every_script_is_one(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert os.access(script, os.X_OK)


def test_it_installs_and_its_command_and_entry_start_it(tmp_path: Path, home: Path) -> None:
    unpacked = program(tmp_path / "解 压" / "vademecum", "1")
    done = run(unpacked / "install.sh", home)
    assert done.returncode == 0, done.stderr
    assert "Vademecum is installed." in done.stdout
    assert files(installed(home)) == files(unpacked)
    command = home / ".local" / "bin" / "vademecum"
    assert subprocess.run([command, "ask"], capture_output=True, text=True, check=True).stdout == "vademecum 1 ask\n"
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(home / ".local" / "share" / "applications" / "vademecum.desktop", encoding="utf-8")
    section = entry["Desktop Entry"]
    # As the specification reads it: first the value's own escapes, then those of the quoted word.
    word = section["Exec"].replace("\\\\", "\\").strip('"').replace("\\$", "$").replace("%%", "%")
    assert subprocess.run([word], capture_output=True, text=True, check=True).stdout == "vademecum-window 1\n"
    assert Path(section["Icon"]).is_file()


def test_an_upgrade_leaves_nothing_of_the_earlier_version_and_everything_of_the_library(
    tmp_path: Path, home: Path
) -> None:
    library = home / ".local" / "share" / "vademecum" / "library" / "library.db"
    library.parent.mkdir(parents=True)
    library.write_text("kept", encoding="utf-8")
    first = program(tmp_path / "one", "1")
    (first / "_internal" / "gone.so").write_text("", encoding="utf-8")
    assert run(first / "install.sh", home).returncode == 0
    assert run(program(tmp_path / "two", "2") / "install.sh", home, language="zh_CN.UTF-8").stdout.count("已安装") == 1
    assert (installed(home) / "_internal" / "库" / "libQt.so").read_text(encoding="utf-8") == "2"
    assert not (installed(home) / "_internal" / "gone.so").exists()
    assert [path.name for path in installed(home).parent.iterdir()] == ["vademecum"]
    assert library.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("wrong", ["damaged", "incomplete"])
def test_what_will_not_do_leaves_the_earlier_version_working(tmp_path: Path, home: Path, wrong: str) -> None:
    assert run(program(tmp_path / "one", "1") / "install.sh", home).returncode == 0
    bad = program(tmp_path / "two", "2", whole=wrong != "damaged")
    if wrong == "incomplete":
        (bad / "vademecum-window").unlink()
    done = run(bad / "install.sh", home)
    assert done.returncode == 1
    assert ("copy is damaged" if wrong == "damaged" else "does not hold the whole program") in done.stderr
    assert (installed(home) / "_internal" / "库" / "libQt.so").read_text(encoding="utf-8") == "1"
    assert [path.name for path in installed(home).parent.iterdir()] == ["vademecum"]


def test_an_installation_cut_off_between_its_renames_is_mended(tmp_path: Path, home: Path) -> None:
    opt = installed(home).parent
    program(opt / ".vademecum-old", "1")
    (opt / ".vademecum-new.abc").mkdir()
    bad = run(program(tmp_path / "bad", "2", whole=False) / "install.sh", home)
    assert bad.returncode == 1
    assert (installed(home) / "_internal" / "库" / "libQt.so").read_text(encoding="utf-8") == "1"
    assert [path.name for path in opt.iterdir()] == ["vademecum"]


def test_it_does_not_replace_a_running_program(tmp_path: Path, home: Path) -> None:
    unpacked = program(tmp_path / "one", "1")
    assert run(unpacked / "install.sh", home).returncode == 0
    sleeper = installed(home) / "_internal" / "sleeper"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", sleeper)
    busy = subprocess.Popen([sleeper, "60"])
    try:
        for script in (unpacked / "install.sh", installed(home) / "uninstall.sh"):
            done = run(script, home)
            assert done.returncode == 1 and "is running" in done.stderr
    finally:
        busy.kill()
        busy.wait()
    assert (installed(home) / "vademecum").exists()


def test_somebody_elses_command_is_left_alone(tmp_path: Path, home: Path) -> None:
    command = home / ".local" / "bin" / "vademecum"
    command.parent.mkdir(parents=True)
    command.write_text("mine", encoding="utf-8")
    done = run(program(tmp_path / "one", "1") / "install.sh", home)
    assert done.returncode == 0 and "left alone" in done.stdout
    assert run(installed(home) / "uninstall.sh", home).returncode == 0
    assert command.read_text(encoding="utf-8") == "mine"


@pytest.fixture
def data(tmp_path: Path, home: Path) -> list[Path]:
    """The installed program, and what belongs to the user."""
    assert run(program(tmp_path / "one", "1") / "install.sh", home).returncode == 0
    places = [home / ".local/share/vademecum/library/library.db", home / ".config/vademecum/settings.toml"]
    for place in places:
        place.parent.mkdir(parents=True)
        place.write_text("", encoding="utf-8")
    return places


def test_uninstalling_leaves_the_data(home: Path, data: list[Path]) -> None:
    done = run(installed(home) / "uninstall.sh", home)
    assert done.returncode == 0, done.stderr
    assert files(home) == {place.relative_to(home).as_posix() for place in data}


def test_the_data_goes_only_when_asked_for_and_confirmed(home: Path, data: list[Path]) -> None:
    for typed in ("", "yes\n", "delete\n"):
        done = run(installed(home) / "uninstall.sh", home, "--with-data", typed=typed)
        assert done.returncode == 1 and "Nothing was removed." in done.stderr
        assert all(place.exists() for place in data) and (installed(home) / "vademecum").exists()
    assert run(installed(home) / "uninstall.sh", home, "--with-date").returncode == 1
    done = run(installed(home) / "uninstall.sh", home, "--with-data", typed="DELETE\n")
    assert done.returncode == 0 and str(home / ".config" / "vademecum") in done.stdout
    assert files(home) == set()


def test_the_archive_is_the_same_twice(tmp_path: Path) -> None:
    sums = []
    for turn in ("一", "二"):
        folder = program(tmp_path / turn / "vademecum", "1")
        (folder / "LICENCES").mkdir(mode=0o700)
        os.utime(folder / "vademecum", (len(sums), len(sums)))
        into = tmp_path / f"out {turn}"
        into.mkdir()
        subprocess.run(
            [LINUX / "archive.sh", folder, into],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
            check=True,
            capture_output=True,
        )
        (archive,) = into.glob("vademecum-*-linux-*.tar.xz")
        sums.append(hashlib.sha256(archive.read_bytes()).hexdigest())
        assert (into / f"{archive.name}.sha256").read_text(encoding="utf-8") == f"{sums[-1]}  {archive.name}\n"
    assert sums[0] == sums[1]
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    assert files(tmp_path / "vademecum") == files(folder)


def test_the_appimage_says_what_it_needs(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    done = subprocess.run(
        [shutil.which("bash") or "bash", LINUX / "appimage.sh", tmp_path, tmp_path],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "appimagetool is not on PATH" in done.stderr


def test_the_entry_of_the_menu_is_a_good_one() -> None:
    text = (LINUX / "vademecum.desktop").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == "[Desktop Entry]"
    keys = [line.split("=", 1)[0] for line in lines[1:]]
    assert len(keys) == len(set(keys))
    assert {"Type", "Name", "Comment", "Comment[zh_CN]", "GenericName[zh_CN]", "Exec", "Icon", "Categories"} <= set(
        keys
    )
    assert "MimeType" not in keys  # the window takes no files as arguments
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", LINUX / "vademecum.desktop"], check=True)
