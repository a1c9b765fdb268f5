"""The page viewer: the right page, the right lines, at any zoom, with pictures that come late or not at all."""

from __future__ import annotations

import time
from dataclasses import replace

import pypdfium2
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from core.errors import TryAgain, UserProblem
from core.nouns import Change, Citation, Picture, Rect
from desktop.channel import (
    DocumentView,
    ReadPage,
    RenderPage,
    Sheet,
    State,
    Unlock,
    ViewDocument,
)
from desktop.window.desk import Desk
from desktop.window.page_canvas import PageCanvas, contour, lay_out, rgba
from desktop.window.page_view import PageView, page_named
from tests.core.reading.support import pdf, text
from tests.desktop.window.conftest import FakeJobs

A4 = (595.0, 842.0)
LEASE, WILL = "a" * 64, "b" * 64
QUOTE = "The rent is due on the first day 𝔸 of each month."
TEXT = f"Lease\n{QUOTE}\nNothing else."
LINE = Rect(0.2, 0.5, 0.8, 0.52)


def sheets(count: int, **changes: object) -> tuple[Sheet, ...]:
    """Pages of A4, labelled by their position."""
    plain = Sheet("", *A4, "text")
    return tuple(replace(plain, label=str(n + 1), **changes) for n in range(count))  # type: ignore[arg-type]


def document(sha256: str = LEASE, count: int = 12, **changes: object) -> DocumentView:
    made = DocumentView(sha256, f"{sha256[0]} lease.pdf", "Contracts", sheets(count), True)
    return replace(made, **changes)  # type: ignore[arg-type]


def citation(page: int = 6, *, sha256: str = LEASE, rects: tuple[Rect, ...] = (LINE,), quote: str = QUOTE) -> Citation:
    start = TEXT.index(QUOTE)
    return Citation(f"{sha256[0]} lease.pdf", sha256, page, str(page + 1), "p", start, start + len(quote), quote, rects)


def grey_picture(request: RenderPage) -> Picture:
    """A page of light grey with a black bar where LINE has its letters."""
    width = request.width
    height = round(width * A4[1] / A4[0])
    stride = (3 * width + 3) // 4 * 4
    rows = []
    for y in range(height):
        row = bytearray(b"\xff" * stride)
        if 0.505 < y / height < 0.515:
            row[3 * int(0.3 * width) : 3 * int(0.4 * width)] = bytes(3 * (int(0.4 * width) - int(0.3 * width)))
        rows.append(bytes(row))
    return Picture(width, height, stride, b"".join(rows))


@pytest.fixture
def stocked(jobs: FakeJobs) -> FakeJobs:
    """An engine with documents."""
    jobs.answers[ViewDocument] = lambda request: document(request.sha256)
    jobs.answers[RenderPage] = grey_picture
    jobs.answers[ReadPage] = TEXT
    return jobs


@pytest.fixture
def view(qtbot: QtBot, desk: Desk, stocked: FakeJobs) -> PageView:
    """The viewer, shown."""
    made = PageView(desk)
    qtbot.addWidget(made)
    made.resize(600, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def canvas_of(view: PageView) -> PageCanvas:
    found = view.findChild(PageCanvas)
    assert isinstance(found, PageCanvas)
    return found


def settle(qtbot: QtBot, jobs: FakeJobs, canvas: PageCanvas) -> None:
    """Until nothing is asked any more."""
    qtbot.wait(60)
    qtbot.waitUntil(lambda: not jobs.running and not canvas._look.isActive())


def photo(canvas: PageCanvas) -> QImage:
    return canvas.viewport().grab().toImage()


def colour_at(canvas: PageCanvas, page: int, x: float, y: float) -> QColor:
    """What shows at a place of a page, given as shares of it."""
    rect = canvas._page_rect(page)
    spot = QPoint(round(rect.left() + x * rect.width()), round(rect.top() + y * rect.height()))
    image = photo(canvas)
    return image.pixelColor(spot * image.devicePixelRatio())


def is_marked(colour: QColor) -> bool:
    return colour.blue() < 220 < colour.red() and colour.green() > 200


# -- a citation


def test_a_citation_opens_its_page_with_its_line_in_view_and_highlighted(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    assert view.page_index == 6 and view.document == document()
    rect = canvas._page_rect(6)
    line = rect.top() + 0.5 * rect.height()
    assert 0.15 * canvas.viewport().height() < line < 0.6 * canvas.viewport().height()
    assert is_marked(colour_at(canvas, 6, 0.7, 0.51))
    assert colour_at(canvas, 6, 0.35, 0.51).lightness() < 10  # what is printed stays black
    assert colour_at(canvas, 6, 0.15, 0.51) == QColor("white")  # and nothing else is marked
    assert colour_at(canvas, 6, 0.5, 0.48) == QColor("white")


def test_a_citation_whose_place_is_not_known_shows_the_page_and_says_so(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation(rects=()))
    settle(qtbot, jobs, canvas)
    assert view.page_index == 6
    assert view._remark.text == "The exact place is not known; this is the page."
    assert colour_at(canvas, 6, 0.7, 0.51) == QColor("white")
    view.show_citation(citation())
    assert view._remark.text == ""


def test_a_page_that_the_document_does_not_have_is_not_shown_as_another(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    view.show_citation(citation(page=40))
    settle(qtbot, jobs, canvas_of(view))
    assert view._remark.text == "The document has no page 41."
    assert not is_marked(colour_at(canvas_of(view), 0, 0.7, 0.51))


def test_a_long_quote_begins_near_the_top(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    lines = tuple(Rect(0.1, y / 50, 0.9, (y + 0.8) / 50) for y in range(5, 48))
    view.show_citation(citation(rects=lines))
    settle(qtbot, jobs, canvas)
    rect = canvas._page_rect(6)
    assert 0 <= rect.top() + lines[0].y0 * rect.height() < 0.15 * canvas.viewport().height()


def test_highlights_stand_on_the_words_of_a_real_page_at_every_zoom(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    paper = pypdfium2.PdfDocument(pdf([text(["xxxx HIGHLIGHT xxxx"], x=150, y=400, size=20)] * 3))
    words = paper[1].get_textpage()
    boxes = [words.get_charbox(i, loose=True) for i in range(5, 14)]
    word = Rect(
        boxes[0][0] / 595, 1 - max(b[3] for b in boxes) / 842, boxes[-1][2] / 595, 1 - min(b[1] for b in boxes) / 842
    )

    def draw(request: RenderPage) -> Picture:
        bitmap = paper[request.page_index].render(scale=request.width / 595)
        return Picture(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))

    jobs.answers[RenderPage] = draw
    jobs.answers[ViewDocument] = document(count=3)
    canvas = canvas_of(view)
    view.show_citation(citation(page=1, rects=(word,)))
    for percent in (0, 75, 150, 400):
        if percent:
            canvas.zoom_to(percent)
        settle(qtbot, jobs, canvas)
        image, rect = photo(canvas), canvas._page_rect(1)
        inside = outside = 0
        for x in range(0, image.width(), 2):
            for y in range(0, image.height(), 2):
                dark = image.pixelColor(x, y).lightness() < 60
                across = (x - rect.left()) / rect.width()
                down = (y - rect.top()) / rect.height()
                if dark and word.y0 < down < word.y1 and rect.contains(x, y):
                    inside += word.x0 <= across <= word.x1
                    outside += word.x0 - 0.004 < across < word.x0 or word.x1 < across < word.x1 + 0.004
        assert inside > 20 and outside == 0, percent


def test_a_second_citation_of_the_same_document_asks_for_nothing_again(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    view.show_citation(citation(2))
    settle(qtbot, jobs, canvas_of(view))
    pictures = len(jobs.asked_for(RenderPage))
    view.show_citation(citation(2, rects=(Rect(0.1, 0.1, 0.5, 0.12),)))
    settle(qtbot, jobs, canvas_of(view))
    assert len(jobs.asked_for(ViewDocument)) == 1
    assert len(jobs.asked_for(RenderPage)) <= pictures + 1


def test_an_answer_that_comes_late_does_not_replace_what_is_wanted_now(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.hold.add(ViewDocument)
    view.show_citation(citation(3))
    first = jobs.running[0]
    view.show_document(WILL, 1)
    assert first.id in jobs.cancelled
    jobs.release(ViewDocument)  # both answers come
    settle(qtbot, jobs, canvas_of(view))
    assert view.document is not None and view.document.sha256 == WILL
    assert view.page_index == 1 and view.citation is None


# -- from citation to citation


def test_next_and_previous_go_through_the_answer(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    cited = [citation(1), citation(9), citation(4, sha256=WILL)]
    view.set_citations(cited)
    assert view._count.text() == "3 citations"
    with qtbot.waitSignal(view.citation_shown) as heard:
        view.show_citation(cited[0])
    assert heard.args == [cited[0]]
    canvas = canvas_of(view)
    canvas.setFocus()
    assert view._count.text() == "Citation 1 of 3" and not view._previous.isEnabled()
    for key, number in ((Qt.Key.Key_N, 2), (Qt.Key.Key_F3, 3), (Qt.Key.Key_N, 3), (Qt.Key.Key_P, 2)):
        qtbot.keyClick(canvas, key)
        assert view._count.text() == f"Citation {number} of 3" and view.citation == cited[number - 1]
    qtbot.keyClick(canvas, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert view.citation == cited[0]
    qtbot.mouseClick(view._next, Qt.MouseButton.LeftButton)
    settle(qtbot, jobs, canvas)
    assert view.citation == cited[1] and view.page_index == 9


def test_the_same_place_cited_twice_is_no_trap(view: PageView) -> None:
    cited = [citation(1), citation(2), citation(1), citation(3)]
    view.set_citations(cited)
    view.show_citation(cited[0])
    pages = []
    for _ in range(4):
        view.next_citation()
        assert view.citation is not None
        pages.append(view.citation.page_index)
    assert pages == [2, 1, 3, 3]


def test_letters_typed_into_a_field_stay_letters(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    cited = [citation(1), citation(2)]
    view.set_citations(cited)
    view.show_citation(cited[0])
    settle(qtbot, jobs, canvas_of(view))
    view._box.clear()
    qtbot.keyClicks(view._box, "npt")
    assert view._box.text() == "npt" and view.citation == cited[0]


# -- pictures


def test_only_what_is_in_view_is_drawn_and_its_neighbours(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_document(LEASE, 5)
    settle(qtbot, jobs, canvas)
    seen = set(canvas._in_view())
    asked = {request.page_index for request in jobs.asked_for(RenderPage)}
    assert asked == seen | {min(seen) - 1, max(seen) + 1}
    assert jobs.asked_for(RenderPage)[0].page_index == 5  # the page that is looked at comes first
    width = canvas._page_rect(5).width() * canvas.devicePixelRatioF()
    assert {request.width for request in jobs.asked_for(RenderPage)} == {round(width)}


def test_pages_scrolled_away_are_given_up_and_the_newest_wish_comes_first(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.answers[ViewDocument] = document(count=1000)
    jobs.hold.add(RenderPage)
    canvas = canvas_of(view)
    view.show_document(LEASE)
    qtbot.waitUntil(lambda: len(jobs.asked_for(RenderPage)) == 2)
    first = [job.id for job in jobs.running]
    canvas.go_to(700)
    qtbot.waitUntil(lambda: len(jobs.asked_for(RenderPage)) == 4)
    assert set(first) <= set(jobs.cancelled)
    assert [request.page_index for request in jobs.asked_for(RenderPage)][2] == 700
    jobs.release(RenderPage)
    settle(qtbot, jobs, canvas)
    assert (LEASE, 700) in canvas._prints


def test_nothing_jumps_when_pictures_arrive(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.hold.add(RenderPage)
    canvas = canvas_of(view)
    view.show_citation(citation())
    qtbot.wait(80)
    bar = canvas.verticalScrollBar()
    before = (bar.value(), bar.maximum(), canvas._strip)
    assert is_marked(colour_at(canvas, 6, 0.7, 0.51))  # the place shows before the picture
    jobs.release(RenderPage)
    settle(qtbot, jobs, canvas)
    assert (bar.value(), bar.maximum(), canvas._strip) == before


def test_three_thousand_pages_scroll_without_a_stall_and_within_their_memory(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.answers[ViewDocument] = document(count=3000)
    canvas = canvas_of(view)
    view.show_document(LEASE)
    settle(qtbot, jobs, canvas)
    picture = grey_picture(RenderPage(LEASE, 0, canvas._pixels(0)))
    jobs.answers[RenderPage] = picture
    worst = 0.0  # of work, not of waiting for a busy machine
    for step in range(150):
        began = time.thread_time()
        canvas.verticalScrollBar().setValue(step * 20_000)
        canvas.viewport().repaint()
        worst = max(worst, time.thread_time() - began)
        qtbot.wait(1)
    began = time.thread_time()
    canvas.zoom_to(60)
    assert time.thread_time() - began < 0.1
    settle(qtbot, jobs, canvas)
    assert worst < 0.05
    assert canvas.cached_bytes <= 96 * 1024 * 1024


def test_pictures_that_do_not_fit_into_memory_make_room(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_document(LEASE)
    settle(qtbot, jobs, canvas)
    canvas.zoom_to(400)
    for page in range(12):
        canvas.go_to(page)
        settle(qtbot, jobs, canvas)
        assert canvas.cached_bytes <= 96 * 1024 * 1024
        assert (LEASE, page) in canvas._prints


def test_hidden_it_asks_for_no_pictures(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.hide()
    view.show_document(LEASE)
    qtbot.wait(100)
    assert jobs.asked_for(RenderPage) == []
    view.show()
    qtbot.waitUntil(lambda: bool(jobs.asked_for(RenderPage)))


# -- zoom and movement


def test_zoom_keeps_the_place_and_its_limits(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    assert canvas.fitted
    rect = canvas._page_rect(6)
    assert abs(rect.width() - (canvas.viewport().width() - 24)) <= 16  # as wide as the viewer
    for turn in (view.zoom_in, view.zoom_in, view.zoom_out, *[view.zoom_in] * 15):
        turn()
        rect = canvas._page_rect(6)
        assert 0 < rect.top() + 0.5 * rect.height() < 0.6 * canvas.viewport().height()
    assert canvas.percent == 400 and view._percent.text() == "400%"
    for _ in range(20):
        view.zoom_out()
    assert canvas.percent == 50
    canvas.verticalScrollBar().setValue(canvas.verticalScrollBar().value() + 300)  # somebody scrolls
    page = canvas.page
    canvas.zoom_to(200)
    assert canvas.page == page
    view.fit_width()
    assert canvas.fitted and canvas.page == page


def test_the_wheel_zooms_at_the_pointer(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_document(LEASE, 4)
    settle(qtbot, jobs, canvas)
    canvas.zoom_to(150)
    spot = QPointF(200, 500)

    def under() -> tuple[int, float, float]:
        page = canvas._strip.at(spot.y() + canvas.verticalScrollBar().value())
        rect = canvas._page_rect(page)
        return page, (spot.x() - rect.left()) / rect.width(), (spot.y() - rect.top()) / rect.height()

    before = under()
    for turn in (120, 120, -120):
        wheel = QWheelEvent(
            spot,
            canvas.viewport().mapToGlobal(spot),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas.viewport(), wheel)
        assert under()[0] == before[0]
        assert under()[1:] == pytest.approx(before[1:], abs=0.01)
    assert canvas.percent == 175


def test_another_size_of_the_viewer_keeps_the_place(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    for size in ((900, 700), (400, 900), (620, 500)):
        view.resize(*size)
        settle(qtbot, jobs, canvas)
        rect = canvas._page_rect(6)
        assert 0 < rect.top() + 0.5 * rect.height() < 0.6 * canvas.viewport().height()
        assert view.page_index == 6
    canvas.verticalScrollBar().setValue(canvas.verticalScrollBar().value() + 900)
    page = view.page_index
    view.resize(800, 800)
    assert view.page_index == page


def test_the_keyboard_reaches_every_page(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_document(LEASE, 3)
    settle(qtbot, jobs, canvas)
    bar = canvas.verticalScrollBar()
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    assert bar.value() == bar.maximum() and view.page_index == 11
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert bar.value() == 0 and view.page_index == 0
    qtbot.keyClick(canvas, Qt.Key.Key_PageDown)
    after = bar.value()
    assert 0.7 * canvas.viewport().height() < after <= canvas.viewport().height()
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert bar.value() > after
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert not canvas.fitted
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    qtbot.keyClick(canvas, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.fitted


def test_paper_can_be_pulled_with_the_hand(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_document(LEASE, 3)
    settle(qtbot, jobs, canvas)
    before = canvas.verticalScrollBar().value()
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 400))
    qtbot.mouseMove(canvas.viewport(), QPoint(200, 300))
    qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 300))
    qtbot.mouseMove(canvas.viewport(), QPoint(200, 200))
    assert canvas.verticalScrollBar().value() == before + 100


def test_the_page_box_takes_a_printed_label_or_a_position(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    labels = ("i", "ii", "iii", *map(str, range(1, 10)))
    named = tuple(replace(sheet, label=label) for sheet, label in zip(sheets(12), labels, strict=True))
    jobs.answers[ViewDocument] = document(sheets=named)
    view.show_document(LEASE, 2)
    settle(qtbot, jobs, canvas_of(view))
    assert (view._box.text(), view._of.text()) == ("iii", "(3 of 12)")
    for typed, page in (("II", 1), ("9", 11), ("12", 11), ("1", 3)):
        view._box.setText(typed)
        qtbot.keyClick(view._box, Qt.Key.Key_Return)
        assert view.page_index == page, typed
        assert view._box.text() == labels[page]
    view._box.setText("xiv")
    qtbot.keyClick(view._box, Qt.Key.Key_Return)
    assert view._remark.text == "There is no page “xiv” in this document." and view.page_index == 3


def test_a_name_is_looked_for_among_labels_before_positions() -> None:
    named = tuple(replace(sheet, label=label) for sheet, label in zip(sheets(4), ("A-1", "2", "1", "3"), strict=True))
    assert [page_named(named, typed) for typed in ("a-1", "1", " 3 ", "4", "0", "5", "", "²")] == [
        0, 2, 3, 3, None, None, None, None,
    ]  # fmt: skip


# -- versions, protection, pages that cannot be drawn


@pytest.mark.parametrize(
    ("active", "replaced", "sentence", "offered"),
    [
        (True, "", "", False),
        (False, WILL, "This is an earlier version; the document has been replaced since.", True),
        (True, WILL, "This document has been replaced since by a newer version.", True),
        (False, "", "This document is no longer in the library. This is the copy that was kept.", False),
    ],
)
def test_an_earlier_version_is_named_as_one(
    view: PageView, qtbot: QtBot, jobs: FakeJobs, active: bool, replaced: str, sentence: str, offered: bool
) -> None:
    jobs.answers[ViewDocument] = lambda request: (
        document(active=active, replaced_by=replaced) if request.sha256 == LEASE else document(WILL)
    )
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    assert view._version.text == sentence
    assert view._version._act is not None and view._version._act.isVisible() == offered
    if offered:
        qtbot.mouseClick(view._version._act, Qt.MouseButton.LeftButton)
        settle(qtbot, jobs, canvas_of(view))
        assert view.document == document(WILL) and view._version.text == ""
        assert not is_marked(colour_at(canvas_of(view), 0, 0.7, 0.51))


def test_a_replacement_is_told_without_moving_the_page(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    canvas.verticalScrollBar().setValue(canvas.verticalScrollBar().value() + 77)
    place = canvas.verticalScrollBar().value()
    jobs.answers[ViewDocument] = document(active=False, replaced_by=WILL)
    jobs.changed.emit(Change(2, replaced=("a lease.pdf",)))
    qtbot.waitUntil(lambda: view._version.text != "")
    assert canvas.verticalScrollBar().value() == place


def test_a_protected_file_asks_for_its_password_in_place(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[RenderPage] = UserProblem("view_needs_password")
    jobs.answers[Unlock] = UserProblem("view_password_wrong")
    canvas = canvas_of(view)
    view.show_citation(citation())
    qtbot.waitUntil(lambda: view._password.isVisible())
    assert len(jobs.asked_for(RenderPage)) <= 2  # one refusal is enough
    view._password.setText("wrong")
    qtbot.keyClick(view._password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view._wrong.text() != "")
    assert view._wrong.text().startswith("The password does not open")
    assert jobs.asked_for(Unlock) == [Unlock(LEASE, "wrong")]
    jobs.answers[Unlock] = None
    jobs.answers[RenderPage] = grey_picture
    view._password.setText("sesame")
    qtbot.mouseClick(view._open_it, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: canvas.isVisible())
    settle(qtbot, jobs, canvas)
    assert view._password.text() == ""  # kept nowhere in the window
    assert is_marked(colour_at(canvas, 6, 0.7, 0.51))


def test_a_password_left_unanswered_does_not_follow_to_another_document(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.answers[RenderPage] = lambda request: (
        UserProblem("view_needs_password") if request.sha256 == LEASE else grey_picture(request)
    )
    view.show_document(LEASE)
    qtbot.waitUntil(lambda: view._password.isVisible())
    view._password.setText("half typed")
    view.show_document(WILL)
    settle(qtbot, jobs, canvas_of(view))
    assert canvas_of(view).isVisible() and view._password.text() == ""
    view.show_document(LEASE)
    qtbot.waitUntil(lambda: view._password.isVisible())


def test_a_page_that_cannot_be_drawn_says_so_and_shows_its_text(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[RenderPage] = lambda request: (
        UserProblem("view_page_crashed", page=7) if request.page_index == 6 else grey_picture(request)
    )
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    assert canvas._troubles[6].sentence.startswith("Page 7 could not be drawn")
    assert canvas._troubles[6].text == TEXT
    assert ReadPage(LEASE, 6) in jobs.asked
    assert not is_marked(colour_at(canvas, 6, 0.7, 0.51))  # there are no words for it to stand on
    assert len([r for r in jobs.asked_for(RenderPage) if r.page_index == 6]) == 1  # it is not tried for ever
    photo(canvas)


def test_after_the_engine_died_what_was_wanted_is_drawn(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[RenderPage] = TryAgain("engine_died")
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    assert canvas._troubles
    jobs.answers[RenderPage] = grey_picture
    jobs.say_state(State("ready"))
    settle(qtbot, jobs, canvas)
    assert not canvas._troubles and is_marked(colour_at(canvas, 6, 0.7, 0.51))


def test_a_document_wanted_while_the_engine_was_gone_opens_when_it_is_back(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.answers[ViewDocument] = TryAgain("engine_died")
    view.show_citation(citation())
    qtbot.waitUntil(lambda: view._fault.isVisible())
    jobs.answers[ViewDocument] = document()
    jobs.say_state(State("loading"))
    settle(qtbot, jobs, canvas_of(view))
    assert view.page_index == 6 and canvas_of(view).isVisible()


def test_a_document_that_is_gone_leaves_the_quote(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[ViewDocument] = UserProblem("view_gone")
    view.show_citation(citation())
    qtbot.waitUntil(lambda: view._fault.isVisible())
    assert view._fault.text().startswith("The document's file is no longer in the library")
    assert view._quote.isVisible() and view._quote.text() == QUOTE
    view.show_document(WILL)
    qtbot.waitUntil(lambda: view._fault.isVisible() and not view._quote.isVisible())


def test_a_page_of_no_known_size_is_laid_out_as_a4(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    odd = (Sheet("1", 0.0, 0.0, "nothing", "reading_page_failed"), *sheets(2)[1:])
    jobs.answers[ViewDocument] = document(sheets=odd)
    view.show_document(LEASE)
    settle(qtbot, jobs, canvas_of(view))
    sizes = canvas_of(view)._strip.sizes
    assert sizes[0] == sizes[1]
    assert "could not be read" in view._where.text()


# -- text


def test_the_text_of_the_page_stands_beside_it_with_the_quote_marked(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    qtbot.keyClick(canvas_of(view), Qt.Key.Key_T)
    qtbot.waitUntil(lambda: view._text.toPlainText() == TEXT)
    (mark,) = view._text.extraSelections()
    assert mark.cursor.selectedText() == QUOTE
    assert view._text.isReadOnly()
    view._text.selectAll()
    view._text.copy()
    assert QApplication.clipboard().text() == TEXT
    canvas_of(view).go_to(7)  # the quote stands on page 7, this is another page with the same text
    qtbot.waitUntil(lambda: ReadPage(LEASE, 7) in jobs.asked)
    settle(qtbot, jobs, canvas_of(view))
    assert view._text.extraSelections() == []
    view.show_text(False)
    assert not view._text.isVisible()


def test_a_quote_that_is_not_word_for_word_in_the_text_is_not_marked(
    view: PageView, qtbot: QtBot, jobs: FakeJobs
) -> None:
    jobs.answers[ReadPage] = "Another text that was read by another program"
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    view.show_text(True)
    qtbot.waitUntil(lambda: view._text.toPlainText() != "")
    assert view._text.extraSelections() == []


def test_a_page_without_text_says_why(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[ReadPage] = ""
    jobs.answers[ViewDocument] = document(sheets=(*sheets(1), *sheets(2, problem="reading_page_no_text")[1:]))
    view.show_document(LEASE)
    view.show_text(True)
    qtbot.waitUntil(lambda: view._text.placeholderText() == "This page has no text.")
    canvas_of(view).go_to(1)
    qtbot.waitUntil(lambda: view._text.placeholderText() == view._desk.say("reading_page_no_text"))


def test_copy_takes_the_quote(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    qtbot.keyClick(canvas_of(view), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == QUOTE


def test_who_cannot_see_hears_document_page_and_quote(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    assert canvas.accessibleName() == "a lease.pdf, page 7, 7 of 12"
    assert canvas.accessibleDescription() == f"Highlighted: {QUOTE}"
    canvas.go_to(2)
    assert canvas.accessibleName() == "a lease.pdf, page 3, 3 of 12"
    assert canvas.accessibleDescription() == ""
    view.show_citation(citation(rects=()))
    assert canvas.accessibleDescription() == f"Quoted from this page, not highlighted: {QUOTE}"


# -- looks


def test_paper_is_white_on_a_dark_desk(qtbot: QtBot, desk: Desk, view: PageView, jobs: FakeJobs) -> None:
    canvas = canvas_of(view)
    view.show_citation(citation())
    settle(qtbot, jobs, canvas)
    desk.change_settings(theme="dark")
    assert colour_at(canvas, 6, 0.1, 0.3) == QColor("white")
    assert is_marked(colour_at(canvas, 6, 0.7, 0.51))
    rect = canvas._page_rect(6)
    beside = photo(canvas).pixelColor(max(0, rect.left() - 6), 300)
    assert beside == QColor(desk.theme.desk) and beside.lightness() < 40
    desk.change_settings(theme="light")


def test_colours_of_the_theme_carry_their_alpha_last() -> None:
    assert rgba("#ffd54a6e").getRgb() == (255, 213, 74, 110)
    assert rgba("#c98a00").getRgb() == (201, 138, 0, 255)


def test_a_quote_over_several_lines_has_one_contour() -> None:
    lines = [QRectF(200, 100, 300, 12), QRectF(50, 114, 450, 12), QRectF(50, 128, 100, 12)]
    assert len(contour(lines).toSubpathPolygons()) == 1
    far = [*lines, QRectF(50, 300, 100, 12)]
    assert len(contour(far).toSubpathPolygons()) == 2
    assert contour([]).isEmpty()


def test_pages_of_every_shape_fit_the_width() -> None:
    shapes = (Sheet("1", 595, 842, "text"), Sheet("2", 1684, 1190, "text"), Sheet("3", 100, 60, "text"))
    strip = lay_out(shapes, 0.0, 500)
    assert [width for width, _ in strip.sizes] == [500, 500, 500]
    assert strip.tops[1] == strip.tops[0] + strip.sizes[0][1] + 12
    assert [strip.at(y) for y in (0, strip.tops[1] - 1, strip.tops[1], 10**6)] == [0, 0, 1, 2]
    assert list(strip.between(strip.tops[1] - 6, strip.tops[1] + 5)) == [1]
    tiny = lay_out((Sheet("1", 10, 14400, "text"),), 0.0, 500)
    assert tiny.sizes[0][0] <= 54  # never larger than 400 %


def test_cleared_it_is_as_before_and_forgets(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.set_citations([citation()])
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    view.clear()
    assert view.citation is None and view.document is None
    assert not canvas_of(view).isVisible() and view._nothing.isVisible()
    assert canvas_of(view).accessibleName() == ""
    view.next_citation()
    assert view.citation is None


def test_every_control_has_a_name_and_can_be_reached(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.set_citations([citation()])
    view.show_citation(citation())
    settle(qtbot, jobs, canvas_of(view))
    for kind in (QAbstractButton, QLineEdit):
        for control in view.findChildren(kind):
            name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
            assert name, control
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, name
    assert all(keys and words for keys, words in view.shortcuts())
