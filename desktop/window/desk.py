"""What every page of the window is given: the jobs, the settings, the look, the words, and where to show things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from core.errors import Cancelled, UserProblem, VademecumError
from core.messages import say
from core.nouns import Citation, Progress
from core.settings import Settings, save_settings
from desktop.channel import Configure
from desktop.window.jobs import Jobs
from desktop.window.theme import Theme, choose, dress


class Desk(QObject):
    """Shared by all pages; owns no widget."""

    restyled = Signal()  # theme or text size changed: repaint what is drawn by hand, make icons anew
    citation_wanted = Signal(Citation)  # open the document on the page, the quote highlighted
    document_wanted = Signal(str, int)  # (SHA-256, page index): open the document there, on the ask page
    page_wanted = Signal(str)  # go to the page of that name: ask, library, audit, models, personas, settings
    noticed = Signal(str, str)  # (sentence, kind: info, warn or bad): a strip above the page, no dialog
    files_dropped = Signal(list)  # list[Path]: files and folders dropped anywhere in the window
    record_wanted = Signal(int)  # open the audit record of that number
    language_wanted = Signal(str)  # "en" or "zh": build the window again in that language
    personas_changed = Signal()  # another persona is installed, removed or in use: lists of them are old
    question_wanted = Signal(str)  # put this question into the box of the ask page

    def __init__(self, jobs: Jobs, settings: Settings, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.settings = settings
        self.language = language  # "en" or "zh": what core messages are said in
        self.theme: Theme = choose(settings.theme)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        self._base_points = application.font().pointSizeF()
        dress(application, self.theme, settings.text_size, self._base_points)
        application.styleHints().colorSchemeChanged.connect(lambda _: self._restyle())

    def say(self, key: str, **details: object) -> str:
        """A sentence of the core's catalogue in the window's language."""
        return say(key, self.language, **details)

    def sentence(self, error: VademecumError) -> str:
        """What happened and what to do, in the window's language."""
        return error.sentence(self.language)

    def stage(self, progress: Progress) -> str:
        """What a long job is doing, in words (the item may be named)."""
        return say(progress.stage, self.language, item=progress.item, done=progress.done, total=progress.total)

    def notice(self, sentence: str, kind: str = "info") -> None:
        """Show a strip above the page."""
        self.noticed.emit(sentence, kind)

    def complain(self, error: VademecumError) -> None:
        """Show why something failed; a stop that the person asked for needs no words."""
        if not isinstance(error, Cancelled):
            self.noticed.emit(self.sentence(error), "bad" if isinstance(error, UserProblem) else "warn")

    def change_settings(self, done: Callable[[], None] | None = None, **values: object) -> None:
        """Keep these settings, restyle, and hand them to the engine when it is concerned."""
        self.settings = replace(self.settings, **values)  # type: ignore[arg-type]
        try:
            save_settings(self.settings)
        except UserProblem as problem:
            self.complain(problem)
        if {"theme", "text_size"} & values.keys():
            self._restyle()
        if not values.keys() <= {"theme", "text_size", "welcomed", "library"}:
            spoken = replace(self.settings, language=self.language)
            self.jobs.run(Configure(spoken), self, done=lambda _: done() if done else None, failed=self.complain)
        elif done:
            done()

    def _restyle(self) -> None:
        self.theme = choose(self.settings.theme)
        dress(self._application, self.theme, self.settings.text_size, self._base_points)
        self.restyled.emit()
