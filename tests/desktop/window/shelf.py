"""Documents and a library for the tests of the library page."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from core.nouns import Document, Outcome
from desktop.channel import GetLibrary, LibraryState, ListDocuments, ListRejected, RejectedFile
from desktop.window.desk import Desk
from desktop.window.pages.library import LibraryPage
from tests.desktop.window.conftest import FakeJobs


def document(id: int, name: str, collection: str = "Contracts", **changes: object) -> Document:
    """A document with 10 pages, read well, in its first version."""
    known: dict[str, object] = dict(
        id=id,
        sha256=f"{id:064x}",
        name=name,
        title="",
        collection=collection,
        pages=10,
        ocr_pages=0,
        unreadable_pages=(),
        outcome=Outcome.OK,
        reason="",
        version=1,
        added_at="2026-11-20T09:30:00+00:00",
        size=120_000,
    )
    return Document(**(known | changes))  # type: ignore[arg-type]


def rejected_file(id: int, name: str, collection: str = "Contracts", **changes: object) -> RejectedFile:
    """A file on a stick that is damaged."""
    known: dict[str, object] = dict(
        id=id,
        name=name,
        collection=collection,
        reason="reading_damaged",
        details={"file": name},
        source=Path("/stick") / name,
        size=4_000,
        replaces="",
        rejected_at="2026-11-21T09:30:00+00:00",
    )
    return RejectedFile(**(known | changes))  # type: ignore[arg-type]


SHELF = (
    document(1, "agreement 2.pdf"),
    document(2, "agreement 10.pdf", version=3),
    document(
        3,
        "heart failure (scan).pdf",
        "Clinic",
        pages=132,
        ocr_pages=128,
        outcome=Outcome.PARTIAL,
        reason="reading_some_pages",
        unreadable_pages=(2, 6, 7, 8),
    ),
    document(4, "劳动合同法.pdf", "法律法规", title="中华人民共和国劳动合同法"),
)
COLLECTIONS = (("Clinic", 1), ("Contracts", 2), ("To be filed", 0), ("法律法规", 1))


def fill(
    jobs: FakeJobs,
    documents: tuple[Document, ...] = SHELF,
    collections: tuple[tuple[str, int], ...] = COLLECTIONS,
    folder: str = "/home/ada/library",
    rejected: tuple[RejectedFile, ...] = (),
) -> LibraryState:
    """What the engine says the library holds."""
    state = LibraryState(Path(folder), 7, len(documents), collections, 0, 0)
    jobs.answers[GetLibrary] = state
    jobs.answers[ListDocuments] = documents
    jobs.answers[ListRejected] = rejected
    return state


def open_page(qtbot: QtBot, desk: Desk) -> LibraryPage:
    """The page on the screen, with what the library holds."""
    page = LibraryPage(desk)
    qtbot.addWidget(page)
    page.resize(1268, 800)
    with qtbot.waitExposed(page):
        page.show()
    page.refresh()
    qtbot.waitUntil(lambda: not desk.jobs.running)
    return page
