"""Collects the licence of everything in the built program; fails when something has none, or may not be passed on.

    python packaging/licences.py FOLDER/LICENCES [--models]

FOLDER is the built program: with it, each of its shared libraries must belong to something named here.  Everything
in packaging/requirements.lock is listed, also the little that the build leaves out.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
TEXTS = HERE / "licences"
BUILDER = "pyinstaller"  # its bootloader is the executables
STARTERS = ("default", "e5-small")

# What the packages themselves say vaguely or not at all, as their licence files have it.
SAID = {
    "jinja2": "BSD-3-Clause",
    "lancedb": "Apache-2.0",
    "mpmath": "BSD-3-Clause",
    "omegaconf": "BSD-3-Clause",
    "opencv-python-headless": "Apache-2.0 AND LGPL-2.1-or-later",  # with the libraries of FFmpeg
    "protobuf": "BSD-3-Clause",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "scipy": "BSD-3-Clause",
    "shapely": "BSD-3-Clause AND LGPL-2.1-only",  # with the libraries of GEOS
    "sqlcipher3": "Zlib",
    "sympy": "BSD-3-Clause",
}
SPELLINGS = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "isc license": "ISC",
    "mit license": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}
# Packages that bring no text of their own, and the texts that are theirs.
BROUGHT = {
    "flatbuffers": ("Apache-2.0.txt",),
    "lance-namespace": ("Apache-2.0.txt",),
    "lance-namespace-urllib3-client": ("Apache-2.0.txt",),
    "pyside6-essentials": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "shiboken6": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "tokenizers": ("Apache-2.0.txt",),
}
QT = ("pyside6-essentials", "shiboken6")
TEXT = re.compile(r"licen[cs]e|copying|notice|authors|third.?party", re.IGNORECASE)
LIBRARY = re.compile(r"\.(so|dll|pyd|dylib)(\.[\w.]+)?$", re.IGNORECASE)
# Under the GPL without an exception: whoever linked them in would have to be, too.
STRICT = ("libreadline", "libhistory", "libgdbm")
UNKNOWN = "NOASSERTION"


class Unlicensed(Exception):
    """Something in the build has no licence text, or one under which it cannot be passed on; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something third parties made: a package, native code in one, a system's library, a model.

    ``texts`` are name -> path of its licence texts; ``purl`` its package URL, or empty; ``inside`` what was compiled
    into it, as its own bill of materials says.
    """

    name: str
    version: str
    licence: str
    home: str
    texts: tuple[tuple[str, Path], ...]
    purl: str = ""
    inside: tuple[Part, ...] = ()

    @property
    def folder(self) -> str:
        """Its folder in LICENCES."""
        return f"{self.name}-{self.version}" if self.version else self.name


@dataclass(frozen=True, slots=True)
class Native:
    """Native code that packages bring along, or the system: ``files`` are patterns of file names.

    ``texts`` lie in packaging/licences; none: they are among those of the package ``within``.
    """

    name: str
    licence: str
    home: str
    files: tuple[str, ...]
    within: str = ""
    texts: tuple[str, ...] = ()


GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
GCC_TEXTS = ("GPL-3.0.txt", "GCC-exception-3.1.txt")
APACHE = ("Apache-2.0.txt",)
LGPL = ("LGPL-2.1.txt",)
NATIVE = (
    Native(
        "llama.cpp and ggml",
        "MIT",
        "https://github.com/ggml-org/llama.cpp",
        ("libllama*", "libggml*", "libmtmd*", "llama*.dll", "ggml*.dll", "mtmd*.dll"),
        "llama-cpp-python",
        ("llama.cpp",),
    ),
    Native("SQLCipher", "BSD-3-Clause", "https://www.zetetic.net/sqlcipher", (), "sqlcipher3", ("SQLCipher.txt",)),
    Native(
        "OpenSSL 3",
        "Apache-2.0",
        "https://www.openssl.org",
        ("libcrypto.so.3", "libssl.so.3", "libcrypto-3*.dll", "libssl-3*.dll", "libcrypto.3.dylib", "libssl.3.dylib"),
        "sqlcipher3",
        APACHE,
    ),
    Native(
        "PDFium",
        "BSD-3-Clause AND Apache-2.0",
        "https://pdfium.googlesource.com/pdfium",
        ("libpdfium*", "pdfium*.dll"),
        "pypdfium2",
    ),
    Native(
        "FFmpeg",
        "LGPL-2.1-or-later",
        "https://ffmpeg.org",
        ("libav[cfu]*", "libsw*", "opencv_videoio_ffmpeg*"),
        "opencv-python-headless",
        LGPL,
    ),
    Native("ONNX Runtime", "MIT", "https://onnxruntime.ai", ("*onnxruntime*",), "onnxruntime"),
    Native("Apache Arrow", "Apache-2.0", "https://arrow.apache.org", ("libarrow*", "libparquet*"), "pyarrow"),
    Native("Lance", "Apache-2.0", "https://github.com/lance-format/lance", ("_lancedb*",), "lancedb", APACHE),
    Native("OpenBLAS", "BSD-3-Clause", "https://github.com/OpenMathLib/OpenBLAS", ("lib*openblas*",), "numpy"),
    Native("libgomp", GCC, "https://gcc.gnu.org/onlinedocs/libgomp", ("libgomp*",), texts=GCC_TEXTS),
    Native("libgfortran", GCC, "https://gcc.gnu.org/fortran", ("libgfortran*",), texts=GCC_TEXTS),
    Native("libgcc and libstdc++", GCC, "https://gcc.gnu.org", ("libgcc_s*", "libstdc++*"), texts=GCC_TEXTS),
    Native(
        "libquadmath",
        "LGPL-2.1-or-later",
        "https://gcc.gnu.org/onlinedocs/libquadmath",
        ("libquadmath*",),
        texts=LGPL,
    ),
    Native(
        "ICU",
        "Unicode-DFS-2016",
        "https://icu.unicode.org",
        ("libicu*",),
        "pyside6-essentials",
        ("ICU.txt",),
    ),
    Native("GEOS", "LGPL-2.1-only", "https://libgeos.org", ("libgeos*", "geos*.dll"), "shapely", LGPL),
    Native("libxml2, libxslt and zlib", "MIT AND Zlib", "https://gitlab.gnome.org/GNOME", (), "lxml", ("libxml2.txt",)),
    Native("GNU libiconv", "LGPL-2.1-or-later", "https://www.gnu.org/software/libiconv", (), "lxml", LGPL),
    Native("PP-OCR models", "Apache-2.0", "https://github.com/PaddlePaddle/PaddleOCR", (), "rapidocr", APACHE),
)
PYTHON_FILES = ("libpython*", "python3*.dll", "Python", "*.cpython-*", "*.abi3.*", "*.pyd")


def pinned(lock: Path = LOCK) -> list[str]:
    """The names in the lock."""
    return [line.split("==")[0] for line in lock.read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")]


def packages(names: Iterable[str]) -> list[Part]:
    """The packages by these names, as they are installed.  Raises Unlicensed."""
    parts = []
    for name in names:
        try:
            parts.append(package(distribution(name)))
        except PackageNotFoundError as fault:
            raise Unlicensed(f"{name} is in the lock and not installed: its licence cannot be collected") from fault
    return parts


def package(found: Distribution) -> Part:
    """One installed package.  Raises Unlicensed when it has no text, or may not be passed on."""
    name, version = canonicalize_name(found.metadata["Name"]), found.version.split("+")[0]
    texts = {**own_texts(found), **{text: TEXTS / text for text in BROUGHT.get(name, ())}}
    if not texts:
        raise Unlicensed(f"{name} {version} brings no licence text: find it and name it in BROUGHT")
    part = Part(
        name=name,
        version=version,
        licence=expression(found),
        home=home(found),
        texts=tuple(sorted(texts.items())),
        purl=f"pkg:pypi/{name}@{version}",
        inside=tuple(compiled_in(found)),
    )
    for each in (part, *part.inside):
        if not may_pass_on(each.licence):
            where = "" if each is part else f" (in {name})"
            raise Unlicensed(
                f"{each.name} {each.version}{where} is under {each.licence}: it cannot be passed on with us"
            )
    return part


def own_texts(found: Distribution) -> dict[str, Path]:
    """The licence texts that a package brings, by a name of their own."""
    texts: dict[str, Path] = {}
    for file in sorted(found.files or (), key=str):
        place = Path(found.locate_file(file))
        in_records = file.parts[0].endswith(".dist-info")
        among = in_records and "licenses" in file.parts[:-1]
        if file.suffix in (".py", ".pyc", ".pyi", ".h") or not (among or TEXT.search(file.name)) or not place.is_file():
            continue
        kept = file.parts[1:] if in_records else file.parts
        texts["__".join(part for part in kept if part not in ("licenses", ".."))] = place
    return texts


def expression(found: Distribution) -> str:
    """The licence as an SPDX expression.  Raises Unlicensed where it cannot be told."""
    name = canonicalize_name(found.metadata["Name"])
    told = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    kinds = [line for line in found.metadata.get_all("Classifier") or () if line.startswith("License ::")]
    for words in (SAID.get(name, ""), told, *kinds):
        try:
            return str(canonicalize_license_expression(SPELLINGS.get(words, SPELLINGS.get(words.lower(), words))))
        except InvalidLicenseExpression:
            continue
    raise Unlicensed(f"{name} {found.version} does not say its licence plainly: read its text and name it in SAID")


def may_pass_on(licence: str) -> bool:
    """Whether something under that expression may be inside: the GPL and the AGPL only by an exception, or a choice."""
    words = re.findall(r"\(|\)|[^\s()]+", licence)

    def choice() -> bool:
        answer = both()
        while words and words[0] == "OR":
            words.pop(0)
            other = both()
            answer = answer or other
        return answer

    def both() -> bool:
        answer = single()
        while words and words[0] == "AND":
            words.pop(0)
            other = single()
            answer = answer and other
        return answer

    def single() -> bool:
        word = words.pop(0)
        if word == "(":
            answer = choice()
            words.pop(0)
            return answer
        if words and words[0] == "WITH":
            del words[:2]
            return True
        return not word.startswith(("GPL-", "AGPL-", "SSPL-", "BUSL-", UNKNOWN))

    return choice()


def home(found: Distribution) -> str:
    """The package's page."""
    links = dict(line.split(", ", 1) for line in found.metadata.get_all("Project-URL") or () if ", " in line)
    lowered = {label.lower(): link for label, link in links.items()}
    for label in ("homepage", "home", "source", "repository", "source code"):
        if label in lowered:
            return lowered[label]
    return found.metadata.get("Home-page") or next(iter(links.values()), "")


def compiled_in(found: Distribution) -> Iterator[Part]:
    """What was compiled into a package, by the bill of materials that it brings (the crates of Rust)."""
    seen = set()
    for file in sorted(found.files or (), key=str):
        if "sboms" not in file.parts or file.suffix != ".json":
            continue
        bill = json.loads(Path(found.locate_file(file)).read_text(encoding="utf-8"))
        for entry in bill.get("components", ()):
            purl = entry.get("purl", "").split("?")[0]
            if not purl.startswith("pkg:cargo/") or purl in seen:
                continue
            seen.add(purl)
            said = [each.get("expression") or each["license"].get("id", "") for each in entry.get("licenses", ())]
            licence = " ".join(" AND ".join(said).replace("/", " OR ").split()) or UNKNOWN
            links = [
                link["url"] for link in entry.get("externalReferences", ()) if link.get("type") in ("vcs", "website")
            ]
            yield Part(entry["name"], entry["version"], licence, links[0] if links else "", (), purl)


def natives() -> list[Part]:
    """The native code that packages bring, Python itself and what the executables are made of."""
    parts = [
        Part(
            native.name,
            "",
            native.licence,
            native.home,
            tuple((file.name, file) for text in native.texts for file in files_of(TEXTS / text)),
        )
        for native in NATIVE
    ]
    return [python(), *packages([BUILDER]), *parts]


def python() -> Part:
    """The Python that is inside.  Raises Unlicensed when its licence is not where it is installed."""
    standard = Path(sysconfig.get_path("stdlib"))
    for place in (standard / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt", *debian_python()):
        if place.is_file():
            version = platform.python_version()
            purl = f"pkg:generic/python@{version}"
            return Part("CPython", version, "Python-2.0.1", "https://www.python.org", (("LICENSE.txt", place),), purl)
    raise Unlicensed(f"Python has no LICENSE.txt in {standard}")


def debian_python() -> list[Path]:
    """Where Debian keeps Python's licence."""
    return [Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright")]


def files_of(place: Path) -> list[Path]:
    """The file, or the files in the folder."""
    return sorted(place.iterdir()) if place.is_dir() else [place]


def starter_models() -> list[Part]:
    """The models that ``--models`` puts inside."""
    sys.path.insert(0, str(HERE.parent))
    from models.catalogue import entry

    texts = {"Apache-2.0": "Apache-2.0.txt", "MIT": "e5-small.txt"}
    found = [entry(name) for name in STARTERS]
    return [
        Part(
            f"model {model.name}: {model.title}",
            "",
            model.licence,
            "",
            (("LICENSE.txt", TEXTS / texts[model.licence]),),
        )
        for model in found
    ]


def system_parts(program: Path) -> list[Part]:
    """The system's packages whose libraries are in the built program.

    Raises Unlicensed for a library that belongs to nothing, or to something under the bare GPL.
    """
    ours = {Path(str(file)).name for name in [*pinned(), BUILDER] for file in distribution(name).files or ()}
    known = [*PYTHON_FILES, *(pattern for native in NATIVE for pattern in native.files)]
    found: dict[str, Part] = {}
    for library in libraries(program):
        if library.name.startswith(STRICT):
            raise Unlicensed(f"{library.name} is under the GPL: leave out of the build what brings it")
        if library.name in ours or any(fnmatch(library.name, pattern) for pattern in known):
            continue
        part = debian(library.name)
        if part is None:
            raise Unlicensed(f"{library} belongs to no package of the lock and none of the system: whose is it?")
        found[part.name] = part
    return [found[name] for name in sorted(found)]


def libraries(program: Path) -> list[Path]:
    """The shared libraries of the program, below its folder."""
    files = [file for file in sorted(program.rglob("*")) if file.is_file() and not file.is_symlink()]
    return [file.relative_to(program) for file in files if LIBRARY.search(file.name)]


def debian(library: str) -> Part | None:
    """The package of Debian that has a library of that name; None where there is none, or no Debian."""
    if shutil.which("dpkg-query") is None:
        return None
    asked = subprocess.run(["dpkg-query", "-S", f"*/{library}"], capture_output=True, text=True, check=False)
    owners = sorted(
        {line.split(": ")[0].split(",")[0].split(":")[0] for line in asked.stdout.splitlines() if ": /" in line}
    )
    if not owners:
        return None
    told = ["dpkg-query", "-W", "-f=${Version}\\t${Homepage}", owners[0]]
    version, page = subprocess.run(told, capture_output=True, text=True, check=True).stdout.split("\n")[0].split("\t")
    text = Path("/usr/share/doc") / owners[0] / "copyright"
    if not text.is_file():
        raise Unlicensed(f"{library} is of the package {owners[0]}, which has no {text}")
    said = re.findall(r"^License:[ \t]*(\S.*)$", text.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    licence = ", ".join(dict.fromkeys(said)) or "see its text"
    purl = f"pkg:deb/debian/{owners[0]}@{version.replace('+', '%2B').replace(':', '%3A')}"
    return Part(owners[0], version, licence, page, (("copyright", text),), purl)


def write(target: Path, parts: Iterable[Part], program: Path | None) -> None:
    """Every text below ``target``, and OVERVIEW.txt.  Written anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    rows = [("NAME", "VERSION", "LICENCE", "HOME PAGE")]
    for part in parts:
        place = target / re.sub(r"[^\w.+-]+", "_", part.folder)
        for name, text in part.texts:
            place.mkdir(exist_ok=True)
            (place / name).write_bytes(text.read_bytes())
        if part.name in QT:
            (place / "NOTICE.txt").write_text(qt_notice(part, program), encoding="utf-8", newline="\n")
        if part.inside:
            inside = [(crate.name, crate.version, crate.licence, crate.home) for crate in part.inside]
            words = f"Compiled into {part.name} {part.version}, as its own bill of materials says.\n\n"
            (place / "PARTS.txt").write_text(words + table(inside), encoding="utf-8", newline="\n")
            shutil.copyfile(TEXTS / "Apache-2.0.txt", place / "Apache-2.0.txt")
        rows.append((part.name, part.version, part.licence, part.home))
    words = (TEXTS / "OVERVIEW-head.txt").read_text(encoding="utf-8")
    (target / "OVERVIEW.txt").write_text(words + "\n" + table(rows), encoding="utf-8", newline="\n")


def table(rows: list[tuple[str, ...]]) -> str:
    """The rows as columns."""
    short = [tuple(cell if len(cell) <= 70 else cell[:69] + "…" for cell in row[:-1]) + row[-1:] for row in rows]
    widths = [max(len(row[column]) for row in short) for column in range(len(short[0]) - 1)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip() + "\n"
        for row in short
    )


def qt_notice(part: Part, program: Path | None) -> str:
    """What the LGPL asks to be told: which files are Qt's, how to put others in their place, where the source is."""
    words = (TEXTS / "Qt-notice.txt").read_text(encoding="utf-8")
    series = ".".join(part.version.split(".")[:2])
    where = [path.as_posix() for path in libraries(program)] if program else []
    files = [path for path in where if re.search(r"/(PySide6|shiboken6)/", path)] or [
        "_internal/PySide6/…, _internal/shiboken6/…"
    ]
    return words.format(version=part.version, series=series, files="\n".join(f"    {path}" for path in files))


def collect(models: bool = False, program: Path | None = None) -> list[Part]:
    """Everything that third parties made in the build: packages first, then native code, models, system.

    Raises Unlicensed.
    """
    parts = [*packages(pinned()), *natives()]
    if models:
        parts += starter_models()
    if program is not None:
        parts += [dataclasses.replace(part, name=f"system: {part.name}") for part in system_parts(program)]
    return parts


def built(folder: Path) -> Path | None:
    """The folder, when a built program is in it."""
    return folder if (folder / "_internal").is_dir() else None


def main(words: list[str] | None = None) -> int:
    """Collects; 1 and a sentence when something cannot be passed on."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("target", type=Path, help="the folder LICENCES of the built program")
    arguments.add_argument("--models", action="store_true", help="the starter models are inside")
    asked = arguments.parse_args(words)
    program = built(asked.target.resolve().parent)
    try:
        parts = collect(asked.models, program)
    except Unlicensed as problem:
        print(f"packaging/licences.py: {problem}", file=sys.stderr)
        return 1
    write(asked.target, parts, program)
    print(f"{len(parts)} licences collected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
