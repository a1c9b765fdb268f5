"""Pages as pictures: the displayed page exactly, whatever the file does to the process that draws it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from reportlab.pdfgen.canvas import Canvas

from core.errors import Cancelled, CancelToken, UserProblem
from core.messages import catalogue
from core.nouns import Picture, Reading
from core.reading import Limits, rects_of
from core.reading.picture_child import MOST_PIXELS
from core.reading.rendering import Renderer
from tests.core.reading.support import pdf, text
from tests.core.reading.test_reader import GOOD, encrypted

Read = Callable[[bytes], Reading]
Ink = npt.NDArray[np.bool_]
WORDS = ["Payment is due within thirty days", "of the invoice, 阿司匹林每日四克。", "Governing law: Delaware"]


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as made:
        yield made


def write(folder: Path, data: bytes) -> Path:
    file = folder / "drawn.pdf"
    file.write_bytes(data)
    return file


def ink(picture: Picture) -> Ink:
    """Where anything is drawn."""
    rows = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.stride)
    colours = rows[:, : 3 * picture.width].reshape(picture.height, picture.width, 3)
    return np.asarray((colours < 128).any(axis=2))


def colour(picture: Picture, x: float, y: float) -> tuple[int, int, int]:
    """Blue, green and red at a place of the page, 0..1 from the top left."""
    at = int(y * picture.height) * picture.stride + 3 * int(x * picture.width)
    blue, green, red = picture.pixels[at : at + 3]
    return blue, green, red


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("media", "crop"),
    [
        ("0 0 595 842", ""),
        ("100 -200 695 642", ""),
        ("0 0 595 842", "/CropBox [40 300 560 800]"),
        ("-50 -60 545 782", "/CropBox [0 250 500 900]"),  # reaches out of the MediaBox, as some crops do
    ],
)
def test_rectangles_cover_the_words_that_are_drawn(
    renderer: Renderer, read: Read, tmp_path: Path, turn: int, media: str, crop: str
) -> None:
    left, bottom = (float(side) for side in media.split()[:2])
    data = pdf(
        [text(WORDS, x=left + 72, y=bottom + 700, size=14, leading=30)],
        page_extra=f"/Rotate {turn} {crop}",
        media=media,
    )
    page = read(data).pages[0]
    picture = renderer.render(write(tmp_path, data), 0, 1000)
    assert (picture.width, picture.height) == (1000, round(1000 * page.height / page.width))
    drawn = ink(picture)
    inside = np.zeros_like(drawn)
    for line in page.lines:
        # Of a line that is not written across the page as it is shown, the place is known as a whole or not at all.
        words = page.text[line.start : line.end].split() if line.edges else [page.text[line.start : line.end]]
        at = line.start
        for word in words:
            at = page.text.index(word, at)
            (rect,) = rects_of(page, at, at + len(word))
            x0, x1 = int(rect.x0 * picture.width), int(np.ceil(rect.x1 * picture.width))
            y0, y1 = int(rect.y0 * picture.height), int(np.ceil(rect.y1 * picture.height))
            assert drawn[y0:y1, x0:x1].mean() > 0.03, f"{word!r} is not where its rectangle is"
            # Two pixels, a third of a millimetre: letters lean out of their boxes.
            inside[max(0, y0 - 2) : y1 + 2, max(0, x0 - 2) : x1 + 2] = True
            at += len(word)
    assert (drawn & ~inside).sum() <= 0.002 * drawn.sum()
    assert drawn.any()


def test_a_width_is_the_width_of_the_displayed_page(renderer: Renderer, tmp_path: Path) -> None:
    file = write(tmp_path, pdf([text(WORDS)], page_extra="/Rotate 90"))
    for width in (16, 17, 640, 6000):
        picture = renderer.render(file, 0, width)
        assert len(picture.pixels) == picture.stride * picture.height
        assert picture.stride >= 3 * picture.width
        assert picture.width * picture.height <= MOST_PIXELS
        assert picture.width == width
        assert picture.height == pytest.approx(width * 595 / 842, abs=1)
    for width in (15, 6001):
        with pytest.raises(ValueError):
            renderer.render(file, 0, width)


@pytest.mark.parametrize("media", ["0 0 20 14400", "0 0 2 14400"])
def test_a_picture_is_never_larger_than_memory_allows(renderer: Renderer, tmp_path: Path, media: str) -> None:
    picture = renderer.render(write(tmp_path, pdf([text(WORDS)], media=media)), 0, 6000)
    assert 0 < picture.width * picture.height <= MOST_PIXELS
    assert len(picture.pixels) == picture.stride * picture.height


def test_annotations_are_drawn_and_nothing_else_of_a_file_comes_to_life(renderer: Renderer, tmp_path: Path) -> None:
    """A highlight and a filled field are seen; a script that runs when the page is shown, and a link, are not."""
    marked = (
        "/Annots [<< /Type /Annot /Subtype /Highlight /Rect [60 400 300 440] /C [1 1 0] /F 4 "
        "/QuadPoints [60 440 300 440 60 400 300 400] >> "
        "<< /Type /Annot /Subtype /Square /Rect [60 200 300 300] /C [0 0 1] /IC [0 0 1] /F 4 >> "
        "<< /Type /Annot /Subtype /Link /Rect [350 200 500 300] /Border [0 0 0] "
        "/A << /S /URI /URI (https://example.com/) >> >>] "
        "/AA << /O << /S /JavaScript /JS (app.alert\\('opened'\\)) >> >>"
    )
    picture = renderer.render(write(tmp_path, pdf([text(["A page"])], page_extra=marked)), 0, 595)
    assert colour(picture, 0.3, 1 - 420 / 842) == (0, 255, 255)
    assert colour(picture, 0.3, 1 - 250 / 842) == (255, 0, 0)
    assert colour(picture, 0.7, 1 - 250 / 842) == (255, 255, 255)


def test_what_is_filled_into_a_form_is_drawn_where_it_was_read(renderer: Renderer, read: Read, tmp_path: Path) -> None:
    paper = Canvas(str(tmp_path / "form.pdf"), pagesize=(595, 842))
    paper.drawString(72, 740, "The name of the patient who gives consent")
    paper.acroForm.textfield(name="name", value="Johanna Beispiel", x=72, y=600, width=300, height=30, borderWidth=0)
    paper.highlightAnnotation("", (72, 300, 300, 340), Color=(1, 1, 0))
    paper.save()
    page = read((tmp_path / "form.pdf").read_bytes()).pages[0]
    picture = renderer.render(tmp_path / "form.pdf", 0, 1000)
    at = page.text.index("Johanna")
    (rect,) = rects_of(page, at, at + len("Johanna Beispiel"))
    box = (slice(int(rect.y0 * picture.height), int(rect.y1 * picture.height) + 1),)
    assert ink(picture)[box[0], int(rect.x0 * 1000) : int(rect.x1 * 1000) + 1].mean() > 0.03
    assert colour(picture, 0.3, 1 - 320 / 842) == (0, 255, 255)
    assert renderer.render(tmp_path / "form.pdf", 0, 1000) == picture


def test_a_long_document_opens_and_jumps_at_once(renderer: Renderer, tmp_path: Path) -> None:
    page = text([f"Line {n} of a page like any other, with enough words to fill it" for n in range(45)])
    data = pdf([page] * 1000)
    tries: list[list[float]] = []
    for number in range(3):  # a busy machine spoils one step of one try, hardly the same step of each
        file = tmp_path / f"long {number}.pdf"
        file.write_bytes(data)
        tries.append([])
        for index in (0, 699, 700, 999, 0):
            began = time.monotonic()
            assert ink(renderer.render(file, index, 1000)).any()
            tries[-1].append(time.monotonic() - began)
    assert max(map(min, zip(*tries, strict=True))) < 1.0, tries


def test_the_documents_used_last_stay_open(renderer: Renderer, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.pdf" for number in range(7)]
    for number, file in enumerate(files):
        file.write_bytes(pdf([text([f"Number {number}"])]))
    first = [renderer.render(file, 0, 300) for file in files]
    assert [renderer.render(file, 0, 300) for file in files] == first
    assert len({picture.pixels for picture in first}) == 7


def test_passwords(renderer: Renderer, tmp_path: Path) -> None:
    file = write(tmp_path, encrypted("secret"))
    with pytest.raises(UserProblem) as problem:
        renderer.render(file, 0, 100)
    assert problem.value.key == "view_needs_password"
    with pytest.raises(UserProblem) as problem:
        renderer.open(file, "guess")
    assert problem.value.key == "view_password_wrong"
    renderer.open(file, "secret")
    assert ink(renderer.render(file, 0, 1000, "secret")).any()
    plain = write(tmp_path, GOOD)
    assert ink(renderer.render(plain, 0, 1000, "needless")).any()


@pytest.mark.parametrize(
    ("data", "index", "key"),
    [
        (b"These are plain words, not a PDF.", 0, "view_damaged"),
        (b"", 0, "view_damaged"),
        (GOOD, 1, "view_page_failed"),
        (GOOD, -1, "view_page_failed"),
        (GOOD, 1 << 40, "view_page_failed"),
        (pdf([]), 0, "view_damaged"),
    ],
)
def test_what_cannot_be_drawn_has_a_sentence(
    renderer: Renderer, tmp_path: Path, data: bytes, index: int, key: str
) -> None:
    with pytest.raises(UserProblem) as problem:
        renderer.render(write(tmp_path, data), index, 100)
    assert problem.value.key == key
    assert problem.value.sentence("zh")
    assert ink(renderer.render(write(tmp_path, GOOD), 0, 1000)).any()


def test_other_bytes_under_the_same_name_are_another_document(renderer: Renderer, tmp_path: Path) -> None:
    blank = renderer.render(write(tmp_path, pdf([""])), 0, 300)
    assert renderer.render(write(tmp_path, GOOD), 0, 300) != blank


def test_a_file_that_is_gone_has_a_sentence(renderer: Renderer, tmp_path: Path) -> None:
    with pytest.raises(UserProblem) as problem:
        renderer.render(tmp_path / "absent.pdf", 0, 100)
    assert problem.value.key == "view_gone"


def test_closing_lets_go_of_every_file_and_drawing_goes_on(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    with Renderer() as renderer:
        before = renderer.render(file, 0, 300)
        pid = renderer._child.pid
        assert pid
        renderer.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert renderer.render(file, 0, 300) == before


def test_a_killed_child_is_replaced_and_the_page_drawn_all_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    with Renderer() as renderer:
        before = renderer.render(file, 0, 300)
        pid = renderer._child.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert renderer.render(file, 0, 300) == before


# Children that misbehave.


def _crashing(pipe: Connection, megabytes: int) -> None:
    pipe.send_bytes(b"{}")
    pipe.recv_bytes()
    os._exit(11)


def _hanging(pipe: Connection, megabytes: int) -> None:
    pipe.send_bytes(b"{}")
    time.sleep(600)


def _greedy(pipe: Connection, megabytes: int) -> None:
    pipe.send_bytes(b"{}")
    hoard = [bytearray(b"x" * (1 << 20)) for _ in range(400)]
    time.sleep(600 + len(hoard))


def _lying(pipe: Connection, megabytes: int) -> None:
    pipe.send_bytes(b"{}")
    while True:
        task = json.loads(pipe.recv_bytes())
        told: bytes = {
            1: b"no JSON",
            2: b'{"width": 20, "height": 20, "stride": 60}',  # and fewer pixels than that
            3: b'{"width": -20, "height": -20, "stride": 60}',
            4: b'{"width": 20, "height": 20, "stride": 3}',
            5: b'{"problem": "no key of ours"}',
        }[task["page"]]
        pipe.send_bytes(told)
        pipe.send_bytes(bytes(60))


@pytest.mark.parametrize(
    ("child", "limits", "key"),
    [
        (_crashing, Limits(), "view_page_crashed"),
        (_hanging, Limits(page_seconds=0.5), "view_too_slow"),
        (_greedy, Limits(megabytes=200), "view_page_too_large"),
    ],
)
def test_a_child_that_breaks_is_ended_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: Callable[[Connection, int], None], limits: Limits, key: str
) -> None:
    if child is _greedy and not Path("/proc/self/statm").exists():
        pytest.skip("this system does not tell how much memory another process holds")
    monkeypatch.setattr("core.reading.rendering._serve", child)
    began = time.monotonic()
    with Renderer(limits) as renderer:
        with pytest.raises(UserProblem) as problem:
            renderer.render(write(tmp_path, GOOD), 0, 100)
        assert renderer._child.pid is None
    assert problem.value.key == key
    assert set(catalogue()[key]) == {"en", "zh"}
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("lie", [1, 2, 3, 4, 5])
def test_what_the_child_says_of_its_picture_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: int
) -> None:
    monkeypatch.setattr("core.reading.rendering._serve", _lying)
    with Renderer() as renderer, pytest.raises(UserProblem) as problem:
        renderer.render(write(tmp_path, GOOD), lie, 100)
    assert problem.value.key == "view_page_crashed"


def test_a_page_that_takes_long_can_be_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, GOOD)
    stop = CancelToken()
    stop.cancel()
    with Renderer() as renderer:
        with pytest.raises(Cancelled):
            renderer.render(file, 0, 100, cancel=stop)
        assert ink(renderer.render(file, 0, 1000)).any()
    monkeypatch.setattr("core.reading.rendering._serve", _hanging)
    with Renderer() as renderer:
        began = time.monotonic()
        with pytest.raises(Cancelled):
            renderer.render(file, 0, 100, cancel=stop)
        assert time.monotonic() - began < 10
