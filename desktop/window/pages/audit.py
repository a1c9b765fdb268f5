"""The audit page: every answer, found by day, collection and words; the whole record; whether the chain holds."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from desktop.channel import (
    AuditResult,
    ExportRecords,
    GetLibrary,
    LibraryState,
    ListRecords,
    OpenRecord,
    RecordLine,
    VerifyAudit,
    WholeRecord,
)
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.icons import pixmap
from desktop.window.jobs import Job
from desktop.window.pages.audit_record import RecordView, boxed
from desktop.window.pages.audit_table import COLLECTIONS, INTACT, KIND, MODEL, NUMBER, QUESTION, TIME, WHO, RecordsModel
from desktop.window.pages.day_field import DayField
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import EmptyState, ask_where, button, documents_folder, heed, label

_MOST = 10_000  # lines that are listed at once
_WAIT = 250  # milliseconds after the last key before the engine is asked
_MOST_FAULTS = 8
_ROW_HEIGHT = 34
_FIXED = (NUMBER, TIME, WHO, KIND, COLLECTIONS, MODEL, INTACT)  # as wide as their words; the rest is the question's
_PADDING = 18  # pixels beside the words of a cell
_QUESTION_WIDTH = 24  # characters: what tells one record from another keeps its room
_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
_SECTION = QHeaderView.ResizeMode


class AuditPage(QWidget):
    """Lists what was answered; nothing here can change a record."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._listing: Job[tuple[RecordLine, ...]] | None = None
        self._opening: Job[WholeRecord] | None = None
        self._wanted = 0  # the record that is to be chosen as soon as it is listed
        self._checkpoint = ""
        self._verdict: bool | None = None
        self.setProperty("role", "page")
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_WAIT)
        self._later.timeout.connect(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP)
        column.setSpacing(GAP)
        column.addLayout(self._build_head())
        column.addWidget(self._build_verifying())
        column.addLayout(self._build_filter())
        column.addWidget(self._build_middle(), 1)
        heed(desk.jobs.opened, self, lambda _: self._library_opened())
        heed(desk.jobs.changed, self, lambda _: self._outdated())
        desk.restyled.connect(self._paint)
        desk.restyled.connect(self.table.measure)
        QShortcut(QKeySequence("F5"), self, self.refresh, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._find)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._paint()

    def shortcuts(self) -> list[tuple[str, str]]:
        """The keys of this page, in words."""
        return [("F5", self.tr("Read the list of records anew")), ("Ctrl+F", self.tr("Filter what is listed"))]

    # -- building

    def _build_head(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(self.tr("Audit"), "title", wrap=False))
        words.addWidget(
            label(
                self.tr(
                    "Every answer was put on record here before anybody saw it. Nothing on this page can change one."
                ),
                "muted",
            )
        )
        self.export = button(
            self.tr("Export …"),
            hint=self.tr("Write the listed records, whole, into a JSON Lines file"),
            clicked=self._ask_where,
        )
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.export, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _build_verifying(self) -> QFrame:
        self.verify = button(
            self.tr("Verify the records"),
            "primary",
            hint=self.tr("Check that no record was edited, moved or taken out"),
            clicked=self.run_verify,
        )
        self.checkpoint = QLineEdit()
        self.checkpoint.setPlaceholderText(self.tr("Checkpoint that you kept elsewhere (optional)"))
        self.checkpoint.setAccessibleName(self.tr("Checkpoint that you kept elsewhere (optional)"))
        self.checkpoint.setToolTip(
            self.tr("With a checkpoint from earlier, a cut or rewritten end of the record shows as well")
        )
        self.checkpoint.setClearButtonEnabled(True)
        self.checkpoint.returnPressed.connect(self.run_verify)
        self.copy_checkpoint = button(
            self.tr("Copy checkpoint"),
            hint=self.tr("Keep it outside this computer: it proves later that nothing was cut off or rewritten"),
            clicked=self._copy_checkpoint,
        )
        self.copy_checkpoint.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.verify)
        row.addWidget(self.checkpoint, 1)
        row.addWidget(self.copy_checkpoint)
        self._mark = QLabel()
        self.result = label("", selectable=True)
        self._result_row = QWidget()
        result = QHBoxLayout(self._result_row)
        result.setContentsMargins(0, 0, 0, 0)
        result.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        result.addWidget(self.result, 1)
        self._result_row.hide()
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self._result_row)
        return card

    def _build_filter(self) -> QHBoxLayout:
        self.words = QLineEdit()
        self.words.setPlaceholderText(self.tr("Filter by words of question, answer, person or model"))
        self.words.setAccessibleName(self.tr("Filter by words"))
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _: self._later.start())
        self.since = DayField(self._desk, self.tr("From day"))
        self.until = DayField(self._desk, self.tr("To day"))
        for field in (self.since, self.until):
            field.setFixedWidth(170)
            field.changed.connect(lambda _: self._later.start())
        self.collection = Choice(self._desk)
        self.collection.setAccessibleName(self.tr("Collection"))
        self.collection.setMinimumWidth(180)
        self.collection.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.collection.addItem(self.tr("Any collection"), "")
        self.collection.activated.connect(lambda _: self.refresh())
        row = QHBoxLayout()
        row.setSpacing(GAP // 2)
        row.addWidget(self.words, 1)
        row.addWidget(self.since)
        row.addWidget(self.until)
        row.addWidget(self.collection)
        return row

    def _build_middle(self) -> QSplitter:
        self.model = RecordsModel(self._desk, self)
        self.table = _Table(self.model)
        self.table.setAccessibleName(self.tr("Answers on record"))
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._open_current())
        self._empty = EmptyState(
            self._desk,
            "audit",
            self.tr("No records yet"),
            self.tr("As soon as a question has been answered, its record stands here, whole and unchangeable."),
        )
        self._nothing = EmptyState(
            self._desk,
            "search",
            self.tr("No record fits"),
            self.tr("Nothing on record has these words, days and collection."),
            self.tr("Show all records"),
            self.clear_filter,
        )
        self.left = QStackedWidget()
        self._filled = boxed(self.table)
        for widget in (self._filled, self._empty, self._nothing):
            self.left.addWidget(widget)
        self.count = label("", "muted", wrap=False)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, GAP, 0)
        column.setSpacing(GAP // 2)
        column.addWidget(self.left, 1)
        column.addWidget(self.count)
        self.view = RecordView(self._desk)
        self.view.copied.connect(lambda: self._desk.notice(self.tr("Copied.")))
        self._unread = label(self.tr("Choose a record to read it."), "muted")
        self._unread.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.right = QStackedWidget()
        self.right.addWidget(self._unread)
        self.right.addWidget(self.view)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(whole)
        splitter.addWidget(self.right)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([820, 400])
        splitter.setHandleWidth(1)
        self.right.setMinimumWidth(300)
        return splitter

    # -- the list

    def filter(self) -> ListRecords:
        """What is asked for at present."""
        return ListRecords(
            self.words.text().strip(), self.since.day, self.until.day, str(self.collection.currentData() or ""), _MOST
        )

    def clear_filter(self) -> None:
        """Everything again."""
        for field in (self.words, self.since, self.until):
            field.clear()
        self.collection.setCurrentIndex(0)
        self.refresh()

    def refresh(self) -> None:
        """Ask for the list again."""
        self._later.stop()
        if self._listing is not None and self._listing.running:
            self._listing.cancel()
        self._desk.jobs.run(GetLibrary(), self, done=self._show_library)
        job = self._desk.jobs.run(
            self.filter(),
            self,
            done=lambda lines: self._show_lines(job, lines),
            failed=lambda e: self._not_listed(job, e),
        )
        self._listing = job

    def showEvent(self, event: QShowEvent) -> None:
        """Comes up to date when it is looked at: in the meantime something may have been asked."""
        super().showEvent(event)
        self.refresh()

    def _outdated(self) -> None:
        if self.isVisible():
            self._later.start()

    def _library_opened(self) -> None:
        self.right.setCurrentWidget(self._unread)
        self._result_row.hide()
        self._verdict = None
        self._checkpoint = ""
        self.copy_checkpoint.setEnabled(False)
        self._outdated()

    def _show_library(self, state: LibraryState) -> None:
        chosen = self.collection.currentData()
        names = [name for name, _ in state.collections]
        if [self.collection.itemData(i) for i in range(1, self.collection.count())] != names:
            while self.collection.count() > 1:
                self.collection.removeItem(1)
            for name in names:
                self.collection.addItem(name, name)
            # A filter by a collection that is gone goes on filtering by nothing; the records of it are kept.
            self.collection.setCurrentIndex(max(0, self.collection.findData(chosen)))

    def _show_lines(self, job: Job[tuple[RecordLine, ...]], lines: tuple[RecordLine, ...]) -> None:
        if job is not self._listing:
            return
        chosen = self.table.currentIndex().row()
        former = self.model.lines[chosen].sequence if 0 <= chosen < len(self.model.lines) else 0
        at = self.table.verticalScrollBar().value()
        wanted, self._wanted = self._wanted, 0
        filtered = self.filter() != ListRecords(limit=_MOST)
        self.model.set_lines(lines)
        self.left.setCurrentWidget(self._filled if lines else self._nothing if filtered else self._empty)
        self.export.setEnabled(bool(lines))
        if not lines:
            self.count.setText("")
        elif len(lines) == 1:
            self.count.setText(self.tr("1 record"))
        elif len(lines) < _MOST:
            self.count.setText(self.tr("{count} records").format(count=len(lines)))
        else:
            self.count.setText(
                self.tr("The latest {count} records; filter to reach older ones").format(count=len(lines))
            )
        if (row := self.model.row_of(wanted)) >= 0:
            self.table.selectionModel().setCurrentIndex(self.model.index(row, QUESTION), _SELECT)
            self.table.scrollTo(self.model.index(row, QUESTION))
        elif (row := self.model.row_of(former)) >= 0:
            self.table.selectionModel().setCurrentIndex(self.model.index(row, QUESTION), _SELECT)
            self.table.verticalScrollBar().setValue(at)
        elif not lines:
            self.right.setCurrentWidget(self._unread)

    def _not_listed(self, job: Job[tuple[RecordLine, ...]], error: VademecumError) -> None:
        if job is self._listing and not isinstance(error, Cancelled):
            self._desk.complain(error)

    def _find(self) -> None:
        self.words.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.words.selectAll()

    # -- one record

    def open_record(self, sequence: int) -> None:
        """Choose this record, whatever the filter says."""
        self._wanted = sequence
        self.clear_filter()

    def _open_current(self) -> None:
        row = self.table.currentIndex().row()
        if not 0 <= row < len(self.model.lines):
            return
        line = self.model.lines[row]
        if self.view.record is not None and self.view.record.sequence == line.sequence and self._is_shown():
            return
        job = self._desk.jobs.run(
            OpenRecord(line.sequence),
            self,
            done=lambda record: self._show_record(job, record, line),
            failed=self._desk.complain,
        )
        self._opening = job

    def _is_shown(self) -> bool:
        return self.right.currentWidget() is self.view

    def _show_record(self, job: Job[WholeRecord], record: WholeRecord, line: RecordLine) -> None:
        if job is self._opening:
            self.view.show_record(record, self.model.kind_words(line.kind))
            self.right.setCurrentWidget(self.view)

    # -- verifying and exporting

    def run_verify(self) -> None:
        """Check the chain, against the pasted checkpoint if there is one."""
        self.verify.setEnabled(False)
        self._verdict = None
        self._say_result(self.tr("Checking every record …"), None)
        self._desk.jobs.run(
            VerifyAudit(self.checkpoint.text().strip()), self, done=self._verified, failed=self._not_verified
        )

    def _verified(self, result: AuditResult) -> None:
        self.verify.setEnabled(True)
        self._checkpoint = result.checkpoint
        self.copy_checkpoint.setEnabled(result.records > 0)
        if result.faults:
            lines = [self.tr("The record does not hold. It was changed after it was written:")]
            lines += [f"• {fault}" for fault in result.faults[:_MOST_FAULTS]]
            if (more := len(result.faults) - _MOST_FAULTS) > 0:
                lines.append(self.tr("• and {count} more").format(count=more))
            self._say_result("\n".join(lines), False)
        elif not result.records:
            self._say_result(self.tr("There is no record yet, so there is nothing to check."), None)
        else:
            words = (
                self.tr("The record holds: its one entry was not edited.")
                if result.records == 1
                else self.tr("The record holds: of {count} entries none was edited, moved or taken out.")
            )
            if self.checkpoint.text().strip():
                words += " " + self.tr("It agrees with your checkpoint.")
            self._say_result(words.format(count=result.records), True)
        self._later.start()

    def _not_verified(self, error: VademecumError) -> None:
        self.verify.setEnabled(True)
        self._say_result(self._desk.sentence(error), False)

    def _say_result(self, words: str, good: bool | None) -> None:
        self._verdict = good
        tell(self.result, words, {True: "good", False: "bad", None: "muted"}[good])
        self._result_row.show()
        self._paint()

    def _copy_checkpoint(self) -> None:
        QGuiApplication.clipboard().setText(self._checkpoint)
        self._desk.notice(self.tr("The checkpoint is on the clipboard. Keep it outside this computer."))

    def _ask_where(self) -> None:
        title, kinds = self.tr("Export the records"), self.tr("JSON Lines (*.jsonl)")
        ask_where(self, title, kinds, "vademecum-audit.jsonl", self.run_export, documents_folder())

    def run_export(self, file: Path) -> None:
        """Write the records that fit the present filter."""
        self.export.setEnabled(False)

        def done(count: int) -> None:
            self.export.setEnabled(True)
            words = self.tr("1 record is in {file}.") if count == 1 else self.tr("{count} records are in {file}.")
            self._desk.notice(words.format(count=count, file=file))

        def failed(error: VademecumError) -> None:
            self.export.setEnabled(True)
            self._desk.complain(error)

        self._desk.jobs.run(ExportRecords(file, self.filter()), self, done=done, failed=failed)

    def _paint(self) -> None:
        theme = self._desk.theme
        if self._verdict is None:
            self._mark.hide()
        else:
            name, colour = ("supported", theme.good) if self._verdict else ("unsupported", theme.bad)
            self._mark.setPixmap(pixmap(name, colour, 18))
            self._mark.show()


class _Table(QTableView):
    def __init__(self, model: RecordsModel) -> None:
        super().__init__()
        self._records = model
        self._widths: dict[int, int] = {}
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(_SECTION.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QUESTION, _SECTION.Stretch)
        self.measure()

    def measure(self) -> None:
        """Rows and columns as large as the text needs."""
        self.verticalHeader().setDefaultSectionSize(max(_ROW_HEIGHT, self.fontMetrics().height() + 14))
        self._widths = {column: self._width(column) for column in _FIXED}
        for column, width in self._widths.items():
            self.setColumnWidth(column, width)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the question keeps it; the record itself tells the rest."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        needed = _QUESTION_WIDTH * self.fontMetrics().averageCharWidth() + sum(self._widths.values())
        for column in (MODEL, COLLECTIONS, WHO, TIME):
            narrow = needed > self.viewport().width()
            self.setColumnHidden(column, narrow)
            needed -= self._widths[column] if narrow else 0

    def _width(self, column: int) -> int:
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        name = QFontMetrics(strong).horizontalAdvance(str(self._records.headerData(column, Qt.Orientation.Horizontal)))
        icon = 24 if column == KIND else 0
        words = 0 if column == INTACT else max(map(self.fontMetrics().horizontalAdvance, self._records.samples(column)))
        return max(name, words + icon) + _PADDING
