"""Builds the installed program: one folder, build/dist/vademecum, with everything it needs.

    python packaging/dist.py [--with-models] [--archive]

PyInstaller collects; then licences, the bill of materials, the starter models when asked for, and last the manifest
of every file.  The same commit and lock give the same files (packaging/dist_compare.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
FOLDER = BUILD / "dist" / "vademecum"
MODELS = ("default", "e5-small")


def main() -> int:
    """Builds, and says how large each part became."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--with-models", action="store_true", help="put the starter models inside")
    arguments.add_argument("--archive", action="store_true", help="make the tar.xz, too")
    asked = arguments.parse_args()
    began = time.monotonic()
    # Set iteration and time stamps would make every build another one.
    os.environ.update(PYTHONHASHSEED="0", SOURCE_DATE_EPOCH=commit_time())
    metadata = gather_metadata(BUILD / "metadata")
    os.environ["VADEMECUM_METADATA"] = str(metadata)
    if sys.platform == "win32":
        run(sys.executable, ROOT / "packaging" / "windows" / "version_info.py", BUILD / "version_info.txt")
    shutil.rmtree(FOLDER, ignore_errors=True)
    run(
        *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"),
        *("--distpath", BUILD / "dist", "--workpath", BUILD / "pyinstaller"),
        ROOT / "packaging" / "vademecum.spec",
    )
    tidy(FOLDER)
    strip(FOLDER)
    link_twins(FOLDER / "_internal" / "llama_cpp" / "lib")
    run(sys.executable, ROOT / "packaging" / "licences.py", FOLDER / "LICENCES", *["--models"] * asked.with_models)
    run(sys.executable, ROOT / "packaging" / "sbom.py", FOLDER / "sbom.cdx.json", *["--models"] * asked.with_models)
    if sys.platform == "linux":
        for file in ("install.sh", "uninstall.sh", "vademecum.desktop"):
            shutil.copy(ROOT / "packaging" / "linux" / file, FOLDER / file)
        shutil.copy(ROOT / "packaging" / "icons" / "vademecum-256.png", FOLDER / "vademecum.png")
    shutil.copy(ROOT / "LICENSE", FOLDER / "LICENSE.txt")
    if asked.with_models:
        run(sys.executable, "-m", "desktop", "models", "export", FOLDER / "models", *MODELS)
    run(sys.executable, "-m", "desktop.manifest", FOLDER)
    print(table(sizes(FOLDER)))
    print(f"{FOLDER.relative_to(ROOT)} built in {time.monotonic() - began:.0f} s")
    if asked.archive:
        run("bash", ROOT / "packaging" / "linux" / "archive.sh", FOLDER, BUILD / "dist")
    return 0


def run(*command: object) -> None:
    """Runs a command in the project's folder; ends this one when it fails."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"packaging/dist.py: {command[1:4]} failed")


def commit_time() -> str:
    """When the commit was made, in seconds since 1970; "0" outside a repository."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    asked = ("git", "-C", str(ROOT), "log", "-1", "--format=%ct")
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "0"


def gather_metadata(folder: Path) -> Path:
    """A folder with the METADATA of every pinned package and of this program: libraries ask for each other's version.

    The whole records would carry paths of the machine that builds.
    """
    shutil.rmtree(folder, ignore_errors=True)
    brings: dict[str, list[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            brings.setdefault(name, []).append(module)
    for line in (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, pinned = line.split("==")
            found = distribution(name)
            place = folder / f"{name.replace('-', '_')}-{pinned}.dist-info"
            place.mkdir(parents=True)
            head = (found.read_text("METADATA") or "").split("\n\n", 1)[0]  # what follows is the page of the package
            (place / "METADATA").write_text(head + "\n", encoding="utf-8")
            modules = sorted(set(brings.get(found.metadata["Name"], ())))  # transformers asks who brings which
            (place / "top_level.txt").write_text("".join(f"{module}\n" for module in modules), encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    place = folder / f"{project['name']}-{project['version']}.dist-info"
    place.mkdir(parents=True)
    words = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (place / "METADATA").write_text(words, encoding="utf-8")
    return folder


def tidy(folder: Path) -> None:
    """Files are readable by everybody and writable by their owner only; nothing was compiled beside a source."""
    for path in sorted(folder.rglob("*")):
        if path.name == "__pycache__":
            shutil.rmtree(path)
        elif path.is_file() and not path.is_symlink():
            path.chmod(0o755 if os.access(path, os.X_OK) and path.suffix in ("", ".sh", ".exe") else 0o644)


def strip(folder: Path) -> None:
    """Take the tables for debuggers out of large libraries: a sixth of torch.

    Those that auditwheel moved into NAME.libs stay as they are: patched ones do not always survive it.
    """
    tool = shutil.which("strip")
    if sys.platform != "linux" or tool is None:
        return
    for path in sorted((folder / "_internal").rglob("*.so*")):
        moved = any(part.endswith(".libs") for part in path.parts)
        if path.is_file() and not path.is_symlink() and not moved and path.stat().st_size > 1_000_000:
            run(tool, "--strip-unneeded", path)


def link_twins(folder: Path) -> None:
    """libX.so becomes a link to libX.so.0 where a wheel brought both: they would be loaded as two."""
    for path in sorted(folder.glob("lib*.so")):
        twin = path.with_name(path.name + ".0")
        if twin.is_file() and not path.is_symlink() and twin.read_bytes() == path.read_bytes():
            path.unlink()
            path.symlink_to(twin.name)


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of each part: a library with its own libraries, or a file at the top."""
    parts: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            steps = path.relative_to(folder).parts
            inside = steps[1:] if steps[0] == "_internal" else steps
            name = inside[0].removesuffix(".libs") if len(inside) > 1 else "(single files)"
            if steps[0] != "_internal" and len(steps) == 1:
                name = path.name
            name = {"opencv_python_headless": "cv2", "pypdfium2_raw": "pypdfium2"}.get(name, name)
            parts[name] = parts.get(name, 0) + path.stat().st_size
    return parts


def table(parts: dict[str, int]) -> str:
    """The parts from the largest, in megabytes; small ones together."""
    shown = sorted(parts.items(), key=lambda part: -part[1])
    large = [part for part in shown if part[1] >= 3_000_000]
    rest = sum(size for _, size in shown[len(large) :])
    lines = [f"{size / 1e6:8.1f} MB  {name}" for name, size in [*large, ("everything else", rest)]]
    return "\n".join([*lines, f"{sum(parts.values()) / 1e6:8.1f} MB  in all"])


if __name__ == "__main__":
    sys.exit(main())
