"""Tests the built program where nothing of its making is left.

    python packaging/dist_test.py [--models DIR]

The folder is copied to a path with spaces and Chinese characters and run there as another user with an empty home,
without Python or compiler on PATH, in a network namespace that has no interface.  What it does is watched by strace:
a connect that is not AF_UNIX is a failure.  Pictures and logs stay in build/dist-test/.

Needs Linux, root or user namespaces, and strace, Xvfb, xdotool and ImageMagick's import.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build" / "dist" / "vademecum"
KEPT = ROOT / "build" / "dist-test"
TOOLS = ("strace", "Xvfb", "xdotool", "import", "unshare", "setpriv")
NOBODY = 65534
SCREEN = ":97"
CONTRACT = "consulting-agreement-driven-deliveries.pdf"
QUESTION = "Can either party terminate for convenience, and with what notice?"
CHANGES = 100


@dataclass
class Place:
    """Where the program is tried: its copy, an empty home, a stick with models, and what came of it."""

    folder: Path
    program: Path
    home: Path
    stick: Path
    rows: list[tuple[str, bool, str]] = field(default_factory=list)

    @property
    def bundle(self) -> bool:
        """Whether the program was built with its models inside."""
        return (self.program / "models").is_dir()

    def note(self, what: str, held: bool, said: str) -> None:
        self.rows.append((what, held, said))
        print(f"{'ok  ' if held else 'FAIL'}  {what}: {said}", flush=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of this process's; a folder without programs is all of PATH."""
        nothing = self.folder / "nothing"
        nothing.mkdir(exist_ok=True)
        plain = {"HOME": str(self.home), "PATH": str(nothing), "LANG": "C.UTF-8", "TMPDIR": str(self.folder / "temp")}
        return {**plain, **more}

    def confined(self, *words: object, trace: Path | None = None) -> list[str]:
        """The command as another user, without a network."""
        command = ["unshare", "--net", "--"] if os.geteuid() == 0 else ["unshare", "--user", "--net", "--"]
        if os.geteuid() == 0:
            command += [
                shutil.which("setpriv") or "setpriv",
                f"--reuid={NOBODY}",
                f"--regid={NOBODY}",
                "--clear-groups",
                "--",
            ]
        if trace is not None:
            command += [
                shutil.which("strace") or "strace",
                "-f",
                "-qq",
                "--seccomp-bpf",
                "-e",
                "trace=connect,sendto",
                "-o",
                str(trace),
            ]
        found = shutil.which(command[0])  # here, for the program's own PATH leads nowhere
        return [found or command[0], *command[1:], *map(str, words)]

    def run(self, *words: object, trace: Path | None = None, seconds: float = 900) -> subprocess.CompletedProcess[str]:
        """Run the command line of the built program."""
        command = self.confined(self.program / "vademecum", *words, trace=trace)
        return subprocess.run(
            command,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            check=False,
        )


def main() -> int:
    """Runs every check; 0 when all held."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--models", type=Path, help="folder that “models export” wrote (default: made now)")
    arguments.add_argument("--only", default="", help="words of the checks to run, separated by commas")
    asked = arguments.parse_args()
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        sys.exit(f"packaging/dist_test.py: not on this machine: {', '.join(missing)}")
    if not (BUILT / "vademecum").exists():
        sys.exit("packaging/dist_test.py: nothing is built yet; run make dist")
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    began = time.monotonic()
    with a_place(asked.models) as place:
        for check in CHECKS:
            name = check.__name__
            if asked.only and not any(word in name for word in asked.only.split(",")):
                continue
            at = time.monotonic()
            try:
                check(place)
            except (AssertionError, OSError, subprocess.SubprocessError, ValueError, KeyError) as fault:
                place.note(name, False, f"{type(fault).__name__}: {fault}")
            print(f"      {time.monotonic() - at:.0f} s", flush=True)
        failed = [row for row in place.rows if not row[1]]
    lines = [f"| {what} | {'held' if held else '**failed**'} | {said} |" for what, held, said in place.rows]
    (KEPT / "report.md").write_text("\n".join(["| check | | |", "|---|---|---|", *lines]) + "\n", encoding="utf-8")
    print(f"{len(place.rows) - len(failed)} of {len(place.rows)} held, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


@contextmanager
def a_place(models: Path | None) -> Iterator[Place]:
    """A copy of the build with all it may use; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="试用 Vademecum ", dir="/var/tmp"))
    place = Place(folder, folder / "程序 folder" / "vademecum", folder / "家 home", folder / "stick")
    try:
        shutil.copytree(BUILT, place.program, symlinks=True)
        for made in (place.home, folder / "temp", folder / "traces"):
            made.mkdir()
        if models is not None:
            shutil.copytree(models, place.stick)
        elif not place.bundle:
            command = (sys.executable, "-m", "desktop", "models", "export", place.stick, "default", "e5-small")
            subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(ROOT / "desktop" / "samples" / CONTRACT, place.home / CONTRACT)
        own(folder)
        yield place
    finally:
        for name in ("window.trace", "command.trace"):
            if (folder / "traces" / name).exists():
                shutil.copy(folder / "traces" / name, KEPT / name)
        shutil.rmtree(folder, ignore_errors=True)


def own(folder: Path) -> None:
    """Everything but the program belongs to the user who tries it; the program they can only read."""
    folder.chmod(0o755)
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            inside = "程序 folder" in path.parts
            os.chown(path, 0 if inside else NOBODY, 0 if inside else NOBODY, follow_symlinks=False)


# ---- the checks, in their order ----


def starts_without_anything(place: Place) -> None:
    """The command line says its version, and the models come from the stick where they are not inside."""
    said = place.run("--version")
    place.note("starts", said.returncode == 0 and "0." in said.stdout, (said.stdout or said.stderr).strip())
    closed = place.confined("/bin/sh", "-c", '"$0" models list >&-', place.program / "vademecum")
    done = subprocess.run(closed, env=place.environment(), stderr=subprocess.PIPE, text=True, check=False)
    place.note("without a standard output", done.returncode == 0, f"exit {done.returncode} {done.stderr.strip()}")
    said = subprocess.run(
        place.confined(place.program / "vademecum-window"),
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    place.note("without a screen", said.returncode == 1 and "--help" in said.stderr, said.stderr.strip()[:80])
    strays = [str(path.name) for path in place.program.rglob("*") if path.name in ("direct_url.json", "RECORD")]
    place.note("no record of the machine that built it", not strays, f"{len(strays)} found")
    if place.bundle:  # nothing is carried: the self-test begins in an empty home and finds them
        held = sorted(path.name for path in (place.program / "models").iterdir())
        place.note("models inside", bool(held), ", ".join(held))
        return
    began = time.monotonic()
    done = place.run("models", "import", place.stick)
    place.note("models from a stick", done.returncode == 0, f"{time.monotonic() - began:.0f} s {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout


def tests_itself(place: Place) -> None:
    """The self-test passes, without a network, and under strace."""
    done = place.run("self-test", "--json", trace=place.folder / "traces" / "command.trace")
    (KEPT / "self-test.json").write_text(done.stdout, encoding="utf-8")
    (KEPT / "self-test.err").write_text(done.stderr, encoding="utf-8")
    place.note("self-test", done.returncode == 0, f"exit {done.returncode}")
    outside = reaching(place.folder / "traces" / "command.trace")
    place.note("self-test connects nowhere", not outside, f"{len(outside)} connects or sends that are not AF_UNIX")


def opens_its_window(place: Place) -> None:
    """Cold, the window is on the screen within 3 s, its engine ready within 12 s."""
    with a_screen():
        forget_files()
        before = times_ready(place)
        window, seconds = opened(place)
        try:
            place.note("cold start to visible window", seconds < 3.0, f"{seconds:.2f} s (at most 3)")
            ready = waited(lambda: times_ready(place) > before, 60)
            place.note("engine ready", ready is not None and ready + seconds < 12, f"{(ready or 0) + seconds:.1f} s")
        finally:
            ended(window)


def works_in_its_window(place: Place) -> None:
    """In the window a PDF is imported, a question answered and a citation clicked; strace sees no connect outside."""
    trace = place.folder / "traces" / "window.trace"
    with a_screen():
        before = times_ready(place)
        window, _ = opened(place, trace=trace)
        try:
            drive(place, before)
        finally:
            ended(window)
    records = json.loads(place.run("audit", "list", "--json").stdout)
    documents = json.loads(place.run("documents", "--json").stdout)
    place.note("imported in the window", CONTRACT in json.dumps(documents), f"{len(documents)} entries")
    place.note("answered in the window", QUESTION in json.dumps(records, ensure_ascii=False), "in the audit record")
    place.note("the record holds", place.run("audit", "verify").returncode == 0, "audit verify")
    outside = reaching(trace)
    place.note("the window connects nowhere", not outside, f"{len(outside)} connects or sends that are not AF_UNIX")


def notices_changes(place: Place) -> None:
    """Of 100 bytes changed one at a time in random files, every one is found."""
    clean = place.run("self-test", "--files")
    place.note("files as they were built", clean.returncode == 0, clean.stdout.strip().splitlines()[-1])
    chance = random.Random(7)
    files = sorted(path for path in place.program.rglob("*") if path.is_file() and not path.is_symlink())
    files = [file for file in files if file.stat().st_size]
    missed: list[str] = []
    told = 0  # a program whose own first bytes are damaged may not come to telling
    for _ in range(CHANGES):
        file = chance.choice(files)
        at = chance.randrange(file.stat().st_size)
        with file.open("r+b") as opened_file:
            opened_file.seek(at)
            before = opened_file.read(1)
            opened_file.seek(at)
            opened_file.write(bytes([before[0] ^ (1 << chance.randrange(8))]))
        done = place.run("self-test", "--files", "--json")
        told += str(file.relative_to(place.program)) in done.stdout
        if done.returncode == 0:
            missed.append(str(file.relative_to(place.program)))
        with file.open("r+b") as opened_file:
            opened_file.seek(at)
            opened_file.write(before)
    place.note(
        "changed bytes", not missed, f"{CHANGES - len(missed)} of {CHANGES} found, {told} by name {missed or ''}"
    )


CHECKS: Sequence[Callable[[Place], None]] = (
    starts_without_anything,
    tests_itself,
    opens_its_window,
    works_in_its_window,
    notices_changes,
)


# ---- the screen and what is on it ----


@contextmanager
def a_screen() -> Iterator[None]:
    """A virtual screen that is reached over a file, never over a network."""
    command = ("Xvfb", SCREEN, "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-ac", "-noreset")
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert waited(lambda: xdotool("getdisplaygeometry"), 10) is not None, "no screen"
        yield
    finally:
        server.terminate()
        server.wait()


def opened(place: Place, trace: Path | None = None) -> tuple[subprocess.Popen[bytes], float]:
    """The window, started by the user who tries it, and the seconds until it was visible."""
    began = time.monotonic()
    window = subprocess.Popen(
        place.confined(place.program / "vademecum-window", trace=trace),
        env=place.environment(DISPLAY=SCREEN, QT_QPA_PLATFORM="xcb"),
        stdin=subprocess.DEVNULL,
        stdout=(KEPT / "window.out").open("ab"),
        stderr=subprocess.STDOUT,
        cwd=place.folder,
    )
    seen = waited(lambda: bool(on_screen()), 60, every=0.02)
    assert seen is not None, "no window within a minute"
    return window, time.monotonic() - began


def ended(window: subprocess.Popen[bytes]) -> None:
    """Quit as a person does; by force when that does not help."""
    press("ctrl+q")
    try:
        window.wait(20)
    except subprocess.TimeoutExpired:
        window.kill()
        window.wait()


def xdotool(*words: object) -> str:
    """What xdotool says."""
    environment = {**os.environ, "DISPLAY": SCREEN}
    done = subprocess.run(["xdotool", *map(str, words)], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def on_screen() -> list[str]:
    """The visible windows of the program."""
    return xdotool("search", "--onlyvisible", "--name", "Vademecum").split()


def press(*keys: str) -> None:
    """Keys, to the program's window: without a window manager nobody else gives it the focus back."""
    for key in keys:
        xdotool("windowfocus", "--sync", *on_screen()[:1])
        xdotool("key", "--clearmodifiers", key)
        time.sleep(0.4)


def write(text: str) -> None:
    """Text, letter by letter."""
    xdotool("type", "--delay", "20", text)
    time.sleep(0.5)


def picture(name: str) -> Path:
    """A picture of the whole screen, in build/dist-test/."""
    file = KEPT / f"{name}.png"
    subprocess.run(["import", "-display", SCREEN, "-window", "root", str(file)], check=True)
    return file


def waited(come: Callable[[], object], seconds: float, every: float = 0.1) -> float | None:
    """After how many seconds it came; None when it did not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if come():
            return time.monotonic() - began
        time.sleep(every)
    return None


def times_ready(place: Place) -> int:
    """How often an engine has told that its models are loaded, by the logs of all starts."""
    return sum(
        file.read_text(encoding="utf-8").count("settled stage=ready") for file in place.home.rglob("engine.log*")
    )


def forget_files() -> None:
    """A cold start: the system's memory of files is dropped, where that is allowed."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
    except OSError:
        print("      not allowed to drop the file cache: the start is a warm one", flush=True)


def drive(place: Place, before: int) -> None:
    """Go through the first steps, import a PDF, ask, click the citation; pictures of each.

    ``before`` is how often an engine had been ready before this start.
    """
    picture("1-first-start")
    for _ in range(3):
        press("Return")
    assert waited(lambda: times_ready(place) > before, 180) is not None, "the engine never came"  # strace slows it
    xdotool("windowsize", "--sync", on_screen()[0], 1440, 900)
    press("ctrl+2", "ctrl+o")
    time.sleep(1)
    # The dialog begins at home: Chinese letters of a whole path get lost where the keys outrun the window.
    write(CONTRACT)
    picture("2-choosing")
    xdotool("key", "Return")
    assert waited(lambda: did(place, "AddFiles"), 120) is not None, "nothing was imported"
    picture("3-imported")
    press("ctrl+1", "ctrl+l")
    write(QUESTION)
    xdotool("key", "Return")
    assert waited(lambda: did(place, "Ask"), 180) is not None, "no answer within three minutes"
    time.sleep(1)
    shot = picture("4-answered")
    where = citation_on(shot)
    place.note("a citation is shown", where is not None, f"at {where}")
    assert where is not None
    xdotool("mousemove", *where, "click", 1)
    opened_page = waited(lambda: marked(picture("5-citation")), 30, every=1)
    place.note("a click on it shows the marked passage", opened_page is not None, "marked in the page beside it")


def did(place: Place, kind: str) -> bool:
    """Whether the engine has answered a request of that kind, by its log."""
    logs = [file.read_text(encoding="utf-8") for file in place.home.rglob("engine.log")]
    return any(re.search(rf"request kind={kind} .*outcome=done", log) for log in logs)


def citation_on(shot: Path) -> tuple[int, int] | None:
    """The middle of the first citation in the answer: a broad patch of the colour of citations."""
    with Image.open(shot) as opened_shot:
        image = opened_shot.convert("RGB")
    for y in range(90, 760, 2):
        patch = [x for x in range(480, 1340, 2) if near(image.getpixel((x, y)), (220, 238, 240), 4)]
        if len(patch) > 60:
            return patch[len(patch) // 2], y + 6
    return None


def marked(shot: Path) -> bool:
    """Whether the right half shows the yellow of a marked passage, and the words of a page: its drawing comes later."""
    with Image.open(shot) as opened_shot:
        page = list(opened_shot.convert("RGB").crop((970, 275, 1410, 860)).get_flattened_data())
    yellow = sum(red > 215 and green > 190 and blue < 185 for red, green, blue in page)
    dark = sum(max(colour) < 130 for colour in page)
    return yellow > 500 and dark > 1500


def near(colour: object, wanted: tuple[int, int, int], most: int) -> bool:
    """Whether two colours are hardly to be told apart."""
    assert isinstance(colour, tuple)
    return all(abs(one - other) <= most for one, other in zip(colour, wanted, strict=True))


def reaching(trace: Path) -> list[str]:
    """The lines of strace that name an address which is not a file's."""
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if "sa_family=" in line and not re.search(r"sa_family=AF_UNIX\b", line)]


if __name__ == "__main__":
    sys.exit(main())
