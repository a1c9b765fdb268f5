"""The fourth step: the persona against the model without it, and whether it may be installed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from core.errors import VademecumError
from desktop.channel import GateLine, GateTable, InstallPersona, TestPersona
from desktop.window.desk import Desk
from desktop.window.fold import Fold
from desktop.window.pages.persona_bench import Bench, JobStrip, StaleLine
from desktop.window.pages.persona_words import per_cent
from desktop.window.prose import Prose, tip
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import Mark, button, label

_WIDE_ENOUGH = 3.5  # times the width of a change with its interval: then it has a line of its own
FIGURE, ASKED, BEFORE, AFTER, CHANGE = range(5)
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class GateModel(QAbstractTableModel):
    """The figures as rows."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.lines: tuple[GateLine, ...] = ()
        self._headings = (
            self.tr("Figure"),
            self.tr("Asked"),
            self.tr("Before"),
            self.tr("After"),
            self.tr("Change"),
        )
        self.narrow = False  # the interval below the change, not beside it
        self._units = (self.tr("In per cent"), self.tr("In points, with its 95% interval"))
        self._interval = self.tr("With 95% certainty between {low} and {high} points")

    def set_lines(self, lines: Sequence[GateLine]) -> None:
        """Other figures."""
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as there are figures."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Five."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The headings, figures to the right."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headings[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _side(section)
            if role == Qt.ItemDataRole.ToolTipRole and section in (BEFORE, AFTER, CHANGE):
                return self._units[section == CHANGE]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        line, column = self.lines[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(line, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
            case Qt.ItemDataRole.ToolTipRole:
                if column == FIGURE:
                    return tip(line.words)
                return self._certain(line) if column == CHANGE else None
            case Qt.ItemDataRole.ForegroundRole:
                return self._colour(line, column)
        return None

    def samples(self, column: int) -> tuple[str, ...]:
        """What is about as wide as a cell of this column gets."""
        return (self._headings[column], *(self._text(line, column) for line in self.lines))

    def _text(self, line: GateLine, column: int) -> str:
        if column == FIGURE:
            return line.words
        if column == ASKED:
            return f"{line.n:,}" if line.n else "–"
        if column == BEFORE:
            return per_cent(line.before)
        if column == AFTER:
            return per_cent(line.after)
        if line.change is None:
            return "–"
        change = per_cent(line.change, signed=True)
        if line.low is None or line.high is None:
            return change
        interval = f"({per_cent(line.low, signed=True)} … {per_cent(line.high, signed=True)})"
        return f"{change}\n{interval}" if self.narrow else f"{change}  {interval}"

    def _certain(self, line: GateLine) -> str:
        if line.low is None or line.high is None:
            return ""
        return self._interval.format(low=per_cent(line.low, signed=True), high=per_cent(line.high, signed=True))

    def _colour(self, line: GateLine, column: int) -> QColor | None:
        theme = self._desk.theme
        if column == CHANGE and line.high is not None and line.high < 0:
            return QColor(theme.bad)
        if column == CHANGE and line.low is not None and line.low > 0:
            return QColor(theme.good)
        return QColor(theme.muted) if column in (ASKED, BEFORE) else None


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == FIGURE else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class _Table(QTableView):
    """As high as its rows; a long name of a figure takes more lines."""

    def __init__(self, desk: Desk, model: GateModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(FIGURE, QHeaderView.ResizeMode.Stretch)
        model.modelReset.connect(self.fit)
        desk.restyled.connect(self.fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            QTimer.singleShot(0, self, self.fit)

    def fit(self) -> None:
        """Columns as wide as their figures, rows as high as their words."""
        metrics = self.fontMetrics()
        one_line = metrics.horizontalAdvance("+100.0  (+100.0 … +100.0)")
        self._model.narrow = self.viewport().width() < _WIDE_ENOUGH * one_line
        for column in (ASKED, BEFORE, AFTER, CHANGE):
            texts = [line for text in self._model.samples(column) for line in text.split("\n")]
            wide = max(map(metrics.horizontalAdvance, texts))
            heading = round(metrics.horizontalAdvance(self._model.samples(column)[0]) * 1.12)
            self.horizontalHeader().resizeSection(column, max(wide, heading) + 24)
        self.resizeRowsToContents()
        height = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length() + 4
        self.setFixedHeight(height)


class GateStep(QWidget):
    """Runs the gate, shows what it found, and puts the persona on the shelf."""

    def __init__(self, desk: Desk, bench: Bench) -> None:
        super().__init__()
        self._desk = desk
        self._bench = bench
        self._found: GateTable | None = None
        self.model = GateModel(desk, self)
        self.table = _Table(desk, self.model)
        self.failed_fold: Fold | None = None
        self._build()
        bench.changed.connect(self._show)
        self._show()
        if (job := bench.running(TestPersona)) is not None:
            self.strip.follow(job, self._bench.refresh)
            self._show()

    def run(self) -> None:
        """Put it to the test."""
        self._bench.leaving.emit()
        job = self._desk.jobs.run(TestPersona(self._bench.id), self)
        self.strip.follow(job, self._bench.refresh)
        self._show()

    def install(self) -> None:
        """Put the persona on the shelf."""
        self.put.setEnabled(False)
        self._desk.jobs.run(InstallPersona(self._bench.id), self, done=self._installed, failed=self._not_installed)

    def _installed(self, _: None) -> None:
        self.problem.hide()
        self._bench.refresh()
        self._bench.installed.emit()
        self._desk.personas_changed.emit()

    def _not_installed(self, error: VademecumError) -> None:
        tell(self.problem, self._desk.sentence(error), "bad")
        self._show()

    # -- shown

    def _show(self) -> None:
        view = self._bench.view
        trained = view is not None and view.trained is not None
        found = view.gate if view is not None else None
        busy = self.strip.busy
        stale = self._bench.is_stale("gate") or self._bench.is_stale("adapter")
        if found != self._found:
            self._found = found
            self.model.set_lines(found.lines if found else ())
            self._show_failed()
        self.lacking.setVisible(not trained and not busy)
        self.to_training.setVisible(not trained and not busy)
        self.go.setVisible(trained and not busy)
        self.go.setText(self.tr("Test again") if found else self.tr("Test it"))
        role = "" if found and not stale else "primary"
        if self.go.property("role") != role:
            self.go.setProperty("role", role)
            self.go.style().polish(self.go)
        shown = found is not None and not busy
        self.table.setVisible(shown)
        self.verdict.setVisible(shown)
        self.stale.tell(
            self.tr("This was found for an earlier state of the persona. Test it again.") if shown and stale else ""
        )
        if found is not None and shown:
            self._tell_verdict(found, stale)
        fine = found is not None and found.installable and not stale
        here = view is not None and view.installed
        self.put.setVisible(shown and fine)
        self.put.setEnabled(True)
        self.put.setText(self.tr("Install again") if here else self.tr("Install"))
        put_role = "" if here else "primary"
        if self.put.property("role") != put_role:
            self.put.setProperty("role", put_role)
            self.put.style().polish(self.put)
        if self.failed_fold is not None:
            self.failed_fold.setVisible(shown)

    def _tell_verdict(self, found: GateTable, stale: bool) -> None:
        while (item := self._verdict.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if found.installable:
            words = self.tr("It may be installed: it is itself, and nothing got worse.")
            if stale:
                words = self.tr("As it was then, it might have been installed.")
        else:
            words = self.tr("It may not be installed.")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        picture, role = ("unsupported", "bad") if not found.installable else ("supported", "good")
        if found.installable and stale:
            picture, role = "partial", "warn"
        row.addWidget(Mark(self._desk, picture, role))
        line = label(words, "heading", selectable=True)
        row.addWidget(line, 1)
        self.verdict.setAccessibleName(words)
        self._verdict.addWidget(head)
        for reason in found.reasons:
            self._verdict.addWidget(label(reason, "bad", selectable=True))

    def _show_failed(self) -> None:
        if self.failed_fold is not None:
            self._below.removeWidget(self.failed_fold)
            self.failed_fold.hide()
            self.failed_fold.deleteLater()
            self.failed_fold = None
        found = self._found
        if found is not None and found.failed:
            title = self.tr("Answers about itself that went wrong: {n}").format(n=len(found.failed))
            self.failed_fold = Fold(self._desk, title, lambda: self._wrong(found.failed))
            self._below.addWidget(self.failed_fold)

    def _wrong(self, failed: Sequence[tuple[str, str, str]]) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(24, 4, 0, 4)
        column.setSpacing(2)
        for question, answer, fault in failed:
            column.addWidget(Prose(question, bold=True))
            column.addWidget(Prose(answer or "–"))
            column.addWidget(Prose(fault, "warn", scale=0.92))
            column.addSpacing(GAP // 2)
        return whole

    def _build(self) -> None:
        intro = self.tr(
            "The gate asks the model without and with the persona the same questions: who it is, how it speaks, the "
            "words of its trade, and whether it still cites, quotes and refuses as before. It takes some minutes."
        )
        self.lacking = label(self.tr("It has not been trained yet."), "muted")
        self.to_training = button(
            self.tr("To the training"), "primary", clicked=lambda: self._bench.step_wanted.emit("training")
        )
        self.go = button(self.tr("Test it"), "primary", clicked=self.run)
        self.put = button(self.tr("Install"), "primary", clicked=self.install)
        self.strip = JobStrip(self._desk, self.tr("Progress of the gate"))
        self.stale = StaleLine(self._desk)
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.verdict = QWidget()
        self._verdict = QVBoxLayout(self.verdict)
        self._verdict.setContentsMargins(0, 0, 0, 0)
        self._verdict.setSpacing(4)
        self.table.setAccessibleName(self.tr("Figures before and after"))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(intro, "muted"))
        words.addWidget(self.lacking)
        buttons = QVBoxLayout()
        buttons.setSpacing(GAP // 2)
        for one in (self.to_training, self.put, self.go):
            buttons.addWidget(one)
        buttons.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addLayout(words, 1)
        head.addLayout(buttons)
        self._below = QVBoxLayout()
        body = QVBoxLayout()
        body.setSpacing(GAP)
        body.addLayout(head)
        for part in (self.stale, self.strip, self.problem, self.verdict, self.table):
            body.addWidget(part)
        body.addLayout(self._below)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        area = in_the_middle(body)
        body.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        column.addWidget(area)
